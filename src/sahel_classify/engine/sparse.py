"""Products of sparse rows with dense tables, by scipy's compiled loop."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from sahel_classify.sparse import FloatArray

__all__ = ["product"]


def product(
    indptr: npt.NDArray[np.integer],
    indices: npt.NDArray[np.integer],
    data: FloatArray,
    tables: Sequence[FloatArray],
    table_of_row: npt.NDArray[np.int64] | None = None,
) -> FloatArray:
    """Each row's product with its table.

    Parameters
    ----------
    indptr, indices, data : ndarray
        Compressed sparse rows.
    tables : sequence of ndarray of shape (n_columns, n_outputs)
    table_of_row : ndarray of shape (n_rows,), int64, or None
        Which table each row is multiplied with; None takes the first for all.

    Returns
    -------
    ndarray of shape (n_rows, n_outputs), float64
    """
    n = len(indptr) - 1
    rows = csr_array((data, indices, indptr), shape=(n, len(tables[0])))
    if table_of_row is None:
        return np.asarray(rows @ tables[0])
    total = np.zeros((n, tables[0].shape[1]))
    for number in np.unique(table_of_row).tolist():
        chosen = np.flatnonzero(table_of_row == number)
        total[chosen] = rows[chosen] @ tables[number]
    return total
