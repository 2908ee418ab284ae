"""Mutual information at thousands of poses with few samples, for the search of a place to begin."""

from __future__ import annotations

from math import log

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def information_of_poses(points, bins, matrices, offsets, image, counts, found, inside, begin, end):  # type: ignore[no-untyped-def]
    """Mutual information (nats, plain histogram) and share of samples inside for each pose begin..end.

    points : (n, 3) float32 mm from the pivot. bins : (n,) uint8. matrices : (m, 3, 3) and offsets : (m, 3) float32
    take a point to (i, j, k). image : (k, j, i) uint8 bins of the moving image. counts : (fixed bins, moving bins)
    float64, for work. found, inside : (m,) float64, filled.
    """
    samples = points.shape[0]
    last_i, last_j, last_k = image.shape[2] - 1, image.shape[1] - 1, image.shape[0] - 1
    half = np.float32(0.5)
    of_fixed, of_moving = np.empty(counts.shape[0]), np.empty(counts.shape[1])
    for p in range(begin, end):
        m, o = matrices[p], offsets[p]
        counts[:, :] = 0.0
        total = 0
        for n in range(samples):
            x, y, z = points[n, 0], points[n, 1], points[n, 2]
            u = m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + o[0]
            v = m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + o[1]
            w = m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + o[2]
            if u >= 0.0 and v >= 0.0 and w >= 0.0 and u <= last_i and v <= last_j and w <= last_k:
                counts[bins[n], image[int(w + half), int(v + half), int(u + half)]] += 1.0
                total += 1
        inside[p] = total / samples
        found[p] = 0.0
        if total == 0:
            continue
        of_fixed[:] = 0.0
        of_moving[:] = 0.0
        for f in range(counts.shape[0]):
            for g in range(counts.shape[1]):
                of_fixed[f] += counts[f, g]
                of_moving[g] += counts[f, g]
        for f in range(counts.shape[0]):
            for g in range(counts.shape[1]):
                c = counts[f, g]
                if c > 0.0:
                    found[p] += c * log(c * total / (of_fixed[f] * of_moving[g]))
        found[p] /= total


def warm_up() -> None:
    """Compile every kernel."""
    information_of_poses(
        np.zeros((1, 3), np.float32), np.zeros(1, np.uint8), np.zeros((1, 3, 3), np.float32),
        np.zeros((1, 3), np.float32), np.zeros((2, 2, 2), np.uint8), np.zeros((2, 2)), np.zeros(1), np.zeros(1), 0, 1,
    )  # fmt: skip
