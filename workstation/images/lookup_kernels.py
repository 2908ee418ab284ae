"""Values of a volume at scattered indices; compiled."""

from __future__ import annotations

from math import floor
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(cache=True, nogil=True)
def values_at_index(voxels, index, nearest, outside, out):  # type: ignore[no-untyped-def]
    """Trilinear (or nearest) values; beyond the outermost voxels' faces `outside`.

    voxels : (k, j, i) int16 or float32. index : (n, 3) float64 (i, j, k). out : (n,) float32, filled.
    """
    slices, rows, columns = voxels.shape
    for n in range(index.shape[0]):
        x, y, z = index[n, 0], index[n, 1], index[n, 2]
        if not (-0.5 <= x <= columns - 0.5 and -0.5 <= y <= rows - 0.5 and -0.5 <= z <= slices - 0.5):
            out[n] = outside
            continue
        x, y, z = min(max(x, 0.0), columns - 1.0), min(max(y, 0.0), rows - 1.0), min(max(z, 0.0), slices - 1.0)
        if nearest:
            out[n] = voxels[floor(z + 0.5), floor(y + 0.5), floor(x + 0.5)]
            continue
        i, j, k = int(x), int(y), int(z)
        i1, j1, k1 = min(i + 1, columns - 1), min(j + 1, rows - 1), min(k + 1, slices - 1)
        u, v, w = x - i, y - j, z - k
        a = voxels[k, j, i] * (1 - u) + voxels[k, j, i1] * u
        b = voxels[k, j1, i] * (1 - u) + voxels[k, j1, i1] * u
        c = voxels[k1, j, i] * (1 - u) + voxels[k1, j, i1] * u
        d = voxels[k1, j1, i] * (1 - u) + voxels[k1, j1, i1] * u
        out[n] = (a * (1 - v) + b * v) * (1 - w) + (c * (1 - v) + d * v) * w


def warm_up() -> None:
    """Compile for the voxel types that occur."""
    index, out = np.zeros((1, 3)), np.zeros(1, np.float32)
    kinds: tuple[NDArray[Any], ...] = (np.zeros((2, 2, 2), np.int16), np.zeros((2, 2, 2), np.float32))
    for voxels in kinds:
        values_at_index(voxels, index, False, 0.0, out)
