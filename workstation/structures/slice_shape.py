"""One drawn plane, packed for the kernels: its edges, its area, and its signed distance field where asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil, floor, pi, sqrt
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.region import Region
from workstation.structures.area_kernels import even_odd_area
from workstation.structures.signed_distance_kernels import BLOCK, edges_of, signed_distance, signed_gauge

Float = NDArray[np.float64]
Bounds = tuple[float, float, float, float]
Box = tuple[int, int, int, int]

SMALLEST_AREA_MM2 = 1e-6
"""A plane that encloses less than this has nothing drawn on it (spikes, points, lines)."""

KEYHOLE_WIDTH_MM = 0.011
"""The two sides of a keyhole channel lie this close together or closer (coordinates are often rounded to 0.01 mm)."""


@dataclass(frozen=True)
class Lattice:
    """Where a field is sampled and what distance means there.

    step_mm: between lattice points; point (column, row) lies at (column, row) * step_mm in the stack's (u, v).
    weights: None for millimetres, else reciprocal half-axes towards +u, -u, +v, -v (a gauge without unit).
    """

    step_mm: float
    weights: tuple[float, float, float, float] | None = None

    @property
    def least_unit(self) -> float:
        """What one millimetre is at least, in the fields' unit."""
        return 1.0 if self.weights is None else min(self.weights)

    def box(self, bounds: Bounds, reach: Bounds) -> Box:
        """First column and row and end column and row, whole blocks, of `bounds` grown by `reach` mm on each side.

        bounds: (u_min, v_min, u_max, v_max); reach: how far beyond each of the four, in the same order.
        """
        block_mm = BLOCK * self.step_mm
        return (
            floor((bounds[0] - reach[0]) / block_mm) * BLOCK,
            floor((bounds[1] - reach[1]) / block_mm) * BLOCK,
            ceil((bounds[2] + reach[2]) / block_mm) * BLOCK,
            ceil((bounds[3] + reach[3]) / block_mm) * BLOCK,
        )


@dataclass(frozen=True, eq=False)
class Field:
    """Signed distances (rows, columns) float32, negative inside, from lattice point (column0, row0) on."""

    values: NDArray[np.float32]
    column0: int
    row0: int

    @property
    def box(self) -> Box:
        """First column and row, end column and row."""
        rows, columns = self.values.shape
        return self.column0, self.row0, self.column0 + columns, self.row0 + rows


def union_bounds(first: Bounds, second: Bounds) -> Bounds:
    """Bounds around both."""
    return (
        min(first[0], second[0]),
        min(first[1], second[1]),
        max(first[2], second[2]),
        max(first[3], second[3]),
    )


def _holds(outer: Box, inner: Box) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]


