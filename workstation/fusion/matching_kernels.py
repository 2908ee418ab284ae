"""What every metric needs at each step: the moving image at the mapped samples, and forces summed to six numbers.

A sample is a point x of the fixed image, counted from the pivot. It is mapped to y = R x (still from the pivot's
image), its value is interpolated trilinearly, and the slope there is the exact derivative of that interpolant.
"""

from __future__ import annotations

import numba
import numpy as np

OUTSIDE = np.float32(-1.0)
"""The value of a sample that falls outside of the moving image; true values lie in 0..1."""


@numba.njit(cache=True, nogil=True)
def scatter(places, rows, columns, jitter, to_patient, out):  # type: ignore[no-untyped-def]
    """Points at random within voxels.

    places : (n,) int64, voxels by their number in memory (k, j, i). rows, columns : how many there are.
    jitter : (n, 3) float32 in 0..1. to_patient : (4, 4) float64, index (i, j, k) to mm. out : (n, 3) float64, filled.
    """
    t = to_patient
    for n in range(places.size):
        line = places[n] // columns
        i = places[n] - line * columns + jitter[n, 0] - 0.5
        j = line % rows + jitter[n, 1] - 0.5
        k = line // rows + jitter[n, 2] - 0.5
        for a in range(3):
            out[n, a] = t[a, 0] * i + t[a, 1] * j + t[a, 2] * k + t[a, 3]


@numba.njit(cache=True, nogil=True)
def relative(points, origin, out):  # type: ignore[no-untyped-def]
    """Points (n, 3) float64 counted from an origin (3,), into `out` (n, 3) float32; their mean square distance."""
    total = 0.0
    for n in range(points.shape[0]):
        for a in range(3):
            d = points[n, a] - origin[a]
            out[n, a] = np.float32(d)
            total += d * d
    return total / max(points.shape[0], 1)


@numba.njit(cache=True, nogil=True)
def look_up(points, turn, to_index, offset, image, values, slopes, begin, end):  # type: ignore[no-untyped-def]
    """Values and slopes of an image at mapped points.

    points : (n, 3) float32 mm from the pivot. turn : (3, 3) float64 rotation R. to_index : (3, 3) float64, from mm to
    (i, j, k); offset : (3,) index of the mapped pivot. image : (k, j, i) float32.
    values : (n,) float32, filled from begin to end; OUTSIDE where no eight voxels surround the point.
    slopes : (n, 3) float32, change of the value per mm along x, y, z of the moving frame.
    """
    m = to_index @ turn
    m00, m01, m02 = np.float32(m[0, 0]), np.float32(m[0, 1]), np.float32(m[0, 2])
    m10, m11, m12 = np.float32(m[1, 0]), np.float32(m[1, 1]), np.float32(m[1, 2])
    m20, m21, m22 = np.float32(m[2, 0]), np.float32(m[2, 1]), np.float32(m[2, 2])
    o0, o1, o2 = np.float32(offset[0]), np.float32(offset[1]), np.float32(offset[2])
    a = to_index.astype(np.float32)
    last_i, last_j, last_k = image.shape[2] - 1, image.shape[1] - 1, image.shape[0] - 1
    for n in range(begin, end):
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        u = m00 * x + m01 * y + m02 * z + o0
        v = m10 * x + m11 * y + m12 * z + o1
        w = m20 * x + m21 * y + m22 * z + o2
        if not (u >= 0.0 and v >= 0.0 and w >= 0.0 and u < last_i and v < last_j and w < last_k):
            values[n] = OUTSIDE
            continue
        i, j, k = int(u), int(v), int(w)
        u -= np.float32(i)
        v -= np.float32(j)
        w -= np.float32(k)
        p000, p001 = image[k, j, i], image[k, j, i + 1]
        p010, p011 = image[k, j + 1, i], image[k, j + 1, i + 1]
        p100, p101 = image[k + 1, j, i], image[k + 1, j, i + 1]
        p110, p111 = image[k + 1, j + 1, i], image[k + 1, j + 1, i + 1]
        d00, d01, d10, d11 = p001 - p000, p011 - p010, p101 - p100, p111 - p110
        q00, q01, q10, q11 = p000 + d00 * u, p010 + d01 * u, p100 + d10 * u, p110 + d11 * u
        low, high = q00 + (q01 - q00) * v, q10 + (q11 - q10) * v
        values[n] = low + (high - low) * w
        d0, d1 = d00 + (d01 - d00) * v, d10 + (d11 - d10) * v
        gi = d0 + (d1 - d0) * w
        gj = (q01 - q00) + ((q11 - q10) - (q01 - q00)) * w
        gk = high - low
        slopes[n, 0] = gi * a[0, 0] + gj * a[1, 0] + gk * a[2, 0]
        slopes[n, 1] = gi * a[0, 1] + gj * a[1, 1] + gk * a[2, 1]
        slopes[n, 2] = gi * a[0, 2] + gj * a[1, 2] + gk * a[2, 2]


