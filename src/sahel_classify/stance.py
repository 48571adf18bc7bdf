"""Stance: a paragraph seen from a target, and the three-way classifier that all targets share."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from sahel_classify._estimator import Estimator
from sahel_classify.analysis import AnalyzedText
from sahel_classify.errors import InputError, ParameterError
from sahel_classify.features import DenseScaler, dense_rows
from sahel_classify.lexicon import STANCES, Lexicon
from sahel_classify.mentions import Mention
from sahel_classify.sparse import FloatArray, SparseRows, hstack
from sahel_classify.terms import TermTable
from sahel_classify.topics import as_rows

if TYPE_CHECKING:
    from typing import Self

__all__ = ["BLOCKS", "StanceClassifier", "StanceFeatures", "StanceView", "stance_view"]

# Upper case, so that no folded word of a text can be mistaken for them.
TARGET: Final = "TARGET"
OTHER: Final = "OTHER"
_WINDOW: Final = 12
_NEAR: Final = 5
_ADJACENT: Final = 2
_LEXICON_NEAR: Final = 6
_STEM: Final = 6
# Words that turn the attitude of what follows; how many words they reach is `_NEGATION_REACH`.
_NEGATIONS: Final = frozenset(
    ["ne", "n", "pas", "jamais", "aucun", "aucune", "ni", "sans", "not", "no", "never", "nor", "without", "neither", "non"]
)
_NEGATION_REACH: Final = 4
# A negated term speaks for the other side, with half its weight.
_NEGATED: Final = 0.5
_FAR: Final = 99
BLOCKS: Final = ("paragraph", "sentence", "side")


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
    """

    words: tuple[str, ...]
    distance: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]
    language: str
    target: str


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
    return StanceView(tuple(forms), tuple(_distances(forms, sentence)), tuple(places), text.language, target)


def _distances(forms: Sequence[str], sentence: Sequence[int]) -> list[int]:
    own = [i for i, form in enumerate(forms) if form == TARGET]
    by_sentence: dict[int, list[int]] = {}
    for place in own:
        by_sentence.setdefault(sentence[place], []).append(place)
    found: list[int] = []
    for i in range(len(forms)):
        beside = by_sentence.get(sentence[i])
        if beside:
            found.append(max(-_FAR + 1, min(_FAR - 1, i - _nearest(beside, i))))
        else:
            found.append(_FAR if not own or i > _nearest(own, i) else -_FAR)
    return found


def _nearest(places: Sequence[int], position: int) -> int:
    """The nearest of rising places; the earlier of two equally near."""
    after = bisect_left(places, position)
    return min(places[max(0, after - 1) : after + 1], key=lambda place: abs(place - position))


def located_terms(view: StanceView) -> dict[str, list[tuple[str, tuple[int, int]]]]:
    """Terms of each TF-IDF block of `BLOCKS`, each with the words ``first:end`` of the view that it stands for."""
    near = [i for i, distance in enumerate(view.distance) if abs(distance) < _FAR] or list(range(len(view.words)))
    return {
        "paragraph": _located_ngrams(view.words, range(len(view.words)), 2),
        "sentence": _located_ngrams(view.words, near, 3),
        "side": list(_side_terms(view)),
    }


def _located_ngrams(words: Sequence[str], positions: Sequence[int], longest: int) -> list[tuple[str, tuple[int, int]]]:
    return [
        (" ".join(words[p] for p in run), (run[0], run[-1] + 1))
        for length in range(1, longest + 1)
        for run in (positions[i : i + length] for i in range(len(positions) - length + 1))
    ]


def _side_terms(view: StanceView) -> Iterator[tuple[str, tuple[int, int]]]:
    """Words near the target tagged by their side: in the window, as stems, near, adjacent."""
    for i, (form, distance) in enumerate(zip(view.words, view.distance, strict=True)):
        reach = abs(distance)
        if 0 < reach <= _WINDOW:
            side = "<" if distance < 0 else ">"
            yield f"{side}{form}", (i, i + 1)
            yield f"{side}~{form[:_STEM]}", (i, i + 1)
            if reach <= _NEAR:
                yield f"{side}near {form}", (i, i + 1)
            if reach <= _ADJACENT:
                yield f"{side}{reach} {form}", (i, i + 1)


