# mypy: disable-error-code="no-untyped-call"
"""Between volumes on a grid and SimpleITK images; both hold patient coordinates (LPS, mm), so nothing is flipped."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its own name for itself)
from numpy.typing import NDArray

from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform


def image_on(grid: Grid, voxels: NDArray[np.float32] | NDArray[np.uint8]) -> sitk.Image:
    """A SimpleITK image of an array (k, j, i) on a grid."""
    image = sitk.GetImageFromArray(np.ascontiguousarray(voxels))
    image.SetOrigin(grid.origin_mm.tolist())
    image.SetSpacing(grid.spacing_mm.tolist())
    image.SetDirection(grid.direction.ravel().tolist())
    return image


def transform_of(rigid: sitk.Transform) -> Transform:
    """The affine map (fixed point to moving point, mm) that a linear SimpleITK transform stands for."""
    origin = np.array(rigid.TransformPoint((0.0, 0.0, 0.0)))
    columns = [np.array(rigid.TransformPoint(tuple(axis))) - origin for axis in np.eye(3).tolist()]
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = np.column_stack(columns), origin
    return Transform(matrix)
