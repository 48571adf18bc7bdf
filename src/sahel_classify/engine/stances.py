"""Stances of a batch: the views of all paragraphs and targets, and what the stance classifier says of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sahel_classify.engine.hashing import Ints
from sahel_classify.engine.lexicon import LexiconTable
from sahel_classify.engine.mentions import Mentions
from sahel_classify.engine.sparse import product
from sahel_classify.engine.terms import column_of_number, tfidf
from sahel_classify.engine.words import OTHER_WORD, TARGET_WORD, Vocabulary, Words
from sahel_classify.lexicon import STANCES
from sahel_classify.sparse import FloatArray
from sahel_classify.stance import StanceClassifier
from sahel_classify.stance_features import (
    ADJACENT,
    LEXICON_NEAR,
    NEAR,
    NEGATED,
    NEGATION_REACH,
    NEGATIONS,
    PARAGRAPH_WEIGHT,
    WINDOW,
    StanceFeatures,
)
from sahel_classify.stance_view import FAR

__all__ = ["StanceTable"]

_SIDES: Final = ("<", ">")
_N_SUMS: Final = 8


@dataclass(frozen=True)
class _Views:
    """Views, one after the other.

    `number` and `prefix` are of the words as in `Words`, `view` says which view a word is of, `bounds` where each view begins,
    `distance` is counted from the nearest mention of the target, `english` tells the language of the text.
    """

    number: npt.NDArray[np.int32]
    prefix: npt.NDArray[np.int32]
    view: Ints
    bounds: Ints
    distance: Ints
    english: npt.NDArray[np.bool_]


class StanceTable:
    """Stance features and classifier ready for batches.

    Parameters
    ----------
    features : StanceFeatures
    classifier : StanceClassifier
    vocabulary : Vocabulary
    """

    def __init__(self, features: StanceFeatures, classifier: StanceClassifier, vocabulary: Vocabulary) -> None:
        self._features = features
        words, prefixes = vocabulary.words, vocabulary.prefixes
        paragraph, side = features.tables["paragraph"], features.tables["side"]
        self._word = column_of_number(paragraph, ["\n", *words[1:]])
        self._stem = column_of_number(paragraph, [f"~{prefix}" if prefix else "\n" for prefix in prefixes])
        self._side_word = np.stack([column_of_number(side, [f"{s}{word}" for word in words]) for s in _SIDES])
        self._side_stem = np.stack([column_of_number(side, [f"{s}~{prefix}" for prefix in prefixes]) for s in _SIDES])
        self._side_near = np.stack([column_of_number(side, [f"{s}near {word}" for word in words]) for s in _SIDES])
        self._side_adjacent = np.stack(
            [[column_of_number(side, [f"{s}{reach} {word}" for word in words]) for reach in range(1, ADJACENT + 1)] for s in _SIDES]
        )
        for table in (self._side_word, self._side_near):
            table[:, 0] = -1
        self._side_stem[:, 0] = -1
        self._side_adjacent[:, :, 0] = -1
        self._negation = np.zeros(len(words), np.int64)
        self._negation[[vocabulary.number[word] for word in NEGATIONS]] = 1
        self._lexicon = LexiconTable(features.lexicon, vocabulary) if features.lexicon is not None else None
        weights = np.split(classifier.coef_, np.cumsum(features.widths())[:-1])
        shared, self._side_weights, own, lexicon, self._surface_weights, known = weights
        # One table for targets not seen in training, then one a target, one below the other.
        self._paragraph_weights = np.concatenate([shared, *(shared + part for part in np.split(own, len(features.targets)))])
        self._lexicon_weights = lexicon
        self._intercepts = classifier.intercept_ + features.TARGET_WEIGHT * np.concatenate([np.zeros((1, len(STANCES))), known])

    def scores(
        self, words: Words, mentions: Mentions, text: Ints, target: Ints, own: Ints, english: npt.NDArray[np.bool_], surface: FloatArray
    ) -> FloatArray:
        """Decision values of views, of shape (n_views, 3).

        Parameters
        ----------
        words : Words
        mentions : Mentions
            Of all targets.
        text : ndarray of shape (n_views,), int64
            Text of each view, rising.
        target : ndarray of shape (n_views,), int64
            Target of each view, numbered as the mentions'.
        own : ndarray of shape (n_views,), int64
            Position of the target in the features' own, plus 1; 0 for one not seen in training.
        english : ndarray of shape (n_texts,), bool
        surface : ndarray of shape (n_views, 4), float64
        """
        views = _views(words, mentions, text, target, english)
        n = len(text)
        paragraph, side = self._features.tables["paragraph"], self._features.tables["side"]
        column = np.concatenate([self._word[views.number], self._stem[views.prefix]])
        indptr, indices, data = tfidf(np.concatenate([views.view, views.view]), column, n, paragraph)
        of_target = np.repeat(own * len(paragraph), np.diff(indptr)).astype(np.int32)
        total = PARAGRAPH_WEIGHT * product(indptr, indices + of_target, data, self._paragraph_weights)
        total += product(*tfidf(*self._side_terms(views), n, side), self._side_weights)
        features = self._features
        if self._lexicon is not None and features.scaler is not None:
            total += features.scaler.transform(self._lexicon_features(views, self._lexicon, n)) @ self._lexicon_weights
        total += features.surface_scaler.transform(surface) @ self._surface_weights
        return np.asarray(total + self._intercepts[own])

    def _side_terms(self, views: _Views) -> tuple[Ints, npt.NDArray[np.int32]]:
        reach = np.abs(views.distance)
        window = np.flatnonzero((reach <= WINDOW) & (reach > 0))
        reach, after = reach[window], (views.distance[window] > 0).astype(np.int64)
        number = views.number[window]
        near, adjacent = reach <= NEAR, reach <= ADJACENT
        columns = [
            self._side_word[after, number],
            self._side_stem[after, views.prefix[window]],
            self._side_near[after[near], number[near]],
            self._side_adjacent[after[adjacent], reach[adjacent] - 1, number[adjacent]],
        ]
        view = views.view[window]
        return np.concatenate([view, view, view[near], view[adjacent]]), np.concatenate(columns)

    def _lexicon_features(self, views: _Views, lexicon: LexiconTable, n: int) -> FloatArray:
        hits = lexicon.hits(views.number, views.bounds[1:][views.view], views.english)
        first, label, weight = hits.first, hits.label.astype(np.int64), hits.weight
        view = views.view[first]
        negations = np.concatenate([[0], np.cumsum(self._negation[views.number])])
        negated = negations[first] - negations[np.maximum(views.bounds[view], first - NEGATION_REACH)] > 0
        turned = negated & (label < len(STANCES) - 1)
        label = np.where(turned, 1 - label, label)
        weight = np.where(turned, weight * NEGATED, weight)
        distance = views.distance[first]
        reach = np.abs(distance)
        beside, before, near = reach < FAR, distance < 0, reach <= LEXICON_NEAR
        place = view * len(STANCES) + label
        size = n * len(STANCES)

        def summed(chosen: npt.NDArray[np.bool_] | slice, values: FloatArray = weight) -> FloatArray:
            return np.bincount(place[chosen], values[chosen], size).astype(np.float64, copy=False)

        strongest = np.zeros(size)
        np.maximum.at(strongest, place, weight)
        sums = [
            summed(slice(None)),
            summed(beside),
            summed(beside & before),
            summed(beside & ~before),
            summed(near & before),
            summed(near & ~before),
            summed(slice(None), weight / (1 + np.minimum(reach, 30) / 5)),
            strongest,
        ]
        total = np.stack(sums, axis=1).reshape(n, len(STANCES), _N_SUMS)
        damped = np.sign(total) * np.log1p(np.abs(total))
        features: FloatArray = np.concatenate([damped.reshape(n, -1), damped[:, 0] - damped[:, 1]], axis=1)
        return features


def _views(words: Words, mentions: Mentions, text: Ints, target: Ints, english: npt.NDArray[np.bool_]) -> _Views:
    # The words of each text with one word for each mention, once for all of its views.
    kept = np.ones(len(words.number), bool)
    length = mentions.end - mentions.first
    longer = np.flatnonzero(length > 1)
    for k in range(1, int(length.max(initial=1))):
        inside = longer[length[longer] > k]
        kept[mentions.first[inside] + k] = False
    position = np.concatenate([[0], np.cumsum(kept)])
    number = np.where(kept, words.number, 0)
    prefix = words.prefix.copy()
    number[mentions.first] = OTHER_WORD
    prefix[mentions.first] = OTHER_WORD
    number, prefix, sentence = number[kept], prefix[kept], words.sentence[kept]
    bounds = position[words.bounds]
    begin, count = bounds[text], bounds[text + 1] - bounds[text]
    view_bounds = np.concatenate([[0], np.cumsum(count)])
    view = np.repeat(np.arange(len(text)), count)
    place = np.arange(view_bounds[-1]) + np.repeat(begin - view_bounds[:-1], count)
    number, prefix = number[place], prefix[place]
    # Each mention in the view of its target.
    mention_text = words.text[mentions.first]
    n_targets = int(max(target.max(initial=0), mentions.target.max(initial=0))) + 1
    key_of_view = text * n_targets + target
    order = np.argsort(key_of_view, kind="stable")
    key = mention_text.astype(np.int64) * n_targets + mentions.target
    found = np.minimum(np.searchsorted(key_of_view[order], key), max(0, len(order) - 1))
    wanted = key_of_view[order[found]] == key if len(order) else np.zeros(len(key), bool)
    of_view = order[found[wanted]] if len(order) else found[wanted]
    own = view_bounds[of_view] + position[mentions.first[wanted]] - begin[of_view]
    number[own] = prefix[own] = TARGET_WORD
    # The nearest mention of the target on either side within the sentence.
    segment = np.flatnonzero(np.concatenate([[True], (np.diff(view) != 0) | (np.diff(sentence[place]) != 0)])) if len(view) else place
    start = np.repeat(segment, np.diff(np.append(segment, len(view))))
    end = np.repeat(np.append(segment[1:], len(view)), np.diff(np.append(segment, len(view))))
    index = np.arange(len(view))
    far = 4 * len(view) + FAR
    mask = np.zeros(len(view), bool)
    mask[own] = True
    previous = np.maximum.accumulate(np.where(mask, index, -1))
    following = np.minimum.accumulate(np.where(mask, index, far)[::-1])[::-1]
    behind = np.where(previous >= start, index - previous, far)
    ahead = np.where(following < end, following - index, far)
    distance = np.minimum(np.where(behind <= ahead, behind, -ahead), FAR - 1)
    distance = np.where(np.minimum(behind, ahead) == far, FAR, np.maximum(distance, 1 - FAR))
    return _Views(number, prefix, view, view_bounds, distance, english[text][view])