class SliceShape:
    """What one plane encloses. Never changed after it was made: identity stands for content.

    Fields are computed when asked for and kept; a larger one replaces a smaller one, and because a lattice point's
    value does not depend on the box, nobody can tell.
    """

    def __init__(self, region: Region) -> None:
        self.region = region
        rings = [ring for ring in region.rings if len(ring) >= 3]
        self.vertices: Float = np.concatenate(rings) if rings else np.empty((0, 2))
        self.starts: NDArray[np.int64] = np.zeros(len(rings) + 1, dtype=np.int64)
        np.cumsum([len(ring) for ring in rings], out=self.starts[1:])
        self._fields: dict[Lattice, Field] = {}
        self._touching: WeakKeyDictionary[SliceShape, dict[Lattice, bool]] = WeakKeyDictionary()
        self._subsets: dict[tuple[int, ...], SliceShape] = {}
        self._scaled: dict[tuple[float, tuple[float, float]], SliceShape] = {}

    @cached_property
    def area_mm2(self) -> float:
        """Enclosed area by the even-odd rule, exact for rings of any kind."""
        return float(even_odd_area(self.vertices, self.starts))

    @cached_property
    def bounds(self) -> Bounds:
        """(u_min, v_min, u_max, v_max) in mm."""
        low, high = self.vertices.min(0), self.vertices.max(0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    @cached_property
    def parts(self) -> tuple[SliceShape, ...]:
        """The separate pieces of the section, each with its holes; rings that cross each other stay together."""
        rings = [ring for ring in self.region.rings if len(ring) >= 3]
        if len(rings) <= 1:
            return (self,)
        alone = [Region([ring]) for ring in rings]
        around = [
            [n for n in range(len(rings)) if n != k and alone[n].contains(rings[k][:1])[0]] for k in range(len(rings))
        ]
        outer = [k for k in range(len(rings)) if len(around[k]) % 2 == 0]
        if len(outer) == 1:
            return (self,)
        groups = {k: [rings[k]] for k in outer}
        for k in range(len(rings)):
            if k not in groups:
                owners = [n for n in around[k] if n in groups]
                groups[max(owners, key=lambda n: len(around[n]))].append(rings[k])
        shapes = tuple(SliceShape(Region(group)) for group in groups.values())
        crossing = any(_holds_a_vertex(a, b) for a in shapes for b in shapes if a is not b)
        return (self,) if crossing else tuple(shape for shape in shapes if shape.encloses)

    def subset(self, chosen: tuple[int, ...]) -> SliceShape:
        """Some of the parts as one shape, kept for the next time."""
        if len(chosen) == len(self.parts):
            return self
        if chosen not in self._subsets:
            rings = [ring for n in chosen for ring in self.parts[n].region.rings]
            self._subsets[chosen] = SliceShape(Region(rings))
        return self._subsets[chosen]

    def touches(self, other: SliceShape, lattice: Lattice, reach: Bounds) -> bool:
        """Whether the two outlines, laid upon each other, share some of their inside (or nearly)."""
        known = self._touching.setdefault(other, {})
        if lattice not in known:
            known[lattice] = self._touches(other, lattice, reach)
        return known[lattice]

    def _touches(self, other: SliceShape, lattice: Lattice, reach: Bounds) -> bool:
        a, b = self.bounds, other.bounds
        if a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]:
            return False
        box = lattice.box(union_bounds(a, b), reach)
        near = 0.5 * lattice.step_mm * (1.0 if lattice.weights is None else min(lattice.weights))
        return any(
            bool((_at_vertices(one.field(lattice, box), two.vertices, lattice.step_mm) <= near).any())
            for one, two in ((self, other), (other, self))
        )

    @cached_property
    def roundness(self) -> float:
        """Isoperimetric ratio 2 sqrt(pi area) / perimeter: 1 for a disc, small for what is thin or ragged."""
        perimeter = float(np.hypot(self.edges[:, 2], self.edges[:, 3]).sum())
        return min(2.0 * sqrt(pi * self.area_mm2) / perimeter, 1.0) if perimeter > 0 else 0.0

    @cached_property
    def centre(self) -> tuple[float, float]:
        """(u, v) in mm of the outlines' centre of gravity."""
        edges = self.edges
        lengths = np.hypot(edges[:, 2], edges[:, 3])
        middle = (lengths[:, None] * (edges[:, :2] + 0.5 * edges[:, 2:])).sum(0) / lengths.sum()
        return float(middle[0]), float(middle[1])

    def scaled(self, size: float, shift: tuple[float, float]) -> SliceShape:
        """The same outline made smaller about its centre and shifted by (u, v) mm; kept for the next time."""
        key = (size, shift)
        if key not in self._scaled:
            centre = np.array(self.centre)
            moved = centre + np.array(shift)
            self._scaled[key] = SliceShape(Region([moved + size * (ring - centre) for ring in self.region.rings]))
        return self._scaled[key]

    def shrinks_into_itself(self, lattice: Lattice, box: Box) -> bool:
        """Whether the outline at half its size about its centre lies within itself, as convex ones do."""
        half = np.array(self.centre) + 0.5 * (self.vertices - np.array(self.centre))
        unit = 1.0 if lattice.weights is None else max(lattice.weights)
        return bool((_at_vertices(self.field(lattice, box), half, lattice.step_mm) <= unit * lattice.step_mm).all())

    @property
    def encloses(self) -> bool:
        """Whether anything is inside."""
        return len(self.vertices) >= 3 and self.area_mm2 > SMALLEST_AREA_MM2

    @cached_property
    def edges(self) -> Float:
        """(n, 4) x, y, dx, dy of the edges that bound the inside: both sides of a keyhole's channel are left out."""
        edges: Float = edges_of(self.vertices, self.starts)
        places = np.rint(self.vertices * (1.0 / KEYHOLE_WIDTH_MM))
        keys = places[:, 0] * 2_000_003.0 + places[:, 1]
        keys.sort()
        if (keys[1:] != keys[:-1]).all():
            return edges
        kept = ~_doubled(edges)
        return np.ascontiguousarray(edges[kept]) if kept.any() else edges

    def field(self, lattice: Lattice, box: Box) -> Field:
        """The signed distance field that covers at least `box`."""
        found = self._fields.get(lattice)
        if found is not None:
            if _holds(found.box, box):
                return found
            box = (
                min(box[0], found.box[0]),
                min(box[1], found.box[1]),
                max(box[2], found.box[2]),
                max(box[3], found.box[3]),
            )
        values = np.empty((box[3] - box[1], box[2] - box[0]), dtype=np.float32)
        if lattice.weights is None:
            signed_distance(self.vertices, self.starts, self.edges, box[0], box[1], lattice.step_mm, values)
        else:
            weights = np.array(lattice.weights, dtype=np.float64)
            signed_gauge(self.vertices, self.starts, self.edges, box[0], box[1], lattice.step_mm, weights, values)
        self._fields[lattice] = Field(values, box[0], box[1])
        return self._fields[lattice]


