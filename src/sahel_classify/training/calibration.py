"""From out-of-fold scores to probabilities that mean what they say, and to decision thresholds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from sahel_classify.sparse import FloatArray

__all__ = ["best_threshold", "platt", "sigmoid", "softmax", "stance_weights", "thresholds", "vector_scaling"]

BoolArray = npt.NDArray[np.bool_]
# A topic with this many positives is believed as much as all topics together are.
_THRESHOLD_PRIOR = 100.0


def sigmoid(x: FloatArray) -> FloatArray:
    """Logistic function without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def softmax(scores: FloatArray) -> FloatArray:
    """Probabilities from scores along the last axis."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def platt(decision: FloatArray, y: BoolArray) -> tuple[float, float]:
    """Slope and offset so that ``sigmoid(slope * decision + offset)`` is calibrated.

    Platt (1999) with the smoothed targets and Newton steps of Lin, Lin and Weng (2007,
    https://doi.org/10.1007/s10994-007-5018-6). Where one class is missing, the scores are kept (1, 0).

    Parameters
    ----------
    decision : ndarray of shape (n,)
    y : ndarray of shape (n,), bool

    Examples
    --------
    >>> slope, offset = platt(np.array([-2.0, -1.0, 1.0, 2.0] * 50), np.array([False, True, False, True] * 50))
    >>> round(float(sigmoid(slope * 2.0 + offset)), 2) > 0.5
    True
    """
    positive = int(y.sum())
    negative = len(y) - positive
    if not positive or not negative:
        return 1.0, 0.0
    goal = np.where(y, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        z = parameters[0] * decision + parameters[1]
        p = sigmoid(z)
        value = float(np.sum(np.logaddexp(0, z) - goal * z))
        residual = p - goal
        return value, np.array([residual @ decision, residual.sum()])

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="BFGS").x
    # A score that ranks worse than chance is worth nothing, not the reverse of what it says.
    return (float(found[0]), float(found[1])) if found[0] > 0 else (0.0, float(np.log(positive / negative)))


def vector_scaling(scores: FloatArray, y: npt.NDArray[np.int64]) -> tuple[FloatArray, FloatArray]:
    """Scale and offset of each class so that ``softmax(scores * scale + offset)`` is calibrated.

    Vector scaling (Guo et al. 2017, https://arxiv.org/abs/1706.04599), pulled lightly towards one common scale.

    Parameters
    ----------
    scores : ndarray of shape (n, k)
    y : ndarray of shape (n,), int64
        Class of each row.
    """
    k = scores.shape[1]
    # Smoothed as Platt's targets are: few scores that part the classes allow no certainty.
    smoothing = k / (len(y) + k)
    onehot = np.eye(k)[y] * (1 - smoothing) + smoothing / k

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        scale, offset = parameters[:k], parameters[k:]
        p = softmax(scores * scale + offset)
        value = -float(np.sum(onehot * np.log(np.maximum(p, 1e-12))))
        residual = p - onehot
        spread = scale - scale.mean()
        penalty = float(spread @ spread + 0.1 * (offset @ offset))
        gradient = np.concatenate([(residual * scores).sum(axis=0) + 2 * spread, residual.sum(axis=0) + 0.2 * offset])
        return value + penalty, gradient

    found = minimize(loss, np.concatenate([np.ones(k), np.zeros(k)]), jac=True, method="BFGS").x
    return np.maximum(found[:k], 1e-3), found[k:]


def best_threshold(probabilities: FloatArray, y: BoolArray) -> float:
    """The probability from which on calling a paragraph positive gives the highest F1; 0.5 without a positive."""
    if not y.any():
        return 0.5
    order = np.argsort(-probabilities, kind="stable")
    hits = np.cumsum(y[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + y.sum())
    # Only where the next probability is lower can a threshold cut.
    ranked = probabilities[order]
    f1[:-1][ranked[:-1] == ranked[1:]] = -1.0
    best = int(np.argmax(f1))
    following = probabilities[order[best + 1]] if best + 1 < len(order) else 0.0
    return float((probabilities[order[best]] + following) / 2)


def thresholds(probabilities: FloatArray, Y: BoolArray) -> FloatArray:
    """One threshold a topic for the highest F1, drawn towards the common one the rarer the topic is.

    Thresholds chosen topic by topic overfit (Lipton et al. 2014, https://arxiv.org/abs/1402.1892); the common threshold
    of the highest micro-F1 is their prior, worth 100 positives.

    Parameters
    ----------
    probabilities : ndarray of shape (n, n_topics)
        Calibrated, out of fold.
    Y : ndarray of shape (n, n_topics), bool
    """
    common = best_threshold(probabilities.ravel(), Y.ravel())
    positives = Y.sum(axis=0)
    own = np.array([best_threshold(probabilities[:, j], Y[:, j]) for j in range(Y.shape[1])])
    share = positives / (positives + _THRESHOLD_PRIOR)
    return np.clip(share * own + (1 - share) * common, 0.05, 0.9)


def stance_weights(probabilities: FloatArray, y: npt.NDArray[np.int64]) -> FloatArray:
    """Factors for the probabilities of favor, against and neutral whose largest product gives the highest F_avg.

    F_avg, the mean of the F1 of favor and of against, is the measure of SemEval-2016 task 6
    (https://aclanthology.org/S16-1003/). Searched on a grid, smoothed over its best tenth.

    Parameters
    ----------
    probabilities : ndarray of shape (n, 3)
        Calibrated, out of fold, in the order favor, against, neutral.
    y : ndarray of shape (n,), int64
    """
    grid = np.exp(np.linspace(np.log(0.5), np.log(3.0), 16))
    results: list[tuple[float, float, float]] = []
    for favor in grid:
        for against in grid:
            said = (probabilities * np.array([favor, against, 1.0])).argmax(axis=1)
            f1 = 0.0
            for stance in (0, 1):
                hit = float(np.sum((said == stance) & (y == stance)))
                f1 += 2 * hit / max(1.0, float(np.sum(said == stance) + np.sum(y == stance)))
            results.append((f1 / 2, float(favor), float(against)))
    results.sort(reverse=True)
    top = np.log(np.array(results[: max(1, len(results) // 10)])[:, 1:])
    favor_weight, against_weight = np.exp(top.mean(axis=0))
    return np.array([favor_weight, against_weight, 1.0])
