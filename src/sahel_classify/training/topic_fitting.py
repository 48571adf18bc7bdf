"""Fitting the topic classifier: weights, calibration folded into them, thresholds."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sahel_classify.labels.folds import grouped_folds
from sahel_classify.sparse import FloatArray, SparseRows
from sahel_classify.training.calibration import platt, sigmoid, softmax, thresholds, vector_scaling
from sahel_classify.training.linear import choose_C, fit_one_vs_rest, out_of_fold, to_csr

__all__ = ["FittedTopics", "fit_topics"]

_FOLDS_FOR_C = 3


@dataclass(frozen=True)
class FittedTopics:
    """What `TopicClassifier` keeps; see its attributes."""

    coef: FloatArray
    intercept: FloatArray
    thresholds: FloatArray
    C: float
    out_of_fold: FloatArray


def fit_topics(
    rows: SparseRows,
    labels: npt.NDArray[np.bool_],
    groups: Sequence[str],
    natural: npt.NDArray[np.bool_] | None,
    *,
    exclusive: bool,
    C: float | None,
    n_folds: int,
    seed: int,
) -> FittedTopics:
    """Fit one-vs-rest linear classifiers; see `TopicClassifier.fit`."""
    X = to_csr(rows)
    chosen = np.ones(len(labels), bool) if natural is None else natural
    folds = grouped_folds(labels, groups, n_folds, seed)
    single_class = [j for j in range(labels.shape[1]) if labels[:, j].all() or not labels[:, j].any()]
    if single_class:
        warnings.warn(
            f"topic columns {single_class} are the same for all {len(labels)} paragraphs; their probability will be a constant",
            stacklevel=3,
        )
    if folds.max() < 1:
        # One group cannot be split: no honest score exists, so the raw model is kept with cautious thresholds.
        strength = 0.1 if C is None else C
        weights, intercept = fit_one_vs_rest(X, labels, strength, seed)
        share = np.tile((labels.sum(axis=0) + 0.5) / (len(labels) + 1), (len(labels), 1))
        return FittedTopics(weights, intercept, np.full(labels.shape[1], 0.5), strength, share)
    strength = choose_C(X, labels, grouped_folds(labels, groups, _FOLDS_FOR_C, seed), seed) if C is None else C
    decision = out_of_fold(X, labels, folds, strength, seed)
    weights, intercept = fit_one_vs_rest(X, labels, strength, seed)
    if exclusive:
        slope, offset = vector_scaling(decision[chosen], labels[chosen].argmax(axis=1))
        probabilities = softmax(decision * slope + offset)
        limits = np.zeros(labels.shape[1])
    else:
        fitted = [platt(decision[chosen, j], labels[chosen, j]) for j in range(labels.shape[1])]
        slope, offset = np.array([s for s, _ in fitted]), np.array([o for _, o in fitted])
        probabilities = sigmoid(decision * slope + offset)
        limits = thresholds(probabilities[chosen], labels[chosen])
    return FittedTopics(weights * slope, intercept * slope + offset, limits, strength, probabilities)
