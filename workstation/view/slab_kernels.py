"""Sampling a thick slice: the mean, or the extreme, of an image along a plane's normal.

Voxels are cells and values are trilinear, as in `sampling_kernels`. Places outside of the image, and voxels without
a number (NaN) in a projection, do not count; a pixel for which nothing counts is NaN.

Each kernel is compiled for int16 and for float32 voxels; `warm_up` runs both.
"""

from __future__ import annotations

import numba
import numpy as np

from workstation.view.sampling_kernels import _clamped, _columns_inside, read_only_line

_BORDER = 0.5


@numba.njit(cache=True, nogil=True)
def _row_lookup(start, step, count, begin, end, left, right, weight):  # type: ignore[no-untyped-def]
    """Neighbouring voxels and weight of each column; returns the first and the last voxel that is needed."""
    first, last = count, 0
    for c in range(begin, end):
        a = min(max(start + c * step, 0.0), count - 1.0)
        left[c] = int(a)
        right[c] = min(left[c] + 1, count - 1)
        weight[c] = a - left[c]
        first = min(first, left[c])
        last = max(last, right[c])
    return first, last


@numba.njit(cache=True, nogil=True)
def _mean_line(flat, offset, stride, away, planes, shares, first, last, line):  # type: ignore[no-untyped-def]
    """The weighted sum of one line of voxels over several planes."""
    for a in range(first, last + 1):
        line[a] = np.float32(0.0)
    for n in range(len(planes)):
        share = shares[n]
        begin = offset + planes[n] * away
        if stride == 1:
            for a in range(first, last + 1):
                line[a] += np.float32(flat[begin + a]) * share
        else:
            for a in range(first, last + 1):
                line[a] += np.float32(flat[begin + a * stride]) * share


@numba.njit(cache=True, nogil=True)
def _place_line(flat, offset, stride, away, plane, fraction, sign, first, last, line):  # type: ignore[no-untyped-def]
    """One line of voxels at a place between two planes, times `sign`."""
    begin = offset + plane * away
    if fraction > 0.0:
        for a in range(first, last + 1):
            p = begin + a * stride
            low = np.float32(flat[p])
            line[a] = sign * (low + (np.float32(flat[p + away]) - low) * fraction)
    else:
        for a in range(first, last + 1):
            line[a] = sign * np.float32(flat[begin + a * stride])


@numba.njit(cache=True, nogil=True)
def sample_aligned_mean(flat, count, stride, start, step, planes, shares, out):  # type: ignore[no-untyped-def]
    """The mean over planes that run along two axes of the volume. Voxels are summed before they are interpolated.

    flat, count, stride, start, step, out : as in `sampling_kernels.sample_aligned` (start's third is not used).
    planes : (n,) int64 voxel planes across, at least one. shares : (n,) float32 their weights, which add up to 1.
    """
    height, width = out.shape
    nothing = np.float32(np.nan)
    begin, end = _columns_inside(start[0], step[0], -_BORDER, count[0] - 1 + _BORDER, 0, width)
    left, right, weight = np.empty(width, np.int64), np.empty(width, np.int64), np.empty(width, np.float32)
    first, last = _row_lookup(start[0], step[0], count[0], begin, end, left, right, weight)
    lines, held = np.empty((2, count[0]), np.float32), np.array([-1, -1])
    mixed = np.empty(count[0], np.float32)
    for r in range(height):
        b = start[1] + r * step[1]
        if b < -_BORDER or b > count[1] - 1 + _BORDER or begin == end:
            out[r, :] = nothing
            continue
        b = min(max(b, 0.0), count[1] - 1.0)
        above = int(b)
        below = min(above + 1, count[1] - 1)
        for number in (above, below):
            if held[number & 1] != number:
                offset = number * stride[1]
                _mean_line(flat, offset, stride[0], stride[2], planes, shares, first, last, lines[number & 1])
                held[number & 1] = number
        upper, lower = lines[above & 1], lines[below & 1]
        g = np.float32(b - above)
        for a in range(first, last + 1):
            mixed[a] = upper[a] + (lower[a] - upper[a]) * g
        out[r, :begin] = nothing
        for c in range(begin, end):
            low = mixed[left[c]]
            out[r, c] = low + (mixed[right[c]] - low) * weight[c]
        out[r, end:] = nothing


@numba.njit(cache=True, nogil=True)
def _raise(mixed, left, right, weight, begin, end, best):  # type: ignore[no-untyped-def]
    """Raise each column's best to the interpolated value of a line, where that is larger."""
    for c in range(begin, end):
        low = mixed[left[c]]
        value = low + (mixed[right[c]] - low) * weight[c]
        best[c] = value if value > best[c] else best[c]


