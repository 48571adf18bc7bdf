"""Reading labels: a folder with scheme, paragraphs and lexicon; single files; records in memory; data frames."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sahel_classify.errors import LabelError
from sahel_classify.files import decode
from sahel_classify.labels.records import LabelledParagraph
from sahel_classify.lexicon import STANCES, LexiconEntry, read_lexicon
from sahel_classify.targets import Target, read_targets

__all__ = ["LabelSet", "read_labels", "read_paragraphs", "read_topics"]


@dataclass(frozen=True)
class LabelSet:
    """Everything that training reads.

    Attributes
    ----------
    paragraphs : tuple of LabelledParagraph
    lexicon : tuple of LexiconEntry
    topics : tuple of str
        Topic ids in the order of the scheme (or sorted, where the labels alone give them).
    targets : tuple of Target
    topic_names : dict of str to dict
        By topic id, the table of ``topics.toml`` (names, definitions, mappings); may be empty.
    """

    paragraphs: tuple[LabelledParagraph, ...]
    lexicon: tuple[LexiconEntry, ...] = ()
    topics: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()
    topic_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def fingerprint(self) -> str:
        """SHA-256 over all labels: equal labels give an equal model."""
        digest = hashlib.sha256()
        for paragraph in self.paragraphs:
            digest.update(json.dumps(paragraph.to_dict(), ensure_ascii=True, sort_keys=True, default=str).encode())
        for entry in self.lexicon:
            digest.update(repr((entry.term, entry.lang, entry.label, entry.weight)).encode("utf-8", "surrogatepass"))
        for target in self.targets:
            digest.update(json.dumps(target.to_dict(), ensure_ascii=True, sort_keys=True).encode())
        digest.update(json.dumps([list(self.topics), {k: dict(v) for k, v in self.topic_names.items()}], sort_keys=True).encode())
        return digest.hexdigest()


def read_paragraphs(path: Path, seen: dict[str, str] | None = None) -> Iterator[LabelledParagraph]:
    """Labelled paragraphs of a JSON Lines file.

    Parameters
    ----------
    path : Path
    seen : dict of str to str, or None
        Ids read so far → their places; filled, so that an id may not stand twice in several files.

    Raises
    ------
    LabelError
        Naming the file and the first line that can't be read.
    """
    known = {} if seen is None else seen
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LabelError(f"{path}: {error.strerror or error}; check the path") from error
    lines = decode(data, str(path), LabelError).split("\n")
    if not any(map(str.strip, lines)):
        raise LabelError(f"{path}:1: empty; write one labelled paragraph a line")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise LabelError(f"{place}: no valid JSON ({error}); write one object a line") from error
        paragraph = LabelledParagraph.from_dict(record, place)
        if paragraph.id in known:
            first = known[paragraph.id]
            raise LabelError(f"{place}: the id {paragraph.id!r} stands twice; give each paragraph an id of its own (first at {first})")
        known[paragraph.id] = place
        yield paragraph


def read_topics(path: Path) -> dict[str, dict[str, str]]:
    """Tables ``[topics.ID]`` of a ``topics.toml``.

    Raises
    ------
    LabelError
        If the file can't be read.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LabelError(f"{path}: {error}; expected TOML in UTF-8 with tables [topics.ID]") from error
    tables = data.get("topics")
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise LabelError(f"{path}: write one table [topics.ID] a topic")
    return {topic: {key: str(value) for key, value in table.items()} for topic, table in tables.items()}


def _read_path(path: Path) -> LabelSet:
    if path.is_dir():
        files = sorted((path / "paragraphs").glob("*.jsonl")) if (path / "paragraphs").is_dir() else sorted(path.glob("*.jsonl"))
        lexicons = sorted((path / "lexicon").glob("*.tsv"))
        if not files and not lexicons:
            raise LabelError(f"{path}: no paragraphs/*.jsonl and no lexicon/*.tsv in this folder; add one of them")
        topic_names = read_topics(path / "topics.toml") if (path / "topics.toml").is_file() else {}
        seen: dict[str, str] = {}
        return LabelSet(
            tuple(paragraph for file in files for paragraph in read_paragraphs(file, seen)),
            tuple(entry for file in lexicons for entry in read_lexicon(file)),
            tuple(topic_names),
            read_targets(path / "targets.toml") if (path / "targets.toml").is_file() else (),
            topic_names,
        )
    if not path.exists():
        raise LabelError(f"{path}: no such file or folder; check the path")
    if path.suffix == ".tsv":
        return LabelSet((), tuple(read_lexicon(path)))
    if path.name == "targets.toml":
        return LabelSet((), targets=read_targets(path))
    if path.name == "topics.toml":
        names = read_topics(path)
        return LabelSet((), topics=tuple(names), topic_names=names)
    return LabelSet(tuple(read_paragraphs(path)))


