"""``sahel-classify prevalence``."""

from __future__ import annotations

import argparse
import csv
import io
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from sahel_classify.errors import InputError, LabelError, ParameterError
from sahel_classify.files import check_output
from sahel_classify.inputs import Document, read_documents
from sahel_classify.labels.reading import read_paragraphs
from sahel_classify.labels.records import LabelledParagraph
from sahel_classify.lexicon import STANCES
from sahel_classify.model import Model, load
from sahel_classify.outputs import json_line, write_text
from sahel_classify.prediction import Prediction
from sahel_classify.prevalence.archive import Prevalence
from sahel_classify.prevalence.counting import adjusted_count, classify_and_count
from sahel_classify.prevalence.expectation import emq
from sahel_classify.prevalence.powered import prediction_powered
from sahel_classify.targets import Target, parse_target
from sahel_classify.topics import column_of

# Columns that are cut from the ISO date of a paragraph, and how many characters of it they are.
_OF_THE_DATE: Final = {"month": 7, "year": 4}


def run(options: argparse.Namespace) -> int:
    """Estimate the share of a topic or stance in the archive and its parts."""
    targets = [parse_target(definition) for definition in options.target]
    names = [name.strip() for name in options.by.split(",")] if options.by is not None else []
    if "" in names:
        raise ParameterError(f"--by {options.by!r} has an empty name; write for example --by month,source")
    output = None if options.output == "-" else options.output
    if output is not None:
        check_output(output)
    method = options.method
    if method == "auto":
        method = "ppi" if options.labelled is not None else "emq" if options.prior is not None else "ac"
    if method == "ppi" and options.labelled is None:
        raise ParameterError("--method ppi needs --labelled, a .jsonl of labelled paragraphs drawn at random from the archive")
    if method == "emq" and options.prior is None:
        raise ParameterError("--method emq needs --prior, the share of the class among the labels that the model was calibrated on")
    documents = read_documents(options.archive, {*names, "date", "group"})
    by = {name: _column(documents, name) for name in names}
    model = load(options.model)
    read, labelled = _class_asked_for(model, options.topic, options.stance, targets)
    rows, labels = _joined(documents, options.labelled, labelled)
    predictions = model.predict(
        [document.text for document in documents],
        targets=targets,
        headlines=[document.headline for document in documents],
        asked=[document.targets for document in documents],
    )
    # A paragraph without an answer counts as not of the class.
    answers = [(False, 0.0) if prediction.abstained else read(prediction) for prediction in predictions]
    predicted, probabilities = [said for said, _ in answers], [p for _, p in answers]
    shared: dict[str, Any] = {"by": by, "clusters": [_cluster(document) for document in documents]}
    if method == "cc":
        found = classify_and_count(predicted, **shared)
    elif method == "emq":
        found = emq(probabilities, prior=options.prior, **shared)
    elif method == "ppi":
        found = prediction_powered(probabilities, labels, rows, **shared)
    elif rows:
        validation = labels, [predicted[row] for row in rows]
        found = adjusted_count(predicted, validation=validation, validation_clusters=[shared["clusters"][row] for row in rows], **shared)
    else:
        warnings.warn(
            "no labelled sample: the shares are as good as the model's calibration on this archive; "
            "label paragraphs drawn at random from it and give them as --labelled",
            stacklevel=1,
        )
        found = adjusted_count(predicted, probabilities=probabilities, **shared)
    on_terminal = output is None and sys.stdout is not None and sys.stdout.isatty()
    write_text(_FORMATS[options.format or ("table" if on_terminal else "jsonl")](found), output)
    return 0


def _class_asked_for(
    model: Model, topic: str | None, stance: str | None, targets: Sequence[Target]
) -> tuple[Callable[[Prediction], tuple[bool, float]], Callable[[LabelledParagraph], bool | None]]:
    """How a prediction tells class and probability, and how a labelled paragraph tells the class (None: not annotated)."""
    if topic is not None:
        column_of(model.topic_ids, topic)
        return lambda p: (topic in p.topics, p.topic_probabilities[topic]), lambda a: None if a.topics is None else topic in a.topics
    target, _, side = (stance or "").partition("=")
    known = [*model.target_ids, *(t.id for t in targets)]
    if model.stances is None:
        raise ParameterError("this model has no stances; give --topic, or a model trained on stances")
    if side not in STANCES:
        raise ParameterError(f"--stance {stance!r}: write TARGET=STANCE with a stance of {', '.join(STANCES)}, for example russia=favor")
    if target not in known:
        raise ParameterError(f"no target {target!r} in this model; it has {', '.join(known)}; add one with --target")

    def read(prediction: Prediction) -> tuple[bool, float]:
        towards = prediction.stances.get(target)
        return (False, 0.0) if towards is None else (towards.stance == side, towards.probabilities[side])

    return read, lambda a: None if a.stances is None else a.stances.get(target) == side


