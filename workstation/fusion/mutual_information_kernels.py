"""Mutual information of two sets of values, and how it changes with each of them.

The joint histogram is smooth: the moving value falls into four bins by a cubic B-spline (Parzen window), the fixed
value into one. P. Thevenaz and M. Unser, IEEE TIP 9:2083 (2000); D. Mattes et al., IEEE TMI 22:120 (2003).
"""

from __future__ import annotations

from math import log

import numba
import numpy as np

PADDING = 3
"""Bins of the moving image that the window needs beyond the values' range."""


@numba.njit(cache=True, nogil=True)
def joint_histogram(bins, values, counts, begin, end):  # type: ignore[no-untyped-def]
    """Count pairs of values; samples with a negative value are left out.

    bins : (n,) uint8, the fixed image's bin. values : (n,) float32 in 0..1, the moving image's value.
    counts : (fixed bins, moving bins) float64, overwritten.
    """
    width = np.float32(counts.shape[1] - PADDING - 0.001)
    sixth = np.float32(1.0 / 6.0)
    one, three, four = np.float32(1.0), np.float32(3.0), np.float32(4.0)
    counts[:, :] = 0.0
    for n in range(begin, end):
        if values[n] < 0.0:
            continue
        place = one + min(values[n], one) * width
        k = int(place)
        t = place - np.float32(k)
        s = one - t
        row = counts[bins[n]]
        row[k - 1] += s * s * s * sixth
        row[k] += (four + three * t * t * (t - np.float32(2.0))) * sixth
        row[k + 1] += (four + three * s * s * (s - np.float32(2.0))) * sixth
        row[k + 2] += t * t * t * sixth


@numba.njit(cache=True, nogil=True)
def information(counts, table):  # type: ignore[no-untyped-def]
    """Mutual information (nats) of a joint histogram; `table` of its shape is filled with log p(f, m) / p(m)."""
    fixed, moving = counts.shape
    total = counts.sum()
    table[:, :] = 0.0
    if total <= 0.0:
        return 0.0
    of_fixed, of_moving = counts.sum(1), counts.sum(0)
    found = 0.0
    for f in range(fixed):
        for m in range(moving):
            if counts[f, m] > 1e-12 * total:
                table[f, m] = log(counts[f, m] / of_moving[m])
                found += counts[f, m] * (table[f, m] - log(of_fixed[f] / total))
    return found / total


@numba.njit(cache=True, nogil=True)
def information_weights(bins, values, table, weights, begin, end):  # type: ignore[no-untyped-def]
    """How log p(f, m) / p(m) of each sample changes with its moving value, into `weights` (n,) float32."""
    width = np.float32(table.shape[1] - PADDING - 0.001)
    half, one, three, four = np.float32(0.5), np.float32(1.0), np.float32(3.0), np.float32(4.0)
    for n in range(begin, end):
        if values[n] < 0.0:
            weights[n] = 0.0
            continue
        place = one + min(values[n], one) * width
        k = int(place)
        t = place - np.float32(k)
        s = one - t
        row = table[bins[n]]
        outer = t * t * row[k + 2] - s * s * row[k - 1]
        inner = t * (three * t - four) * row[k] - s * (three * s - four) * row[k + 1]
        weights[n] = np.float32((outer + inner) * half * width)


def warm_up() -> None:
    """Compile every kernel."""
    bins, values = np.zeros(1, np.uint8), np.zeros(1, np.float32)
    counts, table = np.zeros((8, 8)), np.zeros((8, 8))
    joint_histogram(bins, values, counts, 0, 1)
    information(counts, table)
    information_weights(bins, values, table, values.copy(), 0, 1)
