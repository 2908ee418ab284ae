"""How well two structures agree: Dice, distances between their surfaces, shift of the centroid.

Both bodies are compared as their surface models, at sub-voxel precision, on a lattice of the first one's frame; the
second may lie in another frame of reference and is looked up through a map, bent or not, so that it is never redrawn.

Definitions (named, because libraries differ): Dice is 2|A and B| / (|A| + |B|) of volumes. The mean distance is the
mean of both directions' area-weighted mean distances to the other surface (MSD; "mean distance to agreement"). HD95
is the larger of both directions' area-weighted 95th percentiles. The surface Dice is the share of both surfaces'
areas within tau of the other one, tau included. Nothing is defined where a structure is empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.deformation import SpatialMap
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform
from workstation.jobs.progress import Progress, part, silent
from workstation.structures.agreement_kernels import look_up, ways_to_surface
from workstation.structures.errors import StructureError
from workstation.structures.field import distance_field
from workstation.structures.structure import ContourStack
from workstation.structures.surface_model import DEFAULT_SURFACE_MODEL, StackSource

Float = NDArray[np.float64]
Single = NDArray[np.float32]

FINEST_MM, COARSEST_MM = 0.4, 3.0
MOST_NODES = 2_000_000
STEPS_ACROSS = 40
DISC_STEPS = 0.6
"""Patches of this radius, in steps of the lattice, leave no gap between them."""


@dataclass(frozen=True, eq=False)
class StructureAgreement:
    """Two structures against each other, the second one brought to the first.

    volumes_cc: of both surface models, as sampled for the Dice; `structures.volume` has the volumes that are reported.
    centroid_shift_mm: (3,) from the first one's centroid to the second one's, patient (x, y, z) in the first frame.
    distances_mm, weights: two directions, (n,) each, of patches of equal weight by area; see `surface_dice`.
    """

    volumes_cc: tuple[float, float]
    dice: float
    mean_distance_mm: float
    hd95_mm: float
    hausdorff_mm: float
    centroid_shift_mm: Float
    distances_mm: tuple[Float, Float]
    weights: tuple[Float, Float]

    def surface_dice(self, tau_mm: float) -> float:
        """Share of both surfaces' area that lies within tau (included) of the other surface."""
        near = sum(float(w[d <= tau_mm].sum()) for d, w in zip(self.distances_mm, self.weights, strict=True))
        return near / sum(float(w.sum()) for w in self.weights)

    def as_dict(self, name: str) -> dict[str, Any]:
        """For `Registration.quality["structures"]`, as JSON values."""
        return {
            "name": name,
            "dice": round(self.dice, 4),
            "mean_distance_mm": round(self.mean_distance_mm, 3),
            "hd95_mm": round(self.hd95_mm, 3),
            "centroid_shift_mm": [round(float(v), 3) for v in self.centroid_shift_mm],
        }


def structure_agreement(
    one: ContourStack,
    other: ContourStack,
    one_to_other: SpatialMap | None = None,
    *,
    step_mm: float | None = None,
    surface_model: str = DEFAULT_SURFACE_MODEL,
    progress: Progress = silent,
) -> StructureAgreement:
    """Compare two structures; one_to_other takes patient points of the first frame to the second (None: the same).

    step_mm: of the lattice, by default a fortieth of the smaller one's smallest extent, 0.4 to 3 mm.
    Raises StructureError where one of them has no closed contours.
    """
    for stack in (one, other):
        if not stack.slices:
            raise StructureError("A structure with no closed contours can't be compared")
    way = one_to_other or Transform.identity()
    low, high = _box(one, other, way.inverse())
    step = step_mm or _step(one, other, high - low)
    first, last = np.floor(low / step).astype(int) - 3, np.ceil(high / step).astype(int) + 3
    lattice = _Lattice(one.plane, step, first, last - first + 1)
    a = _own(one, lattice, surface_model, part(progress, 0.0, 0.3))
    b = _seen(other, lattice, way, surface_model, part(progress, 0.3, 0.8))
    progress(0.8, "Measuring distances between surfaces")
    return _compared(a, b, lattice)


