"""Boolean geometry of planar regions: the bridge between even-odd rings and shapely's polygons.

A region may come from anywhere: rings that cross themselves or each other, keyholes, spikes, repeated points. Clean
rings (nearly all) become polygons vertex by vertex; all others are noded, cut into faces, and each face is kept where
a point of it is inside by the even-odd rule over all rings at once (PS3.3 C.8.8.6.3).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.errors import GeometryError
from workstation.geometry.region import Region

Float = NDArray[np.float64]
Geometry = Any  # shapely ships no types for its geometries

CIRCLE_SAGITTA_MM = 0.02
"""How far the sides of a polygonal circle may lie inside the arc that they stand for."""

SMALLEST_AREA_MM2 = 1e-6
"""Pieces below this are rounding noise of a boolean operation, not tissue."""

_NODING_GRID_MM = 1e-6  # where floating noding fails, snapped noding on this grid cannot
_EMPTY = shapely.Polygon()


def polygon_of(region: Region) -> Geometry:
    """A valid shapely Polygon or MultiPolygon of what `region` encloses by the even-odd rule over all its rings.

    Clean rings keep every vertex exactly. Rings of fewer than three points enclose nothing.
    """
    rings = [ring for ring in region.rings if len(ring) >= 3]
    if not rings:
        return _EMPTY
    outlines = [shapely.Polygon(ring) for ring in rings]
    if all(outline.is_valid for outline in outlines):
        nested = outlines[0] if len(outlines) == 1 else _nested(rings, outlines)
        if nested is not None:
            return nested
    return _faces_inside(rings)


def region_of(geometry: Geometry) -> Region:
    """The rings, shells and holes alike, of all polygons in a shapely geometry; lines, points and slivers drop out."""
    rings = []
    for polygon in _polygons(geometry):
        if polygon.area < SMALLEST_AREA_MM2:
            continue
        for ring in (polygon.exterior, *polygon.interiors):
            points = shapely.get_coordinates(ring)[:-1]
            if len(points) >= 3 and _area_mm2(points) >= SMALLEST_AREA_MM2:
                rings.append(points)
    return Region(rings)


def area_mm2(region: Region) -> float:
    """Enclosed area in square millimetres by the even-odd rule."""
    return float(polygon_of(region).area)


def union(first: Region, second: Region) -> Region:
    """What lies in either region."""
    return _combined(shapely.union, first, second)


def difference(first: Region, second: Region) -> Region:
    """What lies in the first region and not in the second."""
    return _combined(shapely.difference, first, second)


def intersection(first: Region, second: Region) -> Region:
    """What lies in both regions."""
    return _combined(shapely.intersection, first, second)


def swept_disc(points: ArrayLike, radius_mm: float) -> Region:
    """What a round brush of `radius_mm` covers on its way along points (n, 2), in the plane's millimetres.

    Circles are polygons of the circle's area: their sides dip at most `CIRCLE_SAGITTA_MM` under their corners.
    Raises GeometryError for a radius that is not positive, or without points.
    """
    path = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    if not (np.isfinite(radius_mm) and radius_mm > 0):
        raise GeometryError(f"A brush needs a positive radius, not {radius_mm!r} mm")
    if not len(path) or not np.isfinite(path).all():
        raise GeometryError("A brush needs at least one finite point to sweep through")
    moves = np.concatenate([[True], (np.diff(path, axis=0) != 0).any(axis=1)])
    path = path[moves]
    if len(path) == 1:
        return Region([_capsule(path[0], path[0], radius_mm)])
    capsules = [_capsule(a, b, radius_mm) for a, b in pairwise(path)]
    if len(capsules) == 1:
        return Region(capsules)
    return region_of(shapely.union_all([shapely.Polygon(capsule) for capsule in capsules]))


def circle_segments(radius_mm: float, sagitta_mm: float = CIRCLE_SAGITTA_MM) -> int:
    """Number of corners, a multiple of four, with which a polygonal circle keeps within the sagitta."""
    half_angle = np.arccos(max(1.0 - sagitta_mm / radius_mm, 0.0))
    return max(8, 4 * int(np.ceil(np.pi / half_angle / 4)))


def simplify_ring(ring: ArrayLike, tolerance_mm: float) -> Float:
    """The ring (n, 2) with fewer points, nowhere further than `tolerance_mm` from the old one, not self-crossing.

    A ring of fewer than four points comes back as it is.
    """
    points = np.asarray(ring, dtype=np.float64).reshape(-1, 2)
    if len(points) < 4:
        return points
    simpler = shapely.simplify(shapely.LinearRing(points), tolerance_mm, preserve_topology=True)
    corners: Float = shapely.get_coordinates(simpler)[:-1]
    return corners


def simplify(region: Region, tolerance_mm: float) -> Region:
    """The region with fewer points, its rings neither crossing each other nor lost; see `simplify_ring`."""
    return region_of(shapely.simplify(polygon_of(region), tolerance_mm, preserve_topology=True))


def _combined(operation: Callable[..., Geometry], first: Region, second: Region) -> Region:
    a, b = polygon_of(first), polygon_of(second)
    try:
        return region_of(operation(a, b))
    except shapely.GEOSException:
        return region_of(operation(a, b, grid_size=_NODING_GRID_MM))


def _nested(rings: list[Float], outlines: list[Geometry]) -> Geometry | None:
    """Rings as shells and holes by their depth of nesting; None where they touch or cross along the way."""
    order = np.argsort([-outline.area for outline in outlines], kind="stable")
    boxes = shapely.bounds(outlines)
    shells: dict[int, list[Float]] = {}
    for place, ring in enumerate(order):
        larger, box = order[:place], boxes[ring]
        holds = (boxes[larger, :2] <= box[:2]).all(axis=1) & (boxes[larger, 2:] >= box[2:]).all(axis=1)
        start = rings[ring][0]
        around = [int(other) for other in larger[holds] if shapely.contains_xy(outlines[other], *start)]
        if len(around) % 2 == 0:
            shells[int(ring)] = []
        else:
            innermost = around[-1]
            if innermost not in shells:
                return None
            shells[innermost].append(rings[ring])
    polygons = [shapely.Polygon(rings[shell], holes) for shell, holes in shells.items()]
    geometry = polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
    return geometry if geometry.is_valid else None


def _faces_inside(rings: list[Float]) -> Geometry:
    """The union of those faces of the rings' linework that the even-odd rule calls inside."""
    lines = [shapely.LineString(np.concatenate([ring, ring[:1]])) for ring in rings]
    try:
        noded = shapely.union_all(lines)
    except shapely.GEOSException:
        noded = shapely.union_all(lines, grid_size=_NODING_GRID_MM)
    faces = np.array(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))
    if not len(faces):
        return _EMPTY
    inside = _even_odd(rings, shapely.get_coordinates(shapely.point_on_surface(faces)))
    return shapely.union_all(faces[inside]) if inside.any() else _EMPTY


