"""Sampling a volume on a plane of any orientation: trilinear, as VTK and ITK do it, into a float32 picture.

Voxels are treated as cells: a point up to half a voxel outside the outermost centres still belongs to the image
and takes the border's value (as ITK's linear interpolator and vtkImageReslice with Border on). Everything
beyond is NaN, so that "no data" can't be mistaken for a value.

Each kernel is compiled for int16 and for float32 voxels; `warm_up` runs both.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

_BORDER = 0.5
# Coordinates this close to a voxel centre are taken to lie on it: positions come out of matrix products.
_ON_CENTRE = 1e-4


@numba.njit(cache=True, nogil=True)
def _columns_inside(first: float, step: float, low: float, high: float, begin: int, end: int) -> tuple[int, int]:
    """The part of columns begin..end (exclusive) whose coordinate first + c * step lies in low..high.

    An empty part still lies within begin..end.
    """
    if abs(step) < 1e-12:
        if first < low or first > high:
            return begin, begin
        return begin, end
    a = (low - first) / step
    b = (high - first) / step
    if a > b:
        a, b = b, a
    # Bounded before the conversion: a nearly parallel row would overflow an integer.
    a = min(max(a, -1.0), end + 1.0)
    b = min(max(b, -1.0), end + 1.0)
    inside = min(max(begin, int(np.ceil(a - 1e-9))), end)
    return inside, max(min(end, int(np.floor(b + 1e-9)) + 1), inside)


@numba.njit(cache=True, nogil=True)
def _load_line(flat, offset, stride, first, last, away, fraction, line):  # type: ignore[no-untyped-def]
    """Copy voxels first..last of one line of the volume, mixed with the line `away` on the next plane."""
    if fraction > 0.0:
        g = np.float32(fraction)
        for a in range(first, last + 1):
            p = offset + a * stride
            low = np.float32(flat[p])
            line[a] = low + (np.float32(flat[p + away]) - low) * g
    else:
        for a in range(first, last + 1):
            line[a] = np.float32(flat[offset + a * stride])


@numba.njit(cache=True, nogil=True)
def sample_aligned(flat, count, stride, start, step, out):  # type: ignore[no-untyped-def]
    """Sample a plane that runs along two axes of the volume.

    Every line of voxels is read once, however far the picture is zoomed in.

    Parameters
    ----------
    flat : (n,) int16 or float32, read-only: the voxels in memory order.
    count, stride : (3,) int64: voxels along, and elements between neighbours of, the axis that runs along a
        picture's row, along its column, and the axis across it.
    start : (3,) float64 index of the picture's first pixel on those axes.
    step : (2,) float64 index steps from pixel to pixel along the row and down the column.
    out : (height, width) float32, filled; NaN outside the volume.
    """
    height, width = out.shape
    nothing = np.float32(np.nan)
    across = start[2]
    begin, end = _columns_inside(start[0], step[0], -_BORDER, count[0] - 1 + _BORDER, 0, width)
    if across < -_BORDER or across > count[2] - 1 + _BORDER or begin == end:
        out[:, :] = nothing
        return
    across = min(max(across, 0.0), count[2] - 1.0)
    plane = int(across)
    fraction = across - plane
    if fraction > 1.0 - _ON_CENTRE:
        plane += 1
        fraction = 0.0
    elif fraction < _ON_CENTRE:
        fraction = 0.0
    left = np.empty(width, np.int64)
    right = np.empty(width, np.int64)
    weight = np.empty(width, np.float32)
    first, last = count[0], 0
    for c in range(begin, end):
        a = min(max(start[0] + c * step[0], 0.0), count[0] - 1.0)
        left[c] = int(a)
        right[c] = min(left[c] + 1, count[0] - 1)
        weight[c] = a - left[c]
        first = min(first, left[c])
        last = max(last, right[c])
    lines = np.empty((2, count[0]), np.float32)
    held = np.array([-1, -1])
    mixed = np.empty(count[0], np.float32)
    for r in range(height):
        b = start[1] + r * step[1]
        if b < -_BORDER or b > count[1] - 1 + _BORDER:
            for c in range(width):
                out[r, c] = nothing
            continue
        b = min(max(b, 0.0), count[1] - 1.0)
        above = int(b)
        below = min(above + 1, count[1] - 1)
        # A line keeps its place by the parity of its number, so that the neighbour never drives it out.
        for number in (above, below):
            if held[number & 1] != number:
                offset = plane * stride[2] + number * stride[1]
                _load_line(flat, offset, stride[0], first, last, stride[2], fraction, lines[number & 1])
                held[number & 1] = number
        upper, lower = lines[above & 1], lines[below & 1]
        g = np.float32(b - above)
        for a in range(first, last + 1):
            mixed[a] = upper[a] + (lower[a] - upper[a]) * g
        for c in range(begin):
            out[r, c] = nothing
        for c in range(begin, end):
            low = mixed[left[c]]
            out[r, c] = low + (mixed[right[c]] - low) * weight[c]
        for c in range(end, width):
            out[r, c] = nothing


@numba.njit(cache=True, nogil=True)
def _clamped(flat, count, x, y, z):  # type: ignore[no-untyped-def]
    """Trilinear value at an index that may lie in the border half voxel."""
    x = min(max(x, 0.0), count[0] - 1.0)
    y = min(max(y, 0.0), count[1] - 1.0)
    z = min(max(z, 0.0), count[2] - 1.0)
    i, j, k = int(x), int(y), int(z)
    fx, fy, fz = np.float32(x - i), np.float32(y - j), np.float32(z - k)
    row = count[0]
    plane = count[0] * count[1]
    di = 1 if i + 1 < count[0] else 0
    dj = row if j + 1 < count[1] else 0
    dk = plane if k + 1 < count[2] else 0
    p = k * plane + j * row + i
    a = np.float32(flat[p]) + (np.float32(flat[p + di]) - np.float32(flat[p])) * fx
    b = np.float32(flat[p + dj]) + (np.float32(flat[p + dj + di]) - np.float32(flat[p + dj])) * fx
    p += dk
    c = np.float32(flat[p]) + (np.float32(flat[p + di]) - np.float32(flat[p])) * fx
    d = np.float32(flat[p + dj]) + (np.float32(flat[p + dj + di]) - np.float32(flat[p + dj])) * fx
    a += (b - a) * fy
    c += (d - c) * fy
    return a + (c - a) * fz


@numba.njit(cache=True, nogil=True)
def sample_oblique(flat, count, start, step_u, step_v, out):  # type: ignore[no-untyped-def]
    """Sample a plane of any orientation through any affine, sheared ones included.

    Each row is clipped analytically, once to the image and once to where no neighbour can be missing.

    Parameters
    ----------
    flat : (n,) int16 or float32, read-only: the voxels in memory order (i fastest).
    count : (3,) int64 number of voxels along i, j, k.
    start : (3,) float64 index (i, j, k) of the picture's first pixel.
    step_u, step_v : (3,) float64 index steps from pixel to pixel along the row and down the column.
    out : (height, width) float32, filled; NaN outside the volume.
    """
    height, width = out.shape
    nothing = np.float32(np.nan)
    row, plane = count[0], count[0] * count[1]
    ux, uy, uz = np.float32(step_u[0]), np.float32(step_u[1]), np.float32(step_u[2])
    for r in range(height):
        x, y, z = start[0] + r * step_v[0], start[1] + r * step_v[1], start[2] + r * step_v[2]
        begin, end = _columns_inside(x, step_u[0], -_BORDER, count[0] - 1 + _BORDER, 0, width)
        begin, end = _columns_inside(y, step_u[1], -_BORDER, count[1] - 1 + _BORDER, begin, end)
        begin, end = _columns_inside(z, step_u[2], -_BORDER, count[2] - 1 + _BORDER, begin, end)
        # A thousandth of a voxel of slack keeps single precision from reaching past the last neighbour.
        inner, outer = _columns_inside(x, step_u[0], 1e-3, count[0] - 1.001, begin, end)
        inner, outer = _columns_inside(y, step_u[1], 1e-3, count[1] - 1.001, inner, outer)
        inner, outer = _columns_inside(z, step_u[2], 1e-3, count[2] - 1.001, inner, outer)
        for c in range(begin):
            out[r, c] = nothing
        for c in range(begin, inner):
            out[r, c] = _clamped(flat, count, x + c * step_u[0], y + c * step_u[1], z + c * step_u[2])
        x0, y0, z0 = np.float32(x), np.float32(y), np.float32(z)
        for c in range(inner, outer):
            fx, fy, fz = x0 + np.float32(c) * ux, y0 + np.float32(c) * uy, z0 + np.float32(c) * uz
            i, j, k = int(fx), int(fy), int(fz)
            fx -= np.float32(i)
            fy -= np.float32(j)
            fz -= np.float32(k)
            p = k * plane + j * row + i
            q = p + plane
            a0, a1 = np.float32(flat[p]), np.float32(flat[p + 1])
            b0, b1 = np.float32(flat[p + row]), np.float32(flat[p + row + 1])
            c0, c1 = np.float32(flat[q]), np.float32(flat[q + 1])
            d0, d1 = np.float32(flat[q + row]), np.float32(flat[q + row + 1])
            a0 += (a1 - a0) * fx
            b0 += (b1 - b0) * fx
            c0 += (c1 - c0) * fx
            d0 += (d1 - d0) * fx
            a0 += (b0 - a0) * fy
            c0 += (d0 - c0) * fy
            out[r, c] = a0 + (c0 - a0) * fz
        for c in range(outer, end):
            out[r, c] = _clamped(flat, count, x + c * step_u[0], y + c * step_u[1], z + c * step_u[2])
        for c in range(end, width):
            out[r, c] = nothing


def read_only_line(voxels: NDArray[Any]) -> NDArray[Any]:
    """The voxels [k, j, i] as the flat read-only array that the kernels take (a view where memory allows)."""
    flat: NDArray[Any] = np.ascontiguousarray(voxels).reshape(-1).view()
    flat.setflags(write=False)
    return flat


def warm_up() -> None:
    """Compile every kernel for the voxel types that occur."""
    out = np.empty((2, 2), np.float32)
    count, stride = np.array([2, 2, 2]), np.array([1, 2, 4])
    start, along, down = np.zeros(3), np.array([0.5, 0.1, 0.0]), np.array([0.0, 0.5, 0.1])
    for voxels in (np.zeros((2, 2, 2), np.int16), np.zeros((2, 2, 2), np.float32)):
        flat = read_only_line(voxels)
        sample_aligned(flat, count, stride, start, np.array([0.5, 0.5]), out)
        sample_oblique(flat, count, start, along, down, out)
