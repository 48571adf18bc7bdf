"""When a paragraph gets no answer."""

from __future__ import annotations

from typing import Final

from sahel_classify.language import SUPPORTED_LANGUAGES

__all__ = ["abstention"]

_FEWEST_WORDS: Final = 3
_FEWEST_KNOWN_WORDS: Final = 3


def abstention(n_words: int, n_known: int, language: str | None) -> str | None:
    """Why a paragraph gets no answer, or None.

    Parameters
    ----------
    n_words, n_known : int
        Words of the paragraph, and those of them that the model knows.
    language : str or None
        The language guessed.

    Examples
    --------
    >>> abstention(2, 2, "fr"), abstention(9, 5, "es"), abstention(9, 5, None)
    ('too_short', 'language_unsupported', None)
    """
    if n_words < _FEWEST_WORDS:
        return "too_short"
    if language is not None and language not in SUPPORTED_LANGUAGES:
        return "language_unsupported"
    return "no_known_words" if n_known < _FEWEST_KNOWN_WORDS else None
