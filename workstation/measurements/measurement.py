"""One thing that a person measured: points in patient millimetres on the plane that they were set on.

Only the points are kept. Lengths, angles and areas follow from them; grey values are looked up in whatever images
are shown, through their registrations (`workstation.measurements.statistics`, `workstation.measurements.profile`).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.errors import GeometryError
from workstation.geometry.plane import Plane

Float = NDArray[np.float64]
Color = tuple[int, int, int]

DISTANCE, ANGLE, ELLIPSE, RECTANGLE, FREEHAND, PROFILE = (
    "distance", "angle", "ellipse", "rectangle", "freehand", "profile",
)  # fmt: skip
KINDS = (DISTANCE, ANGLE, ELLIPSE, RECTANGLE, FREEHAND, PROFILE)
REGIONS = (ELLIPSE, RECTANGLE, FREEHAND)
"""Kinds that enclose something."""

WORDS = {
    DISTANCE: "Distance",
    ANGLE: "Angle",
    ELLIPSE: "Ellipse",
    RECTANGLE: "Rectangle",
    FREEHAND: "Freehand region",
    PROFILE: "Profile",
}
"""What each kind is called; with a number behind it, what a measurement is called at first."""

POINTS = {DISTANCE: 2, ANGLE: 3, ELLIPSE: 2, RECTANGLE: 2, PROFILE: 2}
"""Points of each kind; a freehand region has any number from three on."""

COLORS: tuple[Color, ...] = ((255, 214, 10), (100, 210, 255), (255, 159, 243), (164, 255, 120), (255, 179, 112))
"""Light enough for bone and air, told apart by colour-blind people, taken in turn."""

OFF_PLANE_MM = 0.01


@dataclass(frozen=True, eq=False)
class Measurement:
    """A distance, an angle, a region or a line profile.

    points_mm: (n, 3) patient points (x, y, z) in the frame of reference `frame_of_reference_uid`, which is the
        planning image's when it was made. Two ends of a distance or profile; an angle's arms around its corner in the
        middle; opposite corners of a rectangle or of an ellipse's box (sides along the plane's u and v); the ring of a
        freehand region.
    plane: what it was drawn on; its origin lies on that slice.
    image_keys: images that were shown when it was made.
    Raises GeometryError for an unknown kind, a wrong number of points, or points that don't lie on the plane.
    """

    identifier: str
    number: int
    name: str
    kind: str
    points_mm: Float
    plane: Plane
    frame_of_reference_uid: str
    color: Color = COLORS[0]
    image_keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise GeometryError(f"There is no measurement of the kind {self.kind!r}; choose {', '.join(KINDS)}")
        points = np.array(self.points_mm, dtype=np.float64)
        if points.ndim != 2 or points.shape[1:] != (3,) or not np.isfinite(points).all():
            raise GeometryError("A measurement needs finite points (x, y, z) in mm")
        wanted = POINTS.get(self.kind)
        if len(points) != wanted if wanted else len(points) < 3:
            raise GeometryError(f"A measurement of the kind {self.kind} needs {wanted or 'at least 3'} points")
        if np.abs(self.plane.to_plane(points)[:, 2]).max() > OFF_PLANE_MM:
            raise GeometryError("The points of a measurement must lie on its plane")
        points.setflags(write=False)
        object.__setattr__(self, "points_mm", points)

    @property
    def is_region(self) -> bool:
        """Whether it encloses something."""
        return self.kind in REGIONS

    @property
    def is_named(self) -> bool:
        """Whether a person gave it a name of their own."""
        return self.name != default_name(self.kind, self.number)

    def with_points(self, points_mm: ArrayLike) -> Measurement:
        """The same measurement elsewhere on its plane."""
        return replace(self, points_mm=np.asarray(points_mm, dtype=np.float64))

    @property
    def length_mm(self) -> float:
        """Between the two ends of a distance or profile."""
        return float(np.linalg.norm(self.points_mm[1] - self.points_mm[0]))

    @property
    def angle_deg(self) -> float:
        """At the middle point, 0 to 180; 0 where an arm has no length."""
        return angle_deg(*self.points_mm)


def new_measurement(
    kind: str,
    points_mm: ArrayLike,
    plane: Plane,
    frame_of_reference_uid: str,
    others: Iterable[Measurement] = (),
    image_keys: Iterable[str] = (),
) -> Measurement:
    """A measurement with the next free number, and the name and colour that go with it.

    >>> new_measurement("distance", [(0, 0, 0), (3, 4, 0)], Plane.axial(), "1.2").length_mm
    5.0
    """
    number = 1 + max((other.number for other in others), default=0)
    return Measurement(
        identifier=uuid.uuid4().hex,
        number=number,
        name=default_name(kind, number),
        kind=kind,
        points_mm=np.asarray(points_mm, dtype=np.float64),
        plane=plane,
        frame_of_reference_uid=frame_of_reference_uid,
        color=COLORS[(number - 1) % len(COLORS)],
        image_keys=tuple(image_keys),
    )


def default_name(kind: str, number: int) -> str:
    """What a measurement is called until a person names it: "Distance 1"."""
    return f"{WORDS.get(kind, kind)} {number}"


def angle_deg(first_mm: ArrayLike, corner_mm: ArrayLike, second_mm: ArrayLike) -> float:
    """The angle between two arms at their corner, 0 to 180 degrees; 0 where an arm has no length.

    >>> angle_deg((1, 0, 0), (0, 0, 0), (0, 2, 0))
    90.0
    """
    corner = np.asarray(corner_mm, dtype=np.float64)
    a, b = np.asarray(first_mm, dtype=np.float64) - corner, np.asarray(second_mm, dtype=np.float64) - corner
    # atan2 keeps its precision at 0 and 180 degrees, where arccos has none
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)))
