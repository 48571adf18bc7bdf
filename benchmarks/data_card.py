"""Write the counts of the labels into their data card; with ``--check``, exit with status 1 if they are stale."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sahel_classify.errors import SahelClassifyError
from sahel_classify.labels import read_labels
from sahel_classify.labels.describe import describe

BEGIN = "<!-- counts -->"
END = "<!-- /counts -->"
LABELS = Path(__file__).resolve().parents[1] / "labels"


def with_counts(card: str, counts: str) -> str:
    """The card with the text between its markers replaced.

    Raises
    ------
    ValueError
        If the card has not each marker once, in order.
    """
    before, begin, rest = card.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in before + after:
        raise ValueError(f"write {BEGIN} and, after it, {END} once each, on lines of their own")
    return f"{before}{BEGIN}\n{counts}\n{END}{after}"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(description="Write the counts of the labels into README.md of their folder.")
    parser.add_argument("labels", nargs="?", type=Path, default=LABELS, help="folder of labels (default: that of the repository)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with status 1 if the counts are stale")
    options = parser.parse_args(arguments)
    path: Path = options.labels / "README.md"
    try:
        card = path.read_text(encoding="utf-8")
        wanted = with_counts(card, describe(read_labels(options.labels)))
    except (OSError, ValueError, SahelClassifyError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 2
    if card == wanted:
        return 0
    if options.check:
        print(f"{path}: the counts are stale; run python benchmarks/data_card.py", file=sys.stderr)
        return 1
    path.write_text(wanted, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
