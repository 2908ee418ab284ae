"""The picture of one plane: a base image and, through its registration, another one laid over it.

What was sampled is kept, so that a change of window, colours or fusion mode only composes anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.deformation import Deformation, SpatialMap, affine_near
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.view.bent_sampling import sample_bent_grid
from workstation.view.color_maps import GREY
from workstation.view.composition import compose_layer, compose_layers
from workstation.view.fusion_look import BLEND, COLOUR, FLICKER, FusionLook, overlay_table_name
from workstation.view.picture_frame import PictureFrame
from workstation.view.sampling_kernels import read_only_line, sample_aligned, sample_oblique
from workstation.view.slab import MAXIMUM, MEAN, Slab, line_samples, plane_shares
from workstation.view.slab_kernels import sample_aligned_extreme, sample_aligned_mean, sample_oblique_slab

Float = NDArray[np.float64]
Picture = NDArray[np.uint32]

THIN = Slab()

# An index step this much smaller than the largest one doesn't move off its axis by a tenth of a voxel in a
# picture of 4000 pixels.
_ALIGNED = 2e-5

# What a pixel costs beside one of a thin slice along the voxels: off their axes, and for each voxel plane of a slab.
_BENT_EFFORT = 3.5
_OBLIQUE_EFFORT, _PLANE_EFFORT, _EXTREME_PLANE_EFFORT, _OBLIQUE_PLANE_EFFORT = 1.6, 0.35, 1.2, 2.0


@dataclass(frozen=True, eq=False)
class Layer:
    """An image as it is to be shown.

    to_image: takes a point of the frame that planes are given in to this image's frame of reference.
    window: centre and width in the image's unit. colors: a name from `color_maps`.
    provisional: whether `to_image` hangs on a registration that nobody has accepted, or is only tried.
    ends: what small and large values mean, in words, where the image is a map of something.
    """

    volume: Volume
    to_image: SpatialMap = field(default_factory=Transform.identity)
    window: tuple[float, float] = (40.0, 400.0)
    colors: str = GREY
    provisional: bool = False
    ends: tuple[str, str] = ("", "")

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
        self._bent: SpatialMap | None = None

    def sample(self, layer: Layer, frame: PictureFrame, slab: Slab = THIN) -> bool:
        """Bring `values` (height, width) float32, NaN outside, up to date; True when they changed."""
        straight = isinstance(layer.to_image, Transform)
        key = (*frame.key, *(layer.to_image.matrix.ravel() if isinstance(layer.to_image, Transform) else ()), *slab.key)
        bent = None if straight else layer.to_image
        if layer.volume is self._volume and key == self._key and bent is self._bent:
            return False
        if layer.volume is not self._volume or self._flat is None:
            self._flat = read_only_line(layer.volume.voxels)
        if self.values.shape != (frame.height, frame.width):
            self.values = np.empty((frame.height, frame.width), np.float32)
        sample_on(layer, frame, self._flat, self.values, slab)
        self._volume, self._key, self._bent = layer.volume, key, bent
        return True


def sample_on(
    layer: Layer, frame: PictureFrame, flat: NDArray[Any], out: NDArray[np.float32], slab: Slab = THIN
) -> None:
    """Fill `out` (height, width) with a layer's values at the centres of a frame's pixels; NaN outside.

    flat: the volume's voxels as `read_only_line` gives them.
    """
    sample_grid(layer.volume.grid, flat, frame, out, layer.to_image, slab)


def sample_grid(
    grid: Grid,
    flat: NDArray[Any],
    frame: PictureFrame,
    out: NDArray[np.float32],
    to_image: SpatialMap | None = None,
    slab: Slab = THIN,
) -> None:
    """Fill `out` (height, width) with interpolated values of a lattice at the centres of a frame's pixels.

    flat: the values as `read_only_line` gives them. to_image: from the frame's frame of reference to the grid's.
    """
    if isinstance(to_image, Deformation):
        sample_bent_grid(grid, flat, frame, out, to_image, slab)
        return
    start_mm, along_mm, down_mm = frame.patient_start_and_steps()
    matrix = grid.inverse_matrix if to_image is None else grid.inverse_matrix @ to_image.matrix
    start = matrix[:3, :3] @ start_mm + matrix[:3, 3]
    step_u, step_v = matrix[:3, :3] @ along_mm, matrix[:3, :3] @ down_mm
    # Index steps for one millimetre along the plane's normal.
    through = matrix[:3, :3] @ frame.plane.normal
    count = np.array(grid.size, dtype=np.int64)
    along, down = _only_axis(step_u), _only_axis(step_v)
    thin = slab.thickness_mm <= 0
    if along is None or down is None or along == down or not (thin or _only_axis(through) == 3 - along - down):
        if thin:
            sample_oblique(flat, count, start, step_u, step_v, out)
        else:
            _sample_oblique_slab(flat, count, start, step_u, step_v, through, slab, out)
        return
    order = [along, down, 3 - along - down]
    stride = np.array([1, count[0], count[0] * count[1]], dtype=np.int64)
    line = flat, count[order], stride[order], start[order], np.array([step_u[along], step_v[down]])
    if thin:
        sample_aligned(*line, out)
    else:
        _sample_aligned_slab(*line, float(abs(through[order[2]])), slab, out)


def effort(layer: Layer, frame: PictureFrame, slab: Slab = THIN) -> float:
    """About how many times longer a pixel takes than one of a thin slice along the image's own axes."""
    _, along_mm, down_mm = frame.patient_start_and_steps()
    straight = affine_near(layer.to_image, frame.plane.origin_mm)
    turn = (layer.volume.grid.inverse_matrix @ straight.matrix)[:3, :3]
    if straight is not layer.to_image:
        return _BENT_EFFORT * max(1.0, slab.thickness_mm / float(layer.volume.grid.spacing_mm.min()) + 1.0)
    along, down, across = (_only_axis(turn @ step) for step in (along_mm, down_mm, frame.plane.normal))
    through = float(np.abs(turn @ frame.plane.normal).max())
    aligned = along is not None and down is not None and along != down
    if slab.thickness_mm <= 0:
        return 1.0 if aligned else _OBLIQUE_EFFORT
    planes = slab.thickness_mm * through + 1.0
    if not aligned or across is None:
        return _OBLIQUE_PLANE_EFFORT * planes
    return max(1.0, (_PLANE_EFFORT if slab.mode == MEAN else _EXTREME_PLANE_EFFORT) * planes)


