"""What the stance classifier reads of a view: words, words by side of the target, the lexicon, the manner of the paragraph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sahel_classify.features import DenseScaler, dense_rows
from sahel_classify.lexicon import STANCES, Lexicon
from sahel_classify.sparse import FloatArray, SparseRows, hstack
from sahel_classify.stance_view import FAR, SURFACE, StanceView
from sahel_classify.terms import TermTable

__all__ = ["BLOCKS", "StanceFeatures", "hit_sums", "lexicon_features", "lexicon_hits", "located_terms"]

BLOCKS: Final = ("paragraph", "side")
# The block of the paragraph holds each word twice, as it is and as a stem.
PARAGRAPH_WEIGHT: Final = float(np.sqrt(2))
WINDOW: Final = 12
NEAR: Final = 5
ADJACENT: Final = 2
LEXICON_NEAR: Final = 6
_STEM: Final = 6
# Words that turn the attitude of what follows; how many words they reach is `NEGATION_REACH`.
NEGATIONS: Final = frozenset(
    ["ne", "n", "pas", "jamais", "aucun", "aucune", "ni", "sans", "not", "no", "never", "nor", "without", "neither", "non"]
)
NEGATION_REACH: Final = 4
# A negated term speaks for the other side, with half its weight.
NEGATED: Final = 0.5


def located_terms(view: StanceView) -> dict[str, list[tuple[str, int]]]:
    """Terms of each TF-IDF block of `BLOCKS`, each with the word of the view that it stands for."""
    paragraph = [(term, i) for i, form in enumerate(view.words) for term in (form, f"~{form[:_STEM]}")]
    return {"paragraph": paragraph, "side": list(_side_terms(view))}


def _side_terms(view: StanceView) -> Iterator[tuple[str, int]]:
    """Words near the target tagged by their side: in the window, as stems, near, adjacent."""
    for i, (form, distance) in enumerate(zip(view.words, view.distance, strict=True)):
        reach = abs(distance)
        if 0 < reach <= WINDOW:
            side = "<" if distance < 0 else ">"
            yield f"{side}{form}", i
            yield f"{side}~{form[:_STEM]}", i
            if reach <= NEAR:
                yield f"{side}near {form}", i
            if reach <= ADJACENT:
                yield f"{side}{reach} {form}", i


_SUMS: Final = ("all", "sentence", "before", "after", "near before", "near after", "by distance", "strongest")


def lexicon_hits(view: StanceView, lexicon: Lexicon) -> list[tuple[int, int, int, float]]:
    """(first word, end, stance column, weight) of each matched term, negation already applied."""
    hits: list[tuple[int, int, int, float]] = []
    for first, end, weights in lexicon.matches(view.words, view.language):
        negated = any(form in NEGATIONS for form in view.words[max(0, first - NEGATION_REACH) : first])
        for column, weight in weights.items():
            if negated and column < 2:
                hits.append((first, end, 1 - column, weight * NEGATED))
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
        if reach < FAR:
            row[column, 1] = weight
            row[column, 2 if distance < 0 else 3] = weight
        if reach <= LEXICON_NEAR:
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
    surface_scaler : DenseScaler
        Of the view's surface.
    targets : tuple of str
        Targets with columns of their own: one that says which it is, and a copy of the paragraph's terms, since the same word
        speaks otherwise of one target than of another ("easy domain adaptation", Daumé 2007,
        https://aclanthology.org/P07-1033/). A target not seen in training has only what all share.
    """

    tables: Mapping[str, TermTable]
    lexicon: Lexicon | None
    scaler: DenseScaler | None
    surface_scaler: DenseScaler
    targets: tuple[str, ...]

    TARGET_WEIGHT = 0.5

    def widths(self) -> list[int]:
        """Columns of the paragraph, its sides, the targets' own words, the lexicon, the surface, the targets, in this order."""
        n = len(self.tables["paragraph"])
        lexicon = len(self.scaler.center) if self.scaler is not None else 0
        return [n, len(self.tables["side"]), n * len(self.targets), lexicon, len(SURFACE), len(self.targets)]

    def term_rows(self, views: Sequence[StanceView]) -> dict[str, SparseRows]:
        """TF-IDF rows of each of `BLOCKS`."""
        terms = [located_terms(view) for view in views]
        rows = {block: table.rows([[term for term, _ in t[block]] for t in terms]) for block, table in self.tables.items()}
        return rows | {"paragraph": rows["paragraph"].scaled(PARAGRAPH_WEIGHT)}

    def rows(self, views: Sequence[StanceView]) -> SparseRows:
        """Feature rows of views."""
        n = len(views)
        by_block = self.term_rows(views)
        blocks = [*by_block.values(), self._own(by_block["paragraph"], views)]
        if self.lexicon is not None and self.scaler is not None:
            raw = np.array([lexicon_features(view, self.lexicon) for view in views]).reshape(n, len(self.scaler.center))
            blocks.append(dense_rows(self.scaler.transform(raw)))
        surface = np.array([view.surface for view in views]).reshape(n, len(SURFACE))
        blocks.append(dense_rows(self.surface_scaler.transform(surface)))
        known = np.array([[self.TARGET_WEIGHT * (view.target == target) for target in self.targets] for view in views])
        blocks.append(dense_rows(known.reshape(n, len(self.targets))))
        return hstack(blocks)

    def _own(self, rows: SparseRows, views: Sequence[StanceView]) -> SparseRows:
        """The rows once more, in the columns of each view's target."""
        place = {target: i * rows.n_columns for i, target in enumerate(self.targets)}
        offset = np.array([place.get(view.target, -1) for view in views], np.int64)[rows.row_of_entry()]
        known = offset >= 0
        kept = np.concatenate([[0], np.cumsum(known)])
        return SparseRows(kept[rows.indptr], (rows.indices + offset)[known], rows.data[known], rows.n_columns * len(self.targets))

    def names(self) -> list[str]:
        """Name of each feature column."""
        names = [f"{block}: {term}" for block, table in self.tables.items() for term in table.terms]
        names += [f"{target}: {term}" for target in self.targets for term in self.tables["paragraph"].terms]
        if self.lexicon is not None:
            names += lexicon_feature_names()
        return [*names, *SURFACE, *(f"target {target}" for target in self.targets)]
