"""What the linter reports: the table of codes, and one finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

__all__ = ["CODES", "WARNINGS", "Finding", "Place", "Severity", "found"]

Severity = Literal["error", "warning"]

# Users silence and search for codes: a code is never renumbered, nor used again for something else.
CODES: Final[Mapping[str, str]] = {
    "SC001": "the line is no valid JSON, or no UTF-8",
    "SC002": "a key is missing, stands twice or has an invalid value",
    "SC003": "a topic or target that topics.toml or targets.toml does not list",
    "SC004": "an id stands twice",
    "SC005": "the text is nearly the same as another's",
    "SC006": "a stance towards a target none of whose names occurs in text or headline",
    "SC007": "the lexicon line is invalid",
    "SC008": "contradictory lexicon lines: one label with two weights, or a term both for favor and for against",
    "SC009": "a lexicon line stands twice",
    "SC010": "a group is split over files",
    "SC011": "the labels of the paragraphs with a term contradict the term's weight",
    "SC012": "the language tag disagrees with the language of the text",
    "SC013": "topics.toml or targets.toml can't be read",
}

# These rest on statistics or a guess, so that a right label can be found fault with: they never fail a check.
WARNINGS: Final = frozenset({"SC011", "SC012"})


class Place(NamedTuple):
    """A line of a file, from 1."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault found in label files.

    Attributes
    ----------
    code : str
        A key of `CODES`.
    severity : str
        ``"error"`` or ``"warning"``.
    path : str
    line : int
        From 1.
    id : str
        Id of the paragraph or the term of the lexicon line; empty where neither could be read.
    message : str
        What is wrong, and the remedy.

    Examples
    --------
    >>> print(Finding("SC004", "error", "labels/a.jsonl", 7, "ml-1", "the id 'ml-1' stands at line 2 already; give it another"))
    labels/a.jsonl:7: SC004 the id 'ml-1' stands at line 2 already; give it another
    """

    code: str
    severity: Severity
    path: str
    line: int
    id: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.code} {self.message}"


def found(code: str, place: Place, identifier: str, message: str) -> Finding:
    """A finding with the severity of its code."""
    return Finding(code, "warning" if code in WARNINGS else "error", place.path, place.line, identifier, message)
