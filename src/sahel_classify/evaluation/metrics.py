"""Scores of plain arrays: F1, average precision, calibration error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sahel_classify.evaluation.resampling import BoolArray, FloatArray
from sahel_classify.lexicon import STANCES

__all__ = ["average_precision", "expected_calibration_error", "f1_scores", "stance_scores", "topic_scores"]


def f1_scores(true: BoolArray, predicted: BoolArray) -> FloatArray:
    """F1 of each column; 0 where nothing is true or predicted.

    Examples
    --------
    >>> f1_scores(np.array([[True], [True], [False]]), np.array([[True], [False], [False]])).round(3).tolist()
    [0.667]
    """
    hits = (true & predicted).sum(axis=0)
    size = true.sum(axis=0) + predicted.sum(axis=0)
    return np.divide(2.0 * hits, size, out=np.zeros(true.shape[1]), where=size > 0)


def average_precision(true: BoolArray, probabilities: FloatArray) -> float:
    """Mean precision at each true paragraph, ranked by falling probability; NaN if none is true."""
    if not true.any():
        return float("nan")
    order = np.argsort(-probabilities, kind="stable")
    # Equal probabilities are one rank: their order in the file says nothing.
    last = np.append(np.flatnonzero(np.diff(probabilities[order])), len(order) - 1)
    hits = np.cumsum(true[order])[last]
    return float(np.sum(np.diff(hits, prepend=0) * hits / (last + 1)) / hits[-1])


def expected_calibration_error(true: BoolArray, probabilities: FloatArray, bins: int = 10) -> float:
    """Mean distance between probability and share of true cases, over equal-width bins (Naeini et al. 2015).

    Examples
    --------
    >>> expected_calibration_error(np.array([True, False]), np.array([0.5, 0.5]))
    0.0
    """
    where = np.minimum((probabilities.ravel() * bins).astype(int), bins - 1)
    gap = np.bincount(where, probabilities.ravel() - true.ravel(), minlength=bins)
    return float(np.abs(gap).sum() / max(1, true.size))


def topic_scores(true: BoolArray, predicted: BoolArray, probabilities: FloatArray, names: Sequence[str]) -> dict[str, Any]:
    """Micro- and macro-F1 over the topics that occur, ECE, mean average precision, and the scores by topic.

    Parameters
    ----------
    true, predicted : ndarray of shape (n_paragraphs, n_topics), bool
    probabilities : ndarray of shape (n_paragraphs, n_topics), float64
    names : sequence of str
    """
    occurs = np.asarray(true.any(axis=0), bool)
    f1 = f1_scores(true, predicted)
    hits = (true & predicted).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.asarray(hits / predicted.sum(axis=0), np.float64)
        recall = np.asarray(hits / true.sum(axis=0), np.float64)
    ap = [average_precision(true[:, j], probabilities[:, j]) for j in range(true.shape[1])]
    return {
        "micro_f1": float(f1_scores(true[:, occurs].reshape(-1, 1), predicted[:, occurs].reshape(-1, 1))[0]) if occurs.any() else None,
        "macro_f1": float(f1[occurs].mean()) if occurs.any() else None,
        "mean_average_precision": float(np.nanmean(ap)) if occurs.any() else None,
        "expected_calibration_error": expected_calibration_error(true[:, occurs], probabilities[:, occurs]),
        "by_topic": {
            name: {
                "paragraphs": int(true[:, j].sum()),
                "precision": _number(precision[j]),
                "recall": _number(recall[j]),
                "f1": _number(f1[j]),
                "average_precision": _number(ap[j]),
            }
            for j, name in enumerate(names)
            if occurs[j]
        },
    }


def stance_scores(true: Sequence[str], predicted: Sequence[str | None]) -> dict[str, Any]:
    """F_avg (mean F1 of favor and against, SemEval-2016 task 6), macro-F1 and accuracy; None counts as wrong."""
    t = np.array([[s == stance for stance in STANCES] for s in true], bool).reshape(-1, 3)
    p = np.array([[s == stance for stance in STANCES] for s in predicted], bool).reshape(-1, 3)
    f1 = f1_scores(t, p)
    return {
        "pairs": len(true),
        "f_avg": float(f1[:2].mean()),
        "macro_f1": float(f1.mean()),
        "accuracy": float((t & p).any(axis=1).mean()) if len(true) else None,
        "by_stance": dict(zip(STANCES, f1.tolist(), strict=True)),
    }


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
