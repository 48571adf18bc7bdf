"""Words and sentences of a batch of texts, as arrays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sahel_classify.engine.characters import BREAK, CAPITAL, CLOSER, COMMA, ENDER, SPACE, Characters
from sahel_classify.engine.hashing import Hashes, HashTable, Ints, hash_spans, hash_strings
from sahel_classify.text import ABBREVIATION, SENTENCE_END

__all__ = ["OTHER_WORD", "STEM", "TARGET_WORD", "Vocabulary", "Words", "read_words", "sentence_starts"]

STEM: Final = 6
# Longest of the abbreviations after which no sentence ends.
_LONGEST_ABBREVIATION: Final = 4
_ABBREVIATION_WINDOW: Final = 8
# Words that no text holds: what stands for a mention in a view.
TARGET_WORD, OTHER_WORD = 1, 2


class Vocabulary:
    """The words that any part of a model asks about, and their first letters.

    Parameters
    ----------
    words : iterable of str
        Folded words.
    prefixes : iterable of str
        First `STEM` letters of words, for stems of words that are not listed.

    Attributes
    ----------
    words, prefixes : list of str
        By number; 0 is any other word, 1 and 2 stand for the mention of the target and of another.
    """

    def __init__(self, words: Iterable[str], prefixes: Iterable[str]) -> None:
        masks = ["", "TARGET", "OTHER"]
        listed = sorted(set(words) - set(masks))
        self.words = masks + listed
        cut = {word[:STEM] for word in listed}
        self.prefixes = masks + sorted((set(prefixes) | cut) - set(masks))
        self.number = {word: i for i, word in enumerate(self.words)}
        self.prefix_number = {prefix: i for i, prefix in enumerate(self.prefixes)}
        self._words = HashTable(hash_strings(self.words[1:]))
        self._prefixes = HashTable(hash_strings(self.prefixes[1:]))
        self.prefix_of = np.array([self.prefix_number[word[:STEM]] for word in self.words], np.int32)
        self.long = np.array([len(word) > STEM for word in self.words], bool)

    def find(self, hashes: Hashes) -> npt.NDArray[np.int32]:
        """Number of each word."""
        return self._words.rows(hashes)

    def find_prefixes(self, hashes: Hashes) -> npt.NDArray[np.int32]:
        """Number of each word's first letters."""
        return self._prefixes.rows(hashes)


@dataclass(frozen=True)
class Words:
    """The words of a batch of texts, one text after the other.

    Attributes
    ----------
    starts, ends : ndarray of shape (n_words,), int64
        Characters of `Characters.text`.
    hashes : ndarray of shape (n_words,), uint64
    number : ndarray of shape (n_words,), int32
        Number in the vocabulary; 0 for a word outside it.
    prefix : ndarray of shape (n_words,), int32
        Number of the first letters.
    long : ndarray of shape (n_words,), bool
        Whether the word is longer than its first letters.
    text : ndarray of shape (n_words,), int32
        Number of the text.
    bounds : ndarray of shape (n_texts + 1,), int64
        Words of text `i` are ``bounds[i]:bounds[i + 1]``.
    sentence : ndarray of shape (n_words,), int32
        Number of the sentence among all of the batch.
    sentence_bounds : ndarray of shape (n_texts + 1,), int64
        Sentences of text `i`; every text has at least one.
    breaks, commas : ndarray of shape (n_words + 1,), int64
        Prefix sums: how many of the words up to here have a break, or a comma, just before them.
    """

    starts: Ints
    ends: Ints
    hashes: Hashes
    number: npt.NDArray[np.int32]
    prefix: npt.NDArray[np.int32]
    long: npt.NDArray[np.bool_]
    text: npt.NDArray[np.int32]
    bounds: Ints
    sentence: npt.NDArray[np.int32]
    sentence_bounds: Ints
    breaks: Ints
    commas: Ints


def read_words(characters: Characters, vocabulary: Vocabulary) -> Words:
    """Words with their numbers and sentences."""
    letters = characters.folded != 0
    edges = np.flatnonzero(letters[1:] != letters[:-1]) + 1
    if len(letters) and letters[0]:
        edges = np.concatenate([[0], edges])
    starts, ends = edges[0::2], edges[1::2]
    bounds = np.searchsorted(starts, characters.bounds)
    text = np.repeat(np.arange(len(bounds) - 1, dtype=np.int32), np.diff(bounds))
    hashes = hash_spans(characters.folded, starts, ends, characters.sums)
    number = vocabulary.find(hashes)
    prefix, long = vocabulary.prefix_of[number], vocabulary.long[number]
    unknown = np.flatnonzero(number == 0)
    first = starts[unknown]
    length = ends[unknown] - first
    prefix[unknown] = vocabulary.find_prefixes(hash_spans(characters.folded, first, first + np.minimum(length, STEM), characters.sums))
    long[unknown] = length > STEM
    opening = sentence_starts(characters)
    # The first word of each later sentence of its text.
    n_texts = len(bounds) - 1
    sentence_text = np.searchsorted(characters.bounds, opening, "right") - 1
    sentence_bounds = np.arange(n_texts + 1) + np.searchsorted(sentence_text, np.arange(n_texts + 1))
    step = np.zeros(len(starts) + 1, np.int32)
    np.add.at(step, np.searchsorted(starts, opening), 1)
    np.add.at(step, bounds[1:-1], 1)
    sentence = np.cumsum(step[:-1], dtype=np.int32)
    gap = np.zeros((2, len(starts) + 1), np.int64)
    for row, mark in zip(gap, (BREAK, COMMA), strict=True):
        places = np.flatnonzero(characters.kind & mark)
        after = np.searchsorted(starts, places)
        row[1:][after[after < len(starts)]] = 1
    return Words(starts, ends, hashes, number, prefix, long, text, bounds, sentence, sentence_bounds, *np.cumsum(gap, axis=1))


def sentence_starts(characters: Characters) -> Ints:
    """Where the second and later sentences of the texts begin, in order; as `sahel_classify.text.split_sentences` parts them."""
    kind = characters.kind
    ender = kind & ENDER != 0
    # NULs stand after each text: two characters after an ender there is always one, or the end.
    places = np.flatnonzero(ender[1:-1] & ~ender[:-2]) + 1
    if len(ender) > 1 and ender[0]:
        places = np.concatenate([[0], places])
    following = kind[places + 1]
    likely = following & (SPACE | ENDER | CLOSER) != 0
    places, following = places[likely], following[likely]
    second = kind[np.minimum(places + 2, len(kind) - 1)]
    simple = (following & SPACE != 0) & (second & CAPITAL != 0)
    letters = characters.folded != 0
    low = np.maximum(places - _LONGEST_ABBREVIATION - 1, 0)
    counts = np.stack([letters[np.minimum(low + k, places)] for k in range(_LONGEST_ABBREVIATION + 1)])
    sure = simple & counts.all(axis=0) & (places > _LONGEST_ABBREVIATION)
    found = [places[sure] + 2]
    doubtful = places[~sure]
    owner = np.searchsorted(characters.bounds, doubtful, "right") - 1
    text = characters.text
    slow: list[int] = []
    for place, begin, end in zip(
        doubtful.tolist(), characters.bounds[owner].tolist(), (characters.bounds[owner + 1] - 1).tolist(), strict=True
    ):
        match = SENTENCE_END.match(text, place, end)
        if match is None:
            continue
        if text[place] == "." and ABBREVIATION.search(text[max(begin, place - _ABBREVIATION_WINDOW) : place + 1]):
            continue
        slow.append(match.end())
    return np.sort(np.concatenate([*found, np.array(slow, np.int64)]))
