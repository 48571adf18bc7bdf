"""Checking label files: every fault with its place and remedy, not only the first."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from sahel_classify.errors import LabelError
from sahel_classify.labels import lint_checks as checks
from sahel_classify.labels.findings import CODES, Finding, Place, found
from sahel_classify.labels.lint_checks import PlacedEntry, PlacedParagraph
from sahel_classify.labels.reading import read_topics
from sahel_classify.labels.records import LabelledParagraph
from sahel_classify.lexicon import parse_lexicon_line
from sahel_classify.targets import Target, read_targets
from sahel_classify.text import words

__all__ = ["CODES", "Finding", "exit_status", "lint"]

S = TypeVar("S")

_TOML_LINE: Final = re.compile(r"at line (\d+)")


def lint(path: str | Path) -> list[Finding]:
    r"""Check labels before they are trained on.

    A line that can't be read is reported and passed over; all others are checked. The codes are those of `CODES`.

    Parameters
    ----------
    path : path
        A folder (``paragraphs/*.jsonl`` or ``*.jsonl``, ``lexicon/*.tsv``, ``topics.toml``, ``targets.toml``), a ``.jsonl`` or a
        ``.tsv`` file. A file by itself is checked without a scheme.

    Returns
    -------
    list of Finding
        In order of path, line and code; empty if all is well.

    Raises
    ------
    LabelError
        If there is nothing to check at `path`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "mine.jsonl")
    ...     _ = file.write_text('{"id": "a", "text": "La mine rouvre.", "topics": ["mines"]}\n{"id": "b"}\n', encoding="utf-8")
    ...     for finding in lint(file):
    ...         print(finding.line, finding.code, finding.message)
    2 SC002 "text" of b is missing, empty or no string; write the paragraph there
    """
    path = Path(path)
    files, lexicons = _label_files(path)
    findings: list[Finding] = []
    topic_names = _scheme(path / "topics.toml", read_topics, findings)
    targets = _scheme(path / "targets.toml", read_targets, findings)
    paragraphs = [item for file in files for item in _read_paragraphs(file, findings)]
    entries = [line for file in lexicons for line in _read_entries(file, findings)]
    findings += checks.check_scheme(paragraphs, entries, topic_names, None if targets is None else _identifiers(targets))
    findings += checks.check_ids(paragraphs)
    findings += checks.check_near_duplicates(paragraphs)
    findings += checks.check_mentions(paragraphs, targets or ())
    findings += checks.check_lexicon(entries)
    findings += checks.check_groups(paragraphs)
    findings += checks.check_terms(paragraphs, entries)
    findings += checks.check_languages(paragraphs)
    return sorted(findings, key=lambda finding: (finding.path, finding.line, finding.code, finding.message))


def exit_status(findings: Iterable[Finding]) -> int:
    """Exit status of a command that lints: 1 if there is an error, 0 if there are none or only warnings.

    Examples
    --------
    >>> exit_status([Finding("SC012", "warning", "a.jsonl", 1, "a", "…")])
    0
    """
    return int(any(finding.severity == "error" for finding in findings))


def _label_files(path: Path) -> tuple[list[Path], list[Path]]:
    """Paragraph files and lexicon files: the same that `read_labels` reads."""
    if path.is_dir():
        inner = path / "paragraphs"
        files = sorted(inner.glob("*.jsonl")) if inner.is_dir() else sorted(path.glob("*.jsonl"))
        lexicons = sorted((path / "lexicon").glob("*.tsv"))
        if not files and not lexicons:
            raise LabelError(f"{path}: no paragraphs/*.jsonl and no lexicon/*.tsv in this folder; give a folder of labels")
        return files, lexicons
    if not path.exists():
        raise LabelError(f"{path}: no such file or folder; check the path")
    if path.suffix == ".toml":
        raise LabelError(f"{path}: a scheme is checked with the labels that use it; give its folder")
    return ([], [path]) if path.suffix == ".tsv" else ([path], [])


def _identifiers(targets: Iterable[Target]) -> frozenset[str]:
    return frozenset(target.id for target in targets)


def _scheme(path: Path, read: Callable[[Path], S], findings: list[Finding]) -> S | None:
    """The scheme in a file; None if there is no such file or it can't be read."""
    if not path.is_file():
        return None
    try:
        return read(path)
    except LabelError as error:
        message = str(error).removeprefix(f"{path}: ")
        line = _TOML_LINE.search(message)
        findings.append(found("SC013", Place(str(path), int(line[1]) if line else 1), "", message))
        return None


def _lines(path: Path, code: str, findings: list[Finding]) -> Iterator[tuple[Place, str]]:
    """Lines of a file that are not blank; one that is no UTF-8 is reported under `code`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        findings.append(found(code, Place(str(path), 1), "", f"{error.strerror or error}; give a readable file"))
        return
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        place = Place(str(path), number)
        try:
            line = raw.decode("utf-8").removesuffix("\r")
        except UnicodeDecodeError as error:
            findings.append(found(code, place, "", f"no valid UTF-8 at byte {error.start + 1}; save the file in UTF-8"))
            continue
        if line.strip():
            yield place, line


def _read_paragraphs(path: Path, findings: list[Finding]) -> Iterator[PlacedParagraph]:
    for place, line in _lines(path, "SC001", findings):
        try:
            pairs = json.loads(line, object_pairs_hook=_Pairs)
            record, twice = _plain(pairs), sorted(_keys_twice(pairs))
        except (ValueError, RecursionError) as error:
            findings.append(found("SC001", place, "", f"no valid JSON ({error}); write one object a line"))
            continue
        problems = [f"{key!r} stands twice in the object; keep one" for key in twice] + list(_problems(record))
        identifier = str(record.get("id", "")) if isinstance(record, Mapping) else ""
        findings += [found("SC002", place, identifier, problem) for problem in problems]
        if not problems:
            paragraph = LabelledParagraph.from_dict(record)
            yield PlacedParagraph(place, paragraph, tuple(words(paragraph.text)))


def _read_entries(path: Path, findings: list[Finding]) -> Iterator[PlacedEntry]:
    for place, line in _lines(path, "SC007", findings):
        if line.startswith("#"):
            continue
        try:
            yield PlacedEntry(place, parse_lexicon_line(line, "line"))
        except LabelError as error:
            findings.append(found("SC007", place, line.split("\t")[0].strip(), str(error).removeprefix("line: ")))


def _problems(record: object) -> Iterator[str]:
    """Every problem of a record: `LabelledParagraph.from_dict` tells the first, so it is asked key by key."""
    if not isinstance(record, Mapping):
        yield from _problem(record)
        return
    identifier, text = record.get("id"), record.get("text")
    right_id = not list(_problem({"id": identifier, "text": "…"}))
    sound = {"id": identifier if right_id else "?", "text": "…"}
    if not right_id:
        yield from _problem({"id": identifier, "text": "…"})
    yield from _problem(sound | {"text": text})
    for key, value in record.items():
        if key == "stances" and isinstance(value, Mapping):
            for target, stance in value.items():
                yield from _problem(sound | {"stances": {target: stance}})
        elif key not in {"id", "text"}:
            yield from _problem(sound | {key: value})


def _problem(record: object) -> Iterator[str]:
    try:
        LabelledParagraph.from_dict(record, "record")
    except LabelError as error:
        yield str(error).removeprefix("record: ")


class _Pairs(list[tuple[str, Any]]):
    """The keys and values of a JSON object as they stand, so that a key that stands twice can be told."""


def _plain(value: Any) -> Any:
    if isinstance(value, _Pairs):
        return {key: _plain(item) for key, item in value}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _keys_twice(value: Any) -> set[str]:
    """Keys that stand twice in the object itself or among its stances."""
    if not isinstance(value, _Pairs):
        return set()
    keys = [key for key, _ in value]
    inner = (_keys_twice(item) for key, item in value if key == "stances")
    return {key for key in keys if keys.count(key) > 1}.union(*inner)
