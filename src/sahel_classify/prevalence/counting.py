"""Counting predictions, and counting them with the classifier's rates of error taken out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sahel_classify.errors import LabelError
from sahel_classify.prevalence.archive import (
    FloatArray,
    IntArray,
    Prevalence,
    bounds,
    checked_column,
    checked_draws,
    checked_weights,
    cluster_numbers,
    parts,
    share_draws,
    widened,
)

__all__ = ["adjusted_count", "classify_and_count"]


def classify_and_count(
    predicted: Any,
    *,
    by: Mapping[str, Sequence[object]] | None = None,
    clusters: Sequence[object] | None = None,
    weights: Any = None,
    draws: int = 1000,
    seed: int = 0,
) -> list[Prevalence]:
    """Share of the paragraphs that are predicted to be of the class (Forman 2008, https://doi.org/10.1007/s10618-008-0097-y).

    Assumes that the classifier errs as often one way as the other, which none does on every archive. Not to be used where a
    figure matters: as a baseline, or with a classifier known to be nearly perfect. The interval is for the sampling of the archive
    alone, and knows nothing of the classifier's errors.

    Parameters
    ----------
    predicted : array-like of bool, one a paragraph
    by : mapping of str to sequence, or None
        Columns to part the archive by.
    clusters : sequence or None
        Article or event of each paragraph: drawn whole by the bootstrap; None takes each paragraph by itself.
    weights : array-like of float, or None
        Weight of each paragraph.
    draws : int, default=1000
        Bootstrap samples.
    seed : int, default=0

    Returns
    -------
    list of Prevalence
        One a part, in the order of their names; one where `by` is None.

    Raises
    ------
    InputError
        If an array has the wrong length, NaN or values outside its range.

    Examples
    --------
    >>> share, = classify_and_count([True] * 30 + [False] * 70)
    >>> share.estimate, share.low < 0.25, share.high > 0.35
    (0.3, True, True)
    """
    column = checked_column(predicted, "predicted")
    weight, number = checked_weights(weights, len(column)), cluster_numbers(clusters, len(column))
    found = []
    for k, part in enumerate(parts(by, len(column))):
        values, w = column[part.rows], weight[part.rows]
        drawn = share_draws(values, w, number[part.rows], checked_draws(draws), np.random.default_rng([seed, k]))
        estimate = float(np.clip(np.average(values, weights=w), 0, 1))
        found.append(Prevalence(estimate, *bounds(estimate, drawn), "cc", len(values), 0, part.group))
    return found


def adjusted_count(
    predicted: Any,
    *,
    validation: tuple[Any, Any] | None = None,
    validation_clusters: Sequence[object] | None = None,
    probabilities: Any = None,
    by: Mapping[str, Sequence[object]] | None = None,
    clusters: Sequence[object] | None = None,
    weights: Any = None,
    draws: int = 1000,
    seed: int = 0,
) -> list[Prevalence]:
    """Predictions counted, with the rates of true and false positives taken out: (CC - fpr) / (tpr - fpr), clipped to 0 to 1.

    Gart and Buck 1966 (https://doi.org/10.1093/oxfordjournals.aje.a120610); for text, Forman 2008
    (https://doi.org/10.1007/s10618-008-0097-y).

    Assumes that the two rates are the same in the archive, in each of its parts and in the validation sample (prior shift: classes
    grow or shrink, but look the same). Not to be used where sources or months differ in how the class is worded, nor where tpr and
    fpr are close: the interval is then most of 0 to 1. Without a validation sample the rates come from calibrated probabilities of
    the archive itself; for a whole archive the result is then the mean probability, as good as the calibration on this archive.

    Parameters
    ----------
    predicted : array-like of bool, one a paragraph
    validation : (labels, predictions) or None
        Two array-likes of bool: labelled paragraphs that the classifier was not trained on.
    validation_clusters : sequence or None
        Article or event of each of them.
    probabilities : array-like of float, or None
        Calibrated probability of each paragraph of the archive; used where there is no validation sample.
    by, clusters, weights, draws, seed
        See `classify_and_count`.

    Returns
    -------
    list of Prevalence
        The interval is from bootstrap samples of the archive and of the validation sample; a draw in which the two rates can't be
        told apart allows any share.

    Raises
    ------
    InputError
        If an array has the wrong length, NaN or values outside its range.
    LabelError
        If there is neither sample nor probabilities, the sample has one class only, or predictions say nothing about labels.

    Examples
    --------
    >>> labels, said = [True] * 50 + [False] * 50, [True] * 40 + [False] * 10 + [True] * 5 + [False] * 45
    >>> share, = adjusted_count([True] * 24 + [False] * 76, validation=(labels, said))
    >>> round(share.estimate, 3), share.low < 0.1, share.high > 0.3
    (0.2, True, True)
    """
    column = checked_column(predicted, "predicted")
    weight, number = checked_weights(weights, len(column)), cluster_numbers(clusters, len(column))
    checked_draws(draws)
    # The rates come first, from draws of their own: all parts share them.
    rng = np.random.default_rng(seed)
    if validation is not None:
        labels = checked_column(validation[0], "labels of the validation sample")
        said = checked_column(validation[1], "predictions of the validation sample", len(labels))
        tpr, fpr = _rates(labels, said, np.ones(len(labels)), cluster_numbers(validation_clusters, len(labels)), draws, rng)
    elif probabilities is not None:
        labels = checked_column(probabilities, "probabilities", len(column))
        tpr, fpr = _rates(labels, column, weight, number, draws, rng)
    else:
        raise LabelError("adjusted_count needs rates of error; give a labelled validation sample, or calibrated probabilities")
    n_labelled = 0 if validation is None else len(labels)
    found = []
    for k, part in enumerate(parts(by, len(column))):
        values, w = column[part.rows], weight[part.rows]
        part_rng = np.random.default_rng([seed, k])
        counted = share_draws(values, w, number[part.rows], draws, part_rng)
        estimate = float(np.clip((np.average(values, weights=w) - fpr[0]) / (tpr[0] - fpr[0]), 0, 1))
        gap = tpr[1:] - fpr[1:]
        blind = gap <= 1e-6
        drawn = np.clip((counted - fpr[1:]) / np.where(blind, 1, gap), 0, 1)
        interval = bounds(estimate, np.where(blind, 0, drawn), np.where(blind, 1, drawn))
        low, high = widened(interval, estimate, w, number[part.rows], draws, part_rng)
        found.append(Prevalence(estimate, low, high, "ac", len(values), n_labelled, part.group))
    return found


def _rates(
    labels: FloatArray, said: FloatArray, weights: FloatArray, clusters: IntArray, draws: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Rates of true and false positives: the estimate, then draws. A label may be a probability."""
    rates = []
    for name, degree in (("of the class", labels), ("outside the class", 1 - labels)):
        if not degree.any():
            raise LabelError(f"none of the {len(labels)} labelled paragraphs is {name}; add some, or use prediction_powered")
        inside = degree > 0
        w = weights[inside] * degree[inside]
        drawn = share_draws(said[inside], w, clusters[inside], draws, rng)
        rates.append(np.concatenate([[np.average(said[inside], weights=w)], drawn]))
    if rates[0][0] <= rates[1][0]:
        raise LabelError(
            f"predictions say nothing about the labels (true positives {rates[0][0]:.2f}, false positives {rates[1][0]:.2f}); "
            "check that both are of the same class and paragraphs, or use prediction_powered"
        )
    return rates[0], rates[1]
