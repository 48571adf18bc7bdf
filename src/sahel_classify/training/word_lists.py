"""A topic classifier from word lists alone, where there is no labelled paragraph."""

from __future__ import annotations

import numpy as np

from sahel_classify.features import DenseScaler, ParagraphFeatures
from sahel_classify.lexicon import LEXICON_FEATURES, Lexicon
from sahel_classify.topics import TopicClassifier

__all__ = ["lexicon_classifier"]

# log-odds = 3 * log(1 + sum) + 0.5 * strongest - 4.7; from 0 on the topic is given. The numbers follow from what the weights are
# said to mean (lexicon.py); they are judgement, as the weights are.
# - Three mild terms are about even (-0.04, p = 0.49). One of weight 3 has the same sum, so its being the strongest must decide:
#   it is given (0.96, p = 0.72).
# - One of weight 2 is not enough (-0.40, p = 0.40), two are (1.13, p = 0.76). The factor of the sum is more than 3.5 times that
#   of the strongest, or else one 2 would stand above three mild terms.
# - A -2 takes back what a 2 gave, all but its being the strongest: p = 0.02, less than one mild term gives (0.11). A 2 and a -2
#   more beside another 2 change nothing.
# - Without a term p is 0.01, not 0: a list is never complete.
_SUM, _STRONGEST, _OFFSET = 3.0, 0.5, -4.7


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