def _even_odd(rings: list[Float], points: Float) -> NDArray[np.bool_]:
    """Whether each point (n, 2) is inside, all edges of a ring at once; no point may lie on an edge."""
    inside = np.zeros(len(points), dtype=bool)
    px, py = points[:, :1], points[:, 1:]
    for ring in rings:
        (x0, y0), (x1, y1) = ring.T, np.roll(ring, -1, axis=0).T
        spans = (y0 > py) != (y1 > py)
        rise = np.where(y1 == y0, 1.0, y1 - y0)
        with np.errstate(over="ignore"):  # an edge that is level but for rounding spans no point
            left = px < x0 + (py - y0) * (x1 - x0) / rise
        inside ^= (np.count_nonzero(spans & left, axis=1) % 2).astype(bool)
    return inside


def _polygons(geometry: Geometry) -> list[Geometry]:
    parts = list(shapely.get_parts(geometry))
    found = [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]
    for part in parts:
        if part.geom_type in ("MultiPolygon", "GeometryCollection"):
            found += _polygons(part)
    return found


def _area_mm2(ring: Float) -> float:
    x, y = (ring - ring[0]).T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def _capsule(start: Float, end: Float, radius_mm: float) -> Float:
    """Two half circles around the ends of a move, joined by straight sides; a whole circle without a move."""
    corners = circle_segments(radius_mm)
    step = 2 * np.pi / corners
    equal_area_mm = radius_mm * np.sqrt(step / np.sin(step))
    ahead = np.arctan2(end[1] - start[1], end[0] - start[0])
    angles = ahead - np.pi / 2 + step * np.arange(corners + 1)
    circle = equal_area_mm * np.column_stack([np.cos(angles), np.sin(angles)])
    if (start == end).all():
        disc: Float = start + circle[:-1]
        return disc
    half = corners // 2
    return np.concatenate([end + circle[: half + 1], start + circle[half:]])
