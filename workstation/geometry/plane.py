"""A right-handed frame on a plane in patient space: where contours are drawn and slices are looked at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.errors import GeometryError

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Plane:
    """An orthonormal frame (u, v, normal = u x v) at an origin, in DICOM patient coordinates (LPS, mm).

    Plane coordinates are (u, v) in the plane and w along the normal, all in millimetres from the origin.

    >>> axial = Plane((0, 0, 40), (1, 0, 0), (0, 1, 0))
    >>> axial.to_patient([[10.0, 5.0]], w_mm=1.5).tolist()
    [[10.0, 5.0, 41.5]]
    """

    origin_mm: Float
    u: Float
    v: Float
    normal: Float

    def __init__(self, origin_mm: ArrayLike, u: ArrayLike, v: ArrayLike) -> None:
        origin = np.array(origin_mm, dtype=np.float64)
        first, second = np.array(u, dtype=np.float64), np.array(v, dtype=np.float64)
        if origin.shape != (3,) or first.shape != (3,) or second.shape != (3,):
            raise GeometryError("A plane needs an origin and two axes of three numbers each")
        length = np.linalg.norm(first)
        if not np.isfinite(origin).all() or not length > 0:
            raise GeometryError("A plane needs a finite origin and axes that are not zero")
        first = first / length
        second = second - first * (first @ second)
        length = np.linalg.norm(second)
        if not length > 1e-6:
            raise GeometryError("The two axes of a plane must not be parallel")
        second = second / length
        normal = np.cross(first, second)
        for name, array in (("origin_mm", origin), ("u", first), ("v", second), ("normal", normal)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @cached_property
    def axes(self) -> Float:
        """(3, 3) rows u, v, normal, read-only: multiplies patient offsets into plane coordinates."""
        axes: Float = np.array([self.u, self.v, self.normal])
        axes.setflags(write=False)
        return axes

    def to_plane(self, points_mm: ArrayLike) -> Float:
        """Plane coordinates (..., 3) as (u, v, w) in mm of patient points (..., 3)."""
        return (np.asarray(points_mm, dtype=np.float64) - self.origin_mm) @ self.axes.T

    def to_patient(self, uv_mm: ArrayLike, w_mm: float = 0.0) -> Float:
        """Patient points (..., 3) of plane points (..., 2), lifted by `w_mm` along the normal."""
        uv = np.asarray(uv_mm, dtype=np.float64)
        return self.origin_mm + uv[..., :1] * self.u + uv[..., 1:2] * self.v + w_mm * self.normal

    def vector_to_patient(self, uv: ArrayLike) -> Float:
        """Patient direction (..., 3) of an in-plane direction (..., 2)."""
        d = np.asarray(uv, dtype=np.float64)
        return d[..., :1] * self.u + d[..., 1:2] * self.v

    def moved(self, w_mm: float) -> Plane:
        """The parallel plane `w_mm` further along the normal."""
        return Plane(self.origin_mm + w_mm * self.normal, self.u, self.v)

    def through(self, point_mm: ArrayLike) -> Plane:
        """The parallel plane through a patient point, its origin slid along the normal only."""
        return self.moved(float(self.to_plane(point_mm)[..., 2]))

    def is_parallel_to(self, other: Plane, tolerance_deg: float = 0.1) -> bool:
        """Whether the normals agree up to sign."""
        cosine = min(1.0, abs(float(self.normal @ other.normal)))
        return bool(np.degrees(np.arccos(cosine)) <= tolerance_deg)

    @staticmethod
    def axial(z_mm: float = 0.0) -> Plane:
        """Seen from the feet: u to the patient's left, v to posterior."""
        return Plane((0.0, 0.0, z_mm), (1, 0, 0), (0, 1, 0))

    @staticmethod
    def sagittal(x_mm: float = 0.0) -> Plane:
        """Seen from the patient's left: u to posterior, v to the feet."""
        return Plane((x_mm, 0.0, 0.0), (0, 1, 0), (0, 0, -1))

    @staticmethod
    def coronal(y_mm: float = 0.0) -> Plane:
        """Seen from the front: u to the patient's left, v to the feet."""
        return Plane((0.0, y_mm, 0.0), (1, 0, 0), (0, 0, -1))