@numba.njit(cache=True, nogil=True)
def sample_aligned_extreme(flat, count, stride, start, step, planes, fractions, sign, out):  # type: ignore[no-untyped-def]
    """The largest value (sign 1) or the smallest (sign -1) over planes that run along two axes of the volume.

    Each plane is interpolated before it is compared: exactly the extreme of the trilinear image.

    flat, count, stride, start, step, out : as in `sampling_kernels.sample_aligned` (start's third is not used).
    planes, fractions : (n,) int64 and float32 the places across, as `slab.line_samples` gives them, at least one.
    sign : float32.
    """
    height, width = out.shape
    nothing, lowest = np.float32(np.nan), np.float32(-np.inf)
    begin, end = _columns_inside(start[0], step[0], -_BORDER, count[0] - 1 + _BORDER, 0, width)
    left, right, weight = np.empty(width, np.int64), np.empty(width, np.int64), np.empty(width, np.float32)
    first, last = _row_lookup(start[0], step[0], count[0], begin, end, left, right, weight)
    lines, held = np.empty((2, len(planes), count[0]), np.float32), np.array([-1, -1])
    mixed, best = np.empty(count[0], np.float32), np.empty(width, np.float32)
    for r in range(height):
        b = start[1] + r * step[1]
        if b < -_BORDER or b > count[1] - 1 + _BORDER or begin == end:
            out[r, :] = nothing
            continue
        b = min(max(b, 0.0), count[1] - 1.0)
        above = int(b)
        below = min(above + 1, count[1] - 1)
        for number in (above, below):
            if held[number & 1] != number:
                for n in range(len(planes)):
                    _place_line(
                        flat, number * stride[1], stride[0], stride[2], planes[n], fractions[n], sign, first, last,
                        lines[number & 1, n],
                    )  # fmt: skip
                held[number & 1] = number
        g = np.float32(b - above)
        best[:] = lowest
        for n in range(len(planes)):
            upper, lower = lines[above & 1, n], lines[below & 1, n]
            for a in range(first, last + 1):
                mixed[a] = upper[a] + (lower[a] - upper[a]) * g
            _raise(mixed, left, right, weight, begin, end, best)
        out[r, :begin] = nothing
        for c in range(begin, end):
            out[r, c] = sign * best[c] if best[c] > lowest else nothing
        out[r, end:] = nothing


@numba.njit(cache=True, nogil=True)
def sample_oblique_slab(flat, count, start, step_u, step_v, shifts, weights, sign, out):  # type: ignore[no-untyped-def]
    """A slab of any orientation through any affine, sampled at several distances from its middle plane.

    flat, count, start, step_u, step_v, out : as in `sampling_kernels.sample_oblique`.
    shifts : (n, 3) float64 index shifts of the samples along the normal. weights : (n,) float32 in the mean.
    sign : float32 1 for the largest value, -1 for the smallest, 0 for the mean of the samples inside of the image.
    """
    height, width = out.shape
    nothing, lowest, nought = np.float32(np.nan), np.float32(-np.inf), np.float32(0.0)
    best, share = np.empty(width, np.float32), np.empty(width, np.float32)
    for r in range(height):
        best[:] = nought if sign == nought else lowest
        share[:] = nought
        for n in range(len(shifts)):
            x = start[0] + r * step_v[0] + shifts[n, 0]
            y = start[1] + r * step_v[1] + shifts[n, 1]
            z = start[2] + r * step_v[2] + shifts[n, 2]
            begin, end = _columns_inside(x, step_u[0], -_BORDER, count[0] - 1 + _BORDER, 0, width)
            begin, end = _columns_inside(y, step_u[1], -_BORDER, count[1] - 1 + _BORDER, begin, end)
            begin, end = _columns_inside(z, step_u[2], -_BORDER, count[2] - 1 + _BORDER, begin, end)
            w = weights[n]
            if sign == nought:
                for c in range(begin, end):
                    best[c] += w * _clamped(flat, count, x + c * step_u[0], y + c * step_u[1], z + c * step_u[2])
                    share[c] += w
            else:
                for c in range(begin, end):
                    value = sign * _clamped(flat, count, x + c * step_u[0], y + c * step_u[1], z + c * step_u[2])
                    best[c] = value if value > best[c] else best[c]
        if sign == nought:
            for c in range(width):
                out[r, c] = best[c] / share[c] if share[c] > nought else nothing
        else:
            for c in range(width):
                out[r, c] = sign * best[c] if best[c] > lowest else nothing


def warm_up() -> None:
    """Compile every kernel for the voxel types that occur."""
    out = np.empty((2, 2), np.float32)
    count, stride = np.array([2, 2, 2]), np.array([1, 2, 4])
    start, along, down = np.zeros(3), np.array([0.5, 0.1, 0.0]), np.array([0.0, 0.5, 0.1])
    planes, shares, step, one = np.array([0]), np.ones(1, np.float32), np.array([0.5, 0.5]), np.float32(1.0)
    for voxels in (np.zeros((2, 2, 2), np.int16), np.zeros((2, 2, 2), np.float32)):
        flat = read_only_line(voxels)
        sample_aligned_mean(flat, count, stride, start, step, planes, shares, out)
        sample_aligned_extreme(flat, count, stride, start, step, planes, shares, one, out)
        sample_oblique_slab(flat, count, start, along, down, np.zeros((1, 3)), shares, one, out)