_SUMS: Final = ("all", "sentence", "before", "after", "near before", "near after", "by distance", "strongest")


def lexicon_hits(view: StanceView, lexicon: Lexicon) -> list[tuple[int, int, int, float]]:
    """(first word, end, stance column, weight) of each matched term, negation already applied."""
    hits: list[tuple[int, int, int, float]] = []
    for first, end, weights in lexicon.matches(view.words, view.language):
        negated = any(form in _NEGATIONS for form in view.words[max(0, first - _NEGATION_REACH) : first])
        for column, weight in weights.items():
            if negated and column < 2:
                hits.append((first, end, 1 - column, weight * _NEGATED))
            else:
                hits.append((first, end, column, weight))
    return hits


def hit_sums(view: StanceView, hits: Sequence[tuple[int, int, int, float]]) -> FloatArray:
    """What each hit adds to each sum: shape (n_hits, n_stances, 8); the last sum, the strongest weight, is a maximum."""
    sums = np.zeros((len(hits), len(STANCES), len(_SUMS)))
    for row, (first, _, column, weight) in zip(sums, hits, strict=True):
        distance = view.distance[first]
        reach = abs(distance)
        row[column, 0] = weight
        if reach < _FAR:
            row[column, 1] = weight
            row[column, 2 if distance < 0 else 3] = weight
        if reach <= _LEXICON_NEAR:
            row[column, 4 if distance < 0 else 5] = weight
        row[column, 6] = weight / (1 + min(reach, 30) / 5)
        row[column, 7] = max(0.0, weight)
    return sums


def lexicon_features(view: StanceView, lexicon: Lexicon) -> FloatArray:
    """Log-damped lexicon sums of shape ((n_stances + 1) * 8,): by stance and favor minus against; by side and distance."""
    sums = hit_sums(view, lexicon_hits(view, lexicon))
    total = sums.sum(axis=0)
    total[:, 7] = sums[:, :, 7].max(axis=0, initial=0.0)
    damped = np.sign(total) * np.log1p(np.abs(total))
    return np.concatenate([damped.ravel(), damped[0] - damped[1]])


def lexicon_feature_names() -> list[str]:
    """Names of the columns of `lexicon_features`."""
    return [f"lexicon {name}:{stance}" for stance in (*STANCES, "favor-against") for name in _SUMS]


@dataclass(frozen=True)
class StanceFeatures:
    """What the stance classifier reads of a view.

    Attributes
    ----------
    tables : dict of str to TermTable
        One for each of `BLOCKS`.
    lexicon : Lexicon or None
    scaler : DenseScaler or None
        Of the lexicon's features.
    targets : tuple of str
        Targets with a column of their own; one not seen in training has none.
    """

    tables: Mapping[str, TermTable]
    lexicon: Lexicon | None
    scaler: DenseScaler | None
    targets: tuple[str, ...]

    TARGET_WEIGHT = 0.5

    def rows(self, views: Sequence[StanceView]) -> SparseRows:
        """Feature rows of views."""
        terms = [located_terms(view) for view in views]
        blocks = [table.rows([[term for term, _ in t[block]] for t in terms]) for block, table in self.tables.items()]
        if self.lexicon is not None and self.scaler is not None:
            raw = np.array([lexicon_features(view, self.lexicon) for view in views]).reshape(len(views), len(self.scaler.center))
            blocks.append(dense_rows(self.scaler.transform(raw)))
        known = np.array([[self.TARGET_WEIGHT * (view.target == target) for target in self.targets] for view in views])
        blocks.append(dense_rows(known.reshape(len(views), len(self.targets))))
        return hstack(blocks)

    def names(self) -> list[str]:
        """Name of each feature column."""
        names = [f"{block}: {term}" for block, table in self.tables.items() for term in table.terms]
        if self.lexicon is not None:
            names += lexicon_feature_names()
        return names + [f"target {target}" for target in self.targets]


