"""Keeps drawn rings lean without wearing them down: only points that a stroke has just made are thinned out.

A boolean operation keeps the corners of its operands to the last bit. Whatever is not among the corners of the
region before the stroke is therefore new; runs of new points are thinned (Douglas and Peucker 1973) between the old
points at their ends, each of them once and never again, so that a ring painted over a thousand times doesn't drift.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from workstation.geometry.region import Region, ring_area_mm2

Float = NDArray[np.float64]

SMALLEST_PIECE_MM2 = 0.05
"""New rings below this area are shavings at the edge of a stroke, far smaller than a voxel."""


def thin_new_points(region: Region, before: Region, tolerance_mm: float = 0.01) -> Region:
    """The region with runs of points that `before` does not have thinned to `tolerance_mm`.

    Returns `before` itself when both have the same points (a stroke without effect), and `region` as it is where
    thinning would make an outline cross itself.
    """
    old = _keys(np.concatenate(before.rings)) if before.rings else np.zeros(0, dtype="V16")
    masks = [np.isin(_keys(ring), old) for ring in region.rings]
    if region.point_count == len(old) and all(mask.all() for mask in masks):
        return before
    rings = []
    for ring, is_old in zip(region.rings, masks, strict=True):
        if is_old.all():
            rings.append(ring)
            continue
        if abs(ring_area_mm2(ring)) >= SMALLEST_PIECE_MM2:
            rings.append(_thinned(ring, is_old, tolerance_mm))
    crossing = not all(shapely.is_simple(shapely.LinearRing(ring)) for ring in rings)
    return region if crossing else Region(rings)


def _keys(points: Float) -> NDArray[np.void]:
    """Points (n, 2) as values that compare bit by bit (with one zero)."""
    return np.ascontiguousarray(points + 0.0).view("V16").ravel()


def _thinned(ring: Float, is_old: NDArray[np.bool_], tolerance_mm: float) -> Float:
    """One ring with its runs of new points thinned; a ring of new points only is thinned all around."""
    anchors = np.flatnonzero(is_old)
    if not len(anchors):
        far = int(np.argmax(((ring - ring[0]) ** 2).sum(1)))
        anchors = np.array([0, far])
    turned = np.roll(ring, -anchors[0], axis=0)
    stops = np.append(anchors - anchors[0], len(ring))
    closed = np.concatenate([turned, turned[:1]])
    pieces = [
        _thin_run(closed[a : b + 1], tolerance_mm)[:-1] if b - a > 1 else closed[a:b]
        for a, b in pairwise(stops)
    ]
    thin = np.concatenate(pieces)
    return thin if len(thin) >= 3 else ring


def _thin_run(run: Float, tolerance_mm: float) -> Float:
    points: Float = shapely.get_coordinates(
        shapely.simplify(shapely.LineString(run), tolerance_mm, preserve_topology=False)
    )
    return points
