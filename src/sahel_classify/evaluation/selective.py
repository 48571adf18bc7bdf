"""Selective answers: how precision rises when the least sure answers are set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from sahel_classify.errors import ParameterError
from sahel_classify.evaluation.resampling import BoolArray, FloatArray, resample

__all__ = ["COVERAGES", "RiskCoverage", "risk_coverage"]

COVERAGES: Final = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """Precision at each coverage, and the area under the risk-coverage curve.

    Attributes
    ----------
    answers : int
    coverages, precisions : tuple of float
    precisions_95 : tuple of (float, float)
    area : float
        Mean share of errors over all coverages; 0 if no answer is wrong.
    area_95 : (float, float)
    """

    answers: int
    coverages: tuple[float, ...]
    precisions: tuple[float, ...]
    precisions_95: tuple[tuple[float, float], ...]
    area: float
    area_95: tuple[float, float]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def risk_coverage(
    right: BoolArray, confidence: FloatArray, groups: Sequence[str] | None = None, coverages: Sequence[float] = COVERAGES
) -> RiskCoverage:
    """Precision of the surest answers (El-Yaniv and Wiener 2010, https://jmlr.org/papers/v11/el-yaniv10a.html).

    Answers of equal confidence are taken in the mean of all their orders; an answer on the edge counts by its part.

    Parameters
    ----------
    right : ndarray of shape (n,), bool
        Whether each answer is right.
    confidence : ndarray of shape (n,), float64
    groups : sequence of str or None
        Intervals are drawn over them; None takes each answer for a group of its own.
    coverages : sequence of float
        Shares of the answers that are kept.

    Raises
    ------
    ParameterError
        If there is no answer, a confidence is NaN, or a coverage is not above 0 and at most 1.

    Examples
    --------
    >>> found = risk_coverage(np.array([True, False, True, False]), np.array([0.9, 0.6, 0.8, 0.7]), coverages=[1.0, 0.5])
    >>> found.precisions, round(found.area, 3)
    ((0.5, 1.0), 0.208)
    """
    right, confidence = np.asarray(right, bool), np.asarray(confidence, np.float64)
    if not right.size or right.shape != confidence.shape:
        raise ParameterError(f"right holds {right.size} answers, confidence {confidence.size}; give the same number, one or more")
    if np.isnan(confidence).any():
        raise ParameterError(f"confidence of answer {int(np.flatnonzero(np.isnan(confidence))[0])} is NaN; give a number")
    wanted = np.asarray(coverages, np.float64)
    if not ((wanted > 0) & (wanted <= 1)).all():
        raise ParameterError(f"coverages is {list(coverages)}; give numbers above 0 and at most 1")
    drawn = resample([str(i) for i in range(right.size)] if groups is None else groups)
    order = np.argsort(-confidence, kind="stable")
    _, tie = np.unique(-confidence[order], return_inverse=True)
    member, wrong = drawn.member[order], (~right[order]).astype(np.float64)
    whole = _curve(np.ones(right.size), wrong, tie, wanted)
    # A draw without any answer can't be: every group in it has at least one.
    found = np.array([_curve(weights[member].astype(np.float64), wrong, tie, wanted) for weights in drawn.weights])
    return RiskCoverage(
        right.size,
        tuple(wanted.tolist()),
        tuple((1 - whole[:-1]).tolist()),
        tuple(drawn.interval(1 - column) for column in found[:, :-1].T),
        float(whole[-1]),
        drawn.interval(found[:, -1]),
    )


def _curve(weights: FloatArray, wrong: FloatArray, tie: Any, wanted: FloatArray) -> FloatArray:
    """Risk at the wanted coverages, then the area."""
    size, errors = np.bincount(tie, weights), np.bincount(tie, weights * wrong)
    share = np.divide(errors, size, out=np.zeros_like(size), where=size > 0)[tie]
    seen, failed = np.cumsum(weights), np.cumsum(weights * share)
    total = seen[-1]
    risk = np.divide(failed, seen, out=np.zeros_like(seen), where=seen > 0)
    at = np.interp(wanted * total, np.append(0.0, seen), np.append(0.0, failed)) / (wanted * total)
    return np.append(at, weights @ risk / total)
