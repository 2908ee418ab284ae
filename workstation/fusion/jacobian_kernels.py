"""The Jacobian determinant of a displacement field at the corners of its cells, where it is least and largest."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True, fastmath=True)
def cell_determinants(field, to_index, least, begin, end):  # type: ignore[no-untyped-def]
    """The least determinant of each cell, over its eight corners, into `least` (k - 1, j - 1, i - 1) float32.

    field : (k, j, i, 3) float32 mm. to_index : (3, 3) float64, mm to index (i, j, k). Cells of begin..end are done.
    Returns the largest determinant.
    """
    most = -np.inf
    m = np.empty((3, 3))
    e = np.empty((3, 3))
    for k in range(begin, end):
        for j in range(least.shape[1]):
            for i in range(least.shape[2]):
                low = np.inf
                for corner in range(8):
                    di, dj, dk = corner & 1, (corner >> 1) & 1, (corner >> 2) & 1
                    for a in range(3):
                        e[a, 0] = field[k + dk, j + dj, i + 1, a] - field[k + dk, j + dj, i, a]
                        e[a, 1] = field[k + dk, j + 1, i + di, a] - field[k + dk, j, i + di, a]
                        e[a, 2] = field[k + 1, j + dj, i + di, a] - field[k, j + dj, i + di, a]
                    for a in range(3):
                        for b in range(3):
                            m[a, b] = e[a, 0] * to_index[0, b] + e[a, 1] * to_index[1, b] + e[a, 2] * to_index[2, b]
                        m[a, a] += 1.0
                    d = (
                        m[0, 0] * (m[1, 1] * m[2, 2] - m[1, 2] * m[2, 1])
                        - m[0, 1] * (m[1, 0] * m[2, 2] - m[1, 2] * m[2, 0])
                        + m[0, 2] * (m[1, 0] * m[2, 1] - m[1, 1] * m[2, 0])
                    )
                    low, most = min(low, d), max(most, d)
                least[k, j, i] = low
    return most


def warm_up() -> None:
    """Compile every kernel."""
    field = np.zeros((2, 2, 2, 3), np.float32)
    for _ in range(2):
        cell_determinants(field, np.eye(3), np.empty((1, 1, 1), np.float32), 0, 1)
        field.setflags(write=False)
