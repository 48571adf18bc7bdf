"""Finding phrases in a list of folded words, longest match first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
        self._by_first: dict[str, list[tuple[tuple[str, ...], V]]] = {}
        for phrase, value in phrases.items():
            self._by_first.setdefault(phrase[0], []).append((phrase, value))
        for candidates in self._by_first.values():
            candidates.sort(key=lambda candidate: -len(candidate[0]))

    def longest_at(self, words: Sequence[str], position: int) -> Iterator[tuple[int, V]]:
        """Ends and values of the phrases that begin at `position`, the longest first."""
        for phrase, value in self._by_first.get(words[position], ()):
            end = position + len(phrase)
            if len(phrase) == 1 or tuple(words[position:end]) == phrase:
                yield end, value

    def matches(self, words: Sequence[str]) -> Iterator[tuple[int, int, V]]:
        """Non-overlapping (start, end, value) from left to right, the longest phrase at each place."""
        position = 0
        while position < len(words):
            if words[position] in self._by_first:
                for end, value in self.longest_at(words, position):
                    yield position, end, value
                    position = end
                    break
                else:
                    position += 1
            else:
                position += 1


def ends_with(words: Sequence[str], end: int, phrases: Iterable[tuple[str, ...]] | frozenset[tuple[str, ...]], longest: int) -> int:
    """Length of the longest of `phrases` that ends just before position `end`; 0 if none does."""
    for length in range(min(longest, end), 0, -1):
        if tuple(words[end - length : end]) in phrases:
            return length
    return 0
