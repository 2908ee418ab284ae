"""What the difference of two images at each voxel asks for: a force on the moving value, and how much it is worth.

Each measure is the log-likelihood of the fixed value under what the moving one predicts, so that they weigh alike
against stiffness: `force` is its derivative by the moving value, `worth` what stands for its negative second one
(Fisher's information). Pictures are (k, j, i) float32; below 0 stands for unknown: there both are 0.
"""

from __future__ import annotations

import numba
import numpy as np

BINS = 48
"""Histogram bins a side; values 0..1 fall into 1..BINS - 2, so that smoothing loses nothing over the rim."""


@numba.njit(cache=True, nogil=True)
def difference_terms(fixed, warped, deviation, outlying, force, worth, begin, end):  # type: ignore[no-untyped-def]
    """Squared differences, in units of their deviation, robust (Geman and McClure beyond `outlying` deviations).

    Fills slices begin..end of force and worth. Returns the sum of the log-likelihoods, and of the voxels that count.
    """
    total, count = 0.0, 0.0
    for k in range(begin, end):
        for j in range(fixed.shape[1]):
            for i in range(fixed.shape[2]):
                f, m = fixed[k, j, i], warped[k, j, i]
                force[k, j, i] = worth[k, j, i] = 0.0
                if f < 0.0 or m < 0.0:
                    continue
                r = (f - m) / deviation
                q = 1.0 / (1.0 + r * r / (outlying * outlying))
                total -= 0.5 * r * r * q
                count += 1.0
                force[k, j, i] = r * q * q / deviation
                worth[k, j, i] = q * q / (deviation * deviation)
    return total, count


@numba.njit(cache=True, nogil=True)
def differences_histogram(fixed, warped, scale, counts, begin, end):  # type: ignore[no-untyped-def]
    """counts (n,) float64: how many absolute differences fall into bins of width 1 / scale; slices begin..end."""
    last = counts.size - 1
    for k in range(begin, end):
        for j in range(fixed.shape[1]):
            for i in range(fixed.shape[2]):
                f, m = fixed[k, j, i], warped[k, j, i]
                if f >= 0.0 and m >= 0.0:
                    counts[min(int(abs(f - m) * scale), last)] += 1.0


@numba.njit(cache=True, nogil=True, fastmath=True)
def pair_products(fixed, warped, which, out):  # type: ignore[no-untyped-def]
    """out (k, j, i) float32: 0 known, 1 fixed, 2 moving, 3 fixed², 4 moving², 5 fixed moving; 0 where unknown."""
    for k in range(fixed.shape[0]):
        for j in range(fixed.shape[1]):
            for i in range(fixed.shape[2]):
                f, m = fixed[k, j, i], warped[k, j, i]
                value = np.float32(0.0)
                if f >= 0.0 and m >= 0.0:
                    if which == 0:
                        value = np.float32(1.0)
                    elif which == 1:
                        value = f
                    elif which == 2:
                        value = m
                    elif which == 3:
                        value = f * f
                    elif which == 4:
                        value = m * m
                    else:
                        value = f * m
                out[k, j, i] = value


@numba.njit(cache=True, nogil=True, fastmath=True)
def window_sums(values, half):  # type: ignore[no-untyped-def]
    """Replace values (k, j, i) float32 by their sums over a window that reaches half (3,) voxels each way."""
    n_k, n_j, n_i = values.shape
    line = np.empty(n_i + 1)
    for k in range(n_k):
        for j in range(n_j):
            line[0] = 0.0
            for i in range(n_i):
                line[i + 1] = line[i] + values[k, j, i]
            for i in range(n_i):
                values[k, j, i] = line[min(i + half[2] + 1, n_i)] - line[max(i - half[2], 0)]
    rows, total = np.empty((n_j, n_i), np.float32), np.empty(n_i)
    for k in range(n_k):
        rows[:] = values[k]
        total[:] = 0.0
        for j in range(-half[1], n_j):
            if j + half[1] < n_j:
                for i in range(n_i):
                    total[i] += rows[j + half[1], i]
            if j - half[1] - 1 >= 0:
                for i in range(n_i):
                    total[i] -= rows[j - half[1] - 1, i]
            if j >= 0:
                for i in range(n_i):
                    values[k, j, i] = total[i]
    planes = np.empty((n_k, n_i), np.float32)
    for j in range(n_j):
        planes[:] = values[:, j]
        total[:] = 0.0
        for k in range(-half[0], n_k):
            if k + half[0] < n_k:
                for i in range(n_i):
                    total[i] += planes[k + half[0], i]
            if k - half[0] - 1 >= 0:
                for i in range(n_i):
                    total[i] -= planes[k - half[0] - 1, i]
            if k >= 0:
                for i in range(n_i):
                    values[k, j, i] = total[i]


