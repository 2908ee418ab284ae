"""Level curves of a lattice field at sub-voxel precision (marching squares, saddles decided by the cell's mean)."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(cache=True, nogil=True)
def _link(field: Any, follower: Any, begins: Any) -> int:
    """Join the crossed lattice edges of every cell: follower[edge] = next edge with the inside on the left.

    Edges along rows are numbered row * columns + column, edges across rows the same plus rows * columns.
    """
    rows, columns = field.shape
    across = rows * columns
    count = 0
    for y in range(rows - 1):
        for x in range(columns - 1):
            a, b = field[y, x] < 0, field[y, x + 1] < 0
            c, d = field[y + 1, x + 1] < 0, field[y + 1, x] < 0
            case = int(a) | (int(b) << 1) | (int(c) << 2) | (int(d) << 3)
            if case == 0 or case == 15:
                continue
            bottom = y * columns + x
            top = bottom + columns
            left = across + bottom
            right = left + 1
            if case == 1:
                p, q = bottom, left
            elif case == 2:
                p, q = right, bottom
            elif case == 3:
                p, q = right, left
            elif case == 4:
                p, q = top, right
            elif case == 6:
                p, q = top, bottom
            elif case == 7:
                p, q = top, left
            elif case == 8:
                p, q = left, top
            elif case == 9:
                p, q = bottom, top
            elif case == 11:
                p, q = right, top
            elif case == 12:
                p, q = left, right
            elif case == 13:
                p, q = bottom, right
            elif case == 14:
                p, q = left, bottom
            else:
                joined = field[y, x] + field[y, x + 1] + field[y + 1, x + 1] + field[y + 1, x] < 0
                if case == 5:
                    p, q = (bottom, right) if joined else (bottom, left)
                    p2, q2 = (top, left) if joined else (top, right)
                else:
                    p, q = (left, bottom) if joined else (right, bottom)
                    p2, q2 = (right, top) if joined else (left, top)
                follower[p2] = q2
                begins[count] = p2
                count += 1
            follower[p] = q
            begins[count] = p
            count += 1
    return count


@numba.njit(cache=True, nogil=True)
def _count_crossed_cells(field: Any) -> int:
    rows, columns = field.shape
    count = 0
    for y in range(rows - 1):
        for x in range(columns - 1):
            inside = int(field[y, x] < 0) + int(field[y, x + 1] < 0)
            inside += int(field[y + 1, x + 1] < 0) + int(field[y + 1, x] < 0)
            count += int(0 < inside < 4)
    return 2 * count


@numba.njit(cache=True, nogil=True)
def _thin(points: Any, first: int, end: int, tolerance: float) -> int:
    """Drop, in place, points of a ring that lie within `tolerance` of the chord that spans them; the new end."""
    write = first + 1
    anchor = first
    tolerance2 = tolerance * tolerance
    while anchor < end:
        reach = anchor + 1
        while reach + 1 <= end and reach - anchor < 12:
            trial = reach + 1
            t = first if trial == end else trial
            ax, ay = points[anchor, 0], points[anchor, 1]
            dx, dy = points[t, 0] - ax, points[t, 1] - ay
            length2 = dx * dx + dy * dy
            straight = length2 > 0
            for k in range(anchor + 1, trial):
                cross = (points[k, 0] - ax) * dy - (points[k, 1] - ay) * dx
                along = (points[k, 0] - ax) * dx + (points[k, 1] - ay) * dy
                if cross * cross > tolerance2 * length2 or along < 0 or along > length2:
                    straight = False
                    break
            if not straight:
                break
            reach = trial
        if reach >= end:
            break
        points[write, 0], points[write, 1] = points[reach, 0], points[reach, 1]
        write += 1
        anchor = reach
    return write


@numba.njit(cache=True, nogil=True)
def trace_level(field: Any, column0: int, row0: int, step: float, tolerance: float) -> Any:
    """Closed rings where `field` (rows, columns) float32 changes sign: points (n, 2) mm and ring starts (rings + 1,).

    Negative is inside and lies on the left (from u to v). Lattice point (column, row) lies at
    ((column0 + column) * step, (row0 + row) * step). Points within `tolerance` mm of a straight run are dropped.
    The outermost lattice points must not be inside, or a ring stays open and is left out.
    """
    rows, columns = field.shape
    across = rows * columns
    size = _count_crossed_cells(field)
    points = np.empty((size + 1, 2), np.float64)
    starts = np.zeros(size // 3 + 2, np.int64)
    rings = 0
    if size == 0:
        return points[:0], starts[:1]
    follower = np.full(2 * across, -1, np.int32)
    begins = np.empty(size + 1, np.int32)
    count = _link(field, follower, begins)
    used = 0
    for n in range(count):
        edge = begins[n]
        if follower[edge] < 0:
            continue
        first = used
        begin = edge
        while follower[edge] >= 0:
            crossed = edge - across if edge >= across else edge
            y = crossed // columns
            x = crossed - y * columns
            here = np.float64(field[y, x])
            if edge < across:
                t = here / (here - np.float64(field[y, x + 1]))
                points[used, 0], points[used, 1] = (column0 + x + t) * step, (row0 + y) * step
            else:
                t = here / (here - np.float64(field[y + 1, x]))
                points[used, 0], points[used, 1] = (column0 + x) * step, (row0 + y + t) * step
            used += 1
            following = follower[edge]
            follower[edge] = -1
            edge = following
        if edge != begin:
            used = first
            continue
        used = _thin(points, first, used, tolerance)
        if used - first >= 3:
            rings += 1
            starts[rings] = used
        else:
            used = first
    return points[:used], starts[: rings + 1]


def warm_up() -> None:
    """Compile every kernel here for the types used in production."""
    field: NDArray[np.float32] = np.ones((5, 5), dtype=np.float32)
    field[2, 2] = -1.0
    trace_level(field, 0, 0, 1.0, 0.01)
