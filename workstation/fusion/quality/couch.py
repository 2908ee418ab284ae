"""The six degrees of a rigid map, in terms of the patient (DICOM's LPS) and of the couch (IEC 61217 fixed system).

Patient: x to the left, y to the back, z to the head. Couch: X to the right as seen facing the gantry, Y to the gantry,
Z up; which patient direction that is follows from how the patient lies. House convention for the angles:
R = Rz(yaw) Ry(roll) Rx(pitch), column vectors, p' = R (p - c) + c + t about a stated point c (the isocentre, or the
middle of the planning image). The matrix is the truth, angles are for display; what corrects an error is the inverse
matrix, not six negated numbers. Steep angles have no unique pitch, roll and yaw: see `SixDegrees.angle_deg`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.fusion.registration import RegistrationError
from workstation.geometry.transform import Transform

Float = NDArray[np.float64]
Terms = Literal["patient", "couch"]

IEC_OF_LPS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "HFS": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "HFP": ((-1, 0, 0), (0, 0, 1), (0, 1, 0)),
    "FFS": ((-1, 0, 0), (0, 0, -1), (0, -1, 0)),
    "FFP": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
}
"""(X, Y, Z) of (x, y, z), row by row, by how the patient lies; each is a rotation."""

POSITIONS = {
    "HFS": "head first, supine", "HFP": "head first, prone", "FFS": "feet first, supine", "FFP": "feet first, prone",
}  # fmt: skip

SHIFTS: dict[Terms, tuple[tuple[str, str], ...]] = {
    "patient": (("to the patient's left", "to the patient's right"), ("to the back", "to the front"),
                ("to the head", "to the feet")),
    "couch": (("to the right", "to the left"), ("towards the gantry", "away from the gantry"), ("up", "down")),
}  # fmt: skip
"""Words of a positive and a negative shift along each axis."""

TURNS: dict[Terms, tuple[tuple[str, str], ...]] = {
    "patient": (("head to the front", "head to the back"), ("head to the left", "head to the right"),
                ("face to the left", "face to the right")),
    "couch": (("gantry end up", "gantry end down"), ("right side down", "right side up"),
              ("gantry end to the left", "gantry end to the right")),
}  # fmt: skip
"""Words of a positive and a negative turn about each axis (pitch, roll, yaw)."""

ANGLES = ("pitch", "roll", "yaw")
COUCH_LIMIT_DEG = 3.0
"""Robotic couches were tested up to this; beyond it the patient is set up again."""
_UNSEEN_MM, _UNSEEN_DEG = 0.05, 0.05


@dataclass(frozen=True, eq=False)
class SixDegrees:
    """A rigid map about a point.

    transform: in the axes of `terms`. translation_mm: (3,) shift of the point. rotation_deg: (3,) pitch, roll, yaw.
    centre_mm: (3,) the point turned about, in patient mm of the fixed frame.
    """

    terms: Terms
    translation_mm: Float
    rotation_deg: Float
    centre_mm: Float
    transform: Transform

    @property
    def angle_deg(self) -> float:
        """The whole turn about its own axis."""
        return total_angle_deg(self.transform)

    def words(self) -> list[str]:
        """Each shift and each turn in words, those that can't be seen left out."""
        shifts = [
            f"{abs(v):.1f} mm {SHIFTS[self.terms][axis][int(v < 0)]}"
            for axis, v in enumerate(self.translation_mm) if abs(v) >= _UNSEEN_MM
        ]  # fmt: skip
        turns = [
            f"{abs(v):.1f}° {ANGLES[axis]}, {TURNS[self.terms][axis][int(v < 0)]}"
            for axis, v in enumerate(self.rotation_deg) if abs(v) >= _UNSEEN_DEG
        ]  # fmt: skip
        return [*(shifts or ["no shift"]), *(turns or ["no turn"])]

    def as_dict(self) -> dict[str, Any]:
        """{"translation_mm", "rotation_deg", "centre_mm", "words"} as JSON values."""
        return {
            "translation_mm": [round(float(v), 3) for v in self.translation_mm],
            "rotation_deg": [round(float(v), 3) for v in self.rotation_deg],
            "centre_mm": [round(float(v), 3) for v in self.centre_mm],
            "words": self.words(),
        }


