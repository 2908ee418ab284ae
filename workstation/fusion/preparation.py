# mypy: disable-error-code="no-untyped-call,no-any-return"
"""Makes images comparable before registration: a useful range of values, a mask of the body, coarser grids.

A CT is clipped to where soft tissue and bone differ, so that air cells and dental fillings do not take all the
histogram; an MR goes through a logarithm, which turns coil shading into a mere offset and tames bright vessels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its own name for itself)
from numpy.typing import NDArray

from workstation.fusion.itk_images import image_on
from workstation.fusion.registration import RegistrationError
from workstation.geometry.grid import Grid
from workstation.images.volume import Volume

Float = NDArray[np.float64]

CT_RANGE_HU = (-250.0, 900.0)
CT_BODY_HU = -350.0
BODY_MARGIN_MM = 6.0
FEWEST_SLICES = 4
COARSE_MM = 4.0


@dataclass(frozen=True, eq=False)
class Prepared:
    """An image ready for registration, float32 values 0..1 in the body's box, and its body mask on a coarse grid."""

    name: str
    image: sitk.Image
    body: sitk.Image
    centre_of_mass_mm: Float
    centre_mm: Float


def prepare(volume: Volume, role: str) -> Prepared:
    """Check and prepare a volume. role: "fixed" or "moving", for messages.

    Raises RegistrationError for an image of fewer than 4 slices, without contrast, or with values that are no numbers.
    """
    name = f"the {role} image ({volume.description or volume.modality or volume.key})"
    if min(volume.grid.size) < FEWEST_SLICES:
        raise RegistrationError(f"Registration needs a volume: {name} has only {min(volume.grid.size)} slice(s)")
    voxels = volume.voxels
    if voxels.dtype.kind == "f" and not np.isfinite(voxels).all():
        raise RegistrationError(f"Registration is not possible: {name} contains values that are no numbers")
    if voxels.min() == voxels.max():
        raise RegistrationError(f"Registration is not possible: {name} has the same value everywhere")
    values = image_on(volume.grid, _useful(volume))
    body = _body(values, volume)
    values, _ = cropped_to(values, body)
    return Prepared(name, values, body, _centre_of_mass(values, body), volume.grid.centre_mm)


def _useful(volume: Volume) -> NDArray[np.float32]:
    """(k, j, i) float32 values in 0..1."""
    values = volume.voxels.astype(np.float32)
    if volume.modality == "CT":
        low, high = CT_RANGE_HU
    else:
        sample = values[:: max(1, len(values) // 40), ::3, ::3]
        values -= np.float32(min(0.0, float(np.percentile(sample, 0.1))))
        np.maximum(values, 0, out=values)
        scale = max(float(np.percentile(values[:: max(1, len(values) // 40), ::3, ::3], 60)), 1e-6)
        values = np.log1p(values / np.float32(0.3 * scale))
        low, high = 0.0, float(np.percentile(values[:: max(1, len(values) // 40), ::3, ::3], 99.8))
    values -= np.float32(low)
    values *= np.float32(1.0 / max(high - low, 1e-6))
    np.clip(values, 0, 1, out=values)
    return values


def _body(values: sitk.Image, volume: Volume) -> sitk.Image:
    """The largest connected bright part on a coarse grid, holes filled, with a rim of air around it."""
    coarse = resampled(values, COARSE_MM)
    if volume.modality == "CT":
        low, high = CT_RANGE_HU
        threshold = (CT_BODY_HU + 150 - low) / (high - low)
        bright = coarse > max(threshold, 0.02)
    else:
        bright = sitk.OtsuThreshold(coarse, 0, 1, 64)
    opened = sitk.BinaryMorphologicalOpening(bright, [1, 1, 1], sitk.sitkBall)
    parts = sitk.RelabelComponent(sitk.ConnectedComponent(opened), sortByObjectSize=True)
    largest = sitk.Cast(parts == 1, sitk.sitkUInt8)
    if not sitk.GetArrayViewFromImage(largest).any():
        largest = sitk.Cast(coarse >= 0, sitk.sitkUInt8)
    rim = [max(1, round(BODY_MARGIN_MM / s)) for s in coarse.GetSpacing()]
    return sitk.BinaryFillhole(sitk.BinaryDilate(largest, rim, sitk.sitkBall))


def _centre_of_mass(values: sitk.Image, body: sitk.Image) -> Float:
    weights = sitk.GetArrayFromImage(sitk.Resample(values, body)) * sitk.GetArrayFromImage(body)
    total = max(float(weights.sum()), 1e-9)
    index = [float(np.tensordot(weights, np.arange(weights.shape[a]), ([a], [0])).sum()) / total for a in (2, 1, 0)]
    return np.array(body.TransformContinuousIndexToPhysicalPoint(index))


def resampled(image: sitk.Image, spacing_mm: float) -> sitk.Image:
    """The image smoothed and sampled at about `spacing_mm` in every direction (never finer than it is)."""
    spacing = np.array(image.GetSpacing())
    factor = np.maximum(1, np.round(spacing_mm / spacing)).astype(int)
    if (factor == 1).all():
        return image
    return sitk.BinShrink(image, [int(f) for f in np.minimum(factor, image.GetSize())])


def cropped_to(image: sitk.Image, mask: sitk.Image) -> tuple[sitk.Image, sitk.Image]:
    """The part of an image inside the mask's box, and the mask on that part's grid."""
    on_image = sitk.Resample(mask, image, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    inside = np.argwhere(sitk.GetArrayViewFromImage(on_image) > 0)
    if not len(inside):
        raise RegistrationError("Registration is not possible: the region lies outside of the fixed image")
    low, high = inside.min(0)[::-1], inside.max(0)[::-1]
    size, start = (high - low + 1).tolist(), low.tolist()
    return sitk.RegionOfInterest(image, size, start), sitk.RegionOfInterest(on_image, size, start)


def mask_image(grid: Grid, voxels: NDArray[np.bool_]) -> sitk.Image:
    """A mask (k, j, i) as an image of 0 and 1."""
    return image_on(grid, voxels.astype(np.uint8))
