"""From sampled values to a picture: window and level, colour tables, and two layers in one picture.

A picture is (height, width) uint32, one 0xAARRGGBB word a pixel: exactly what a QImage of Format_RGB32 holds.
The window is DICOM's LINEAR_EXACT function (PS3.3 C.11.2.1.3.2), quantised to the table's 256 entries.

Each line first becomes entries of a table, 256 for "nothing there", without a branch: processors do that many pixels
at a time. Everything that depends on an entry alone is looked up in tables of 257 words made beforehand.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

OPAQUE = 256
"""The opacity of a layer that hides what lies below it; opacities are integers 0..256."""

NOTHING = 256
"""The entry of a pixel without data."""

BLACK = 0xFF000000

Table = NDArray[np.uint32]


def with_nothing(table: Table, nothing: int = BLACK) -> Table:
    """(257,) uint32: a table (256,) and the colour of what isn't there."""
    return np.append(table, np.uint32(nothing))


def mixing_tables(table: Table, opacity: int, alone: Table | None = None, alone_opacity: int = OPAQUE) -> Table:
    """(2, 514) uint32 that `compose_two` mixes by: for each entry (257) where there is a base, then where there's none.

    table: (256,) uint32 0xAARRGGBB of the upper layer; its weight w is opacity * alpha, 0..256.
    alone, alone_opacity: table and opacity where the base has nothing; the same as over the base when left out.
    First row: red and blue times w. Second row: green times w in the upper 16 bits, 256 - w in the lower ones.
    """
    second = (table, opacity) if alone is None else (alone, alone_opacity)
    return np.concatenate([_mixing(table, opacity), _mixing(*second)], axis=1)


def _mixing(table: Table, opacity: int) -> Table:
    alpha = table >> np.uint32(24)
    weight = (np.uint32(opacity) * (alpha + (alpha >> np.uint32(7)))) >> np.uint32(8)
    green = (table >> np.uint32(8)) & np.uint32(255)
    mixing = np.empty((2, 257), np.uint32)
    mixing[0, :NOTHING] = (table & np.uint32(0x00FF00FF)) * weight
    mixing[1, :NOTHING] = ((green * weight) << np.uint32(16)) | (np.uint32(OPAQUE) - weight)
    mixing[:, NOTHING] = 0, OPAQUE
    return mixing


@numba.njit(cache=True, nogil=True)
def _entries(values, lower, scale, line):  # type: ignore[no-untyped-def]
    """Table entries 0..255 of one line of values, NOTHING for NaN."""
    top, half, nought, nothing = np.float32(255.0), np.float32(0.5), np.float32(0.0), np.float32(NOTHING)
    for c in range(len(line)):
        value = values[c]
        entry = (value - lower) * scale
        entry = entry if entry > nought else nought
        entry = entry if entry < top else top
        entry += half
        line[c] = np.int32(entry if value == value else nothing)


@numba.njit(cache=True, nogil=True)
def compose_one(values, lower, scale, table, out):  # type: ignore[no-untyped-def]
    """Show one layer.

    values : (height, width) float32, NaN where there is nothing (black).
    lower, scale : float32, table entry = (value - lower) * scale, rounded and held within 0..255.
    table : (256,) uint32 colours. out : (height, width) uint32, filled.
    """
    height, width = out.shape
    line = np.empty(width, np.int32)
    colors = np.empty(257, np.uint32)
    colors[:NOTHING] = table
    colors[NOTHING] = np.uint32(BLACK)
    for r in range(height):
        _entries(values[r], lower, scale, line)
        for c in range(width):
            out[r, c] = colors[np.uint32(line[c])]


@numba.njit(cache=True, nogil=True)
def compose_two(base, lower, scale, table, over, over_lower, over_scale, mixing, out):  # type: ignore[no-untyped-def]
    """Show one layer through another: base * (1 - w) + over * w.

    Where the upper layer has nothing the base shows as it is; where the base has nothing it counts as black.
    base, over, lower, scale, out : as in `compose_one`. table : (257,) as `with_nothing` gives it.
    mixing : (2, 514) as `mixing_tables` gives it.
    """
    height, width = out.shape
    red_blue, green, solid = np.uint32(0x00FF00FF), np.uint32(0x0000FF00), np.uint32(BLACK)
    shift, half, rests = np.uint32(8), np.uint32(16), np.uint32(511)
    below_line, above_line = np.empty(width, np.int32), np.empty(width, np.int32)
    over_rb, over_g = mixing[0], mixing[1]
    for r in range(height):
        _entries(base[r], lower, scale, below_line)
        _entries(over[r], over_lower, over_scale, above_line)
        for c in range(width):
            below = table[np.uint32(below_line[c])]
            # 257 further where the base is NOTHING, which alone has bit 8 set.
            entry = np.uint32(above_line[c] + (below_line[c] >> 8) * 257)
            packed = over_g[entry]
            rest = packed & rests
            # Red and blue in one multiplication: 8 bits of value times 9 of weight can't meet each other.
            rb = (((below & red_blue) * rest + over_rb[entry]) >> shift) & red_blue
            g = (((below & green) * rest + ((packed >> half) << shift)) >> shift) & green
            out[r, c] = solid | rb | g


