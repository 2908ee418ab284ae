# mypy: disable-error-code="no-untyped-call"
"""A map between frames as ITK's programs read it: a transform file (.tfm, .h5) or a field of displacements (.mha…).

ITK's transforms take points of the fixed image to the moving one, in LPS millimetres, as `fixed_to_moving` does:
what resamples the moving image onto the fixed. Beyond its field ITK displaces nothing, where ours holds the border's
displacement.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its own name for itself)

from workstation.fusion.registration import RegistrationError
from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep, SpatialMap, sampled_on
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.whole_file import reason, replacing

TRANSFORM_ENDINGS = (".tfm", ".txt", ".h5")
FIELD_ENDINGS = (".mha", ".nrrd", ".nii.gz", ".nii")


def write_itk_transform(path: str | os.PathLike[str], whole: SpatialMap, grid: Grid | None = None) -> None:
    """Write a map (fixed points to moving points) in the kind that the name's ending says.

    .tfm, .txt, .h5: a transform. Its steps stay as they are; inverted fields are sampled once on `grid`.
    .mha, .nrrd, .nii, .nii.gz: the displacement (x, y, z) of the whole map at each node of a lattice: `grid`, or by
        default the field's own, which loses nothing where an affine map follows one field.
    Raises RegistrationError for another ending, where a grid is needed and none is given, and where the file can't
    be written; what was there before is then unchanged.
    """
    ending = require_transform_ending(path)
    try:
        with replacing(path, ending) as part:
            if ending in TRANSFORM_ENDINGS:
                sitk.WriteTransform(itk_transform(whole, grid), os.fspath(part))
            else:
                sitk.WriteImage(_image(_as_field(whole, grid), sitk.sitkVectorFloat32), os.fspath(part), True)
    except OSError as error:
        raise RegistrationError(f"{path} was not written: {reason(error)}") from error
    except RuntimeError as error:
        raise RegistrationError(f"{path} was not written: the disk may be full") from error


def require_transform_ending(path: str | os.PathLike[str]) -> str:
    """The ending that a name has among those that can be written; RegistrationError for any other."""
    name = os.fspath(path).lower()
    for ending in (*TRANSFORM_ENDINGS, *FIELD_ENDINGS):
        if name.endswith(ending):
            return ending
    wanted = ", ".join((*TRANSFORM_ENDINGS, *FIELD_ENDINGS))
    raise RegistrationError(f"{Path(path).name}: the name of a transform must end in {wanted}")


def itk_transform(whole: SpatialMap, grid: Grid | None = None) -> sitk.Transform:
    """A SimpleITK transform with the same map; see `write_itk_transform`."""
    if isinstance(whole, Transform):
        return _affine(whole)
    steps = [_step(step, grid) for step in whole.steps]
    return sitk.CompositeTransform(steps[::-1])  # ITK applies the last one first


def _step(step: Transform | FieldStep, grid: Grid | None) -> sitk.Transform:
    if isinstance(step, Transform):
        return _affine(step)
    field = step.field if not step.inverted else sampled_on(Deformation((step,)), _needed(grid))
    return sitk.DisplacementFieldTransform(_image(field, sitk.sitkVectorFloat64))


def _affine(transform: Transform) -> sitk.AffineTransform:
    made = sitk.AffineTransform(3)
    made.SetMatrix(transform.matrix[:3, :3].ravel().tolist())
    made.SetTranslation(transform.matrix[:3, 3].tolist())
    return made


def _as_field(whole: SpatialMap, grid: Grid | None) -> DisplacementField:
    if grid is None and isinstance(whole, Deformation):
        first = whole.steps[0] if whole.steps else None
        if isinstance(first, FieldStep) and not first.inverted and len(whole.fields) == 1:
            return sampled_on(whole, first.field.grid)
    return sampled_on(whole, _needed(grid))


def _needed(grid: Grid | None) -> Grid:
    if grid is None:
        raise RegistrationError("This map must be sampled to be written: say on which image")
    return grid


def _image(field: DisplacementField, kind: int) -> sitk.Image:
    grid, values = field.grid, field.displacement_mm
    if not np.allclose(grid.direction.T @ grid.direction, np.eye(3), atol=1e-4):
        raise RegistrationError("A tilted gantry's sheared lattice can't hold an ITK field; sample it on another image")
    image: sitk.Image = sitk.Cast(sitk.GetImageFromArray(values, isVector=True), kind)
    image.SetOrigin(grid.origin_mm.tolist())
    image.SetSpacing(grid.spacing_mm.tolist())
    image.SetDirection(grid.direction.ravel().tolist())
    return image
