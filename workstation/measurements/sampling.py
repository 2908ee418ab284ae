"""An image looked up at patient points, through its registration."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.deformation import SpatialMap
from workstation.images.volume import Volume
from workstation.measurements.point_kernels import interpolated, interpolated_on_plane

Float = NDArray[np.float64]


def values_at(volume: Volume, points_mm: ArrayLike, to_image: SpatialMap | None = None) -> Float:
    """The image's values (n,) at patient points (n, 3), trilinear between voxel centres; NaN outside of the image.

    to_image: takes the points to the image's frame of reference; None where they are in it already.
    """
    points = np.asarray(points_mm, dtype=np.float64).reshape(-1, 3)
    return values_at_index(volume, volume.grid.to_index(points if to_image is None else to_image.apply(points)))


def values_at_index(volume: Volume, index: Float) -> Float:
    """As `values_at`, at fractional indices (n, 3) ordered (i, j, k)."""
    out = np.empty(len(index), dtype=np.float64)
    interpolated(_read_only(volume.voxels), np.ascontiguousarray(index, dtype=np.float64), out)
    return out


def values_on_plane(volume: Volume, start: Float, along: Float, down: Float, weights: Float) -> Float:
    """The image's values (rows, columns) on a plane where `weights` of that shape is positive; NaN elsewhere.

    start, along, down: (3,) fractional index (i, j, k) of the first pixel and its steps along a row and a column.
    """
    out = np.empty(weights.shape, dtype=np.float64)
    interpolated_on_plane(_read_only(volume.voxels), start, along, down, weights, out)
    return out


def _read_only(voxels: NDArray[Any]) -> NDArray[Any]:
    """The kernel is compiled once, for read-only memory in the order [k, j, i]."""
    view = np.ascontiguousarray(voxels).view()
    view.setflags(write=False)
    return view