def _sample_aligned_slab(
    flat: NDArray[Any],
    count: NDArray[np.int64],
    stride: NDArray[np.int64],
    start: Float,
    step: Float,
    per_mm: float,
    slab: Slab,
    out: NDArray[np.float32],
) -> None:
    """per_mm: voxels across for a millimetre along the normal; the rest as `sample_aligned` takes it."""
    planes, fractions, weights = line_samples(float(start[2]), slab.thickness_mm / 2 * per_mm, int(count[2]))
    if not len(planes):
        out[:] = np.nan
    elif slab.mode == MEAN:
        sample_aligned_mean(flat, count, stride, start, step, *plane_shares(planes, fractions, weights), out)
    else:
        sign = np.float32(1.0 if slab.mode == MAXIMUM else -1.0)
        sample_aligned_extreme(flat, count, stride, start, step, planes, fractions, sign, out)


def _sample_oblique_slab(
    flat: NDArray[Any],
    count: NDArray[np.int64],
    start: Float,
    step_u: Float,
    step_v: Float,
    through: Float,
    slab: Slab,
    out: NDArray[np.float32],
) -> None:
    """through: index steps for a millimetre along the normal; the rest as `sample_oblique` takes it."""
    # No step leads further than to the next voxel along any axis.
    offsets, weights = slab.offsets_mm(1.0 / float(np.abs(through).max()))
    sign = np.float32({MEAN: 0.0, MAXIMUM: 1.0}.get(slab.mode, -1.0))
    shifts = offsets[:, None] * through
    sample_oblique_slab(flat, count, start, step_u, step_v, shifts, weights.astype(np.float32), sign, out)


def _only_axis(step: Float) -> int | None:
    """The one index axis that a step moves along, or None when it moves along several."""
    # Plain numbers: three of them are not worth an array, and every outline of every frame asks.
    size = [abs(each) for each in step.tolist()]
    largest = max(size)
    axis = size.index(largest)
    return axis if max(size[axis - 2], size[axis - 1]) <= _ALIGNED * largest else None


class SliceScene:
    """Keeps what one viewport shows and makes its picture.

    `base`, `overlay`, `look` and `slab` are replaced, not changed. overlay None: the base alone. look: how the overlay
    lies on the base. slab: how thick the slices of both are.
    """

    def __init__(self) -> None:
        self.base: Layer | None = None
        self.overlay: Layer | None = None
        self.look = FusionLook()
        self.slab = THIN
        self._sampled = (SampledLayer(), SampledLayer())
        self._picture: Picture = np.zeros((0, 0), np.uint32)
        self._composed: tuple[object, ...] | None = None
        self.sampled = False
        """Whether the last picture was sampled anew, which is what takes time."""

    def effort(self, frame: PictureFrame) -> float:
        """About how many times longer a pixel takes than one of a thin, straight slice of one image."""
        return sum(effort(layer, frame, self.slab) for layer in self._shown() if layer is not None) or 1.0

    def picture(self, frame: PictureFrame) -> Picture:
        """The picture (height, width) uint32 0xAARRGGBB of a frame; black where there is nothing.

        The array is the scene's own and is overwritten by the next picture of the same size.
        """
        if self._picture.shape != (frame.height, frame.width):
            self._picture = np.zeros((frame.height, frame.width), np.uint32)
            self._composed = None
        shown = self._shown()
        changed = False
        for layer, sampled in zip(shown, self._sampled, strict=True):
            if layer is not None:
                changed |= sampled.sample(layer, frame, self.slab)
        self.sampled = changed
        wanted = (self.look, *(_appearance(layer) for layer in shown))
        if changed or wanted != self._composed:
            self._compose(*shown, frame)
            self._composed = wanted
        return self._picture

    def _shown(self) -> tuple[Layer | None, Layer | None]:
        """Base and overlay, without the one that can't be seen: only the others are sampled."""
        base, overlay, look = self.base, self.overlay, self.look
        if look.mode in (BLEND, COLOUR) and look.opacity <= 0:
            return base, None
        if look.mode == FLICKER and base is not None and overlay is not None:
            return (None, overlay) if look.flicker_overlay else (base, None)
        return base, overlay

    def _compose(self, base: Layer | None, overlay: Layer | None, frame: PictureFrame) -> None:
        below, above = (sampled.values for sampled in self._sampled)
        if base is not None and overlay is not None:
            compose_layers(self.look, base, below, overlay, above, frame, self._picture)
        elif base is not None:
            compose_layer(base, below, base.colors, self._picture)
        elif overlay is not None:
            compose_layer(overlay, above, overlay_table_name(self.look, overlay), self._picture)
        else:
            self._picture[:] = 0xFF000000


def _appearance(layer: Layer | None) -> tuple[object, ...] | None:
    return None if layer is None else (id(layer.volume), layer.window, layer.colors)
