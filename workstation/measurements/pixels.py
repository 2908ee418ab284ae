"""Which pixels of an image a region on a plane is measured on, and how much of each lies in it.

Where the region's plane runs through the centres of one layer of the image's voxels (an acquired slice, but a row or
column of them too, as sagittal and coronal views show), those voxels are counted as they were measured. Anywhere
else the image is interpolated on the region's plane, on square pixels of the image's own in-plane spacing. Either
way each pixel counts with the exact share of its area that lies in the region.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from workstation.geometry.deformation import SpatialMap
from workstation.geometry.grid import Grid
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region, ring_area_mm2
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.measurements.coverage_kernels import shares
from workstation.measurements.sampling import values_at, values_on_plane
from workstation.structures.planar import polygon_of

Float = NDArray[np.float64]

ON_LAYER_MM = 0.05
"""A plane this close to voxel centres all over the region shows those voxels."""

ACQUIRED, INTERPOLATED = "acquired voxels", "interpolated"
LEAST_SHARE = 1e-9
LARGEST_PIXELS = 4_000_000
"""A region of more pixels than this is measured on coarser ones."""


@dataclass(frozen=True, eq=False)
class Pixels:
    """What a region covers of an image.

    values, weights: (n,) the pixels' values, and how much of each lies in the region, 0 to 1; outside of the image
        there are none. covered: share of the region's area that lies in the image. rule: `ACQUIRED` or `INTERPOLATED`.
    """

    values: Float
    weights: Float
    covered: float
    rule: str


def pixels_in(volume: Volume, plane: Plane, region: Region, to_image: SpatialMap | None = None) -> Pixels:
    """The pixels of an image in a region, (u, v) mm of a plane; `to_image` takes that plane to the image's frame."""
    rings = _oriented(region)
    if not rings:
        return Pixels(np.zeros(0), np.zeros(0), 0.0, INTERPOLATED)
    link = to_image or Transform.identity()
    found = _layer(volume.grid, plane, rings, link) if isinstance(link, Transform) else None
    if found is not None:
        return _on_layer(volume, rings, plane, link, *found)
    return _interpolated(volume, rings, plane, link)


def area_shares(rings: list[Float], size: tuple[int, int]) -> Float:
    """(rows, columns) share of each pixel inside of rings (x, y) in pixels, pixel [r, c] covering c..c+1, r..r+1.

    Outer rings turn one way and holes the other.

    >>> area_shares([np.array([(0.5, 0.0), (2.0, 0.0), (2.0, 1.0), (0.5, 1.0)])], (1, 3)).tolist()
    [[0.5, 1.0, 0.0]]
    """
    out = np.empty((size[0], size[1] + 2))
    starts = np.cumsum([0, *(len(ring) for ring in rings)]).astype(np.int64)
    shares(np.ascontiguousarray(np.concatenate(rings)), starts, out)
    return out[:, : size[1]]


def _oriented(region: Region) -> list[Float]:
    """The region's rings without crossings: outer ones turn one way, holes the other."""
    geometry = polygon_of(region)
    rings = []
    for part in getattr(geometry, "geoms", [geometry]):
        if part.is_empty:
            continue
        for number, edge in enumerate((part.exterior, *part.interiors)):
            ring = shapely.get_coordinates(edge)[:-1]
            rings.append(ring if (ring_area_mm2(ring) > 0) == (number == 0) else ring[::-1])
    return rings


def _layer(grid: Grid, plane: Plane, rings: list[Float], link: SpatialMap) -> tuple[int, int] | None:
    """The index axis (0 = i, 1 = j, 2 = k) that the region's plane is one layer of, and that layer; None elsewhere."""
    index = grid.to_index(link.apply(plane.to_patient(np.concatenate(rings))))
    # how far apart neighbouring layers lie; less than the spacing where the lattice is sheared
    apart_mm = 1.0 / np.linalg.norm(grid.inverse_matrix[:3, :3], axis=1)
    for axis in (2, 1, 0):
        layer = int(np.rint(np.median(index[:, axis])))
        if np.abs(index[:, axis] - layer).max() * apart_mm[axis] <= ON_LAYER_MM:
            return axis, layer
    return None


