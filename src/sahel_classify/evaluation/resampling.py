"""Bootstrap over groups: whole articles are drawn, since paragraphs of one article tell the same story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sahel_classify.errors import ParameterError

__all__ = [
    "DRAWS",
    "FEW_GROUPS",
    "BoolArray",
    "FloatArray",
    "IntArray",
    "Resampling",
    "bootstrap_interval",
    "percentile_interval",
    "resample",
]

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
DRAWS: Final = 1000
# Below this number of groups a percentile interval is known to be too narrow; reports say so.
FEW_GROUPS: Final = 20
_CHUNK: Final = 100
_Z: Final = 1.959963984540054


@dataclass(frozen=True, slots=True, eq=False)
class Resampling:
    """How often each group stands in each draw.

    Attributes
    ----------
    member : ndarray of shape (n,), int64
        Number of the group of each item.
    weights : ndarray of shape (draws, n_groups), uint32
    """

    member: IntArray
    weights: npt.NDArray[np.uint32]

    @property
    def groups(self) -> int:
        """Number of groups."""
        return self.weights.shape[1]

    def sums(self, values: FloatArray | BoolArray, member: IntArray | None = None) -> FloatArray:
        """Sums by group of the rows of (n, k) values: shape (n_groups, k)."""
        where = self.member if member is None else member
        columns = [np.bincount(where, column, minlength=self.groups) for column in np.asarray(values, np.float64).T]
        return np.array(columns, np.float64).reshape(-1, self.groups).T

    def cells(self, member: IntArray, where: IntArray, values: FloatArray, bins: int) -> FloatArray:
        """Sums by group and bin: shape (n_groups, bins)."""
        return np.bincount(member * bins + where, values, minlength=self.groups * bins).astype(np.float64).reshape(self.groups, bins)

    def totals(self, sums: FloatArray) -> FloatArray:
        """Totals of (n_groups, k) sums in every draw: shape (draws, k)."""
        parts = [self.weights[i : i + _CHUNK].astype(np.float64) @ sums for i in range(0, len(self.weights), _CHUNK)]
        return np.concatenate(parts)

    def interval(self, drawn: FloatArray, bounds: tuple[float, float] = (0.0, 1.0)) -> tuple[float, float]:
        """`percentile_interval`; the bounds where there is one group only, which tells nothing of the spread."""
        return bounds if self.groups < 2 else percentile_interval(drawn, bounds)


def resample(groups: Sequence[str], seed: int = 0, draws: int = DRAWS) -> Resampling:
    """Draw whole groups with replacement (Efron and Tibshirani 1993, ch. 13).

    Parameters
    ----------
    groups : sequence of str
        Group of each item.
    seed, draws : int

    Raises
    ------
    ParameterError
        If there is no item.

    Examples
    --------
    >>> drawn = resample(["a", "a", "b"], draws=3)
    >>> drawn.member.tolist(), drawn.weights.sum(axis=1).tolist()
    ([0, 0, 1], [2, 2, 2])
    """
    numbers: dict[str, int] = {}
    member = np.array([numbers.setdefault(group, len(numbers)) for group in groups], np.int64)
    if not numbers:
        raise ParameterError("groups is empty: there is nothing to draw from; give the group of at least one paragraph")
    rng, n = np.random.default_rng(seed), len(numbers)
    weights = np.empty((draws, n), np.uint32)
    for row in weights:
        row[:] = np.bincount(rng.integers(0, n, n), minlength=n)
    return Resampling(member, weights)


def percentile_interval(drawn: FloatArray, bounds: tuple[float, float] = (0.0, 1.0)) -> tuple[float, float]:
    """95 % percentile interval; a draw without a value (NaN) counts as the lower bound below and as the upper bound above.

    Examples
    --------
    >>> percentile_interval(np.linspace(0.0, 1.0, 1001))
    (0.025, 0.975)
    >>> percentile_interval(np.array([0.4, 0.5, np.nan, 0.6]))
    (0.0, 1.0)
    """
    undefined = np.isnan(drawn)
    if not undefined.any():
        low, high = np.percentile(drawn, [2.5, 97.5])
    else:
        low = np.percentile(np.where(undefined, bounds[0], drawn), 2.5, method="lower")
        high = np.percentile(np.where(undefined, bounds[1], drawn), 97.5, method="higher")
    return float(low), float(high)


def share_intervals(hits: FloatArray, cases: FloatArray) -> tuple[tuple[float, float], ...]:
    """95 % intervals of shares: Wilson's (1927), at the effective number of cases (Korn and Graubard 1998).

    Cases of one group count for less the more alike they are. Where all came out alike, that can't be estimated: then a group
    counts as one case. Unlike a bootstrap, this says how little "3 of 3" tells.

    Parameters
    ----------
    hits, cases : ndarray of shape (n_groups, k), float64
        By group, for k shares.

    Returns
    -------
    tuple of (float, float)
        (0, 1) where there are no cases.

    Examples
    --------
    >>> low, high = share_intervals(np.ones((3, 1)), np.ones((3, 1)))[0]
    >>> round(low, 3), high
    (0.439, 1.0)
    """
    groups, count = (cases > 0).sum(axis=0), cases.sum(axis=0)
    share = np.divide(hits.sum(axis=0), count, out=np.zeros_like(count), where=count > 0)
    size = np.maximum(1.0, count)
    plain = share * (1 - share) / np.maximum(1.0, count - 1)
    clustered = ((hits - share * cases) ** 2).sum(axis=0) / size**2 * groups / np.maximum(1, groups - 1)
    known = (plain > 0) & (groups > 1)
    effect = np.divide(clustered, plain, out=np.ones_like(count), where=known)
    effective = np.where(known, count / np.maximum(1.0, effect), groups)
    return tuple(_wilson(p, n) for p, n in zip(share.tolist(), effective.tolist(), strict=True))


def _wilson(share: float, n: float) -> tuple[float, float]:
    if not n:
        return 0.0, 1.0
    centre, half = share + _Z**2 / (2 * n), _Z * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    low, high = (centre - half) / (1 + _Z**2 / n), (centre + half) / (1 + _Z**2 / n)
    return float(min(share, max(0.0, low))), float(max(share, min(1.0, high)))


def bootstrap_interval(
    values: Sequence[Any], groups: Sequence[str], statistic: Any, seed: int = 0, bounds: tuple[float, float] = (-np.inf, np.inf)
) -> tuple[float, float]:
    """95 % percentile interval of any statistic, whole groups drawn with replacement (Efron and Tibshirani 1993, ch. 13).

    Parameters
    ----------
    values : sequence
        One item a paragraph.
    groups : sequence of str
    statistic : callable of (list of items) -> float
    seed : int
    bounds : (float, float)
        Between which the statistic lies whatever the data; the interval where there is one group only.

    Raises
    ------
    ParameterError
        If there is no item.

    Examples
    --------
    >>> bootstrap_interval([1.0, 2.0, 3.0], ["a", "a", "a"], np.mean)
    (-inf, inf)
    """
    bags: dict[str, list[Any]] = {}
    for value, group in zip(values, groups, strict=True):
        bags.setdefault(group, []).append(value)
    drawn = resample(list(bags), seed)
    if drawn.groups < 2:
        return bounds
    items = list(bags.values())
    found = [statistic([v for b in np.repeat(np.arange(len(items)), row) for v in items[b]]) for row in drawn.weights]
    return percentile_interval(np.array(found, np.float64), bounds)
