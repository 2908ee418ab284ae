"""A contoured body in three dimensions: pieces of signed distance between and beyond its drawn planes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from workstation.structures.lattice_field import Bounds, Box, Field, Lattice, union_bounds
from workstation.structures.slice_shape import SliceShape
from workstation.structures.surface_model import CapProfile, Source, SurfaceModel

_TIP_SIZE = 0.01  # stands for a point at the end of a cap


@dataclass(frozen=True, eq=False, slots=True)
class Piece:
    """Part of a body between two heights, made of two fields in shares that change linearly, or in linear parts.

    heights: (n, 6) of each part its low and high in mm, ascending, the share there, and the swell there in the
    fields' unit: s(z) = first + (second - first) * share - swell, with share and swell linear from low to high.
    box: where both fields are known: first column and row, end column and row.
    run: heights where a part of the section that ends by itself does so; None where the joined planes do.
    """

    low_mm: float
    high_mm: float
    first: Field
    second: Field
    heights: NDArray[np.float64]
    box: Box
    run: tuple[float, float] | None = None


Levels = list[tuple[float, float, float, float, float, float]]


def _piece(
    first: Field, second: Field, box: Box, parts: Levels, run: tuple[float, float] | None = None
) -> Piece:
    return Piece(parts[0][0], parts[-1][1], first, second, np.array(parts), box, run)


def _constant_piece(low_mm: float, high_mm: float, field: Field, box: Box) -> Piece:
    return _piece(field, field, box, [(low_mm, high_mm, 0.0, 0.0, 0.0, 0.0)])


class _Noting:
    """A source that notes which shapes it was asked for, where somebody wants to know."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._noted: dict[int, SliceShape | None] | None = None
        self.positions_mm = source.positions_mm
        self.step_mm = source.step_mm
        self.layout = source.layout

    def shape(self, index: int) -> SliceShape | None:
        """The shape at a position."""
        shape = self._source.shape(index)
        if self._noted is not None:
            self._noted[index] = shape
        return shape

    def begin(self) -> None:
        """Note from now on."""
        self._noted = {}

    def end(self) -> tuple[tuple[int, SliceShape | None], ...]:
        """The shapes since `begin`, by index."""
        noted, self._noted = self._noted or {}, None
        return tuple(noted.items())


@dataclass(frozen=True, eq=False, slots=True)
class _Made:
    """Pieces of a plane and the shapes that they were made of."""

    reads: tuple[tuple[int, SliceShape | None], ...]
    pieces: tuple[Piece, ...]