@numba.njit(cache=True, nogil=True)
def compose_chosen(base, lower, scale, table, over, over_lower, over_scale, over_table, chosen, out):  # type: ignore[no-untyped-def]
    """Show one of two layers in each pixel, at full strength; where it has nothing, the other one.

    base, over, lower, scale, out : as in `compose_one`. table, over_table : (257,) as `with_nothing` gives them.
    chosen : (height, width) uint8, 1 for the upper layer, 0 for the base.
    """
    height, width = out.shape
    below_line, above_line = np.empty(width, np.int32), np.empty(width, np.int32)
    for r in range(height):
        _entries(base[r], lower, scale, below_line)
        _entries(over[r], over_lower, over_scale, above_line)
        for c in range(width):
            below, above = below_line[c], above_line[c]
            upper = ((np.int32(chosen[r, c]) | (below >> 8)) & ~(above >> 8)) & 1
            first, second = table[np.uint32(below)], over_table[np.uint32(above)]
            out[r, c] = second if upper else first


@numba.njit(cache=True, nogil=True)
def compose_channels(base, lower, scale, table, over, over_lower, over_scale, over_table, out):  # type: ignore[no-untyped-def]
    """Show two layers in channels of their own, such as green and magenta; a layer with nothing leaves its dark.

    base, over, lower, scale, out : as in `compose_one`.
    table, over_table : (257,) uint32 that share no bits of red, green and blue.
    """
    height, width = out.shape
    solid = np.uint32(BLACK)
    below_line, above_line = np.empty(width, np.int32), np.empty(width, np.int32)
    for r in range(height):
        _entries(base[r], lower, scale, below_line)
        _entries(over[r], over_lower, over_scale, above_line)
        for c in range(width):
            out[r, c] = solid | table[np.uint32(below_line[c])] | over_table[np.uint32(above_line[c])]


@numba.njit(cache=True, nogil=True)
def _differences(base, over, held, difference_scale, line):  # type: ignore[no-untyped-def]
    """Table entries of one line of differences, `held` as in `compose_difference`."""
    top, middle, half = np.float32(255.0), np.float32(127.5), np.float32(0.5)
    nought, nothing = np.float32(0.0), np.float32(NOTHING)
    lower, scale, over_lower, over_scale, least, most = held[0], held[1], held[2], held[3], held[4], held[5]
    for c in range(len(line)):
        below, above = (base[c] - lower) * scale, (over[c] - over_lower) * over_scale
        below = below if below > least else least
        below = below if below < most else most
        above = above if above > least else least
        above = above if above < most else most
        entry = (above - below) * difference_scale + middle
        entry = entry if entry > nought else nought
        entry = entry if entry < top else top
        entry += half
        there = (base[c] == base[c]) & (over[c] == over[c])
        line[c] = np.int32(entry if there else nothing)


@numba.njit(cache=True, nogil=True)
def compose_difference(base, lower, scale, dim, over, held, difference_scale, table, out):  # type: ignore[no-untyped-def]
    """Show over - base; where the upper layer has nothing the base dimmed, and black where the base has nothing.

    base, over, lower, scale, out : as in `compose_one`. dim : (257,) the base's dimmed colours.
    held : (6,) float32 lower, scale, over's lower and scale, least and most: each layer counts as
        (value - lower) * scale, held within least..most.
    difference_scale : float32, table entry = difference * difference_scale + 127.5, rounded, held within 0..255.
    table : (257,) colours of the differences.
    """
    height, width = out.shape
    below_line, line = np.empty(width, np.int32), np.empty(width, np.int32)
    for r in range(height):
        _entries(base[r], lower, scale, below_line)
        _differences(base[r], over[r], held, difference_scale, line)
        for c in range(width):
            first, second = dim[np.uint32(below_line[c])], table[np.uint32(line[c])]
            out[r, c] = first if line[c] == NOTHING else second


def warm_up() -> None:
    """Compile every kernel."""
    values, table = np.zeros((2, 2), np.float32), np.zeros(256, np.uint32)
    out, nought, one = np.zeros((2, 2), np.uint32), np.float32(0.0), np.float32(1.0)
    window, colors = (nought, one), with_nothing(table)
    # Tables come read-only from `color_maps`, which numba takes for another type.
    table.setflags(write=False)
    compose_one(values, *window, table, out)
    compose_two(values, *window, colors, values, *window, mixing_tables(table, OPAQUE), out)
    compose_chosen(values, *window, colors, values, *window, colors, np.zeros((2, 2), np.uint8), out)
    compose_channels(values, *window, colors, values, *window, colors, out)
    compose_difference(values, *window, colors, values, np.ones(6, np.float32), one, colors, out)
