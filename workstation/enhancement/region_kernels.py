"""Regions of voxels: connected to a seed, within a radius of a mask, with a distance to their border; compiled."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def grow(allowed, seeds, out):  # type: ignore[no-untyped-def]
    """Mark what is connected (by faces) to the seeds within a mask; how many voxels that are.

    allowed, out : (k, j, i) bool; `out` is filled. seeds : (n, 3) int64 (k, j, i); those outside don't count.
    """
    slices, rows, columns = allowed.shape
    # What is still to be reached, with a border that nothing gets beyond.
    left = np.zeros((slices + 2, rows + 2, columns + 2), np.bool_)
    left[1:-1, 1:-1, 1:-1] = allowed
    row, plane = columns + 2, (rows + 2) * (columns + 2)
    to_reach = left.ravel()
    queue = np.empty(allowed.size, np.int32)
    count = 0
    for n in range(seeds.shape[0]):
        place = (seeds[n, 0] + 1) * plane + (seeds[n, 1] + 1) * row + seeds[n, 2] + 1
        if to_reach[place]:
            to_reach[place] = False
            queue[count] = place
            count += 1
    done = 0
    steps = (-plane, plane, -row, row, -1, 1)
    while done < count:
        place = queue[done]
        done += 1
        for step in steps:
            there = place + step
            if to_reach[there]:
                to_reach[there] = False
                queue[count] = there
                count += 1
    for k in range(slices):
        for j in range(rows):
            for i in range(columns):
                out[k, j, i] = allowed[k, j, i] and not left[k + 1, j + 1, i + 1]
    return count


@numba.njit(cache=True, nogil=True)
def dilate(mask, radius, spacing, out):  # type: ignore[no-untyped-def]
    """Mark every voxel whose centre lies within a radius of one of the mask.

    mask, out : (k, j, i) bool. radius : mm. spacing : (3,) float64 mm along k, j, i.
    Only voxels at the mask's surface are looked at: on the way from any other one to a voxel outside, along the axes,
    one of them is passed, and it is nearer.
    """
    slices, rows, columns = mask.shape
    reach_k, reach_j = int(radius / spacing[0]), int(radius / spacing[1])
    # How far the ball reaches along i, for every step along k and j; -1 where it does not.
    half = np.full((2 * reach_k + 1, 2 * reach_j + 1), -1, np.int64)
    for a in range(-reach_k, reach_k + 1):
        for b in range(-reach_j, reach_j + 1):
            while (a * spacing[0]) ** 2 + (b * spacing[1]) ** 2 + (
                (half[a + reach_k, b + reach_j] + 1) * spacing[2]
            ) ** 2 <= radius * radius:
                half[a + reach_k, b + reach_j] += 1
    out[:] = mask
    for k in range(slices):
        for j in range(rows):
            for i in range(columns):
                if not mask[k, j, i]:
                    continue
                if (
                    (k == 0 or mask[k - 1, j, i]) and (k == slices - 1 or mask[k + 1, j, i])
                    and (j == 0 or mask[k, j - 1, i]) and (j == rows - 1 or mask[k, j + 1, i])
                    and (i == 0 or mask[k, j, i - 1]) and (i == columns - 1 or mask[k, j, i + 1])
                ):  # fmt: skip
                    continue
                for a in range(max(0, k - reach_k), min(slices, k + reach_k + 1)):
                    for b in range(max(0, j - reach_j), min(rows, j + reach_j + 1)):
                        wide = half[a - k + reach_k, b - j + reach_j]
                        for c in range(max(0, i - wide), min(columns, i + wide + 1)):
                            out[a, b, c] = True


@numba.njit(cache=True, nogil=True)
def signed_shares(shares, level, region, least, out):  # type: ignore[no-untyped-def]
    """How far each voxel is from a level, with the sign that a region says: below zero in it, nowhere else.

    shares, out : (k, j, i) float32. region : (k, j, i) bool. least : what is kept from zero where shares deny the
    region. Beyond the voxels that touch the region, by corners as well, all is `level`; nothing is further from zero.
    """
    slices, rows, columns = region.shape
    least, level = np.float32(least), np.float32(level)
    out[:] = level
    for k in range(slices):
        for j in range(rows):
            for i in range(columns):
                if not region[k, j, i]:
                    continue
                out[k, j, i] = max(min(level - shares[k, j, i], -least), -level)
                for a in range(max(0, k - 1), min(slices, k + 2)):
                    for b in range(max(0, j - 1), min(rows, j + 2)):
                        for c in range(max(0, i - 1), min(columns, i + 2)):
                            if not region[a, b, c]:
                                out[a, b, c] = min(max(level - shares[a, b, c], least), level)


def warm_up() -> None:
    """Compile every kernel."""
    mask, out = np.ones((2, 2, 2), bool), np.empty((2, 2, 2), bool)
    grow(mask, np.zeros((1, 3), np.int64), out)
    dilate(mask, 1.0, np.ones(3), out)
    shares = np.zeros((2, 2, 2), np.float32)
    signed_shares(shares, 0.5, mask, 0.02, shares.copy())
