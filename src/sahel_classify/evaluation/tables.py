"""Tables of `evaluate` and `compare` for papers: aligned text, Markdown or plain LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sahel_classify.evaluation.calibration import BINNINGS, Reliability, reliability_diagram
from sahel_classify.evaluation.resampling import FEW_GROUPS
from sahel_classify.lexicon import STANCES

__all__ = ["FORMATS", "Table", "tables"]

_LATEX: Final = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
_UNKNOWN: Final = "–"


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table of strings; the first column stands left, the others right.

    Attributes
    ----------
    title : str
    header : tuple of str
    rows : tuple of tuple of str
    text : str
        What text shows in place of the rows, where it is not empty.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text: str = ""


def as_text(table: Table) -> str:
    """Aligned columns.

    Examples
    --------
    >>> print(as_text(Table("Scores", ("Score", "value"), (("micro-F1", "0.780"),))), end="")
    Scores
    Score     value
    micro-F1  0.780
    """
    cells = [[_printable(cell) for cell in row] for row in (table.header, *table.rows)]
    widths = [max(len(row[j]) for row in cells) for j in range(len(table.header))]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]).rstrip() for row in cells
    ]
    return "".join(f"{line}\n" for line in [table.title, *(table.text.splitlines() or lines)])


def as_markdown(table: Table) -> str:
    r"""A pipe table under its title.

    Examples
    --------
    >>> print(as_markdown(Table("Scores", ("Score", "value"), (("a|b", "0.780"),))), end="")
    **Scores**
    <BLANKLINE>
    | Score | value |
    | --- | ---: |
    | a\|b | 0.780 |
    """
    rows = [table.header, *table.rows]
    lines = ["| " + " | ".join(_printable(cell).replace("\\", "\\\\").replace("|", "\\|") for cell in row) + " |" for row in rows]
    rule = "| " + " | ".join(["---", *["---:"] * (len(table.header) - 1)]) + " |"
    return "".join(f"{line}\n" for line in [f"**{table.title}**", "", lines[0], rule, *lines[1:]])


def as_latex(table: Table) -> str:
    r"""A ``tabular`` that needs no package.

    Examples
    --------
    >>> print(as_latex(Table("Scores", ("Score", "value"), (("f_avg", "0.780"),))), end="")
    % Scores
    \begin{tabular}{lr}
    \hline
    Score & value \\
    \hline
    f\_avg & 0.780 \\
    \hline
    \end{tabular}
    """
    lines = [" & ".join(_latex(cell) for cell in row) + r" \\" for row in (table.header, *table.rows)]
    columns = "l" + "r" * (len(table.header) - 1)
    body = [lines[0], r"\hline", *lines[1:], r"\hline"]
    return "".join(f"{line}\n" for line in [f"% {table.title}", rf"\begin{{tabular}}{{{columns}}}", r"\hline", *body, r"\end{tabular}"])


FORMATS: Final[dict[str, Callable[[Table], str]]] = {"text": as_text, "markdown": as_markdown, "latex": as_latex}


def tables(result: Mapping[str, Any], *, scores: bool = True) -> Iterator[Table]:
    """Tables of `evaluate`, and of `compare` where ``result["comparison"]`` holds it.

    Parameters
    ----------
    result : mapping
    scores : bool, default=True
        Whether to begin with the scores that `report_lines` shows too.
    """
    whole = result["all"]
    topics, stances = whole.get("topics", {}), whole.get("stances", {})
    if not stances.get("pairs"):
        stances = {}
    if scores:
        yield _scores(whole, topics, stances)
        yield from _parts(result)
    if topics.get("by_topic"):
        yield Table(
            "Topics [95 % interval]",
            ("Topic", "paragraphs", "precision", "recall", "F1"),
            tuple(
                (t, str(s["paragraphs"]), *(_with(s, key) for key in ("precision", "recall", "f1"))) for t, s in topics["by_topic"].items()
            ),
        )
    if stances.get("by_target"):
        yield Table(
            "Stances by target [95 % interval]",
            ("Target", "pairs", "F_avg", "macro-F1", "accuracy"),
            tuple(
                (t, str(s["pairs"]), *(_with(s, key) for key in ("f_avg", "macro_f1", "accuracy"))) for t, s in stances["by_target"].items()
            ),
        )
    yield from _reliabilities(topics, stances)
    yield from _risk_coverage(topics, stances)
    yield from _confusions(topics, stances)
    if "comparison" in result:
        yield _comparison(result["comparison"])


def cautions(result: Mapping[str, Any]) -> list[str]:
    """What a reader of the intervals must know: few groups, and intervals without width."""
    groups, found = result["all"]["groups"], []
    if groups == 1:
        found.append("all paragraphs are of one group, which tells nothing of the spread: intervals are the widest possible")
    elif groups < FEW_GROUPS:
        found.append(f"intervals rest on {groups} groups only and are too narrow; label more articles")
    if any(low == high for low, high in _bootstrapped(result["all"])):
        found.append("an interval without width means that every draw came out alike, not that the score is certain")
    return found


def _bootstrapped(whole: Mapping[str, Any]) -> Iterator[tuple[float, float]]:
    topics, stances = whole.get("topics", {}), whole.get("stances", {})
    for scores in (topics, stances, *stances.get("by_target", {}).values()):
        yield from (scores[key] for key in ("micro_f1_95", "macro_f1_95", "f_avg_95") if key in scores)


def _scores(whole: Mapping[str, Any], topics: Mapping[str, Any], stances: Mapping[str, Any]) -> Table:
    rows = [("paragraphs", str(whole["paragraphs"])), ("without an answer", str(whole["abstained"])), ("groups", str(whole["groups"]))]
    if topics:
        rows += [("topic micro-F1", _with(topics, "micro_f1")), ("topic macro-F1", _with(topics, "macro_f1"))]
        rows += [("topic mean average precision", _figure(topics["mean_average_precision"]))]
    if stances:
        rows += [("stance F_avg", _with(stances, "f_avg")), ("stance macro-F1", _with(stances, "macro_f1"))]
        rows += [("stance accuracy", _with(stances, "accuracy")), ("target detection F1", _figure(stances["detection_f1"]))]
    return Table("Scores [95 % interval]", ("Score", "value"), tuple(rows))


def _parts(result: Mapping[str, Any]) -> Iterator[Table]:
    for title, key in (("language", "by_language"), ("genre", "by_genre")):
        rows = [
            (
                value,
                str(scores["paragraphs"]),
                _figure(scores.get("topics", {}).get("micro_f1")),
                _figure(scores["stances"]["f_avg"] if scores.get("stances", {}).get("pairs") else None),
            )
            for value, scores in result[key].items()
        ]
        if rows:
            yield Table(f"Scores by {title}", (title.capitalize(), "paragraphs", "micro-F1", "F_avg"), tuple(rows))


def _reliabilities(topics: Mapping[str, Any], stances: Mapping[str, Any]) -> Iterator[Table]:
    named: dict[str, Mapping[str, Any]] = {}
    if "reliability" in topics:
        named["all topics"] = topics["reliability"]
        named.update({topic: scores["reliability"] for topic, scores in topics["by_topic"].items()})
    if "reliability" in stances:
        named["stance given"] = stances["reliability"]
        named.update({f"stance {stance}": stances["reliability_by_stance"][stance] for stance in STANCES})
    if not named:
        return
    parts = ("reliability", "resolution", "uncertainty", "within")
    yield Table(
        "Calibration [95 % interval]; Brier = reliability - resolution + uncertainty + within (bins of equal mass)",
        ("Probability of", "ECE, equal mass", "ECE, equal width", "Brier", *parts),
        tuple(
            (
                name,
                *(_with(f[binning], "ece") for binning in BINNINGS),
                _with(f["equal_mass"], "brier"),
                *(_figure(f["equal_mass"][part]) for part in parts),
            )
            for name, f in named.items()
        ),
    )
    for name in ("all topics", "stance given"):
        if name in named:
            found = Reliability(**named[name]["equal_mass"])
            yield Table(
                f"Reliability of {name} (bins of equal mass) [95 % interval]",
                ("Predicted", "observed", "cases"),
                tuple(
                    (f"{p:.3f}", f"{o:.3f} {_interval(both)}", str(n))
                    for p, o, both, n in zip(found.predicted, found.observed, found.observed_95, found.counts, strict=True)
                ),
                reliability_diagram(found),
            )


def _risk_coverage(topics: Mapping[str, Any], stances: Mapping[str, Any]) -> Iterator[Table]:
    named = {name: part["risk_coverage"] for name, part in (("topics", topics), ("stances", stances)) if "risk_coverage" in part}
    if not named:
        return
    first = next(iter(named.values()))
    rows = [
        (f"{coverage:.1f}", *(f"{f['precisions'][i]:.3f} {_interval(f['precisions_95'][i])}" for f in named.values()))
        for i, coverage in enumerate(first["coverages"])
    ]
    rows.append(("area under risk-coverage", *(_with(f, "area") for f in named.values())))
    header = ("Coverage", *(f"{name}, {f['answers']} answers" for name, f in named.items()))
    yield Table("Precision of the surest answers [95 % interval]", header, tuple(rows))


def _confusions(topics: Mapping[str, Any], stances: Mapping[str, Any]) -> Iterator[Table]:
    if "confusion" in stances:
        matrix = stances["confusion"]
        said = tuple(next(iter(matrix.values())))
        rows = tuple((stance, *(str(row[s]) for s in said)) for stance, row in matrix.items())
        yield Table("Stances: labelled (rows) and predicted (columns)", ("Labelled", *said), rows)
    if "confusion" in topics:
        found = topics["confusion"]
        rows = tuple(
            (
                topic,
                str(found["missed"][topic]),
                str(found["added"][topic]),
                str(found["missed_alone"][topic]),
                ", ".join(f"{other} {n}" for other, n in list(found["added_where_missed"].get(topic, {}).items())[:3]) or _UNKNOWN,
            )
            for topic in found["missed"]
        )
        yield Table(
            "Topics: paragraphs where missed, where added, missed with none added; the three most often added where it is missed",
            ("Topic", "missed", "added", "missed alone", "added where missed"),
            rows,
        )


def _comparison(found: Mapping[str, Any]) -> Table:
    names = {"micro_f1": "topic micro-F1", "macro_f1": "topic macro-F1", "f_avg": "stance F_avg"}
    scores = found["scores"]
    rows = tuple(
        (names[key], _figure(s["first"]), _figure(s["second"]), _with(s, "difference"), f"{s['p_value']:.4f}") for key, s in scores.items()
    )
    title = (
        f"{found['first']} (first) against {found['second']} (second) [95 % interval]; p-values by approximate randomisation, "
        "not corrected for several scores"
    )
    return Table(_printable(title), ("Score", "first", "second", "difference", "p-value"), rows)


def _figure(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value + 0.0:.3f}"


def _interval(both: Sequence[float]) -> str:
    return f"[{both[0]:.3f}, {both[1]:.3f}]"


def _with(scores: Mapping[str, Any], key: str) -> str:
    """A figure with its interval, as far as there is one."""
    return f"{_figure(scores[key])} {_interval(scores[f'{key}_95'])}" if f"{key}_95" in scores else _figure(scores[key])


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in _printable(text))
