"""The value of an image at any point, one by one or on a plane: trilinear between voxel centres."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def _value(voxels: Any, x: float, y: float, z: float) -> Any:
    """At a fractional index; NaN outside the image. The outer half of the border voxels has their own value."""
    k_count, j_count, i_count = voxels.shape
    if not (-0.5 <= x <= i_count - 0.5 and -0.5 <= y <= j_count - 0.5 and -0.5 <= z <= k_count - 0.5):
        return np.nan
    x, y, z = min(max(x, 0.0), i_count - 1.0), min(max(y, 0.0), j_count - 1.0), min(max(z, 0.0), k_count - 1.0)
    i, j, k = int(x), int(y), int(z)
    i1, j1, k1 = min(i + 1, i_count - 1), min(j + 1, j_count - 1), min(k + 1, k_count - 1)
    fx, fy, fz = x - i, y - j, z - k
    low = (voxels[k, j, i] * (1.0 - fx) + voxels[k, j, i1] * fx) * (1.0 - fy)
    low += (voxels[k, j1, i] * (1.0 - fx) + voxels[k, j1, i1] * fx) * fy
    high = (voxels[k1, j, i] * (1.0 - fx) + voxels[k1, j, i1] * fx) * (1.0 - fy)
    high += (voxels[k1, j1, i] * (1.0 - fx) + voxels[k1, j1, i1] * fx) * fy
    return low * (1.0 - fz) + high * fz


@numba.njit(cache=True, nogil=True)
def interpolated(voxels: Any, index: Any, out: Any) -> None:
    """Fill `out` (n,) float64 with values at fractional indices (n, 3) ordered (i, j, k); NaN outside the image.

    voxels: [k, j, i] int16 or float32, read-only.
    """
    for n in range(out.size):
        out[n] = _value(voxels, index[n, 0], index[n, 1], index[n, 2])


@numba.njit(cache=True, nogil=True)
def interpolated_on_plane(voxels: Any, start: Any, along: Any, down: Any, weights: Any, out: Any) -> None:
    """Fill `out` (rows, columns) float64 where `weights` of the same shape is positive, else with NaN.

    start, along, down: (3,) fractional index (i, j, k) of the first pixel, and its steps to the next one in the row
    and in the column.
    """
    rows, columns = out.shape
    for r in range(rows):
        x0, y0, z0 = start[0] + r * down[0], start[1] + r * down[1], start[2] + r * down[2]
        for c in range(columns):
            if weights[r, c] > 0.0:
                out[r, c] = _value(voxels, x0 + c * along[0], y0 + c * along[1], z0 + c * along[2])
            else:
                out[r, c] = np.nan


def warm_up() -> None:
    """Compile every kernel here for the voxel types that occur."""
    for kind in (np.int16, np.float32):
        voxels = np.zeros((2, 2, 2), kind)
        voxels.setflags(write=False)
        interpolated(voxels, np.full((1, 3), 0.5), np.empty(1))
        interpolated_on_plane(voxels, np.zeros(3), np.ones(3), np.ones(3), np.ones((1, 1)), np.empty((1, 1)))
