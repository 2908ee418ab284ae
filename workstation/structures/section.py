"""Outlines of a structure on any plane: the drawn rings themselves where there are some, else the 3D model's."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.body import Body, Piece, drawn_between, ordered_runs
from workstation.structures.lattice_field import Bounds, Lattice, union_bounds
from workstation.structures.sample_kernels import sample_piece
from workstation.structures.structure import POSITION_TOLERANCE_MM, ContourStack
from workstation.structures.surface_model import DEFAULT_SURFACE_MODEL, Source, StackSource, SurfaceModel
from workstation.structures.trace_kernels import trace_level

Float = NDArray[np.float64]

PARALLEL_DEG = 0.05
"""Planes tilted by less show the drawn rings themselves: 0.2 mm at 250 mm."""

_FAR = np.float32(1e3)
_ENDLESS_MM = 1e6
_TOLERANCE_MM = 0.005
_PAD_STEPS = 2
_REACH_MM = (2.0, 2.0, 2.0, 2.0)


def section(stack: ContourStack, plane: Plane, surface_model: str = DEFAULT_SURFACE_MODEL) -> Region:
    """What a plane cuts out of a structure, in the plane's own (u, v) mm.

    A plane parallel to the drawn ones that lies on one of them (within 0.01 mm) shows its rings themselves; any other
    shows the level line of the 3D model's signed distance. Raises StructureError for an unknown surface model.
    """
    if not stack.slices:
        return Region()
    drawn = rings_on(stack, plane)
    if drawn is not None:
        return drawn
    return model_section(StackSource(stack), stack.plane, plane, surface_model)


def rings_on(stack: ContourStack, plane: Plane) -> Region | None:
    """The rings drawn on a plane, in its own (u, v); None where the plane is none of the stack's drawn ones."""
    if not stack.plane.is_parallel_to(plane, PARALLEL_DEG):
        return None
    drawn = stack.find(float(stack.plane.to_plane(plane.origin_mm)[2]))
    return None if drawn is None else in_plane(drawn.region, stack.plane.moved(drawn.position_mm), plane)


def in_plane(region: Region, own: Plane, other: Plane) -> Region:
    """Rings of one plane in the (u, v) of another that coincides with it (its axes may be turned or mirrored)."""
    if not region.rings or (
        np.array_equal(own.u, other.u) and np.array_equal(own.v, other.v)
        and np.array_equal(own.to_plane(other.origin_mm)[:2], (0.0, 0.0))
    ):
        return region
    return Region([other.to_plane(own.to_patient(ring))[:, :2] for ring in region.rings])


def model_section(
    source: Source, frame: Plane, plane: Plane, surface_model: str, step_mm: float | None = None
) -> Region:
    """The outline of a body's 3D model on a plane; frame: what the source's coordinates refer to."""
    everything = source_bounds(source)
    if everything is None:
        return Region()
    bounds, low_mm, high_mm = everything
    smallest = min(bounds[2] - bounds[0], bounds[3] - bounds[1])
    step = step_mm or (0.5 if smallest < 100.0 else 1.0)
    window = _window(frame, plane, bounds, (low_mm, high_mm), step)
    if window is None:
        return Region()
    column0, row0, columns, rows = window
    origin, along_u, along_v = _directions(frame, plane)
    values = np.full((rows, columns), _FAR, dtype=np.float32)
    body = Body(source, surface_model, _lattice(smallest), _REACH_MM)
    sample_body(
        values, body, origin + along_u * (column0 * step) + along_v * (row0 * step), along_u * step, along_v * step
    )
    points, starts = trace_level(values, column0, row0, step, _TOLERANCE_MM)
    return Region([points[a:b] for a, b in itertools.pairwise(starts)])


def height_section(source: Source, z_mm: float, surface_model: str) -> Region:
    """The section at a height of the source's own frame: the drawn rings where there are some, else the model's."""
    positions = source.positions_mm
    nearest = int(np.searchsorted(positions, z_mm - POSITION_TOLERANCE_MM))
    if nearest < len(positions) and abs(positions[nearest] - z_mm) <= POSITION_TOLERANCE_MM:
        shape = source.shape(nearest)
        if shape is not None:
            return shape.region
    around = drawn_between(SurfaceModel(source, surface_model), z_mm, z_mm)
    extents = [min(s.bounds[2] - s.bounds[0], s.bounds[3] - s.bounds[1]) for s in map(source.shape, around) if s]
    if not extents:
        return Region()
    lattice = _lattice(min(extents))
    pieces = Body(source, surface_model, lattice, _REACH_MM).pieces(z_mm, z_mm)
    if not pieces:
        return Region()
    boxes = np.array([p.box for p in pieces])
    c0, r0 = int(boxes[:, 0].min()), int(boxes[:, 1].min())
    c1, r1 = int(boxes[:, 2].max()), int(boxes[:, 3].max())
    values = np.full((r1 - r0, c1 - c0), _FAR, dtype=np.float32)
    step = lattice.step_mm
    origin = np.array([c0 * step, r0 * step, z_mm])
    for piece in pieces:
        run = piece.low_mm - 1.0, piece.high_mm + 1.0
        _sample(values, piece, run, 0.0, step, (origin, np.array([step, 0.0, 0.0]), np.array([0.0, step, 0.0])))
    points, starts = trace_level(values, c0, r0, step, _TOLERANCE_MM)
    return Region([points[a:b] for a, b in itertools.pairwise(starts)])


