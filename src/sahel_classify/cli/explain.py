"""``sahel-classify explain``."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable
from dataclasses import asdict

from sahel_classify.inputs import Document, read_documents
from sahel_classify.model import load
from sahel_classify.outputs import json_line, write_text
from sahel_classify.prediction import Explanation
from sahel_classify.targets import parse_target


def run(options: argparse.Namespace) -> int:
    """Explain one topic or stance for every paragraph of the input."""
    targets = [parse_target(definition) for definition in options.target]
    documents = read_documents([options.input])
    model = load(options.model)
    explained = (
        (d, model.explain(d.text, topic=options.topic, stance=options.stance, targets=targets, headline=d.headline)) for d in documents
    )
    if options.json:
        write_text((json_line({"id": d.id, **_plain(e)}) for d, e in explained), None)
    else:
        write_text((line for d, e in explained for line in _lines(d, e, options.top)), None)
    return 0


def _plain(explanation: Explanation) -> dict[str, object]:
    return {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in asdict(explanation).items()}


def _lines(document: Document, explanation: Explanation, top: int) -> Iterable[str]:
    verdict = ""
    if not math.isnan(explanation.threshold):
        given = explanation.probability >= explanation.threshold
        verdict = f", {'given' if given else 'not given'} (threshold {explanation.threshold:.2f})"
    yield f"{document.id}  {explanation.label}: probability {explanation.probability:.3f}{verdict}\n"
    shown = explanation.contributions[:top]
    for contribution in shown:
        yield f"    {contribution.value:+9.4f}  {contribution.feature}\n"
    rest = explanation.contributions[top:]
    if rest:
        yield f"    {sum(c.value for c in rest):+9.4f}  ({len(rest)} more)\n"
    yield f"    {explanation.decision:+9.4f}  = decision value\n\n"
