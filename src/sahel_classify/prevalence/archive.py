"""What every method shares: the record of a share, checks of the arrays, parts of an archive, draws of the bootstrap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sahel_classify.errors import InputError, ParameterError

__all__ = [
    "Part",
    "Prevalence",
    "bounds",
    "checked_column",
    "checked_rows",
    "cluster_draws",
    "cluster_numbers",
    "parts",
    "share_draws",
    "widened",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
# Fewer clusters than this say too little about their own spread for a bootstrap.
FEWEST_CLUSTERS: Final = 30
_FIGURES: Final = ("estimate", "low", "high", "n", "n_labelled", "method", "class")


@dataclass(frozen=True, slots=True)
class Prevalence:
    """The share of a class among the paragraphs of an archive, or of a part of it.

    Attributes
    ----------
    estimate, low, high : float
        The share and its 95 % interval.
    method : str
        ``"cc"``, ``"ac"``, ``"emq"`` or ``"ppi"``.
    n : int
        Paragraphs.
    n_labelled : int
        Labelled paragraphs that the estimate rests on: those of the part for ``"ppi"``, all that gave the rates or the prior for
        ``"ac"`` and ``"emq"``.
    group : mapping of str to str
        Column → value of the part; empty for a whole archive.

    Examples
    --------
    >>> Prevalence(0.2, 0.1, 0.35, "ppi", 4000, 300, {"source": "rfi"}).to_dict()
    {'source': 'rfi', 'estimate': 0.2, 'low': 0.1, 'high': 0.35, 'n': 4000, 'n_labelled': 300, 'method': 'ppi'}
    """

    estimate: float
    low: float
    high: float
    method: str
    n: int
    n_labelled: int = 0
    group: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The record that the command line writes."""
        figures = {"estimate": self.estimate, "low": self.low, "high": self.high}
        return {**self.group, **figures, "n": self.n, "n_labelled": self.n_labelled, "method": self.method}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an archive: its name and its rows."""

    group: dict[str, str]
    rows: IntArray


def checked_column(values: Any, name: str, length: int | None = None) -> FloatArray:
    """Numbers from 0 to 1, one a paragraph.

    Raises
    ------
    InputError
        If there are none, they are not of the length wanted, or one is NaN or outside 0 to 1; the message names the first.
    """
    try:
        column = np.asarray(values, np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: not numbers ({error}); give one number from 0 to 1, or True or False, a paragraph") from error
    if column.ndim != 1 or not column.size:
        raise InputError(f"{name}: of shape {column.shape}; give one number a paragraph, and at least one")
    if length is not None and len(column) != length:
        raise InputError(f"{name}: {len(column)} values for {length} paragraphs; give one a paragraph")
    wrong = np.flatnonzero(~((column >= 0) & (column <= 1)))
    if wrong.size:
        raise InputError(f"{name}: {column[wrong[0]]} in row {wrong[0]}; give numbers from 0 to 1, and leave out what is not known")
    return column


def checked_weights(weights: Any, length: int) -> FloatArray:
    """Weights of the paragraphs; 1 each where None.

    Raises
    ------
    InputError
        If one is NaN, infinite or not above 0.
    """
    if weights is None:
        return np.ones(length)
    column = np.asarray(weights, np.float64)
    if column.shape != (length,):
        raise InputError(f"weights: of shape {column.shape} for {length} paragraphs; give one a paragraph")
    wrong = np.flatnonzero(~((column > 0) & np.isfinite(column)))
    if wrong.size:
        raise InputError(f"weights: {column[wrong[0]]} in row {wrong[0]}; give finite numbers above 0, and leave out what counts nothing")
    return column


def checked_rows(rows: Any, length: int) -> IntArray:
    """Row numbers of labelled paragraphs.

    Raises
    ------
    InputError
        If there are none, one stands twice, or one is not in the archive.
    """
    numbers = np.asarray(rows)
    if numbers.ndim != 1 or not numbers.size:
        raise InputError("no labelled sample; label paragraphs drawn at random from the archive, and give their rows")
    if not np.issubdtype(numbers.dtype, np.integer):
        raise InputError(f"rows of labelled paragraphs are {numbers.dtype}; give whole numbers")
    outside = numbers[(numbers < 0) | (numbers >= length)]
    if outside.size:
        raise InputError(f"labelled row {outside[0]} is not in the archive, which has {length:,} rows; label paragraphs of the archive")
    if len(np.unique(numbers)) < len(numbers):
        raise InputError("a labelled row stands twice; give each labelled paragraph once")
    return numbers.astype(np.int64)


def parts(by: Mapping[str, Sequence[object]] | None, length: int) -> list[Part]:
    """Parts of an archive, in the order of their names.

    Parameters
    ----------
    by : mapping of str to sequence, or None
        Column → one value a paragraph.
    length : int

    Raises
    ------
    InputError
        If a column has another length, or the name of a figure of `Prevalence`.

    Examples
    --------
    >>> [(part.group, part.rows.tolist()) for part in parts({"source": ["rfi", "afp", "rfi"]}, 3)]
    [({'source': 'afp'}, [1]), ({'source': 'rfi'}, [0, 2])]
    """
    columns = {name: [str(value) for value in values] for name, values in (by or {}).items()}
    for name, values in columns.items():
        if name in _FIGURES:
            raise InputError(f"column {name!r} has the name of a figure of the result; rename it")
        if len(values) != length:
            raise InputError(f"column {name!r} has {len(values)} values for {length} paragraphs; give one a paragraph")
    members: dict[tuple[str, ...], list[int]] = {}
    for i, key in enumerate(zip(*columns.values(), strict=True) if columns else [()] * length):
        members.setdefault(key, []).append(i)
    return [Part(dict(zip(columns, key, strict=True)), np.array(rows, np.int64)) for key, rows in sorted(members.items())]


def cluster_numbers(clusters: Sequence[object] | None, length: int) -> IntArray:
    """Number of the cluster (article, event) of each paragraph; each its own where None.

    Raises
    ------
    InputError
        If there is not one a paragraph.
    """
    if clusters is None:
        return np.arange(length)
    if len(clusters) != length:
        raise InputError(f"clusters: {len(clusters)} for {length} paragraphs; give one a paragraph")
    return np.unique([str(cluster) for cluster in clusters], return_inverse=True)[1].astype(np.int64)


def checked_draws(draws: int) -> int:
    """How often to draw.

    Raises
    ------
    ParameterError
        If too seldom for an interval.
    """
    if draws < 100:
        raise ParameterError(f"draws={draws}; a 95 % interval needs at least 100")
    return draws


def cluster_draws(number: int, draws: int, rng: np.random.Generator) -> Iterator[IntArray]:
    """How often each cluster is in a bootstrap sample (Efron and Tibshirani 1993, ch. 13), once a draw."""
    for _ in range(draws):
        yield np.bincount(rng.integers(0, number, number), minlength=number)


def share_draws(values: FloatArray, weights: FloatArray, clusters: IntArray, draws: int, rng: np.random.Generator) -> FloatArray:
    """Bootstrap draws of a weighted share, whole clusters with replacement.

    Where there are fewer than 30 clusters, or they don't differ, the bootstrap would see less spread than there is; then the draws
    are from the posterior of a share of that many trials under Jeffreys's prior (Brown, Cai and DasGupta 2001), as if all
    paragraphs of a cluster were one.

    Examples
    --------
    >>> alike = share_draws(np.zeros(50), np.ones(50), np.arange(50), 1000, np.random.default_rng(0))
    >>> bool(0.01 < np.percentile(alike, 97.5) < 0.1)
    True
    """
    _, member = np.unique(clusters, return_inverse=True)
    hits, sizes = np.bincount(member, values * weights), np.bincount(member, weights)
    number = len(sizes)
    share = float(np.clip(hits.sum() / sizes.sum(), 0, 1))
    if number < FEWEST_CLUSTERS or np.allclose(hits, share * sizes, rtol=0, atol=1e-12):
        return rng.beta(share * number + 0.5, (1 - share) * number + 0.5, draws)
    # In an order of their own, so that the order of the rows changes nothing.
    order = np.lexsort((sizes, hits))
    both = np.stack([hits[order], sizes[order]], axis=1)
    drawn = np.stack([count @ both for count in cluster_draws(number, draws, rng)])
    return np.asarray(drawn[:, 0] / drawn[:, 1], np.float64)


def bounds(estimate: float, lows: FloatArray, highs: FloatArray | None = None) -> tuple[float, float]:
    """95 % percentile interval of draws, stretched to hold the estimate, and kept in 0 to 1."""
    low = float(np.percentile(lows, 2.5))
    high = float(np.percentile(lows if highs is None else highs, 97.5))
    return max(0.0, min(low, estimate)), min(1.0, max(high, estimate))


def widened(
    interval: tuple[float, float], estimate: float, weights: FloatArray, clusters: IntArray, draws: int, rng: np.random.Generator
) -> tuple[float, float]:
    """An interval that holds at least what so many clusters leave open, where there are fewer than 30 or the draws don't differ."""
    low, high = interval
    if high - low > 1e-6 and len(np.unique(clusters)) >= FEWEST_CLUSTERS:
        return interval
    least = bounds(estimate, share_draws(np.full(len(weights), estimate), weights, clusters, draws, rng))
    return min(low, least[0]), max(high, least[1])
