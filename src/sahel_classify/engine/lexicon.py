"""What the lexicon says of a batch: matches, and the features made of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sahel_classify.engine.hashing import Ints
from sahel_classify.engine.phrases import PhraseTable, without_overlaps
from sahel_classify.engine.words import Vocabulary
from sahel_classify.lexicon import SHARE_PRIOR, SHORTEST_LENGTH, Lexicon
from sahel_classify.sparse import FloatArray

__all__ = ["Hits", "LexiconTable", "topic_features"]


@dataclass(frozen=True)
class Hits:
    """What the matched phrases give: one entry a match and label.

    Attributes
    ----------
    first : ndarray of shape (n_hits,), int64
        First word of the match.
    label : ndarray of shape (n_hits,), int32
    weight : ndarray of shape (n_hits,), float64
    """

    first: Ints
    label: npt.NDArray[np.int32]
    weight: FloatArray


class LexiconTable:
    """A lexicon ready for batches.

    Parameters
    ----------
    lexicon : Lexicon
    vocabulary : Vocabulary
    """

    def __init__(self, lexicon: Lexicon, vocabulary: Vocabulary) -> None:
        self.n_labels = len(lexicon.labels)
        tables = [lexicon.phrases("fr"), lexicon.phrases("en")]
        phrases = sorted(set(tables[0]) | set(tables[1]))
        self._index = PhraseTable(phrases, vocabulary)
        weights: list[tuple[int, float]] = []
        bounds = [0]
        self._known = np.zeros((2, len(phrases) + 1), bool)
        for language, table in enumerate(tables):
            for number, phrase in enumerate(phrases, 1):
                by_label = table.get(phrase)
                if by_label is not None:
                    self._known[language, number] = True
                    weights.extend(sorted(by_label.items()))
                bounds.append(len(weights))
        self._bounds = np.array(bounds)
        self._labels = np.array([label for label, _ in weights], np.int32)
        self._weights = np.array([weight for _, weight in weights], np.float64)
        self._n_phrases = len(phrases)

    def hits(self, number: npt.NDArray[np.int32], last: Ints, english: npt.NDArray[np.bool_]) -> Hits:
        """Hits of a batch.

        Parameters
        ----------
        number : ndarray of shape (n_words,), int32
        last : ndarray of shape (n_words,), int64
            End of the text of each word.
        english : ndarray of shape (n_words,), bool
            Whether the word's text is English; else it is French.
        """
        language = english.astype(np.int8)
        length = np.zeros(len(number), np.int8)
        phrase = np.zeros(len(number), np.int32)
        for n, places, numbers in self._index.at(number, last):
            known = self._known[language[places], numbers]
            length[places[known]] = n
            phrase[places[known]] = numbers[known]
        first = np.flatnonzero(length)
        first = first[without_overlaps(first, length[first].astype(np.int64))]
        row = language[first].astype(np.int64) * self._n_phrases + phrase[first] - 1
        begin, end = self._bounds[row], self._bounds[row + 1]
        count = end - begin
        entry = np.repeat(begin - np.concatenate([[0], np.cumsum(count)[:-1]]), count) + np.arange(count.sum()) if len(count) else begin
        return Hits(np.repeat(first, count), self._labels[entry], self._weights[entry])


def topic_features(
    hits: Hits, text: npt.NDArray[np.int32], sentence: npt.NDArray[np.int32], n_words: Ints, sentence_bounds: Ints, n_labels: int
) -> FloatArray:
    """Features of each text as `Lexicon.features` gives them, of shape (n_texts, 6 * n_labels).

    Parameters
    ----------
    hits : Hits
    text, sentence : ndarray of shape (n_hits,), int32
        Text and sentence of each hit.
    n_words : ndarray of shape (n_texts,), int64
    sentence_bounds : ndarray of shape (n_texts + 1,), int64
    n_labels : int
    """
    n_texts, n_sentences = len(n_words), int(sentence_bounds[-1])
    by_sentence = np.bincount(sentence * np.int64(n_labels) + hits.label, hits.weight, n_sentences * n_labels).reshape(
        n_sentences, n_labels
    )
    starts = sentence_bounds[:-1]
    total = np.add.reduceat(by_sentence, starts, axis=0)
    best = np.maximum.reduceat(by_sentence, starts, axis=0)
    won = (by_sentence == by_sentence.max(axis=1, keepdims=True)) & (by_sentence > 0)
    place = text * np.int64(n_labels) + hits.label
    positive = np.maximum(hits.weight, 0.0)
    strongest = np.zeros(n_texts * n_labels)
    np.maximum.at(strongest, place, positive)
    share = np.bincount(place, positive, n_texts * n_labels).reshape(n_texts, n_labels)
    return np.concatenate(
        [
            np.sign(total) * np.log1p(np.abs(total)),
            total / np.maximum(SHORTEST_LENGTH, n_words)[:, None],
            strongest.reshape(n_texts, n_labels),
            np.log1p(np.maximum(best, 0)),
            np.add.reduceat(won, starts, axis=0, dtype=np.float64),
            share / (share.sum(axis=1, keepdims=True) + SHARE_PRIOR),
        ],
        axis=1,
    )
