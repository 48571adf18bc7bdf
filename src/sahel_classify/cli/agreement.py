"""``sahel-classify agreement``."""

from __future__ import annotations

import argparse
import json
import warnings
from typing import Final

from sahel_classify.evaluation import agreement, agreement_lines
from sahel_classify.labels.reading import read_labels
from sahel_classify.outputs import write_text

_SHOWN: Final = 10


def run(options: argparse.Namespace) -> int:
    """Compare two annotations of the same paragraphs."""
    result = agreement(read_labels(options.first).paragraphs, read_labels(options.second).paragraphs)
    for path, key in ((options.first, "only_first"), (options.second, "only_second")):
        ids = result[key]
        if ids:
            count = "1 id is" if len(ids) == 1 else f"{len(ids)} ids are"
            more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
            warnings.warn(f"{path}: {count} in this file only: {', '.join(ids[:_SHOWN])}{more}; left out", stacklevel=1)
    if options.json:
        write_text([json.dumps(result, ensure_ascii=False, indent=1) + "\n"], None)
    else:
        write_text((line + "\n" for line in agreement_lines(result)), None)
    return 0
