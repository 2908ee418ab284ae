"""Exact even-odd area of rings of any kind: nested, crossing, keyholed, in either direction."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def _band_area(left_low: Any, left_high: Any, count: int, height: float) -> float:
    """Even-odd area between two levels of `count` edges, given where they cross both; edges don't cross between."""
    order = np.argsort(left_low[:count] + left_high[:count], kind="mergesort")
    area = 0.0
    for k in range(0, count - 1, 2):
        a, b = order[k], order[k + 1]
        area += 0.5 * ((left_low[b] - left_low[a]) + (left_high[b] - left_high[a])) * height
    return area


@numba.njit(cache=True, nogil=True)
def _split_band(low_x: Any, high_x: Any, count: int, height: float) -> float:
    """As `_band_area`, cut first where edges cross each other between the two levels."""
    cuts = np.empty(count * (count - 1) // 2 + 2, np.float64)
    cuts[0] = 0.0
    n = 1
    for a in range(count):
        for b in range(a + 1, count):
            below, above = low_x[a] - low_x[b], high_x[a] - high_x[b]
            if below * above < 0.0:
                cuts[n] = below / (below - above)
                n += 1
    if n == 1:
        return _band_area(low_x, high_x, count, height)
    cuts[n] = 1.0
    levels = np.sort(cuts[: n + 1])
    area = 0.0
    for k in range(n):
        a, b = levels[k], levels[k + 1]
        if b > a:
            area += _band_area(low_x + (high_x - low_x) * a, low_x + (high_x - low_x) * b, count, height * (b - a))
    return area


@numba.njit(cache=True, nogil=True)
def _keep_in_order(low_x: Any, high_x: Any, lower: Any, upper: Any, slope: Any, count: int) -> bool:
    """Order edges by where they cross the lower level, then the upper one; whether the upper agrees: none cross.

    The order hardly changes from one band to the next, so that insertion costs little.
    """
    for n in range(1, count):
        a, b = low_x[n], high_x[n]
        if low_x[n - 1] < a or (low_x[n - 1] == a and high_x[n - 1] <= b):
            continue
        begin, end, rise = lower[n], upper[n], slope[n]
        k = n - 1
        while k >= 0 and (low_x[k] > a or (low_x[k] == a and high_x[k] > b)):
            low_x[k + 1], high_x[k + 1] = low_x[k], high_x[k]
            lower[k + 1], upper[k + 1], slope[k + 1] = lower[k], upper[k], slope[k]
            k -= 1
        low_x[k + 1], high_x[k + 1], lower[k + 1], upper[k + 1], slope[k + 1] = a, b, begin, end, rise
    crossing = 0
    for n in range(1, count):
        crossing += high_x[n] < high_x[n - 1]
    return crossing == 0


@numba.njit(cache=True, nogil=True)
def _crossed_band(
    vertices: Any, lower: Any, upper: Any, slope: Any, low_x: Any, high_x: Any, count: int, bottom: float, top: float
) -> float:
    """Even-odd area between two levels that `count` edges, from vertices `lower` to `upper`, all cross."""
    for n in range(count):
        x, y = vertices[lower[n], 0], vertices[lower[n], 1]
        low_x[n], high_x[n] = x + (bottom - y) * slope[n], x + (top - y) * slope[n]
    if not _keep_in_order(low_x, high_x, lower, upper, slope, count):
        return _split_band(low_x[:count], high_x[:count], count, top - bottom)
    area = 0.0
    for n in range(0, count - 1, 2):
        area += 0.5 * ((low_x[n + 1] - low_x[n]) + (high_x[n + 1] - high_x[n])) * (top - bottom)
    return area


@numba.njit(cache=True, nogil=True)
def even_odd_area(vertices: Any, starts: Any) -> float:
    """Area in mm² of the points that an odd number of rings enclose.

    vertices: (n, 2) float64 of all rings, starts: (rings + 1,) int64. The plane is cut into bands between
    neighbouring vertex levels, and bands where edges cross are cut again at the crossings.
    """
    total = vertices.shape[0]
    if total < 3:
        return 0.0
    neighbours = np.empty((total, 2), np.int64)
    for r in range(starts.size - 1):
        first, end = starts[r], starts[r + 1]
        for i in range(first, end):
            neighbours[i, 0], neighbours[i, 1] = i - 1 if i > first else end - 1, i + 1 if i + 1 < end else first
    order = np.argsort(vertices[:, 1].copy())
    # the edges between two levels: where they begin, end, and cross both levels
    lower, upper = np.empty(total, np.int64), np.empty(total, np.int64)
    slope, low_x, high_x = np.empty(total), np.empty(total), np.empty(total)
    count, area, bottom = 0, 0.0, vertices[order[0], 1]
    n = 0
    while n < total:
        top = vertices[order[n], 1]
        if top > bottom and count > 0:
            area += _crossed_band(vertices, lower, upper, slope, low_x, high_x, count, bottom, top)
            kept = 0
            for k in range(count):
                if vertices[upper[k], 1] > top:
                    lower[kept], upper[kept], slope[kept] = lower[k], upper[k], slope[k]
                    kept += 1
            count = kept
        bottom = top
        while n < total and vertices[order[n], 1] == bottom:
            for side in range(2):
                other = neighbours[order[n], side]
                if vertices[other, 1] > bottom:
                    lower[count], upper[count] = order[n], other
                    slope[count] = (vertices[other, 0] - vertices[order[n], 0]) / (vertices[other, 1] - bottom)
                    count += 1
            n += 1
    return area


def warm_up() -> None:
    """Compile every kernel here for the types used in production."""
    even_odd_area(np.array([[0.0, 0.0], [4.0, 1.0], [4.0, 4.0]]), np.array([0, 3], dtype=np.int64))
