"""Signed distance of a body on the points of any plane."""

from __future__ import annotations

from math import floor
from typing import Any

import numba
import numpy as np

BLOCK_BITS = 3
"""Blocks of a field have 2 to this power points on each side (as in `signed_distance_kernels`)."""


@numba.njit(cache=True, nogil=True, inline="always")
def _bilinear(values, x, y):  # type: ignore[no-untyped-def]
    """Value at fractional (column, row); beyond the border, the border's value plus the distance to it."""
    rows, columns = values.shape
    beyond_x = max(-x, x - (columns - 1), 0.0)
    beyond_y = max(-y, y - (rows - 1), 0.0)
    x = min(max(x, 0.0), columns - 1.0)
    y = min(max(y, 0.0), rows - 1.0)
    i, j = min(floor(x), columns - 2), min(floor(y), rows - 2)
    fx, fy = x - i, y - j
    low = values[j, i] + (values[j, i + 1] - values[j, i]) * fx
    high = values[j + 1, i] + (values[j + 1, i + 1] - values[j + 1, i]) * fx
    return low + (high - low) * fy + (beyond_x + beyond_y)


@numba.njit(cache=True, nogil=True, inline="always")
def _reaches(origin, along_columns, along_rows, row, columns, low, high):  # type: ignore[no-untyped-def]
    """Whether a row of the plane's points comes between two heights."""
    begin = origin[2] + along_rows[2] * row
    end = begin + along_columns[2] * (columns - 1)
    return max(begin, end) >= low - 1e-6 and min(begin, end) <= high + 1e-6


@numba.njit(cache=True, nogil=True)
def mark_sampled(
    rows: int, columns: int, origin: Any, along_columns: Any, along_rows: Any, placed: Any, heights: Any, known: Any,
    wanted: Any,
) -> int:
    """Mark the blocks of a field that a plane's points between two heights are interpolated from; how many are new.

    rows, columns, origin, along_columns, along_rows: the plane's points as in `sample_piece`. placed: (5,) step in mm,
    first column and row of the field, its columns and rows. heights: (2,) lowest and highest.
    known, wanted: (block rows, block columns) uint8; only what is not known yet becomes wanted.
    """
    count, last = 0, np.int64(-1)
    step, last_x, last_y = placed[0], placed[3] - 2.0, placed[4] - 2.0
    across = known.shape[1]
    for row in range(rows):
        if not _reaches(origin, along_columns, along_rows, row, columns, heights[0], heights[1]):
            continue
        for column in range(columns):
            w = origin[2] + along_columns[2] * column + along_rows[2] * row
            if w < heights[0] or w > heights[1]:
                continue
            x = (origin[0] + along_columns[0] * column + along_rows[0] * row) / step - placed[1]
            y = (origin[1] + along_columns[1] * column + along_rows[1] * row) / step - placed[2]
            i = np.int64(min(max(x, 0.0), last_x))
            j = np.int64(min(max(y, 0.0), last_y))
            # the cell's corners may lie in up to four blocks
            row0, row1 = j >> BLOCK_BITS, (j + 1) >> BLOCK_BITS
            column0, column1 = i >> BLOCK_BITS, (i + 1) >> BLOCK_BITS
            here = ((row0 * across + column0) << 2) | ((row1 - row0) << 1) | (column1 - column0)
            if here == last:
                continue
            last = here
            for block_row in range(row0, row1 + 1):
                for block_column in range(column0, column1 + 1):
                    if not known[block_row, block_column] and not wanted[block_row, block_column]:
                        wanted[block_row, block_column] = 1
                        count += 1
    return count


@numba.njit(cache=True, nogil=True)
def sample_piece(
    out: Any,
    origin: Any,
    along_columns: Any,
    along_rows: Any,
    first: Any,
    second: Any,
    placed: Any,
    heights: Any,
    run: Any,
) -> None:
    """Lower `out` (rows, columns) float32 to the signed distance in mm that one piece of a body gives its points.

    origin, along_columns, along_rows: (3,) first point and steps in the stack's (u, v, w) mm.
    placed: (5,) step in mm, first column and row of `first`, and of `second`.
    heights: (n, 6) as in `Piece`.
    run: (4,) heights where the joined planes around the piece end, beyond which a piece at an end goes on as the
    distance to the end, and the lowest and highest point that it counts for.
    """
    rows, columns = out.shape
    step = placed[0]
    last = heights.shape[0] - 1
    lowest, highest = run[2], run[3]
    for row in range(rows):
        if not _reaches(origin, along_columns, along_rows, row, columns, lowest, highest):
            continue
        for column in range(columns):
            w = origin[2] + along_columns[2] * column + along_rows[2] * row
            if w < lowest or w > highest:
                continue
            u = (origin[0] + along_columns[0] * column + along_rows[0] * row) / step
            v = (origin[1] + along_columns[1] * column + along_rows[1] * row) / step
            a = _bilinear(first, u - placed[1], v - placed[2])
            b = _bilinear(second, u - placed[3], v - placed[4])
            n = 0
            while n < last and w > heights[n, 1]:
                n += 1
            part = heights[n]
            t = (min(max(w, part[0]), part[1]) - part[0]) / max(part[1] - part[0], 1e-9)
            share = part[2] + (part[3] - part[2]) * t
            swell = part[4] + (part[5] - part[4]) * t
            value = max(a + (b - a) * share - swell, run[0] - w, w - run[1])
            if value < out[row, column]:
                out[row, column] = value


def warm_up() -> None:
    """Compile every kernel here for the types used in production."""
    out, field = np.ones((4, 4), dtype=np.float32), np.ones((8, 8), dtype=np.float32)
    zero, heights = np.zeros(3), np.array([[0.0, 1.0, 0.0, 1.0, 0.0, 0.0]])
    sample_piece(out, zero, zero, zero, field, field, np.ones(5), heights, np.array([0.0, 1.0, 0.0, 1.0]))
    blocks = np.zeros((1, 1), dtype=np.uint8)
    mark_sampled(4, 4, zero, zero, zero, np.array([1.0, 0.0, 0.0, 8.0, 8.0]), np.zeros(2), blocks, blocks.copy())
