"""What lies between two drawn planes and beyond the last one: the surface models, by name, in this one place.

slab: each plane fills half the way to its neighbours (half a slice where there is none); many planning systems.
flat: linear between neighbouring planes by signed distance, half a slice of the last section beyond it.
linear-tapered: between neighbouring planes the sections blend by signed distance, at a pace that makes the areas
    follow the parabola through the neighbouring areas; beyond the last plane the body closes where that parabola
    says. The area of an ellipsoid's section is exactly quadratic in z, and so is a cone's and a cylinder's: for these
    the model is exact but for the blending. Constant sections end half a slice beyond the last plane.

Two drawn planes are joined when they are at most 1.5 steps apart. The step is the stack's own most common one where
that is evident (at least four planes, half of the gaps alike), as in clinical systems, so that a structure drawn on
every second slice holds together; otherwise it is the image's slice spacing.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache
from math import inf, pi, sqrt
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from workstation.structures.errors import StructureError
from workstation.structures.slice_shape import SliceShape, shape_of
from workstation.structures.structure import ContourStack

Float = NDArray[np.float64]

SURFACE_MODELS = ("linear-tapered", "flat", "slab")
DEFAULT_SURFACE_MODEL = "linear-tapered"

GAP_STEPS = 1.5
"""Planes further apart than this many steps are not joined."""

_STEEP = (0.25, 0.75)  # slopes (radius over height) from which, and above which wholly, areas set the pace
_BULGE_MM = (0.01, 0.03)  # a ball's bulge between planes from which, and above which wholly, areas do so
_MOST_LEAD = 0.26  # how far the pace may run ahead of or behind the linear one; a sphere's pole needs 0.25
_MOST_SWELL = 0.06  # of the height between planes; at 3 mm, a ball of 8 mm radius needs 0.05 at its equator
_PACE_ERROR_MM = 0.015  # how far straight parts may lie from the curve
_CAP_PIECES = 5


class Layout:
    """Where the planes of a source lie: another object when their positions or the step change.

    kept: what bodies keep for the next question about these planes, by how they look at them.
    """

    __slots__ = ("kept",)

    def __init__(self) -> None:
        self.kept: dict[object, dict[int, Any]] = {}


class Source(Protocol):
    """Where shapes come from: a finished stack, or a graph that computes them when asked.

    positions_mm: ascending (n,) positions where something may be drawn. step_mm: see the module.
    """

    @property
    def layout(self) -> Layout: ...

    @property
    def positions_mm(self) -> Float: ...

    @property
    def step_mm(self) -> float: ...

    def shape(self, index: int) -> SliceShape | None:
        """The shape at a position; None where nothing is enclosed."""
        ...


class StackSource:
    """The shapes of a finished stack."""

    def __init__(self, stack: ContourStack) -> None:
        self.positions_mm: Float = stack.positions_mm
        self.step_mm = typical_step_mm(self.positions_mm, stack.slice_spacing_mm)
        self.layout = Layout()
        shapes = map(shape_of, stack.slices)
        self._shapes = [shape if shape.encloses else None for shape in shapes]

    def shape(self, index: int) -> SliceShape | None:
        """The shape at a position; None where nothing is enclosed."""
        return self._shapes[index]


def checked_model(name: str) -> str:
    """The name, or a StructureError that lists the names there are."""
    if name not in SURFACE_MODELS:
        raise StructureError(f"There is no surface model {name!r}: choose one of {', '.join(SURFACE_MODELS)}")
    return name


def typical_step_mm(positions_mm: Float, slice_spacing_mm: float) -> float:
    """The step of a stack: its most common one where evident and wider than the image's, else the image's."""
    gaps = np.diff(positions_mm)
    if len(gaps) < 3:
        return slice_spacing_mm
    bins = np.round(gaps / 0.05).astype(np.int64)
    values, counts = np.unique(bins, return_counts=True)
    most = int(np.argmax(counts))
    near = np.abs(bins - values[most]) <= 1
    if 2 * int(near.sum()) < len(gaps):
        return slice_spacing_mm
    return max(float(np.median(gaps[near])), slice_spacing_mm)


def link_mm(step_mm: float) -> float:
    """How far apart drawn planes may lie to be joined; positions carry rounding noise."""
    return GAP_STEPS * step_mm + 1e-3


class SurfaceModel:
    """A source's planes under a named model: which are joined, and how the section's area goes on between and beyond.

    Only areas are looked at here; `workstation.structures.body` gives the sections their shape.
    """

    def __init__(self, source: Source, name: str) -> None:
        self.source = source
        self.name = checked_model(name)
        self.positions = source.positions_mm
        self.heights: list[float] = self.positions.tolist()
        self.step_mm = source.step_mm
        self.link_mm = link_mm(source.step_mm)

    def shape(self, index: int) -> SliceShape:
        """The shape at a drawn position."""
        shape = self.source.shape(index)
        assert shape is not None, "asked for a plane with nothing drawn"
        return shape

    def neighbour(self, index: int, direction: int) -> int | None:
        """The next drawn plane up (+1) or down (-1) that is joined to this one."""
        i, heights = index + direction, self.heights
        while 0 <= i < len(heights) and abs(heights[i] - heights[index]) <= self.link_mm:
            if self.source.shape(i) is not None:
                return i
            i += direction
        return None

    def slab_ends_mm(self, index: int) -> tuple[float, float]:
        """Lower and upper end of a plane's slab: half the way to joined neighbours, half a step where there is none."""
        below, above = self.neighbour(index, -1), self.neighbour(index, 1)
        z = self.heights[index]
        low = z - 0.5 * self.step_mm if below is None else 0.5 * (z + self.heights[below])
        high = z + 0.5 * self.step_mm if above is None else 0.5 * (z + self.heights[above])
        return low, high

    def pace(self, i: int, j: int) -> tuple[Pace, ...]:
        """How the section changes from plane i (first pair) up to the next one, j (last pair)."""
        first, second = self.shape(i), self.shape(j)
        r0, r1 = sqrt(first.area_mm2 / pi), sqrt(second.area_mm2 / pi)
        height = self.heights[j] - self.heights[i]
        bulge = height**2 / (8.0 * max(r0, r1))
        weight = max(_smooth(abs(r1 - r0) / height, _STEEP), _smooth(bulge, _BULGE_MM))
        if self.name == "flat" or weight == 0.0:
            return _EVEN
        roundness = min(first.roundness, second.roundness)
        return area_pace(r0, r1, height, weight * self._bend(i, j) / pi, roundness)

    def _bend(self, i: int, j: int) -> float:
        """Second divided difference of the area around two planes: the gentler one of both sides' parabolas."""
        before, after = self.neighbour(i, -1), self.neighbour(j, 1)
        bends = []
        if before is not None:
            bends.append(self._divided_difference(before, i, j))
        if after is not None:
            bends.append(self._divided_difference(i, j, after))
        if not bends:
            return -pi  # two sections alone: a ball's
        if min(bends) < 0 < max(bends):
            return 0.0
        return min(bends, key=abs)

    def _divided_difference(self, a: int, b: int, c: int) -> float:
        za, zb, zc = self.heights[a], self.heights[b], self.heights[c]
        fa, fb, fc = self.shape(a).area_mm2, self.shape(b).area_mm2, self.shape(c).area_mm2
        return ((fc - fb) / (zc - zb) - (fb - fa) / (zb - za)) / (zc - za)

    def cap_profile(self, index: int, direction: int) -> CapProfile | None:
        """How the area goes on beyond the last plane (direction +1 up, -1 down): the parabola through the last three.

        None for a blunt cap of half a step: a plane alone, or the flat model.
        """
        previous = self.neighbour(index, -direction)
        if previous is None or self.name == "flat":
            return None
        further = self.neighbour(previous, -direction)
        area, area_before = self.shape(index).area_mm2, self.shape(previous).area_mm2
        gap = abs(self.heights[index] - self.heights[previous])
        bend = -pi if further is None else self._divided_difference(*sorted((index, previous, further)))
        return CapProfile(area, (area - area_before) / gap + bend * gap, bend, self.step_mm)

    def part_mm3(self, index: int) -> float:
        """Volume from a drawn plane up to the next one, with the caps that begin at it; slabs: the plane's own."""
        area = self.shape(index).area_mm2
        if self.name == "slab":
            low, high = self.slab_ends_mm(index)
            return area * (high - low)
        above = self.neighbour(index, 1)
        volume = self._cap_mm3(index, -1) if self.neighbour(index, -1) is None else 0.0
        if above is None:
            return volume + self._cap_mm3(index, 1)
        r0, r1 = sqrt(area / pi), sqrt(self.shape(above).area_mm2 / pi)
        height = self.heights[above] - self.heights[index]
        pairs = [(p.height * height, r0 + (r1 - r0) * p.share + p.swell_mm) for p in self.pace(index, above)]
        return volume + pi * _frusta(pairs)

    def _cap_mm3(self, index: int, direction: int) -> float:
        profile = self.cap_profile(index, direction)
        if profile is None:
            return self.shape(index).area_mm2 * 0.5 * self.step_mm
        start = profile.radius_mm(0.0)
        return pi * _frusta([(t, start * size) for t, size in profile.sizes()])


