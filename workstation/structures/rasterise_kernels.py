"""The scanline fill of polygons by the even-odd rule at voxel centres."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Integer = NDArray[np.int64]


@numba.njit(cache=True, nogil=True)
def fill_even_odd(
    points: Float,
    ring_starts: Integer,
    ring_slices: Integer,
    columns: Float,
    rows: Float,
    voxels: NDArray[np.uint8],
) -> None:
    """Set the voxels whose centres lie inside, by the even-odd rule over all rings of their slice.

    points: (n, 2) vertices (x, y) of all rings, one ring after the other.
    ring_starts: (rings + 1,) where each ring begins in `points`. ring_slices: (rings,) the k that it belongs to.
    columns, rows: ascending centres x of the voxels' columns i and y of their rows j, in the units of `points`.
    voxels: [k, j, i], all zero before; one inside and zero outside after.

    A centre is inside when an odd number of edges cross its row strictly to its right; an edge covers its lower
    end, not its upper one, so a vertex is never counted twice.
    """
    slices, row_count, column_count = voxels.shape
    lowest = np.full(slices, row_count, dtype=np.int64)
    highest = np.full(slices, -1, dtype=np.int64)
    for ring in range(ring_slices.shape[0]):
        k = ring_slices[ring]
        first, end = ring_starts[ring], ring_starts[ring + 1]
        if end - first < 3:
            continue
        x0, y0 = points[end - 1, 0], points[end - 1, 1]
        for vertex in range(first, end):
            x1, y1 = points[vertex, 0], points[vertex, 1]
            if y0 != y1:
                low, high = (y0, y1) if y0 < y1 else (y1, y0)
                j = np.searchsorted(rows, low)
                if j < row_count and rows[j] < high:
                    lowest[k] = min(lowest[k], j)
                    while j < row_count and rows[j] < high:
                        crossing = x0 + (rows[j] - y0) * (x1 - x0) / (y1 - y0)
                        left = np.searchsorted(columns, crossing)  # how many centres lie to the left
                        if left > 0:
                            voxels[k, j, left - 1] ^= 1
                        j += 1
                    highest[k] = max(highest[k], j - 1)
            x0, y0 = x1, y1
    for k in range(slices):
        for j in range(lowest[k], highest[k] + 1):
            inside = np.uint8(0)
            for i in range(column_count - 1, -1, -1):
                inside ^= voxels[k, j, i]
                voxels[k, j, i] = inside


def warm_up() -> None:
    """Compile every kernel for the types that it is called with."""
    triangle = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
    centres = np.array([0.5, 1.5])
    voxels = np.zeros((1, 2, 2), dtype=np.uint8)
    fill_even_odd(triangle, np.array([0, 3]), np.array([0]), centres, centres, voxels)
