"""Shares from a random labelled sample of the archive, sharpened by predictions for all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sahel_classify.errors import LabelError, ParameterError
from sahel_classify.prevalence.archive import (
    FloatArray,
    IntArray,
    Prevalence,
    checked_column,
    checked_rows,
    checked_weights,
    cluster_numbers,
    parts,
)

__all__ = ["prediction_powered"]

_Z: Final = 1.959963984540054
# With fewer labels, or fewer of either kind, the normal approximation is not trusted.
_FEWEST_LABELS: Final = 30
_FEWEST_OF_A_KIND: Final = 5


def prediction_powered(
    predictions: Any,
    labels: Any,
    rows: Any,
    *,
    power: float | None = None,
    by: Mapping[str, Sequence[object]] | None = None,
    clusters: Sequence[object] | None = None,
    weights: Any = None,
) -> list[Prevalence]:
    """Share among the labelled, corrected by how predictions for the labelled differ from those for the rest of the archive.

    Angelopoulos, Bates, Fannjiang, Jordan and Zrnic 2023, https://doi.org/10.1126/science.adi6000; the power tuning of
    Angelopoulos, Duchi and Zrnic 2023 (PPI++), https://arxiv.org/abs/2311.01453.

    Assumes one thing: that the labelled paragraphs are drawn at random from the archive (or from each part of it). Nothing is
    assumed of the classifier; a bad one makes the interval as wide as that of the labels alone. Not to be used with labels chosen
    for any other reason: picked by hand, by search words, or because the classifier was unsure of them.

    The interval is Wilson's for as many trials as the variance of the estimate is worth (Dean and Pagano 2015,
    https://doi.org/10.1093/jssam/smv024). With fewer than 30 labels (or clusters of them) in a part, or fewer than 5 of either
    kind, predictions are left aside and it is Clopper and Pearson's exact interval of the labels, which is wide; with no label it
    is 0 to 1, and the estimate the mean prediction.

    Parameters
    ----------
    predictions : array-like of bool or float, one a paragraph
        Probabilities serve better than predicted classes.
    labels : array-like of bool
    rows : array-like of int
        Row of the archive that each label is of.
    power : float or None
        Weight of the predictions, 0 to 1 (lambda of the paper): 0 takes the labels alone; None takes that of the least variance.
    by, clusters, weights
        See `classify_and_count`.

    Returns
    -------
    list of Prevalence
        One a part, in the order of their names; one where `by` is None.

    Raises
    ------
    InputError
        If an array has the wrong length, NaN or values outside its range, or a labelled row is not in the archive.
    LabelError
        If a label is neither true nor false.
    ParameterError
        If `power` is outside 0 to 1.

    Examples
    --------
    >>> predictions = [0.8, 0.2, 0.1, 0.1] * 1000
    >>> share, = prediction_powered(predictions, [True, False, False, False] * 25, range(100))
    >>> round(share.estimate, 3), share.n_labelled, share.low > 0.2
    (0.25, 100, True)
    """
    f = checked_column(predictions, "predictions")
    where = checked_rows(list(rows) if isinstance(rows, range) else rows, len(f))
    y = checked_column(labels, "labels", len(where))
    if not np.isin(y, (0, 1)).all():
        raise LabelError("a label is neither true nor false; give each labelled paragraph one of them")
    if power is not None and not 0 <= power <= 1:
        raise ParameterError(f"power={power}; give a number from 0 to 1, or None for that of the least variance")
    weight, number = checked_weights(weights, len(f)), cluster_numbers(clusters, len(f))
    gold = np.full(len(f), np.nan)
    gold[where] = y
    found = []
    for part in parts(by, len(f)):
        r = part.rows
        estimate, low, high = _share(f[r], gold[r], weight[r], number[r], power)
        found.append(Prevalence(estimate, low, high, "ppi", len(r), int((~np.isnan(gold[r])).sum()), part.group))
    return found


def _share(f: FloatArray, gold: FloatArray, weights: FloatArray, clusters: IntArray, power: float | None) -> tuple[float, float, float]:
    """Estimate and interval for one part; `gold` is NaN where there is no label."""
    known = ~np.isnan(gold)
    n, rest = int(known.sum()), int((~known).sum())
    if n == 0:
        return float(np.clip(np.average(f, weights=weights), 0, 1)), 0.0, 1.0
    y = gold[known]
    positives, independent = int(y.sum()), len(np.unique(clusters[known]))
    if independent >= _FEWEST_LABELS and min(positives, n - positives) >= _FEWEST_OF_A_KIND:
        chosen = 0.0 if rest == 0 else _tuned(f, known, y) if power is None else power
        estimate, variance = _estimate(f, gold, weights, clusters, chosen)
        # As if the predictions had been half an error worse: of a few errors among few labels the variance is mostly taken too small.
        variance += chosen / (2 * n**2)
        if 0 < estimate < 1 and variance > 0:
            return estimate, *_wilson(estimate, estimate * (1 - estimate) / variance, independent - 1)
    # Exactly 0 or 1 where all labels are alike, whatever rounding makes of the weights.
    estimate, variance = (float(y[0]), 0.0) if positives in {0, n} else _estimate(f, gold, weights, clusters, 0.0)
    estimate = min(1.0, max(0.0, estimate))
    spread = estimate * (1 - estimate)
    few = independent < _FEWEST_LABELS or spread == 0 or variance == 0
    return estimate, *_clopper_pearson(estimate, independent if few else min(independent, spread / variance))


def _tuned(f: FloatArray, known: npt.NDArray[np.bool_], y: FloatArray) -> float:
    """Power of the least variance (PPI++, section 6), kept in 0 to 1."""
    spread = float(np.var(f))
    if spread <= 0:
        return 0.0
    together = float(np.mean((y - y.mean()) * (f[known] - f[known].mean())))
    return float(np.clip(together / ((1 + len(y) / (len(f) - len(y))) * spread), 0, 1))


def _estimate(f: FloatArray, gold: FloatArray, weights: FloatArray, clusters: IntArray, power: float) -> tuple[float, float]:
    """Estimate and its variance, from what each cluster adds to it."""
    known = ~np.isnan(gold)
    n = int(known.sum())
    error = gold[known] - power * f[known]
    share = weights[known] / weights[known].sum()
    estimate = float(share @ error)
    adds = np.zeros(len(f))
    adds[known] = share * (error - estimate) * np.sqrt(n / max(1, n - 1))
    if power > 0 and not known.all():
        share = weights[~known] / weights[~known].sum()
        mean = float(share @ f[~known])
        adds[~known] = power * share * (f[~known] - mean)
        estimate += power * mean
    _, member = np.unique(clusters, return_inverse=True)
    return estimate, float(np.sum(np.bincount(member, adds) ** 2))


def _wilson(share: float, trials: float, freedom: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share, with trials that need not be whole."""
    # Student's quantile (Cornish and Fisher): the variance is estimated from few labels, too.
    z = _Z + (_Z**3 + _Z) / (4 * freedom)
    centre = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z / (1 + z**2 / trials) * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    return max(0.0, min(share, float(centre - half))), min(1.0, max(share, float(centre + half)))


def _clopper_pearson(share: float, trials: float) -> tuple[float, float]:
    """Clopper and Pearson's exact 95 % interval, with trials that need not be whole (Korn and Graubard 1998)."""
    from scipy.special import betaincinv  # only this interval needs scipy

    hits = share * trials
    low = 0.0 if share <= 0 else float(betaincinv(hits, trials - hits + 1, 0.025))
    high = 1.0 if share >= 1 else float(betaincinv(hits + 1, trials - hits, 0.975))
    return min(low, share), max(high, share)
