"""Agreement between annotators: Krippendorff's alpha and Cohen's kappa, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from sahel_classify.errors import LabelError, ParameterError
from sahel_classify.evaluation.resampling import FEW_GROUPS, FloatArray, resample
from sahel_classify.labels.folds import groups_of
from sahel_classify.labels.records import LabelledParagraph

__all__ = ["agreement", "agreement_lines", "cohen_kappa", "krippendorff_alpha", "pair_agreement"]


def krippendorff_alpha(ratings: Sequence[Sequence[Hashable]]) -> float:
    """Krippendorff's alpha of nominal values (Krippendorff 2004, ch. 11); NaN if all paired values are the same.

    Parameters
    ----------
    ratings : sequence of sequences
        One of each annotator, one value a unit; None where the unit was not annotated.

    Raises
    ------
    ParameterError
        If annotators differ in their number of units, or a value is NaN.

    Examples
    --------
    >>> first, second = [1, 1, 0, 0, None], [1, 0, 0, 0, 1]
    >>> round(krippendorff_alpha([first, second]), 4)
    0.5333
    """
    return float(_alpha(_alpha_parts(ratings).sum(axis=0, keepdims=True))[0])


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """Cohen's kappa of two annotators (Cohen 1960), over units with both values; NaN if both know one value only.

    Parameters
    ----------
    first, second : sequence
        One value a unit; None where the unit was not annotated.

    Raises
    ------
    ParameterError
        If annotators differ in their number of units, or a value is NaN.

    Examples
    --------
    >>> round(cohen_kappa([1, 1, 0, 0], [1, 0, 0, 0]), 4)
    0.5
    """
    return float(_kappa(_kappa_parts(first, second).sum(axis=0, keepdims=True))[0])


def pair_agreement(
    first: Sequence[Hashable], second: Sequence[Hashable], groups: Sequence[str] | None = None, seed: int = 0
) -> dict[str, Any]:
    """Alpha, kappa and the share of equal values of two annotators, with 95 % bootstrap intervals over groups.

    A coefficient that is not defined is None and its interval the widest possible. A draw in which it is not defined counts as
    both ends.

    Parameters
    ----------
    first, second : sequence
        One value a unit; None where the unit was not annotated.
    groups : sequence of str or None
        None takes each unit for a group of its own.
    seed : int

    Returns
    -------
    dict
        ``units`` (with both values), ``groups``, ``equal``, ``alpha``, ``alpha_95``, ``kappa``, ``kappa_95``.

    Examples
    --------
    >>> found = pair_agreement(["a", "b", "a"], ["a", "b", "a"])
    >>> found["units"], found["alpha"], found["kappa"]
    (3, 1.0, 1.0)
    >>> pair_agreement(["a", "a"], ["a", "a"])["kappa_95"]
    (-1.0, 1.0)
    """
    alpha, kappa = _alpha_parts([first, second]), _kappa_parts(first, second)
    groups = [str(i) for i in range(len(first))] if groups is None else groups
    both = [i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a is not None and b is not None]
    if not both:
        empty = {"alpha": None, "alpha_95": (-1.0, 1.0), "kappa": None, "kappa_95": (-1.0, 1.0)}
        return {"units": 0, "groups": 0, "equal": None, **empty}
    drawn = resample([groups[i] for i in both], seed)
    alphas, kappas = _alpha(drawn.totals(drawn.sums(alpha[both]))), _kappa(drawn.totals(drawn.sums(kappa[both])))
    return {
        "units": len(both),
        "groups": drawn.groups,
        "equal": sum(first[i] == second[i] for i in both) / len(both),
        "alpha": _number(_alpha(alpha.sum(axis=0, keepdims=True))[0]),
        "alpha_95": drawn.interval(alphas, (-1.0, 1.0)),
        "kappa": _number(_kappa(kappa.sum(axis=0, keepdims=True))[0]),
        "kappa_95": drawn.interval(kappas, (-1.0, 1.0)),
    }


def agreement(first: Sequence[LabelledParagraph], second: Sequence[LabelledParagraph]) -> dict[str, Any]:
    """Agreement of two annotations of the same paragraphs, joined by id.

    Topics are binary decisions; "pooled" throws those on all topics together. A topic that neither gives anywhere is left out.
    Stances are compared where both mark the target; how often both do is ``targets_f1``.

    Parameters
    ----------
    first, second : sequence of LabelledParagraph
        Groups are those of the first.

    Returns
    -------
    dict
        ``paragraphs``, ``only_first``, ``only_second`` (ids), ``topics`` (``pooled``, ``by_topic``) and ``stances`` (``pooled``,
        ``by_target``, ``targets_f1``), the last two where both annotate them; see `pair_agreement`.

    Raises
    ------
    LabelError
        If no id is common, or no paragraph is annotated by both.

    Examples
    --------
    >>> one = [LabelledParagraph("a", "…", topics=("mines",)), LabelledParagraph("b", "…", topics=())]
    >>> found = agreement(one, one)
    >>> found["topics"]["by_topic"]["mines"]["alpha"], found["only_first"]
    (1.0, [])
    """
    by_id = {p.id: p for p in second}
    pairs = [(p, by_id[p.id]) for p in first if p.id in by_id]
    common = {p.id for p, _ in pairs}
    if not pairs:
        raise LabelError("the two annotations have no id in common; give two files that label the same paragraphs")
    result: dict[str, Any] = {
        "paragraphs": len(pairs),
        "only_first": [p.id for p in first if p.id not in common],
        "only_second": [p.id for p in second if p.id not in common],
    }
    topics = [(a, b) for a, b in pairs if a.topics is not None and b.topics is not None]
    if topics:
        result["topics"] = _topic_agreement(topics)
    stances = [(a, b) for a, b in pairs if a.stances is not None and b.stances is not None]
    if stances:
        result["stances"] = _stance_agreement(stances)
    if not topics and not stances:
        raise LabelError("no paragraph has topics or stances in both annotations; there is nothing to compare")
    return result


def agreement_lines(result: Mapping[str, Any]) -> list[str]:
    r"""A table of `agreement`.

    Examples
    --------
    >>> one = [LabelledParagraph(i, "…", topics=("mines",) if i < "c" else ()) for i in "abcd"]
    >>> print("\n".join(agreement_lines(agreement(one, one))[:4]))
    4 paragraphs in both
                                     units  equal  alpha                    kappa
    topics   pooled                      4  1.000   1.000 [-1.000,  1.000]   1.000 [-1.000,  1.000]
    topic    mines                       4  1.000   1.000 [-1.000,  1.000]   1.000 [-1.000,  1.000]
    """
    lines = [f"{result['paragraphs']} paragraphs in both", f"{'':<33}units  equal  {'alpha':<23}  kappa"]

    def row(kind: str, name: str, found: Mapping[str, Any]) -> None:
        equal = "    –" if found["equal"] is None else f"{found['equal']:.3f}"
        cells = [
            f"{'–' if found[key] is None else format(found[key], '.3f'):>6} [{found[f'{key}_95'][0]:>6.3f}, {found[f'{key}_95'][1]:>6.3f}]"
            for key in ("alpha", "kappa")
        ]
        lines.append(f"{kind:<9}{name:<24}{found['units']:>5}  {equal}  {'  '.join(cells)}")

    if "topics" in result:
        row("topics", "pooled", result["topics"]["pooled"])
        for topic, found in result["topics"]["by_topic"].items():
            row("topic", topic, found)
    if "stances" in result:
        row("stances", "pooled", result["stances"]["pooled"])
        for target, found in result["stances"]["by_target"].items():
            row("target", target, found)
        if result["stances"]["targets_f1"] is not None:
            lines.append(f"targets marked by both: F1 {result['stances']['targets_f1']:.3f}")
    shown = [part["pooled"] for part in (result.get("topics"), result.get("stances")) if part]
    shown += [*result.get("topics", {}).get("by_topic", {}).values(), *result.get("stances", {}).get("by_target", {}).values()]
    if any(found[f"{key}_95"][0] == found[f"{key}_95"][1] for found in shown for key in ("alpha", "kappa")):
        lines.append("caution  an interval without width means that every draw came out alike, not that agreement is certain")
    if any(found["groups"] < FEW_GROUPS for found in shown):
        lines.append(f"caution  intervals on fewer than {FEW_GROUPS} groups (articles) are too narrow; on one they are the widest possible")
    return lines


def _topic_agreement(pairs: Sequence[tuple[LabelledParagraph, LabelledParagraph]]) -> dict[str, Any]:
    groups = groups_of(a for a, _ in pairs)
    names = sorted({topic for pair in pairs for p in pair for topic in p.topics or ()})
    given = {name: [[name in (pair[side].topics or ()) for pair in pairs] for side in (0, 1)] for name in names}
    first, second = ([value for name in names for value in given[name][side]] for side in (0, 1))
    return {
        "pooled": pair_agreement(first, second, groups * len(names)),
        "by_topic": {name: pair_agreement(one, other, groups) for name, (one, other) in given.items()},
    }


def _stance_agreement(pairs: Sequence[tuple[LabelledParagraph, LabelledParagraph]]) -> dict[str, Any]:
    groups = groups_of(a for a, _ in pairs)
    units = [
        (target, a[target], b[target], group)
        for (p, q), group in zip(pairs, groups, strict=True)
        for a, b in [(p.stances or {}, q.stances or {})]
        for target in a
        if target in b
    ]
    marked = sum(len(p.stances or {}) for pair in pairs for p in pair)

    def found(kept: Sequence[tuple[str, str, str, str]]) -> dict[str, Any]:
        return pair_agreement([a for _, a, _, _ in kept], [b for _, _, b, _ in kept], [g for *_, g in kept])

    return {
        "pooled": found(units),
        "by_target": {target: found([u for u in units if u[0] == target]) for target in sorted({u[0] for u in units})},
        "targets_f1": 2 * len(units) / marked if marked else None,
    }


def _values(ratings: Sequence[Sequence[Hashable]]) -> dict[Hashable, int]:
    """Number of each value that occurs."""
    lengths = {len(rated) for rated in ratings}
    if len(lengths) > 1:
        raise ParameterError(f"annotators have {', '.join(map(str, sorted(lengths)))} units; give each a value or None for every unit")
    numbers: dict[Hashable, int] = {}
    for rated in ratings:
        for i, value in enumerate(rated):
            if value != value:  # noqa: PLR0124  (NaN)
                raise ParameterError(f"the value of unit {i} is NaN; write None where a unit was not annotated")
            if value is not None:
                numbers.setdefault(value, len(numbers))
    return numbers


def _alpha_parts(ratings: Sequence[Sequence[Hashable]]) -> FloatArray:
    """By unit: observed disagreement of its pairs, then how often each value stands in it; nothing where fewer than two stand."""
    numbers = _values(ratings)
    counts = np.zeros((len(ratings[0]) if ratings else 0, len(numbers)))
    for rated in ratings:
        for i, value in enumerate(rated):
            if value is not None:
                counts[i, numbers[value]] += 1
    m = counts.sum(axis=1)
    counts[m < 2] = 0
    differ = np.divide(m**2 - (counts**2).sum(axis=1), m - 1, out=np.zeros_like(m), where=m > 1)
    return np.column_stack([differ, counts])


def _alpha(totals: FloatArray) -> FloatArray:
    n = totals[:, 1:].sum(axis=1)
    expected = n**2 - (totals[:, 1:] ** 2).sum(axis=1)
    return 1 - np.divide((n - 1) * totals[:, 0], expected, out=np.full_like(n, np.nan), where=expected > 0)


def _kappa_parts(first: Sequence[Hashable], second: Sequence[Hashable]) -> FloatArray:
    """By unit: whether values are equal, whether both are there, and each value of the first and of the second."""
    numbers = _values([first, second])
    k = len(numbers)
    parts = np.zeros((len(first), 2 + 2 * k))
    for row, a, b in zip(parts, first, second, strict=True):
        if a is not None and b is not None:
            row[:2] = a == b, 1
            row[2 + numbers[a]] = row[2 + k + numbers[b]] = 1
    return parts


def _kappa(totals: FloatArray) -> FloatArray:
    equal, n = totals[:, 0], totals[:, 1]
    k = (totals.shape[1] - 2) // 2
    # Everything times n², so that whole numbers stay whole and a perfect agreement is exactly 1.
    chance = (totals[:, 2 : 2 + k] * totals[:, 2 + k :]).sum(axis=1)
    room = n**2 - chance
    return np.divide(n * equal - chance, room, out=np.full_like(n, np.nan), where=room > 0)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