def _lattice(smallest_extent_mm: float) -> Lattice:
    """Where fields are sampled to be interpolated linearly; finer for small things."""
    return Lattice(0.5 if smallest_extent_mm < 16.0 else 1.0)


def _sample(
    values: NDArray[np.float32],
    piece: Piece,
    run: tuple[float, float],
    beyond_mm: float,
    step: float,
    points: tuple[Float, Float, Float],
) -> None:
    """run: heights where the joined planes end; beyond_mm: how far a piece at an end goes on as the distance to it."""
    first, second = piece.first, piece.second
    shape = values.shape[0], values.shape[1]
    low = piece.low_mm - (beyond_mm if piece.low_mm <= run[0] + 1e-6 else 0.0)
    high = piece.high_mm + (beyond_mm if piece.high_mm >= run[1] - 1e-6 else 0.0)
    a, b = first.on_plane(shape, points, low, high), second.on_plane(shape, points, low, high)
    placed = np.array([step, a.column0, a.row0, b.column0, b.row0], dtype=np.float64)
    sample_piece(values, *points, a.values, b.values, placed, piece.heights, np.array([*run, low, high]))


def sample_body(
    values: NDArray[np.float32], body: Body, origin: Float, along_columns: Float, along_rows: Float
) -> None:
    """Lower `values` (rows, columns) float32 to the body's signed distance in mm on the points of a plane.

    origin, along_columns, along_rows: (3,) first point and the steps between points, in the stack's (u, v, w) mm.
    """
    rows, columns = values.shape
    corners = [origin[2] + along_columns[2] * c + along_rows[2] * r for c in (0, columns - 1) for r in (0, rows - 1)]
    reach = 2.0 * body.model.step_mm
    pieces = body.pieces(min(corners) - reach, max(corners) + reach)
    runs = ordered_runs(pieces)
    step = body.lattice.step_mm
    for piece in pieces:
        run = piece.run or next(r for r in runs if r[0] - 1e-6 <= piece.low_mm and piece.high_mm <= r[1] + 1e-6)
        # A part that ends by itself has others around it that say how far away the body is from far above.
        beyond = _ENDLESS_MM if piece.run is None else reach
        _sample(values, piece, run, beyond, step, (origin, along_columns, along_rows))


def source_bounds(source: Source) -> tuple[Bounds, float, float] | None:
    """In-plane bounds over all shapes and the heights that the model may fill; None where nothing is drawn."""
    bounds: Bounds | None = None
    heights: list[float] = []
    for i, position in enumerate(source.positions_mm):
        shape = source.shape(i)
        if shape is not None:
            bounds = shape.bounds if bounds is None else union_bounds(bounds, shape.bounds)
            heights.append(float(position))
    if bounds is None:
        return None
    return bounds, heights[0] - source.step_mm, heights[-1] + source.step_mm


def _directions(frame: Plane, plane: Plane) -> tuple[Float, Float, Float]:
    """Origin and axes of a plane in the frame's coordinates."""
    return frame.to_plane(plane.origin_mm), frame.axes @ plane.u, frame.axes @ plane.v


def _window(
    frame: Plane, plane: Plane, bounds: Bounds, heights: tuple[float, float], step: float
) -> tuple[int, int, int, int] | None:
    """First column and row, columns and rows of the plane's lattice around what it cuts; None where it misses."""
    corners = np.array([
        (u, v, w) for u in (bounds[0], bounds[2]) for v in (bounds[1], bounds[3]) for w in heights
    ])
    placed = plane.to_plane(frame.origin_mm + corners @ frame.axes)
    if placed[:, 2].min() > POSITION_TOLERANCE_MM or placed[:, 2].max() < -POSITION_TOLERANCE_MM:
        return None
    low = np.floor(placed[:, :2].min(0) / step).astype(int) - _PAD_STEPS
    high = np.ceil(placed[:, :2].max(0) / step).astype(int) + _PAD_STEPS
    return int(low[0]), int(low[1]), int(high[0] - low[0] + 1), int(high[1] - low[1] + 1)
