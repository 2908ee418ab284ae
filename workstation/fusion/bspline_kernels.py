"""Cubic B-splines on a lattice of control points: displacements from coefficients, and what bending costs.

A displacement at a voxel is a sum over 4 x 4 x 4 coefficients with weights that are products of one weight per axis
(Rueckert et al., IEEE TMI 18:712, 1999), so planes, lines and voxels are summed one after the other: twelve
multiplications a voxel instead of 192. Bending is counted as second differences of the coefficients (P-splines,
Eilers and Marx, Stat Sci 11:89, 1996), together with a little of the first ones.

Coefficients are (k, j, i, 3) float64, displacements (x, y, z) in mm. `first_*` (n,) int64 and `share_*` (n, 4) float64
give, for each of n voxels along an axis, the first coefficient that counts and the weights of four.
"""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True, fastmath=True)
def mix_plane(coefficients, first, share, plane):  # type: ignore[no-untyped-def]
    """plane (j, i, 3): the coefficients of one k, from four planes of them; share (4,)."""
    for j in range(plane.shape[0]):
        for i in range(plane.shape[1]):
            for a in range(3):
                plane[j, i, a] = (
                    share[0] * coefficients[first, j, i, a]
                    + share[1] * coefficients[first + 1, j, i, a]
                    + share[2] * coefficients[first + 2, j, i, a]
                    + share[3] * coefficients[first + 3, j, i, a]
                )


@numba.njit(cache=True, nogil=True, fastmath=True)
def mix_line(plane, first, share, line):  # type: ignore[no-untyped-def]
    """line (i, 3): the coefficients of one row, from four lines of a plane; share (4,)."""
    for i in range(line.shape[0]):
        for a in range(3):
            line[i, a] = (
                share[0] * plane[first, i, a]
                + share[1] * plane[first + 1, i, a]
                + share[2] * plane[first + 2, i, a]
                + share[3] * plane[first + 3, i, a]
            )


@numba.njit(cache=True, nogil=True, fastmath=True)
def spread_line(line, share, first, plane):  # type: ignore[no-untyped-def]
    """The way back of `mix_line`: adds a line to four lines of a plane."""
    for n in range(4):
        for i in range(line.shape[0]):
            for a in range(3):
                plane[first + n, i, a] += share[n] * line[i, a]


@numba.njit(cache=True, nogil=True, fastmath=True)
def spread_plane(plane, share, first, coefficients):  # type: ignore[no-untyped-def]
    """The way back of `mix_plane`: adds a plane to four planes of coefficients."""
    for n in range(4):
        for j in range(plane.shape[0]):
            for i in range(plane.shape[1]):
                for a in range(3):
                    coefficients[first + n, j, i, a] += share[n] * plane[j, i, a]


@numba.njit(cache=True, nogil=True, fastmath=True)
def displacements(coefficients, first_k, share_k, first_j, share_j, first_i, share_i, out, begin, end):  # type: ignore[no-untyped-def]
    """out (k, j, i, 3) float32: displacements (mm) at every node of a lattice; its slices begin..end are filled."""
    plane, line = np.empty(coefficients.shape[1:]), np.empty(coefficients.shape[2:])
    for k in range(begin, end):
        mix_plane(coefficients, first_k[k], share_k[k], plane)
        for j in range(out.shape[1]):
            mix_line(plane, first_j[j], share_j[j], line)
            for i in range(out.shape[2]):
                m, s = first_i[i], share_i[i]
                for a in range(3):
                    out[k, j, i, a] = (
                        s[0] * line[m, a] + s[1] * line[m + 1, a] + s[2] * line[m + 2, a] + s[3] * line[m + 3, a]
                    )


@numba.njit(cache=True, nogil=True)
def stiffness_product(coefficients, bend, stretch, out):  # type: ignore[no-untyped-def]
    """out = K coefficients, with coefficients . K coefficients / 2 the cost of bending and stretching.

    bend : (3, 3), its [a, b] is the price of a squared second difference along the axes a and b (k, j, i).
    stretch : (3,) the price of a squared first difference along each axis. Nothing is asked beyond the lattice.
    """
    out[:] = 0.0
    n_k, n_j, n_i = coefficients.shape[0], coefficients.shape[1], coefficients.shape[2]
    for k in range(n_k):
        for j in range(n_j):
            for i in range(n_i):
                place, size = (k, j, i), (n_k, n_j, n_i)
                for a in range(3):
                    if place[a] + 1 >= size[a]:
                        continue
                    k1, j1, i1 = k + (a == 0), j + (a == 1), i + (a == 2)
                    for c in range(3):
                        d = stretch[a] * (coefficients[k1, j1, i1, c] - coefficients[k, j, i, c])
                        out[k1, j1, i1, c] += d
                        out[k, j, i, c] -= d
                    if place[a] >= 1:
                        k0, j0, i0 = k - (a == 0), j - (a == 1), i - (a == 2)
                        for c in range(3):
                            d = bend[a, a] * (
                                coefficients[k0, j0, i0, c] - 2 * coefficients[k, j, i, c] + coefficients[k1, j1, i1, c]
                            )
                            out[k0, j0, i0, c] += d
                            out[k, j, i, c] -= 2 * d
                            out[k1, j1, i1, c] += d
                    for b in range(a + 1, 3):
                        if place[b] + 1 >= size[b]:
                            continue
                        k2, j2, i2 = k + (b == 0), j + (b == 1), i + (b == 2)
                        k3, j3, i3 = k1 + (b == 0), j1 + (b == 1), i1 + (b == 2)
                        for c in range(3):
                            d = 2 * bend[a, b] * (
                                coefficients[k3, j3, i3, c] - coefficients[k1, j1, i1, c]
                                - coefficients[k2, j2, i2, c] + coefficients[k, j, i, c]
                            )  # fmt: skip
                            out[k3, j3, i3, c] += d
                            out[k, j, i, c] += d
                            out[k1, j1, i1, c] -= d
                            out[k2, j2, i2, c] -= d


def warm_up() -> None:
    """Compile every kernel."""
    coefficients, first, share = np.zeros((4, 4, 4, 3)), np.zeros(1, np.int64), np.full((1, 4), 0.25)
    displacements(coefficients, first, share, first, share, first, share, np.empty((1, 1, 1, 3), np.float32), 0, 1)
    spread_line(np.zeros((4, 3)), share[0], 0, np.zeros((4, 4, 3)))
    spread_plane(np.zeros((4, 4, 3)), share[0], 0, coefficients)
    stiffness_product(coefficients, np.ones((3, 3)), np.ones(3), np.empty_like(coefficients))
