"""Lines and fills painted straight into a picture: the exact distance to the line gives its smooth edge.

A structure is first painted as coverage (0..255) into a scratch plane, so that short segments that overlap at
their joints never count twice, then blended once in its colour. Pixel centres lie at (column + 0.5, row + 0.5).
"""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def _stroke_segment(ax, ay, bx, by, run, half, pattern, stretch, coverage):  # type: ignore[no-untyped-def]
    """Paint one segment; `run` is the length of line before it, for the dash pattern. Returns its length."""
    height, width = coverage.shape
    dx, dy = bx - ax, by - ay
    length = np.sqrt(dx * dx + dy * dy)
    reach = half + 0.5
    core = max(half - 0.5, 0.0) ** 2
    if max(ax, bx) < -reach or min(ax, bx) > width + reach or max(ay, by) < -reach or min(ay, by) > height + reach:
        return length
    period = pattern.sum()
    first_row = max(0, int(np.floor(min(ay, by) - reach - 0.5)) + 1)
    last_row = min(height - 1, int(np.ceil(max(ay, by) + reach - 0.5)) - 1)
    for row in range(first_row, last_row + 1):
        y = row + 0.5
        # The part of the segment that this row can be near to.
        t0, t1 = 0.0, 1.0
        if abs(dy) > 1e-9:
            ta, tb = (y - reach - ay) / dy, (y + reach - ay) / dy
            t0, t1 = max(0.0, min(ta, tb)), min(1.0, max(ta, tb))
        xa, xb = ax + t0 * dx, ax + t1 * dx
        first = max(0, int(np.floor(min(xa, xb) - reach - 0.5)) + 1)
        last = min(width - 1, int(np.ceil(max(xa, xb) + reach - 0.5)) - 1)
        for column in range(first, last + 1):
            px, py = column + 0.5 - ax, y - ay
            t = 0.0
            if length > 1e-9:
                t = min(max((px * dx + py * dy) / (length * length), 0.0), 1.0)
            qx, qy = px - t * dx, py - t * dy
            square = qx * qx + qy * qy
            if square >= reach * reach:
                continue
            if period > 0.0:
                phase = ((run + t * length) / stretch) % period
                part = 0
                while part < len(pattern) - 1 and phase >= pattern[part]:
                    phase -= pattern[part]
                    part += 1
                if part & 1:
                    continue
            value = np.uint8(255)
            if square > core:
                value = np.uint8(min(reach - np.sqrt(square), 1.0) * 255.0)
            if value > coverage[row, column]:
                coverage[row, column] = value
    return length


@numba.njit(cache=True, nogil=True)
def _stretch(points, first, after, pattern):  # type: ignore[no-untyped-def]
    """How much longer a ring's dashes are than the pattern's, so that they close and there are at least two of them.

    Without this the joint of a ring shows a dash of any length, and a small ring no gap at all.
    """
    period = pattern.sum()
    if period <= 0.0:
        return 1.0
    length = 0.0
    before = after - 1
    for n in range(first, after):
        length += np.hypot(points[n, 0] - points[before, 0], points[n, 1] - points[before, 1])
        before = n
    return max(length, 1e-6) / (period * max(2.0, np.rint(length / period)))


@numba.njit(cache=True, nogil=True)
def stroke_rings(points, starts, half_width, pattern, coverage):  # type: ignore[no-untyped-def]
    """Paint closed lines into a coverage plane, keeping the larger coverage.

    points : (n, 2) float64 pixel coordinates (x, y) of all rings, one after the other.
    starts : (m + 1,) int64: ring r is points[starts[r]:starts[r + 1]].
    half_width : float64, half the line's width in pixels.
    pattern : (p,) float64 lengths in pixels of dash, gap, dash, gap …; empty for a solid line. Each ring stretches or
        shrinks it a little, so that it closes.
    coverage : (height, width) uint8, painted into.
    """
    for ring in range(len(starts) - 1):
        run = 0.0
        stretch = _stretch(points, starts[ring], starts[ring + 1], pattern)
        before = starts[ring + 1] - 1
        for n in range(starts[ring], starts[ring + 1]):
            run += _stroke_segment(
                points[before, 0], points[before, 1], points[n, 0], points[n, 1], run, half_width, pattern, stretch,
                coverage,
            )  # fmt: skip
            before = n


@numba.njit(cache=True, nogil=True)
def fill_rings(points, starts, coverage):  # type: ignore[no-untyped-def]
    """Set coverage to 255 at pixel centres inside the rings, by the even-odd rule; parameters as in `stroke_rings`.

    Each crossing of an edge with a row flips one pixel; a running XOR along the row does the rest.
    """
    height, width = coverage.shape
    flips = np.zeros((height, width + 1), np.uint8)
    for ring in range(len(starts) - 1):
        before = starts[ring + 1] - 1
        for n in range(starts[ring], starts[ring + 1]):
            ax, ay, bx, by = points[before, 0], points[before, 1], points[n, 0], points[n, 1]
            before = n
            if ay > by:
                ax, ay, bx, by = bx, by, ax, ay
            first = max(0, int(np.ceil(max(ay, -1.0) - 0.5)))
            last = min(height - 1, int(np.ceil(min(by, height + 1.0) - 0.5)) - 1)
            for row in range(first, last + 1):
                x = ax + (row + 0.5 - ay) * (bx - ax) / (by - ay)
                column = int(np.ceil(min(max(x, 0.0), width + 0.0) - 0.5))
                flips[row, min(max(column, 0), width)] ^= 1
    for row in range(height):
        inside = np.uint8(0)
        for column in range(width):
            inside ^= flips[row, column]
            if inside:
                coverage[row, column] = 255


@numba.njit(cache=True, nogil=True)
def tint(picture, coverage, box, color, opacity):  # type: ignore[no-untyped-def]
    """Blend a colour into a picture where there is coverage, and clear the coverage.

    picture : (height, width) uint32 0xAARRGGBB. coverage : (height, width) uint8.
    box : (4,) int64 first row, first column, row and column after the last: where coverage may be set.
    color : uint32 0x00RRGGBB. opacity : int64 0..256.
    """
    red_blue, green, solid = np.uint32(0x00FF00FF), np.uint32(0x0000FF00), np.uint32(0xFF000000)
    full, shift = np.uint32(256), np.uint32(8)
    color_rb, color_g, share = color & red_blue, color & green, np.uint32(opacity)
    for row in range(box[0], box[2]):
        for column in range(box[1], box[3]):
            covered = np.uint32(coverage[row, column])
            if covered:
                coverage[row, column] = 0
                w = (share * (covered + (covered >> np.uint32(7)))) >> shift
                rest = full - w
                below = picture[row, column]
                rb = (((below & red_blue) * rest + color_rb * w) >> shift) & red_blue
                g = (((below & green) * rest + color_g * w) >> shift) & green
                picture[row, column] = solid | rb | g


def warm_up() -> None:
    """Compile every kernel."""
    points, starts = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 3])
    coverage, picture = np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.uint32)
    stroke_rings(points, starts, 1.0, np.array([1.0, 1.0]), coverage)
    fill_rings(points, starts, coverage)
    tint(picture, coverage, np.array([0, 0, 2, 2]), np.uint32(0xFF0000), 256)
