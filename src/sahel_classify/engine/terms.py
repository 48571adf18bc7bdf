"""TF-IDF of a batch, given the column of each term."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sahel_classify.terms import TermTable

__all__ = ["column_of_number", "tfidf"]

Ints = npt.NDArray[np.int64]


def column_of_number(table: TermTable, terms: Sequence[str]) -> npt.NDArray[np.int32]:
    """Column of each term in a table, -1 where it has none."""
    return np.fromiter((table.column.get(term, -1) for term in terms), np.int32, len(terms))


def tfidf(row: Ints, column: npt.NDArray[np.int32], n_rows: int, table: TermTable) -> tuple[Ints, Ints, npt.NDArray[np.float64]]:
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
    known = column >= 0
    bits = max(1, len(table).bit_length())
    narrow = np.int32 if int(n_rows).bit_length() + bits < 32 else np.int64
    key = (row[known].astype(narrow) << bits) | column[known].astype(narrow)
    key.sort()
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))[: len(key)] if len(key) else np.zeros(0, np.int64)
    count = np.diff(np.append(first, len(key)))
    unique = key[first]
    indices = (unique & ((1 << bits) - 1)).astype(np.int32)
    rows = unique >> bits
    data = table.idf[indices]
    if table.sublinear_tf:
        repeated = np.flatnonzero(count > 1)
        data[repeated] *= 1 + np.log(count[repeated])
    else:
        data *= count
    norms = np.sqrt(np.bincount(rows, data * data, n_rows))
    scale = np.divide(1.0, norms, out=np.ones_like(norms), where=norms > 0)
    indptr = np.searchsorted(rows, np.arange(n_rows + 1)).astype(np.int32)
    return indptr, indices, data * scale[rows]
