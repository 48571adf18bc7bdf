"""Reliability of probabilities: bins, calibration error and Brier score with what it is made of; as text and as a plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sahel_classify.errors import MissingDependencyError, ParameterError
from sahel_classify.evaluation.resampling import BoolArray, FloatArray, IntArray, Resampling, resample, share_intervals

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BINNINGS", "Reliability", "plot_reliability", "reliability", "reliability_diagram"]

BINNINGS: Final = ("equal_mass", "equal_width")
_BAR: Final = 20


@dataclass(frozen=True, slots=True)
class Reliability:
    """Predicted and observed shares by bin, and the scores over all bins.

    Attributes
    ----------
    binning : str
        ``"equal_mass"`` or ``"equal_width"``.
    predicted, observed : tuple of float
        Mean probability and share of true cases of each bin that is not empty.
    observed_95 : tuple of (float, float)
        See `share_intervals`.
    counts : tuple of int
    groups : int
    ece : float
        Expected calibration error (Guo et al. 2017; by bins of equal mass, Nixon et al. 2019).
    ece_95 : (float, float)
        Bootstrap interval over groups. Noise alone makes the error of a perfect forecast positive, and resampling adds as much
        again, so that a percentile interval all but never holds a small true error. Hence it begins at 0 unless the error is
        larger than noise explains (97.5 % of the draws of residuals around their own means), else at the basic bootstrap bound;
        it ends at the percentile bound, on the safe side.
    brier : float
        Mean squared distance of probability and truth.
    brier_95 : (float, float)
        Percentile bootstrap interval over groups.
    reliability, resolution, uncertainty : float
        Decomposition of the Brier score of the binned probabilities (Murphy 1973).
    within : float
        What binning takes off: ``brier = reliability - resolution + uncertainty + within``.
    """

    binning: str
    predicted: tuple[float, ...]
    observed: tuple[float, ...]
    observed_95: tuple[tuple[float, float], ...]
    counts: tuple[int, ...]
    groups: int
    ece: float
    ece_95: tuple[float, float]
    brier: float
    brier_95: tuple[float, float]
    reliability: float
    resolution: float
    uncertainty: float
    within: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def reliability(
    true: BoolArray,
    probabilities: FloatArray,
    groups: Sequence[str] | Resampling | None = None,
    *,
    bins: int = 10,
    binning: str = "equal_mass",
) -> Reliability:
    """Compare probabilities with what came true.

    Parameters
    ----------
    true : ndarray of shape (n,) or (n, k), bool
        Several columns (topics) are pooled.
    probabilities : ndarray of the same shape, float64
    groups : sequence of str of length n, or Resampling, or None
        None takes every row for a group of its own.
    bins : int, default=10
    binning : str
        ``"equal_mass"``: as many cases in each bin, equal probabilities kept together; ``"equal_width"``.

    Raises
    ------
    ParameterError
        If there are no cases, a probability is NaN or outside 0 to 1, shapes differ, or bins or binning make no sense.

    References
    ----------
    Murphy 1973, https://doi.org/10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2; Guo et al. 2017, https://arxiv.org/abs/1706.04599;
    Nixon et al. 2019, https://arxiv.org/abs/1904.01685

    Examples
    --------
    >>> found = reliability(np.array([True, False, True, True]), np.array([0.2, 0.2, 0.9, 0.9]), bins=2)
    >>> found.predicted, found.observed, found.counts
    ((0.2, 0.9), (0.5, 1.0), (2, 2))
    >>> round(found.ece, 3), round(found.brier, 3), round(found.reliability - found.resolution + found.uncertainty, 3)
    (0.2, 0.175, 0.175)
    """
    true, probabilities = np.asarray(true, bool), np.asarray(probabilities, np.float64)
    _check(true, probabilities, bins, binning)
    rows = len(true)
    drawn = groups if isinstance(groups, Resampling) else resample([str(i) for i in range(rows)] if groups is None else groups)
    if len(drawn.member) != rows:
        raise ParameterError(f"groups names {len(drawn.member)} paragraphs, true has {rows}; give one group a paragraph")
    member = np.repeat(drawn.member, true.size // rows)
    y, p = true.ravel().astype(np.float64), probabilities.ravel()
    where, n_bins = _bins(p, bins, binning)
    counts, p_sums, y_sums = (np.bincount(where, v, minlength=n_bins).astype(np.float64) for v in (np.ones_like(p), p, y))
    predicted, observed, base = p_sums / counts, y_sums / counts, float(y.mean())
    ece = float(np.abs(p_sums - y_sums).sum() / y.size)
    squares = (p - y) ** 2
    reliable, resolution = float(counts @ (predicted - observed) ** 2 / y.size), float(counts @ (observed - base) ** 2 / y.size)
    per_group = np.column_stack(
        [drawn.sums(np.column_stack([np.ones_like(y), squares]), member), drawn.cells(member, where, p - y, n_bins)]
    )
    totals = drawn.totals(per_group)
    briers = totals[:, 1] / totals[:, 0]
    hits, cases = (drawn.cells(member, where, v, n_bins) for v in (y, np.ones_like(y)))
    brier = float(squares.mean())
    return Reliability(
        binning=binning,
        predicted=tuple(predicted.tolist()),
        observed=tuple(observed.tolist()),
        observed_95=share_intervals(hits, cases),
        counts=tuple(counts.astype(int).tolist()),
        groups=drawn.groups,
        ece=ece,
        ece_95=_error_interval(ece, np.delete(totals, 1, axis=1), np.append(float(y.size), p_sums - y_sums), drawn),
        brier=brier,
        brier_95=drawn.interval(briers),
        reliability=reliable,
        resolution=resolution,
        uncertainty=base * (1 - base),
        within=brier - (reliable - resolution + base * (1 - base)),
    )


def _check(true: BoolArray, probabilities: FloatArray, bins: int, binning: str) -> None:
    if true.shape != probabilities.shape:
        raise ParameterError(f"true has the shape {true.shape}, probabilities {probabilities.shape}; give one probability a case")
    if not true.size:
        raise ParameterError("true is empty: there is nothing to compare probabilities with; give at least one case")
    wrong = ~((probabilities >= 0) & (probabilities <= 1))
    if wrong.any():
        row = int(np.flatnonzero(wrong.reshape(len(true), -1).any(axis=1))[0])
        raise ParameterError(f"probabilities holds {probabilities[wrong][0]} in row {row}; give numbers from 0 to 1")
    if binning not in BINNINGS:
        raise ParameterError(f"binning is {binning!r}; give one of {', '.join(BINNINGS)}")
    if bins < 1:
        raise ParameterError(f"bins is {bins}; give 1 or more")


def _bins(p: FloatArray, bins: int, binning: str) -> tuple[IntArray, int]:
    """Bin of each case, empty bins left out, and the number of bins."""
    if binning == "equal_width":
        where = np.minimum((p * bins).astype(np.int64), bins - 1)
    else:
        where = np.searchsorted(np.quantile(p, np.linspace(0, 1, bins + 1)[1:-1]), p, side="right")
    kept, where = np.unique(where, return_inverse=True)
    return where.astype(np.int64), len(kept)


def _error_interval(estimate: float, totals: FloatArray, whole: FloatArray, resampling: Resampling) -> tuple[float, float]:
    """See `Reliability.ece_95`; totals of the draws, and whole ones: cases, then residuals by bin."""
    if resampling.groups < 2:
        return 0.0, 1.0
    cases, residuals = totals[:, :1], totals[:, 1:]
    drawn = np.abs(residuals / cases).sum(axis=1)
    noise = np.abs(residuals / cases - whole[1:] / whole[0]).sum(axis=1)
    high = float(np.percentile(drawn, 97.5))
    low = 0.0 if estimate <= np.percentile(noise, 97.5) else 2 * estimate - high
    return max(0.0, min(low, estimate)), min(1.0, max(high, estimate))


def reliability_diagram(found: Reliability) -> str:
    """Rows of bins for the terminal: ``o`` stands at the observed share, ``|`` at the predicted one, ``-`` over the interval.

    Examples
    --------
    >>> print(reliability_diagram(reliability(np.array([True, False, True, True]), np.array([0.2, 0.2, 0.9, 0.9]), bins=2)))
    predicted  observed  95 % interval   count  0                   1
        0.200     0.500  [0.095, 0.905]      2    --|-----o--------
        0.900     1.000  [0.342, 1.000]      2         -----------|-o
    ECE 0.200 [0.000, 0.550]  Brier 0.175 [0.010, 0.483] = reliability 0.050 - resolution 0.062 + uncertainty 0.188 + within 0.000
    """
    lines = [f"predicted  observed  95 % interval   count  0{'1':>{_BAR}}"]
    for p, o, (low, high), n in zip(found.predicted, found.observed, found.observed_95, found.counts, strict=True):
        bar = [" "] * (_BAR + 1)
        for i in range(round(low * _BAR), round(high * _BAR) + 1):
            bar[i] = "-"
        bar[round(p * _BAR)] = "|"
        bar[round(o * _BAR)] = "o"
        lines.append(f"{p:>9.3f} {o:>9.3f}  [{low:.3f}, {high:.3f}] {n:>6}  {''.join(bar).rstrip()}")
    lines.append(
        f"ECE {found.ece:.3f} [{found.ece_95[0]:.3f}, {found.ece_95[1]:.3f}]  "
        f"Brier {found.brier:.3f} [{found.brier_95[0]:.3f}, {found.brier_95[1]:.3f}] = reliability {found.reliability:.3f} "
        f"- resolution {found.resolution:.3f} + uncertainty {found.uncertainty:.3f} + within {found.within + 0.0:.3f}"
    )
    return "\n".join(lines)


def plot_reliability(found: Reliability, axes: Axes | None = None) -> Axes:
    """Draw the bins with intervals, and the diagonal of a perfect forecast.

    Parameters
    ----------
    found : Reliability
    axes : matplotlib Axes or None
        None makes a figure.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError("plot_reliability: drawing needs matplotlib; install it with: pip install matplotlib") from error
    if axes is None:
        axes = Figure(figsize=(4, 4), layout="constrained").add_subplot()
    low, high = np.array(found.observed_95).T
    spread = np.vstack([np.array(found.observed) - low, high - np.array(found.observed)])
    axes.plot([0, 1], [0, 1], linestyle=":", color="0.5")
    axes.errorbar(found.predicted, found.observed, yerr=spread, fmt="o", capsize=2)
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="predicted probability", ylabel="observed share")
    axes.set_title(f"ECE {found.ece:.3f} [{found.ece_95[0]:.3f}, {found.ece_95[1]:.3f}], {sum(found.counts)} cases")
    return axes
