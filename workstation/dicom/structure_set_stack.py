"""From the contours of one ROI to parallel drawn planes; what is no ring on them is kept beside them.

No direction is special: the planes are those that most of the rings lie flat in. Rings on axial planes without an
image to tell otherwise keep x and y as their plane coordinates and z as their position, exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workstation.dicom.structure_set_contours import FARTHEST_MM, Contour
from workstation.dicom.structure_set_kernels import area_vectors, spans
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.images.volume import Volume
from workstation.structures.planar import SMALLEST_AREA_MM2, area_mm2
from workstation.structures.structure import POSITION_TOLERANCE_MM, ContourStack, ImportedRing, PlanarContours

Float = NDArray[np.float64]

UNEVENNESS_MM = 0.25
"""A ring may leave its plane this much (rounded coordinates of an oblique slice) and still belong to it."""

FALLBACK_SPACING_MM = 1.0
"""Slice spacing where one plane is drawn and no image tells more."""

CLOSED_TYPES = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
_CLOSE_TO_AXIS = 1e-5


@dataclass(frozen=True, eq=False)
class Stacked:
    """The contours of one ROI, sorted. complaints: (reason, number of contours) in words for people."""

    stack: ContourStack
    loose: tuple[ImportedRing, ...] = ()
    complaints: tuple[tuple[str, int], ...] = ()


@dataclass(eq=False)
class _Sorting:
    """Contours on their way into a stack or beside it."""

    rings: list[tuple[int, Contour, Float]] = field(default_factory=list)  # (order in the file, contour, points)
    loose: dict[int, ImportedRing] = field(default_factory=dict)
    complaints: Counter[str] = field(default_factory=Counter)
    suspicious: set[int] = field(default_factory=set)  # rings without a signed area: nothing, or crossing themselves

    def put_aside(self, order: int, contour: Contour, reason: str) -> None:
        self.loose[order] = contour.ring
        if reason:
            self.complaints[reason] += 1


def stack_contours(contours: Sequence[Contour], image: Volume | None, spacing_mm: float | None = None) -> Stacked:
    """Sort one ROI's contours onto parallel planes.

    `image`: the image they were drawn on, if known: its rows and columns become the axes where the rings lie in its
    slices, and its slice spacing the stack's. `spacing_mm` is taken where there is no such image; without either,
    the most common step between the drawn planes.
    """
    sorting = _sorted_by_kind(contours)
    rings = _Rings.of([points for _, _, points in sorting.rings])
    plane, in_image = _plane_of(rings, image)
    positions = _positions(sorting, rings, plane)
    slices = _slices(sorting, plane, positions)
    drawn = np.array([s.position_mm for s in slices])
    spacing = _spacing(drawn, image if in_image else None, spacing_mm, sorting.complaints)
    loose = tuple(ring for _, ring in sorted(sorting.loose.items()))
    return Stacked(ContourStack(plane, spacing, slices), loose, tuple(sorting.complaints.items()))


def _sorted_by_kind(contours: Sequence[Contour]) -> _Sorting:
    sorting = _Sorting()
    for order, contour in enumerate(contours):
        points, kind = contour.points_mm, contour.ring.geometric_type
        if points is None:
            sorting.complaints[f"{contour.complaint}; left out"] += 1
        elif kind and kind not in CLOSED_TYPES:
            named = "points" if kind == "POINT" else "open lines" if kind.startswith("OPEN") else "of an unknown type"
            sorting.put_aside(order, contour, "" if kind == "POINT" else f"are {named}; kept as they are")
        elif len(points) < 3:
            sorting.put_aside(order, contour, "have fewer than three points and enclose nothing; kept as they are")
        elif contour.is_far:
            reason = f"lie more than {FARTHEST_MM / 1000:g} m from the origin; kept as they are, but not shown"
            sorting.put_aside(order, contour, reason)
        else:
            sorting.rings.append((order, contour, points))
            if not kind:
                sorting.complaints["do not name their type; read as closed"] += 1
            if contour.announced_points not in (None, len(points)):
                sorting.complaints["announce another number of points than they have"] += 1
            if not contour.ring.images:
                sorting.complaints["do not name their image"] += 1
    return sorting


# ------------------------------------------------------------------------------------------- which planes


def image_axes(image: Volume) -> Float:
    """(3, 2) row and column directions of an image, exact where they run along the patient's axes."""
    axes = image.grid.direction[:, :2]
    nearest = np.round(axes)
    exact: Float = nearest if np.abs(axes - nearest).max() < _CLOSE_TO_AXIS else axes
    return exact


@dataclass(frozen=True, eq=False)
class _Rings:
    """All rings in one array, for the kernels: points (n, 3), where each begins and ends, and twice its area vector."""

    points: Float
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    vectors: Float

    @staticmethod
    def of(rings: list[Float]) -> _Rings:
        ends = np.cumsum([len(ring) for ring in rings]).astype(np.int64)
        starts = np.concatenate([np.zeros(1), ends[:-1]]).astype(np.int64)[: len(rings)]
        points = np.ascontiguousarray(np.concatenate([np.empty((0, 3)), *rings]))
        vectors = np.zeros((len(rings), 3))
        area_vectors(points, starts, ends, vectors)
        return _Rings(points, starts, ends, vectors)

    def reach(self, plane: Plane) -> Float:
        """(rings, 2) lowest and highest position of each ring along a plane's normal."""
        reach = np.zeros((len(self.starts), 2))
        normal = np.array(plane.normal)  # a copy: a read-only array would be a second signature to compile
        spans(self.points, self.starts, self.ends, normal, reach)
        return reach


