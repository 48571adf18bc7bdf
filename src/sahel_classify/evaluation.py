"""Scores of a model on labelled paragraphs, with bootstrap intervals over groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from sahel_classify.errors import LabelError
from sahel_classify.labels.folds import groups_of
from sahel_classify.labels.records import LabelledParagraph
from sahel_classify.lexicon import STANCES
from sahel_classify.prediction import Prediction

if TYPE_CHECKING:
    from sahel_classify.model import Model

__all__ = [
    "average_precision",
    "bootstrap_interval",
    "evaluate",
    "expected_calibration_error",
    "f1_scores",
    "report_lines",
    "score",
    "stance_scores",
    "topic_scores",
]

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
_DRAWS: Final = 1000


def f1_scores(true: BoolArray, predicted: BoolArray) -> FloatArray:
    """F1 of each column; 0 where nothing is true or predicted.

    Examples
    --------
    >>> f1_scores(np.array([[True], [True], [False]]), np.array([[True], [False], [False]])).round(3).tolist()
    [0.667]
    """
    hits = (true & predicted).sum(axis=0)
    size = true.sum(axis=0) + predicted.sum(axis=0)
    return np.divide(2.0 * hits, size, out=np.zeros(true.shape[1]), where=size > 0)


def average_precision(true: BoolArray, probabilities: FloatArray) -> float:
    """Mean precision at each true paragraph, ranked by falling probability; NaN if none is true."""
    if not true.any():
        return float("nan")
    order = np.argsort(-probabilities, kind="stable")
    # Equal probabilities are one rank: their order in the file says nothing.
    last = np.append(np.flatnonzero(np.diff(probabilities[order])), len(order) - 1)
    hits = np.cumsum(true[order])[last]
    return float(np.sum(np.diff(hits, prepend=0) * hits / (last + 1)) / hits[-1])


def expected_calibration_error(true: BoolArray, probabilities: FloatArray, bins: int = 10) -> float:
    """Mean distance between probability and share of true cases, over equal-width bins (Naeini et al. 2015).

    Examples
    --------
    >>> expected_calibration_error(np.array([True, False]), np.array([0.5, 0.5]))
    0.0
    """
    where = np.minimum((probabilities.ravel() * bins).astype(int), bins - 1)
    gap = np.bincount(where, probabilities.ravel() - true.ravel(), minlength=bins)
    return float(np.abs(gap).sum() / max(1, true.size))


def topic_scores(true: BoolArray, predicted: BoolArray, probabilities: FloatArray, names: Sequence[str]) -> dict[str, Any]:
    """Micro- and macro-F1 over the topics that occur, ECE, mean average precision, and the scores by topic.

    Parameters
    ----------
    true, predicted : ndarray of shape (n_paragraphs, n_topics), bool
    probabilities : ndarray of shape (n_paragraphs, n_topics), float64
    names : sequence of str
    """
    occurs = np.asarray(true.any(axis=0), bool)
    f1 = f1_scores(true, predicted)
    hits = (true & predicted).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.asarray(hits / predicted.sum(axis=0), np.float64)
        recall = np.asarray(hits / true.sum(axis=0), np.float64)
    ap = [average_precision(true[:, j], probabilities[:, j]) for j in range(true.shape[1])]
    return {
        "micro_f1": float(f1_scores(true[:, occurs].reshape(-1, 1), predicted[:, occurs].reshape(-1, 1))[0]) if occurs.any() else None,
        "macro_f1": float(f1[occurs].mean()) if occurs.any() else None,
        "mean_average_precision": float(np.nanmean(ap)) if occurs.any() else None,
        "expected_calibration_error": expected_calibration_error(true[:, occurs], probabilities[:, occurs]),
        "by_topic": {
            name: {
                "paragraphs": int(true[:, j].sum()),
                "precision": _number(precision[j]),
                "recall": _number(recall[j]),
                "f1": _number(f1[j]),
                "average_precision": _number(ap[j]),
            }
            for j, name in enumerate(names)
            if occurs[j]
        },
    }


def stance_scores(true: Sequence[str], predicted: Sequence[str | None]) -> dict[str, Any]:
    """F_avg (mean F1 of favor and against, SemEval-2016 task 6), macro-F1 and accuracy; None counts as wrong."""
    t = np.array([[s == stance for stance in STANCES] for s in true], bool).reshape(-1, 3)
    p = np.array([[s == stance for stance in STANCES] for s in predicted], bool).reshape(-1, 3)
    f1 = f1_scores(t, p)
    return {
        "pairs": len(true),
        "f_avg": float(f1[:2].mean()),
        "macro_f1": float(f1.mean()),
        "accuracy": float((t & p).any(axis=1).mean()) if len(true) else None,
        "by_stance": dict(zip(STANCES, f1.tolist(), strict=True)),
    }


def bootstrap_interval(values: Sequence[Any], groups: Sequence[str], statistic: Any, seed: int = 0) -> tuple[float, float]:
    """95 % percentile interval of a statistic, whole groups drawn with replacement (Efron and Tibshirani 1993, ch. 13).

    Parameters
    ----------
    values : sequence
        One item a paragraph.
    groups : sequence of str
    statistic : callable of (list of items) -> float
    seed : int
    """
    members: dict[str, list[Any]] = {}
    for value, group in zip(values, groups, strict=True):
        members.setdefault(group, []).append(value)
    bags = list(members.values())
    rng = np.random.default_rng(seed)
    drawn = [statistic([v for b in rng.integers(0, len(bags), len(bags)) for v in bags[b]]) for _ in range(_DRAWS)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def score(paragraphs: Sequence[LabelledParagraph], predictions: Sequence[Prediction], *, intervals: bool = True) -> dict[str, Any]:
    """All scores of predictions against labels.

    Parameters
    ----------
    paragraphs : sequence of LabelledParagraph
    predictions : sequence of Prediction
        In the order of the paragraphs.
    intervals : bool, default=True
        Whether to draw bootstrap intervals of micro-F1 and F_avg.

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
    if with_topics:
        names = tuple(dict.fromkeys([*with_topics[0][1].topic_probabilities, *(t for a, _ in with_topics for t in a.topics or ())]))
        true, predicted, probabilities = _topic_arrays(with_topics, names)
        result["topics"] = topic_scores(true, predicted, probabilities, names)
        if intervals:
            occurs = true.any(axis=0)
            rows = list(zip(true[:, occurs], predicted[:, occurs], strict=True))
            result["topics"]["micro_f1_95"] = bootstrap_interval(rows, groups_of(a for a, _ in with_topics), _micro_f1)
    if with_stances:
        result["stances"] = _stance_result(with_stances, intervals=intervals)
    return result


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _micro_f1(rows: Sequence[tuple[BoolArray, BoolArray]]) -> float:
    hits = sum(int((t & p).sum()) for t, p in rows)
    size = sum(int(t.sum() + p.sum()) for t, p in rows)
    return 2 * hits / size if size else 0.0


