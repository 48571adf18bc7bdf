"""The expert lexicon: terms with a label and a weight, matched as phrases and summed into features."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from sahel_classify.errors import LabelError
from sahel_classify.phrases import PhraseIndex
from sahel_classify.sparse import FloatArray
from sahel_classify.text import words

__all__ = ["LANGUAGES", "STANCES", "WEIGHTS", "Lexicon", "LexiconEntry", "parse_lexicon_line", "read_lexicon"]

LANGUAGES: Final = ("fr", "en", "both")
STANCES: Final = ("favor", "against", "neutral")
WEIGHTS: Final = (-2.0, -1.0, 1.0, 2.0, 3.0)
LONGEST_TERM: Final = 4
# Lengths below this count as this many words, so that one word in a scrap of text is not taken for the whole of it.
_SHORTEST_LENGTH: Final = 8


@dataclass(frozen=True, slots=True)
class LexiconEntry:
    """One line of a lexicon file.

    Attributes
    ----------
    term : str
        1 to 4 words as written in the file.
    lang : str
        ``"fr"``, ``"en"`` or ``"both"``.
    label : str
        A topic id, or a stance (``"favor"``, ``"against"``, ``"neutral"``).
    weight : float
        3 nearly decisive … 1 mild; -1 and -2 are evidence against the label.
    """

    term: str
    lang: str
    label: str
    weight: float

    @property
    def phrase(self) -> tuple[str, ...]:
        """The folded words of the term."""
        return tuple(words(self.term))


def parse_lexicon_line(line: str, place: str) -> LexiconEntry:
    r"""Read ``term<TAB>lang<TAB>label<TAB>weight``.

    Parameters
    ----------
    line : str
    place : str
        ``file:line``, for the message of an error.

    Raises
    ------
    LabelError
        If a column is missing or has a value outside the contract.

    Examples
    --------
    >>> parse_lexicon_line("force conjointe\tfr\tsecurity_cooperation\t3", "my.tsv:1").weight
    3.0
    """
    columns = line.split("\t")
    if len(columns) != 4:
        raise LabelError(f"{place}: {len(columns)} columns; write term, lang, label and weight with one tab between them")
    term, lang, label, weight_text = (column.strip() for column in columns)
    # Words as a person counts them: "de l'état-major" is two.
    if not words(term) or len(term.split()) > LONGEST_TERM:
        raise LabelError(f"{place}: term {term!r} has {len(term.split())} words; give 1 to {LONGEST_TERM}")
    if lang not in LANGUAGES:
        raise LabelError(f"{place}: lang {lang!r} is not one of {', '.join(LANGUAGES)}")
    if not label:
        raise LabelError(f"{place}: the label is empty; give a topic id or one of {', '.join(STANCES)}")
    try:
        weight = float(weight_text)
    except ValueError:
        weight = float("nan")
    if weight not in WEIGHTS:
        raise LabelError(f"{place}: weight {weight_text!r} is not one of {', '.join(f'{w:g}' for w in WEIGHTS)}")
    return LexiconEntry(term, lang, label, weight)


def read_lexicon(path: str | Path) -> list[LexiconEntry]:
    """Read a lexicon file; blank lines and lines that begin with ``#`` are passed over.

    Raises
    ------
    LabelError
        If the file can't be read, or naming the first line that breaks the contract.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise LabelError(f"{path}: {error}; expected tab-separated lines in UTF-8") from error
    return [
        parse_lexicon_line(line.rstrip("\r"), f"{path}:{number}")
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.startswith("#")
    ]


class Lexicon:
    """Entries ready for matching: the longest phrase at each place, its weights summed by label.

    Where the same phrase and label stand twice for one language, the later weight holds; an entry of the text's language
    goes before one for both.

    Parameters
    ----------
    entries : iterable of LexiconEntry
    labels : sequence of str
        Labels in the order of the feature columns; entries with another label are left out.

    Examples
    --------
    >>> entries = [LexiconEntry("sommet", "fr", "diplomacy", 2), LexiconEntry("sommet de l'AES", "fr", "regional_integration", 3)]
    >>> lexicon = Lexicon(entries, ["diplomacy", "regional_integration"])
    >>> list(lexicon.matches("le sommet de l aes".split(), "fr"))
    [(1, 5, {1: 3.0})]
    """

    def __init__(self, entries: Iterable[LexiconEntry], labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        column = {label: i for i, label in enumerate(self.labels)}
        self.entries = tuple(entry for entry in entries if entry.label in column)
        tables: dict[str, dict[tuple[str, ...], dict[int, float]]] = {"fr": {}, "en": {}}
        for entry in sorted(self.entries, key=lambda e: e.lang != "both"):
            for lang in tables if entry.lang == "both" else (entry.lang,):
                tables[lang].setdefault(entry.phrase, {})[column[entry.label]] = float(entry.weight)
        self._index: dict[str, PhraseIndex[dict[int, float]]] = {lang: PhraseIndex(table) for lang, table in tables.items()}

    def __len__(self) -> int:
        return len(self.entries)

    def matches(self, forms: Sequence[str], lang: str) -> Iterator[tuple[int, int, Mapping[int, float]]]:
        """(first word, end, {label column: weight}) of each matched phrase; a language other than French is read as English."""
        return self._index["fr" if lang == "fr" else "en"].matches(forms)

    @property
    def n_features(self) -> int:
        """Three features a label."""
        return 3 * len(self.labels)

    def feature_names(self) -> list[str]:
        """``kind:label`` of each feature column."""
        return [f"lexicon {kind}:{label}" for kind in ("sum", "density", "strongest") for label in self.labels]

    def features(self, forms: Sequence[str], lang: str) -> FloatArray:
        """Saturating lexicon features of one text.

        Returns
        -------
        ndarray of shape (3 * n_labels,), float64
            By label: the log-damped sum of matched weights, that sum by the number of words, the strongest weight.
        """
        n = len(self.labels)
        total = np.zeros(n)
        strongest = np.zeros(n)
        for _, _, weights in self.matches(forms, lang):
            for label, weight in weights.items():
                total[label] += weight
                strongest[label] = max(strongest[label], weight)
        return np.concatenate([np.sign(total) * np.log1p(np.abs(total)), total / max(_SHORTEST_LENGTH, len(forms)), strongest])