def _plane_of(rings: _Rings, image: Volume | None) -> tuple[Plane, bool]:
    """The planes that most rings lie flat in, and whether they are the image's slices."""
    candidates = []
    if image is not None:
        axes = image_axes(image)
        candidates.append((Plane((0, 0, 0), axes[:, 0], axes[:, 1]), True))
    candidates += [(plane, False) for plane in (Plane.axial(), Plane.sagittal(), Plane.coronal())]
    oblique = _common_normal(rings.vectors)
    if oblique is not None:
        candidates.append((_plane_across(oblique), False))
    heights = [rings.reach(plane) for plane, _ in candidates]
    flat = [int(np.count_nonzero(reach[:, 1] - reach[:, 0] <= UNEVENNESS_MM)) for reach in heights]
    return candidates[int(np.argmax(flat))]


def _common_normal(vectors: Float) -> Float | None:
    """The mean normal of the rings that agree with the largest one, weighted by area; None without any area."""
    if not len(vectors):
        return None
    areas = np.linalg.norm(vectors, axis=1)
    largest = int(np.argmax(areas))
    if not areas[largest] > SMALLEST_AREA_MM2:
        return None
    guide = vectors[largest] / areas[largest]
    cosines = vectors @ guide / np.maximum(areas, SMALLEST_AREA_MM2)
    agreeing = np.abs(cosines) > np.cos(np.radians(1.0))
    mean = (vectors[agreeing] * np.sign(cosines[agreeing])[:, None]).sum(axis=0)
    normal: Float = mean / np.linalg.norm(mean)
    return normal


def _plane_across(normal: Float) -> Plane:
    """A plane with this normal (up to sign) whose axes look the way they do on the nearest standard plane."""
    axis = int(np.argmax(np.abs(normal)))
    standard = (Plane.sagittal(), Plane.coronal(), Plane.axial())[axis]
    u = standard.u - normal * (standard.u @ normal)
    across = normal if normal @ standard.normal > 0 else -normal
    return Plane((0, 0, 0), u, np.cross(across, u))


# -------------------------------------------------------------------------------------- rings onto planes


def _positions(sorting: _Sorting, rings: _Rings, plane: Plane) -> dict[int, float]:
    """Position of each ring that lies in the planes, by its order in the file; the others are put aside."""
    reach = rings.reach(plane)
    thin = np.flatnonzero(np.linalg.norm(rings.vectors, axis=1) / 2 < SMALLEST_AREA_MM2)
    sorting.suspicious = {sorting.rings[i][0] for i in thin}
    found = {}
    for (low, high), (order, contour, _) in zip(reach.tolist(), sorting.rings, strict=True):
        if high - low > UNEVENNESS_MM:
            sorting.put_aside(order, contour, "lie in other planes than the rest; kept, but not shown")
            continue
        if high - low > POSITION_TOLERANCE_MM:
            sorting.complaints["are not quite flat; read as flat"] += 1
        found[order] = low if low == high else (low + high) / 2
    return found


def _slices(sorting: _Sorting, plane: Plane, positions: dict[int, float]) -> tuple[PlanarContours, ...]:
    """Group the rings by position, in the order of the file on each plane."""
    axial = bool((plane.axes == np.eye(3)).all() and not plane.origin_mm.any())
    groups: list[tuple[float, list[tuple[int, ImportedRing, Float]]]] = []
    placed = sorted(((positions[o], o, c, p) for o, c, p in sorting.rings if o in positions), key=lambda r: r[:2])
    for position, order, contour, points in placed:
        ring = _closed(points[:, :2] if axial else plane.to_plane(points)[:, :2])
        if len(ring) < 3 or (order in sorting.suspicious and area_mm2(Region([ring])) < SMALLEST_AREA_MM2):
            sorting.put_aside(order, contour, "enclose no area; kept as they are")
            continue
        if not groups or position - groups[-1][0] > POSITION_TOLERANCE_MM:
            groups.append((position, []))
        groups[-1][1].append((order, contour.ring, ring))
    slices = []
    for position, members in groups:
        members.sort(key=lambda member: member[0])
        slices.append(PlanarContours(position, Region([r for _, _, r in members]), tuple(i for _, i, _ in members)))
    return tuple(slices)


def _closed(ring: Float) -> Float:
    """The ring without its first point repeated at the end."""
    end = len(ring)
    while end > 1 and (ring[end - 1] == ring[0]).all():
        end -= 1
    return ring[:end]


def common_step_mm(positions: Float) -> float | None:
    """The most common step between neighbouring positions, the smaller of equals; None below two positions."""
    if len(positions) < 2:
        return None
    steps = np.round(np.diff(positions), 2)
    values, counts = np.unique(steps, return_counts=True)
    chosen = values[np.argmax(counts)]
    return float(np.median(np.diff(positions)[steps == chosen]))


def _spacing(drawn: Float, image: Volume | None, fallback_mm: float | None, complaints: Counter[str]) -> float:
    step = common_step_mm(drawn)
    if image is None:
        return step or fallback_mm or FALLBACK_SPACING_MM
    positions = image.slice_positions_mm
    spacing = float(np.median(np.diff(positions))) if len(positions) > 1 else float(image.grid.spacing_mm[2])
    if step is not None and len(drawn) > 2 and float(np.diff(drawn).min()) > 1.5 * spacing:
        complaints[f"lie {step:.4g} mm apart on slices of {spacing:.4g} mm; kept on their own planes"] = len(drawn)
        return step
    outside = int(np.count_nonzero((drawn < positions[0] - spacing / 2) | (drawn > positions[-1] + spacing / 2)))
    if outside:
        complaints["lie on planes outside of the image; kept"] = outside
    return spacing