class StanceClassifier(Estimator):
    """Three-way linear classifier of stance views: favor, against, neutral.

    Parameters
    ----------
    C : float or None, default=None
        Inverse strength of the L2 penalty; None chooses it by grouped cross-validation.
    n_folds : int, default=5
    seed : int, default=0

    Attributes
    ----------
    coef_ : ndarray of shape (n_features, 3), float64
        Calibration included: ``softmax(X @ coef_ + intercept_)`` are the probabilities.
    intercept_ : ndarray of shape (3,), float64
    decision_weights_ : ndarray of shape (3,), float64
        Factors of the probabilities; the stance with the largest product is predicted.
    out_of_fold_ : ndarray of shape (n, 3), float64
        Calibrated out-of-fold probabilities of the training views; not stored in a model file.

    Notes
    -----
    One-vs-rest linear support vector machines joined by vector scaling (Guo et al. 2017) on grouped out-of-fold scores.
    """

    def __init__(self, *, C: float | None = None, n_folds: int = 5, seed: int = 0) -> None:
        self.C = C
        self.n_folds = n_folds
        self.seed = seed

    def fit(self, X: Any, y: Sequence[str], *, groups: Sequence[str] | None = None, natural: npt.NDArray[np.bool_] | None = None) -> Self:
        """Fit weights, calibration and decision weights.

        Parameters
        ----------
        X : SparseRows, sparse matrix or array of shape (n_views, n_features)
        y : sequence of str
            ``"favor"``, ``"against"`` or ``"neutral"`` each.
        groups : sequence of str or None
        natural : ndarray of shape (n_views,), bool, or None
            Views on which calibration and decision weights are fitted.

        Raises
        ------
        ParameterError
            If lengths differ or a value is no stance.
        """
        from sahel_classify.training.stance_fitting import fit_stances  # the training road needs scikit-learn

        rows = as_rows(X)
        if len(y) != len(rows):
            raise ParameterError(f"X has {len(rows)} rows and y {len(y)}; give one stance a row")
        unknown = sorted(set(y) - set(STANCES))
        if unknown:
            raise ParameterError(f"stances {', '.join(map(repr, unknown))} are not among {', '.join(STANCES)}")
        names = [str(i) for i in range(len(rows))] if groups is None else list(groups)
        fitted = fit_stances(rows, [STANCES.index(s) for s in y], names, natural, C=self.C, n_folds=self.n_folds, seed=self.seed)
        self.coef_, self.intercept_ = fitted.coef, fitted.intercept
        self.decision_weights_, self.out_of_fold_ = fitted.decision_weights, fitted.out_of_fold
        return self

    def decision_function(self, X: Any) -> FloatArray:
        """Softmax scores of shape (n_views, 3)."""
        self._check_trained()
        rows = as_rows(X)
        if rows.n_columns != self.coef_.shape[0]:
            raise InputError(f"X has {rows.n_columns} features, the classifier was fitted on {self.coef_.shape[0]}; use its own features")
        return rows.product(self.coef_) + self.intercept_

    def predict_proba(self, X: Any) -> FloatArray:
        """Calibrated probabilities of favor, against and neutral, of shape (n_views, 3)."""
        scores = self.decision_function(X)
        shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
        return shifted / shifted.sum(axis=1, keepdims=True)

    def chosen(self, probabilities: FloatArray) -> npt.NDArray[np.int64]:
        """Column of the predicted stance of each row."""
        return np.asarray((probabilities * self.decision_weights_).argmax(axis=1), np.int64)

    def predict(self, X: Any) -> list[str]:
        """Stance of each view."""
        return [STANCES[column] for column in self.chosen(self.predict_proba(X))]