def _on_layer(volume: Volume, rings: list[Float], plane: Plane, link: SpatialMap, axis: int, layer: int) -> Pixels:
    """Voxels [k, j, i] of one layer; rings go into the indices of the two axes along it."""
    columns, rows = [a for a in (0, 1, 2) if a != axis]
    placed = []
    for ring in rings:
        index = volume.grid.to_index(link.apply(plane.to_patient(ring)))
        placed.append(index[:, [columns, rows]] + 0.5)
    total = abs(sum(ring_area_mm2(ring) for ring in placed))
    size = volume.grid.size
    if not 0 <= layer < size[axis]:
        return Pixels(np.zeros(0), np.zeros(0), 0.0, ACQUIRED)
    first, count = _window(placed, (size[columns], size[rows]))
    if min(count) < 1:
        return Pixels(np.zeros(0), np.zeros(0), 0.0, ACQUIRED)
    weights = area_shares([ring - first for ring in placed], (count[1], count[0]))
    shown = np.take(volume.voxels, layer, axis=2 - axis)
    part = shown[first[1] : first[1] + count[1], first[0] : first[0] + count[0]]
    kept = weights > LEAST_SHARE
    return Pixels(
        part[kept].astype(np.float64), weights[kept], min(float(weights.sum()) / max(total, 1e-12), 1.0), ACQUIRED
    )


def _interpolated(volume: Volume, rings: list[Float], plane: Plane, link: SpatialMap) -> Pixels:
    """Pixels of the image's in-plane spacing on the region's plane, their edges on the plane's whole pixels."""
    pixel_mm = float(volume.grid.spacing_mm[:2].min())
    low = np.min([ring.min(axis=0) for ring in rings], axis=0)
    high = np.max([ring.max(axis=0) for ring in rings], axis=0)
    pixel_mm = max(pixel_mm, float(np.sqrt(np.prod(np.maximum(high - low, 1e-9)) / LARGEST_PIXELS)))
    first = np.floor(low / pixel_mm)
    count = np.maximum(np.ceil(high / pixel_mm) - first, 1).astype(int)
    weights = area_shares([ring / pixel_mm - first for ring in rings], (int(count[1]), int(count[0])))
    weights = np.ascontiguousarray(np.where(weights > LEAST_SHARE, weights, 0.0))
    if isinstance(link, Transform):
        corners = np.array([(0.5, 0.5), (1.5, 0.5), (0.5, 1.5)])
        index = volume.grid.to_index(link.apply(plane.to_patient((corners + first) * pixel_mm)))
        values = values_on_plane(volume, index[0], index[1] - index[0], index[2] - index[0], weights)
    else:
        rows, columns = np.nonzero(weights)
        centres = (np.column_stack([columns, rows]) + 0.5 + first) * pixel_mm
        values = values_at(volume, plane.to_patient(centres), link)
        weights = weights[rows, columns]
    inside = np.isfinite(values)
    kept = weights[inside]
    covered = float(kept.sum() / max(weights.sum(), 1e-12))
    return Pixels(values[inside], kept, min(covered, 1.0), INTERPOLATED)


def _window(rings: list[Float], size: tuple[int, int]) -> tuple[NDArray[np.int64], tuple[int, int]]:
    """First pixel (column, row) and number of pixels that rings reach within an image."""
    low = np.floor(np.min([ring.min(axis=0) for ring in rings], axis=0))
    high = np.ceil(np.max([ring.max(axis=0) for ring in rings], axis=0))
    start = np.clip(low, 0, size).astype(np.int64)
    end = np.clip(high, 0, size).astype(np.int64)
    return start, (int(end[0] - start[0]), int(end[1] - start[1]))
