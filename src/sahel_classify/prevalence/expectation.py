"""Shares by expectation maximisation over calibrated probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from sahel_classify.errors import InputError, LabelError, ParameterError
from sahel_classify.prevalence.archive import (
    FEWEST_CLUSTERS,
    FloatArray,
    IntArray,
    Prevalence,
    bounds,
    checked_column,
    checked_draws,
    checked_weights,
    cluster_draws,
    cluster_numbers,
    parts,
    widened,
)

__all__ = ["emq"]

# Below this, not even a posterior of Jeffreys's is honest about an estimate that can run to 0 or 1.
_FEWEST: Final = 10
# Steps into which the probabilities of two, three and more classes are rounded for the draws (not for the estimate).
_STEPS: Final = {2: 200, 3: 30}


def emq(
    probabilities: Any,
    *,
    prior: Any = None,
    validation: Any = None,
    validation_clusters: Sequence[object] | None = None,
    classes: Sequence[str] | None = None,
    by: Mapping[str, Sequence[object]] | None = None,
    clusters: Sequence[object] | None = None,
    weights: Any = None,
    tolerance: float = 1e-7,
    max_iterations: int = 10_000,
    draws: int = 1000,
    seed: int = 0,
) -> list[Prevalence]:
    """Shares under which calibrated probabilities, made over to them, agree with them (EM).

    Saerens, Latinne and Decaestecker 2002, https://doi.org/10.1162/089976602753284446: the maximum-likelihood shares under prior
    shift.

    Assumes prior shift (classes grow or shrink, but look the same) and probabilities calibrated where the classes had the shares
    `prior`. Not to be used with uncalibrated scores, where the wording of a class differs from that of the training labels, or
    with a prior that is a guess: each biases it, and the interval knows nothing of it.

    Parameters
    ----------
    probabilities : array-like of float, shape (n,) or (n, n_classes)
        Calibrated probability of the class, or of each of several, which sum to 1.
    prior : float or sequence of float, or None
        Share of the class, or of each, where the probabilities were calibrated; each above 0.
    validation : array-like of bool or int, or None
        In place of `prior`: labels (or class numbers) of a sample drawn as the calibration data were; the bootstrap draws it anew.
    validation_clusters : sequence or None
        Article or event of each of them.
    classes : sequence of str or None
        Names of several classes, for `Prevalence.group`; None numbers them from 0.
    by, clusters, weights, draws, seed
        See `classify_and_count`.
    tolerance : float, default=1e-7
        EM ends when no share changes by more.
    max_iterations : int, default=10000

    Returns
    -------
    list of Prevalence
        One a part; with several classes one a part and class, the class in `Prevalence.group`. A part of fewer than 10 clusters has
        the interval 0 to 1.

    Raises
    ------
    InputError
        If an array has the wrong length, NaN or values outside its range.
    LabelError
        If the validation sample lacks a class.
    ParameterError
        If a prior is 0 or 1, or EM has not converged.

    Examples
    --------
    >>> share, = emq([0.9] * 30 + [0.1] * 70, prior=0.5)
    >>> round(share.estimate, 3), share.low < share.estimate < share.high
    (0.25, True)
    """
    scores, binary = _checked_scores(probabilities)
    n, k = scores.shape
    weight, number = checked_weights(weights, n), cluster_numbers(clusters, n)
    checked_draws(draws)
    if (prior is None) == (validation is None):
        raise ParameterError("give either prior, the shares where the probabilities were calibrated, or validation, labels that tell them")
    if validation is not None:
        priors = _drawn_priors(validation, validation_clusters, k, draws, np.random.default_rng(seed))
    else:
        priors = np.broadcast_to(_checked_prior(prior, k, binary=binary), (draws + 1, k))
    names = [str(j) for j in range(k)] if classes is None else list(classes)
    if len(names) != k:
        raise ParameterError(f"{len(names)} classes for probabilities of {k}; name each")
    n_labelled = 0 if validation is None else len(np.asarray(validation))
    found = []
    for order, part in enumerate(parts(by, n)):
        s, w = scores[part.rows], weight[part.rows]
        shares, converged = _em(s, w[None], priors[:1], priors[:1], tolerance, max_iterations)
        if not converged:
            raise ParameterError(
                f"EM has not converged in max_iterations={max_iterations} on {len(s)} paragraphs {part.group or ''}; raise it, or tolerance"
            )
        rng = np.random.default_rng([seed, order])
        members = np.unique(number[part.rows], return_inverse=True)[1]
        drawn = _drawn_shares(s, w, members, shares[0], priors, rng) if members.max() + 1 >= _FEWEST else None
        for j in [1] if binary else range(k):
            estimate = float(shares[0, j])
            low, high = 0.0, 1.0
            if drawn is not None:
                few = np.random.default_rng([seed, order, j])
                low, high = widened(bounds(estimate, drawn[:, j]), estimate, w, members, draws, few)
            group = part.group if binary else {**part.group, "class": names[j]}
            found.append(Prevalence(estimate, low, high, "emq", len(s), n_labelled, group))
    return found


def _checked_scores(probabilities: Any) -> tuple[FloatArray, bool]:
    given = np.asarray(probabilities, np.float64)
    if given.ndim != 2:
        column = checked_column(probabilities, "probabilities")
        return np.stack([1 - column, column], axis=1), True
    for j, column in enumerate(given.T):
        checked_column(column, f"probabilities of class {j}")
    sums = given.sum(axis=1)
    wrong = np.flatnonzero(np.abs(sums - 1) > 1e-6)
    if given.shape[1] < 2 or wrong.size:
        where = f"row {wrong[0]} sums to {sums[wrong[0]]:.6g}" if wrong.size else "one column"
        raise InputError(f"probabilities of classes: {where}; give two classes or more, whose probabilities sum to 1")
    return given, False


def _checked_prior(prior: Any, k: int, *, binary: bool) -> FloatArray:
    given = np.asarray(prior, np.float64)
    shares = np.stack([1 - given, given]) if binary and given.ndim == 0 else given
    if shares.shape != (k,):
        raise ParameterError(f"prior of shape {given.shape} for {k} classes; give {'one number' if binary else 'one number a class'}")
    if not (shares > 0).all() or abs(shares.sum() - 1) > 1e-6:
        raise ParameterError(f"prior={prior}; give shares above 0 and below 1 that sum to 1: EM can't move away from 0 or 1")
    return shares


def _drawn_priors(validation: Any, clusters: Sequence[object] | None, k: int, draws: int, rng: np.random.Generator) -> FloatArray:
    """Shares of the classes in the validation sample, then in bootstrap samples of it."""
    labels = np.asarray(validation)
    if labels.ndim != 1 or not labels.size or not np.isin(labels, np.arange(k)).all():
        raise LabelError(f"validation: give one class number from 0 to {k - 1}, or True or False, a labelled paragraph")
    _, member = np.unique(cluster_numbers(clusters, len(labels)), return_inverse=True)
    number = int(member.max()) + 1
    counts = np.zeros((number, k))
    np.add.at(counts, (member, labels.astype(np.int64)), 1)
    shares = counts.sum(axis=0) / len(labels)
    if not shares.all():
        raise LabelError(f"none of the {len(labels)} labelled paragraphs is of class {int(np.argmin(shares))}; add some, or give prior")
    if number < FEWEST_CLUSTERS:
        return np.concatenate([shares[None], rng.dirichlet(shares * number + 0.5, draws)])
    counts = counts[np.lexsort(counts.T)]
    # Half a label of each class keeps a draw that lacks one usable.
    drawn = np.stack([count @ counts for count in cluster_draws(number, draws, rng)]) + 0.5
    return np.concatenate([shares[None], drawn / drawn.sum(axis=1, keepdims=True)])


def _em(
    scores: FloatArray, weights: FloatArray, priors: FloatArray, start: FloatArray, tolerance: float, max_iterations: int
) -> tuple[FloatArray, bool]:
    """EM for several weightings of the rows at once; each row of `weights`, `priors` and `start` is one."""
    shares = start
    total = weights.sum(axis=1, keepdims=True)
    for _ in range(max_iterations):
        ratio = shares / priors
        evidence = np.maximum(ratio @ scores.T, 1e-300)
        new = ratio * ((weights / evidence) @ scores) / total
        new = new / new.sum(axis=1, keepdims=True)
        change = float(np.abs(new - shares).max())
        shares = new
        if change <= tolerance:
            return shares, True
    return shares, False


def _drawn_shares(
    scores: FloatArray, weights: FloatArray, members: IntArray, estimate: FloatArray, priors: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Shares in bootstrap samples of the clusters, with the priors of the draws."""
    # Rows of nearly the same probabilities are taken together (finer near 0 and 1), or a large archive would take hours.
    k = scores.shape[1]
    steps = _STEPS.get(k, 12)
    cells, cell = np.unique(np.round(np.arcsin(np.sqrt(scores)) * (2 * steps / np.pi)), axis=0, return_inverse=True)
    cell = cell.ravel()
    sizes = np.bincount(cell, weights, len(cells))
    means = np.stack([np.bincount(cell, weights * scores[:, j], len(cells)) for j in range(k)], axis=1) / sizes[:, None]
    # Clusters in an order of their own, so that the order of the rows changes nothing.
    by_cluster = np.zeros(members.max() + 1)
    np.add.at(by_cluster, members, weights * (cell + 1.0))
    rank = np.argsort(np.argsort(by_cluster, kind="stable"), kind="stable")
    place = rank[members]
    drawn = np.stack([np.bincount(cell, weights * c[place], len(cells)) for c in cluster_draws(len(rank), len(priors) - 1, rng)])
    together = np.concatenate([sizes[None], drawn])
    start = 0.9 * estimate + 0.1 * priors
    shares, _ = _em(means, together, priors, start, 1e-5, 1000)
    # What the rounding moved is moved back.
    return np.clip(shares[1:] - shares[0] + estimate, 0, 1)
