"""One drawn plane, packed for the kernels: its edges, its area, and its signed distance field where asked for."""

from __future__ import annotations

from functools import cached_property
from math import pi, sqrt
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.region import Region
from workstation.structures.area_kernels import even_odd_area
from workstation.structures.lattice_field import Bounds, Box, Field, Lattice
from workstation.structures.ring_kernels import bounds_of, comes_near, groups_cross, ring_owners, run_both_ways
from workstation.structures.signed_distance_kernels import edges_of
from workstation.structures.structure import PlanarContours

Float = NDArray[np.float64]
JoinedParts = tuple[tuple[int, ...], tuple[int, ...]]
"""Numbers of the parts of one section, and of another, that meet one of the other."""

SMALLEST_AREA_MM2 = 1e-6
"""A plane that encloses less than this has nothing drawn on it (spikes, points, lines)."""

KEYHOLE_WIDTH_MM = 0.011
"""The two sides of a keyhole channel lie this close together or closer (coordinates are often rounded to 0.01 mm)."""


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
        self._joined: WeakKeyDictionary[SliceShape, dict[float, JoinedParts | None]] = WeakKeyDictionary()
        self._subsets: dict[tuple[int, ...], SliceShape] = {}
        self._scaled: dict[tuple[float, tuple[float, float]], SliceShape] = {}

    @cached_property
    def area_mm2(self) -> float:
        """Enclosed area by the even-odd rule, exact for rings of any kind."""
        return float(even_odd_area(self.vertices, self.starts))

    @cached_property
    def bounds(self) -> Bounds:
        """(u_min, v_min, u_max, v_max) in mm."""
        u0, v0, u1, v1 = bounds_of(self.vertices).tolist()
        return u0, v0, u1, v1

    @cached_property
    def parts(self) -> tuple[SliceShape, ...]:
        """The separate pieces of the section, each with its holes; rings that cross each other stay together."""
        if len(self.starts) <= 2:
            return (self,)
        owners = ring_owners(self.vertices, self.starts)
        groups: dict[int, list[int]] = {}
        for ring, owner in enumerate(owners.tolist()):
            groups.setdefault(owner, []).append(ring)
        if len(groups) == 1 or groups_cross(self.vertices, self.starts, owners):
            return (self,)
        rings = [ring for ring in self.region.rings if len(ring) >= 3]
        shapes = (SliceShape(Region([rings[n] for n in groups[outer]])) for outer in sorted(groups))
        return tuple(shape for shape in shapes if shape.encloses)

    def subset(self, chosen: tuple[int, ...]) -> SliceShape:
        """Some of the parts as one shape, kept for the next time."""
        if len(chosen) == len(self.parts):
            return self
        if chosen not in self._subsets:
            rings = [ring for n in chosen for ring in self.parts[n].region.rings]
            self._subsets[chosen] = SliceShape(Region(rings))
        return self._subsets[chosen]

    def joined_parts(self, other: SliceShape, step_mm: float) -> JoinedParts | None:
        """Which parts of this and of another section meet one of the other; None where all do; kept."""
        known = self._joined.get(other)
        if known is None:
            known = self._joined.setdefault(other, {})
        if step_mm not in known:
            met = [[a.touches(b, step_mm) for b in other.parts] for a in self.parts]
            own = tuple(n for n, row in enumerate(met) if any(row))
            others = tuple(n for n in range(len(other.parts)) if any(row[n] for row in met))
            all_do = len(own) == len(self.parts) and len(others) == len(other.parts)
            known[step_mm] = None if all_do else (own, others)
        return known[step_mm]

    def touches(self, other: SliceShape, step_mm: float) -> bool:
        """Whether the two outlines, laid upon each other, share some of their inside or nearly: half a step is near."""
        a, b = self.bounds, other.bounds
        if a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]:
            return False
        return self._has_near(other, step_mm) or other._has_near(self, step_mm)

    def _has_near(self, other: SliceShape, step_mm: float) -> bool:
        bounds = np.array(self.bounds)
        return bool(
            comes_near(other.vertices, self.vertices, self.starts, self.edges, bounds, step_mm, 0.5 * step_mm)
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
        kept = ~run_both_ways(edges, KEYHOLE_WIDTH_MM)
        return edges if kept.all() or not kept.any() else np.ascontiguousarray(edges[kept])

    def field(self, lattice: Lattice, box: Box) -> Field:
        """The signed distance field that covers at least `box`; plain distances are computed where they are needed."""
        found = self._fields.get(lattice)
        if found is None:
            found = self._fields.setdefault(lattice, Field((self.vertices, self.starts, self.edges), lattice, box))
        found.cover(box)
        return found


_SHAPES: WeakKeyDictionary[PlanarContours, SliceShape] = WeakKeyDictionary()


def shape_of(drawn: PlanarContours) -> SliceShape:
    """The shape of a drawn plane, one for all who ask, kept as long as the plane itself."""
    shape = _SHAPES.get(drawn)
    return _SHAPES.setdefault(drawn, SliceShape(drawn.region)) if shape is None else shape


def _at_vertices(field: Field, vertices: Float, step_mm: float) -> NDArray[np.float32]:
    """Values of a field at the lattice points nearest to some points (n, 2) in mm."""
    patch = field.complete()
    places = np.rint(vertices / step_mm).astype(np.int64) - (patch.column0, patch.row0)
    values: NDArray[np.float32] = patch.values[places[:, 1], places[:, 0]]
    return values
