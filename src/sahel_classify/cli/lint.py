"""``sahel-classify lint``."""

from __future__ import annotations

import argparse
import sys

from sahel_classify.labels.lint import lint
from sahel_classify.outputs import write_text


def run(options: argparse.Namespace) -> int:
    """Print findings; 1 if any is an error."""
    findings = [finding for path in options.labels for finding in lint(path)]
    write_text((f"{finding}\n" for finding in findings), None)
    errors = sum(finding.severity == "error" for finding in findings)
    print(f"{errors} errors, {len(findings) - errors} warnings", file=sys.stderr)
    return 1 if errors else 0
