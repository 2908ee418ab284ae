# mypy: disable-error-code="no-untyped-call"
"""Where a rigid registration may begin: several candidates, so that no single guess has to be right."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its own name for itself)
from numpy.typing import NDArray

from workstation.fusion.preparation import Prepared
from workstation.geometry.transform import Transform

Float = NDArray[np.float64]

TILT_DEG = 15.0
SMALLEST_OVERLAP = 0.3


def candidates(fixed: Prepared, moving: Prepared, same_frame: bool) -> list[Transform]:
    """Maps fixed to moving worth a try, most likely first.

    Images of one frame of reference are taken at their word; others may also begin with their middles or their
    centres of mass on each other, upright or tilted by 15 degrees about each axis.
    """
    if same_frame:
        return [Transform.identity()]
    shifts = [
        np.zeros(3),
        moving.centre_of_mass_mm - fixed.centre_of_mass_mm,
        moving.centre_mm - fixed.centre_mm,
    ]
    tilts = [(0.0, 0.0, 0.0), *(tuple(sign * TILT_DEG * axis) for axis in np.eye(3) for sign in (-1, 1))]
    found = [
        Transform.from_rigid(shift, tilt, fixed.centre_of_mass_mm) for tilt in tilts for shift in shifts
    ]
    return [t for t in found if overlap(fixed, moving, t) >= SMALLEST_OVERLAP]


def overlap(fixed: Prepared, moving: Prepared, transform: Transform) -> float:
    """Share of the smaller body that lies in the other one under a map fixed to moving, 0..1."""
    points = _inside_points(fixed.body)
    there = _lookup(moving.body, transform.apply(points)) > 0
    common_mm3 = float(np.count_nonzero(there)) * _voxel_mm3(fixed.body) * _STRIDE
    smaller_mm3 = min(_volume_mm3(fixed.body), _volume_mm3(moving.body))
    return min(1.0, common_mm3 / max(smaller_mm3, 1e-9))


_STRIDE = 7


def _inside_points(body: sitk.Image) -> Float:
    index = np.argwhere(sitk.GetArrayViewFromImage(body) > 0)[::_STRIDE, ::-1].astype(np.float64)
    matrix = np.array(body.GetDirection()).reshape(3, 3) * np.array(body.GetSpacing())
    points: Float = index @ matrix.T + np.array(body.GetOrigin())
    return points


def _lookup(image: sitk.Image, points: Float) -> NDArray[np.uint8]:
    """Nearest voxel's value at patient points (n, 3); 0 outside."""
    matrix = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
    index = np.rint((points - np.array(image.GetOrigin())) @ np.linalg.inv(matrix).T).astype(int)
    array = sitk.GetArrayViewFromImage(image)
    inside = ((index >= 0) & (index < np.array(image.GetSize()))).all(1)
    out = np.zeros(len(points), dtype=np.uint8)
    i, j, k = index[inside].T
    out[inside] = array[k, j, i]
    return out


def _voxel_mm3(image: sitk.Image) -> float:
    return float(np.prod(image.GetSpacing()))


def _volume_mm3(body: sitk.Image) -> float:
    return float(np.count_nonzero(sitk.GetArrayViewFromImage(body))) * _voxel_mm3(body)
