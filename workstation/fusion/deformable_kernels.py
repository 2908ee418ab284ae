"""One step of a deformable registration: the moving image as it is bent now, and the forces on the control points.

Pictures are (k, j, i) float32 with values from 0 on; below 0 stands for "nothing is known here". The splines' arrays
are those of `bspline_kernels`. `fade` (k, j, i) float32 multiplies the displacement, or has no voxels: then it is 1.
"""

from __future__ import annotations

import numba
import numpy as np

from workstation.fusion.bspline_kernels import mix_line, mix_plane, spread_line, spread_plane

UNKNOWN = -1.0


@numba.njit(cache=True, nogil=True, fastmath=True)
def bend(  # type: ignore[no-untyped-def]
    coefficients, first_k, share_k, first_j, share_j, first_i, share_i, fade, straight, turn, moving, known, warped,
    slopes, begin, end,
):  # fmt: skip
    """Look the moving picture up where the map takes each voxel of the fixed grid.

    straight : (3, 4), takes a fixed index (i, j, k) to a moving one as the start does. turn : (3, 3), displacement in
    mm to moving index. known : (k, j, i) uint8, the fixed voxels that count. warped : (k, j, i), filled, UNKNOWN where
    nothing is met. slopes : (k, j, i, 3), filled: its change with the displacement (x, y, z), per mm.
    """
    plane, line = np.empty(coefficients.shape[1:]), np.empty(coefficients.shape[2:])
    depth, rows, columns = moving.shape
    for k in range(begin, end):
        mix_plane(coefficients, first_k[k], share_k[k], plane)
        for j in range(warped.shape[1]):
            mix_line(plane, first_j[j], share_j[j], line)
            for i in range(warped.shape[2]):
                warped[k, j, i] = UNKNOWN
                slopes[k, j, i, 0] = slopes[k, j, i, 1] = slopes[k, j, i, 2] = 0.0
                if known[k, j, i] == 0:
                    continue
                m, s = first_i[i], share_i[i]
                x = s[0] * line[m, 0] + s[1] * line[m + 1, 0] + s[2] * line[m + 2, 0] + s[3] * line[m + 3, 0]
                y = s[0] * line[m, 1] + s[1] * line[m + 1, 1] + s[2] * line[m + 2, 1] + s[3] * line[m + 3, 1]
                z = s[0] * line[m, 2] + s[1] * line[m + 1, 2] + s[2] * line[m + 2, 2] + s[3] * line[m + 3, 2]
                if fade.size:
                    f = fade[k, j, i]
                    x, y, z = f * x, f * y, f * z
                fi = straight[0, 0] * i + straight[0, 1] * j + straight[0, 2] * k + straight[0, 3]
                fj = straight[1, 0] * i + straight[1, 1] * j + straight[1, 2] * k + straight[1, 3]
                fk = straight[2, 0] * i + straight[2, 1] * j + straight[2, 2] * k + straight[2, 3]
                fi += turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z
                fj += turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z
                fk += turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z
                if not (0 <= fi <= columns - 1 and 0 <= fj <= rows - 1 and 0 <= fk <= depth - 1):
                    continue
                ci, cj, ck = min(int(fi), columns - 2), min(int(fj), rows - 2), min(int(fk), depth - 2)
                u, v, w = np.float32(fi - ci), np.float32(fj - cj), np.float32(fk - ck)
                c000, c001 = moving[ck, cj, ci], moving[ck, cj, ci + 1]
                c010, c011 = moving[ck, cj + 1, ci], moving[ck, cj + 1, ci + 1]
                c100, c101 = moving[ck + 1, cj, ci], moving[ck + 1, cj, ci + 1]
                c110, c111 = moving[ck + 1, cj + 1, ci], moving[ck + 1, cj + 1, ci + 1]
                low0, low1 = c000 + (c001 - c000) * u, c010 + (c011 - c010) * u
                high0, high1 = c100 + (c101 - c100) * u, c110 + (c111 - c110) * u
                low, high = low0 + (low1 - low0) * v, high0 + (high1 - high0) * v
                warped[k, j, i] = low + (high - low) * w
                d0, d1 = (
                    (c001 - c000) + ((c011 - c010) - (c001 - c000)) * v,
                    (c101 - c100) + ((c111 - c110) - (c101 - c100)) * v,
                )
                di = d0 + (d1 - d0) * w
                dj = (low1 - low0) + ((high1 - high0) - (low1 - low0)) * w
                dk = high - low
                for a in range(3):
                    slopes[k, j, i, a] = turn[0, a] * di + turn[1, a] * dj + turn[2, a] * dk


