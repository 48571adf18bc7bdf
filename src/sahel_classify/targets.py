"""Targets: the actors towards which a paragraph takes a stance, their names and the places where a text may name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from sahel_classify.errors import LabelError, ParameterError
from sahel_classify.phrases import PhraseIndex
from sahel_classify.text import Word, words

__all__ = ["Candidate", "CandidateFinder", "Target", "parse_target", "read_targets"]


@dataclass(frozen=True, slots=True)
class Target:
    """An actor towards which paragraphs take a stance.

    Attributes
    ----------
    id : str
        Short name, used as key in labels and predictions.
    aliases : tuple of str
        Its names; matched without regard to case and accents, at word boundaries.
    aliases_case_sensitive : tuple of str
        Acronyms that must be written exactly so (``UN`` is no French article).
    places : tuple of str
        Countries and capitals whose names stand for the target where they act ("Bamako accuse…").
    demonyms : tuple of str
        Adjectives of nationality, which name the target beside a noun of the state ("l'armée malienne").
    nouns : tuple of str
        Words that name the target only in a text about its places ("le gouvernement", "la junte").
    context : tuple of str
        Towns, regions, groups that tell that a text is about the target's places; no names of the target themselves.
    elsewhere : tuple of str
        Countries and capitals that tell that `nouns` may mean another state.
    name_en, name_fr : str
        Display names.

    Examples
    --------
    >>> Target("turkey", aliases=("Turquie", "Ankara")).id
    'turkey'
    """

    id: str
    aliases: tuple[str, ...] = ()
    aliases_case_sensitive: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    demonyms: tuple[str, ...] = ()
    nouns: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    name_en: str = ""
    name_fr: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Target:
        """Build from plain lists and strings.

        Raises
        ------
        LabelError
            If a key is unknown or a value has the wrong type.
        """
        known = {f.name for f in fields(cls)}
        unknown = sorted(set(data) - known)
        if unknown:
            raise LabelError(f"target {data.get('id')!r} has unknown keys {', '.join(unknown)}; allowed are {', '.join(sorted(known))}")
        for key, value in data.items():
            listed = isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)
            if not (isinstance(value, str) if key in {"id", "name_en", "name_fr"} else listed):
                raise LabelError(f"target {data.get('id')!r}: {key} has the wrong type; names are strings, the rest lists of strings")
        values: dict[str, Any] = {key: value if isinstance(value, str) else tuple(value) for key, value in data.items()}
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """The fields that are not empty, as plain lists and strings."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items() if value}


def parse_target(definition: str) -> Target:
    """Read ``id=Alias,Alias,…`` as the command line takes it.

    Raises
    ------
    ParameterError
        If the id or the aliases are missing.

    Examples
    --------
    >>> parse_target("turkey=Turquie,Ankara,Erdogan").aliases
    ('Turquie', 'Ankara', 'Erdogan')
    """
    identifier, separator, rest = definition.partition("=")
    aliases = tuple(alias.strip() for alias in rest.split(",") if words(alias))
    if not separator or not identifier.strip() or not aliases:
        raise ParameterError(f"target {definition!r} is not of the form id=Alias,Alias; example: turkey=Turquie,Ankara,Erdogan")
    return Target(identifier.strip(), aliases=aliases)


def read_targets(path: str | Path) -> tuple[Target, ...]:
    """Read a ``targets.toml``: one table ``[targets.ID]`` a target, its keys the attributes of `Target`.

    Raises
    ------
    LabelError
        If the file can't be read or has unknown keys.
    """
    import tomllib  # needed for labels alone, and predicting should start fast

    path = Path(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LabelError(f"{path}: {error}; expected TOML in UTF-8 with tables [targets.ID]") from error
    tables = data.get("targets", {})
    if set(data) - {"targets"} or not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
        raise LabelError(f"{path}: write one table [targets.ID] a target and nothing else")
    try:
        return tuple(Target.from_dict({"id": name, **table}) for name, table in tables.items())
    except LabelError as error:
        raise LabelError(f"{path}: {error}") from error


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place where a text may name a target.

    Attributes
    ----------
    target : str
        Id of the target.
    kind : str
        ``"alias"``, ``"place"``, ``"demonym"``, ``"noun"``; ``"context"`` and ``"elsewhere"`` only tell of the others.
    first, end : int
        Words ``first:end`` of the text.
    """

    target: str
    kind: str
    first: int
    end: int


_KINDS: Final = {
    "aliases": "alias",
    "aliases_case_sensitive": "cased",
    "places": "place",
    "demonyms": "demonym",
    "nouns": "noun",
    "context": "context",
    "elsewhere": "elsewhere",
}


def _plain(surface: str) -> str:
    return surface.replace("’", "'").replace("ʼ", "'")


def fitting_kinds(names: Sequence[tuple[str, str, str]], surface: str) -> list[tuple[str, str]]:
    """(target, kind) of the names that fit what is written, by target; one under two kinds counts as the plainer ("alias" first)."""
    fitting = [(target, kind) for target, kind, cased in names if not cased or cased == _plain(surface)]
    return [(target, min(kind for t, kind in fitting if t == target)) for target in sorted({target for target, _ in fitting})]


class CandidateFinder:
    """Finds where targets may be named: longest match at word boundaries, French and English alike.

    Parameters
    ----------
    targets : sequence of Target

    Attributes
    ----------
    phrases : dict of tuple of str to list of (str, str, str)
        Folded words of each name → target, kind, and the name as it must be written, or "" where any writing will do.
    """

    def __init__(self, targets: Sequence[Target]) -> None:
        phrases: dict[tuple[str, ...], list[tuple[str, str, str]]] = {}
        for target in targets:
            for attribute, kind in _KINDS.items():
                for name in getattr(target, attribute):
                    folded = tuple(words(name))
                    if folded:
                        surface = _plain(name) if kind == "cased" else ""
                        phrases.setdefault(folded, []).append((target.id, kind.replace("cased", "alias"), surface))
        self.phrases = phrases
        self._index = PhraseIndex(phrases)

    def find(self, text: str, spans: Sequence[Word], forms: Sequence[str]) -> list[Candidate]:
        """Candidates in order of appearance; several targets may share a name.

        Parameters
        ----------
        text : str
        spans : sequence of Word
            ``word_spans(text)``.
        forms : sequence of str
            The folded words of `spans`.
        """
        found: list[Candidate] = []
        position = 0
        while position < len(forms):
            step = 1
            for end, names in self._index.longest_at(forms, position):
                kinds = fitting_kinds(names, text[spans[position].start : spans[end - 1].end])
                if kinds:
                    found.extend(Candidate(target, kind, position, end) for target, kind in kinds)
                    step = end - position
                    break
            position += step
        return found
