"""``sahel-classify train``."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from sahel_classify.errors import OutputError
from sahel_classify.files import check_output
from sahel_classify.training.train import train


def run(options: argparse.Namespace) -> int:
    """Train a model and say what it was made of."""
    start = time.monotonic()
    if not check_output(options.output):
        raise OutputError(f"{options.output}: no regular file; name a file for the model")
    on_terminal = sys.stderr is not None and sys.stderr.isatty()
    if on_terminal:
        print("training …", file=sys.stderr)
    model = train(*options.labels, exclusive=options.exclusive, seed=options.seed)
    model.save(options.output)
    counts = model.metadata
    print(
        f"{options.output}: {counts['paragraphs']} paragraphs, {counts['lexicon_entries']} lexicon entries, "
        f"{len(model.topic_ids)} topics, {len(model.target_ids)} targets, {Path(options.output).stat().st_size / 1e6:.1f} MB",
        file=sys.stderr,
    )
    if on_terminal:
        print(f"took {time.monotonic() - start:.0f} s", file=sys.stderr)
    return 0
