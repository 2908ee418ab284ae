"""An image looked up through a deformation agrees with SimpleITK's displacement field transform."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813  (its own name for itself)

from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep
from workstation.geometry.grid import Grid
from workstation.images.resample import resample
from workstation.images.volume import Volume
from workstation.jobs.progress import Cancelled


def noise() -> tuple[Volume, Grid, DisplacementField]:
    rng = np.random.default_rng(4)
    grid = Grid((-20, -15, -10), (2, 2, 2), np.eye(3), (22, 18, 14))
    volume = Volume("v", rng.normal(0, 100, grid.shape).astype(np.float32), grid, "MR", frame_of_reference_uid="1")
    field = DisplacementField(Grid((-30, -30, -20), (10, 10, 10), np.eye(3), (8, 7, 6)), rng.normal(0, 2, (6, 7, 8, 3)))
    return volume, Grid((-15, -10, -6), (1.5, 1.7, 2.1), np.eye(3), (18, 12, 6)), field


def test_it_agrees_with_an_independent_resampler() -> None:
    volume, onto, field = noise()
    found = resample(volume, onto, Deformation((FieldStep(field),)), 0.0, frame_of_reference_uid="2").voxels
    vectors = sitk.GetImageFromArray(field.displacement_mm.astype(np.float64), isVector=True)
    vectors.SetOrigin(field.grid.origin_mm.tolist())
    vectors.SetSpacing(field.grid.spacing_mm.tolist())
    image = sitk.GetImageFromArray(volume.voxels)
    image.SetOrigin(volume.grid.origin_mm.tolist())
    image.SetSpacing(volume.grid.spacing_mm.tolist())
    resampler = sitk.ResampleImageFilter()
    resampler.SetSize([int(n) for n in onto.size])
    resampler.SetOutputOrigin(onto.origin_mm.tolist())
    resampler.SetOutputSpacing(onto.spacing_mm.tolist())
    resampler.SetTransform(sitk.DisplacementFieldTransform(vectors))
    wanted = sitk.GetArrayFromImage(resampler.Execute(image))
    assert np.abs(found - wanted).max() < 0.05


def test_it_can_be_stopped() -> None:
    volume, onto, field = noise()

    def stop(fraction: float, _sentence: str) -> None:
        if fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        resample(volume, onto, Deformation((FieldStep(field),)), frame_of_reference_uid="2", progress=stop)
