"""A structure brought into another frame of reference and onto another image's planes, through any map.

Where the map takes drawn planes onto planes of the target, the drawn points themselves are mapped. Everywhere else the
structure's 3D model is looked up at the mapped points of each target plane and traced at sub-voxel precision, never
along the outlines of voxels.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.deformation import SpatialMap
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, part, silent
from workstation.structures.carried_kernels import sample_points
from workstation.structures.field import DistanceField, distance_field
from workstation.structures.section import source_bounds
from workstation.structures.structure import (
    POSITION_TOLERANCE_MM,
    ContourStack,
    PlanarContours,
    State,
    Structure,
)
from workstation.structures.surface_model import DEFAULT_SURFACE_MODEL, StackSource
from workstation.structures.trace_kernels import trace_level

Float = NDArray[np.float64]

MOST_NODES = 10_000_000
"""Of the lattice that a structure is looked up on: a whole body gets a coarser one."""
FINE_MM = 0.5
PAD_MM = 4.0
TOLERANCE_MM = 0.005
PLANE_TOLERANCE = 1e-6


def carried(
    structure: Structure,
    target_to_source: SpatialMap,
    target: Volume,
    *,
    surface_model: str = DEFAULT_SURFACE_MODEL,
    progress: Progress = silent,
) -> Structure:
    """The structure in the target image's frame of reference, drawn on its slices.

    target_to_source: takes points of the target's frame to the structure's own (a registration's `fixed_to_moving`
        where the target is the fixed image). surface_model: what lies between the drawn slices.
    The result follows nothing, keeps no text of a file and has the target's frame of reference; it is empty where the
    structure does not reach the target's slices.
    """
    stack = carried_stack(
        structure.stack, target_to_source, planes_of(target), surface_model=surface_model, progress=progress
    )
    return replace(
        structure, stack=stack, frame_of_reference_uid=target.frame_of_reference_uid, recipe=None, state=State.DRAWN,
        loose=(),
    )  # fmt: skip


def carried_stack(
    stack: ContourStack,
    target_to_source: SpatialMap,
    onto: tuple[Plane, Float, float],
    *,
    surface_model: str = DEFAULT_SURFACE_MODEL,
    progress: Progress = silent,
    source: StackSource | None = None,
) -> ContourStack:
    """Contours brought onto other planes.

    onto: the frame of the new contours, the positions (n,) of its planes and the distance between them in mm.
    source: the stack's shapes where the caller keeps them.
    """
    plane, positions_mm, spacing_mm = onto
    empty = ContourStack(plane, spacing_mm)
    if not stack.slices:
        return empty
    kept = _planes_kept(stack, target_to_source, onto)
    if kept is not None:
        return empty.replaced(kept)
    source = source or StackSource(stack)
    bounds = source_bounds(source)
    if bounds is None:
        return empty
    field = _field(stack, source, bounds, surface_model, part(progress, 0.0, 0.4))
    low, high = _reached(stack.plane, field, target_to_source, plane)
    step = field.spacing_mm[0]
    made = []
    wanted = [float(w) for w in positions_mm if low[2] <= w <= high[2]]
    for number, position_mm in enumerate(wanted):
        part(progress, 0.4, 1.0)(number / len(wanted), "Carrying contours over")
        region = _section(field, stack.plane, target_to_source, plane, position_mm, (low[:2], high[:2]), step)
        if region.rings:
            made.append(PlanarContours(position_mm, region))
    return empty.replaced(made)


def planes_of(image: Volume) -> tuple[Plane, Float, float]:
    """The frame of contours on an image's slices, their positions and the usual distance between them."""
    plane = Plane((0.0, 0.0, 0.0), image.grid.direction[:, 0], image.grid.direction[:, 1])
    positions = image.slice_positions_mm
    spacing = float(np.median(np.diff(positions))) if len(positions) > 1 else float(image.grid.spacing_mm[2])
    return plane, positions, spacing


def _planes_kept(
    stack: ContourStack, target_to_source: SpatialMap, onto: tuple[Plane, Float, float]
) -> list[PlanarContours] | None:
    """The drawn rings, mapped, where every drawn plane comes to lie on one of the target's; else None."""
    plane, positions_mm, _ = onto
    if not isinstance(target_to_source, Transform):
        return None
    back = target_to_source.inverse()
    normal = back.matrix[:3, :3] @ np.column_stack([stack.plane.u, stack.plane.v])
    if np.abs(plane.normal @ normal).max() > PLANE_TOLERANCE:
        return None
    made = []
    for drawn in stack.slices:
        own = stack.plane.moved(drawn.position_mm)
        rings = [plane.to_plane(back.apply(own.to_patient(ring))) for ring in drawn.region.rings]
        at_mm = float(rings[0][0, 2])
        nearest = positions_mm[np.abs(positions_mm - at_mm).argmin()] if len(positions_mm) else np.inf
        if abs(nearest - at_mm) > POSITION_TOLERANCE_MM:
            return None
        made.append(PlanarContours(float(nearest), Region([ring[:, :2] for ring in rings])))
    taken = [drawn.position_mm for drawn in made]
    return made if len(set(taken)) == len(taken) else None


def _field(
    stack: ContourStack, source: StackSource, bounds: tuple[tuple[float, float, float, float], float, float],
    surface_model: str, progress: Progress,
) -> DistanceField:  # fmt: skip
    (u0, v0, u1, v1), low, high = bounds
    room_mm3 = (u1 - u0 + 4) * (v1 - v0 + 4) * (high - low + 4)
    step = max(FINE_MM, float(np.cbrt(room_mm3 / MOST_NODES)))
    return distance_field(stack, step, surface_model, progress, source)


def _reached(frame: Plane, field: DistanceField, target_to_source: SpatialMap, plane: Plane) -> tuple[Float, Float]:
    """Lowest and highest (u, v, w) of the target's planes that the structure can reach, from its surface's nodes."""
    near = np.abs(field.values) <= 2.0 * field.spacing_mm[0]
    k, j, i = np.nonzero(near)
    stride = max(1, len(k) // 20_000)
    local = np.column_stack([i[::stride], j[::stride], k[::stride]]) * field.spacing_mm[0] + field.origin_mm
    points = target_to_source.inverse().apply(frame.origin_mm + local @ frame.axes)
    there = plane.to_plane(points)
    return there.min(0) - PAD_MM, there.max(0) + PAD_MM


def _section(
    field: DistanceField, frame: Plane, target_to_source: SpatialMap, plane: Plane, position_mm: float,
    window: tuple[Float, Float], step: float,
) -> Region:  # fmt: skip
    """What a target plane cuts out of the mapped structure."""
    first = np.floor(window[0] / step).astype(int)
    columns, rows = (np.ceil(window[1] / step).astype(int) - first + 1).tolist()
    u, v = np.meshgrid((first[0] + np.arange(columns)) * step, (first[1] + np.arange(rows)) * step)
    points = plane.to_patient(np.column_stack([u.ravel(), v.ravel()]), position_mm)
    local = frame.to_plane(target_to_source.apply(points))
    values = np.empty(len(local), np.float32)
    sample_points(field.values, np.array(field.origin_mm), field.spacing_mm[0], np.ascontiguousarray(local), values)
    if values.min() > 0:
        return Region()
    traced, starts = trace_level(values.reshape(rows, columns), int(first[0]), int(first[1]), step, TOLERANCE_MM)
    return Region([traced[a:b] for a, b in itertools.pairwise(starts)])
