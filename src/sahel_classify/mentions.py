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

__all__ = ["Headline", "Mention", "MentionFinder", "candidate_features"]

ARTICLES: Final = frozenset({"le", "la", "les", "l", "the"})
_BREAK: Final = re.compile(r"[.!?;:…()\[\]«»\"“”]")
EDGE: Final = "|"
Part = tuple[str | bool | int, ...]
NAMING: Final = frozenset({"alias", "place", "demonym", "noun"})
TELLING: Final = frozenset({"place", "demonym", "context"})
# How many words may stand between a candidate and a name beside it.
BESIDE: Final = 3


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


@dataclass(frozen=True, slots=True)
class Headline:
    """What an article's headline tells of whose government is meant.

    Attributes
    ----------
    given : bool
    targets : frozenset of str
        Ids of the targets of which a place, demonym or context word stands in it.
    elsewhere : bool
        Whether it names another state.
    """

    given: bool = False
    targets: frozenset[str] = frozenset()
    elsewhere: bool = False


def candidate_features(candidate: Candidate, text: AnalyzedText, found: Sequence[Candidate], headline: Headline) -> list[str]:
    """Features of a candidate, all of weight 1: its form, the words around it, what else the text and its headline name.

    Parameters
    ----------
    candidate : Candidate
    text : AnalyzedText
    found : sequence of Candidate
        All candidates of the text, in order.
    headline : Headline
    """
    kind = f"{candidate.kind}:{candidate.target}" if candidate.kind in {"place", "demonym"} else candidate.kind
    noun = " ".join(text.forms[candidate.first : candidate.end]) if candidate.kind == "noun" else ""
    parts = [(), *_around(candidate, text, noun), *_named_around(candidate, text, found, noun), *_told(candidate, found, headline, noun)]
    # Tabs, so that a feature's parts can be told apart again (engine/mentions.py).
    return ["\t".join((kind, *map(str, part))) for part in parts]


def _broken(text: AnalyzedText, position: int) -> bool:
    """Whether punctuation parts a word from the one before it."""
    return bool(_BREAK.search(text.text, text.spans[position - 1].end, text.spans[position].start))


def _comma(text: AnalyzedText, position: int) -> bool:
    return "," in text.text[text.spans[position - 1].end : text.spans[position].start]


def _around(candidate: Candidate, text: AnalyzedText, noun: str) -> list[Part]:
    spans, forms = text.spans, text.forms
    first, end = candidate.first, candidate.end
    opened = first
    while opened > 0 and forms[opened - 1] in ARTICLES and not _broken(text, opened):
        opened -= 1
    article = forms[first - 1] if opened < first else ""
    before = second_before = after = second_after = EDGE
    if opened > 0 and not _broken(text, opened):
        before = forms[opened - 1]
        if opened > 1 and not _broken(text, opened - 1):
            second_before = forms[opened - 2]
    if end < len(forms) and not _broken(text, end):
        after = forms[end]
        if end + 1 < len(forms) and not _broken(text, end + 1):
            second_after = forms[end + 1]
    comma_before = opened > 0 and _comma(text, opened)
    comma_after = end < len(forms) and _comma(text, end)
    features: list[Part] = [
        ("form", candidate.target, " ".join(forms[first:end])),
        ("article", article),
        ("before", before),
        ("two before", second_before, before),
        ("second before", second_before),
        ("after", after),
        ("two after", after, second_after),
        ("second after", second_after),
        ("around", before, after),
        ("ending before", before[-3:]),
        ("ending after", after[-3:]),
        ("commas", comma_before, comma_after),
    ]
    if noun:
        features += [
            ("capital", noun, text.text[spans[first].start].isupper()),
            ("before", noun, before),
            ("two before", noun, second_before, before),
            ("after", noun, after),
            ("two after", noun, after, second_after),
        ]
    return features


def _relation(other: Candidate, candidate: Candidate) -> str:
    if other.kind == "elsewhere":
        return "elsewhere"
    return "same" if other.target == candidate.target else f"other {other.kind}"


def _named_around(candidate: Candidate, text: AnalyzedText, found: Sequence[Candidate], noun: str) -> list[Part]:
    """Whose name stands beside it ("les autorités du Cameroun"), and which was named last before it."""
    first, end = candidate.first, candidate.end
    states = [other for other in found if other.kind != "noun" and (other.first, other.end) != (first, end)]
    features: list[Part] = []
    following = next((o for o in states if end <= o.first <= end + BESIDE), None)
    if following is not None and not any(_broken(text, i) for i in range(end, following.first + 1)):
        relation = _relation(following, candidate)
        features += [("next", relation), ("next", relation, following.kind, following.first - end)]
        if _comma(text, end):
            features.append(("next listed", relation))
    else:
        features.append(("next", "none"))
    preceding = next((o for o in reversed(states) if first - BESIDE <= o.end <= first), None)
    if preceding is not None and not any(_broken(text, i) for i in range(preceding.end, first + 1)):
        relation = _relation(preceding, candidate)
        features += [("previous", relation), ("previous", relation, preceding.kind, first - preceding.end)]
        if _comma(text, preceding.end):
            features.append(("previous listed", relation))
    last = next((_relation(o, candidate) for o in reversed(states) if o.first < first), "none")
    then = next((_relation(o, candidate) for o in states if o.first > first), "none")
    sentence = {_relation(o, candidate) for o in states if text.sentences[o.first] == text.sentences[first]}
    beside = ("sentence", "same" in sentence, "elsewhere" in sentence)
    features += [("last", last), ("then", then), beside]
    if noun:
        features += [("last", noun, last), (*beside, noun)]
    return features


def _told(candidate: Candidate, found: Sequence[Candidate], headline: Headline, noun: str) -> list[Part]:
    here = any(other.target == candidate.target and other.kind in TELLING for other in found)
    elsewhere = any(other.target == candidate.target and other.kind == "elsewhere" for other in found)
    in_headline = candidate.target in headline.targets
    told = ("told", here, in_headline, elsewhere)
    over = ("headline", headline.given, in_headline, headline.elsewhere)
    return [told, over, (*told, noun), (*over, noun)] if noun else [told, over]


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

    @property
    def names(self) -> CandidateFinder:
        """The finder of places where a target may be named."""
        found: CandidateFinder = self._candidates  # type: ignore[attr-defined]
        return found

    def read_headline(self, headline: str | None) -> Headline:
        """What a headline tells of whose government its article means."""
        if not headline:
            return Headline()
        found = self.names.find(headline, word_spans(headline), words(headline))
        targets = frozenset(c.target for c in found if c.kind in TELLING)
        return Headline(True, targets, any(c.kind == "elsewhere" for c in found))

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
        found = self.names.find(text.text, text.spans, text.forms)
        told = self.read_headline(headline) if found else Headline()
        here = told.targets.union(c.target for c in found if c.kind in TELLING)
        return [(c, candidate_features(c, text, found, told)) for c in found if c.kind in NAMING and (c.kind != "noun" or c.target in here)]

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