@numba.njit(cache=True, nogil=True)
def sum_forces(points, turn, radius, values, slopes, weights, even, gradient, curvature, begin, end):  # type: ignore[no-untyped-def]
    """Gradient of a metric in the six parameters, and the sum of squares that stands for its curvature.

    weights : (n,) float32, how the metric changes with each sample's value. The parameters are a turn about the
    pivot, in mm at `radius` from it (three), and a shift in mm (three). even : every sample counts the same in the
    curvature; else by the square of its weight. gradient : (6,), curvature : (6, 6) float64: overwritten.
    """
    t00, t01, t02 = np.float32(turn[0, 0]), np.float32(turn[0, 1]), np.float32(turn[0, 2])
    t10, t11, t12 = np.float32(turn[1, 0]), np.float32(turn[1, 1]), np.float32(turn[1, 2])
    t20, t21, t22 = np.float32(turn[2, 0]), np.float32(turn[2, 1]), np.float32(turn[2, 2])
    per_mm = np.float32(1.0 / radius)
    force = np.zeros(6, np.float64)
    square = np.zeros((6, 6), np.float64)
    one = np.empty(6, np.float32)
    for n in range(begin, end):
        if values[n] < 0.0:
            continue
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        a = (t00 * x + t01 * y + t02 * z) * per_mm
        b = (t10 * x + t11 * y + t12 * z) * per_mm
        c = (t20 * x + t21 * y + t22 * z) * per_mm
        gx, gy, gz = slopes[n, 0], slopes[n, 1], slopes[n, 2]
        one[0], one[1], one[2] = b * gz - c * gy, c * gx - a * gz, a * gy - b * gx
        one[3], one[4], one[5] = gx, gy, gz
        weight = weights[n]
        share = np.float32(1.0) if even else weight * weight
        for p in range(6):
            force[p] += weight * one[p]
            scaled = share * one[p]
            for q in range(p, 6):
                square[p, q] += scaled * one[q]
    for p in range(6):
        gradient[p] = force[p]
        for q in range(p, 6):
            curvature[p, q] = square[p, q]
            curvature[q, p] = square[p, q]


def warm_up() -> None:
    """Compile every kernel."""
    points, values, slopes = np.zeros((1, 3), np.float32), np.zeros(1, np.float32), np.zeros((1, 3), np.float32)
    image, eye = np.zeros((2, 2, 2), np.float32), np.eye(3)
    scatter(np.zeros(1, np.int64), 1, 1, points, np.eye(4), np.zeros((1, 3)))
    relative(np.zeros((1, 3)), np.zeros(3), points)
    look_up(points, eye, eye, np.zeros(3), image, values, slopes, 0, 1)
    gradient, curvature = np.zeros(6), np.zeros((6, 6))
    sum_forces(points, eye, 1.0, values, slopes, values, True, gradient, curvature, 0, 1)
