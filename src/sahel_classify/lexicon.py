"""The expert lexicon: terms with a label and a weight, matched as phrases and summed into features."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from sahel_classify.analysis import AnalyzedText
from sahel_classify.errors import LabelError
from sahel_classify.phrases import PhraseIndex
from sahel_classify.sparse import FloatArray
from sahel_classify.text import words, words_of_each

__all__ = ["LANGUAGES", "STANCES", "WEIGHTS", "Lexicon", "LexiconEntry", "parse_lexicon_line", "read_lexicon"]

LANGUAGES: Final = ("fr", "en", "both")
STANCES: Final = ("favor", "against", "neutral")
WEIGHTS: Final = (-2.0, -1.0, 1.0, 2.0, 3.0)
LONGEST_TERM: Final = 4
# By label: the log-damped sum of matched weights; that sum by the number of words; the strongest weight; the log-damped sum
# of the sentence that speaks most for the label (a topic needs a whole sentence); the number of sentences in which no label
# is stronger; the share of all positive weight.
LEXICON_FEATURES: Final = ("sum", "density", "strongest", "best sentence", "sentences won", "share")
# Added to the sum of weights, so that one mild term is not taken for the whole.
SHARE_PRIOR: Final = 3.0
# Lengths below this count as this many words, so that one word in a scrap of text is not taken for the whole of it.
SHORTEST_LENGTH: Final = 8


class LexiconEntry(NamedTuple):
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
    if not words(term):
        raise LabelError(f"{place}: term {term!r} holds no word; give 1 to {LONGEST_TERM}")
    if len(term.split()) > LONGEST_TERM:
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
        self._column = {label: i for i, label in enumerate(self.labels)}
        self.entries = tuple(entry for entry in entries if entry.label in self._column)
        # Made when first asked for: one paragraph needs one of the two languages.
        self._phrases: dict[str, dict[tuple[str, ...], dict[int, float]]] = {}
        self._index: dict[str, PhraseIndex[Mapping[int, float]]] = {}

    def __len__(self) -> int:
        return len(self.entries)

    def phrases(self, lang: str) -> Mapping[tuple[str, ...], Mapping[int, float]]:
        """Folded words of each phrase of a language, and its {label column: weight}."""
        if lang not in self._phrases:
            entries = [entry for own in ("both", lang) for entry in self.entries if entry.lang == own]
            table: dict[tuple[str, ...], dict[int, float]] = {}
            for entry, phrase in zip(entries, words_of_each([entry.term for entry in entries]), strict=True):
                table.setdefault(tuple(phrase), {})[self._column[entry.label]] = float(entry.weight)
            self._phrases[lang] = table
        return self._phrases[lang]

    def matches(self, forms: Sequence[str], lang: str) -> Iterator[tuple[int, int, Mapping[int, float]]]:
        """(first word, end, {label column: weight}) of each matched phrase; a language other than French is read as English."""
        known = "fr" if lang == "fr" else "en"
        if known not in self._index:
            self._index[known] = PhraseIndex(self.phrases(known))
        return self._index[known].matches(forms)

    @property
    def n_features(self) -> int:
        """Number of feature columns: one for each of `LEXICON_FEATURES` and label."""
        return len(LEXICON_FEATURES) * len(self.labels)

    def parts(self, text: AnalyzedText) -> tuple[list[tuple[int, int]], FloatArray]:
        """What each match gives to each feature; the features are the sums.

        Returns
        -------
        matches : list of (int, int)
            Words ``first:end`` of each match.
        parts : ndarray of shape (n_matches, n_features)
            By the kinds of `LEXICON_FEATURES` and, within each, by label.
        """
        matches = list(self.matches(text.forms, text.language))
        places = [(first, end) for first, end, _ in matches]
        weights = np.zeros((len(matches), len(self.labels)))
        for row, (_, _, by_label) in zip(weights, matches, strict=True):
            row[list(by_label)] = list(by_label.values())
        parts = np.zeros((len(matches), len(LEXICON_FEATURES), len(self.labels)))
        if not matches:
            return places, parts.reshape(0, self.n_features)
        total = weights.sum(axis=0)
        parts[:, 0] = weights * _damping(total)
        parts[:, 1] = weights / max(SHORTEST_LENGTH, len(text.forms))
        strongest = weights.argmax(axis=0)
        columns = np.arange(len(self.labels))
        parts[strongest, 2, columns] = np.maximum(weights[strongest, columns], 0)
        sentence = np.array([text.sentences[first] for first, _ in places])
        by_sentence = np.zeros((int(sentence.max()) + 1, len(self.labels)))
        np.add.at(by_sentence, sentence, weights)
        best = by_sentence.argmax(axis=0)
        in_best = sentence[:, None] == best
        parts[:, 3] = weights * in_best * _damping(np.maximum(by_sentence[best, columns], 0))
        strongest_of_sentence = by_sentence.max(axis=1, keepdims=True)
        won = (by_sentence == strongest_of_sentence) & (by_sentence > 0)
        share = np.divide(weights, by_sentence[sentence], out=np.zeros_like(weights), where=by_sentence[sentence] != 0)
        parts[:, 4] = share * won[sentence]
        parts[:, 5] = np.maximum(weights, 0) / (np.maximum(weights, 0).sum() + SHARE_PRIOR)
        return places, parts.reshape(len(matches), self.n_features)

    def features(self, text: AnalyzedText) -> FloatArray:
        """Saturating lexicon features of one text, of shape (n_features,); see `LEXICON_FEATURES`."""
        return self.parts(text)[1].sum(axis=0)


def _damping(total: FloatArray) -> FloatArray:
    """Factor that turns a sum into ``sign * log(1 + |sum|)``."""
    return np.divide(np.log1p(np.abs(total)), np.abs(total), out=np.zeros_like(total), where=total != 0)
