"""The exact share of every pixel that lies inside a polygon.

By Green's theorem an edge that crosses a row by `d` adds `d` to everything at its right, and to the pixel that it
runs through the part of it at the edge's right side. Edges are cut where they cross rows and columns, so that each
piece lies in one pixel; the sum along a row then is the covered share, without any sampling.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

_LEAST = 1e-12


@numba.njit(cache=True, nogil=True)
def add_edge(x0: float, y0: float, x1: float, y1: float, out: Any) -> None:
    """Add one edge, in pixels (pixel [r, c] covers c..c+1 and r..r+1), to `out` (rows, columns + 2) float64."""
    rows, columns = out.shape[0], out.shape[1] - 2
    if y0 == y1:
        return
    sign = 1.0
    if y0 > y1:
        x0, y0, x1, y1 = x1, y1, x0, y0
        sign = -1.0
    slope = (x1 - x0) / (y1 - y0)
    y = max(y0, 0.0)
    end = min(y1, float(rows))
    while y < end:
        row = min(int(y), rows - 1)
        below = min(end, row + 1.0)
        left, right = x0 + (y - y0) * slope, x0 + (below - y0) * slope
        if left > right:
            left, right = right, left
        _add_piece(left, right, sign * (below - y), row, columns, out)
        y = below


@numba.njit(cache=True, nogil=True)
def _add_piece(left: float, right: float, height: float, row: int, columns: int, out: Any) -> None:
    """A piece of an edge within one row, from `left` to `right`, that climbs `height` of it."""
    width = right - left
    x = left
    if left < 0.0:  # whatever runs left of the picture counts for all of its row
        x = min(right, 0.0)
        out[row, 0] += height if width < _LEAST else height * (x - left) / width
        if right <= 0.0:
            return
    while x < columns:
        column = int(x)
        stop = min(right, column + 1.0)
        part = height if width < _LEAST else height * (stop - x) / width
        beyond = column + 1.0 - 0.5 * (x + stop)
        out[row, column] += part * beyond
        out[row, column + 1] += part * (1.0 - beyond)
        x = stop
        if x >= right:
            return


@numba.njit(cache=True, nogil=True)
def shares(vertices: Any, starts: Any, out: Any) -> None:
    """Fill `out` (rows, columns + 2) with the covered share of each pixel; its last two columns mean nothing.

    vertices: (n, 2) float64 (x, y) of all rings in pixels. starts: (rings + 1,) int64. Rings must not cross, outer
    ones turn one way and holes the other.
    """
    out[:, :] = 0.0
    for ring in range(starts.size - 1):
        first, end = starts[ring], starts[ring + 1]
        for i in range(first, end):
            j = i + 1 if i + 1 < end else first
            add_edge(vertices[i, 0], vertices[i, 1], vertices[j, 0], vertices[j, 1], out)
    for row in range(out.shape[0]):
        total = 0.0
        for column in range(out.shape[1]):
            total += out[row, column]
            out[row, column] = min(abs(total), 1.0)


def warm_up() -> None:
    """Compile every kernel here for the types used in production."""
    triangle = np.array([[0.5, 0.5], [2.5, 0.5], [1.0, 2.0]])
    shares(triangle, np.array([0, 3], dtype=np.int64), np.empty((3, 5)))
