"""How the rings of one plane lie to each other and to those of another: nesting, crossing, touching, keyholes."""

from __future__ import annotations

from math import ceil, floor
from typing import Any

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def _ring_holds(vertices: Any, first: int, end: int, x: float, y: float) -> bool:
    """Whether an odd number of one ring's edges cross the point's row to its right."""
    inside = False
    for i in range(first, end):
        j = i + 1 if i + 1 < end else first
        y0, y1 = vertices[i, 1], vertices[j, 1]
        if (y0 <= y) != (y1 <= y):
            x0, x1 = vertices[i, 0], vertices[j, 0]
            if x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
                inside = not inside
    return inside


@numba.njit(cache=True, nogil=True)
def _boxes(vertices: Any, starts: Any) -> Any:
    """(rings, 4) smallest x and y, largest x and y of each ring."""
    boxes = np.empty((starts.size - 1, 4), np.float64)
    for r in range(starts.size - 1):
        boxes[r, 0], boxes[r, 1], boxes[r, 2], boxes[r, 3] = np.inf, np.inf, -np.inf, -np.inf
        for i in range(starts[r], starts[r + 1]):
            x, y = vertices[i, 0], vertices[i, 1]
            boxes[r, 0], boxes[r, 1] = min(boxes[r, 0], x), min(boxes[r, 1], y)
            boxes[r, 2], boxes[r, 3] = max(boxes[r, 2], x), max(boxes[r, 3], y)
    return boxes


@numba.njit(cache=True, nogil=True)
def bounds_of(vertices: Any) -> Any:
    """(4,) smallest x and y, largest x and y of vertices (n, 2) float64."""
    return _boxes(vertices, np.array([0, vertices.shape[0]]))[0]


@numba.njit(cache=True, nogil=True)
def _group_holds(vertices: Any, starts: Any, boxes: Any, owner: Any, group: int, x: float, y: float) -> bool:
    inside = False
    for r in range(starts.size - 1):
        if owner[r] == group and boxes[r, 0] <= x <= boxes[r, 2] and boxes[r, 1] <= y <= boxes[r, 3]:
            inside ^= _ring_holds(vertices, starts[r], starts[r + 1], x, y)
    return inside


@numba.njit(cache=True, nogil=True)
def ring_owners(vertices: Any, starts: Any) -> Any:
    """For each ring (rings,) int64 the outer ring that it belongs to: itself, or the innermost one around a hole.

    vertices: (n, 2) float64 of all rings, starts: (rings + 1,) int64. A ring with an even number of others around it
    is an outer one. Rings that cross each other get owners, too, which mean little: see `groups_cross`.
    """
    rings = starts.size - 1
    boxes = _boxes(vertices, starts)
    around = np.zeros((rings, rings), np.bool_)
    depth = np.zeros(rings, np.int64)
    for k in range(rings):
        x, y = vertices[starts[k], 0], vertices[starts[k], 1]
        for n in range(rings):
            if n != k and boxes[n, 0] <= x <= boxes[n, 2] and boxes[n, 1] <= y <= boxes[n, 3]:
                around[k, n] = _ring_holds(vertices, starts[n], starts[n + 1], x, y)
                depth[k] += around[k, n]
    owner = np.arange(rings)
    for k in range(rings):
        if depth[k] % 2 == 1:
            deepest = -1
            for n in range(rings):
                if around[k, n] and depth[n] % 2 == 0 and depth[n] > deepest:
                    deepest = depth[n]
                    owner[k] = n
    return owner


@numba.njit(cache=True, nogil=True)
def groups_cross(vertices: Any, starts: Any, owner: Any) -> bool:
    """Whether a vertex of one outer ring with its holes lies inside another one with its holes."""
    rings = starts.size - 1
    boxes = _boxes(vertices, starts)
    for group in range(rings):
        if owner[group] != group:
            continue
        x0, y0, x1, y1 = boxes[group, 0], boxes[group, 1], boxes[group, 2], boxes[group, 3]
        for r in range(rings):
            if owner[r] == group:  # holes that reach beyond their outer ring widen the group
                x0, y0 = min(x0, boxes[r, 0]), min(y0, boxes[r, 1])
                x1, y1 = max(x1, boxes[r, 2]), max(y1, boxes[r, 3])
        for r in range(rings):
            if owner[r] == group or boxes[r, 0] > x1 or boxes[r, 2] < x0 or boxes[r, 1] > y1 or boxes[r, 3] < y0:
                continue
            for i in range(starts[r], starts[r + 1]):
                x, y = vertices[i, 0], vertices[i, 1]
                if x0 <= x <= x1 and y0 <= y <= y1 and _group_holds(vertices, starts, boxes, owner, group, x, y):
                    return True
    return False


