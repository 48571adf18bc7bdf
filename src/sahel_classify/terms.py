"""TF-IDF of ready-made lists of terms: the one weighting that paragraphs and stance views share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sahel_classify.sparse import FloatArray, SparseRows

__all__ = ["TermTable"]


@dataclass(frozen=True)
class TermTable:
    """A vocabulary with inverse document frequencies.

    Attributes
    ----------
    terms : tuple of str
        Terms in sorted order; a term's position is its column.
    idf : ndarray of shape (n_terms,), float64
        ``ln((1 + n) / (1 + df)) + 1`` of each term.
    sublinear_tf : bool
        Whether a term's count is replaced by ``1 + ln(count)``.

    Examples
    --------
    >>> table = TermTable.fit([["or", "mine"], ["or", "or"]], min_df=1)
    >>> table.terms
    ('mine', 'or')
    >>> table.rows([["or", "mine"]]).data.round(3).tolist()
    [0.815, 0.58]
    """

    terms: tuple[str, ...]
    idf: FloatArray
    sublinear_tf: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "_column", {term: i for i, term in enumerate(self.terms)})

    @property
    def column(self) -> Mapping[str, int]:
        """Column of each term."""
        found: Mapping[str, int] = self._column  # type: ignore[attr-defined]
        return found

    @classmethod
    def fit(cls, documents: Iterable[Sequence[str]], *, min_df: int = 2, sublinear_tf: bool = True) -> TermTable:
        """Learn the terms that at least `min_df` documents hold; there may be none."""
        frequency: Counter[str] = Counter()
        n = 0
        for terms in documents:
            n += 1
            frequency.update(set(terms))
        return cls.from_frequencies(frequency, n, min_df=min_df, sublinear_tf=sublinear_tf)

    @classmethod
    def from_frequencies(cls, frequency: Counter[str], n: int, *, min_df: int, sublinear_tf: bool) -> TermTable:
        """Build from document frequencies among `n` documents."""
        kept = sorted(term for term, df in frequency.items() if df >= min_df)
        df = np.array([frequency[term] for term in kept], np.float64)
        # Single precision, as a model file keeps it: a model answers the same before and after it is saved.
        idf = (np.log((1 + n) / (1 + df)) + 1).astype(np.float32)
        return cls(tuple(kept), idf.astype(np.float64), sublinear_tf)

    def __len__(self) -> int:
        return len(self.terms)

    def __contains__(self, term: str) -> bool:
        return term in self.column

    def rows(self, documents: Iterable[Sequence[str]]) -> SparseRows:
        """Unit-length TF-IDF rows; a document without a known term gives an empty row."""
        column = self.column
        indices: list[int] = []
        counts: list[int] = []
        indptr = [0]
        for terms in documents:
            found: dict[int, int] = {}
            for term in terms:
                c = column.get(term)
                if c is not None:
                    found[c] = found.get(c, 0) + 1
            for c in sorted(found):
                indices.append(c)
                counts.append(found[c])
            indptr.append(len(indices))
        tf = np.asarray(counts, np.float64)
        if self.sublinear_tf:
            tf = 1 + np.log(tf)
        where = np.asarray(indices, np.int64)
        return SparseRows(np.asarray(indptr, np.int64), where, tf * self.idf[where], len(self.terms)).normalized()
