"""A contoured body in three dimensions: pieces of signed distance between and beyond its drawn planes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np

from workstation.structures.slice_shape import Bounds, Field, Lattice, union_bounds
from workstation.structures.surface_model import CapProfile, Source, SurfaceModel

_MOST_LEAN = 2.5  # a cap continues the trend of the last two sections at most so far; an ellipsoid needs 2.42


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a body between two heights where its signed distance is linear in height.

    s(z) = first + (second - first) * share, with share linear from share_low at low_mm to share_high at high_mm.
    """

    low_mm: float
    high_mm: float
    first: Field
    second: Field
    share_low: float
    share_high: float


class Body:
    """A source seen through a surface model: pieces of signed distance, for margins and sections alike.

    reach: how far beyond its rings, in mm (low u, low v, high u, high v), a field must be known.
    """

    def __init__(self, source: Source, surface_model: str, lattice: Lattice, reach: Bounds) -> None:
        self.model = SurfaceModel(source, surface_model)
        self.lattice = lattice
        self.reach = reach
        self._pieces: dict[int, list[Piece]] = {}

    def drawn(self, low_mm: float, high_mm: float) -> list[int]:
        """Indices of the drawn planes that shape the body between two heights (neighbours of both ends included)."""
        return drawn_between(self.model, low_mm, high_mm)

    def pieces(self, low_mm: float, high_mm: float) -> list[Piece]:
        """All pieces that touch the heights from low to high."""
        found: list[Piece] = []
        for i in self.drawn(low_mm, high_mm):
            if i not in self._pieces:
                self._pieces[i] = self._pieces_of(i)
            found += [p for p in self._pieces[i] if p.low_mm <= high_mm and p.high_mm >= low_mm]
        return found

    def _pieces_of(self, index: int) -> list[Piece]:
        """The pieces from a plane up to the next, and its caps; a slab is its plane's own."""
        if self.model.name == "slab":
            low, high = self.model.slab_ends_mm(index)
            field = self._own_field(index)
            return [Piece(low, high, field, field, 0.0, 0.0)]
        above = self.model.neighbour(index, 1)
        pieces = self._cap(index, -1) if self.model.neighbour(index, -1) is None else []
        return pieces + (self._cap(index, 1) if above is None else self._between(index, above))

    def _own_field(self, index: int) -> Field:
        shape = self.model.shape(index)
        return shape.field(self.lattice, self.lattice.box(shape.bounds, self.reach))

    def _pair_fields(self, i: int, j: int) -> tuple[Field, Field]:
        """Both fields on a box that holds both shapes, so that they blend wherever either matters."""
        a, b = self.model.shape(i), self.model.shape(j)
        box = self.lattice.box(union_bounds(a.bounds, b.bounds), self.reach)
        return a.field(self.lattice, box), b.field(self.lattice, box)

    def _between(self, i: int, j: int) -> list[Piece]:
        """Pieces from plane i up to plane j."""
        first, second = self._pair_fields(i, j)
        low = float(self.model.positions[i])
        height = float(self.model.positions[j]) - low
        pace = self.model.pace(i, j)
        return [
            Piece(low + t0 * height, low + t1 * height, first, second, share0, share1)
            for (t0, share0), (t1, share1) in itertools.pairwise(pace)
        ]

    def _cap(self, index: int, direction: int) -> list[Piece]:
        """Pieces from the last plane of a run outwards (direction +1 up, -1 down)."""
        profile = self.model.cap_profile(index, direction)
        previous = self.model.neighbour(index, -direction)
        if profile is None or previous is None:
            last = tip = self._own_field(index)
            ends = [(0.0, 0.0), (0.5 * self.model.step_mm, 0.0)]
        else:
            last, before = self._pair_fields(index, previous)
            trend = sqrt(self.model.shape(previous).area_mm2 / pi) - profile.radius_mm(0.0)
            tip = _tip_field(last, before, profile, trend, self.lattice)
            ends = profile.shares()
        z = float(self.model.positions[index])
        return [
            Piece(z + t0, z + t1, last, tip, share0, share1)
            if direction > 0
            else Piece(z - t1, z - t0, last, tip, share1, share0)
            for (t0, share0), (t1, share1) in itertools.pairwise(ends)
        ]


def drawn_between(model: SurfaceModel, low_mm: float, high_mm: float) -> list[int]:
    """Indices of the drawn planes between two heights or within a joint's reach of them."""
    first = int(np.searchsorted(model.positions, low_mm - model.link_mm))
    end = int(np.searchsorted(model.positions, high_mm + model.link_mm, side="right"))
    return [i for i in range(first, end) if model.source.shape(i) is not None]


def _tip_field(last: Field, before: Field, profile: CapProfile, trend_mm: float, lattice: Lattice) -> Field:
    """The section at the end of a cap: the trend of the last two sections continued, the rest by even shrinking.

    trend_mm: by how much the radius shrank from the section before the last one.
    """
    end = profile.end_mm
    radius = profile.radius_mm(0.0)
    drop = radius - profile.radius_mm(end)
    if drop <= 1e-6:
        return last
    lean = min(drop / trend_mm, _MOST_LEAN) if trend_mm > 1e-6 else 0.0
    c0, r0 = max(last.column0, before.column0), max(last.row0, before.row0)
    c1, r1 = min(last.box[2], before.box[2]), min(last.box[3], before.box[3])
    a = last.values[r0 - last.row0 : r1 - last.row0, c0 - last.column0 : c1 - last.column0]
    b = before.values[r0 - before.row0 : r1 - before.row0, c0 - before.column0 : c1 - before.column0]
    unit = 1.0 if lattice.weights is None else max(lattice.weights)
    growth = np.maximum(np.float32(lean) * (a - b), np.float32(-end * unit))
    rest = max(drop - lean * max(trend_mm, 0.0), 0.0) / radius
    depth = max(-float(a.min()), 0.0)
    return Field(a + growth + np.float32(rest * depth), c0, r0)


def ordered_runs(pieces: Sequence[Piece]) -> list[tuple[float, float]]:
    """Heights (low, high) that pieces cover without a break, ascending."""
    runs: list[tuple[float, float]] = []
    for piece in sorted(pieces, key=lambda p: p.low_mm):
        if runs and piece.low_mm <= runs[-1][1] + 1e-6:
            runs[-1] = (runs[-1][0], max(runs[-1][1], piece.high_mm))
        else:
            runs.append((piece.low_mm, piece.high_mm))
    return runs
