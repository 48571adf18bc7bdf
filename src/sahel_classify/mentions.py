"""Which places that may name a target do: a small linear model of the words around them, learned from the labels.

"Bamako accuse", "le Mali accuse" and "l'armée malienne" name the authorities; "à Bamako", "le nord du Mali" and "une
chanteuse malienne" do not. Aliases of a target that the model was not trained on are always mentions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sahel_classify.analysis import AnalyzedText, analyze
from sahel_classify.targets import Candidate, CandidateFinder, Target
from sahel_classify.text import word_spans, words

__all__ = ["Mention", "MentionFinder", "candidate_features"]

_ARTICLES: Final = frozenset({"le", "la", "les", "l", "the"})
_BREAK: Final = re.compile(r"[.!?;:…()\[\]«»\"“”]")
_EDGE: Final = "|"
_NAMING: Final = frozenset({"alias", "place", "demonym", "noun"})
_TELLING: Final = frozenset({"place", "demonym", "context"})


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where a text names a target.

    Attributes
    ----------
    target : str
        Id of the target.
    start, end : int
        Characters from the start of the text; ``text[start:end]`` is what names the target.
    first_word, end_word : int
        Words ``first_word:end_word`` of the text.
    """

    target: str
    start: int
    end: int
    first_word: int
    end_word: int


def candidate_features(candidate: Candidate, text: AnalyzedText, *, here: bool, headline: bool, elsewhere: bool) -> list[str]:
    """Features of a candidate, all of weight 1: its kind and form with the words around it.

    Parameters
    ----------
    candidate : Candidate
    text : AnalyzedText
    here, headline : bool
        Whether a place, demonym or context word of the target stands in the text, and in its headline.
    elsewhere : bool
        Whether another state is named.
    """
    spans, forms = text.spans, text.forms

    def broken(position: int) -> bool:
        return bool(_BREAK.search(text.text, spans[position - 1].end, spans[position].start))

    first, end = candidate.first, candidate.end
    opened = first
    while opened > 0 and forms[opened - 1] in _ARTICLES and not broken(opened):
        opened -= 1
    article = forms[first - 1] if opened < first else ""
    before = second_before = after = second_after = _EDGE
    if opened > 0 and not broken(opened):
        before = forms[opened - 1]
        if opened > 1 and not broken(opened - 1):
            second_before = forms[opened - 2]
    if end < len(forms) and not broken(end):
        after = forms[end]
        if end + 1 < len(forms) and not broken(end + 1):
            second_after = forms[end + 1]
    comma_before = "," in text.text[spans[opened - 1].end : spans[opened].start] if opened else False
    comma_after = "," in text.text[spans[end - 1].end : spans[end].start] if end < len(forms) else False
    kind = f"{candidate.kind}:{candidate.target}" if candidate.kind in {"place", "demonym"} else candidate.kind
    form = " ".join(forms[first:end])
    told = f"here {here} headline {headline} elsewhere {elsewhere}"
    return [
        f"{kind}",
        f"{kind} form {candidate.target} {form}",
        f"{kind} article {article}",
        f"{kind} before {before}",
        f"{kind} before {second_before} {before}",
        f"{kind} second before {second_before}",
        f"{kind} after {after}",
        f"{kind} after {after} {second_after}",
        f"{kind} second after {second_after}",
        f"{kind} around {before} {after}",
        f"{kind} ending before {before[-3:]}",
        f"{kind} ending after {after[-3:]}",
        f"{kind} commas {comma_before} {comma_after}",
        f"{kind} {told}",
        f"{kind} {told} {form if candidate.kind == 'noun' else ''}",
    ]


@dataclass(frozen=True)
class MentionFinder:
    """Finds the mentions of targets in a text.

    Parameters
    ----------
    targets : tuple of Target
    weights : mapping of str to float
        Weight of each feature of `candidate_features`; empty where no model was trained: then aliases alone are mentions.
    intercept : float
    learned : frozenset of str
        Ids of the targets that the weights hold for; for others every alias, and nothing else, is a mention.

    Examples
    --------
    >>> finder = MentionFinder((Target("turkey", aliases=("Turquie", "Ankara")),))
    >>> [(m.target, m.start, m.end) for m in finder.find("La Turquie livre des drones.")]
    [('turkey', 3, 10)]
    """

    targets: tuple[Target, ...]
    weights: Mapping[str, float] = field(default_factory=dict)
    intercept: float = 0.0
    learned: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "_candidates", CandidateFinder(self.targets))
        naming = {t.id: CandidateFinder([Target(t.id, places=t.places, demonyms=t.demonyms, context=t.context)]) for t in self.targets}
        object.__setattr__(self, "_naming", naming)

    def headline_targets(self, headline: str) -> frozenset[str]:
        """Ids of the targets of which a place, demonym or context word stands in a headline."""
        naming: Mapping[str, CandidateFinder] = self._naming  # type: ignore[attr-defined]
        spans, forms = word_spans(headline), words(headline)
        return frozenset(target for target, candidates in naming.items() if candidates.find(headline, spans, forms))

    def with_targets(self, targets: Sequence[Target]) -> MentionFinder:
        """A finder that knows more targets; one of a known id replaces it."""
        added = {target.id: target for target in targets}
        kept = tuple(target for target in self.targets if target.id not in added)
        return MentionFinder(kept + tuple(added.values()), self.weights, self.intercept, self.learned - set(added))

    def find(self, text: str, headline: str | None = None) -> list[Mention]:
        """Mentions of all targets, in order of appearance.

        Parameters
        ----------
        text : str
            A paragraph.
        headline : str or None
            The headline of its article: helps to tell whose "government" is meant.

        Raises
        ------
        InputError
            If `text` is not a string.
        """
        return self.find_in(analyze(text), headline)

    def find_in(self, text: AnalyzedText, headline: str | None = None) -> list[Mention]:
        """Mentions in a text that was analysed already."""
        return [
            Mention(c.target, text.spans[c.first].start, text.spans[c.end - 1].end, c.first, c.end)
            for c, score in self.scored(text, headline)
            if score > 0
        ]

    def candidates(self, text: AnalyzedText, headline: str | None = None) -> list[tuple[Candidate, list[str]]]:
        """Candidates with their features; a noun is none where nothing else tells of its target's places."""
        finder: CandidateFinder = self._candidates  # type: ignore[attr-defined]
        found = finder.find(text.text, text.spans, text.forms)
        told = self.headline_targets(headline) if headline and found else frozenset()
        here = {c.target for c in found if c.kind in _TELLING}
        elsewhere = {c.target for c in found if c.kind == "elsewhere"}
        return [
            (
                c,
                candidate_features(c, text, here=c.target in here, headline=c.target in told, elsewhere=c.target in elsewhere),
            )
            for c in found
            if c.kind in _NAMING and (c.kind != "noun" or c.target in here or c.target in told)
        ]

    def scored(self, text: AnalyzedText, headline: str | None = None) -> list[tuple[Candidate, float]]:
        """Candidates with their decision values: above 0 they are mentions."""
        scored: list[tuple[Candidate, float]] = []
        for candidate, features in self.candidates(text, headline):
            if candidate.target in self.learned:
                score = self.intercept + sum(self.weights.get(feature, 0.0) for feature in features)
            else:
                score = 1.0 if candidate.kind == "alias" else -1.0
            scored.append((candidate, score))
        return scored
