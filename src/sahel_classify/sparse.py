"""Sparse rows as three plain numpy arrays, so that the predict road does without scipy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["FloatArray", "IntArray", "SparseRows", "hstack"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SparseRows:
    """A sparse matrix in compressed-row form.

    Attributes
    ----------
    indptr : ndarray of shape (n_rows + 1,), int64
        Row `i` owns the entries ``indptr[i]:indptr[i + 1]``.
    indices : ndarray of shape (n_entries,), int64
        Column of each entry, rising and unique within a row.
    data : ndarray of shape (n_entries,), float64
        Value of each entry.
    n_columns : int
        Number of columns.
    """

    indptr: IntArray
    indices: IntArray
    data: FloatArray
    n_columns: int

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def row_of_entry(self) -> IntArray:
        """Row number of each entry."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.indptr))

    def product(self, weights: npt.NDArray[np.floating]) -> FloatArray:
        """The matrix product with a dense table.

        Parameters
        ----------
        weights : ndarray of shape (n_columns, n_outputs)

        Returns
        -------
        ndarray of shape (n_rows, n_outputs), float64
        """
        terms = weights[self.indices] * self.data[:, None]
        return self.sum_by_row(terms)

    def sum_by_row(self, terms: FloatArray) -> FloatArray:
        """Sum entry values of shape (n_entries, k) over each row; an empty row sums to 0."""
        total = np.zeros((len(self), terms.shape[1]), np.float64)
        filled = np.flatnonzero(np.diff(self.indptr))
        if len(filled):
            total[filled] = np.add.reduceat(terms, self.indptr[filled], axis=0)
        return total

    def normalized(self) -> SparseRows:
        """Rows scaled to unit Euclidean length; an empty row stays empty."""
        norms = np.sqrt(self.sum_by_row(np.square(self.data)[:, None])[:, 0])
        scale = np.divide(1.0, norms, out=np.ones_like(norms), where=norms > 0)
        return SparseRows(self.indptr, self.indices, self.data * scale[self.row_of_entry()], self.n_columns)

    def scaled(self, factor: float) -> SparseRows:
        """All values times a factor."""
        return SparseRows(self.indptr, self.indices, self.data * factor, self.n_columns)

    def to_scipy(self) -> csr_array:
        """The same matrix as a scipy array."""
        from scipy.sparse import csr_array

        return csr_array((self.data, self.indices, self.indptr), shape=(len(self), self.n_columns))


def hstack(blocks: Sequence[SparseRows]) -> SparseRows:
    """Join blocks of equally many rows side by side."""
    if len(blocks) == 1:
        return blocks[0]
    offsets = np.cumsum([0] + [block.n_columns for block in blocks])
    row = np.concatenate([block.row_of_entry() for block in blocks])
    order = np.argsort(row, kind="stable")
    counts = np.sum([np.diff(block.indptr) for block in blocks], axis=0)
    return SparseRows(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        np.concatenate([block.indices + offset for block, offset in zip(blocks, offsets[:-1], strict=True)])[order],
        np.concatenate([block.data for block in blocks])[order],
        int(offsets[-1]),
    )
