# mypy: disable-error-code="no-untyped-call"
"""Which part of the fixed image a registration compares: the body, a region, a box, the bone, or what they share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its own name for itself)
from numpy.typing import ArrayLike

from workstation.fusion.itk_images import image_on
from workstation.fusion.preparation import Body, Prepared, shows_hounsfield_units
from workstation.fusion.registration import RegistrationError
from workstation.geometry.grid import Grid
from workstation.geometry.mask import Mask

BONE_HU = 220.0
BONE_RIM_MM = 4.0
BONE_LEVEL_MM = 2.0
BOX_STEP_MM = 2.0
LUNG_HU = (-990.0, -500.0)
LUNG_LEVEL_MM = 4.0
LUNG_SMALLEST_MM, LUNG_VESSEL_MM, LUNG_RIM_MM = 5.0, 8.0, 4.0
LUNG_SHARE = 0.22
SMALLEST_CC = 1.0


@dataclass(frozen=True, eq=False)
class Part:
    """Which part of the fixed image is to be compared: what all that is named here share; the body where nothing is.

    region: on any grid in the fixed frame. box_mm: (2, 3) two opposite corners in patient mm. bone: the bone of a CT
    with a rim of 4 mm. lungs: inside the lungs of a CT; None: where two CTs show mostly lung and nothing is named.
    """

    region: Mask | None = None
    box_mm: ArrayLike | None = None
    bone: bool = False
    lungs: bool | None = None

    @property
    def words(self) -> str:
        """What is named; "" for nothing."""
        names = (("region", self.region is not None), ("box", self.box_mm is not None), ("bone", self.bone))
        return " and ".join(name for name, is_named in names if is_named)


def compared_part(fixed: Prepared, moving: Prepared, part: Part) -> tuple[Body, str]:
    """Where the fixed image is compared, and what that is called.

    RegistrationError, in one sentence, where too little remains.
    """
    if part.words:
        return _shared(fixed, part), part.words
    if part.lungs or (part.lungs is None and shows_hounsfield_units(moving.volume)):
        found = lungs_of(fixed)
        if found is not None:
            return found, "lungs"
    if part.lungs:
        raise RegistrationError(f"Registration on the lungs is not possible: {fixed.name} is no CT that is mostly lung")
    return fixed.body, "body"


def _shared(fixed: Prepared, part: Part) -> Body:
    asked: list[Body] = []
    if part.region is not None:
        asked.append(_of_mask(part.region))
    if part.box_mm is not None:
        asked += [_of_box(part.box_mm), fixed.body]
    if part.bone:
        asked.append(_of_bone(fixed))
    asked.sort(key=lambda body: body.grid.voxel_volume_cc)
    finest, others = asked[0], asked[1:]
    if not finest.inside.any():
        raise RegistrationError("Registration is not possible: the region is empty")
    shared = _common(finest, others)
    if not fixed.volume.grid.contains(shared.points_mm()).any():
        raise RegistrationError("Registration is not possible: the region lies outside of the fixed image")
    if shared.volume_mm3 < 1000 * SMALLEST_CC:
        raise RegistrationError(f"Registration is not possible: the region is smaller than {SMALLEST_CC:g} cc")
    return shared


def lungs_of(fixed: Prepared) -> Body | None:
    """The lungs' tissue, a little inside of their surface, where they fill much of the body of a CT; else None.

    Lungs move against the chest wall; an image that is mostly lung is registered for the sake of the lung.
    """
    if not shows_hounsfield_units(fixed.volume):
        return None
    picture = fixed.at(LUNG_LEVEL_MM)
    low, high = (fixed.bent(hu) for hu in LUNG_HU)
    inside = fixed.body.holds(picture.grid.to_patient(np.argwhere(picture.values >= 0)[:, ::-1]))
    air = (picture.values > low) & (picture.values < high) & inside.reshape(picture.values.shape)
    image = image_on(picture.grid, air.astype(np.uint8))
    step = image.GetSpacing()
    ball = [[max(1, round(mm / s)) for s in step] for mm in (LUNG_SMALLEST_MM, LUNG_VESSEL_MM, LUNG_RIM_MM)]
    opened = sitk.BinaryMorphologicalOpening(image, ball[0], sitk.sitkBall)
    whole = sitk.BinaryMorphologicalClosing(opened, ball[1], sitk.sitkBall)
    lungs = Body(picture.grid, sitk.GetArrayFromImage(whole) > 0)
    if lungs.volume_mm3 < LUNG_SHARE * fixed.body.volume_mm3:
        return None
    return Body(picture.grid, sitk.GetArrayFromImage(sitk.BinaryErode(whole, ball[2], sitk.sitkBall)) > 0)


def _common(finest: Body, others: list[Body]) -> Body:
    inside = finest.inside.copy()
    for other in others:
        places = np.argwhere(inside)
        keep = other.holds(finest.grid.to_patient(places[:, ::-1]))
        inside[tuple(places[~keep].T)] = False
    return Body(finest.grid, inside)


def _of_mask(region: Mask) -> Body:
    return Body(region.grid.box(region.start, region.voxels.shape[::-1]), region.voxels)


def _of_box(box_mm: ArrayLike) -> Body:
    corners = np.asarray(box_mm, dtype=np.float64)
    if corners.shape != (2, 3) or not np.isfinite(corners).all():
        raise RegistrationError("A box is two opposite corners of three patient coordinates (mm) each")
    low, high = corners.min(0), corners.max(0)
    size = np.maximum(1, np.ceil((high - low) / BOX_STEP_MM)).astype(int)
    spacing = np.maximum((high - low) / size, 1e-3)
    grid = Grid(low + spacing / 2, spacing, np.eye(3), size)
    return Body(grid, np.ones(grid.shape, dtype=bool))


def _of_bone(fixed: Prepared) -> Body:
    if not shows_hounsfield_units(fixed.volume):
        raise RegistrationError("Registration on bone needs a CT as the fixed image: only there values tell bone")
    picture = fixed.at(BONE_LEVEL_MM)
    bone = image_on(picture.grid, (picture.values > fixed.bent(BONE_HU)).astype(np.uint8))
    opened = sitk.BinaryMorphologicalOpening(bone, [1, 1, 1], sitk.sitkCross)
    rim = [max(1, round(BONE_RIM_MM / s)) for s in bone.GetSpacing()]
    near = sitk.GetArrayFromImage(sitk.BinaryDilate(opened, rim, sitk.sitkBall)) > 0
    if not near.any():
        raise RegistrationError("Registration on bone is not possible: the fixed image shows no bone")
    return _common(Body(picture.grid, near), [fixed.body])
