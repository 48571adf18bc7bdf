"""``sahel-classify predict``."""

from __future__ import annotations

import argparse
import sys

from sahel_classify.errors import InputError
from sahel_classify.files import check_output
from sahel_classify.inputs import read_documents
from sahel_classify.model import load
from sahel_classify.outputs import FORMATS, write_text
from sahel_classify.targets import parse_target


def run(options: argparse.Namespace) -> int:
    """Classify the inputs and write them in the format asked for."""
    targets = [parse_target(definition) for definition in options.target]
    inputs = options.input
    if not inputs:
        if sys.stdin is None or sys.stdin.isatty():
            raise InputError("no input was given; name a file, or - for standard input")
        inputs = ["-"]
    output = None if options.output == "-" else options.output
    if output is not None:
        check_output(output)
    documents = read_documents(inputs)
    model = load(options.model)
    listed = list(dict.fromkeys([*model.target_ids, *(target.id for target in targets)]))
    for document in documents:
        unknown = [target for target in document.targets if target not in listed]
        if unknown and not model.stances:
            raise InputError(
                f"{document.place}: a stance towards {', '.join(unknown)} is asked of a model without stances; "
                "leave it out, or give a model trained on stances"
            )
        if unknown:
            raise InputError(
                f"{document.place}: no target {', '.join(map(repr, unknown))} in this model; it has {', '.join(sorted(listed))}; "
                f"correct it, or define it with --target '{unknown[0]}=Alias,Alias'"
            )
    predictions = model.predict(
        [document.text for document in documents],
        targets=targets,
        headlines=[document.headline for document in documents],
        asked=[document.targets for document in documents],
    )
    on_terminal = output is None and sys.stdout is not None and sys.stdout.isatty()
    chosen = options.format or ("table" if on_terminal else "jsonl")
    write_text(FORMATS[chosen](documents, predictions, model.topic_ids, listed), output)
    return 0
