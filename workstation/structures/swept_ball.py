"""What a ball covers on parallel planes on its way through them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.region import Region
from workstation.structures.planar import circle_segments, region_of, swept_disc

Float = NDArray[np.float64]

SMALLEST_RADIUS_MM = 0.05


def swept_ball(path: ArrayLike, radius_mm: float, positions_mm: Float) -> dict[float, Region]:
    """Regions (u, v mm) by plane position that a ball covers along a path (n, 3) of (u, v, w) in mm.

    Along the planes this is exact. Across them the way is cut into steps of a tenth of the radius, and on each plane
    the hull of neighbouring discs is taken: the section of a ball's way is convex, so nothing too much is covered.
    """
    points = np.asarray(path, dtype=np.float64).reshape(-1, 3)
    low, high = points[:, 2].min() - radius_mm, points[:, 2].max() + radius_mm
    reached = positions_mm[(positions_mm > low) & (positions_mm < high)]
    level = bool(np.ptp(points[:, 2]) < 1e-6)
    steps = points if level else _divided(points, 0.1 * radius_mm)
    covered = {float(w): _level(steps, radius_mm, w) if level else _crossing(steps, radius_mm, w) for w in reached}
    return {w: region for w, region in covered.items() if region}


def _level(points: Float, radius_mm: float, position_mm: float) -> Region:
    radius = float(np.sqrt(max(radius_mm**2 - (points[0, 2] - position_mm) ** 2, 0.0)))
    return swept_disc(points[:, :2], radius) if radius >= SMALLEST_RADIUS_MM else Region()


def _crossing(steps: Float, radius_mm: float, position_mm: float) -> Region:
    radii = np.sqrt(np.maximum(radius_mm**2 - (steps[:, 2] - position_mm) ** 2, 0.0))
    inside = radii >= SMALLEST_RADIUS_MM
    if not inside.any():
        return Region()
    angle = 2 * np.pi * np.arange(circle_segments(float(radii.max()))) / circle_segments(float(radii.max()))
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    discs = steps[:, None, :2] + radii[:, None, None] * circle
    pairs = [np.concatenate([discs[i], discs[i + 1]]) for i in range(len(steps) - 1) if inside[i] and inside[i + 1]]
    alone = [discs[i] for i in np.flatnonzero(inside) if not _neighbour(inside, int(i))]
    hulls = shapely.convex_hull([shapely.MultiPoint(points) for points in (*pairs, *alone)])
    return region_of(shapely.union_all(hulls))


def _neighbour(inside: NDArray[np.bool_], i: int) -> bool:
    return bool((i > 0 and inside[i - 1]) or (i + 1 < len(inside) and inside[i + 1]))


def _divided(path: Float, step_mm: float) -> Float:
    """The path with points at most `step_mm` apart."""
    pieces = [path[:1]]
    for a, b in pairwise(path):
        count = max(1, int(np.ceil(np.linalg.norm(b - a) / step_mm)))
        pieces.append(a + (b - a) * (np.arange(1, count + 1)[:, None] / count))
    return np.concatenate(pieces)
