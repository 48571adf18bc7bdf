"""A text as every part of the package reads it: words with their places, sentences, language."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from sahel_classify.language import SUPPORTED_LANGUAGES, guess_language
from sahel_classify.text import Word, check_text, split_sentences, word_spans

__all__ = ["AnalyzedText", "analyze"]


@dataclass(frozen=True, slots=True)
class AnalyzedText:
    """A text's words.

    Attributes
    ----------
    text : str
    spans : tuple of Word
        Words with their places.
    forms : tuple of str
        Their folded forms.
    sentences : tuple of int
        Number of the sentence that each word stands in, from 0.
    guessed : str or None
        The language guessed; see `sahel_classify.language.guess_language`.
    language : str
        ``"fr"`` or ``"en"``: the language whose lexicon entries apply.
    """

    text: str
    spans: tuple[Word, ...]
    forms: tuple[str, ...]
    sentences: tuple[int, ...]
    guessed: str | None
    language: str


def analyze(text: str, language: str | None = None) -> AnalyzedText:
    """Read a text.

    Parameters
    ----------
    text : str
    language : str or None
        Its language where it is known; None guesses, and takes French where nothing tells.

    Raises
    ------
    InputError
        If `text` is not a string.

    Examples
    --------
    >>> found = analyze("Bamako accuse. Paris répond.")
    >>> found.forms, found.sentences
    (('bamako', 'accuse', 'paris', 'repond'), (0, 0, 1, 1))
    """
    spans = tuple(word_spans(check_text(text)))
    forms = tuple(word.form for word in spans)
    starts = [start for start, _ in split_sentences(text)]
    sentences = tuple(max(0, bisect_right(starts, word.start) - 1) for word in spans)
    guessed = guess_language(forms)
    chosen = language if language in SUPPORTED_LANGUAGES else guessed
    return AnalyzedText(text, spans, forms, sentences, guessed, chosen if chosen in SUPPORTED_LANGUAGES else "fr")
