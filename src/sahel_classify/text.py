"""Unicode normalisation, words with their places, paragraphs and sentences.

One normaliser serves the whole package: vectoriser, lexicon, targets and language guess see the same words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sahel_classify.errors import InputError

__all__ = [
    "ABBREVIATION",
    "LONGEST_TEXT",
    "SENTENCE_END",
    "SINGLE_WORD",
    "Paragraph",
    "Word",
    "check_text",
    "fold_character",
    "normalize",
    "split_paragraphs",
    "split_sentences",
    "word_spans",
    "words",
    "words_of_each",
]

# A paragraph of a million characters is an archive without line breaks, not a paragraph.
LONGEST_TEXT: Final = 1_000_000

# One word in French although it holds an apostrophe; every other elision parts two words ("l'armée" → l, armee).
SINGLE_WORD = re.compile(r"(?i)(?<![^\W_])(aujourd|prud)['’ʼ`´](?=hui(?![^\W_])|hom)")


class _FoldTable(dict[int, str]):
    """Code point → its folded form, worked out when first met."""

    def __missing__(self, code: int) -> str:
        folded = fold_character(chr(code))
        self[code] = folded
        return folded


# They count as letters in Unicode, but part elisions ("lʼarmée").
_MODIFIER_APOSTROPHES = frozenset("ʼʻʹʽ")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})


def fold_character(character: str) -> str:
    """What a character folds to: letters and digits, "" for a mark, or a blank that parts words."""
    if _is_mark(character):
        return ""
    if unicodedata.normalize("NFC", character) in _MODIFIER_APOSTROPHES or not character.isalnum():
        return " "
    # Twice: what a letter decomposes to ("ℌ" → "H", "Ǽ" → "Æ" and an accent) is folded in its turn.
    folded = _plain_letters(_plain_letters(character).lower()).translate(_LIGATURES)
    # "½" decomposes to digits around a slash that is no word character: such a sign parts words.
    return folded if folded.isalnum() else " "


def _plain_letters(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not _is_mark(c) and c not in _MODIFIER_APOSTROPHES)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


_FOLD: Final = _FoldTable()
# The same, but for line ends, which stay.
_FOLD_LINES: Final = _FoldTable({ord("\n"): "\n"})


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word and its place in the text, in characters (Python code points)."""

    form: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of an article.

    Attributes
    ----------
    text : str
        The paragraph, line breaks within it replaced by single spaces.
    number : int
        Its position in the article, from 1.
    offset : int
        Characters from the start of the article to the paragraph's first character.
    """

    text: str
    number: int
    offset: int


def check_text(text: object) -> str:
    """Return `text` if it is a string, else raise `InputError` saying what came instead.

    Raises
    ------
    InputError
        If `text` is None, bytes or any other type.
    """
    if isinstance(text, str):
        return text
    if isinstance(text, (bytes, bytearray)):
        raise InputError("text is bytes, not str; decode it first, e.g. data.decode('utf-8')")
    raise InputError(f"text is {type(text).__name__}, not str; leave missing paragraphs out or pass an empty string")


def normalize(text: str) -> str:
    """Fold a text to plain lower-case words parted by single spaces.

    Case, accents and ligatures are folded (``É`` → ``e``, ``œ`` → ``oe``), compatibility forms are spelled out, every
    kind of apostrophe and punctuation parts words, and ``aujourd'hui`` stays one word. Canonically equivalent texts
    (NFC and NFD, Unicode Standard Annex 15) give the same words.

    Parameters
    ----------
    text : str
        Any text, lone surrogates and control characters included.

    Returns
    -------
    str
        The words, parted by one space; empty if there are none.

    Raises
    ------
    InputError
        If `text` is not a string.

    Examples
    --------
    >>> normalize("L’armée s'est déployée aujourd’hui à Gao, au cœur du Sahel.")
    'l armee s est deployee aujourdhui a gao au coeur du sahel'
    """
    return " ".join(words(text))


def words(text: str) -> list[str]:
    """Folded words of a text, in order: ``normalize(text).split(" ")``, or an empty list.

    Examples
    --------
    >>> words("N'a-t-elle pas…")
    ['n', 'a', 't', 'elle', 'pas']
    """
    return SINGLE_WORD.sub(r"\1", check_text(text)).translate(_FOLD).split()


def words_of_each(texts: Sequence[str]) -> list[list[str]]:
    r"""`words` of each of many short texts without line ends, in one sweep.

    Examples
    --------
    >>> words_of_each(["l'État malien", "", "Gao"])
    [['l', 'etat', 'malien'], [], ['gao']]
    """
    joined = "\n".join(texts)
    if joined.count("\n") >= len(texts):
        return [words(text) for text in texts]
    return [line.split() for line in SINGLE_WORD.sub(r"\1", joined).translate(_FOLD_LINES).split("\n")] if texts else []


def word_spans(text: str) -> list[Word]:
    """Words of a text with their places: the forms equal ``words(text)``.

    Returns
    -------
    list of Word
        `start` and `end` count characters of `text` as it was given.

    Examples
    --------
    >>> [(w.form, w.start, w.end) for w in word_spans("L'État malien")]
    [('l', 0, 1), ('etat', 2, 6), ('malien', 7, 13)]
    """
    check_text(text)
    joints = {match.end() - 1 for match in SINGLE_WORD.finditer(text)}
    found: list[Word] = []
    form = ""
    start = end = 0
    for index, character in enumerate(text):
        folded = "" if index in joints else _FOLD[ord(character)]
        if folded == " ":
            if form:
                found.append(Word(form, start, end))
            form = ""
        elif folded or form:
            start = start if form else index
            form += folded
            end = index + 1
    if form:
        found.append(Word(form, start, end))
    return found


# Blank lines part paragraphs; \x0b, \x0c, \x85 and the Unicode separators count as line ends too.
_BLANK = re.compile(r"(?>\r\n|[\n\r\x0b\x0c\x85\u2028])[ \t\u00a0\u202f]*(?:(?>\r\n|[\n\r\x0b\x0c\x85\u2028])[ \t\u00a0\u202f]*)+|\u2029")
# Begun only where a run of blanks begins, so that each blank of a long run is read once and not once for each before it.
_LINE_END = re.compile(r"(?<!\s)\s*[\n\r\x0b\x0c\x85\u2028]\s*")


def split_paragraphs(article: str) -> list[Paragraph]:
    r"""Paragraphs of an article, parted by blank lines.

    Examples
    --------
    >>> [(p.number, p.offset, p.text) for p in split_paragraphs("Un.\n\nDeux,\nsuite.\n")]
    [(1, 0, 'Un.'), (2, 5, 'Deux, suite.')]
    """
    check_text(article)
    found: list[Paragraph] = []
    start = 0
    for end, following in [(m.start(), m.end()) for m in _BLANK.finditer(article)] + [(len(article), len(article))]:
        chunk = article[start:end]
        text = chunk.strip().lstrip("\ufeff").strip()
        if text:
            found.append(Paragraph(_LINE_END.sub(" ", text), len(found) + 1, start + chunk.index(text[0])))
        start = following
    return found


# Full stops after these are no sentence ends.
ABBREVIATION = re.compile(
    r"(?:\b(?:M|MM|Mme|Mlle|Dr|Pr|St|Ste|Mr|Mrs|Ms|Gen|Col|Lt|Sgt|Sen|No|no|art|cf|etc|av|env|p|vol|vs|ed)|\b[A-ZÀ-Ý])\.$"
)
SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]+(?:\s?[\"'»”’)\]])*\s+(?=[\"'«“‘(\[]?\s?[A-ZÀ-ÝŒ0-9])")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Sentences of a paragraph as (start, end) spans that cover it without a gap.

    Examples
    --------
    >>> text = "M. Diallo est arrivé. Il a salué l'accord ! Rien de plus."
    >>> [text[a:b] for a, b in split_sentences(text)]
    ['M. Diallo est arrivé. ', "Il a salué l'accord ! ", 'Rien de plus.']
    """
    check_text(text)
    spans: list[tuple[int, int]] = []
    start = 0
    for match in SENTENCE_END.finditer(text):
        head = text[max(start, match.start() - 8) : match.start() + 1]
        if text[match.start()] == "." and ABBREVIATION.search(head):
            continue
        spans.append((start, match.end()))
        start = match.end()
    if start < len(text):
        spans.append((start, len(text)))
    return spans
