"""Fitting the stance features and classifier, and the model of mentions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sahel_classify.features import DenseScaler
from sahel_classify.labels.folds import grouped_folds
from sahel_classify.lexicon import Lexicon
from sahel_classify.sparse import FloatArray, SparseRows
from sahel_classify.stance_features import BLOCKS, StanceFeatures, lexicon_features, located_terms
from sahel_classify.stance_view import StanceView
from sahel_classify.terms import TermTable
from sahel_classify.training.calibration import softmax, stance_weights, vector_scaling
from sahel_classify.training.linear import choose_C, fit_one_vs_rest, out_of_fold, to_csr

__all__ = ["FittedStances", "fit_stance_features", "fit_stances"]

_C_WITHOUT_FOLDS = 0.1


@dataclass(frozen=True)
class FittedStances:
    """What `StanceClassifier` keeps; see its attributes."""

    coef: FloatArray
    intercept: FloatArray
    decision_weights: FloatArray
    out_of_fold: FloatArray


def fit_stance_features(
    views: Sequence[StanceView], lexicon: Lexicon | None, *, min_df: int = 2, dense_weight: float = 0.1
) -> StanceFeatures:
    """Learn the vocabularies of the blocks and the scale of the lexicon's and the surface's features."""
    terms = [located_terms(view) for view in views]
    tables = {block: TermTable.fit([[term for term, _ in t[block]] for t in terms], min_df=min_df) for block in BLOCKS}
    scaler = None
    if lexicon is not None:
        scaler = DenseScaler.fit(np.array([lexicon_features(view, lexicon) for view in views]), dense_weight)
    surface = DenseScaler.fit(np.array([view.surface for view in views]), dense_weight)
    return StanceFeatures(tables, lexicon, scaler, surface, tuple(sorted({view.target for view in views})))


def fit_stances(
    rows: SparseRows,
    y: Sequence[int],
    groups: Sequence[str],
    natural: npt.NDArray[np.bool_] | None,
    *,
    C: float | None,
    n_folds: int,
    seed: int,
) -> FittedStances:
    """Fit one-vs-rest linear classifiers joined by vector scaling; see `StanceClassifier.fit`."""
    X = to_csr(rows)
    classes = np.asarray(y, np.int64)
    labels = np.eye(3, dtype=bool)[classes]
    folds = grouped_folds(labels, groups, n_folds, seed)
    strength = C if C is not None else choose_C(X, labels, folds, seed) if folds.max() >= 1 else _C_WITHOUT_FOLDS
    weights, intercept = fit_one_vs_rest(X, labels, strength, seed)
    if folds.max() < 1:
        share = np.tile((labels.sum(axis=0) + 1) / (len(labels) + 3), (len(labels), 1))
        return FittedStances(weights, intercept, np.ones(3), share)
    chosen = np.ones(len(classes), bool) if natural is None else natural
    decision = out_of_fold(X, labels, folds, strength, seed)
    scale, offset = vector_scaling(decision[chosen], classes[chosen])
    probabilities = softmax(decision * scale + offset)
    return FittedStances(weights * scale, intercept * scale + offset, stance_weights(probabilities[chosen], classes[chosen]), probabilities)
