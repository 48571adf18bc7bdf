"""A paragraph seen from a target: its words with the target masked, each with its distance from it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sahel_classify.analysis import AnalyzedText
from sahel_classify.mentions import Mention

__all__ = ["FAR", "OTHER", "SURFACE", "TARGET", "StanceView", "stance_view"]

# Upper case, so that no folded word of a text can be mistaken for them.
TARGET: Final = "TARGET"
OTHER: Final = "OTHER"
FAR: Final = 99
# Signs of the manner of a paragraph: comment and speech exclaim and ask, reports quote.
SURFACE: Final = ("exclamation marks a word", "question marks a word", "quotes", "hundreds of words")
_QUOTATION_MARKS: Final = frozenset('«»"“”„')


@dataclass(frozen=True, slots=True)
class StanceView:
    """A paragraph as seen from one target.

    Attributes
    ----------
    words : tuple of str
        Folded words, each mention of the target replaced by ``TARGET`` and each of another target by ``OTHER``.
    distance : tuple of int
        Words from the nearest mention of the target, negative before it; ±99 in a sentence that does not mention it.
    spans : tuple of (int, int)
        Characters of the text that each word stands for.
    language : str
    target : str
    surface : tuple of float
        The values of `SURFACE`.
    """

    words: tuple[str, ...]
    distance: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]
    language: str
    target: str
    surface: tuple[float, ...]


def stance_view(text: AnalyzedText, mentions: Iterable[Mention], target: str) -> StanceView:
    """See a paragraph from a target.

    Parameters
    ----------
    text : AnalyzedText
    mentions : iterable of Mention
        Mentions of all targets; there may be none of `target` (its stance was asked for all the same).
    target : str

    Examples
    --------
    >>> from sahel_classify.analysis import analyze
    >>> found = [Mention("aes", 0, 6, 0, 1), Mention("france", 14, 19, 2, 3)]
    >>> view = stance_view(analyze("Bamako accuse Paris."), found, "france")
    >>> view.words, view.distance
    (('OTHER', 'accuse', 'TARGET'), (-2, -1, 0))
    """
    masks: dict[int, tuple[int, str]] = {}
    for mention in mentions:
        own = mention.target == target
        if own or mention.first_word not in masks:
            masks[mention.first_word] = (mention.end_word, TARGET if own else OTHER)
    spans = text.spans
    forms: list[str] = []
    places: list[tuple[int, int]] = []
    sentence: list[int] = []
    position = 0
    while position < len(spans):
        end, form = masks.get(position, (position + 1, spans[position].form))
        forms.append(form)
        places.append((spans[position].start, spans[end - 1].end))
        sentence.append(text.sentences[position])
        position = end
    return StanceView(tuple(forms), tuple(_distances(forms, sentence)), tuple(places), text.language, target, _surface(text))


def _surface(text: AnalyzedText) -> tuple[float, ...]:
    n = max(1, len(text.forms))
    quotes = float(any(mark in text.text for mark in _QUOTATION_MARKS))
    return (text.text.count("!") / n, text.text.count("?") / n, quotes, len(text.forms) / 100)


def _distances(forms: Sequence[str], sentence: Sequence[int]) -> list[int]:
    own = [i for i, form in enumerate(forms) if form == TARGET]
    by_sentence: dict[int, list[int]] = {}
    for place in own:
        by_sentence.setdefault(sentence[place], []).append(place)
    found: list[int] = []
    for i in range(len(forms)):
        beside = by_sentence.get(sentence[i])
        if beside:
            found.append(max(-FAR + 1, min(FAR - 1, i - _nearest(beside, i))))
        else:
            found.append(FAR if not own or i > _nearest(own, i) else -FAR)
    return found


def _nearest(places: Sequence[int], position: int) -> int:
    """The nearest of rising places; the earlier of two equally near."""
    after = bisect_left(places, position)
    return min(places[max(0, after - 1) : after + 1], key=lambda place: abs(place - position))
