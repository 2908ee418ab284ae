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


@numba.njit(cache=True, nogil=True)
def local_contrast(values, half, floor, out):  # type: ignore[no-untyped-def]
    """(value - mean) / (deviation + floor) in a window around each voxel, six deviations brought to 0..1, into `out`.

    values, out : (k, j, i) float32. half : (3,) int64 (k, j, i), the window reaches so many voxels each way.
    """
    mean, square = values.copy(), values * values
    _window_means(mean, half)
    _window_means(square, half)
    low, scale = np.float32(0.5), np.float32(1.0 / 6.0)
    for k in range(values.shape[0]):
        for j in range(values.shape[1]):
            for i in range(values.shape[2]):
                m = mean[k, j, i]
                spread = np.sqrt(max(square[k, j, i] - m * m, np.float32(0.0))) + floor
                v = low + (values[k, j, i] - m) / spread * scale
                out[k, j, i] = min(max(v, np.float32(0.0)), np.float32(1.0))


@numba.njit(cache=True, nogil=True)
def _window_means(values, half):  # type: ignore[no-untyped-def]
    """Replace values by their means over a window, one axis after the other."""
    for axis in range(3):
        length = values.shape[axis]
        line = np.empty(length + 1, np.float64)
        for a in range(values.shape[1] if axis == 0 else values.shape[0]):
            for b in range(values.shape[1] if axis == 2 else values.shape[2]):
                line[0] = 0.0
                for n in range(length):
                    v = values[n, a, b] if axis == 0 else values[a, n, b] if axis == 1 else values[a, b, n]
                    line[n + 1] = line[n] + v
                for n in range(length):
                    low, high = max(n - half[axis], 0), min(n + half[axis] + 1, length)
                    v = np.float32((line[high] - line[low]) / (high - low))
                    if axis == 0:
                        values[n, a, b] = v
                    elif axis == 1:
                        values[a, n, b] = v
                    else:
                        values[a, b, n] = v


def warm_up() -> None:
    """Compile every kernel."""
    ones = np.ones(3, np.int64)
    table, out = np.zeros(4, np.float32), np.zeros((2, 2, 2), np.float32)
    for kind in (np.int16, np.float32):
        voxels = np.zeros((2, 2, 2), kind)
        voxels.setflags(write=False)
        reduce_through(voxels, np.zeros(3, np.int64), ones, np.float32(0), np.float32(1), table, out, 0, 2)
    reduce_boxes(out.copy(), ones, out, 0, 2)
    local_contrast(out.copy(), ones, np.float32(0.1), out)