@numba.njit(cache=True, nogil=True, fastmath=True)
def correlation_terms(  # type: ignore[no-untyped-def]
    fixed, warped, sums, noise, unexplained, fewest, fixed_slopes, slopes, force, worth, begin, end
):
    """Correlation in a window around each voxel, as the likelihood of a straight line through its pairs of values.

    sums : tuple of the six arrays of `pair_products`, summed over windows. noise : variance that says nothing.
    unexplained : the share of the variance that no line explains, at least. fewest : pairs a window must hold.
    fixed_slopes, slopes : (k, j, i, 3) float32, changes of both images with the displacement; the second one's are
    replaced by the mean of both, in its units, so that exchanging the images gives the same answer back (symmetric
    forces; also fewer steps: Benhimane and Malis, IROS 2004).
    Fills slices begin..end. Returns the sums of the log-likelihoods, of the correlations, and of the voxels that count.
    """
    total, agreement, count = 0.0, 0.0, 0.0
    known, sum_f, sum_m, sum_ff, sum_mm, sum_fm = sums
    for k in range(begin, end):
        for j in range(fixed.shape[1]):
            for i in range(fixed.shape[2]):
                f, m, n = fixed[k, j, i], warped[k, j, i], known[k, j, i]
                force[k, j, i] = worth[k, j, i] = 0.0
                if f < 0.0 or m < 0.0 or n < fewest:
                    continue
                mean_f, mean_m = sum_f[k, j, i] / n, sum_m[k, j, i] / n
                var_f = max(sum_ff[k, j, i] / n - mean_f * mean_f, 0.0) + noise
                var_m = max(sum_mm[k, j, i] / n - mean_m * mean_m, 0.0) + noise
                both = sum_fm[k, j, i] / n - mean_f * mean_m
                rho = both / np.sqrt(var_f * var_m)
                rest = 1.0 - rho * abs(rho) + unexplained
                rest = min(rest, 1.0 + unexplained)
                total -= 0.5 * np.log(rest)
                agreement += rho
                count += 1.0
                # A window in which nothing agrees yet is pulled as if a little did.
                pull = max(rho, 0.3)
                away = (f - mean_f) / np.sqrt(var_f) - max(rho, 0.3) * (m - mean_m) / np.sqrt(var_m)
                force[k, j, i] = pull * away / (np.sqrt(var_m) * rest)
                worth[k, j, i] = pull * pull / (var_m * rest)
                scale = np.float32(np.sqrt(var_m / var_f))
                for a in range(3):
                    mean = slopes[k, j, i, a] + scale * fixed_slopes[k, j, i, a]
                    slopes[k, j, i, a] = np.float32(0.5) * mean
    return total, agreement, count


@numba.njit(cache=True, nogil=True, fastmath=True)
def picture_slopes(picture, to_index, out, begin, end):  # type: ignore[no-untyped-def]
    """out (k, j, i, 3) float32: change of a picture with the place, per mm; to_index: (3, 3) mm to (i, j, k)."""
    n_k, n_j, n_i = picture.shape
    for k in range(begin, end):
        k0, k1 = max(k - 1, 0), min(k + 1, n_k - 1)
        for j in range(n_j):
            j0, j1 = max(j - 1, 0), min(j + 1, n_j - 1)
            for i in range(n_i):
                i0, i1 = max(i - 1, 0), min(i + 1, n_i - 1)
                di = (picture[k, j, i1] - picture[k, j, i0]) / (i1 - i0)
                dj = (picture[k, j1, i] - picture[k, j0, i]) / (j1 - j0)
                dk = (picture[k1, j, i] - picture[k0, j, i]) / (k1 - k0)
                for a in range(3):
                    out[k, j, i, a] = to_index[0, a] * di + to_index[1, a] * dj + to_index[2, a] * dk


