"""Edges of one image as thin lines on another one; compiled.

Brightness is smoothed, its gradient taken (Sobel), and a pixel is an edge where the gradient is strong enough and
largest along its own direction (J. Canny, IEEE PAMI 8:679, 1986, without hysteresis).
"""

from __future__ import annotations

import numba
import numpy as np

from workstation.view.compose_kernels import BLACK, NOTHING


@numba.njit(cache=True, nogil=True)
def brightness(values, lower, scale, out):  # type: ignore[no-untyped-def]
    """Shown brightness 0..255 of values (height, width) float32; NaN, where there is nothing, stays NaN."""
    height, width = values.shape
    for r in range(height):
        for c in range(width):
            entry = (values[r, c] - lower) * scale
            out[r, c] = min(max(entry, np.float32(0.0)), np.float32(255.0)) if entry == entry else np.float32(np.nan)


@numba.njit(cache=True, nogil=True)
def smooth(values, across, out):  # type: ignore[no-untyped-def]
    """Binomial mean over three pixels in both directions, `across` (height, width) float32 between."""
    height, width = values.shape
    quarter, half = np.float32(0.25), np.float32(0.5)
    for r in range(height):
        for c in range(width):
            left, right = values[r, max(c - 1, 0)], values[r, min(c + 1, width - 1)]
            across[r, c] = quarter * left + half * values[r, c] + quarter * right
    for r in range(height):
        above, below = max(r - 1, 0), min(r + 1, height - 1)
        for c in range(width):
            out[r, c] = quarter * across[above, c] + half * across[r, c] + quarter * across[below, c]


@numba.njit(cache=True, nogil=True)
def gradient(values, along, down, size):  # type: ignore[no-untyped-def]
    """Steps of brightness for a pixel to the right and down, and the length of both; 0 beside what is nothing."""
    height, width = values.shape
    eighth = np.float32(0.125)
    for r in range(height):
        a, b = max(r - 1, 0), min(r + 1, height - 1)
        for c in range(width):
            left, right = max(c - 1, 0), min(c + 1, width - 1)
            x = values[a, right] - values[a, left] + np.float32(2.0) * (values[r, right] - values[r, left])
            x += values[b, right] - values[b, left]
            y = values[b, left] - values[a, left] + np.float32(2.0) * (values[b, c] - values[a, c])
            y += values[b, right] - values[a, right]
            whole = x + y
            if whole == whole:
                along[r, c], down[r, c] = x * eighth, y * eighth
                size[r, c] = np.sqrt(along[r, c] ** 2 + down[r, c] ** 2)
            else:
                along[r, c] = down[r, c] = size[r, c] = np.float32(0.0)


@numba.njit(cache=True, nogil=True)
def compose_edges(base, lower, scale, table, along, down, size, least, color, out):  # type: ignore[no-untyped-def]
    """Show the base with the edges of the other image drawn over it.

    base, lower, scale : as in `compose_kernels.compose_one`. table : (257,) as `with_nothing` gives it.
    along, down, size : of `gradient`. least : float32 smallest gradient of an edge. color : uint32 of the lines.
    out : (height, width) uint32, filled.
    """
    height, width = out.shape
    top, half = np.float32(255.0), np.float32(0.5)
    for r in range(height):
        for c in range(width):
            entry = (base[r, c] - lower) * scale
            place = NOTHING
            if entry == entry:
                place = int(min(max(entry, np.float32(0.0)), top) + half)
            out[r, c] = table[place]
    for r in range(1, height - 1):
        for c in range(1, width - 1):
            here = size[r, c]
            if here < least:
                continue
            x, y = along[r, c], down[r, c]
            if abs(x) > np.float32(2.4142) * abs(y):
                first, second = size[r, c - 1], size[r, c + 1]
            elif abs(y) > np.float32(2.4142) * abs(x):
                first, second = size[r - 1, c], size[r + 1, c]
            elif (x > 0) == (y > 0):
                first, second = size[r - 1, c - 1], size[r + 1, c + 1]
            else:
                first, second = size[r - 1, c + 1], size[r + 1, c - 1]
            if here >= first and here > second:
                out[r, c] = color


def warm_up() -> None:
    """Compile every kernel."""
    values, out = np.zeros((3, 3), np.float32), np.zeros((3, 3), np.uint32)
    table = np.full(257, BLACK, np.uint32)
    (first, second, third), one = np.zeros((3, 3, 3), np.float32), np.float32(1.0)
    brightness(values, one, one, first)
    smooth(values, first, second)
    gradient(values, first, second, third)
    compose_edges(values, one, one, table, first, second, third, one, np.uint32(BLACK), out)
