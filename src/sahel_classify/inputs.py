"""Reading texts to classify: articles, JSON Lines, CSV, Parquet and standard input."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sahel_classify.errors import InputError, MissingDependencyError
from sahel_classify.files import decode
from sahel_classify.text import LONGEST_TEXT, split_paragraphs

__all__ = ["Document", "read_documents"]

STDIN: Final = "-"
_SUFFIXES: Final = (".txt", ".md", ".jsonl", ".csv", ".parquet")
_DELIMITERS: Final = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Document:
    """One paragraph to classify.

    Attributes
    ----------
    id, text : str
    headline : str or None
        Headline of its article.
    targets : tuple of str
        Targets towards which a stance is asked for whether or not they are mentioned.
    paragraph : int or None
        Its number in an article, from 1.
    offset : int or None
        Characters from the start of the article.
    place : str
        File and line of a record, for the message of an error; empty for a paragraph of an article.
    columns : mapping of str to object
        Values of the further columns that were asked for.
    """

    id: str
    text: str
    headline: str | None = None
    targets: tuple[str, ...] = ()
    paragraph: int | None = None
    offset: int | None = None
    place: str = ""
    columns: Mapping[str, Any] = field(default_factory=dict)


def read_documents(inputs: Sequence[str], columns: Collection[str] = ()) -> list[Document]:
    """Read all paragraphs of the inputs.

    Parameters
    ----------
    inputs : sequence of str
        Paths of ``.txt`` or ``.md`` (one article each, paragraphs parted by blank lines), ``.jsonl``, ``.csv`` or ``.parquet``
        (with a ``text`` column) files, or ``-`` for standard input (JSON Lines if it begins with ``{``, else an article).
    columns : collection of str
        Further columns to keep where an input has them, such as ``date``; other columns are left aside.

    Raises
    ------
    InputError
        Naming file, line and remedy of the first thing that can't be read.
    MissingDependencyError
        If Parquet is read and pyarrow is not installed.
    """
    names = Counter(Path(name).name for name in inputs)
    documents: list[Document] = []
    for given in inputs:
        path = Path(given)
        # A file's own name makes its ids; only where two files share it does the whole path.
        name = path.name if names[path.name] == 1 else given
        documents.extend(_read_one(given, path, name, columns))
    return documents


def _read_one(given: str, path: Path, name: str, columns: Collection[str]) -> Iterator[Document]:
    if given == STDIN:
        if sys.stdin is None:
            raise InputError("standard input is closed; name a file, or give the text in a pipe")
        text = decode(sys.stdin.buffer.read(), "standard input")
        reader = _json_lines if text.lstrip().startswith("{") else _article
        return reader(text, "standard input", "stdin", columns)
    if path.is_dir():
        raise InputError(f"{given}: a folder; name its files, for example {given.rstrip('/')}/*.txt")
    if path.suffix.lower() not in _SUFFIXES:
        kind = f"of type {path.suffix}" if path.suffix else "without an ending"
        raise InputError(f"{given}: files {kind} are not read; give {', '.join(_SUFFIXES)} or -")
    if not path.exists():
        raise InputError(f"{given}: no such file; check the path")
    if path.suffix.lower() == ".parquet":
        return _parquet(path, given, name, columns)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{given}: {error.strerror or error}; check the path") from error
    text = decode(data, given)
    reader = {".jsonl": _json_lines, ".csv": _csv}.get(path.suffix.lower(), _article)
    return reader(text, given, name, columns)


def _article(text: str, place: str, name: str, columns: Collection[str]) -> Iterator[Document]:
    del columns  # an article has none
    paragraphs = split_paragraphs(text)
    if not paragraphs:
        raise InputError(f"{place}:1: empty; give an article with paragraphs parted by blank lines")
    for paragraph in paragraphs:
        if len(paragraph.text) > LONGEST_TEXT:
            line = text.count("\n", 0, paragraph.offset) + 1
            raise InputError(f"{place}:{line}: {_too_long(paragraph.text)}; part its paragraphs by blank lines")
        yield Document(f"{name}#{paragraph.number}", paragraph.text, paragraph=paragraph.number, offset=paragraph.offset)


def _too_long(text: str) -> str:
    return f"{len(text):,} characters in one paragraph, which has {LONGEST_TEXT:,} at most"


def _json_lines(text: str, place: str, name: str, columns: Collection[str]) -> Iterator[Document]:
    found = False
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        found = True
        where = f"{place}:{number}"
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{where}: no valid JSON ({error}); write one object a line, mend or remove this one") from error
        if not isinstance(record, dict):
            raise InputError(
                f'{where}: {type(record).__name__} where an object is needed; write one a line, such as {{"id": "1", "text": "…"}}'
            )
        yield _document(record, where, f"{name}:{number}", columns)
    if not found:
        raise InputError(f"{place}:1: empty; write one JSON object a line")


def _document(record: Mapping[str, Any], where: str, default_id: str, columns: Collection[str]) -> Document:
    text = record.get("text")
    if not isinstance(text, str):
        raise InputError(f'{where}: "text" is {"missing" if text is None else type(text).__name__}; give a string')
    if len(text) > LONGEST_TEXT:
        raise InputError(f"{where}: {_too_long(text)}; give each of its paragraphs a record of its own")
    identifier = record.get("id")
    if identifier is not None and (isinstance(identifier, bool) or not isinstance(identifier, (str, int, float))):
        raise InputError(f'{where}: "id" is {type(identifier).__name__}; give a string or a number')
    headline = record.get("headline")
    if headline is not None and not isinstance(headline, str):
        raise InputError(f'{where}: "headline" is {type(headline).__name__}; give a string')
    targets = record.get("targets")
    if targets is None:
        targets = []
    if not isinstance(targets, list) or not all(isinstance(target, str) and target for target in targets):
        raise InputError(f'{where}: "targets" is no list of strings; write for example ["russia"]')
    further = {column: record[column] for column in columns if column in record} if columns else {}
    return Document(
        default_id if identifier in {None, ""} else str(identifier), text, headline, tuple(targets), place=where, columns=further
    )


def _csv(text: str, place: str, name: str, columns: Collection[str]) -> Iterator[Document]:
    csv.field_size_limit(2**31 - 1)
    if not text.strip():
        raise InputError(f"{place}:1: empty; give a header with a column named text, and one paragraph a row")
    for delimiter in _DELIMITERS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            header = next(reader)
        except csv.Error:
            continue
        if "text" in header:
            break
    else:
        head = text.split("\n", 1)[0][:80].rstrip()
        raise InputError(f"{place}:1: no column named text; its header is {head!r}; rename the column that holds the paragraphs")
    places = {column: i for i, column in enumerate(header)}
    found = False
    try:
        for row in reader:
            if not row:
                continue
            found = True
            where = f"{place}:{reader.line_num}"
            if len(row) != len(header):
                raise InputError(f"{where}: {len(row)} cells where the header has {len(header)}; quote cells that hold the delimiter")
            record: dict[str, Any] = {key: row[places[key]] or None for key in ("id", "headline", *columns) if key in places}
            record["text"] = row[places["text"]]
            if row[places["targets"]] if "targets" in places else "":
                record["targets"] = row[places["targets"]].replace(",", " ").replace(";", " ").split()
            yield _document(record, where, f"{name}:{reader.line_num}", columns)
    except csv.Error as error:
        raise InputError(f"{place}:{reader.line_num}: {error}; mend the quoting of this row") from error
    if not found:
        raise InputError(f"{place}:1: a header and no rows; give at least one paragraph")


def _parquet(path: Path, place: str, name: str, kept: Collection[str]) -> Iterator[Document]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingDependencyError(
            f"{place}: reading Parquet needs pyarrow; install it with: pip install 'sahel-classify[parquet]'"
        ) from error
    try:
        file = parquet.ParquetFile(path)
        columns = set(file.schema_arrow.names)
        if "text" not in columns:
            raise InputError(
                f"{place}: no column named text; it has {', '.join(sorted(columns))}; rename the one that holds the paragraphs"
            )
        number = 0
        for batch in file.iter_batches(columns=[c for c in dict.fromkeys(("id", "text", "headline", "targets", *kept)) if c in columns]):
            for record in batch.to_pylist():
                number += 1
                yield _document(record, f"{place}: row {number}", f"{name}:{number}", kept)
    except (OSError, UnicodeDecodeError, pyarrow.ArrowException) as error:
        raise InputError(f"{place}: can't be read as Parquet ({error}); check the file") from error