def _frusta(pairs: list[tuple[float, float]]) -> float:
    """Sum over neighbours of height times the mean of r² along a straight slope, of (height, r) pairs."""
    return sum(
        (z1 - z0) * (r0 * r0 + r0 * r1 + r1 * r1) / 3.0
        for (z0, r0), (z1, r1) in itertools.pairwise(pairs)
    )


@dataclass(frozen=True, slots=True)
class Pace:
    """At a height (0 to 1 between two planes): the share of the upper section in the blend, and what is added to it.

    swell_mm: how far the blend is pushed outwards, for sections that bulge between planes (an equator).
    """

    height: float
    share: float
    swell_mm: float = 0.0


def _smooth(value: float, between: tuple[float, float]) -> float:
    """0 below, 1 above a range, smooth between."""
    t = min(max((value - between[0]) / (between[1] - between[0]), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


_EVEN = (Pace(0.0, 0.0), Pace(1.0, 1.0))


@lru_cache(maxsize=4096)
def area_pace(
    r0_mm: float, r1_mm: float, height_mm: float, bend: float, roundness: float = 1.0
) -> tuple[Pace, ...]:
    """The pace at which the radius follows a squared radius with the curvature `bend` between two sections.

    r0_mm, r1_mm: radii of the discs with the sections' areas. bend: half the second derivative of the squared radius
    by height, -1 for a ball. roundness: of the flatter section, 1 for a disc; a thin section swells less.
    Heights lie closer together where the section is smaller.
    """
    slope = abs(r1_mm - r0_mm) / height_mm
    sagitta = height_mm**2 * abs(bend - slope * slope) / (8.0 * max(min(r0_mm, r1_mm), 0.25 * max(r0_mm, r1_mm)))
    count = 1 + min(5, int(sqrt(sagitta / _PACE_ERROR_MM)))
    if count == 1:
        return _EVEN
    steep = min(slope, 1.0)
    paces, share, change = [Pace(0.0, 0.0)], 0.0, r1_mm - r0_mm
    for k in range(1, count):
        even = k / count
        towards_smaller = even**2 if r0_mm < r1_mm else 1.0 - (1.0 - even) ** 2
        t = even + (towards_smaller - even) * steep
        squared = r0_mm**2 + (r1_mm**2 - r0_mm**2) * t - bend * height_mm**2 * t * (1.0 - t)
        radius = sqrt(max(squared, 0.0))
        wanted = (radius - r0_mm) / change if abs(change) > 1e-9 else t
        wanted = min(max(wanted, t - _MOST_LEAD), t + _MOST_LEAD)
        share = min(max(wanted, share), 1.0)
        left = min(max(radius - r0_mm - change * share, -_MOST_SWELL * height_mm), _MOST_SWELL * height_mm)
        paces.append(Pace(t, share, left * roundness))
    return (*paces, Pace(1.0, 1.0))


@dataclass(frozen=True)
class CapProfile:
    """Area beyond the last plane: area + slope * t + bend * t², until it closes or is cut.

    It closes within one step, since the next plane has nothing drawn. A parabola that stays open for more than a
    step says that the body ends bluntly: somewhere within the step, by expectation in its middle.
    """

    area_mm2: float
    slope: float
    bend: float
    step_mm: float

    @property
    def root_mm(self) -> float:
        """Height at which the parabola closes, or comes closest to it; infinite where it never does."""
        a, b, c = self.bend, self.slope, self.area_mm2
        if abs(a) < 1e-12:
            return -c / b if b < 0 else inf
        discriminant = b * b - 4 * a * c
        if a < 0:
            return (b + sqrt(discriminant)) / (-2 * a)
        if b >= 0:
            return inf
        return -b / (2 * a) if discriminant < 0 else 2 * c / (-b + sqrt(discriminant))

    @property
    def end_mm(self) -> float:
        """How far the cap goes."""
        steps = self.root_mm / self.step_mm
        if steps <= 1.0:
            return max(self.root_mm, 1e-3)
        return self.step_mm * max(1.0 - 0.5 * (steps - 1.0), 0.5)

    def radius_mm(self, t: float) -> float:
        """Radius of the disc with the section's area at height t, never more than at the start."""
        if t >= self.root_mm:
            return 0.0
        area = self.area_mm2 + self.slope * t + self.bend * t * t
        return sqrt(min(max(area, 0.0), self.area_mm2) / pi)

    def sizes(self) -> list[tuple[float, float]]:
        """(height in mm, size of the section relative to the last one) pairs, closer together towards the tip."""
        end, start = self.end_mm, self.radius_mm(0.0)
        pairs, size = [(0.0, 1.0)], 1.0
        for k in range(1, _CAP_PIECES + 1):
            t = end * (1.0 - (1.0 - k / _CAP_PIECES) ** 2)
            size = min(self.radius_mm(t) / start, size)
            pairs.append((t, size))
        return pairs
