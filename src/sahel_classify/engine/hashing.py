"""64-bit hashes of words as whole-array arithmetic, and the tables that look them up.

A word's hash is the polynomial of its characters modulo 2^64 (Karp and Rabin 1987, https://doi.org/10.1147/rd.312.0249), read off
prefix sums over the whole batch, then mixed. Two of a million different words share a hash with a chance below 10^-7.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = [
    "HashTable",
    "Hashes",
    "Ints",
    "combine",
    "combined_string",
    "extend",
    "hash_spans",
    "hash_string",
    "hash_strings",
    "prefix_sums",
]

Hashes = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

_MASK: Final = (1 << 64) - 1
_BASE: Final = 0x9E3779B97F4A7C15
_INVERSE: Final = pow(_BASE, -1, 1 << 64)
_MIX: Final = 0xD6E8FEB86659FD93
_SHIFT: Final = np.uint64(32)


class _Powers:
    """Powers of the base and of its inverse, as many as were ever asked for."""

    def __init__(self) -> None:
        self.up = self.down = np.ones(1, np.uint64)

    def grow(self, n: int) -> None:
        if n > len(self.up):
            n = 1 << int(n - 1).bit_length()
            steps = np.full(n, _BASE, np.uint64)
            steps[0] = 1
            self.up = np.multiply.accumulate(steps)
            steps[1:] = np.uint64(_INVERSE)
            self.down = np.multiply.accumulate(steps)


_POWERS: Final = _Powers()


def _mixed(h: Hashes) -> Hashes:
    h = (h ^ (h >> _SHIFT)) * np.uint64(_MIX)
    return h ^ (h >> _SHIFT)


def hash_spans(codes: npt.NDArray[np.uint16], starts: Ints, ends: Ints, sums: Hashes | None = None) -> Hashes:
    """Hash of each span ``codes[start:end]``.

    Parameters
    ----------
    codes : ndarray of shape (n_characters,), uint16
    starts, ends : ndarray of shape (n_spans,), int64
    sums : ndarray of shape (n_characters + 1,), uint64, or None
        `prefix_sums` of `codes`, where they are at hand.
    """
    sums = prefix_sums(codes) if sums is None else sums
    return _mixed((sums[ends] - sums[starts]) * _POWERS.down[starts])


def prefix_sums(codes: npt.NDArray[np.uint16]) -> Hashes:
    """Prefix sums of the polynomial, of shape (n_characters + 1,)."""
    _POWERS.grow(len(codes) + 1)
    sums = np.empty(len(codes) + 1, np.uint64)
    sums[0] = 0
    np.cumsum(codes * _POWERS.up[: len(codes)], out=sums[1:])
    return sums


def hash_strings(strings: Sequence[str]) -> Hashes:
    """`hash_string` of each of several strings without characters beyond the Basic Multilingual Plane."""
    codes = np.frombuffer("".join(strings).encode("utf-16-le", "surrogatepass"), np.uint16)
    ends = np.cumsum(np.fromiter(map(len, strings), np.int64, len(strings)))
    return hash_spans(codes, np.concatenate([[0], ends[:-1]]), ends)


@lru_cache(maxsize=1 << 16)
def hash_string(string: str) -> int:
    """Hash of one string; of a folded word it is the word's."""
    h = 0
    for character in reversed(string):
        h = (h * _BASE + ord(character)) & _MASK
    h = ((h ^ (h >> 32)) * _MIX) & _MASK
    return h ^ (h >> 32)


def combine(*parts: Hashes | int) -> Hashes:
    """Hash of a tuple of hashes, each an array or one for all."""
    h: Hashes = np.zeros(1, np.uint64)
    for part in parts:
        h = extend(h, np.uint64(part) if isinstance(part, int) else part)
    return h


def extend(h: Hashes, part: Hashes | np.uint64) -> Hashes:
    """Hash of a tuple with one more part."""
    return _mixed((h ^ part) + np.uint64(_BASE))


class HashTable:
    """Hash → row number, for whole arrays: open addressing with linear probing.

    Parameters
    ----------
    keys : iterable of int, or ndarray of uint64
        Distinct hashes, none 0; the row of a key is its position plus 1, that of any other hash 0.
    """

    def __init__(self, keys: Iterable[int] | Hashes) -> None:
        listed = keys if isinstance(keys, np.ndarray) else np.fromiter(keys, np.uint64)
        bits = max(4, int(np.ceil(np.log2(max(1, len(listed)) * 3))))
        self._shift = np.uint64(64 - bits)
        self._last = (1 << bits) - 1
        self._keys = np.zeros(1 << bits, np.uint64)
        self._rows = np.zeros(1 << bits, np.int32)
        slots = self._slots(listed)
        waiting = np.arange(len(listed))
        while len(waiting):
            free = self._keys[slots] == 0
            _, first = np.unique(slots[free], return_index=True)
            placed = np.flatnonzero(free)[first]
            self._keys[slots[placed]] = listed[waiting[placed]]
            self._rows[slots[placed]] = waiting[placed] + 1
            left = np.ones(len(waiting), bool)
            left[placed] = False
            waiting, slots = waiting[left], (slots[left] + 1) & self._last

    def _slots(self, hashes: Hashes) -> Ints:
        return (hashes >> self._shift).astype(np.int64)

    def rows(self, hashes: Hashes) -> npt.NDArray[np.int32]:
        """Row of each hash, 0 where it is none of the keys."""
        slots = self._slots(hashes)
        keys = self._keys[slots]
        found = self._rows[slots]
        found[keys != hashes] = 0
        pending = np.flatnonzero((keys != hashes) & (keys != 0))
        while len(pending):
            slots_left = (slots[pending] + 1) & self._last
            slots[pending] = slots_left
            keys = self._keys[slots_left]
            hit = keys == hashes[pending]
            found[pending[hit]] = self._rows[slots_left[hit]]
            pending = pending[~hit & (keys != 0)]
        return found


def combined_string(parts: Sequence[str]) -> int:
    """`combine` of the hashes of strings."""
    return int(combine(*(hash_string(part) for part in parts))[0])