def _topic_arrays(pairs: Sequence[tuple[LabelledParagraph, Prediction]], names: Sequence[str]) -> tuple[BoolArray, BoolArray, FloatArray]:
    true = np.array([[name in (a.topics or ()) for name in names] for a, _ in pairs], bool)
    predicted = np.array([[name in p.topics for name in names] for _, p in pairs], bool)
    probabilities = np.array([[p.topic_probabilities.get(name, 0.0) for name in names] for _, p in pairs])
    return true, predicted, probabilities


def _stance_result(pairs: Sequence[tuple[LabelledParagraph, Prediction]], *, intervals: bool) -> dict[str, Any]:
    items: list[list[tuple[str, str, str | None]]] = []
    found = [0, 0, 0]
    for annotated, prediction in pairs:
        gold, said = annotated.stances or {}, prediction.stances
        items.append([(target, stance, said[target].stance if target in said else None) for target, stance in gold.items()])
        found[0] += len(set(gold) & set(said))
        found[1] += len(gold) + len(said)
    flat = [item for listed in items for item in listed]
    result = stance_scores([s for _, s, _ in flat], [p for _, _, p in flat])
    result["detection_f1"] = 2 * found[0] / found[1] if found[1] else None
    result["by_target"] = {
        target: stance_scores([s for t, s, _ in flat if t == target], [p for t, _, p in flat if t == target])
        for target in sorted({t for t, _, _ in flat})
    }
    if intervals and flat:

        def f_avg(drawn: Sequence[list[tuple[str, str, str | None]]]) -> float:
            joined = [item for listed in drawn for item in listed]
            return float(stance_scores([s for _, s, _ in joined], [p for _, _, p in joined])["f_avg"])

        result["f_avg_95"] = bootstrap_interval(items, groups_of(a for a, _ in pairs), f_avg)
    return result


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
    predictions = model.predict([p.text for p in paragraphs], headlines=[p.headline for p in paragraphs])
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


def _figure(value: Any) -> str:
    return "    –" if value is None else f"{value:.3f}"


def report_lines(result: Mapping[str, Any]) -> list[str]:
    """A table of the scores of `evaluate`."""
    whole = result["all"]
    lines = [f"{whole['paragraphs']} paragraphs, {whole['abstained']} without an answer"]
    if "topics" in whole:
        topics = whole["topics"]
        low, high = topics["micro_f1_95"]
        lines.append(
            f"topics   micro-F1 {_figure(topics['micro_f1'])} [{low:.3f}, {high:.3f}]  macro-F1 {_figure(topics['macro_f1'])}  "
            f"mAP {_figure(topics['mean_average_precision'])}  ECE {_figure(topics['expected_calibration_error'])}"
        )
    if "stances" in whole:
        stances = whole["stances"]
        low, high = stances.get("f_avg_95", (float("nan"), float("nan")))
        lines.append(
            f"stances  F_avg {_figure(stances['f_avg'])} [{low:.3f}, {high:.3f}]  macro-F1 {_figure(stances['macro_f1'])}  "
            f"accuracy {_figure(stances['accuracy'])}  detection F1 {_figure(stances['detection_f1'])}  ({stances['pairs']} pairs)"
        )
    for name, part in (("language", "by_language"), ("genre", "by_genre")):
        for value, scores in result[part].items():
            micro = scores.get("topics", {}).get("micro_f1")
            f_avg = scores.get("stances", {}).get("f_avg")
            lines.append(f"{name:<9}{value:<24}{scores['paragraphs']:>6}  micro-F1 {_figure(micro)}  F_avg {_figure(f_avg)}")
    for topic, scores in whole.get("topics", {}).get("by_topic", {}).items():
        lines.append(
            f"topic    {topic:<24}{scores['paragraphs']:>6}  precision {_figure(scores['precision'])}  recall {_figure(scores['recall'])}  "
            f"F1 {_figure(scores['f1'])}  AP {_figure(scores['average_precision'])}"
        )
    for target, scores in whole.get("stances", {}).get("by_target", {}).items():
        lines.append(f"target   {target:<24}{scores['pairs']:>6}  F_avg {_figure(scores['f_avg'])}  macro-F1 {_figure(scores['macro_f1'])}")
    return lines