def _doubled(edges: Float) -> NDArray[np.bool_]:
    """Which edges are run along twice, back and forth, so that they bound nothing (a keyhole's channel)."""
    # Only edges that begin and end near another vertex can be; comparing all with all takes seconds on bone.
    begins_near = _near_another(edges[:, :2])
    candidates = np.flatnonzero(begins_near & _near_another(edges[:, :2] + edges[:, 2:]))
    a = edges[candidates, :2]
    b = a + edges[candidates, 2:]
    reverse = (np.abs(a[:, None] - b[None]).max(-1) <= KEYHOLE_WIDTH_MM) & (
        np.abs(b[:, None] - a[None]).max(-1) <= KEYHOLE_WIDTH_MM
    )
    np.fill_diagonal(reverse, False)
    doubled: NDArray[np.bool_] = np.zeros(len(edges), dtype=bool)
    doubled[candidates] = reverse.any(1)
    return doubled


def _near_another(points: Float) -> NDArray[np.bool_]:
    """Which points have another one within the keyhole's width in both axes (some a little further away, too).

    Two such points share a cell of twice that width in at least one of four lattices, half a cell apart.
    """
    near = np.zeros(len(points), dtype=bool)
    cell = 2.0 * KEYHOLE_WIDTH_MM + 1e-9
    for shift in ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5)):
        place = np.floor(points / cell + shift).astype(np.int64)
        _, which, count = np.unique(place[:, 0] * 2_000_003 + place[:, 1], return_inverse=True, return_counts=True)
        near |= count[which] > 1
    return near


def _at_vertices(field: Field, vertices: Float, step_mm: float) -> NDArray[np.float32]:
    """Values of a field at the lattice points nearest to some points (n, 2) in mm."""
    places = np.rint(vertices / step_mm).astype(np.int64) - (field.column0, field.row0)
    values: NDArray[np.float32] = field.values[places[:, 1], places[:, 0]]
    return values


def _holds_a_vertex(outer: SliceShape, inner: SliceShape) -> bool:
    a, b = outer.bounds, inner.bounds
    if a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]:
        return False
    return bool(outer.region.contains(inner.vertices).any())
