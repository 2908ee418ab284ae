"""The voxel lattice of an image: the only place where indices and patient millimetres meet.

The affine is DICOM PS3.3 C.7.6.2.1.1 extended by the slice direction: the k axis runs from one slice's
ImagePositionPatient to the next one's, so a tilted gantry is a sheared lattice and needs no resampling.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.errors import GeometryError

Float = NDArray[np.float64]


def _frozen(values: ArrayLike, shape: tuple[int, ...], what: str) -> Float:
    array = np.array(values, dtype=np.float64)
    if array.shape != shape or not np.isfinite(array).all():
        raise GeometryError(f"{what} must be {shape} finite numbers, got {values!r}")
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False)
class Grid:
    """A regular lattice of voxel centres in DICOM patient coordinates (LPS, millimetres).

    Parameters
    ----------
    origin_mm : (3,) centre of voxel (i, j, k) = (0, 0, 0), as (x, y, z).
    spacing_mm : (3,) distance between neighbouring centres along i (columns), j (rows), k (slices); positive.
    direction : (3, 3) unit vectors of the i, j and k axes as *columns*. They need not be orthogonal
        (gantry tilt) nor right-handed, but must span space.
    size : (3,) number of voxels along i, j, k. The array that belongs to a grid has shape (k, j, i).
    """

    origin_mm: Float
    spacing_mm: Float
    direction: Float
    size: tuple[int, int, int]

    def __init__(self, origin_mm: ArrayLike, spacing_mm: ArrayLike, direction: ArrayLike, size: ArrayLike) -> None:
        object.__setattr__(self, "origin_mm", _frozen(origin_mm, (3,), "The origin of a grid"))
        object.__setattr__(self, "spacing_mm", _frozen(spacing_mm, (3,), "The spacing of a grid"))
        object.__setattr__(self, "direction", _frozen(direction, (3, 3), "The direction of a grid"))
        i, j, k = (int(n) for n in np.asarray(size).ravel())
        object.__setattr__(self, "size", (i, j, k))
        if (self.spacing_mm <= 0).any():
            raise GeometryError(f"The spacing of a grid must be positive, got {self.spacing_mm.tolist()} mm")
        if min(self.size) < 1:
            raise GeometryError(f"A grid needs at least one voxel along each axis, got {self.size}")
        if not np.allclose(np.linalg.norm(self.direction, axis=0), 1.0, atol=1e-3):
            raise GeometryError("The axes of a grid must be unit vectors")
        if abs(np.linalg.det(self.direction)) < 0.1:
            raise GeometryError("The axes of a grid must span space: two of them are nearly parallel")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape (k, j, i) of the array on this grid."""
        return self.size[2], self.size[1], self.size[0]

    @cached_property
    def matrix(self) -> Float:
        """(4, 4) homogeneous matrix that takes an index (i, j, k) to patient millimetres."""
        m = np.eye(4)
        m[:3, :3] = self.direction * self.spacing_mm
        m[:3, 3] = self.origin_mm
        m.setflags(write=False)
        return m

    @cached_property
    def inverse_matrix(self) -> Float:
        """(4, 4) homogeneous matrix that takes patient millimetres to a fractional index (i, j, k)."""
        m: Float = np.asarray(np.linalg.inv(self.matrix), dtype=np.float64)
        m.setflags(write=False)
        return m

    @cached_property
    def normal(self) -> Float:
        """(3,) unit normal of the slices, i x j; along k but for a tilted gantry's shear (sign may differ)."""
        n = np.cross(self.direction[:, 0], self.direction[:, 1])
        n = n / np.linalg.norm(n)
        n.setflags(write=False)
        return n

    def to_patient(self, index: ArrayLike) -> Float:
        """Patient points (..., 3) in mm of indices (..., 3) ordered (i, j, k); fractions allowed."""
        return np.asarray(index, dtype=np.float64) @ self.matrix[:3, :3].T + self.matrix[:3, 3]

    def to_index(self, points_mm: ArrayLike) -> Float:
        """Fractional indices (..., 3) ordered (i, j, k) of patient points (..., 3) in mm."""
        return np.asarray(points_mm, dtype=np.float64) @ self.inverse_matrix[:3, :3].T + self.inverse_matrix[:3, 3]

    @cached_property
    def centre_mm(self) -> Float:
        """(3,) patient point in the middle of the lattice."""
        return self.to_patient((np.array(self.size) - 1) / 2)

    def corners_mm(self) -> Float:
        """(8, 3) patient points of the outer corners (half a voxel outside the outermost centres)."""
        upper = np.array(self.size) - 0.5
        corners = [[(-0.5, upper[a])[b >> a & 1] for a in range(3)] for b in range(8)]
        return self.to_patient(corners)

    def contains(self, points_mm: ArrayLike, slack_voxels: float = 0.5) -> NDArray[np.bool_]:
        """Whether patient points (..., 3) lie within the lattice (by default within the voxels' outer faces)."""
        index = self.to_index(points_mm)
        upper = np.array(self.size) - 1 + slack_voxels
        return np.asarray(((index >= -slack_voxels) & (index <= upper)).all(-1))

    def box(self, start: ArrayLike, size: ArrayLike) -> Grid:
        """The sub-grid that starts at index (i, j, k) `start` with `size` voxels; both may lie outside."""
        return Grid(self.to_patient(start), self.spacing_mm, self.direction, size)

    def same_as(self, other: Grid, tolerance_mm: float = 1e-3) -> bool:
        """Whether both lattices have the same voxels: every corner within `tolerance_mm`."""
        return self.size == other.size and bool(
            np.abs(self.corners_mm() - other.corners_mm()).max() <= tolerance_mm
        )

    @property
    def voxel_volume_cc(self) -> float:
        """Volume of one voxel in cubic centimetres (shear counted)."""
        return float(abs(np.linalg.det(self.matrix[:3, :3])) / 1000.0)
