"""Coarser copies of an image by the mean over boxes of voxels, its values bent through a table on the way.

One pass over the voxels as they lie in memory (int16 or float32): no copy of the whole image in another type is made.
"""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def reduce_through(voxels, first, step, low, scale, table, out, begin, end):  # type: ignore[no-untyped-def]
    """Means over boxes of `table[(voxel - low) * scale]`.

    voxels : (k, j, i) int16 or float32, read-only. first, step : (3,) int64 (k, j, i) of the first box's first voxel,
    and the voxels of a box. low, scale : take a voxel's value to a place in `table` (n,) float32.
    out : (k, j, i) float32; its slices begin..end are filled.
    """
    last = table.size - 1
    share = np.float32(1.0 / (step[0] * step[1] * step[2]))
    for k in range(begin, end):
        for j in range(out.shape[1]):
            for i in range(out.shape[2]):
                total = np.float32(0.0)
                for kk in range(first[0] + k * step[0], first[0] + (k + 1) * step[0]):
                    for jj in range(first[1] + j * step[1], first[1] + (j + 1) * step[1]):
                        for ii in range(first[2] + i * step[2], first[2] + (i + 1) * step[2]):
                            place = int((np.float32(voxels[kk, jj, ii]) - low) * scale)
                            total += table[min(max(place, 0), last)]
                out[k, j, i] = total * share


@numba.njit(cache=True, nogil=True)
def reduce_boxes(values, step, out, begin, end):  # type: ignore[no-untyped-def]
    """Means over boxes of values (k, j, i) float32; step : (3,) int64 (k, j, i); fills slices begin..end of `out`."""
    share = np.float32(1.0 / (step[0] * step[1] * step[2]))
    for k in range(begin, end):
        for j in range(out.shape[1]):
            for i in range(out.shape[2]):
                total = np.float32(0.0)
                for kk in range(k * step[0], (k + 1) * step[0]):
                    for jj in range(j * step[1], (j + 1) * step[1]):
                        for ii in range(i * step[2], (i + 1) * step[2]):
                            total += values[kk, jj, ii]
                out[k, j, i] = total * share


def warm_up() -> None:
    """Compile every kernel."""
    ones = np.ones(3, np.int64)
    table, out = np.zeros(4, np.float32), np.zeros((2, 2, 2), np.float32)
    for kind in (np.int16, np.float32):
        voxels = np.zeros((2, 2, 2), kind)
        voxels.setflags(write=False)
        reduce_through(voxels, np.zeros(3, np.int64), ones, np.float32(0), np.float32(1), table, out, 0, 2)
    reduce_boxes(out.copy(), ones, out, 0, 2)
