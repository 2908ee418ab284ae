"""Compiled parts of comparing two surfaces: looking up a field at points, and the way from points to the nearest patch.

A surface is held as patches: small flat discs (centre, unit normal), close enough to each other to cover it.
"""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def look_up(values, index, outside, out):  # type: ignore[no-untyped-def]
    """Trilinear values of a lattice at places given as indices.

    values : (w, v, u) float32. index : (n, 3) float64 (u, v, w). out : (n,) float32, `outside` beyond the lattice.
    """
    planes, rows, columns = values.shape
    for n in range(index.shape[0]):
        fu, fv, fw = index[n, 0], index[n, 1], index[n, 2]
        if fu < 0.0 or fv < 0.0 or fw < 0.0 or fu > columns - 1.0 or fv > rows - 1.0 or fw > planes - 1.0:
            out[n] = outside
            continue
        i, j, k = min(int(fu), columns - 2), min(int(fv), rows - 2), min(int(fw), planes - 2)
        a, b, c = fu - i, fv - j, fw - k
        low = (values[k, j, i] * (1 - a) + values[k, j, i + 1] * a) * (1 - b)
        low += (values[k, j + 1, i] * (1 - a) + values[k, j + 1, i + 1] * a) * b
        high = (values[k + 1, j, i] * (1 - a) + values[k + 1, j, i + 1] * a) * (1 - b)
        high += (values[k + 1, j + 1, i] * (1 - a) + values[k + 1, j + 1, i + 1] * a) * b
        out[n] = low * (1 - c) + high * c


@numba.njit(cache=True, nogil=True)
def _squared_way(points, n, centres, normals, m, radius):  # type: ignore[no-untyped-def]
    """Squared distance from a point to a disc."""
    x, y, z = points[n, 0] - centres[m, 0], points[n, 1] - centres[m, 1], points[n, 2] - centres[m, 2]
    above = x * normals[m, 0] + y * normals[m, 1] + z * normals[m, 2]
    beside = np.sqrt(max(x * x + y * y + z * z - above * above, 0.0)) - radius
    return above * above + (beside * beside if beside > 0.0 else 0.0)


@numba.njit(cache=True, nogil=True)
def ways_to_surface(points, centres, normals, radius, out):  # type: ignore[no-untyped-def]
    """Distance (mm) from each point to the nearest disc.

    points : (n, 3) float64. centres, normals : (m, 3) float64, centres ascending in their first coordinate.
    radius : of every disc, mm. out : (n,) float64.
    """
    along = centres[:, 0]
    for n in range(points.shape[0]):
        x = points[n, 0]
        up = np.searchsorted(along, x)
        down = up - 1
        best = np.inf
        while up < along.size or down >= 0:
            reach = np.sqrt(best) + radius
            if up < along.size:
                if along[up] - x > reach:
                    up = along.size
                else:
                    best = min(best, _squared_way(points, n, centres, normals, up, radius))
                    up += 1
            if down >= 0:
                if x - along[down] > reach:
                    down = -1
                else:
                    best = min(best, _squared_way(points, n, centres, normals, down, radius))
                    down -= 1
        out[n] = np.sqrt(best)


def warm_up() -> None:
    """Compile every kernel."""
    look_up(np.zeros((2, 2, 2), np.float32), np.zeros((1, 3)), np.float32(1), np.zeros(1, np.float32))
    ways_to_surface(np.zeros((1, 3)), np.zeros((1, 3)), np.zeros((1, 3)), 1.0, np.zeros(1))
