"""Counts of a label set as Markdown: what a data card shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from sahel_classify.labels.reading import LabelSet
from sahel_classify.labels.records import LabelledParagraph
from sahel_classify.lexicon import LANGUAGES, STANCES, LexiconEntry

__all__ = ["describe"]


def describe(label_set: LabelSet) -> str:
    """Counts of paragraphs and lexicon lines as Markdown tables.

    Parameters
    ----------
    label_set : LabelSet

    Returns
    -------
    str
        A list of totals, then a table each of languages, genres, topics, stances by target, and lexicon lines by label and
        language; a table without rows is left out. Equal labels give equal text.

    Examples
    --------
    >>> from sahel_classify.labels import read_labels
    >>> print(describe(read_labels([{"id": "1", "text": "La mine rouvre.", "topics": ["mines"], "lang": "fr", "year": 2024}])))
    - Paragraphs: 1, in 1 group
    - Years: 2024
    - Annotated for topics: 1, of which without a topic 0
    - Annotated for stances: 0
    - Lexicon lines: 0
    <BLANKLINE>
    | language | paragraphs |
    | --- | ---: |
    | `fr` | 1 |
    <BLANKLINE>
    | topic | paragraphs |
    | --- | ---: |
    | `mines` | 1 |
    """
    paragraphs = label_set.paragraphs
    topics = Counter(dict.fromkeys(label_set.topics, 0))
    topics.update(topic for paragraph in paragraphs for topic in paragraph.topics or ())
    tables = [
        _counted("language", Counter(p.lang for p in paragraphs if p.lang)),
        _counted("genre", Counter(p.genre for p in paragraphs if p.genre)),
        _counted("topic", topics),
        _stances(paragraphs, [target.id for target in label_set.targets]),
        _lexicon(label_set.lexicon, label_set.topics),
    ]
    return "\n\n".join(["\n".join(_totals(label_set)), *(table for table in tables if table)])


def _totals(label_set: LabelSet) -> list[str]:
    paragraphs = label_set.paragraphs
    # A paragraph without a group is one by itself.
    groups = len({(p.group is None, p.id if p.group is None else p.group) for p in paragraphs})
    years = sorted({p.year for p in paragraphs if p.year is not None})
    span = "not given" if not years else str(years[0]) if len(years) == 1 else f"{years[0]} to {years[-1]}"
    with_topics = [p for p in paragraphs if p.topics is not None]
    return [
        f"- Paragraphs: {len(paragraphs):,}, in {groups:,} group{'' if groups == 1 else 's'}",
        f"- Years: {span}",
        f"- Annotated for topics: {len(with_topics):,}, of which without a topic {sum(not p.topics for p in with_topics):,}",
        f"- Annotated for stances: {sum(p.stances is not None for p in paragraphs):,}",
        f"- Lexicon lines: {len(label_set.lexicon):,}",
    ]


def _counted(title: str, counts: Counter[str]) -> str:
    """The most frequent first; equal counts by name, so that the text is always the same."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return _table([title, "paragraphs"], [[f"`{name}`", count] for name, count in ordered])


def _stances(paragraphs: Iterable[LabelledParagraph], targets: Sequence[str]) -> str:
    counts = Counter((target, stance) for paragraph in paragraphs for target, stance in (paragraph.stances or {}).items())
    rows: list[list[str | int]] = []
    for target in targets:
        by_stance = [counts[target, stance] for stance in STANCES]
        rows.append([f"`{target}`", *by_stance, sum(by_stance)])
    return _table(["target", *(f"`{stance}`" for stance in STANCES), "all"], rows)


def _lexicon(entries: Sequence[LexiconEntry], topics: Sequence[str]) -> str:
    counts = Counter((entry.label, entry.lang) for entry in entries)
    labels = dict.fromkeys([*topics, *STANCES, *sorted({entry.label for entry in entries})])
    rows: list[list[str | int]] = []
    for label in labels:
        by_language = [counts[label, lang] for lang in LANGUAGES]
        if any(by_language):
            rows.append([f"`{label}`", *by_language, sum(by_language)])
    return _table(["lexicon label", *(f"`{lang}`" for lang in LANGUAGES), "all"], rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str | int]]) -> str:
    """A Markdown table, its first column left and the others right aligned; empty without rows."""
    if not rows:
        return ""
    lines = [
        list(head),
        ["---", *["---:"] * (len(head) - 1)],
        *([cell if isinstance(cell, str) else f"{cell:,}" for cell in row] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
