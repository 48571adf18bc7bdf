"""``sahel-classify evaluate``."""

from __future__ import annotations

import argparse
import json

from sahel_classify.evaluation import evaluate, report_lines
from sahel_classify.labels.reading import read_labels
from sahel_classify.model import load
from sahel_classify.outputs import write_text


def run(options: argparse.Namespace) -> int:
    """Score a model on labelled paragraphs."""
    result = evaluate(load(options.model), read_labels(*options.labels).paragraphs)
    if options.json:
        write_text([json.dumps(result, ensure_ascii=False, indent=1) + "\n"], None)
    else:
        write_text((line + "\n" for line in report_lines(result)), None)
    return 0
