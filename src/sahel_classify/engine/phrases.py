"""The longest phrase at each place of a batch, left to right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from sahel_classify.engine.hashing import HashTable, Ints, combine
from sahel_classify.engine.words import Vocabulary

__all__ = ["PhraseTable", "without_overlaps"]


class PhraseTable:
    """Phrases by number.

    Parameters
    ----------
    phrases : sequence of tuple of str
        Folded words of each phrase, all in the vocabulary; a phrase's number is its position plus 1.
    vocabulary : Vocabulary
    """

    def __init__(self, phrases: Sequence[tuple[str, ...]], vocabulary: Vocabulary) -> None:
        self._starting = np.zeros(len(vocabulary.words), np.int32)
        self._single = np.zeros(len(vocabulary.words), np.int32)
        by_length: dict[int, list[tuple[int, list[int]]]] = {}
        for number, phrase in enumerate(phrases, 1):
            words = [vocabulary.number[word] for word in phrase]
            self._starting[words[0]] |= 1 << len(words)
            if len(words) == 1:
                self._single[words[0]] = number
            else:
                by_length.setdefault(len(words), []).append((number, words))
        self._tables: Mapping[int, tuple[HashTable, npt.NDArray[np.int32]]] = {
            length: (
                HashTable(combine(*np.array([words for _, words in found], np.uint64).T)),
                np.array([0, *(number for number, _ in found)], np.int32),
            )
            for length, found in sorted(by_length.items())
        }

    def at(self, number: npt.NDArray[np.int32], last: Ints) -> list[tuple[int, Ints, npt.NDArray[np.int32]]]:
        """For each length, the places where a phrase of that length begins, and its number.

        Parameters
        ----------
        number : ndarray of shape (n_words,), int32
        last : ndarray of shape (n_words,), int64
            End of the text of each word.
        """
        starting = self._starting[number]
        single = self._single[number]
        places = np.flatnonzero(single)
        found = [(1, places, single[places])]
        several = np.flatnonzero(starting & ~0b11)
        starting = starting[several]
        words = number.astype(np.uint64)
        for length, (table, numbers) in self._tables.items():
            places = several[starting & (1 << length) != 0]
            places = places[places + length <= last[places]]
            rows = numbers[table.rows(combine(*(words[places + k] for k in range(length))))]
            hit = rows != 0
            found.append((length, places[hit], rows[hit]))
        return found


def without_overlaps(place: Ints, length: Ints) -> npt.NDArray[np.bool_]:
    """Which of several matches, at most one a place and in order, are kept when each hides those that begin within it.

    Parameters
    ----------
    place, length : ndarray of shape (n,), int64
    """
    kept = np.ones(len(place), bool)
    if not len(place):
        return kept
    end = place + length
    reach = np.maximum.accumulate(end)
    hidden = np.flatnonzero(np.concatenate([[False], place[1:] < reach[:-1]]))
    if not len(hidden):
        return kept
    # Chains of overlapping matches: each begins after all before it have ended.
    places, ends = place.tolist(), end.tolist()
    reached = -1
    previous = -2
    for i in hidden.tolist():
        if i != previous + 1:
            reached = ends[i - 1]
        previous = i
        if places[i] < reached:
            kept[i] = False
        else:
            reached = ends[i]
    return kept
