"""One plane of a grown or shrunk body: the level set of the envelope of all sections within the margin's reach.

A point of the output plane at height z lies in the grown body when some section at height z' lies within reach of
it: f = min over z' of s(z') - sqrt(1 - w²) <= 0, with s the section's signed distance in units of the margin and
w = (z - z') in units of the margin above or below. Shrinking is growing what lies outside.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.region import Region
from workstation.structures.body import Body, Piece, drawn_between, ordered_runs
from workstation.structures.lattice_field import Box, Patch
from workstation.structures.surface_model import Source, SurfaceModel
from workstation.structures.trace_kernels import trace_level
from workstation.targets.growth import Growth
from workstation.targets.margin_kernels import deep_runs, lower_envelope

Float = NDArray[np.float64]

TRACE_TOLERANCE_MM = 0.005
"""Ring points that lie so close to a straight run are left out."""

_EMPTY = Region()
_OUTSIDE = np.float32(4.0)


def lattice_step_mm(source: Source, growth: Growth, z_mm: float) -> float:
    """1 mm, and finer where the sections around a height, and so the result, are small."""
    extent = 0.0
    for i in drawn_between(SurfaceModel(source, "slab"), z_mm - growth.above_mm, z_mm + growth.below_mm):
        shape = source.shape(i)
        if shape is not None:
            u0, v0, u1, v1 = shape.bounds
            extent = max(extent, min(u1 - u0, v1 - v0))
    if growth.shrinks:
        return 0.5 if extent < 60.0 else 1.0
    extent += growth.half_axes_mm[0] + growth.half_axes_mm[1]
    return 0.5 if extent < 16.0 else 1.0


class MarginBody:
    """A body with a margin around it, evaluated one plane at a time; keeps what neighbouring planes share."""

    def __init__(self, source: Source, growth: Growth, surface_model: str) -> None:
        self._source = source
        self._growth = growth
        self._model = surface_model
        self._bodies: dict[float, Body] = {}

    def region(self, z_mm: float) -> Region:
        """The grown or shrunk body's section at a height."""
        step_mm = lattice_step_mm(self._source, self._growth, z_mm)
        envelope = self._envelope(z_mm, step_mm)
        if envelope is None:
            return _EMPTY
        points, starts = trace_level(
            envelope.values, envelope.column0, envelope.row0, step_mm, TRACE_TOLERANCE_MM
        )
        return Region([points[a:b] for a, b in itertools.pairwise(starts)])

    def _body(self, step_mm: float) -> Body:
        if step_mm not in self._bodies:
            growth = self._growth
            self._bodies[step_mm] = Body(
                self._source, self._model, growth.lattice(step_mm), growth.field_reach_mm(step_mm), not growth.shrinks
            )
        return self._bodies[step_mm]

    def _envelope(self, z_mm: float, step_mm: float) -> Patch | None:
        growth = self._growth
        low, high = z_mm - growth.above_mm, z_mm + growth.below_mm
        pieces = self._body(step_mm).pieces(low, high)
        if not pieces or (growth.shrinks and _open_between(pieces, low, high)):
            return None
        box = _common_box(pieces) if growth.shrinks else _joint_box(pieces)
        if box[0] >= box[2] or box[1] >= box[3]:
            return None
        values = np.full((box[3] - box[1], box[2] - box[0]), _OUTSIDE, dtype=np.float32)
        margin = np.array([-growth.scale if growth.shrinks else growth.scale, growth.above_mm, growth.below_mm])
        skipped = np.full((values.shape[0], 2), values.shape[1], dtype=np.int64)
        near = [piece for piece in pieces if piece.low_mm <= z_mm <= piece.high_mm]
        far = [piece for piece in pieces if not piece.low_mm <= z_mm <= piece.high_mm]
        for piece in near:
            _lower(values, box, piece, margin, z_mm, skipped)
        if near:
            deep_runs(values, -1.5 * step_mm * growth.steepest, skipped)
        for piece in far:
            _lower(values, box, piece, margin, z_mm, skipped)
        return Patch(-values if growth.shrinks else values, box[0], box[1])


def _lower(
    values: NDArray[np.float32], box: Box, piece: Piece, margin: Float, z_mm: float, skipped: NDArray[np.int64]
) -> None:
    a, b = piece.first.complete(), piece.second.complete()
    lower_envelope(
        values, box[0], box[1], a.values, a.column0, a.row0, b.values, b.column0, b.row0,
        margin, z_mm, piece.heights, skipped,
    )  # fmt: skip


def _open_between(pieces: list[Piece], low_mm: float, high_mm: float) -> bool:
    """Whether some height strictly between has no section, so that everything here lies too near the outside."""
    runs = ordered_runs(pieces)
    return len(runs) > 1 or runs[0][0] > low_mm + 1e-6 or runs[0][1] < high_mm - 1e-6


def _joint_box(pieces: list[Piece]) -> Box:
    boxes = [piece.box for piece in pieces]
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def _common_box(pieces: list[Piece]) -> Box:
    boxes = [piece.box for piece in pieces]
    return max(b[0] for b in boxes), max(b[1] for b in boxes), min(b[2] for b in boxes), min(b[3] for b in boxes)
