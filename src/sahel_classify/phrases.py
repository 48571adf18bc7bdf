"""Finding phrases in a list of folded words, longest match first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, TypeVar

__all__ = ["PhraseIndex"]

V = TypeVar("V")


class PhraseIndex(Generic[V]):
    """Phrases by their first word, so that most words of a text cost one dictionary look-up.

    Parameters
    ----------
    phrases : mapping of (tuple of str) to value
        Folded words of each phrase → what it stands for.

    Examples
    --------
    >>> index = PhraseIndex({("force", "conjointe"): 1, ("force", "conjointe", "du", "g5"): 2})
    >>> list(index.matches("la force conjointe du g5 et la force conjointe".split()))
    [(1, 5, 2), (7, 9, 1)]
    """

    def __init__(self, phrases: Mapping[tuple[str, ...], V]) -> None:
        self._values = dict(phrases)
        # The lengths that occur after a first word, the longest first: most words of a text are first words of nothing.
        lengths: dict[str, set[int]] = {}
        for phrase in phrases:
            lengths.setdefault(phrase[0], set()).add(len(phrase))
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def longest_at(self, words: Sequence[str], position: int) -> Iterator[tuple[int, V]]:
        """Ends and values of the phrases that begin at `position`, the longest first."""
        for length in self._lengths.get(words[position], ()):
            value = self._values.get(tuple(words[position : position + length]))
            if value is not None and position + length <= len(words):
                yield position + length, value

    def matches(self, words: Sequence[str]) -> Iterator[tuple[int, int, V]]:
        """Non-overlapping (start, end, value) from left to right, the longest phrase at each place."""
        position = 0
        while position < len(words):
            if words[position] in self._lengths:
                for end, value in self.longest_at(words, position):
                    yield position, end, value
                    position = end
                    break
                else:
                    position += 1
            else:
                position += 1
