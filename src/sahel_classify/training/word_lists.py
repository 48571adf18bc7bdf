"""A topic classifier from word lists alone, where there is no labelled paragraph."""

from __future__ import annotations

import numpy as np

from sahel_classify.features import DenseScaler, ParagraphFeatures
from sahel_classify.lexicon import LEXICON_FEATURES, Lexicon
from sahel_classify.topics import TopicClassifier

__all__ = ["lexicon_classifier"]

# Chosen so that one nearly decisive term (weight 3) or two strong ones give about even odds, a mild one little:
# log-odds = 1.0 * log(1 + sum) + 0.75 * strongest - 3.75. These are judgement, as the weights of the lists are.
_SUM, _STRONGEST, _OFFSET = 1.0, 0.75, -3.75


def lexicon_classifier(lexicon: Lexicon, *, exclusive: bool) -> tuple[ParagraphFeatures, TopicClassifier]:
    """Features and classifier of a scheme that has word lists and no paragraph."""
    k = len(lexicon.labels)
    classifier = TopicClassifier(exclusive=exclusive)
    classifier.classes_ = lexicon.labels
    by_kind = {"sum": _SUM, "strongest": _STRONGEST}
    classifier.coef_ = np.concatenate([by_kind.get(kind, 0.0) * np.eye(k) for kind in LEXICON_FEATURES])
    classifier.intercept_ = np.full(k, _OFFSET)
    classifier.thresholds_ = np.full(k, 0.5)
    classifier.C_ = float("nan")
    features = ParagraphFeatures(None, lexicon, DenseScaler(np.zeros(lexicon.n_features), np.ones(lexicon.n_features)))
    return features, classifier