def _records(frame_or_records: Any) -> Iterable[Any]:
    """Rows of a data frame as dictionaries, or the records themselves."""
    if hasattr(frame_or_records, "to_dicts"):  # polars
        return frame_or_records.to_dicts()
    if hasattr(frame_or_records, "to_dict") and hasattr(frame_or_records, "columns"):  # pandas
        return frame_or_records.to_dict(orient="records")
    if hasattr(frame_or_records, "to_pylist"):  # Arrow
        return frame_or_records.to_pylist()
    return frame_or_records


def _present(record: Any) -> Any:
    """A row without the cells that are empty in a data frame (None, NaN) and with lists for arrays."""
    if not isinstance(record, Mapping):
        return record
    row = {key: value.tolist() if hasattr(value, "tolist") else value for key, value in record.items()}
    row = {key: value for key, value in row.items() if value is not None and value == value}  # noqa: PLR0124  (NaN)
    if isinstance(row.get("stances"), Mapping):
        row["stances"] = {target: value for target, value in row["stances"].items() if value is not None}
    if isinstance(row.get("year"), float):
        row["year"] = int(row["year"])
    return row


def read_labels(*sources: Any) -> LabelSet:
    """Read and join labels.

    Parameters
    ----------
    *sources : path, LabelSet, data frame or iterable of records
        A folder (``paragraphs/*.jsonl``, ``lexicon/*.tsv``, ``topics.toml``, ``targets.toml``, all optional but one of the
        first two), a ``.jsonl``, ``.tsv`` or ``.toml`` file, dictionaries or `LabelledParagraph` objects, a pandas or polars
        data frame or an Arrow table with the columns of the contract.

    Returns
    -------
    LabelSet
        Topics and targets that the scheme does not list are added as the labels name them: topics sorted, targets without
        aliases (they need explicit ``targets`` at prediction).

    Raises
    ------
    LabelError
        If a source can't be read, an id stands twice, or nothing was found.

    Examples
    --------
    >>> labels = read_labels([{"id": "1", "text": "La mine rouvre.", "topics": ["mines"]}])
    >>> labels.topics, len(labels.paragraphs)
    (('mines',), 1)
    """
    parts: list[LabelSet] = []
    for source in sources:
        if isinstance(source, LabelSet):
            parts.append(source)
        elif isinstance(source, (str, Path)):
            parts.append(_read_path(Path(source)))
        elif isinstance(source, (bytes, Mapping)) or not (hasattr(source, "__iter__") or hasattr(source, "to_pylist")):
            raise LabelError(f"{type(source).__name__} is no source of labels; give a path, records or a data frame")
        else:
            rows = (
                row if isinstance(row, LabelledParagraph) else LabelledParagraph.from_dict(_present(row), f"record {number}")
                for number, row in enumerate(_records(source), 1)
            )
            parts.append(LabelSet(tuple(rows)))
    joined = LabelSet(
        tuple(paragraph for part in parts for paragraph in part.paragraphs),
        tuple(entry for part in parts for entry in part.lexicon),
        tuple(dict.fromkeys(topic for part in parts for topic in part.topics)),
        tuple({target.id: target for part in parts for target in part.targets}.values()),
        {topic: names for part in parts for topic, names in part.topic_names.items()},
    )
    if not joined.paragraphs and not joined.lexicon:
        raise LabelError("no labelled paragraph and no lexicon line was found")
    seen: set[str] = set()
    for paragraph in joined.paragraphs:
        if paragraph.id in seen:
            raise LabelError(f"the id {paragraph.id!r} stands twice; give each paragraph an id of its own")
        seen.add(paragraph.id)
    return _with_found_scheme(joined)


def _with_found_scheme(labels: LabelSet) -> LabelSet:
    used_topics = {topic for paragraph in labels.paragraphs for topic in paragraph.topics or ()}
    if not labels.paragraphs or not used_topics:
        used_topics |= {entry.label for entry in labels.lexicon} - set(STANCES)
    used_targets = {target for paragraph in labels.paragraphs for target in paragraph.stances or ()}
    known = {target.id for target in labels.targets}
    return replace(
        labels,
        topics=labels.topics + tuple(sorted(used_topics - set(labels.topics))),
        targets=labels.targets + tuple(Target(identifier) for identifier in sorted(used_targets - known)),
    )