def to_iec(points_mm: ArrayLike, patient_position: str) -> Float:
    """Patient directions (..., 3) in the couch's axes.

    >>> to_iec((10, 20, 30), "HFS").tolist()
    [10.0, 30.0, -20.0]
    """
    found: Float = np.asarray(points_mm, dtype=np.float64) @ _iec(patient_position).T
    return found


def in_patient_terms(transform: Transform, centre_mm: ArrayLike) -> SixDegrees:
    """How the anatomy has moved, from the fixed image to the moving one: shift of a point and turn about it."""
    centre = np.asarray(centre_mm, dtype=np.float64)
    return SixDegrees("patient", transform.translation_mm(centre), transform.rotation_deg(), centre, transform)


def in_couch_terms(transform: Transform, centre_mm: ArrayLike, patient_position: str) -> SixDegrees:
    """The same along the couch's axes. RegistrationError where it is not known how the patient lies."""
    centre, axes = np.asarray(centre_mm, dtype=np.float64), np.eye(4)
    axes[:3, :3] = _iec(patient_position)
    turned = Transform(axes @ transform.matrix @ axes.T)
    shift = to_iec(transform.translation_mm(centre), patient_position)
    return SixDegrees("couch", shift, turned.rotation_deg(), centre, turned)


def correction(transform: Transform) -> Transform:
    """What brings the anatomy back to where it was planned: the inverse (about a point: R^T and -R^T t)."""
    return transform.inverse()


def at_another_pivot(translation_mm: ArrayLike, rotation: ArrayLike, from_mm: ArrayLike, to_mm: ArrayLike) -> Float:
    """(3,) the shift about another point of the same map: t_to = t_from + (R - I)(c_to - c_from).

    rotation: (3, 3). A shift fitted at a region's centre belongs to that centre: moved to the isocentre it differs.
    """
    arm = np.asarray(to_mm, dtype=np.float64) - np.asarray(from_mm, dtype=np.float64)
    found: Float = np.asarray(translation_mm, dtype=np.float64) + (np.asarray(rotation) - np.eye(3)) @ arm
    return found


def total_angle_deg(transform: Transform) -> float:
    """The angle of the whole turn."""
    return float(np.degrees(np.arccos(np.clip((np.trace(transform.matrix[:3, :3]) - 1) / 2, -1, 1))))


def residual_mm(rotation_deg: ArrayLike, arm_mm: ArrayLike, degrees: Literal[3, 4, 6]) -> float:
    """How far a point remains off when a couch corrects only some of the degrees: d = (R - I) r.

    rotation_deg: pitch, roll and yaw of the error. arm_mm: (3,) from the isocentre to the point, couch axes.
    degrees: 3 corrects shifts alone, 4 the yaw, too, and 6 everything.
    """
    pitch, roll, yaw = (float(v) for v in np.asarray(rotation_deg, dtype=np.float64))
    left = {3: (pitch, roll, yaw), 4: (pitch, roll, 0.0), 6: (0.0, 0.0, 0.0)}[degrees]
    arm = np.asarray(arm_mm, dtype=np.float64)
    return float(np.linalg.norm(Transform.from_rigid(rotation_deg=left).apply(arm) - arm))


def _iec(patient_position: str) -> Float:
    if patient_position not in IEC_OF_LPS:
        told = f"“{patient_position}”" if patient_position else "nothing"
        raise RegistrationError(
            f"Couch terms need to know how the patient lies (HFS, HFP, FFS or FFP); the image says {told}"
        )
    return np.array(IEC_OF_LPS[patient_position], dtype=np.float64)