@dataclass(frozen=True, eq=False)
class _Lattice:
    """Nodes at whole multiples of a step in a stack's (u, v, w). first, size: of (u, v, w)."""

    plane: Plane
    step_mm: float
    first: NDArray[np.int64]
    size: NDArray[np.int64]

    @property
    def shape(self) -> tuple[int, int, int]:
        columns, rows, planes = (int(n) for n in self.size)
        return planes, rows, columns

    def patient(self, uvw: Float) -> Float:
        """Patient points of (u, v, w) in mm."""
        found: Float = self.plane.origin_mm + uvw @ self.plane.axes
        return found

    def plane_points(self, k: int) -> Float:
        """(n, 3) patient points of one plane of nodes, row by row."""
        columns, rows, _ = (int(n) for n in self.size)
        u, v = np.meshgrid(np.arange(columns), np.arange(rows))
        index = np.stack([u.ravel(), v.ravel(), np.full(u.size, k)], axis=-1) + self.first
        return self.patient(index.astype(np.float64) * self.step_mm)


def _box(one: ContourStack, other: ContourStack, back: SpatialMap) -> tuple[Float, Float]:
    """Lower and upper (u, v, w) in the first stack's frame of both, the other one brought there."""
    points = [_ring_points(one), one.plane.to_plane(back.apply(_in_patient(other)))]
    both = np.concatenate(points)
    reach = max(one.slice_spacing_mm, other.slice_spacing_mm)
    return both.min(0) - reach, both.max(0) + reach


def _ring_points(stack: ContourStack) -> Float:
    """(n, 3) (u, v, w) of every drawn point."""
    return np.concatenate([
        np.column_stack([ring, np.full(len(ring), s.position_mm)]) for s in stack.slices for ring in s.region.rings
    ])


def _in_patient(stack: ContourStack) -> Float:
    points: Float = stack.plane.origin_mm + _ring_points(stack) @ stack.plane.axes
    return points


def _step(one: ContourStack, other: ContourStack, extent: Float) -> float:
    smallest = min(float((np.ptp(_ring_points(s), axis=0) + s.slice_spacing_mm).min()) for s in (one, other))
    wanted = min(max(smallest / STEPS_ACROSS, FINEST_MM), COARSEST_MM)
    return max(wanted, float(np.cbrt(np.prod(extent) / MOST_NODES)))


def _own(stack: ContourStack, lattice: _Lattice, model: str, progress: Progress) -> Single:
    """The first structure on the lattice: its own field, node on node."""
    found = distance_field(stack, lattice.step_mm, model, progress, StackSource(stack))
    most = np.float32(2 * lattice.step_mm)
    out = np.full(lattice.shape, most, np.float32)
    start = np.rint(np.array(found.origin_mm) / lattice.step_mm).astype(int) - lattice.first
    source, target = [], []
    for axis in range(3):
        begin, count, limit = int(start[2 - axis]), found.values.shape[axis], out.shape[axis]
        low, high = max(begin, 0), min(begin + count, limit)
        source.append(slice(low - begin, high - begin))
        target.append(slice(low, high))
    out[tuple(target)] = np.clip(found.values[tuple(source)], -most, most)
    return out


def _seen(stack: ContourStack, lattice: _Lattice, way: SpatialMap, model: str, progress: Progress) -> Single:
    """The second structure on the lattice, looked up through the map."""
    step = lattice.step_mm
    found = distance_field(stack, step, model, part(progress, 0.0, 0.5), StackSource(stack))
    most = np.float32(2 * step)
    values = np.clip(found.values, -most, most)
    out = np.empty(lattice.shape, np.float32)
    for k in range(lattice.shape[0]):
        progress(0.5 + 0.5 * k / lattice.shape[0], "Bringing the second structure to the first")
        there = stack.plane.to_plane(way.apply(lattice.plane_points(k)))
        look_up(values, (there - np.array(found.origin_mm)) / step, most, out[k].reshape(-1))
    return out


@dataclass(frozen=True, eq=False)
class _Surface:
    """Patches: centres and unit normals (n, 3) in (u, v, w), centres ascending in u; weights: their areas in mm2."""

    centres: Float
    normals: Float
    weights: Float


