"""Connected regions of voxels: grown from a seed, closed over small gaps, their holes filled; compiled."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def grow(allowed, seeds, out):  # type: ignore[no-untyped-def]
    """Mark what is connected (by faces) to the seeds within a mask; how many voxels that are.

    allowed, out : (k, j, i) bool; `out` is filled. seeds : (n, 3) int64 (k, j, i); those outside don't count.
    """
    slices, rows, columns = allowed.shape
    queue = np.empty((allowed.size, 3), np.int32)
    count = 0
    out[:] = False
    for n in range(seeds.shape[0]):
        k, j, i = seeds[n, 0], seeds[n, 1], seeds[n, 2]
        if allowed[k, j, i] and not out[k, j, i]:
            out[k, j, i] = True
            queue[count, 0], queue[count, 1], queue[count, 2] = k, j, i
            count += 1
    done = 0
    while done < count:
        k, j, i = queue[done, 0], queue[done, 1], queue[done, 2]
        done += 1
        for axis in range(3):
            for step in (-1, 1):
                a, b, c = k, j, i
                if axis == 0:
                    a += step
                elif axis == 1:
                    b += step
                else:
                    c += step
                if a < 0 or b < 0 or c < 0 or a >= slices or b >= rows or c >= columns:
                    continue
                if allowed[a, b, c] and not out[a, b, c]:
                    out[a, b, c] = True
                    queue[count, 0], queue[count, 1], queue[count, 2] = a, b, c
                    count += 1
    return count


@numba.njit(cache=True, nogil=True)
def dilate(mask, radius, spacing, out):  # type: ignore[no-untyped-def]
    """Mark every voxel whose centre lies within a radius of one of the mask.

    mask, out : (k, j, i) bool. radius : mm. spacing : (3,) float64 mm along k, j, i.
    """
    slices, rows, columns = mask.shape
    reach_k, reach_j, reach_i = int(radius / spacing[0]), int(radius / spacing[1]), int(radius / spacing[2])
    out[:] = False
    for k in range(slices):
        for j in range(rows):
            for i in range(columns):
                if not mask[k, j, i]:
                    continue
                for a in range(max(0, k - reach_k), min(slices, k + reach_k + 1)):
                    for b in range(max(0, j - reach_j), min(rows, j + reach_j + 1)):
                        for c in range(max(0, i - reach_i), min(columns, i + reach_i + 1)):
                            if out[a, b, c]:
                                continue
                            far = ((a - k) * spacing[0]) ** 2 + ((b - j) * spacing[1]) ** 2
                            if far + ((c - i) * spacing[2]) ** 2 <= radius * radius:
                                out[a, b, c] = True


def warm_up() -> None:
    """Compile every kernel."""
    mask, out = np.ones((2, 2, 2), bool), np.empty((2, 2, 2), bool)
    grow(mask, np.zeros((1, 3), np.int64), out)
    dilate(mask, 1.0, np.ones(3), out)