@numba.njit(cache=True, nogil=True)
def _lattice_point_near(vertices: Any, starts: Any, edges: Any, x: float, y: float, step: float, near: float) -> bool:
    """Whether a lattice point lies inside, by the same parity as fields have, or within `near` of an edge."""
    row, column = round(y / step), round(x / step)
    inside = False
    for r in range(starts.size - 1):
        first, end = starts[r], starts[r + 1]
        for i in range(first, end):
            j = i + 1 if i + 1 < end else first
            ay, by = vertices[i, 1], vertices[j, 1]
            if max(ay, by) < y - step or min(ay, by) > y + step:
                continue  # nothing to round
            if (ay < by and ceil(ay / step) <= row < ceil(by / step)) or (
                by < ay and ceil(by / step) <= row < ceil(ay / step)
            ):
                ax = vertices[i, 0]
                if ceil((ax + (y - ay) * ((vertices[j, 0] - ax) / (by - ay))) / step) <= column:
                    inside = not inside
    if inside:
        return True
    for e in range(edges.shape[0]):
        ax, ay, dx, dy = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
        if abs(x - ax) > near + abs(dx) or abs(y - ay) > near + abs(dy):
            continue
        length2 = dx * dx + dy * dy
        t = ((x - ax) * dx + (y - ay) * dy) / length2 if length2 > 0 else 0.0
        t = min(max(t, 0.0), 1.0)
        if (x - ax - t * dx) ** 2 + (y - ay - t * dy) ** 2 <= near * near:
            return True
    return False


@numba.njit(cache=True, nogil=True)
def comes_near(points: Any, vertices: Any, starts: Any, edges: Any, bounds: Any, step: float, near: float) -> bool:
    """Whether a lattice point nearest to one of some points lies inside a shape or within `near` mm of its edges.

    points: (n, 2) float64. vertices, starts, edges: of the shape as for `signed_distance`; bounds: (4,) u_min, v_min,
    u_max, v_max of the shape. The answer is that of the shape's signed distance field on the lattice of `step`, which
    costs a hundred times as much where nobody needs it.
    """
    for n in range(points.shape[0]):
        x, y = round(points[n, 0] / step) * step, round(points[n, 1] / step) * step
        if x < bounds[0] - near or x > bounds[2] + near or y < bounds[1] - near or y > bounds[3] + near:
            continue
        if _lattice_point_near(vertices, starts, edges, x, y, step, near):
            return True
    return False


@numba.njit(cache=True, nogil=True, inline="always")
def _cell_of(x, y, cell, mask):  # type: ignore[no-untyped-def]
    """Where a point is kept in a table of mask + 1 places."""
    return (floor(x / cell) * 73_856_093 ^ floor(y / cell) * 19_349_663) & mask


@numba.njit(cache=True, nogil=True, inline="always")
def _opposite(edges, e, other, width):  # type: ignore[no-untyped-def]
    ax, ay, bx, by = edges[e, 0], edges[e, 1], edges[other, 0], edges[other, 1]
    return (
        abs(bx - ax - edges[e, 2]) <= width
        and abs(by - ay - edges[e, 3]) <= width
        and abs(ax - bx - edges[other, 2]) <= width
        and abs(ay - by - edges[other, 3]) <= width
    )


@numba.njit(cache=True, nogil=True)
def run_both_ways(edges: Any, width: float) -> Any:
    """(n,) bool: which edges are run along by another one in the opposite direction within `width` in both axes.

    edges: (n, 4) x, y, dx, dy. These are both sides of a keyhole's channel, which bound nothing. Their middles lie
    within `width` of each other, so that only edges from the same cell of a table, or a next one, are compared.
    """
    total = edges.shape[0]
    cell = 20.0 * width
    size = 16
    while size < 2 * total:
        size *= 2
    first, following = np.full(size, -1, np.int32), np.empty(total, np.int32)
    middle_x, middle_y = edges[:, 0] + 0.5 * edges[:, 2], edges[:, 1] + 0.5 * edges[:, 3]
    for e in range(total):
        place = _cell_of(middle_x[e], middle_y[e], cell, size - 1)
        following[e] = first[place]
        first[place] = e
    doubled = np.zeros(total, np.bool_)
    for e in range(total):
        x0, x1 = middle_x[e] - 1.01 * width, middle_x[e] + 1.01 * width
        y0, y1 = middle_y[e] - 1.01 * width, middle_y[e] + 1.01 * width
        for corner in range(4):
            x, y = x1 if corner & 1 else x0, y1 if corner & 2 else y0
            if (corner & 1 and floor(x0 / cell) == floor(x1 / cell)) or (
                corner & 2 and floor(y0 / cell) == floor(y1 / cell)
            ):
                continue  # the same cell as before
            other = first[_cell_of(x, y, cell, size - 1)]
            while other >= 0 and not doubled[e]:
                doubled[e] = other != e and _opposite(edges, e, other, width)
                other = following[other]
    return doubled


def warm_up() -> None:
    """Compile every kernel here for the types used in production."""
    vertices = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 4.0]])
    starts = np.array([0, 3], dtype=np.int64)
    edges = np.concatenate([vertices, np.roll(vertices, -1, axis=0) - vertices], axis=1)
    bounds_of(vertices)
    groups_cross(vertices, starts, ring_owners(vertices, starts))
    comes_near(vertices, vertices, starts, edges, np.array([0.0, 0.0, 4.0, 4.0]), 1.0, 0.5)
    run_both_ways(edges, 0.01)
