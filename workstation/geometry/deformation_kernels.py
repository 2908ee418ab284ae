"""Looking up a displacement field at points, and solving it backwards; compiled, so that views can follow a mouse.

Fields are (k, j, i, 3) float32 displacements in patient millimetres; between nodes they are interpolated trilinearly,
beyond the outermost nodes the border's value holds, so that a map has no jump and can be inverted everywhere.
"""

from __future__ import annotations

import numba
import numpy as np

SOLVED_MM = 1e-5
"""Points are solved backwards to within this."""

_MOST_STEPS = 60


@numba.njit(cache=True, nogil=True)
def _displacement(field, to_index, x, y, z, out):  # type: ignore[no-untyped-def]
    """out[:3]: displacement (mm) at a patient point; out[3:12]: its derivatives by (i, j, k) row by row."""
    slices, rows, columns = field.shape[0], field.shape[1], field.shape[2]
    fi = to_index[0, 0] * x + to_index[0, 1] * y + to_index[0, 2] * z + to_index[0, 3]
    fj = to_index[1, 0] * x + to_index[1, 1] * y + to_index[1, 2] * z + to_index[1, 3]
    fk = to_index[2, 0] * x + to_index[2, 1] * y + to_index[2, 2] * z + to_index[2, 3]
    inside_i, inside_j, inside_k = 1.0, 1.0, 1.0
    if fi <= 0.0 or fi >= columns - 1.0:
        fi, inside_i = min(max(fi, 0.0), columns - 1.0), 0.0
    if fj <= 0.0 or fj >= rows - 1.0:
        fj, inside_j = min(max(fj, 0.0), rows - 1.0), 0.0
    if fk <= 0.0 or fk >= slices - 1.0:
        fk, inside_k = min(max(fk, 0.0), slices - 1.0), 0.0
    i, j, k = min(int(fi), max(columns - 2, 0)), min(int(fj), max(rows - 2, 0)), min(int(fk), max(slices - 2, 0))
    u, v, w = fi - i, fj - j, fk - k
    i1, j1, k1 = min(i + 1, columns - 1), min(j + 1, rows - 1), min(k + 1, slices - 1)
    for a in range(3):
        c000, c001 = field[k, j, i, a], field[k, j, i1, a]
        c010, c011 = field[k, j1, i, a], field[k, j1, i1, a]
        c100, c101 = field[k1, j, i, a], field[k1, j, i1, a]
        c110, c111 = field[k1, j1, i, a], field[k1, j1, i1, a]
        low_0, low_1 = c000 + (c001 - c000) * u, c010 + (c011 - c010) * u
        high_0, high_1 = c100 + (c101 - c100) * u, c110 + (c111 - c110) * u
        low, high = low_0 + (low_1 - low_0) * v, high_0 + (high_1 - high_0) * v
        out[a] = low + (high - low) * w
        along_low = (c001 - c000) + ((c011 - c010) - (c001 - c000)) * v
        along_high = (c101 - c100) + ((c111 - c110) - (c101 - c100)) * v
        out[3 + 3 * a] = (along_low + (along_high - along_low) * w) * inside_i
        out[4 + 3 * a] = ((low_1 - low_0) + ((high_1 - high_0) - (low_1 - low_0)) * w) * inside_j
        out[5 + 3 * a] = (high - low) * inside_k


@numba.njit(cache=True, nogil=True)
def displace(field, to_index, points, out):  # type: ignore[no-untyped-def]
    """Move points by a field.

    field : (k, j, i, 3) float32 mm. to_index : (4, 4) float64, patient mm to (i, j, k).
    points, out : (n, 3) float64 patient points in mm; `out` is filled.
    """
    found = np.empty(12)
    for n in range(points.shape[0]):
        _displacement(field, to_index, points[n, 0], points[n, 1], points[n, 2], found)
        for a in range(3):
            out[n, a] = points[n, a] + found[a]


