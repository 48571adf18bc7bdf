"""Two models on the same paragraphs: is the difference more than chance?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from sahel_classify.errors import LabelError, ParameterError
from sahel_classify.evaluation.resampling import FloatArray, Resampling, resample
from sahel_classify.evaluation.scoring import stance_items, topic_arrays, topic_names
from sahel_classify.labels.folds import groups_of
from sahel_classify.labels.records import LabelledParagraph
from sahel_classify.prediction import Prediction

__all__ = ["Difference", "compare"]

_CHUNK: Final = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """One score of two models.

    Attributes
    ----------
    first, second, difference : float
        ``difference = first - second``.
    difference_95 : (float, float)
        Percentile bootstrap interval over groups.
    p_value : float
        Two-sided, by approximate randomisation; of one score, not corrected for looking at several.
    rounds, groups : int
    """

    first: float
    second: float
    difference: float
    difference_95: tuple[float, float]
    p_value: float
    rounds: int
    groups: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def compare(
    paragraphs: Sequence[LabelledParagraph],
    first: Sequence[Prediction],
    second: Sequence[Prediction],
    *,
    rounds: int = 9999,
    seed: int = 0,
) -> dict[str, Difference]:
    """Compare two models by micro-F1, macro-F1 (topics) and F_avg (stances), as far as the labels go.

    Approximate randomisation (Noreen 1989; Yeh 2000, https://aclanthology.org/C00-2137/): if the models were equally good, the
    answers to the paragraphs of a group might as well be exchanged. The p-value is ``(1 + at least as far apart) / (1 + rounds)``.

    Parameters
    ----------
    paragraphs : sequence of LabelledParagraph
    first, second : sequence of Prediction
        In the order of the paragraphs.
    rounds : int, default=9999
    seed : int, default=0

    Raises
    ------
    LabelError
        If there is nothing to score.
    ParameterError
        If `rounds` is below 1, or predictions differ in number from the paragraphs.

    Examples
    --------
    >>> paragraphs = [LabelledParagraph(str(i), "…", topics=("mines",)) for i in range(6)]
    >>> right, wrong = Prediction(("mines",), {"mines": 0.9}), Prediction((), {"mines": 0.1})
    >>> found = compare(paragraphs, [right] * 6, [wrong] * 6)["micro_f1"]
    >>> found.difference, 0.02 < found.p_value < 0.05  # 2 of 64 exchanges are as far apart
    (1.0, True)
    >>> compare(paragraphs, [right] * 6, [right] * 6)["micro_f1"].p_value
    1.0
    """
    if rounds < 1:
        raise ParameterError(f"rounds is {rounds}; give 1 or more")
    if not len(paragraphs) == len(first) == len(second):
        raise ParameterError(
            f"{len(paragraphs)} paragraphs, but {len(first)} and {len(second)} predictions; give one of each model a paragraph"
        )
    rows = list(zip(paragraphs, first, second, strict=True))
    found: dict[str, Difference] = {}
    with_topics = [row for row in rows if row[0].topics is not None]
    if any(a.topics for a, _, _ in with_topics):
        names = topic_names([(a, p) for a, p, _ in with_topics])
        parts = [_topic_parts([(a, (p, q)[side]) for a, p, q in with_topics], names) for side in (0, 1)]
        drawn = resample(groups_of(a for a, _, _ in with_topics), seed)
        found["micro_f1"] = _difference(parts[0], parts[1], _micro, drawn, rounds, seed)
        found["macro_f1"] = _difference(parts[0], parts[1], _macro, drawn, rounds, seed)
    with_stances = [row for row in rows if row[0].stances is not None]
    if any(a.stances for a, _, _ in with_stances):
        parts = [_stance_parts([(a, (p, q)[side]) for a, p, q in with_stances]) for side in (0, 1)]
        drawn = resample(groups_of(a for a, _, _ in with_stances), seed)
        found["f_avg"] = _difference(parts[0], parts[1], _macro, drawn, rounds, seed)
    if not found:
        raise LabelError("no paragraph is labelled with a topic or a stance; there is nothing to compare models on")
    return found


def _topic_parts(pairs: Sequence[tuple[LabelledParagraph, Prediction]], names: Sequence[str]) -> FloatArray:
    """By paragraph: twice the hits of each topic that occurs, then its labels and predictions together; F1 is their quotient."""
    true, predicted, _ = topic_arrays(pairs, names)
    occurs = true.any(axis=0)
    true, predicted = true[:, occurs], predicted[:, occurs]
    return np.concatenate([2 * (true & predicted), true.astype(int) + predicted], axis=1).astype(np.float64)


def _stance_parts(pairs: Sequence[tuple[LabelledParagraph, Prediction]]) -> FloatArray:
    """The same of the stances favor and against."""
    rows = np.zeros((len(pairs), 4))
    for row, (annotated, prediction) in zip(rows, pairs, strict=True):
        for _, stance, said in stance_items(annotated, prediction):
            for j, name in enumerate(("favor", "against")):
                row[j] += 2 * (stance == name == said)
                row[2 + j] += (stance == name) + (said == name)
    return rows


def _micro(totals: FloatArray) -> FloatArray:
    k = totals.shape[1] // 2
    hits, size = totals[:, :k].sum(axis=1), totals[:, k:].sum(axis=1)
    return np.divide(hits, size, out=np.zeros_like(hits), where=size > 0)


def _macro(totals: FloatArray) -> FloatArray:
    k = totals.shape[1] // 2
    hits, size = totals[:, :k], totals[:, k:]
    return np.divide(hits, size, out=np.zeros_like(hits), where=size > 0).mean(axis=1)


def _difference(
    first: FloatArray, second: FloatArray, statistic: Callable[[FloatArray], FloatArray], drawn: Resampling, rounds: int, seed: int
) -> Difference:
    one, other = drawn.sums(first), drawn.sums(second)
    a, b = (float(statistic(sums.sum(axis=0, keepdims=True))[0]) for sums in (one, other))
    rng, at_least, gain = np.random.default_rng(seed), 0, other - one
    for start in range(0, rounds, _CHUNK):
        exchanged = rng.random((min(_CHUNK, rounds - start), drawn.groups)) < 0.5
        moved = exchanged.astype(np.float64) @ gain
        apart = statistic(one.sum(axis=0) + moved) - statistic(other.sum(axis=0) - moved)
        # Sums are whole numbers, so that only the last division rounds.
        at_least += int((np.abs(apart) >= abs(a - b) - 1e-12).sum())
    spread = statistic(drawn.totals(one)) - statistic(drawn.totals(other))
    interval = drawn.interval(spread, (-1.0, 1.0))
    return Difference(a, b, a - b, interval, (1 + at_least) / (1 + rounds), rounds, drawn.groups)
