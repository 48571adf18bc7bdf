"""TF-IDF of a batch, given the column of each term."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sahel_classify.terms import TermTable

__all__ = ["column_of_number", "tfidf"]


def column_of_number(table: TermTable, terms: Sequence[str]) -> npt.NDArray[np.int32]:
    """Column of each term in a table, -1 where it has none."""
    return np.fromiter((table.column.get(term, -1) for term in terms), np.int32, len(terms))


def tfidf(
    row: npt.NDArray[np.integer], column: npt.NDArray[np.int32], n_rows: int, table: TermTable
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """Unit-length TF-IDF as `TermTable.rows` gives it.

    Parameters
    ----------
    row, column : ndarray of shape (n_terms,)
        Row and column of each occurrence of a term; those with column -1 are left out.
    n_rows : int
    table : TermTable

    Returns
    -------
    indptr, indices, data : ndarray
        Compressed sparse rows.
    """
    bits = len(table).bit_length()
    fits = n_rows.bit_length() + bits < np.iinfo(np.int32).bits
    # The row in the high bits, the column in the low ones; -1 stays -1 and goes to the front.
    key: npt.NDArray[Any] = np.left_shift(row, bits, dtype=np.int32 if fits else np.int64, casting="same_kind") | column
    key.sort()
    key = key[np.searchsorted(key, 0) :]
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])[: len(key)])
    unique = key[first]
    indptr = np.searchsorted(unique, np.left_shift(np.arange(n_rows + 1), bits).astype(key.dtype)).astype(np.int32)
    indices = np.bitwise_and(unique, (1 << bits) - 1).astype(np.int32)
    data = table.idf[indices]
    count = np.diff(np.append(first, len(key)))
    repeated = np.flatnonzero(count > 1)
    data[repeated] *= 1 + np.log(count[repeated]) if table.sublinear_tf else count[repeated]
    length = np.diff(indptr)
    filled = np.flatnonzero(length)
    scale = np.ones(n_rows)
    if len(filled):
        scale[filled] = 1 / np.sqrt(np.add.reduceat(data * data, indptr[filled]))
    return indptr, indices, data * np.repeat(scale, length)
