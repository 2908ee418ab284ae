"""Affine maps between frames of reference (DICOM PS3.3 C.20.2), and the rigid ones among them.

House convention for the angles of a rigid map (IEC-like, column vectors): R = Rz(yaw) Ry(roll) Rx(pitch) about
a stated centre, p' = R (p - c) + c + t. The 4 x 4 matrix is the truth; angles are for display.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.errors import GeometryError

if TYPE_CHECKING:
    from workstation.geometry.deformation import SpatialMap

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Transform:
    """A (4, 4) homogeneous matrix on patient points (x, y, z) in mm, column vectors.

    >>> shift = Transform.from_rigid(translation_mm=(1, 2, 3))
    >>> shift.apply([[0.0, 0.0, 0.0]]).tolist()
    [[1.0, 2.0, 3.0]]
    """

    matrix: Float

    def __init__(self, matrix: ArrayLike) -> None:
        m = np.array(matrix, dtype=np.float64)
        if m.size == 16:
            m = m.reshape(4, 4)
        if m.shape != (4, 4) or not np.isfinite(m).all() or not np.allclose(m[3], (0, 0, 0, 1), atol=1e-6):
            raise GeometryError("A transform needs a 4 x 4 matrix of finite numbers whose last row is 0 0 0 1")
        if abs(np.linalg.det(m[:3, :3])) < 1e-9:
            raise GeometryError("A transform that flattens space has no inverse")
        m.setflags(write=False)
        object.__setattr__(self, "matrix", m)

    @staticmethod
    def identity() -> Transform:
        """The map that moves nothing."""
        return Transform(np.eye(4))

    @staticmethod
    def from_rigid(
        translation_mm: ArrayLike = (0, 0, 0), rotation_deg: ArrayLike = (0, 0, 0), centre_mm: ArrayLike = (0, 0, 0)
    ) -> Transform:
        """Rigid map from a shift, angles (pitch about x, roll about y, yaw about z) and the point turned about."""
        rx, ry, rz = np.radians(np.asarray(rotation_deg, dtype=np.float64))
        t, c = np.asarray(translation_mm, dtype=np.float64), np.asarray(centre_mm, dtype=np.float64)
        r = _about(2, rz) @ _about(1, ry) @ _about(0, rx)
        m = np.eye(4)
        m[:3, :3] = r
        m[:3, 3] = c + t - r @ c
        return Transform(m)

    def apply(self, points_mm: ArrayLike) -> Float:
        """Mapped points (..., 3) of points (..., 3)."""
        mapped: Float = np.asarray(points_mm, dtype=np.float64) @ self.matrix[:3, :3].T + self.matrix[:3, 3]
        return mapped

    def inverse(self) -> Transform:
        """The map back."""
        return self._inverse

    @cached_property
    def _inverse(self) -> Transform:
        return Transform(np.linalg.inv(self.matrix))

    @overload
    def after(self, first: Transform) -> Transform: ...
    @overload
    def after(self, first: SpatialMap) -> SpatialMap: ...
    def after(self, first: SpatialMap) -> SpatialMap:
        """The map that does `first`, then this one."""
        if isinstance(first, Transform):
            return Transform(self.matrix @ first.matrix)
        return type(first)((*first.steps, self))

    def is_rigid(self, tolerance: float = 1e-4) -> bool:
        """Whether it keeps distances and handedness (no scale, no mirror)."""
        r = self.matrix[:3, :3]
        return bool(np.allclose(r @ r.T, np.eye(3), atol=tolerance) and np.linalg.det(r) > 0)

    def is_identity(self, tolerance_mm: float = 1e-9) -> bool:
        """Whether it moves nothing."""
        return bool(np.allclose(self.matrix, np.eye(4), atol=tolerance_mm))

    def rotation_deg(self) -> Float:
        """(3,) pitch, roll, yaw of a rigid map in degrees."""
        r = self.matrix[:3, :3]
        ry = np.arcsin(np.clip(-r[2, 0], -1, 1))
        rx, rz = np.arctan2(r[2, 1], r[2, 2]), np.arctan2(r[1, 0], r[0, 0])
        angles: Float = np.degrees(np.array([rx, ry, rz]))
        return angles

    def translation_mm(self, centre_mm: ArrayLike = (0, 0, 0)) -> Float:
        """(3,) shift of the point `centre_mm`, in mm."""
        c = np.asarray(centre_mm, dtype=np.float64)
        shift: Float = self.apply(c) - c
        return shift


def _about(axis: int, angle: float) -> Float:
    c, s = np.cos(angle), np.sin(angle)
    a, b = (axis + 1) % 3, (axis + 2) % 3
    r = np.eye(3)
    r[a, a] = r[b, b] = c
    r[a, b], r[b, a] = -s, s
    return r
