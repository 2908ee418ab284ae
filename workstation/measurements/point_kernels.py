"""The value of an image at any point: trilinear between voxel centres."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def interpolated(voxels: Any, index: Any, out: Any) -> None:
    """Fill `out` (n,) float64 with values at fractional indices (n, 3) ordered (i, j, k); NaN outside the image.

    voxels: [k, j, i] int16 or float32, read-only. The outer half of the border voxels has their own value.
    """
    k_count, j_count, i_count = voxels.shape
    for n in range(out.size):
        x, y, z = index[n, 0], index[n, 1], index[n, 2]
        inside = -0.5 <= x <= i_count - 0.5 and -0.5 <= y <= j_count - 0.5 and -0.5 <= z <= k_count - 0.5
        if not inside:
            out[n] = np.nan
            continue
        x, y, z = min(max(x, 0.0), i_count - 1.0), min(max(y, 0.0), j_count - 1.0), min(max(z, 0.0), k_count - 1.0)
        i, j, k = int(x), int(y), int(z)
        i1, j1, k1 = min(i + 1, i_count - 1), min(j + 1, j_count - 1), min(k + 1, k_count - 1)
        fx, fy, fz = x - i, y - j, z - k
        low = (voxels[k, j, i] * (1.0 - fx) + voxels[k, j, i1] * fx) * (1.0 - fy)
        low += (voxels[k, j1, i] * (1.0 - fx) + voxels[k, j1, i1] * fx) * fy
        high = (voxels[k1, j, i] * (1.0 - fx) + voxels[k1, j, i1] * fx) * (1.0 - fy)
        high += (voxels[k1, j1, i] * (1.0 - fx) + voxels[k1, j1, i1] * fx) * fy
        out[n] = low * (1.0 - fz) + high * fz


def warm_up() -> None:
    """Compile every kernel here for the voxel types that occur."""
    for kind in (np.int16, np.float32):
        voxels = np.zeros((2, 2, 2), kind)
        voxels.setflags(write=False)
        interpolated(voxels, np.full((1, 3), 0.5), np.empty(1))