@numba.njit(cache=True, nogil=True, fastmath=True)
def gather(  # type: ignore[no-untyped-def]
    force, worth, slopes, fade, first_k, share_k, first_j, share_j, first_i, share_i, block, out, tensors, begin, end,
):  # fmt: skip
    """Bring the forces of the voxels to the coefficients, and the outer products of the slopes to blocks of voxels.

    force, worth : (k, j, i) float32, the change of the agreement with the moving value, and its curvature.
    block : (3,) int64 voxels (k, j, i) of a block; begin is a multiple of block[0].
    out : (k, j, i, 3) coefficients, added to. tensors : (k, j, i, 6) float64 of blocks (xx, yy, zz, xy, xz, yz),
    added to.
    """
    plane, line = np.empty(out.shape[1:]), np.empty(out.shape[2:])
    for k in range(begin, end):
        plane[:] = 0.0
        bk = k // block[0]
        for j in range(force.shape[1]):
            line[:] = 0.0
            bj, some = j // block[1], False
            for i in range(force.shape[2]):
                w, h = force[k, j, i], worth[k, j, i]
                if h == 0.0 and w == 0.0:
                    continue
                some = True
                x, y, z = slopes[k, j, i, 0], slopes[k, j, i, 1], slopes[k, j, i, 2]
                if fade.size:
                    f = fade[k, j, i]
                    x, y, z = f * x, f * y, f * z
                t = tensors[bk, bj, i // block[2]]
                t[0] += h * x * x
                t[1] += h * y * y
                t[2] += h * z * z
                t[3] += h * x * y
                t[4] += h * x * z
                t[5] += h * y * z
                m, s = first_i[i], share_i[i]
                x, y, z = w * x, w * y, w * z
                for n in range(4):
                    line[m + n, 0] += s[n] * x
                    line[m + n, 1] += s[n] * y
                    line[m + n, 2] += s[n] * z
            if some:
                spread_line(line, share_j[j], first_j[j], plane)
        spread_plane(plane, share_k[k], first_k[k], out)


@numba.njit(cache=True, nogil=True, fastmath=True)
def tensor_product(  # type: ignore[no-untyped-def]
    coefficients, tensors, first_k, share_k, first_j, share_j, first_i, share_i, out, begin, end
):
    """Add to `out` what the blocks' tensors make of a change of the coefficients: B^T (tensor) B coefficients.

    The splines' arrays belong to the blocks' middles here; blocks of the slices begin..end are done.
    """
    plane, line = np.empty(out.shape[1:]), np.empty(out.shape[2:])
    back, back_line = np.empty(out.shape[1:]), np.empty(out.shape[2:])
    for k in range(begin, end):
        mix_plane(coefficients, first_k[k], share_k[k], plane)
        back[:] = 0.0
        for j in range(tensors.shape[1]):
            mix_line(plane, first_j[j], share_j[j], line)
            back_line[:] = 0.0
            for i in range(tensors.shape[2]):
                m, s, t = first_i[i], share_i[i], tensors[k, j, i]
                if t[0] + t[1] + t[2] == 0.0:
                    continue
                x = s[0] * line[m, 0] + s[1] * line[m + 1, 0] + s[2] * line[m + 2, 0] + s[3] * line[m + 3, 0]
                y = s[0] * line[m, 1] + s[1] * line[m + 1, 1] + s[2] * line[m + 2, 1] + s[3] * line[m + 3, 1]
                z = s[0] * line[m, 2] + s[1] * line[m + 1, 2] + s[2] * line[m + 2, 2] + s[3] * line[m + 3, 2]
                px, py, pz = (
                    t[0] * x + t[3] * y + t[4] * z, t[3] * x + t[1] * y + t[5] * z, t[4] * x + t[5] * y + t[2] * z
                )  # fmt: skip
                for n in range(4):
                    back_line[m + n, 0] += s[n] * px
                    back_line[m + n, 1] += s[n] * py
                    back_line[m + n, 2] += s[n] * pz
            spread_line(back_line, share_j[j], first_j[j], back)
        spread_plane(back, share_k[k], first_k[k], out)


@numba.njit(cache=True, nogil=True, fastmath=True)
def tensor_diagonal(tensors, first_k, share_k, first_j, share_j, first_i, share_i, out, begin, end):  # type: ignore[no-untyped-def]
    """Add to `out` the diagonal of what `tensor_product` multiplies with; shares are given squared."""
    plane, line = np.empty(out.shape[1:]), np.empty(out.shape[2:])
    for k in range(begin, end):
        plane[:] = 0.0
        for j in range(tensors.shape[1]):
            line[:] = 0.0
            for i in range(tensors.shape[2]):
                m, s, t = first_i[i], share_i[i], tensors[k, j, i]
                for n in range(4):
                    for a in range(3):
                        line[m + n, a] += s[n] * t[a]
            spread_line(line, share_j[j], first_j[j], plane)
        spread_plane(plane, share_k[k], first_k[k], out)


def warm_up() -> None:
    """Compile every kernel."""
    coefficients, first, share = np.zeros((4, 4, 4, 3)), np.zeros(2, np.int64), np.full((2, 4), 0.25)
    shape, nothing = (2, 2, 2), np.zeros((0, 0, 0), np.float32)
    splines = (first, share) * 3
    picture, slopes = np.zeros(shape, np.float32), np.zeros((*shape, 3), np.float32)
    known = np.ones(shape, np.uint8)
    bend(coefficients, *splines, nothing, np.eye(3, 4), np.eye(3), picture, known, picture.copy(), slopes, 0, 2)
    tensors, out = np.zeros((*shape, 6)), np.zeros_like(coefficients)
    gather(picture, picture, slopes, nothing, *splines, np.ones(3, np.int64), out, tensors, 0, 2)
    tensor_product(coefficients, tensors, *splines, out, 0, 2)
    tensor_diagonal(tensors, *splines, out, 0, 2)
