"""Stance: the three-way classifier that all targets share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sahel_classify._estimator import Estimator
from sahel_classify.errors import InputError, ParameterError
from sahel_classify.lexicon import STANCES
from sahel_classify.sparse import FloatArray
from sahel_classify.topics import as_rows

if TYPE_CHECKING:
    from typing import Self

__all__ = ["StanceClassifier"]


class StanceClassifier(Estimator):
    """Three-way linear classifier of stance views: favor, against, neutral.

    Parameters
    ----------
    C : float or None, default=None
        Inverse strength of the L2 penalty; None chooses it by grouped cross-validation.
    n_folds : int, default=5
    seed : int, default=0

    Attributes
    ----------
    coef_ : ndarray of shape (n_features, 3), float64
        Calibration included: ``softmax(X @ coef_ + intercept_)`` are the probabilities.
    intercept_ : ndarray of shape (3,), float64
    decision_weights_ : ndarray of shape (3,), float64
        Factors of the probabilities; the stance with the largest product is predicted.
    out_of_fold_ : ndarray of shape (n, 3), float64
        Calibrated out-of-fold probabilities of the training views; not stored in a model file.

    Notes
    -----
    One-vs-rest linear support vector machines joined by vector scaling (Guo et al. 2017) on grouped out-of-fold scores.
    """

    def __init__(self, *, C: float | None = None, n_folds: int = 5, seed: int = 0) -> None:
        self.C = C
        self.n_folds = n_folds
        self.seed = seed

    def fit(self, X: Any, y: Sequence[str], *, groups: Sequence[str] | None = None, natural: npt.NDArray[np.bool_] | None = None) -> Self:
        """Fit weights, calibration and decision weights.

        Parameters
        ----------
        X : SparseRows, sparse matrix or array of shape (n_views, n_features)
        y : sequence of str
            ``"favor"``, ``"against"`` or ``"neutral"`` each.
        groups : sequence of str or None
        natural : ndarray of shape (n_views,), bool, or None
            Views on which calibration and decision weights are fitted.

        Raises
        ------
        ParameterError
            If lengths differ or a value is no stance.
        """
        from sahel_classify.training.stance_fitting import fit_stances  # the training road needs scikit-learn

        rows = as_rows(X)
        if len(y) != len(rows):
            raise ParameterError(f"X has {len(rows)} rows and y {len(y)}; give one stance a row")
        unknown = sorted(set(y) - set(STANCES))
        if unknown:
            raise ParameterError(f"stances {', '.join(map(repr, unknown))} are not among {', '.join(STANCES)}")
        names = [str(i) for i in range(len(rows))] if groups is None else list(groups)
        fitted = fit_stances(rows, [STANCES.index(s) for s in y], names, natural, C=self.C, n_folds=self.n_folds, seed=self.seed)
        self.coef_, self.intercept_ = fitted.coef, fitted.intercept
        self.decision_weights_, self.out_of_fold_ = fitted.decision_weights, fitted.out_of_fold
        return self

    def decision_function(self, X: Any) -> FloatArray:
        """Softmax scores of shape (n_views, 3)."""
        self._check_trained()
        rows = as_rows(X)
        if rows.n_columns != self.coef_.shape[0]:
            raise InputError(f"X has {rows.n_columns} features, the classifier was fitted on {self.coef_.shape[0]}; use its own features")
        return rows.product(self.coef_) + self.intercept_

    def predict_proba(self, X: Any) -> FloatArray:
        """Calibrated probabilities of favor, against and neutral, of shape (n_views, 3)."""
        return self.probabilities(self.decision_function(X))

    @staticmethod
    def probabilities(scores: FloatArray) -> FloatArray:
        """Probabilities of decision values."""
        shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
        return shifted / shifted.sum(axis=1, keepdims=True)

    def chosen(self, probabilities: FloatArray) -> npt.NDArray[np.int64]:
        """Column of the predicted stance of each row."""
        return np.asarray((probabilities * self.decision_weights_).argmax(axis=1), np.int64)

    def predict(self, X: Any) -> list[str]:
        """Stance of each view."""
        return [STANCES[column] for column in self.chosen(self.predict_proba(X))]
