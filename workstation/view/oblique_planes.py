"""Planes that a person has turned: through the crosshair in any direction, with the patient still the right way up.

The three rows of planes stay at right angles to each other. Turning the lines that two of them leave on the third
turns those two about the third one's normal; the third one's picture stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.orientation import plane_name
from workstation.geometry.plane import Plane
from workstation.images.volume import Volume
from workstation.view.slice_planes import ORIENTATIONS, slice_planes

Float = NDArray[np.float64]

# Positions are rounded to this, so that a crosshair moved within a plane does not name another one.
_ROUND_MM = 1e-4

STRAIGHT: Mapping[str, Float] = MappingProxyType({name: np.eye(3) for name in ORIENTATIONS})
"""No plane is turned."""


def turned_about(turns: Mapping[str, Float], orientation: str, normal: ArrayLike, angle_deg: float) -> dict[str, Float]:
    """The turns (3, 3) of all rows after the other two were turned about the normal (3,) of one of them.

    angle_deg: positive turns clockwise for who looks along the normal, as the lines do on screen.
    """
    turn = rotation_about(normal, angle_deg)
    return {name: turns[name] if name == orientation else _orthonormal(turn @ turns[name]) for name in ORIENTATIONS}


def rotation_about(axis: ArrayLike, angle_deg: float) -> Float:
    """(3, 3) rotation by the right-hand rule (Rodrigues' formula)."""
    x, y, z = np.asarray(axis, dtype=np.float64) / np.linalg.norm(axis)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    angle = np.radians(angle_deg)
    turn: Float = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return turn


def is_straight(turn: ArrayLike) -> bool:
    """Whether a turn (3, 3) leaves a plane as it is, to a hundredth of a degree."""
    return bool(np.abs(np.asarray(turn) - np.eye(3)).max() < 1.7e-4)


def _orthonormal(matrix: Float) -> Float:
    """The nearest rotation: rounding must not shear the planes after thousands of drags."""
    u, _, v = np.linalg.svd(matrix)
    return np.asarray(u @ v)


@dataclass(frozen=True, eq=False)
class ObliquePlanes:
    """A row of parallel planes in any direction; unlike acquired ones it has one through every point.

    plane: screen right, screen down and (away from the viewer) normal, at the patient's origin.
    step_mm: from plane to plane. reach_mm: least and largest position along the normal inside of the image.
    extent_mm: (u_min, v_min, u_max, v_max) of the image.
    """

    orientation: str
    plane: Plane
    step_mm: float
    reach_mm: tuple[float, float]
    extent_mm: tuple[float, float, float, float]
    acquired: bool = False

    def _position(self, point_mm: ArrayLike) -> float:
        position = float(self.plane.to_plane(point_mm)[2])
        return round(min(max(position, self.reach_mm[0]), self.reach_mm[1]) / _ROUND_MM) * _ROUND_MM

    def through(self, point_mm: ArrayLike) -> Plane:
        """The plane through a patient point (3,), held within the image."""
        return self.plane.moved(self._position(point_mm))

    def stepped(self, point_mm: ArrayLike, steps: int) -> Float:
        """A patient point moved `steps` planes further away from the viewer, within the image."""
        low, high = self.reach_mm
        u, v, w = self.plane.to_plane(point_mm)
        return self.plane.to_patient((u, v), float(min(max(w + steps * self.step_mm, low), high)))

    def title(self, point_mm: ArrayLike) -> str:
        """Name, tilt and position, such as "oblique axial 12°  z +41.5 mm"."""
        normal = self.plane.normal
        axis = int(np.argmax(np.abs(normal)))
        tilt_deg = float(np.degrees(np.arccos(min(1.0, abs(float(normal[axis]))))))
        x = np.asarray(point_mm, dtype=np.float64)[axis]
        return f"{plane_name(normal)} {tilt_deg:.0f}°  {'xyz'[axis]} {x + 0.0:+.1f} mm"


def oblique_planes(volume: Volume, orientation: str, turn: ArrayLike) -> ObliquePlanes:
    """The row of one of `ORIENTATIONS` turned by a rotation (3, 3), in the image's frame of reference."""
    straight = slice_planes(volume, orientation).plane
    rotation = np.asarray(turn, dtype=np.float64)
    plane = Plane((0.0, 0.0, 0.0), rotation @ straight.u, rotation @ straight.v)
    corners = plane.to_plane(volume.grid.corners_mm())
    low, high = corners.min(0), corners.max(0)
    return ObliquePlanes(
        orientation,
        plane,
        float(volume.grid.spacing_mm.min()),
        (float(low[2]), float(high[2])),
        (float(low[0]), float(low[1]), float(high[0]), float(high[1])),
    )
