"""Contours of a region that was found on the MR's grid, on the planning image's slices, at sub-voxel precision."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from workstation.enhancement.region_kernels import signed_shares
from workstation.geometry.deformation import SpatialMap
from workstation.geometry.grid import Grid
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.geometry.transform import Transform
from workstation.images.lookup_kernels import values_at_index
from workstation.images.volume import Volume
from workstation.structures.carried import planes_of
from workstation.structures.structure import ContourStack, PlanarContours
from workstation.structures.trace_kernels import trace_level

Single = NDArray[np.float32]
Mask = NDArray[np.bool_]
Float = NDArray[np.float64]

STEP_MM = 0.5
PAD_MM = 3.0
TOLERANCE_MM = 0.01
FEWEST_POINTS = 4
LEAST = 0.02
"""What a voxel is kept from the surface, in shares, where the shares deny that it is in, or out."""


def level_field(shares: Single, level: float, region: Mask) -> Single:
    """(k, j, i) below zero in the region, its zero where the shares pass the level; nothing else is below zero.

    region: what belongs to the candidate; voxels in it that the shares deny (flow voids) count as inside, and what lies
    beyond a rim of one voxel counts as outside, however large its share.
    """
    found = np.empty(region.shape, np.float32)
    signed_shares(np.ascontiguousarray(shares, np.float32), level, np.ascontiguousarray(region), LEAST, found)
    return found


def contours_of(field: Single, grid: Grid, target: Volume, to_grid: SpatialMap) -> ContourStack:
    """The zero of a field, traced on every slice of an image. to_grid: the image's frame to the grid's."""
    plane, positions, spacing_mm = planes_of(target)
    empty = ContourStack(plane, spacing_mm)
    inside = np.argwhere(field < 0)
    if not len(inside):
        return empty
    low, high = _reach(inside, grid, plane, to_grid)
    made = []
    for position_mm in positions[(positions >= low[2]) & (positions <= high[2])].tolist():
        region = section(field, grid, plane, to_grid, position_mm, (low[:2], high[:2]))
        if region.rings:
            made.append(PlanarContours(position_mm, region))
    return empty.replaced(made)


def _reach(inside: NDArray[np.int64], grid: Grid, plane: Plane, to_grid: SpatialMap) -> tuple[Float, Float]:
    corners = grid.to_patient(inside[:: max(1, len(inside) // 20_000), ::-1])
    there = plane.to_plane(to_grid.inverse().apply(corners))
    pad = PAD_MM + float(grid.spacing_mm.max())
    return there.min(0) - pad, there.max(0) + pad


def section(
    field: Single, grid: Grid, plane: Plane, to_grid: SpatialMap, position_mm: float, window: tuple[Float, Float]
) -> Region:
    """Where a plane cuts the zero of a field, at a position along its normal.

    window: lower and upper (u, v) of the part of the plane that is looked at, in mm.
    """
    first = np.floor(window[0] / STEP_MM).astype(int)
    columns, rows = (np.ceil(window[1] / STEP_MM).astype(int) - first + 1).tolist()
    values = np.empty(rows * columns, np.float32)
    values_at_index(field, _indices(grid, plane, to_grid, position_mm, first, columns, rows), False, 1.0, values)
    if values.min() >= 0:
        return Region()
    traced, starts = trace_level(values.reshape(rows, columns), int(first[0]), int(first[1]), STEP_MM, TOLERANCE_MM)
    rings = [traced[a:b] for a, b in itertools.pairwise(starts)]
    return Region([ring for ring in rings if len(ring) >= FEWEST_POINTS])


def _indices(
    grid: Grid, plane: Plane, to_grid: SpatialMap, position_mm: float, first: NDArray[np.int64], columns: int, rows: int
) -> Float:
    """(rows x columns, 3) fractional indices (i, j, k) of the points of a lattice on the plane."""
    if isinstance(to_grid, Transform):
        # The whole way is linear: three points tell it.
        u, v = (first * STEP_MM).tolist()
        corners = plane.to_patient([[u, v], [u + STEP_MM, v], [u, v + STEP_MM]], position_mm)
        start, beside, below = grid.to_index(to_grid.apply(corners))
        columns_index = start + np.arange(columns)[:, None] * (beside - start)
        rows_index = np.arange(rows)[:, None] * (below - start)
        return np.ascontiguousarray((columns_index[None] + rows_index[:, None]).reshape(-1, 3))
    u, v = np.meshgrid((first[0] + np.arange(columns)) * STEP_MM, (first[1] + np.arange(rows)) * STEP_MM)
    points = plane.to_patient(np.column_stack([u.ravel(), v.ravel()]), position_mm)
    return np.ascontiguousarray(grid.to_index(to_grid.apply(points)))
