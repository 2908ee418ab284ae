"""Regions with holes as single rings: a bridge of no width leads from the outline to each hole and back.

For receivers that don't read nested rings by the even-odd rule (PS3.3 C.8.8.6.3 describes this "keyhole" technique).
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from workstation.geometry.region import Region
from workstation.structures.planar import polygon_of

Float = NDArray[np.float64]


def keyholes(region: Region) -> Region:
    """The same region with every hole joined to its outline: one ring for each separate piece.

    Holes are joined nearest first, by the shortest line there is, which therefore crosses nothing.
    """
    polygons = [p for p in shapely.get_parts(polygon_of(region)) if not p.is_empty]
    return Region([_joined(polygon) for polygon in polygons])


def _joined(polygon: shapely.Polygon) -> Float:
    ring: Float = shapely.get_coordinates(polygon.exterior)[:-1]
    holes = [shapely.get_coordinates(hole)[:-1] for hole in polygon.interiors]
    while holes:
        outline = shapely.LinearRing(ring)
        distances = shapely.distance(outline, np.array([shapely.LinearRing(hole) for hole in holes]))
        hole = holes.pop(int(np.argmin(distances)))
        start, end = shapely.get_coordinates(shapely.shortest_line(outline, shapely.LinearRing(hole)))
        ring, at = _with_point(ring, start)
        hole, there = _with_point(hole, end)
        around = np.concatenate([hole[there:], hole[: there + 1]])
        ring = np.concatenate([ring[: at + 1], around, ring[at:]])
    return ring


def _with_point(ring: Float, point: Float) -> tuple[Float, int]:
    """The ring with a vertex at a point of its outline, and that vertex's place."""
    at_vertex = np.flatnonzero((ring == point).all(axis=1))
    if len(at_vertex):
        return ring, int(at_vertex[0])
    ends = np.roll(ring, -1, axis=0)
    edges = shapely.linestrings(np.stack([ring, ends], axis=1))
    place = int(np.argmin(shapely.distance(edges, shapely.Point(point)))) + 1
    return np.insert(ring, place, point, axis=0), place
