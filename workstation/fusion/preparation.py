# mypy: disable-error-code="no-untyped-call,no-any-return"
"""Makes images comparable before registration: a useful range of values, a mask of the body, coarser grids.

A CT is clipped to where soft tissue and bone differ, so that air cells and dental fillings do not take all the
histogram; an MR goes through a logarithm, which turns coil shading into a mere offset and tames bright vessels.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its own name for itself)
from numpy.typing import NDArray

from workstation.fusion.agreement import THREADS, Picture, in_parts
from workstation.fusion.itk_images import image_on
from workstation.fusion.reduction_kernels import local_contrast, reduce_boxes, reduce_through
from workstation.fusion.registration import RegistrationError
from workstation.geometry.grid import Grid
from workstation.images.volume import Volume

Float = NDArray[np.float64]
Single = NDArray[np.float32]

CT_CURVE_HU = ((-1000.0, 0.0), (-600.0, 0.06), (-200.0, 0.12), (200.0, 0.72), (900.0, 1.0))
CT_BODY_HU = -200.0
BODY_MARGIN_MM = 6.0
ENCLOSED_WAYS = 5
FEWEST_SLICES = 4
FINEST_MM = 1.0
COARSE_MM = 4.0
WINDOW_MM, LEAST_CONTRAST = 25.0, 0.02
TABLE = 4096
SEEN_VOXELS = 200_000


@dataclass(frozen=True, eq=False)
class Body:
    """Where the patient is: a mask (k, j, i) on a coarse grid, with a rim of air around it."""

    grid: Grid
    inside: NDArray[np.bool_]

    @property
    def volume_mm3(self) -> float:
        """Of the mask."""
        return float(np.count_nonzero(self.inside)) * self.grid.voxel_volume_cc * 1000

    @property
    def middle_mm(self) -> Float:
        """(3,) its centroid."""
        return self.grid.to_patient(np.argwhere(self.inside).mean(0)[::-1])

    def points_mm(self) -> Float:
        """(n, 3) the centres of its voxels."""
        return self.grid.to_patient(np.argwhere(self.inside)[:, ::-1])

    def holds(self, points_mm: Float) -> NDArray[np.bool_]:
        """Whether patient points (n, 3) lie in it."""
        index = np.rint(self.grid.to_index(points_mm)).astype(np.int64)
        within = ((index >= 0) & (index < np.array(self.grid.size))).all(-1)
        found = np.zeros(len(points_mm), dtype=bool)
        i, j, k = index[within].T
        found[within] = self.inside[k, j, i]
        return found


@dataclass(frozen=True, eq=False)
class Curve:
    """Bends values to 0..1: `table[(value - low) * scale]`."""

    low: float
    scale: float
    table: Single

    @staticmethod
    def of(volume: Volume, low: float, high: float) -> Curve:
        """For a volume whose values lie between two."""
        if shows_hounsfield_units(volume):
            hu, bent = np.array(CT_CURVE_HU).T
            low, high = max(low, hu[0]), min(high, hu[-1])
            at = low + (np.arange(TABLE) + 0.5) * (high - low) / TABLE
            return Curve(low, TABLE / (high - low), np.interp(at, hu, bent).astype(np.float32))
        seen = _seen(volume.voxels)
        floor = min(0.0, float(np.percentile(seen, 0.1)))
        scale = 0.3 * max(float(np.percentile(seen, 60)) - floor, 1e-6 * (high - low))
        top = max(float(np.percentile(seen, 99.8)), floor + 1e-6 * (high - low))
        at = floor + (np.arange(TABLE) + 0.5) * (top - floor) / TABLE
        bent = np.log1p((at - floor) / scale)
        return Curve(floor, TABLE / (top - floor), (bent / bent[-1]).astype(np.float32))

    def __call__(self, value: float) -> float:
        return float(self.table[int(np.clip((value - self.low) * self.scale, 0, TABLE - 1))])


@dataclass(frozen=True, eq=False)
class Prepared:
    """An image ready for registration: values bent to 0..1 by a curve.

    name: for messages. finest: about 1 mm, in the body's box; levels: coarser, made when asked for.
    """

    name: str
    volume: Volume
    finest: Picture
    body: Body
    curve: Curve
    levels: dict[float, Picture] = field(default_factory=dict)
    contrasts: dict[float, Picture] = field(default_factory=dict)

    def at(self, spacing_mm: float) -> Picture:
        """The image at about `spacing_mm` in every direction, never finer than it is."""
        if spacing_mm not in self.levels:
            finer = [s for s in self.levels if s < spacing_mm]
            self.levels[spacing_mm] = coarser(self.levels[max(finer)] if finer else self.finest, spacing_mm)
        return self.levels[spacing_mm]

    def contrast_at(self, spacing_mm: float) -> Picture:
        """The same with every value counted from the mean around it, in deviations: only texture is left."""
        if spacing_mm not in self.contrasts:
            picture = self.at(spacing_mm)
            half = np.maximum(1, np.round(WINDOW_MM / 2 / picture.grid.spacing_mm[::-1])).astype(np.int64)
            out = np.empty_like(picture.values)
            local_contrast(picture.values, half, np.float32(LEAST_CONTRAST), out)
            self.contrasts[spacing_mm] = Picture(out, picture.grid)
        return self.contrasts[spacing_mm]

    def bent(self, value: float) -> float:
        """What an image value has become, 0..1."""
        return self.curve(value)

    @property
    def centre_mm(self) -> Float:
        """(3,) middle of the whole image."""
        return self.volume.grid.centre_mm


def prepare(volume: Volume, role: str) -> Prepared:
    """Check and prepare a volume. role: "fixed" or "moving", for messages.

    Raises RegistrationError for an image of fewer than 4 slices, without contrast, or with values that are no numbers.
    """
    name = f"the {role} image ({volume.description or volume.modality or volume.key})"
    if min(volume.grid.size) < FEWEST_SLICES:
        raise RegistrationError(f"Registration needs a volume: {name} has only {min(volume.grid.size)} slice(s)")
    voxels = volume.voxels
    low, high = float(voxels.min()), float(voxels.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise RegistrationError(f"Registration is not possible: {name} contains values that are no numbers")
    if low == high:
        raise RegistrationError(f"Registration is not possible: {name} has the same value everywhere")
    curve = Curve.of(volume, low, high)
    coarse = _reduced(volume, curve, COARSE_MM, np.zeros(3, np.int64), np.array(volume.grid.size))
    body = _body(coarse, volume, curve)
    first, size = _box_of(body, volume.grid)
    return Prepared(name, volume, _reduced(volume, curve, FINEST_MM, first, size), body, curve)


def shows_hounsfield_units(volume: Volume) -> bool:
    """Whether it is a CT: by its word, or, of a file that says nothing, by air and bone at the values of a CT."""
    if volume.modality:
        return volume.modality == "CT"
    seen = _seen(volume.voxels)
    return float(np.percentile(seen, 5)) < -700 and 100 < float(np.percentile(seen, 99.9)) < 4000


def _seen(voxels: NDArray[np.generic]) -> Single:
    """Some of the voxels, from everywhere."""
    step = max(1, round((voxels.size / SEEN_VOXELS) ** (1 / 3)))
    return voxels[::step, ::step, ::step].astype(np.float32)


def _reduced(
    volume: Volume, curve: Curve, spacing_mm: float, first: NDArray[np.int64], size: NDArray[np.int64]
) -> Picture:
    """A box of a volume (first voxel, size: (i, j, k)) with its values bent, at about `spacing_mm`."""
    step = _steps(volume.grid, spacing_mm, size)
    shape = tuple(int(n) for n in (size // step)[::-1])
    voxels = np.ascontiguousarray(volume.voxels).view()
    voxels.setflags(write=False)
    out = np.empty(shape, np.float32)
    begin, boxes = np.ascontiguousarray(first[::-1]), np.ascontiguousarray(step[::-1])
    low, scale = np.float32(curve.low), np.float32(curve.scale)
    _by_slices(
        shape[0], lambda a, b: reduce_through(voxels, begin, boxes, low, scale, curve.table, out, a, b)
    )
    return Picture(out, _coarse_grid(volume.grid, first, step, shape))


def coarser(picture: Picture, spacing_mm: float) -> Picture:
    """A picture by the means over boxes of about `spacing_mm`."""
    step = _steps(picture.grid, spacing_mm, np.array(picture.grid.size))
    if (step == 1).all():
        return picture
    shape = tuple(int(n) for n in (np.array(picture.grid.size) // step)[::-1])
    out = np.empty(shape, np.float32)
    boxes = np.ascontiguousarray(step[::-1])
    _by_slices(shape[0], lambda a, b: reduce_boxes(picture.values, boxes, out, a, b))
    return Picture(out, _coarse_grid(picture.grid, np.zeros(3, np.int64), step, shape))


def _steps(grid: Grid, spacing_mm: float, size: NDArray[np.int64]) -> NDArray[np.int64]:
    """Voxels (i, j, k) that make one box of about `spacing_mm`; at least two boxes fit along each axis."""
    wanted = np.maximum(1, np.round(spacing_mm / grid.spacing_mm)).astype(np.int64)
    return np.minimum(wanted, np.maximum(1, size // 2))


def _coarse_grid(grid: Grid, first: NDArray[np.int64], step: NDArray[np.int64], shape: tuple[int, ...]) -> Grid:
    return Grid(grid.to_patient(first + (step - 1) / 2), grid.spacing_mm * step, grid.direction, shape[::-1])


def _by_slices(count: int, work: Callable[[int, int], None]) -> None:
    """Hand out slices to threads."""
    with ThreadPoolExecutor(THREADS) as pool:
        for one in [pool.submit(work, *slices) for slices in in_parts(count, THREADS)]:
            one.result()


def _body(coarse: Picture, volume: Volume, curve: Curve) -> Body:
    """The largest connected bright part on a coarse grid, holes filled, with a rim of air around it."""
    image = image_on(coarse.grid, coarse.values)
    if shows_hounsfield_units(volume):
        bright = image > max(curve(CT_BODY_HU), 0.02)
    else:
        bright = sitk.OtsuThreshold(image, 0, 1, 64)
    opened = sitk.BinaryMorphologicalOpening(bright, [1, 1, 1], sitk.sitkBall)
    parts = sitk.RelabelComponent(sitk.ConnectedComponent(opened), sortByObjectSize=True)
    largest = sitk.Cast(parts == 1, sitk.sitkUInt8)
    if not sitk.GetArrayViewFromImage(largest).any():
        largest = sitk.Cast(image >= 0, sitk.sitkUInt8)
    rim = [max(1, round(BODY_MARGIN_MM / s)) for s in image.GetSpacing()]
    filled = sitk.GetArrayFromImage(sitk.BinaryFillhole(sitk.BinaryDilate(largest, rim, sitk.sitkBall))) > 0
    return Body(coarse.grid, filled | _enclosed(sitk.GetArrayFromImage(largest) > 0))


def _enclosed(bright: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Voxels from which at least five of the six ways along the axes meet the body: lungs that the image cuts open."""
    met = np.zeros(bright.shape, np.uint8)
    for axis in range(3):
        met += np.logical_or.accumulate(bright, axis)
        met += np.flip(np.logical_or.accumulate(np.flip(bright, axis), axis), axis)
    return met >= ENCLOSED_WAYS


def _box_of(body: Body, grid: Grid) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First voxel and size (i, j, k) on the image's grid of the body's box."""
    inside = np.argwhere(body.inside)[:, ::-1]
    low = grid.to_index(body.grid.to_patient(inside.min(0) - 0.5))
    high = grid.to_index(body.grid.to_patient(inside.max(0) + 0.5))
    first = np.clip(np.floor(low), 0, np.array(grid.size) - 2).astype(np.int64)
    last = np.clip(np.ceil(high), first + 1, np.array(grid.size) - 1).astype(np.int64)
    return first, last - first + 1