def _compared(a: Single, b: Single, lattice: _Lattice) -> StructureAgreement:
    step = lattice.step_mm
    shares = [_filled(a, step), _filled(b, step), _filled(np.maximum(a, b), step)]
    volumes = [float(s.sum(dtype=np.float64)) * step**3 / 1000 for s in shares]
    if min(volumes[:2]) <= 0:
        raise StructureError("A structure without volume can't be compared")
    centroids = [_centroid(s, lattice) for s in shares[:2]]
    surfaces = _surface(a, lattice), _surface(b, lattice)
    ways = (_ways(surfaces[0], surfaces[1], step), _ways(surfaces[1], surfaces[0], step))
    weights = surfaces[0].weights, surfaces[1].weights
    means = [float(np.average(d, weights=w)) for d, w in zip(ways, weights, strict=True)]
    return StructureAgreement(
        volumes_cc=(volumes[0], volumes[1]),
        dice=2 * volumes[2] / (volumes[0] + volumes[1]),
        mean_distance_mm=sum(means) / 2,
        hd95_mm=max(weighted_percentile(d, w, 95) for d, w in zip(ways, weights, strict=True)),
        hausdorff_mm=max(float(d.max()) for d in ways),
        centroid_shift_mm=centroids[1] - centroids[0],
        distances_mm=ways,
        weights=weights,
    )


def weighted_percentile(values: Float, weights: Float, percent: float) -> float:
    """The value below which that share of the weight lies."""
    order = np.argsort(values)
    heard = np.cumsum(weights[order])
    at = int(np.searchsorted(heard, percent / 100 * heard[-1]))
    return float(values[order][min(at, len(values) - 1)])


def _slopes(field: Single, step: float) -> list[Single]:
    """Derivatives by (u, v, w)."""
    return [np.asarray(np.gradient(field, step, axis=axis), dtype=np.float32) for axis in (2, 1, 0)]


def _filled(field: Single, step: float) -> Single:
    """The share of each node's cell that lies inside, from the field and its slope."""
    u, v, w = (np.abs(s) for s in _slopes(field, step))
    reach = np.maximum((u + v + w) * np.float32(step), np.float32(0.5 * step))
    share: Single = np.clip(np.float32(0.5) - field / reach, 0, 1)
    return share


def _centroid(share: Single, lattice: _Lattice) -> Float:
    """(3,) patient mm."""
    sums = [share.sum(axis=axes, dtype=np.float64) for axes in ((0, 1), (0, 2), (1, 2))]
    uvw = np.array([float(s @ np.arange(len(s))) / float(s.sum()) for s in sums])
    return lattice.patient((uvw + lattice.first.astype(np.float64)) * lattice.step_mm)


def _surface(field: Single, lattice: _Lattice) -> _Surface:
    """Where the field crosses zero along the lattice's edges.

    A crossing along an axis stands for step² of the surface's shadow along that axis; weighted by the normal's
    share along it, the crossings of all three axes together add up to the area.
    """
    slopes = _slopes(field, lattice.step_mm)
    centres, normals, weights = [], [], []
    for axis in range(3):
        along = 2 - axis
        here, there = _ends(field, along)
        w, v, u = np.nonzero((here < 0) != (there < 0))
        share = here[w, v, u] / (here[w, v, u] - there[w, v, u])
        place = np.stack([u, v, w], axis=-1).astype(np.float64)
        place[:, axis] += share
        normal = np.empty_like(place)
        for n, slope in enumerate(slopes):
            one, other = _ends(slope, along)
            normal[:, n] = one[w, v, u] * (1 - share) + other[w, v, u] * share
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
        centres.append((place + lattice.first) * lattice.step_mm)
        normals.append(normal)
        weights.append(np.abs(normal[:, axis]) * lattice.step_mm**2)
    order = np.argsort(np.concatenate(centres)[:, 0], kind="stable")
    return _Surface(np.concatenate(centres)[order], np.concatenate(normals)[order], np.concatenate(weights)[order])


def _ends(values: Single, along: int) -> tuple[Single, Single]:
    """Neighbours along an array axis: the first ones and the second ones."""
    count = values.shape[along]
    return values.take(range(count - 1), axis=along), values.take(range(1, count), axis=along)


def _ways(source: _Surface, target: _Surface, step: float) -> Float:
    out = np.empty(len(source.centres))
    ways_to_surface(source.centres, target.centres, target.normals, DISC_STEPS * step, out)
    return out
