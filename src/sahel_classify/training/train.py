"""Training a model from labels."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sahel_classify.analysis import AnalyzedText, analyze
from sahel_classify.errors import LabelError, ParameterError
from sahel_classify.features import DenseScaler, ParagraphFeatures, lexicon_matrix
from sahel_classify.labels.folds import groups_of
from sahel_classify.labels.reading import LabelSet, read_labels
from sahel_classify.labels.records import LabelledParagraph
from sahel_classify.lexicon import STANCES, Lexicon
from sahel_classify.mentions import MentionFinder
from sahel_classify.model import Model
from sahel_classify.stance import StanceClassifier
from sahel_classify.stance_features import StanceFeatures
from sahel_classify.stance_view import stance_view
from sahel_classify.topics import TopicClassifier
from sahel_classify.training.mention_fitting import fit_mentions
from sahel_classify.training.stance_fitting import fit_stance_features
from sahel_classify.training.word_lists import lexicon_classifier
from sahel_classify.vectorizer import ParagraphVectorizer

__all__ = ["train"]

_LEXICON_WEIGHT: Final = 0.07
_HEADLINE_WEIGHT: Final = 0.05
_ENOUGH_HEADLINES: Final = 200
# Whole articles in their natural mix give honest thresholds, if there are enough of them to tell.
_ENOUGH_NATURAL: Final = 500
# A group of this many paragraphs is an article; smaller ones are often written to contrast with one another.
_ARTICLE: Final = 5
_SMALLEST_FOR_MIN_DF: Final = 300


def train(
    *sources: Any,
    lexicon: Any = None,
    exclusive: bool = False,
    seed: int = 0,
    n_folds: int = 5,
) -> Model:
    """Train a model from labelled paragraphs, word lists, or both.

    Parameters
    ----------
    *sources : path, records, data frame or LabelSet
        See `sahel_classify.read_labels`.
    lexicon : path or None
        One more lexicon file (term, lang, label, weight, parted by tabs).
    exclusive : bool, default=False
        Every paragraph has exactly one topic: probabilities sum to 1.
    seed : int, default=0
        Equal labels and seed give an equal model.
    n_folds : int, default=5
        Folds for calibration and thresholds; groups are never split.

    Returns
    -------
    Model

    Raises
    ------
    LabelError
        If the labels can't be read or hold nothing to learn.
    ParameterError
        If `exclusive` is set and a paragraph has not exactly one topic.

    Examples
    --------
    >>> records = [{"id": str(i), "text": t, "topics": [c]} for i, (t, c) in enumerate(
    ...     [("La mine d'or rouvre.", "mines"), ("Le stade est plein.", "sport")] * 10)]
    >>> model = train(records)
    >>> model.predict("Une mine d'or ferme ses portes.").topics
    ('mines',)
    """
    labels = read_labels(*sources, *([] if lexicon is None else [lexicon]))
    texts = [analyze(p.text, p.lang) for p in labels.paragraphs]
    topic_rows = [i for i, p in enumerate(labels.paragraphs) if p.topics is not None]
    topic_lexicon = Lexicon(labels.lexicon, labels.topics) if labels.topics else None
    topic_lexicon = topic_lexicon if topic_lexicon is not None and len(topic_lexicon) else None
    features, topics = _train_topics(
        [labels.paragraphs[i] for i in topic_rows],
        [texts[i] for i in topic_rows],
        labels.topics,
        topic_lexicon,
        exclusive=exclusive,
        seed=seed,
        n_folds=n_folds,
    )
    mentions, stance_features, stances = _train_stances(labels, texts, seed=seed, n_folds=n_folds)
    if topics is None and stances is None:
        raise LabelError("the labels hold neither a topic nor a stance; annotate at least one paragraph or give a lexicon")
    metadata = {
        "fingerprint": labels.fingerprint(),
        "paragraphs": len(labels.paragraphs),
        "lexicon_entries": len(labels.lexicon),
        "languages": dict(sorted(Counter(text.language for text in texts).items())),
        "seed": seed,
        "topic_names": {topic: dict(names) for topic, names in labels.topic_names.items()},
    }
    return Model(features, topics, mentions, stance_features, stances, metadata)


def natural_mix(groups: Sequence[str], sizes: Mapping[str, int]) -> npt.NDArray[np.bool_] | None:
    """Which rows belong to whole articles, whose mix of labels is that of real text; None where these are too few.

    Parameters
    ----------
    groups : sequence of str
        Group of each row.
    sizes : mapping of str to int
        Paragraphs of each group.
    """
    natural = np.array([sizes[group] >= _ARTICLE for group in groups], bool)
    return natural if natural.sum() >= _ENOUGH_NATURAL else None


def _train_topics(
    paragraphs: Sequence[LabelledParagraph],
    texts: Sequence[AnalyzedText],
    topics: tuple[str, ...],
    lexicon: Lexicon | None,
    *,
    exclusive: bool,
    seed: int,
    n_folds: int,
) -> tuple[ParagraphFeatures | None, TopicClassifier | None]:
    if not topics:
        return None, None
    if not paragraphs:
        if lexicon is None:
            return None, None
        return lexicon_classifier(lexicon, exclusive=exclusive)
    if exclusive:
        for paragraph in paragraphs:
            given = paragraph.topics or ()
            if len(given) != 1:
                named = f" ({', '.join(given)})" if given else ""
                raise ParameterError(
                    f"{paragraph.place or 'labels'}: exclusive training needs exactly one topic a paragraph; {paragraph.id} has "
                    f"{len(given)}{named}; give it one, leave the paragraph out, or train without exclusive"
                )
    vectorizer = ParagraphVectorizer(pairs=False, min_df=2 if len(paragraphs) >= _SMALLEST_FOR_MIN_DF else 1)
    vectorizer.fit([p.text for p in paragraphs])
    headlines = [analyze(p.headline, text.language) if p.headline else None for p, text in zip(paragraphs, texts, strict=True)]
    scaler = DenseScaler.fit(lexicon_matrix(lexicon, texts), _LEXICON_WEIGHT) if lexicon else None
    features = ParagraphFeatures(vectorizer, lexicon, scaler, _headline_scaler(lexicon, headlines))
    groups = groups_of(paragraphs)
    classifier = TopicClassifier(exclusive=exclusive, seed=seed, n_folds=n_folds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # named below by topic, not by column
        classifier.fit(
            features.rows(texts, headlines),
            [p.topics or () for p in paragraphs],
            groups=groups,
            natural=natural_mix(groups, Counter(groups)),
            classes=topics,
        )
    counts = Counter(topic for p in paragraphs for topic in p.topics or ())
    constant = [topic for topic in topics if counts[topic] in {0, len(paragraphs)}]
    if constant:
        warnings.warn(f"no contrast to learn from for {', '.join(constant)}: the labels give it to no or to every paragraph", stacklevel=3)
    _round_as_filed(classifier)
    return features, classifier


def _headline_scaler(lexicon: Lexicon | None, headlines: Sequence[AnalyzedText | None]) -> DenseScaler | None:
    known = [headline for headline in headlines if headline is not None]
    if lexicon is None or len(known) < _ENOUGH_HEADLINES:
        return None
    return DenseScaler.fit(lexicon_matrix(lexicon, known), _HEADLINE_WEIGHT)


def _train_stances(
    labels: LabelSet, texts: Sequence[AnalyzedText], *, seed: int, n_folds: int
) -> tuple[MentionFinder, StanceFeatures | None, StanceClassifier | None]:
    mentions = fit_mentions(labels.paragraphs, texts, labels.targets, seed)
    all_groups = groups_of(labels.paragraphs)
    views, stances, groups = [], [], []
    for paragraph, text, group in zip(labels.paragraphs, texts, all_groups, strict=True):
        if not paragraph.stances:
            continue
        found = mentions.find_in(text, paragraph.headline)
        for target, stance in paragraph.stances.items():
            views.append(stance_view(text, found, target))
            stances.append(stance)
            groups.append(group)
    if not views:
        return mentions, None, None
    if len(set(stances)) < 2:
        raise LabelError(f"all {len(stances)} stances are {stances[0]!r}; label at least one other, or leave stances out")
    lexicon = Lexicon(labels.lexicon, STANCES)
    min_df = 2 if len(views) >= _SMALLEST_FOR_MIN_DF else 1
    features = fit_stance_features(views, lexicon if len(lexicon) else None, min_df=min_df)
    classifier = StanceClassifier(seed=seed, n_folds=n_folds)
    classifier.fit(features.rows(views), stances, groups=groups, natural=natural_mix(groups, Counter(all_groups)))
    _round_as_filed(classifier)
    return mentions, features, classifier


def _round_as_filed(classifier: TopicClassifier | StanceClassifier) -> None:
    """Round weights to the half precision of a model file: a model answers the same before and after it is saved."""
    classifier.coef_ = classifier.coef_.astype(np.float16).astype(np.float64)
    classifier.intercept_ = classifier.intercept_.astype(np.float16).astype(np.float64)
