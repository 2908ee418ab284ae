# mypy: disable-error-code="no-untyped-call"
"""A volume looked up on another grid, through a registration: for fusion without a screen, and for export.

The map from one lattice to the other is composed into a single affine of indices, so that sheared grids (a tilted
gantry), which ITK's images can't describe, are exact too.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its own name for itself)
from numpy.typing import NDArray

from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.errors import ImageError
from workstation.images.volume import Volume
from workstation.images.windows import is_ct

AIR_HU = -1000.0


def resample(
    volume: Volume,
    grid: Grid,
    transform: Transform | None = None,
    fill: float | None = None,
    *,
    nearest: bool = False,
    frame_of_reference_uid: str | None = None,
) -> Volume:
    """The volume's values at the voxel centres of `grid`, linearly interpolated (or from the nearest voxel).

    transform: takes points (mm) of the grid's frame to the volume's own: a registration's `fixed_to_moving`.
    fill: value where the volume does not reach; by default air (-1000) for CT, else 0.
    frame_of_reference_uid: the frame that `grid` lies in; by default the volume's own, which is only right
        without a transform.
    The result keeps the volume's key with " resampled" behind it and names no slices or files: none was acquired.
    """
    if transform is not None and frame_of_reference_uid is None:
        raise ImageError("Resampling through a registration needs the frame of reference that the grid lies in")
    outside = fill if fill is not None else (AIR_HU if is_ct(volume) else 0.0)
    voxels = _looked_up(volume, grid, transform or Transform.identity(), outside, nearest)
    frame = volume.frame_of_reference_uid if frame_of_reference_uid is None else frame_of_reference_uid
    return replace(
        volume, key=f"{volume.key} resampled", voxels=voxels, grid=grid, slices=(), files=(),
        frame_of_reference_uid=frame,
    )  # fmt: skip


def _looked_up(
    volume: Volume, grid: Grid, transform: Transform, outside: float, nearest: bool
) -> NDArray[np.int16] | NDArray[np.float32]:
    """Voxels [k, j, i] on `grid`, in the volume's own dtype."""
    index_map = volume.grid.inverse_matrix @ transform.matrix @ grid.matrix
    affine = sitk.AffineTransform(3)
    affine.SetMatrix(tuple(float(v) for v in index_map[:3, :3].ravel()))
    affine.SetTranslation(tuple(float(v) for v in index_map[:3, 3]))
    whole = volume.voxels.dtype == np.int16
    image = sitk.GetImageFromArray(volume.voxels if nearest else volume.voxels.astype(np.float32))
    resampler = sitk.ResampleImageFilter()
    resampler.SetSize([int(n) for n in grid.size])
    resampler.SetTransform(affine)
    resampler.SetInterpolator(sitk.sitkNearestNeighbor if nearest else sitk.sitkLinear)
    resampler.SetDefaultPixelValue(float(outside))
    values = sitk.GetArrayFromImage(resampler.Execute(image))
    if not whole:
        return values.astype(np.float32, copy=False)
    rounded: NDArray[np.int16] = np.clip(np.rint(values), -32768, 32767).astype(np.int16)
    return rounded
