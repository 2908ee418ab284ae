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

from workstation.geometry.deformation import SpatialMap
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.errors import ImageError
from workstation.images.lookup_kernels import values_at_index
from workstation.images.volume import Volume
from workstation.images.windows import is_ct
from workstation.jobs.progress import Progress, silent

AIR_HU = -1000.0


def resample(
    volume: Volume,
    grid: Grid,
    transform: SpatialMap | None = None,
    fill: float | None = None,
    *,
    nearest: bool = False,
    frame_of_reference_uid: str | None = None,
    progress: Progress = silent,
) -> Volume:
    """The volume's values at the voxel centres of `grid`, linearly interpolated (or from the nearest voxel).

    transform: takes points (mm) of the grid's frame to the volume's own: a registration's `fixed_to_moving`, or a
        whole chain of them; whatever its steps are, the volume is looked up once.
    fill: value where the volume does not reach; by default air (-1000) for CT, else 0.
    frame_of_reference_uid: the frame that `grid` lies in; by default the volume's own, which is only right
        without a transform.
    The result keeps the volume's key with " resampled" behind it and names no slices or files: none was acquired.
    """
    if transform is not None and frame_of_reference_uid is None:
        raise ImageError("Resampling through a registration needs the frame of reference that the grid lies in")
    outside = fill if fill is not None else (AIR_HU if is_ct(volume) else 0.0)
    link = transform or Transform.identity()
    if isinstance(link, Transform):
        voxels = _looked_up(volume, grid, link, outside, nearest)
    else:
        voxels = _looked_up_bent(volume, grid, link, outside, nearest, progress)
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
    return _as_stored(values, whole)


def _looked_up_bent(
    volume: Volume, grid: Grid, link: SpatialMap, outside: float, nearest: bool, progress: Progress
) -> NDArray[np.int16] | NDArray[np.float32]:
    """As `_looked_up`, slice by slice through a map that bends: memory for one slice of points only."""
    slices, rows, columns = grid.shape
    values = np.empty(grid.shape, np.float32)
    j, i = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    index = np.stack([i.ravel(), j.ravel(), np.zeros(i.size, dtype=i.dtype)], axis=-1)
    voxels = np.ascontiguousarray(volume.voxels)
    for k in range(slices):
        progress(k / slices, "Resampling the image")
        index[:, 2] = k
        there = volume.grid.to_index(link.apply(grid.to_patient(index)))
        values_at_index(voxels, np.ascontiguousarray(there), nearest, outside, values[k].reshape(-1))
    return _as_stored(values, volume.voxels.dtype == np.int16)


def _as_stored(values: NDArray[np.float32], whole: bool) -> NDArray[np.int16] | NDArray[np.float32]:
    if not whole:
        return values.astype(np.float32, copy=False)
    rounded: NDArray[np.int16] = np.clip(np.rint(values), -32768, 32767).astype(np.int16)
    return rounded
