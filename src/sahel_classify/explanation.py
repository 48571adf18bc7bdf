"""Exact contributions: what each word, pair, stem and lexicon entry adds to a decision value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from sahel_classify.analysis import AnalyzedText
from sahel_classify.features import ParagraphFeatures
from sahel_classify.lexicon import STANCES, Lexicon
from sahel_classify.prediction import Contribution
from sahel_classify.sparse import FloatArray
from sahel_classify.stance_features import StanceFeatures, hit_sums, lexicon_features, lexicon_hits, located_terms
from sahel_classify.stance_view import SURFACE, StanceView
from sahel_classify.text import Word
from sahel_classify.vectorizer import ParagraphVectorizer

__all__ = ["stance_contributions", "topic_contributions"]

Span = tuple[int, int]
BASELINE = "(baseline)"


class _Ledger:
    """Sums values and places by feature."""

    def __init__(self) -> None:
        self._values: dict[str, float] = {}
        self._spans: dict[str, list[Span]] = {}

    def add(self, feature: str, value: float, spans: Iterable[Span] = ()) -> None:
        self._values[feature] = self._values.get(feature, 0.0) + value
        self._spans.setdefault(feature, []).extend(spans)

    def contributions(self) -> tuple[Contribution, ...]:
        listed = (Contribution(f, v, tuple(sorted(set(self._spans[f])))) for f, v in self._values.items())
        return tuple(sorted(listed, key=lambda c: (-abs(c.value), c.feature)))


def topic_contributions(
    features: ParagraphFeatures, weights: FloatArray, intercept: float, text: AnalyzedText, headline: AnalyzedText | None = None
) -> tuple[Contribution, ...]:
    """Contributions to one topic's decision value; they sum to it.

    Parameters
    ----------
    features : ParagraphFeatures
    weights : ndarray of shape (n_features,)
        The topic's column of the weights.
    intercept : float
    text : AnalyzedText
    headline : AnalyzedText or None
        Its contributions have no place in the text.
    """
    ledger = _Ledger()
    baseline = intercept
    column = 0
    if features.vectorizer is not None:
        rows = features.vectorizer.rows([text.forms])
        for entry, value in zip(rows.indices.tolist(), (rows.data * weights[rows.indices]).tolist(), strict=True):
            block, term = _term_at(features.vectorizer, entry)
            for feature, share, places in _places(block, term, text.spans):
                ledger.add(feature, value * share, places)
        column = features.vectorizer.n_features
    if features.lexicon is not None and features.scaler is not None:
        own = weights[column : column + features.lexicon.n_features] * features.scaler.scale
        baseline -= float(own @ features.scaler.center)
        places, parts = features.lexicon.parts(text)
        for (first, end), value in zip(places, (parts @ own).tolist(), strict=True):
            term = " ".join(text.forms[first:end])
            ledger.add(f'lexicon "{term}"', value, [(text.spans[first].start, text.spans[end - 1].end)])
        column += features.lexicon.n_features
    if features.lexicon is not None and features.headline_scaler is not None and headline is not None:
        own = weights[column:] * features.headline_scaler.scale
        baseline -= float(own @ features.headline_scaler.center)
        places, parts = features.lexicon.parts(headline)
        for (first, end), value in zip(places, (parts @ own).tolist(), strict=True):
            term = " ".join(headline.forms[first:end])
            ledger.add(f'headline "{term}"', value)
    ledger.add(BASELINE, baseline)
    return ledger.contributions()


def _term_at(vectorizer: ParagraphVectorizer, column: int) -> tuple[str, str]:
    for block, table in vectorizer.tables_.items():
        if column < len(table):
            return block, table.terms[column]
        column -= len(table)
    raise IndexError(column)


def _places(block: str, term: str, spans: Sequence[Word]) -> list[tuple[str, float, list[Span]]]:
    """Feature name, share of the value, and spans; character n-grams are shared out among the words that hold them."""
    if block == "words":
        parts = term.split(" ")
        n = len(parts)
        found = [
            (spans[i].start, spans[i + n - 1].end)
            for i in range(len(spans) - n + 1)
            if all(spans[i + k].form == part for k, part in enumerate(parts))
        ]
        return [(term, 1.0, found)]
    if block == "stems":
        stem = term.rstrip("~")
        exact = term == stem
        found = [(w.start, w.end) for w in spans if (w.form == term if exact else w.form.startswith(stem) and len(w.form) > len(stem))]
        return [(term if not exact else f"{term} (stem)", 1.0, found)]
    holders = [(w, f" {w.form} ".count(term)) for w in spans if term in f" {w.form} "]
    total = sum(count for _, count in holders)
    return [(f"letters of {w.form}", count / total, [(w.start, w.end)]) for w, count in holders]


def stance_contributions(features: StanceFeatures, weights: FloatArray, intercept: float, view: StanceView) -> tuple[Contribution, ...]:
    """Contributions to one stance's decision value; they sum to it.

    Parameters
    ----------
    features : StanceFeatures
    weights : ndarray of shape (n_features,)
    intercept : float
    view : StanceView
    """
    ledger = _Ledger()
    baseline = intercept
    column = 0
    located = located_terms(view)
    rows = features.term_rows([view])
    n_paragraph = len(features.tables["paragraph"])
    n_terms = sum(map(len, features.tables.values()))
    for block, table in features.tables.items():
        places: dict[str, list[Span]] = {}
        for term, position in located[block]:
            places.setdefault(term, []).append(view.spans[position])
        own = weights[column : column + len(table)]
        if block == "paragraph" and view.target in features.targets:
            start = n_terms + features.targets.index(view.target) * n_paragraph
            own = own + weights[start : start + n_paragraph]
        for entry, value in zip(rows[block].indices.tolist(), (rows[block].data * own[rows[block].indices]).tolist(), strict=True):
            ledger.add(f"{block}: {table.terms[entry]}", value, places[table.terms[entry]])
        column += len(table)
    column += len(features.targets) * n_paragraph
    if features.lexicon is not None and features.scaler is not None:
        width = len(features.scaler.center)
        own = weights[column : column + width] * features.scaler.scale
        baseline -= float(own @ features.scaler.center)
        _add_stance_lexicon(ledger, view, features.lexicon, own)
        column += width
    surface = features.surface_scaler.transform(np.array(view.surface)) * weights[column : column + len(SURFACE)]
    for name, value in zip(SURFACE, surface.tolist(), strict=True):
        ledger.add(name, value)
    column += len(SURFACE)
    for offset, target in enumerate(features.targets):
        if view.target == target:
            ledger.add(f"target {target}", float(weights[column + offset]) * features.TARGET_WEIGHT)
    ledger.add(BASELINE, baseline)
    return ledger.contributions()


def _add_stance_lexicon(ledger: _Ledger, view: StanceView, lexicon: Lexicon, weights: FloatArray) -> None:
    hits = lexicon_hits(view, lexicon)
    if not hits:
        return
    k = len(STANCES)
    sums = hit_sums(view, hits)
    n_sums = sums.shape[2]
    table = weights.reshape(k + 1, n_sums)
    # The column "favor minus against" is spread over the two it is made of.
    effective = table[:k].copy()
    effective[0] += table[k]
    effective[1] -= table[k]
    damped = lexicon_features(view, lexicon)[: k * n_sums].reshape(k, n_sums)
    total = sums.sum(axis=0)
    share = np.divide(sums, total, out=np.zeros_like(sums), where=total != 0)
    # The strongest weight is the first hit's that has it.
    strongest = sums[:, :, -1]
    share[:, :, -1] = 0.0
    for column in range(k):
        if strongest[:, column].max() > 0:
            share[int(strongest[:, column].argmax()), column, -1] = 1.0
    values = (share * (effective * damped)).sum(axis=(1, 2))
    for (first, end, column, _), value in zip(hits, values.tolist(), strict=True):
        words = " ".join(view.words[first:end])
        ledger.add(f'lexicon {STANCES[column]} "{words}"', value, [(view.spans[first][0], view.spans[end - 1][1])])
