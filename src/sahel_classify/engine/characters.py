"""Texts as arrays of characters: what each folds to, and the classes of characters that the rest asks about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sahel_classify.engine.hashing import Hashes, Ints, prefix_sums
from sahel_classify.text import SINGLE_WORD, fold_character

__all__ = ["BREAK", "CAPITAL", "CLOSER", "COMMA", "ENDER", "QUOTE", "SPACE", "UPPER", "Characters", "read_characters"]

# Bits of a character's class.
BREAK, COMMA, ENDER, CLOSER, SPACE, CAPITAL, UPPER, QUOTE = (1 << i for i in range(8))
_BREAKS: Final = '.!?;:…()[]«»"“”'
_ENDERS: Final = ".!?…"
_CLOSERS: Final = "\"'»”’)]"
_QUOTES: Final = '«»"“”„'
_UNKNOWN: Final = 0xFFFF
# What folds to anything but one of a-z and 0-9 or a blank: paragraphs with it take the plain road.
_NOT_PLAIN: Final = 0xFFFE
_LIGATURES: Final = {"œ": "oe", "æ": "ae", "Œ": "OE", "Æ": "AE"}
_BEYOND: Final = 0x10000
# A sign without a class that parts words.
_BEYOND_SIGN: Final = ord("*")


class _Tables:
    """What each character of the Basic Multilingual Plane folds to, and its class, worked out when first met."""

    def __init__(self) -> None:
        self.fold = np.full(_BEYOND, _UNKNOWN, np.uint16)
        self.kind = np.zeros(_BEYOND, np.uint8)

    def learn(self, codes: npt.NDArray[np.uint16]) -> None:
        for code in np.unique(codes).tolist():
            character = chr(code)
            folded = fold_character(character)
            plain = folded == " " or (len(folded) == 1 and folded.isascii())
            self.fold[code] = (0 if folded == " " else ord(folded)) if plain else _NOT_PLAIN
            capital = "A" <= character <= "Z" or "À" <= character <= "Ý" or "0" <= character <= "9" or character == "Œ"
            self.kind[code] = (
                BREAK * (character in _BREAKS)
                | COMMA * (character == ",")
                | ENDER * (character in _ENDERS)
                | CLOSER * (character in _CLOSERS)
                | SPACE * character.isspace()
                | CAPITAL * capital
                | UPPER * character.isupper()
                | QUOTE * (character in _QUOTES)
            )


_TABLES: Final = _Tables()


@dataclass(frozen=True)
class Characters:
    """The characters of several texts, one after the other, with a NUL after each.

    Attributes
    ----------
    text : str
        All texts; ligatures are spelled out and the apostrophe of "aujourd'hui" is out.
    folded : ndarray of shape (n_characters,), uint16
        Folded character; 0 where words part.
    kind : ndarray of shape (n_characters,), uint8
        Class bits.
    sums : ndarray of shape (n_characters + 1,), uint64
        Prefix sums for hashing.
    bounds : ndarray of shape (n_texts + 1,), int64
        Text `i` is ``text[bounds[i]:bounds[i + 1] - 1]``.
    plain : ndarray of shape (n_texts,), bool
        Whether the arrays say all of the text; the others are for the plain road.
    inserted, deleted : ndarray of int64
        Places in `text` of a ligature's second letter, and of what follows a character left out.
    """

    text: str
    folded: npt.NDArray[np.uint16]
    kind: npt.NDArray[np.uint8]
    sums: Hashes
    bounds: Ints
    plain: npt.NDArray[np.bool_]
    inserted: Ints
    deleted: Ints

    def original(self, places: Ints) -> Ints:
        """Places in the joined texts as they were given, of places in `text`."""
        shift = np.searchsorted(self.deleted, places, "right") - np.searchsorted(self.inserted, places, "right")
        return places + shift


def read_characters(texts: Sequence[str]) -> Characters:
    """Join texts and fold their characters."""
    joined = "\0".join([*texts, ""])
    bounds = np.concatenate([[0], np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1)])
    codes, foreign = _codes(joined)
    inserted = np.zeros(0, np.int64)
    if any(ligature in joined for ligature in _LIGATURES):
        ligatures = np.flatnonzero(np.isin(codes, [ord(c) for c in _LIGATURES]))
        for ligature, letters in _LIGATURES.items():
            joined = joined.replace(ligature, letters)
        inserted = ligatures + np.arange(1, len(ligatures) + 1)
        bounds = bounds + np.searchsorted(ligatures, bounds, "left")
        codes, foreign = _codes(joined)
    folded = _TABLES.fold[codes]
    strange = np.flatnonzero(folded >= _NOT_PLAIN)
    if len(strange):
        if (folded[strange] == _UNKNOWN).any():
            _TABLES.learn(codes[strange])
            folded = _TABLES.fold[codes]
            strange = np.flatnonzero(folded >= _NOT_PLAIN)
        folded[strange] = 0
    kind = _TABLES.kind[codes]
    plain = np.ones(len(texts), bool)
    plain[np.searchsorted(bounds, np.concatenate([strange, foreign]), "right") - 1] = False
    joints = _joints(joined, folded)
    deleted = np.zeros(0, np.int64)
    if len(joints):
        joined = _without(joined, joints.tolist())
        folded, kind = np.delete(folded, joints), np.delete(kind, joints)
        deleted = joints - np.arange(len(joints))
        bounds = bounds - np.searchsorted(joints, bounds, "left")
        # A deleted apostrophe comes after a ligature's letters that stand before it.
        inserted = inserted - np.searchsorted(joints, inserted, "left")
    return Characters(joined, folded, kind, prefix_sums(folded), bounds, plain, inserted, deleted)


def _codes(text: str) -> tuple[npt.NDArray[np.uint16], Ints]:
    """Code points, and where those beyond the Basic Multilingual Plane stand that are no signs; all of these are `_BEYOND_SIGN`."""
    encoded = text.encode("utf-16-le", "surrogatepass")
    if len(encoded) == 2 * len(text):
        return np.frombuffer(encoded, np.uint16), np.zeros(0, np.int64)
    wide = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    beyond = np.flatnonzero(wide >= _BEYOND)
    codes = wide.astype(np.uint16)
    codes[beyond] = _BEYOND_SIGN
    return codes, beyond[[fold_character(chr(code)) != " " for code in wide[beyond].tolist()]]


def _joints(text: str, folded: npt.NDArray[np.uint16]) -> Ints:
    """Places of apostrophes that part no words ("aujourd'hui", "prud'homme")."""
    if len(folded) < len("prud'h"):
        return np.zeros(0, np.int64)
    # "…d'h…", then the letter before the d.
    likely = np.flatnonzero((folded[3:-1] == 0) & (folded[2:-2] == ord("d")) & (folded[4:] == ord("h"))) + 3
    likely = likely[np.isin(folded[likely - 2], [ord("r"), ord("u")])]
    return np.array([place for place in likely.tolist() if _is_joint(text, place)], np.int64)


def _is_joint(text: str, place: int) -> bool:
    for length in (len("aujourd"), len("prud")):
        found = SINGLE_WORD.match(text, place - length) if place >= length else None
        if found is not None and found.end() == place + 1:
            return True
    return False


def _without(text: str, places: Sequence[int]) -> str:
    pieces = [text[a + 1 : b] for a, b in zip([-1, *places], [*places, len(text)], strict=True)]
    return "".join(pieces)
