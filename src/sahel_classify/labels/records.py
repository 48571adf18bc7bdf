"""A labelled paragraph: its fields, and the checks by which one JSON object becomes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sahel_classify.errors import LabelError
from sahel_classify.lexicon import STANCES

__all__ = ["LabelledParagraph"]

_STRINGS: Final = ("lang", "group", "genre", "headline")


@dataclass(frozen=True, slots=True)
class LabelledParagraph:
    """A paragraph with its annotations.

    Attributes
    ----------
    id, text : str
    topics : tuple of str or None
        None: not annotated for topics; empty: annotated, none applies.
    stances : dict of str to str, or None
        Target id → ``"favor"``, ``"against"`` or ``"neutral"``; None: not annotated for stances.
    lang : str or None
        ``"fr"`` or ``"en"``; None: to be guessed.
    group : str or None
        Paragraphs of one group (article, event) stay on one side of every split.
    genre, headline : str or None
    year : int or None
    extra : dict
        Unknown keys of the record, kept.
    place : str
        Where it was read, such as ``file:line``; no part of what is compared or written.

    Examples
    --------
    >>> record = {"id": "ml-1", "text": "…", "topics": ["diplomacy"], "stances": {"russia": "favor"}, "source": "essai"}
    >>> paragraph = LabelledParagraph.from_dict(record)
    >>> paragraph.topics, paragraph.extra
    (('diplomacy',), {'source': 'essai'})
    >>> paragraph.to_dict() == record
    True
    """

    id: str
    text: str
    topics: tuple[str, ...] | None = None
    stances: Mapping[str, str] | None = None
    lang: str | None = None
    group: str | None = None
    genre: str | None = None
    headline: str | None = None
    year: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    place: str = field(default="", compare=False, repr=False)

    @classmethod
    def from_dict(cls, record: object, place: str = "record") -> LabelledParagraph:
        """Check a decoded JSON object and build the paragraph.

        Parameters
        ----------
        record : object
        place : str
            ``file:line``, for the message of an error; kept.

        Raises
        ------
        LabelError
            Naming the place, the key and the remedy.
        """
        if not isinstance(record, Mapping):
            raise LabelError(f'{place}: {type(record).__name__} where a JSON object is needed, such as {{"id": …, "text": …}}')
        data = dict(record)
        identifier, text = data.pop("id", None), data.pop("text", None)
        if isinstance(identifier, int) and not isinstance(identifier, bool):
            identifier = str(identifier)
        if not isinstance(identifier, str) or not identifier:
            raise LabelError(f'{place}: "id" is missing or no string; give each paragraph an id of its own')
        if not isinstance(text, str) or not text.strip():
            raise LabelError(f'{place}: "text" of {identifier} is missing, empty or no string; write the paragraph there')
        topics, stances = data.pop("topics", None), data.pop("stances", None)
        if topics is not None and not (isinstance(topics, (list, tuple)) and all(isinstance(t, str) and t for t in topics)):
            raise LabelError(f'{place}: "topics" of {identifier} is no list of strings; write [] for none, leave it out if not annotated')
        if stances is not None:
            if not isinstance(stances, Mapping):
                raise LabelError(f'{place}: "stances" of {identifier} is no object; write {{"target": "favor"}}')
            for target, value in stances.items():
                if value not in STANCES:
                    raise LabelError(f"{place}: stance {value!r} of {identifier} towards {target!r} is not one of {', '.join(STANCES)}")
        for name in (*(topics or ()), *(stances or ())):
            if not _is_encodable(name):
                raise LabelError(
                    f"{place}: the name {name!r} in {identifier} holds a lone surrogate, which no file can keep; mend its encoding"
                )
        year = data.pop("year", None)
        if year is not None and (not isinstance(year, int) or isinstance(year, bool)):
            raise LabelError(f'{place}: "year" of {identifier} is {year!r}; give a whole number')
        strings: dict[str, str | None] = {key: data.pop(key, None) for key in _STRINGS}
        for key, value in strings.items():
            if value is not None and not isinstance(value, str):
                raise LabelError(f"{place}: {key!r} of {identifier} is {type(value).__name__}; give a string")
        return cls(
            identifier,
            text,
            None if topics is None else tuple(dict.fromkeys(topics)),
            None if stances is None else dict(stances),
            year=year,
            extra=data,
            place=place,
            **strings,
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as it was read: absent fields left out, unknown keys kept."""
        record: dict[str, Any] = {"id": self.id, "lang": self.lang, "text": self.text}
        record["topics"] = None if self.topics is None else list(self.topics)
        record["stances"] = None if self.stances is None else dict(self.stances)
        record.update(group=self.group, genre=self.genre, year=self.year, headline=self.headline)
        return {key: value for key, value in record.items() if value is not None} | dict(self.extra)


def _is_encodable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
