"""Looking up a regular field of distances at scattered points; compiled."""

from __future__ import annotations

from math import floor

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def sample_points(values, origin, step, points, out):  # type: ignore[no-untyped-def]
    """Trilinear values of a lattice at points.

    values : (w, v, u) float32. origin : (3,) (u, v, w) of values[0, 0, 0] in mm. step : float64 mm between nodes.
    points : (n, 3) float64 (u, v, w) in mm. out : (n,) float32, filled; beyond the lattice the border's value and the
        distance to it.
    """
    planes, rows, columns = values.shape
    for n in range(points.shape[0]):
        x, y = (points[n, 0] - origin[0]) / step, (points[n, 1] - origin[1]) / step
        z = (points[n, 2] - origin[2]) / step
        beyond = max(-x, x - (columns - 1), 0.0) + max(-y, y - (rows - 1), 0.0) + max(-z, z - (planes - 1), 0.0)
        x, y, z = min(max(x, 0.0), columns - 1.0), min(max(y, 0.0), rows - 1.0), min(max(z, 0.0), planes - 1.0)
        i, j, k = min(floor(x), columns - 2), min(floor(y), rows - 2), min(floor(z), planes - 2)
        fx, fy, fz = x - i, y - j, z - k
        a = values[k, j, i] + (values[k, j, i + 1] - values[k, j, i]) * fx
        b = values[k, j + 1, i] + (values[k, j + 1, i + 1] - values[k, j + 1, i]) * fx
        c = values[k + 1, j, i] + (values[k + 1, j, i + 1] - values[k + 1, j, i]) * fx
        d = values[k + 1, j + 1, i] + (values[k + 1, j + 1, i + 1] - values[k + 1, j + 1, i]) * fx
        low, high = a + (b - a) * fy, c + (d - c) * fy
        out[n] = low + (high - low) * fz + beyond * step


def warm_up() -> None:
    """Compile every kernel."""
    sample_points(np.zeros((2, 2, 2), np.float32), np.zeros(3), 1.0, np.zeros((1, 3)), np.zeros(1, np.float32))
