"""The longest phrase at each place of a batch, left to right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sahel_classify.engine.hashing import HashTable, Ints, combine, extend
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
        self._single = np.zeros(len(vocabulary.words), np.int32)
        self._begins = np.zeros(len(vocabulary.words), bool)
        # By number of words: the beginnings of longer phrases and the phrases of this length, as a trie's levels.
        levels: dict[int, dict[tuple[int, ...], int]] = {}
        for number, phrase in enumerate(phrases, 1):
            words = tuple(vocabulary.number[word] for word in phrase)
            if len(words) == 1:
                self._single[words[0]] = number
            else:
                self._begins[words[0]] = True
                for length in range(2, len(words)):
                    levels.setdefault(length, {}).setdefault(words[:length], 0)
                levels.setdefault(len(words), {})[words] = number
        self._levels: list[tuple[HashTable, npt.NDArray[np.int32]]] = [
            (
                HashTable(combine(*np.array(list(level), np.uint64).T)),
                np.array([0, *level.values()], np.int32),
            )
            for _, level in sorted(levels.items())
        ]

    def at(self, number: npt.NDArray[np.int32], last: Ints) -> list[tuple[int, Ints, npt.NDArray[np.int32]]]:
        """For each length, the places where a phrase of that length begins, and its number.

        Parameters
        ----------
        number : ndarray of shape (n_words,), int32
        last : ndarray of shape (n_words,), int64
            End of the text of each word.
        """
        single = self._single[number]
        places = np.flatnonzero(single)
        found = [(1, places, single[places])]
        words = number.astype(np.uint64)
        places = np.flatnonzero(self._begins[number])
        hashes = combine(words[places])
        for length, (table, numbers) in enumerate(self._levels, 2):
            inside = places + length <= last[places]
            places = places[inside]
            hashes = extend(hashes[inside], words[places + length - 1])
            rows = table.rows(hashes)
            known = np.flatnonzero(rows)
            places, hashes = places[known], hashes[known]
            phrase = numbers[rows[known]]
            whole = np.flatnonzero(phrase)
            found.append((length, places[whole], phrase[whole]))
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
