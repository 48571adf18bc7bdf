"""Writing predictions: a table for the eye, JSON Lines and CSV for programs."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from sahel_classify.errors import OutputError
from sahel_classify.files import atomic_writer, check_output
from sahel_classify.inputs import Document
from sahel_classify.lexicon import STANCES
from sahel_classify.prediction import Prediction

__all__ = ["FORMATS", "json_line", "record", "write_text"]


def record(document: Document, prediction: Prediction) -> dict[str, Any]:
    """The output record of a paragraph."""
    place = {} if document.paragraph is None else {"paragraph": document.paragraph, "offset": document.offset}
    return {"id": document.id, **place, **prediction.to_dict()}


def json_line(value: Any) -> str:
    """One line of JSON; characters that UTF-8 can't hold (lone surrogates) are escaped."""
    line = json.dumps(value, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:
        line = json.dumps(value)
    return line + "\n"


def as_json_lines(
    documents: Sequence[Document], predictions: Sequence[Prediction], topics: Sequence[str], targets: Sequence[str]
) -> Iterable[str]:
    """One record a line."""
    del topics, targets
    return (json_line(record(d, p)) for d, p in zip(documents, predictions, strict=True))


def as_csv(
    documents: Sequence[Document], predictions: Sequence[Prediction], topics: Sequence[str], targets: Sequence[str]
) -> Iterable[str]:
    """One row a paragraph: topics, ``topic_…`` probabilities, ``stance_…`` and its probabilities by target."""
    header = ["id", "paragraph", "offset", "language", "topics", "abstained", *(f"topic_{topic}" for topic in topics)]
    for target in targets:
        header += [f"stance_{target}", *(f"stance_{target}_p_{stance}" for stance in STANCES)]

    def row(cells: Sequence[Any]) -> str:
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerow(cells)
        return buffer.getvalue().encode("utf-8", "replace").decode()

    yield row(header)
    for document, prediction in zip(documents, predictions, strict=True):
        cells: list[Any] = [document.id, document.paragraph, document.offset, prediction.language, " ".join(prediction.topics)]
        cells += [prediction.abstained, *(f"{prediction.topic_probabilities[topic]:.6g}" for topic in topics)]
        for target in targets:
            towards = prediction.stances.get(target)
            cells += ["", "", "", ""] if towards is None else [towards.stance, *(f"{towards.probabilities[s]:.6g}" for s in STANCES)]
        yield row(cells)


_MARKS: Final = {"favor": "+", "against": "-", "neutral": "="}


def as_table(
    documents: Sequence[Document], predictions: Sequence[Prediction], topics: Sequence[str], targets: Sequence[str]
) -> Iterable[str]:
    """Three lines a paragraph: what was read, its topics with probabilities, its stances."""
    del topics, targets
    width = max(60, min(shutil.get_terminal_size((100, 24)).columns, 120))
    for document, prediction in zip(documents, predictions, strict=True):
        name = _printable(document.id)
        yield f"{name}  {textwrap.shorten(_printable(document.text), max(20, width - len(name) - 2), placeholder=' …')}\n"
        if prediction.abstained:
            yield f"    no answer: {prediction.abstained}\n\n"
            continue
        given = ", ".join(f"{topic} {prediction.topic_probabilities[topic]:.2f}" for topic in prediction.topics)
        yield f"    topics   {given or '(none)'}\n"
        if prediction.stances:
            stances = ", ".join(
                f"{_MARKS[s.stance]}{target} {s.stance} {s.probabilities[s.stance]:.2f}" for target, s in prediction.stances.items()
            )
            yield f"    stances  {stances}\n"
        yield "\n"


def _printable(text: str) -> str:
    """One line without control characters, which could steer a terminal."""
    return "".join(character if character.isprintable() else "?" for character in " ".join(text.split()))


FORMATS: Final[dict[str, Callable[[Sequence[Document], Sequence[Prediction], Sequence[str], Sequence[str]], Iterable[str]]]] = {
    "table": as_table,
    "jsonl": as_json_lines,
    "csv": as_csv,
}


def write_text(pieces: Iterable[str], output: str | None) -> None:
    """Write to a file, whole or not at all, or to standard output.

    Raises
    ------
    OutputError
        If the file can't be written.
    """
    if output is None:
        if sys.stdout is None:
            raise OutputError("standard output is closed; open it, or redirect it to a file")
        for piece in pieces:
            sys.stdout.buffer.write(piece.encode("utf-8", "replace"))
        sys.stdout.buffer.flush()
        return
    if not check_output(output):
        with open(output, "wb") as device:
            device.writelines(piece.encode("utf-8", "replace") for piece in pieces)
        return
    with atomic_writer(output) as file:
        for piece in pieces:
            file.write(piece.encode("utf-8", "replace"))
