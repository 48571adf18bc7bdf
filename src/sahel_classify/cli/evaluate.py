"""``sahel-classify evaluate``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

from sahel_classify.errors import ParameterError
from sahel_classify.evaluation import compare, evaluate_predictions, report_lines
from sahel_classify.evaluation.tables import FORMATS, cautions, tables
from sahel_classify.labels.reading import read_labels
from sahel_classify.model import load
from sahel_classify.outputs import write_text


def run(options: argparse.Namespace) -> int:
    """Score a model on labelled paragraphs, and compare it with another."""
    if options.json and options.format not in {None, "text"}:
        raise ParameterError(f"--json and --format {options.format} are two formats; give one of them")
    models = [load(options.model), *([load(options.against)] if options.against else [])]
    paragraphs = read_labels(*options.labels).paragraphs
    texts, headlines = [p.text for p in paragraphs], [p.headline for p in paragraphs]
    predictions = [model.predict(texts, headlines=headlines) for model in models]
    result = evaluate_predictions(paragraphs, predictions[0])
    if options.against:
        scores = {name: found.to_dict() for name, found in compare(paragraphs, *predictions).items()}
        result["comparison"] = {"first": options.model or "shipped model", "second": options.against, "scores": scores}
    if options.json:
        write_text([json.dumps(result, ensure_ascii=False, indent=1) + "\n"], None)
    else:
        write_text(_printed(result, options.format or "text"), None)
    return 0


def _printed(result: Mapping[str, Any], form: str) -> Iterator[str]:
    if form == "text":
        yield from (line + "\n" for line in report_lines(result))
    form_of = {"text": "caution  {}\n", "markdown": "Caution: {}.\n\n", "latex": "% Caution: {}.\n"}[form]
    yield from (form_of.format(caution) for caution in cautions(result))
    for number, table in enumerate(tables(result, scores=form != "text")):
        yield "\n" * (number > 0 or form == "text") + FORMATS[form](table)