@numba.njit(cache=True, nogil=True)
def value_pairs(fixed, warped, counts, begin, end):  # type: ignore[no-untyped-def]
    """counts (BINS, BINS) float64 [fixed, moving]: pairs of values in 0..1, each shared between its four bins."""
    for k in range(begin, end):
        for j in range(fixed.shape[1]):
            for i in range(fixed.shape[2]):
                f, m = fixed[k, j, i], warped[k, j, i]
                if f < 0.0 or m < 0.0:
                    continue
                x, y = 1.0 + f * (BINS - 3), 1.0 + m * (BINS - 3)
                a, b = min(int(x), BINS - 2), min(int(y), BINS - 2)
                u, v = x - a, y - b
                counts[a, b] += (1 - u) * (1 - v)
                counts[a, b + 1] += (1 - u) * v
                counts[a + 1, b] += u * (1 - v)
                counts[a + 1, b + 1] += u * v


@numba.njit(cache=True, nogil=True)
def information_terms(fixed, warped, table, trust, force, worth, begin, end):  # type: ignore[no-untyped-def]
    """Mutual information: the likelihood of a pair of values by the joint histogram of all.

    table : (BINS, BINS), log p(f, m) / (p(f) p(m)). trust : (BINS, BINS), what knowing the moving value is worth there.
    Fills slices begin..end. Returns the sum of the table's values, and of the voxels that count.
    """
    total, count = 0.0, 0.0
    for k in range(begin, end):
        for j in range(fixed.shape[1]):
            for i in range(fixed.shape[2]):
                f, m = fixed[k, j, i], warped[k, j, i]
                force[k, j, i] = worth[k, j, i] = 0.0
                if f < 0.0 or m < 0.0:
                    continue
                x, y = 1.0 + f * (BINS - 3), 1.0 + m * (BINS - 3)
                a, b = min(int(x), BINS - 2), min(int(y), BINS - 2)
                u, v = x - a, y - b
                low = table[a, b] + (table[a + 1, b] - table[a, b]) * u
                high = table[a, b + 1] + (table[a + 1, b + 1] - table[a, b + 1]) * u
                total += low + (high - low) * v
                count += 1.0
                force[k, j, i] = (high - low) * (BINS - 3)
                low = trust[a, b] + (trust[a + 1, b] - trust[a, b]) * u
                high = trust[a, b + 1] + (trust[a + 1, b + 1] - trust[a, b + 1]) * u
                worth[k, j, i] = low + (high - low) * v
    return total, count


def warm_up() -> None:
    """Compile every kernel."""
    one = np.zeros((2, 2, 2), np.float32)
    force, worth = one.copy(), one.copy()
    difference_terms(one, one, 1.0, 3.0, force, worth, 0, 2)
    differences_histogram(one, one, 1.0, np.zeros(8), 0, 2)
    sums = tuple(np.zeros((2, 2, 2), np.float32) for _ in range(6))
    for which in range(6):
        pair_products(one, one, which, sums[which])
    window_sums(sums[0], np.ones(3, np.int64))
    slopes = np.zeros((2, 2, 2, 3), np.float32)
    picture_slopes(one, np.eye(3), slopes, 0, 2)
    correlation_terms(one, one, sums, 1e-4, 0.1, 4.0, slopes, slopes.copy(), force, worth, 0, 2)
    table = np.zeros((BINS, BINS))
    value_pairs(one, one, table, 0, 2)
    information_terms(one, one, table, table, force, worth, 0, 2)
