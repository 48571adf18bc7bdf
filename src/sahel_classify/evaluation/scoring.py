"""Scores of a model on labelled paragraphs, with bootstrap intervals over groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sahel_classify.errors import LabelError
from sahel_classify.evaluation.calibration import BINNINGS, reliability
from sahel_classify.evaluation.confusion import stance_confusion, topic_confusion
from sahel_classify.evaluation.metrics import stance_scores, topic_scores
from sahel_classify.evaluation.resampling import BoolArray, FloatArray, Resampling, resample, share_intervals
from sahel_classify.evaluation.selective import risk_coverage
from sahel_classify.labels.folds import groups_of
from sahel_classify.labels.records import LabelledParagraph
from sahel_classify.lexicon import STANCES
from sahel_classify.prediction import Prediction

if TYPE_CHECKING:
    from sahel_classify.model import Model

__all__ = ["evaluate", "evaluate_predictions", "score", "stance_items", "topic_arrays", "topic_names"]


def score(paragraphs: Sequence[LabelledParagraph], predictions: Sequence[Prediction], *, intervals: bool = True) -> dict[str, Any]:
    """All scores of predictions against labels.

    Parameters
    ----------
    paragraphs : sequence of LabelledParagraph
    predictions : sequence of Prediction
        In the order of the paragraphs.
    intervals : bool, default=True
        Whether to draw bootstrap intervals (``…_95``), and to add what needs them: reliability, risk-coverage, confusion.

    Raises
    ------
    LabelError
        If there is nothing to score.
    """
    pairs = list(zip(paragraphs, predictions, strict=True))
    with_topics = [(a, p) for a, p in pairs if a.topics is not None]
    with_stances = [(a, p) for a, p in pairs if a.stances is not None]
    if not with_topics and not with_stances:
        raise LabelError("none of the paragraphs is annotated with topics or stances; there is nothing to score")
    result: dict[str, Any] = {"paragraphs": len(pairs), "abstained": sum(p.abstained is not None for p in predictions)}
    if intervals:
        result["groups"] = len(set(groups_of(paragraphs)))
    if with_topics:
        result["topics"] = _topic_result(with_topics, intervals=intervals)
    if with_stances:
        result["stances"] = _stance_result(with_stances, intervals=intervals)
    return result


def topic_names(pairs: Sequence[tuple[LabelledParagraph, Prediction]]) -> tuple[str, ...]:
    """Topics of the model, then those that only the labels know."""
    return tuple(dict.fromkeys([*pairs[0][1].topic_probabilities, *(t for a, _ in pairs for t in a.topics or ())]))


def topic_arrays(pairs: Sequence[tuple[LabelledParagraph, Prediction]], names: Sequence[str]) -> tuple[BoolArray, BoolArray, FloatArray]:
    """Truth, prediction and probability of each topic in each paragraph."""
    true = np.array([[name in (a.topics or ()) for name in names] for a, _ in pairs], bool)
    predicted = np.array([[name in p.topics for name in names] for _, p in pairs], bool)
    probabilities = np.array([[p.topic_probabilities.get(name, 0.0) for name in names] for _, p in pairs])
    return true, predicted, probabilities


def stance_items(annotated: LabelledParagraph, prediction: Prediction) -> list[tuple[str, str, str | None]]:
    """Target, labelled stance and predicted stance (None: target not found) of each labelled target."""
    said = prediction.stances
    return [(target, s, said[target].stance if target in said else None) for target, s in (annotated.stances or {}).items()]


def _topic_result(pairs: Sequence[tuple[LabelledParagraph, Prediction]], *, intervals: bool) -> dict[str, Any]:
    names = topic_names(pairs)
    true, predicted, probabilities = topic_arrays(pairs, names)
    wrong = np.flatnonzero(~((probabilities >= 0) & (probabilities <= 1)).all(axis=1))
    if len(wrong):
        paragraph = pairs[wrong[0]][0].id
        raise LabelError(f"paragraph {paragraph!r}: a predicted probability is NaN or outside 0 to 1; correct what made the predictions")
    result = topic_scores(true, predicted, probabilities, names)
    if not intervals:
        return result
    occurs = np.flatnonzero(true.any(axis=0))
    groups = groups_of(a for a, _ in pairs)
    drawn = resample(groups)
    if not len(occurs):
        return result | {"micro_f1_95": (0.0, 1.0)}
    sums = [drawn.sums(a[:, occurs]) for a in (true & predicted, true, predicted)]
    hits, labelled, given = map(drawn.totals, sums)
    result["micro_f1_95"] = drawn.interval(_ratio(2 * hits.sum(axis=1), (labelled + given).sum(axis=1), 0.0))
    # A topic that a draw happens not to hold counts as 0 there: the mean stays over the same topics.
    result["macro_f1_95"] = drawn.interval(_ratio(2 * hits, labelled + given, 0.0).mean(axis=1))
    precision, recall = share_intervals(sums[0], sums[2]), share_intervals(sums[0], sums[1])
    # Hits over all that is labelled or given is a share, and F1 grows with it: 2 share / (1 + share).
    f1 = share_intervals(sums[0], sums[1] + sums[2] - sums[0])
    for j, column in enumerate(occurs):
        by_topic = result["by_topic"][names[column]]
        by_topic["precision_95"], by_topic["recall_95"] = precision[j], recall[j]
        by_topic["f1_95"] = (2 * f1[j][0] / (1 + f1[j][0]), 2 * f1[j][1] / (1 + f1[j][1]))
        by_topic["reliability"] = _both_binnings(true[:, column], probabilities[:, column], drawn)
    result["reliability"] = _both_binnings(true[:, occurs], probabilities[:, occurs], drawn)
    rows, columns = np.nonzero(predicted)
    if len(rows):
        right, confidence = true[rows, columns], probabilities[rows, columns]
        result["risk_coverage"] = risk_coverage(right, confidence, [groups[i] for i in rows]).to_dict()
    result["confusion"] = topic_confusion(true, predicted, names)
    return result


def _stance_result(pairs: Sequence[tuple[LabelledParagraph, Prediction]], *, intervals: bool) -> dict[str, Any]:
    items = [stance_items(annotated, prediction) for annotated, prediction in pairs]
    flat = [item for listed in items for item in listed]
    found = sum(said is not None for _, _, said in flat)
    marked = len(flat) + sum(len(prediction.stances) for _, prediction in pairs)
    result = stance_scores([s for _, s, _ in flat], [p for _, _, p in flat])
    result["detection_f1"] = 2 * found / marked if marked else None
    targets = sorted({t for t, _, _ in flat})
    result["by_target"] = {
        target: stance_scores([s for t, s, _ in flat if t == target], [p for t, _, p in flat if t == target]) for target in targets
    }
    if not intervals:
        return result
    if not flat:
        return result | {"f_avg_95": (0.0, 1.0)}
    groups = groups_of(a for a, _ in pairs)
    result.update(_stance_intervals(items, resample(groups)))
    for target in targets:
        kept = [[item for item in listed if item[0] == target] for listed in items]
        rows = [i for i, listed in enumerate(kept) if listed]
        result["by_target"][target].update(_stance_intervals([kept[i] for i in rows], resample([groups[i] for i in rows])))
    result["confusion"] = stance_confusion([s for _, s, _ in flat], [p for _, _, p in flat])
    result.update(_stance_probabilities(pairs, groups))
    return result


def _stance_intervals(items: Sequence[Sequence[tuple[str, str, str | None]]], drawn: Resampling) -> dict[str, tuple[float, float]]:
    parts = np.array(
        [
            [sum(s == said == name for _, s, said in listed) for name in STANCES]
            + [sum((s == name) + (said == name) for _, s, said in listed) for name in STANCES]
            + [len(listed)]
            for listed in items
        ],
        np.float64,
    )
    sums = drawn.sums(parts)
    totals = drawn.totals(sums)
    f1 = _ratio(2 * totals[:, :3], totals[:, 3:6], 0.0)
    return {
        "f_avg_95": drawn.interval(f1[:, :2].mean(axis=1)),
        "macro_f1_95": drawn.interval(f1.mean(axis=1)),
        "accuracy_95": share_intervals(sums[:, :3].sum(axis=1, keepdims=True), sums[:, 6:])[0],
    }


def _stance_probabilities(pairs: Sequence[tuple[LabelledParagraph, Prediction]], groups: Sequence[str]) -> dict[str, Any]:
    """Reliability and risk-coverage over the labelled pairs that have probabilities: those whose target was found."""
    rows = [
        (stance, said, prediction.stances[target].probabilities, group, annotated.id)
        for (annotated, prediction), group in zip(pairs, groups, strict=True)
        for target, stance, said in stance_items(annotated, prediction)
        if said is not None and set(STANCES) <= set(prediction.stances[target].probabilities)
    ]
    if not rows:
        return {}
    true = np.array([[stance == name for name in STANCES] for stance, *_ in rows], bool)
    probabilities = np.array([[p[name] for name in STANCES] for _, _, p, *_ in rows], np.float64)
    wrong = np.flatnonzero(~((probabilities >= 0) & (probabilities <= 1)).all(axis=1))
    if len(wrong):
        raise LabelError(
            f"paragraph {rows[wrong[0]][4]!r}: the probability of a stance is NaN or outside 0 to 1; correct what made the predictions"
        )
    drawn = resample([group for *_, group, _ in rows])
    right = np.array([stance == said for stance, said, *_ in rows], bool)
    confidence = np.array([p[said] for _, said, p, *_ in rows], np.float64)
    return {
        "with_probability": len(rows),
        "reliability": _both_binnings(right, confidence, drawn),
        "reliability_by_stance": {name: _both_binnings(true[:, j], probabilities[:, j], drawn) for j, name in enumerate(STANCES)},
        "risk_coverage": risk_coverage(right, confidence, [group for *_, group, _ in rows]).to_dict(),
    }


def _both_binnings(true: BoolArray, probabilities: FloatArray, drawn: Resampling) -> dict[str, Any]:
    return {binning: reliability(true, probabilities, drawn, binning=binning).to_dict() for binning in BINNINGS}


def _ratio(over: FloatArray, under: FloatArray, otherwise: float) -> FloatArray:
    return np.divide(over, under, out=np.full_like(over, otherwise), where=under > 0)


def evaluate(model: Model, paragraphs: Sequence[LabelledParagraph]) -> dict[str, Any]:
    """Score a model on labelled paragraphs: over all, by language and by genre.

    Parameters
    ----------
    model : Model
    paragraphs : sequence of LabelledParagraph

    Returns
    -------
    dict
        ``{"all": scores, "by_language": {...}, "by_genre": {...}}``; see `score`.

    Raises
    ------
    LabelError
        If none is annotated.
    """
    return evaluate_predictions(paragraphs, model.predict([p.text for p in paragraphs], headlines=[p.headline for p in paragraphs]))


def evaluate_predictions(paragraphs: Sequence[LabelledParagraph], predictions: Sequence[Prediction]) -> dict[str, Any]:
    """`evaluate` where the predictions are there already, in the order of the paragraphs.

    Raises
    ------
    LabelError
        If none is annotated.

    Examples
    --------
    >>> paragraphs = [LabelledParagraph(str(i), "…", topics=("mines",), lang="fr") for i in range(3)]
    >>> found = evaluate_predictions(paragraphs, [Prediction(("mines",), {"mines": 0.9})] * 3)
    >>> found["all"]["topics"]["micro_f1"], list(found["by_language"])
    (1.0, ['fr'])
    """
    result: dict[str, Any] = {"all": score(paragraphs, predictions)}
    for name, key in (("by_language", "lang"), ("by_genre", "genre")):
        values = sorted({value for p in paragraphs if (value := getattr(p, key)) is not None})
        parts: Mapping[str, list[int]] = {value: [i for i, p in enumerate(paragraphs) if getattr(p, key) == value] for value in values}
        result[name] = {
            value: score([paragraphs[i] for i in rows], [predictions[i] for i in rows], intervals=False)
            for value, rows in parts.items()
            if any(paragraphs[i].topics is not None or paragraphs[i].stances is not None for i in rows)
        }
    return result