class Body:
    """A source seen through a surface model: pieces of signed distance, for margins and sections alike.

    reach: how far beyond its rings, in mm (low u, low v, high u, high v), a field must be known.
    parted: parts of a section that meet nothing on the next plane end in caps of their own, so that pieces overlap in
        height and a section is their union. False for shrinking, which needs one piece for each height: there such
        parts fade towards the other parts instead and end earlier by up to half a slice.
    """

    def __init__(
        self, source: Source, surface_model: str, lattice: Lattice, reach: Bounds, parted: bool = True
    ) -> None:
        self._noting = _Noting(source)
        self.model = SurfaceModel(self._noting, surface_model)
        self.lattice = lattice
        self.reach = reach
        self.parted = parted
        kept = source.layout.kept.setdefault((surface_model, lattice, reach, parted), {})
        self._kept: dict[int, _Made] = kept
        self._pieces: dict[int, tuple[Piece, ...]] = {}

    def drawn(self, low_mm: float, high_mm: float) -> list[int]:
        """Indices of the drawn planes that shape the body between two heights (neighbours of both ends included)."""
        return drawn_between(self.model, low_mm, high_mm)

    def pieces(self, low_mm: float, high_mm: float) -> list[Piece]:
        """All pieces that touch the heights from low to high."""
        found: list[Piece] = []
        for i in self.drawn(low_mm, high_mm):
            if i not in self._pieces:
                self._pieces[i] = self._made(i)
            found += [p for p in self._pieces[i] if p.low_mm <= high_mm and p.high_mm >= low_mm]
        return found

    def _made(self, index: int) -> tuple[Piece, ...]:
        """The pieces of a plane, made before from the very same shapes or made now.

        What was kept is used only after everything that it was made of has been asked for again, so that a source
        which notes what a result depends on notes the same either way.
        """
        shape, made = self._noting.shape, self._kept.get(index)
        if made is None or not all(shape(i) is read for i, read in made.reads):
            self._noting.begin()
            pieces = tuple(self._pieces_of(index))
            made = self._kept[index] = _Made(self._noting.end(), pieces)
        return made.pieces

    def _pieces_of(self, index: int) -> list[Piece]:
        """The pieces from a plane up to the next, and its caps; a slab is its plane's own."""
        if self.model.name == "slab":
            low, high = self.model.slab_ends_mm(index)
            return [_constant_piece(low, high, *self._own_field(index))]
        above = self.model.neighbour(index, 1)
        pieces = self._cap(index, -1) if self.model.neighbour(index, -1) is None else []
        return pieces + (self._cap(index, 1) if above is None else self._between(index, above))

    def _own_field(self, index: int) -> tuple[Field, Box]:
        return self._field_of(self.model.shape(index))

    def _field_of(self, shape: SliceShape) -> tuple[Field, Box]:
        box = self.lattice.box(shape.bounds, self.reach)
        return shape.field(self.lattice, box), box

    def _between(self, i: int, j: int) -> list[Piece]:
        """Pieces from plane i up to plane j, and caps of the parts of either that meet nothing on the other."""
        lower, upper = self.model.shape(i), self.model.shape(j)
        joined = lower.joined_parts(upper, self.lattice.step_mm) if self.parted else None
        if joined is None:
            return [self._blend(i, j, lower, upper)]
        below, above = joined
        pieces = [self._blend(i, j, lower.subset(below), upper.subset(above))] if below else []
        for index, shape, kept, direction in ((i, lower, below, 1), (j, upper, above, -1)):
            for n, part in enumerate(shape.parts):
                if n not in kept:
                    pieces += self._part_cap(index, part, direction)
        return pieces

    def _blend(self, i: int, j: int, lower: SliceShape, upper: SliceShape) -> Piece:
        # Both fields on a box that holds both shapes, so that they blend wherever either matters.
        box = self.lattice.box(union_bounds(lower.bounds, upper.bounds), self.reach)
        first, second = lower.field(self.lattice, box), upper.field(self.lattice, box)
        low, unit = self.model.heights[i], self.lattice.least_unit
        height = self.model.heights[j] - low
        parts = [
            (low + a.height * height, low + b.height * height, a.share, b.share, a.swell_mm * unit, b.swell_mm * unit)
            for a, b in itertools.pairwise(self.model.pace(i, j))
        ]
        return _piece(first, second, box, parts)

    def _part_cap(self, index: int, part: SliceShape, direction: int) -> list[Piece]:
        """A blunt cap of half a step of a part that ends while others go on."""
        z, half = self.model.heights[index], 0.5 * self.model.step_mm
        field, box = self._field_of(part)
        low, high = (z, z + half) if direction > 0 else (z - half, z)
        run = (z - 1e6, high) if direction > 0 else (low, z + 1e6)
        return [_piece(field, field, box, [(low, high, 0.0, 0.0, 0.0, 0.0)], run)]

    def _cap(self, index: int, direction: int) -> list[Piece]:
        """Pieces from the last plane of a run outwards (direction +1 up, -1 down)."""
        z = self.model.heights[index]
        profile = self.model.cap_profile(index, direction)
        previous = self.model.neighbour(index, -direction)
        if profile is None or previous is None:
            half = 0.5 * self.model.step_mm
            low, high = (z, z + half) if direction > 0 else (z - half, z)
            return [_constant_piece(low, high, *self._own_field(index))]
        if profile.sizes()[-1][1] > 0.999:
            low, high = (z, z + profile.end_mm) if direction > 0 else (z - profile.end_mm, z)
            return [_constant_piece(low, high, *self._own_field(index))]
        shape, drift, end = self.model.shape(index), self._drift(index, previous), profile.end_mm
        u0, v0, u1, v1 = shape.bounds
        tip = (u0 + drift[0] * end, v0 + drift[1] * end, u1 + drift[0] * end, v1 + drift[1] * end)
        box = self.lattice.box(union_bounds(shape.bounds, tip), self.reach)
        if not shape.shrinks_into_itself(self.lattice, box):
            return [_shrunk_cap(shape.field(self.lattice, box), box, profile, z, direction)]
        levels = []
        for t, size in profile.sizes():
            section = shape if t == 0.0 else shape.scaled(max(size, _TIP_SIZE), (drift[0] * t, drift[1] * t))
            levels.append((t, section.field(self.lattice, box)))
        return [
            _piece(a, b, box, [(z + t0, z + t1, 0.0, 1.0, 0.0, 0.0)])
            if direction > 0
            else _piece(b, a, box, [(z - t1, z - t0, 0.0, 1.0, 0.0, 0.0)])
            for (t0, a), (t1, b) in itertools.pairwise(levels)
        ]

    def _drift(self, index: int, previous: int) -> tuple[float, float]:
        """Sideways movement of the section's centre per mm outwards, at most one."""
        (u, v), (u_before, v_before) = self.model.shape(index).centre, self.model.shape(previous).centre
        gap = abs(self.model.heights[index] - self.model.heights[previous])
        drift = ((u - u_before) / gap, (v - v_before) / gap)
        length = max(sqrt(drift[0] ** 2 + drift[1] ** 2), 1.0)
        return drift[0] / length, drift[1] / length


def _shrunk_cap(field: Field, box: Box, profile: CapProfile, z_mm: float, direction: int) -> Piece:
    """A cap whose sections shrink evenly from all sides, for outlines that do not shrink into themselves."""
    depth = max(-float(field.values.min()), 0.0)
    parts: Levels = []
    for (t0, size0), (t1, size1) in itertools.pairwise(profile.sizes()):
        a, b = (size0 - 1.0) * depth, (size1 - 1.0) * depth
        if direction > 0:
            parts.append((z_mm + t0, z_mm + t1, 0.0, 0.0, a, b))
        else:
            parts.insert(0, (z_mm - t1, z_mm - t0, 0.0, 0.0, b, a))
    return _piece(field, field, box, parts)


def drawn_between(model: SurfaceModel, low_mm: float, high_mm: float) -> list[int]:
    """Indices of the drawn planes between two heights or within a joint's reach of them."""
    first = int(np.searchsorted(model.positions, low_mm - model.link_mm))
    end = int(np.searchsorted(model.positions, high_mm + model.link_mm, side="right"))
    return [i for i in range(first, end) if model.source.shape(i) is not None]


def ordered_runs(pieces: Sequence[Piece]) -> list[tuple[float, float]]:
    """Heights (low, high) that pieces cover without a break, ascending."""
    runs: list[tuple[float, float]] = []
    for piece in sorted(pieces, key=lambda p: p.low_mm):
        if runs and piece.low_mm <= runs[-1][1] + 1e-6:
            runs[-1] = (runs[-1][0], max(runs[-1][1], piece.high_mm))
        else:
            runs.append((piece.low_mm, piece.high_mm))
    return runs
