"""Pearson's correlation of two sets of values, the metric for images of one kind, from six sums over the samples."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def pair_sums(fixed, values, sums, begin, end):  # type: ignore[no-untyped-def]
    """Into `sums` (6,) float64: count, fixed, moving, fixed squared, moving squared, product.

    fixed, values : (n,) float32 in 0..1; samples with a negative moving value are left out.
    """
    n0, f, m, ff, mm, fm = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for n in range(begin, end):
        if values[n] >= 0.0:
            a, b = np.float64(fixed[n]), np.float64(values[n])
            n0 += 1.0
            f += a
            m += b
            ff += a * a
            mm += b * b
            fm += a * b
    sums[0], sums[1], sums[2], sums[3], sums[4], sums[5] = n0, f, m, ff, mm, fm


@numba.njit(cache=True, nogil=True)
def linear_weights(fixed, values, of_fixed, of_moving, constant, weights, begin, end):  # type: ignore[no-untyped-def]
    """of_fixed * fixed + of_moving * value + constant of each sample, into `weights` (n,) float32; 0 outside."""
    for n in range(begin, end):
        if values[n] < 0.0:
            weights[n] = 0.0
        else:
            weights[n] = np.float32(of_fixed * fixed[n] + of_moving * values[n] + constant)


def warm_up() -> None:
    """Compile every kernel."""
    fixed = np.zeros(1, np.float32)
    pair_sums(fixed, fixed, np.zeros(6), 0, 1)
    linear_weights(fixed, fixed, 1.0, 1.0, 0.0, fixed.copy(), 0, 1)
