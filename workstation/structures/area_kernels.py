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
def _keep_in_order(low_x: Any, high_x: Any, active: Any, count: int) -> bool:
    """Order edges by where they cross the lower level, then the upper one; whether the upper agrees: none cross.

    The order hardly changes from one band to the next, so that insertion costs little.
    """
    for n in range(1, count):
        a, b, e = low_x[n], high_x[n], active[n]
        k = n - 1
        while k >= 0 and (low_x[k] > a or (low_x[k] == a and high_x[k] > b)):
            low_x[k + 1], high_x[k + 1], active[k + 1] = low_x[k], high_x[k], active[k]
            k -= 1
        low_x[k + 1], high_x[k + 1], active[k + 1] = a, b, e
    crossing = 0
    for n in range(1, count):
        crossing += high_x[n] < high_x[n - 1]
    return crossing == 0


@numba.njit(cache=True, nogil=True)
def even_odd_area(vertices: Any, starts: Any) -> float:
    """Area in mm² of the points that an odd number of rings enclose.

    vertices: (n, 2) float64 of all rings, starts: (rings + 1,) int64. The plane is cut into bands between
    neighbouring vertex levels, and bands where edges cross are cut again at the crossings.
    """
    total = vertices.shape[0]
    if total < 3:
        return 0.0
    low, high = np.empty(total), np.empty(total)
    low_at, slope = np.empty(total), np.empty(total)
    edges = 0
    for r in range(starts.size - 1):
        first, end = starts[r], starts[r + 1]
        for i in range(first, end):
            j = i + 1 if i + 1 < end else first
            ay, by = vertices[i, 1], vertices[j, 1]
            if ay == by:
                continue
            a, b = (i, j) if ay < by else (j, i)
            low[edges], high[edges], low_at[edges] = vertices[a, 1], vertices[b, 1], vertices[a, 0]
            slope[edges] = (vertices[b, 0] - vertices[a, 0]) / (vertices[b, 1] - vertices[a, 1])
            edges += 1
    order = np.argsort(low[:edges])
    levels = np.unique(vertices[:, 1])
    active = np.empty(edges, np.int64)
    low_x, high_x = np.empty(edges), np.empty(edges)
    count, following, area = 0, 0, 0.0
    for k in range(levels.size - 1):
        bottom, top = levels[k], levels[k + 1]
        kept = 0
        for n in range(count):
            if high[active[n]] > bottom:
                active[kept] = active[n]
                kept += 1
        count = kept
        while following < edges and low[order[following]] <= bottom:
            active[count] = order[following]
            count += 1
            following += 1
        for n in range(count):
            e = active[n]
            low_x[n] = low_at[e] + (bottom - low[e]) * slope[e]
            high_x[n] = low_at[e] + (top - low[e]) * slope[e]
        if _keep_in_order(low_x, high_x, active, count):
            for n in range(0, count - 1, 2):
                area += 0.5 * ((low_x[n + 1] - low_x[n]) + (high_x[n + 1] - high_x[n])) * (top - bottom)
        else:
            area += _split_band(low_x[:count], high_x[:count], count, top - bottom)
    return area


def warm_up() -> None:
    """Compile every kernel here for the types used in production."""
    even_odd_area(np.array([[0.0, 0.0], [4.0, 1.0], [4.0, 4.0]]), np.array([0, 3], dtype=np.int64))
