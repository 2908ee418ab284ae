"""The picture of one plane: a base image and, through its registration, another one laid over it.

What was sampled is kept, so that a change of window, colours or opacity only composes anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.view.color_maps import GREY, color_table
from workstation.view.compose_kernels import OPAQUE, compose_one, compose_two
from workstation.view.picture_frame import PictureFrame
from workstation.view.sampling_kernels import read_only_line, sample_aligned, sample_oblique

Float = NDArray[np.float64]
Picture = NDArray[np.uint32]

# An index step this much smaller than the largest one doesn't move off its axis by a tenth of a voxel in a
# picture of 4000 pixels.
_ALIGNED = 2e-5


@dataclass(frozen=True, eq=False)
class Layer:
    """An image as it is to be shown.

    to_image: takes a point of the frame that planes are given in to this image's frame of reference.
    window: centre and width in the image's unit. colors: a name from `color_maps`.
    """

    volume: Volume
    to_image: Transform = field(default_factory=Transform.identity)
    window: tuple[float, float] = (40.0, 400.0)
    colors: str = GREY

    def index_of(self, points_mm: ArrayLike) -> Float:
        """Fractional voxel indices (..., 3) as (i, j, k) of shown points (..., 3) in mm."""
        return self.volume.grid.to_index(self.to_image.apply(points_mm))

    def value_at(self, point_mm: ArrayLike) -> float | None:
        """The value of the voxel that a shown point lies in, or None outside of the image."""
        index = np.rint(self.index_of(point_mm)).astype(int)
        if (index < 0).any() or (index >= np.array(self.volume.grid.size)).any():
            return None
        return float(self.volume.voxels[index[2], index[1], index[0]])


class SampledLayer:
    """One image sampled on the last frame that was asked for."""

    def __init__(self) -> None:
        self.values: NDArray[np.float32] = np.empty((0, 0), np.float32)
        self._flat: NDArray[Any] | None = None
        self._volume: Volume | None = None
        self._key: tuple[float | int, ...] | None = None

    def sample(self, layer: Layer, frame: PictureFrame) -> bool:
        """Bring `values` (height, width) float32, NaN outside, up to date; True when they changed."""
        key = (*frame.key, *layer.to_image.matrix.ravel())
        if layer.volume is self._volume and key == self._key:
            return False
        if layer.volume is not self._volume or self._flat is None:
            self._flat = read_only_line(layer.volume.voxels)
        if self.values.shape != (frame.height, frame.width):
            self.values = np.empty((frame.height, frame.width), np.float32)
        sample_on(layer, frame, self._flat, self.values)
        self._volume, self._key = layer.volume, key
        return True


def sample_on(layer: Layer, frame: PictureFrame, flat: NDArray[Any], out: NDArray[np.float32]) -> None:
    """Fill `out` (height, width) with a layer's values at the centres of a frame's pixels; NaN outside.

    flat: the volume's voxels as `read_only_line` gives them.
    """
    sample_grid(layer.volume.grid, flat, frame, out, layer.to_image)


def sample_grid(
    grid: Grid,
    flat: NDArray[Any],
    frame: PictureFrame,
    out: NDArray[np.float32],
    to_image: Transform | None = None,
) -> None:
    """Fill `out` (height, width) with interpolated values of a lattice at the centres of a frame's pixels.

    flat: the values as `read_only_line` gives them. to_image: from the frame's frame of reference to the grid's.
    """
    start_mm, along_mm, down_mm = frame.patient_start_and_steps()
    matrix = grid.inverse_matrix if to_image is None else grid.inverse_matrix @ to_image.matrix
    start = matrix[:3, :3] @ start_mm + matrix[:3, 3]
    step_u, step_v = matrix[:3, :3] @ along_mm, matrix[:3, :3] @ down_mm
    count = np.array(grid.size, dtype=np.int64)
    along, down = _only_axis(step_u), _only_axis(step_v)
    if along is None or down is None or along == down:
        sample_oblique(flat, count, start, step_u, step_v, out)
        return
    order = [along, down, 3 - along - down]
    stride = np.array([1, count[0], count[0] * count[1]], dtype=np.int64)
    sample_aligned(flat, count[order], stride[order], start[order], np.array([step_u[along], step_v[down]]), out)


def _only_axis(step: Float) -> int | None:
    """The one index axis that a step moves along, or None when it moves along several."""
    size = np.abs(step)
    axis = int(np.argmax(size))
    return axis if np.delete(size, axis).max() <= _ALIGNED * size[axis] else None


class SliceScene:
    """Keeps what one viewport shows and makes its picture.

    `base` and `overlay` are replaced, not changed; `opacity` is the overlay's, 0 to 1. `overlay` None: base alone.
    """

    def __init__(self) -> None:
        self.base: Layer | None = None
        self.overlay: Layer | None = None
        self.opacity = 0.4
        self._sampled = (SampledLayer(), SampledLayer())
        self._picture: Picture = np.zeros((0, 0), np.uint32)
        self._composed: tuple[object, ...] | None = None

    def picture(self, frame: PictureFrame) -> Picture:
        """The picture (height, width) uint32 0xAARRGGBB of a frame; black where there is nothing.

        The array is the scene's own and is overwritten by the next picture of the same size.
        """
        if self._picture.shape != (frame.height, frame.width):
            self._picture = np.zeros((frame.height, frame.width), np.uint32)
            self._composed = None
        overlay = self.overlay if self.opacity > 0 else None
        changed = False
        for layer, sampled in zip((self.base, overlay), self._sampled, strict=True):
            if layer is not None:
                changed |= sampled.sample(layer, frame)
        looks = tuple(
            (id(layer.volume), layer.window, layer.colors) if layer else None for layer in (self.base, overlay)
        )
        wanted = (*looks, self.opacity)
        if changed or wanted != self._composed:
            self._compose(overlay)
            self._composed = wanted
        return self._picture

    def _compose(self, overlay: Layer | None) -> None:
        below, above = self._sampled
        if self.base is None and overlay is None:
            self._picture[:] = 0xFF000000
        elif self.base is None or overlay is None:
            layer, sampled = (self.base, below) if self.base is not None else (overlay, above)
            assert layer is not None
            compose_one(sampled.values, *_table_of(layer), self._picture)
        else:
            weight = round(min(max(self.opacity, 0.0), 1.0) * OPAQUE)
            compose_two(
                below.values, *_table_of(self.base), above.values, *_table_of(overlay), weight, self._picture
            )


def _table_of(layer: Layer) -> tuple[np.float32, np.float32, NDArray[np.uint32]]:
    """(lower, scale, table) for the compose kernels."""
    centre, width = layer.window
    width = max(width, 1e-6)
    return np.float32(centre - width / 2), np.float32(255.0 / width), color_table(layer.colors)
