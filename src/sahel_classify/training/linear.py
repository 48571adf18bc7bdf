"""Fitting linear classifiers, and choosing their regularisation by grouped cross-validation.

Linear support vector machines with squared hinge loss (Fan et al. 2008, https://www.jmlr.org/papers/v9/fan08a.html), whose scores
calibration turns into probabilities afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from sklearn.svm import LinearSVC

from sahel_classify.sparse import FloatArray, SparseRows
from sahel_classify.training.calibration import platt, sigmoid

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["C_GRID", "choose_C", "fit_one_vs_rest", "out_of_fold", "to_csr"]

C_GRID: Final = (0.03, 0.1, 0.3)
# Beyond this many paragraphs a sample tells the best C as well as all of them.
_ENOUGH_FOR_C: Final = 4000


def to_csr(rows: SparseRows) -> csr_array:
    """A scipy matrix with 32-bit indices, as liblinear takes it."""
    matrix = rows.to_scipy()
    matrix.indices = matrix.indices.astype(np.int32)
    matrix.indptr = matrix.indptr.astype(np.int32)
    matrix.sum_duplicates()
    return matrix


def _fit_binary(X: csr_array, y: npt.NDArray[np.bool_], C: float, seed: int) -> tuple[FloatArray, float]:
    positive = int(y.sum())
    if positive in {0, len(y)}:
        return np.zeros(X.shape[1]), float(np.log((positive + 0.5) / (len(y) - positive + 0.5)))
    model = LinearSVC(C=C, random_state=seed, max_iter=2000)
    model.fit(X, y)
    return model.coef_[0], float(model.intercept_[0])


def fit_one_vs_rest(X: csr_array, Y: npt.NDArray[np.bool_], C: float, seed: int) -> tuple[FloatArray, FloatArray]:
    """One classifier a column of `Y`.

    Returns
    -------
    weights : ndarray of shape (n_features, n_columns)
    intercept : ndarray of shape (n_columns,)
        A column with one class only gets no weights and the log-odds of its (smoothed) share.
    """
    # One after the other: liblinear draws from one stream of random numbers, which threads would share.
    fitted = [_fit_binary(X, Y[:, j], C, seed) for j in range(Y.shape[1])]
    return np.stack([weights for weights, _ in fitted], axis=1), np.array([intercept for _, intercept in fitted])


def out_of_fold(X: csr_array, Y: npt.NDArray[np.bool_], folds: npt.NDArray[np.int64], C: float, seed: int) -> FloatArray:
    """Decision values of each row by a model that has not seen its fold, of the shape of `Y`."""
    decision = np.zeros(Y.shape)
    for fold in np.unique(folds):
        held = folds == fold
        weights, intercept = fit_one_vs_rest(X[~held], Y[~held], C, seed)
        decision[held] = X[held] @ weights + intercept
    return decision


def choose_C(X: csr_array, Y: npt.NDArray[np.bool_], folds: npt.NDArray[np.int64], seed: int, grid: Sequence[float] = C_GRID) -> float:
    """The C of the grid whose out-of-fold scores, once calibrated, have the lowest log-loss.

    Calibration first: a weaker regularisation often ranks better although its raw probabilities are too bold.
    """
    if len(folds) > _ENOUGH_FOR_C:
        chosen = np.random.default_rng(seed).permutation(len(folds))[:_ENOUGH_FOR_C]
        X, Y, folds = X[np.sort(chosen)], Y[np.sort(chosen)], folds[np.sort(chosen)]
    losses: list[float] = []
    for C in grid:
        decision = out_of_fold(X, Y, folds, C, seed)
        loss = 0.0
        for j in range(Y.shape[1]):
            slope, offset = platt(decision[:, j], Y[:, j])
            p = np.clip(sigmoid(slope * decision[:, j] + offset), 1e-9, 1 - 1e-9)
            loss -= float(np.mean(np.where(Y[:, j], np.log(p), np.log(1 - p))))
        losses.append(loss)
    return float(grid[int(np.argmin(losses))])