@numba.njit(cache=True, nogil=True)
def _newton_step(found, to_index, miss, step):  # type: ignore[no-untyped-def]
    """step: (I + du/dx) step = miss; False where that can't be solved, as in a fold."""
    m = np.empty((3, 3))
    for a in range(3):
        for b in range(3):
            m[a, b] = (1.0 if a == b else 0.0) + (
                found[3 + 3 * a] * to_index[0, b]
                + found[4 + 3 * a] * to_index[1, b]
                + found[5 + 3 * a] * to_index[2, b]
            )
    c00 = m[1, 1] * m[2, 2] - m[1, 2] * m[2, 1]
    c01 = m[1, 2] * m[2, 0] - m[1, 0] * m[2, 2]
    c02 = m[1, 0] * m[2, 1] - m[1, 1] * m[2, 0]
    determinant = m[0, 0] * c00 + m[0, 1] * c01 + m[0, 2] * c02
    if determinant < 0.05:
        return False
    c10 = m[0, 2] * m[2, 1] - m[0, 1] * m[2, 2]
    c11 = m[0, 0] * m[2, 2] - m[0, 2] * m[2, 0]
    c12 = m[0, 1] * m[2, 0] - m[0, 0] * m[2, 1]
    c20 = m[0, 1] * m[1, 2] - m[0, 2] * m[1, 1]
    c21 = m[0, 2] * m[1, 0] - m[0, 0] * m[1, 2]
    c22 = m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]
    step[0] = (c00 * miss[0] + c10 * miss[1] + c20 * miss[2]) / determinant
    step[1] = (c01 * miss[0] + c11 * miss[1] + c21 * miss[2]) / determinant
    step[2] = (c02 * miss[0] + c12 * miss[1] + c22 * miss[2]) / determinant
    return True


@numba.njit(cache=True, nogil=True)
def _miss(wanted, x, y, z, found, miss):  # type: ignore[no-untyped-def]
    """miss: from where a point at (x, y, z) is moved to where it should come to lie; its length."""
    miss[0], miss[1], miss[2] = wanted[0] - x - found[0], wanted[1] - y - found[1], wanted[2] - z - found[2]
    return np.sqrt(miss[0] ** 2 + miss[1] ** 2 + miss[2] ** 2)


@numba.njit(cache=True, nogil=True)
def displace_back(field, to_index, points, out):  # type: ignore[no-untyped-def]
    """Find the points that a field moves to the given ones: x + u(x) = y, within `SOLVED_MM`.

    Newton's steps, halved while they lead away; where the field folds, a plain fixed-point step.
    Arguments as in `displace`. Returns the largest distance (mm) by which a point was missed: above `SOLVED_MM` only
    where the field folds.
    """
    found, miss, step, tried = np.empty(12), np.empty(3), np.empty(3), np.empty(3)
    worst = 0.0
    for n in range(points.shape[0]):
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        _displacement(field, to_index, x, y, z, found)
        # The displacement here is a good guess of the one at the answer.
        x, y, z = x - found[0], y - found[1], z - found[2]
        _displacement(field, to_index, x, y, z, found)
        size = _miss(points[n], x, y, z, found, miss)
        for _ in range(_MOST_STEPS):
            if size <= SOLVED_MM:
                break
            if not _newton_step(found, to_index, miss, step):
                step[0], step[1], step[2] = 0.5 * miss[0], 0.5 * miss[1], 0.5 * miss[2]
            share = 1.0
            for _ in range(8):
                a, b, c = x + share * step[0], y + share * step[1], z + share * step[2]
                _displacement(field, to_index, a, b, c, found)
                longer = _miss(points[n], a, b, c, found, tried)
                if longer < size:
                    break
                share *= 0.5
            x, y, z = a, b, c
            miss[0], miss[1], miss[2] = tried[0], tried[1], tried[2]
            size = longer
        worst = max(worst, size)
        out[n, 0], out[n, 1], out[n, 2] = x, y, z
    return worst


def warm_up() -> None:
    """Compile every kernel."""
    field = np.zeros((2, 2, 2, 3), np.float32)
    field.setflags(write=False)
    points, to_index = np.zeros((1, 3)), np.eye(4)
    to_index.setflags(write=False)
    displace(field, to_index, points, np.empty((1, 3)))
    displace_back(field, to_index, points, np.empty((1, 3)))