def _joined(
    documents: Sequence[Document], sample: str | None, labelled: Callable[[LabelledParagraph], bool | None]
) -> tuple[list[int], list[bool]]:
    """Rows of the archive that are labelled, and their labels."""
    if sample is None:
        return [], []
    places: dict[str, list[int]] = {}
    for i, document in enumerate(documents):
        places.setdefault(document.id, []).append(i)
    rows, labels = [], []
    for paragraph in read_paragraphs(Path(sample)):
        found = places.get(paragraph.id, [])
        if len(found) != 1:
            told = f"stands {len(found)} times in the archive; give its paragraphs ids of their own" if found else "is not in the archive"
            raise LabelError(
                f"{sample}: {paragraph.id} {told if found else told + '; label paragraphs drawn from it, under their ids there'}"
            )
        if documents[found[0]].text.split() != paragraph.text.split():
            raise LabelError(f"{sample}: the text of {paragraph.id} is not that of the archive; join the two by ids that mean the same")
        label = labelled(paragraph)
        if label is None:
            raise LabelError(f"{sample}: {paragraph.id} is not annotated for what is asked; annotate it, or draw another sample")
        rows.append(found[0])
        labels.append(label)
    return rows, labels


def _cluster(document: Document) -> str:
    """Its group if it has one, else its article, else itself."""
    group = document.columns.get("group")
    if group is not None and group != "":
        return f"group {group}"
    return f"paragraph {document.id}" if document.paragraph is None else f"article {document.id.rpartition('#')[0]}"


def _column(documents: Sequence[Document], name: str) -> list[str]:
    """Values of a column; ``(none)`` where a paragraph has none."""
    if any(name in document.columns for document in documents):
        return [_named(document.columns.get(name)) for document in documents]
    if name not in _OF_THE_DATE or not any("date" in document.columns for document in documents):
        told = "; nor is there a column named date to read it from" if name in _OF_THE_DATE else ""
        raise InputError(f"no paragraph has a column named {name!r}{told}; check --by and the columns of the archive")
    return [_cut(document, _OF_THE_DATE[name]) for document in documents]


def _named(value: object) -> str:
    return "(none)" if value is None or value == "" else str(value)


def _cut(document: Document, characters: int) -> str:
    given = _named(document.columns.get("date"))
    if given == "(none)":
        return given
    try:
        day = date.fromisoformat(given[:10] if len(given) > len("2024-05") else f"{given}-01")
    except ValueError as error:
        raise InputError(f"{document.id}: date {given!r} is no ISO date; write it as 2024-05-31 or 2024-05") from error
    return day.isoformat()[:characters]


def _table(found: Sequence[Prevalence]) -> Iterable[str]:
    rows = [{**p.to_dict(), "estimate": f"{p.estimate:.3f}", "low": f"{p.low:.3f}", "high": f"{p.high:.3f}"} for p in found]
    cells = [list(rows[0]), *([_printable(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[j]) for line in cells) for j in range(len(cells[0]))]
    named = len(found[0].group)
    for line in cells:
        aligned = [cell.ljust(width) if j < named else cell.rjust(width) for j, (cell, width) in enumerate(zip(line, widths, strict=True))]
        yield "  ".join(aligned) + "\n"


def _printable(value: object) -> str:
    return "".join(character if character.isprintable() else "?" for character in str(value))


def _json_lines(found: Sequence[Prevalence]) -> Iterable[str]:
    return (json_line(p.to_dict()) for p in found)


def _csv(found: Sequence[Prevalence]) -> Iterable[str]:
    records: list[Mapping[str, Any]] = [p.to_dict() for p in found]
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return [buffer.getvalue()]


_FORMATS: Final[dict[str, Callable[[Sequence[Prevalence]], Iterable[str]]]] = {"table": _table, "csv": _csv, "jsonl": _json_lines}
