"""Sampling a volume on a curved sheet: a plane seen through a map that bends; compiled.

Where the map takes the picture is worked out at every few pixels and interpolated between, because fields are smooth
beside pixels; the image itself is looked up at every pixel.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from workstation.view.sampling_kernels import _BORDER, _clamped, read_only_line


@numba.njit(cache=True, nogil=True)
def sample_bent(flat, count, nodes, step, out):  # type: ignore[no-untyped-def]
    """Sample a volume where a curved sheet lies in it.

    flat : (n,) int16 or float32, read-only: the voxels in memory order (i fastest). count : (3,) int64 voxels along
        i, j, k. nodes : (rows, columns, 3) float64 index (i, j, k) at every `step`-th pixel, from the picture's first
        one on to at least its last one. out : (height, width) float32, filled; NaN outside the volume.
    """
    height, width = out.shape
    nothing = np.float32(np.nan)
    for r in range(height):
        row = r // step
        down = (r - row * step) / step
        for c in range(width):
            column = c // step
            across = (c - column * step) / step
            a, b = (1.0 - down) * (1.0 - across), (1.0 - down) * across
            d, e = down * (1.0 - across), down * across
            x, y, z = 0.0, 0.0, 0.0
            x = a * nodes[row, column, 0] + b * nodes[row, column + 1, 0]
            x += d * nodes[row + 1, column, 0] + e * nodes[row + 1, column + 1, 0]
            y = a * nodes[row, column, 1] + b * nodes[row, column + 1, 1]
            y += d * nodes[row + 1, column, 1] + e * nodes[row + 1, column + 1, 1]
            z = a * nodes[row, column, 2] + b * nodes[row, column + 1, 2]
            z += d * nodes[row + 1, column, 2] + e * nodes[row + 1, column + 1, 2]
            inside = -_BORDER <= x <= count[0] - 1 + _BORDER and -_BORDER <= y <= count[1] - 1 + _BORDER
            if inside and -_BORDER <= z <= count[2] - 1 + _BORDER:
                out[r, c] = _clamped(flat, count, x, y, z)
            else:
                out[r, c] = nothing


@numba.njit(cache=True, nogil=True)
def gather(values, weight, sign, out, total):  # type: ignore[no-untyped-def]
    """Take one more sheet of a slab into account; NaN counts as not there.

    values : (height, width) float32. sign : 1 keeps the largest, -1 the smallest, 0 adds `weight` times the value to
    `out` and the weight to `total` (height, width) float32.
    """
    height, width = out.shape
    for r in range(height):
        for c in range(width):
            value = values[r, c]
            if value != value:
                continue
            if sign == 0:
                out[r, c] += weight * value
                total[r, c] += weight
            elif total[r, c] == 0 or (value - out[r, c]) * sign > 0:
                out[r, c] = value
                total[r, c] = 1


def warm_up() -> None:
    """Compile every kernel for the voxel types that occur."""
    out, total = np.zeros((2, 2), np.float32), np.zeros((2, 2), np.float32)
    nodes, count = np.zeros((2, 2, 3)), np.array([2, 2, 2])
    kinds: tuple[NDArray[Any], ...] = (np.zeros((2, 2, 2), np.int16), np.zeros((2, 2, 2), np.float32))
    for voxels in kinds:
        sample_bent(read_only_line(voxels), count, nodes, 2, out)
    gather(out, np.float32(1.0), 0, out.copy(), total)
