"""What the caller gets: frozen records of labels, probabilities and their evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

__all__ = ["ArticlePrediction", "Contribution", "Explanation", "Prediction", "StancePrediction"]


@dataclass(frozen=True, slots=True)
class StancePrediction:
    """The stance of a paragraph towards one target.

    Attributes
    ----------
    stance : str
        ``"favor"``, ``"against"`` or ``"neutral"``.
    probabilities : mapping of str to float
        Calibrated probability of each; they sum to 1.
    mentions : tuple of (int, int)
        Characters of the text that name the target; empty where the stance was asked for without a mention.
    """

    stance: str
    probabilities: Mapping[str, float]
    mentions: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Prediction:
    """Topics and stances of one paragraph.

    Attributes
    ----------
    topics : tuple of str
        Predicted topics, the most probable first.
    topic_probabilities : mapping of str to float
        Calibrated probability of every topic of the model.
    stances : mapping of str to StancePrediction
        By target id, in order of first mention.
    language : str or None
        ``"fr"``, ``"en"``, the code of another language, or None where too little tells.
    abstained : str or None
        None, or why there is no answer: ``"too_short"``, ``"no_known_words"``, ``"language_unsupported"``; then there are no
        topics and no stances.
    """

    topics: tuple[str, ...]
    topic_probabilities: Mapping[str, float]
    stances: Mapping[str, StancePrediction] = field(default_factory=lambda: MappingProxyType({}))
    language: str | None = None
    abstained: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The record that the command line writes, without its id."""
        return {
            "language": self.language,
            "topics": list(self.topics),
            "topic_probabilities": dict(self.topic_probabilities),
            "stances": {target: {"stance": s.stance, "probabilities": dict(s.probabilities)} for target, s in self.stances.items()},
            "abstained": self.abstained,
        }


@dataclass(frozen=True, slots=True)
class ArticlePrediction:
    """Paragraphs of an article and their aggregate.

    Attributes
    ----------
    texts : tuple of str
        The paragraphs.
    offsets : tuple of int
        Characters from the start of the article to each paragraph.
    paragraphs : tuple of Prediction
    topic_shares : mapping of str to float
        Share of the answered paragraphs that have each topic.
    topics : tuple of str
        Topics of at least a quarter of the answered paragraphs, or else the most frequent ones; the most frequent first.
    stances : mapping of str to mapping of str to int
        By target, how many paragraphs take each stance.
    """

    texts: tuple[str, ...]
    offsets: tuple[int, ...]
    paragraphs: tuple[Prediction, ...]
    topic_shares: Mapping[str, float]
    topics: tuple[str, ...]
    stances: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Contribution:
    """One part of a decision value.

    Attributes
    ----------
    feature : str
        A word, a pair, a stem (``diplom~``), a lexicon term (``lexicon "force conjointe"``), or ``(baseline)``.
    value : float
        What it adds to the decision value (log-odds).
    spans : tuple of (int, int)
        Characters of the text that it stands for.
    """

    feature: str
    value: float
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a topic or a stance was given: contributions that sum to the decision value.

    Attributes
    ----------
    label : str
        The topic, or ``target=stance``.
    decision : float
        The decision value: log-odds of a topic, or the score of a stance less the mean score of the three.
    probability : float
    threshold : float
        Probability from which on a topic is given; NaN for a stance and in an exclusive scheme, where the most probable is given.
    contributions : tuple of Contribution
        Those for the label first, by falling size of the absolute value.
    """

    label: str
    decision: float
    probability: float
    threshold: float
    contributions: tuple[Contribution, ...]
