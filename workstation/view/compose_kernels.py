"""From sampled values to a picture: window and level, colour tables, and the blend of two layers.

A picture is (height, width) uint32, one 0xAARRGGBB word a pixel: exactly what a QImage of Format_RGB32 holds.
The window is DICOM's LINEAR_EXACT function (PS3.3 C.11.2.1.3.2), quantised to the table's 256 entries.
"""

from __future__ import annotations

import numba
import numpy as np

OPAQUE = 256
"""The opacity of a layer that hides what lies below it; opacities are integers 0..256."""


@numba.njit(cache=True, nogil=True)
def compose_one(values, lower, scale, table, out):  # type: ignore[no-untyped-def]
    """Show one layer.

    values : (height, width) float32, NaN where there is nothing (black).
    lower, scale : float32, table entry = (value - lower) * scale, rounded and held within 0..255.
    table : (256,) uint32 colours. out : (height, width) uint32, filled.
    """
    height, width = out.shape
    top, half = np.float32(255.0), np.float32(0.5)
    for r in range(height):
        for c in range(width):
            value = values[r, c]
            color = np.uint32(0xFF000000)
            if value == value:
                entry = min(max((value - lower) * scale, np.float32(0.0)), top)
                color = table[int(entry + half)]
            out[r, c] = color


@numba.njit(cache=True, nogil=True)
def compose_two(base, lower, scale, table, over, over_lower, over_scale, over_table, opacity, out):  # type: ignore[no-untyped-def]
    """Show one layer through another: base * (1 - w) + over * w, with w = opacity * the table entry's alpha.

    Where the upper layer has nothing the base shows as it is; where the base has nothing it counts as black.
    Parameters as in `compose_one`; opacity : int64 0..256.
    """
    height, width = out.shape
    top, half, nought = np.float32(255.0), np.float32(0.5), np.float32(0.0)
    red_blue, green, solid = np.uint32(0x00FF00FF), np.uint32(0x0000FF00), np.uint32(0xFF000000)
    full, shift = np.uint32(256), np.uint32(8)
    share = np.uint32(opacity)
    for r in range(height):
        for c in range(width):
            value = base[r, c]
            below = solid
            if value == value:
                below = table[int(min(max((value - lower) * scale, nought), top) + half)]
            value = over[r, c]
            if value == value:
                above = over_table[int(min(max((value - over_lower) * over_scale, nought), top) + half)]
                alpha = above >> np.uint32(24)
                alpha += alpha >> np.uint32(7)
                w = (share * alpha) >> shift
                rest = full - w
                # Red and blue in one multiplication: 8 bits of value times 9 of weight can't meet each other.
                rb = (((below & red_blue) * rest + (above & red_blue) * w) >> shift) & red_blue
                g = (((below & green) * rest + (above & green) * w) >> shift) & green
                below = solid | rb | g
            out[r, c] = below


def warm_up() -> None:
    """Compile every kernel."""
    values, table = np.zeros((2, 2), np.float32), np.zeros(256, np.uint32)
    out, nought, one = np.zeros((2, 2), np.uint32), np.float32(0.0), np.float32(1.0)
    compose_one(values, nought, one, table, out)
    compose_two(values, nought, one, table, values, nought, one, table, OPAQUE, out)
