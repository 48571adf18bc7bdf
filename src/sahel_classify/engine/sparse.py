"""Products of sparse rows with dense tables, by scipy's compiled loop."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from sahel_classify.sparse import FloatArray

__all__ = ["product"]


def product(indptr: npt.NDArray[np.integer], indices: npt.NDArray[np.integer], data: FloatArray, table: FloatArray) -> FloatArray:
    """Sparse rows times a dense table.

    Parameters
    ----------
    indptr, indices, data : ndarray
        Compressed sparse rows.
    table : ndarray of shape (n_columns, n_outputs)

    Returns
    -------
    ndarray of shape (n_rows, n_outputs), float64
    """
    return np.asarray(csr_array((data, indices, indptr), shape=(len(indptr) - 1, len(table))) @ table)
