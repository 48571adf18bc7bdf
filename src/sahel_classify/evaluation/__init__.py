"""Scores of a model on labelled paragraphs, comparison of models, agreement of annotators; each with intervals over groups."""

from __future__ import annotations

from sahel_classify.evaluation.annotators import agreement, agreement_lines, cohen_kappa, krippendorff_alpha, pair_agreement
from sahel_classify.evaluation.calibration import Reliability, plot_reliability, reliability, reliability_diagram
from sahel_classify.evaluation.comparison import Difference, compare
from sahel_classify.evaluation.confusion import stance_confusion, topic_confusion
from sahel_classify.evaluation.metrics import average_precision, expected_calibration_error, f1_scores, stance_scores, topic_scores
from sahel_classify.evaluation.report import report_lines
from sahel_classify.evaluation.resampling import bootstrap_interval
from sahel_classify.evaluation.scoring import evaluate, evaluate_predictions, score
from sahel_classify.evaluation.selective import RiskCoverage, risk_coverage

__all__ = [
    "Difference",
    "Reliability",
    "RiskCoverage",
    "agreement",
    "agreement_lines",
    "average_precision",
    "bootstrap_interval",
    "cohen_kappa",
    "compare",
    "evaluate",
    "evaluate_predictions",
    "expected_calibration_error",
    "f1_scores",
    "krippendorff_alpha",
    "pair_agreement",
    "plot_reliability",
    "reliability",
    "reliability_diagram",
    "report_lines",
    "risk_coverage",
    "score",
    "stance_confusion",
    "stance_scores",
    "topic_confusion",
    "topic_scores",
]
