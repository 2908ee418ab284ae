"""A plane seen through a map that bends shows what a point-by-point lookup says, thin or thick."""

from __future__ import annotations

import numpy as np
import pytest

from tests.geometry.test_deformation import wavy_field
from workstation.geometry.deformation import Deformation, FieldStep
from workstation.geometry.grid import Grid
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform
from workstation.images.resample import resample
from workstation.images.volume import Volume
from workstation.view.picture_frame import PictureFrame
from workstation.view.slab import MAXIMUM, MEAN, MINIMUM, Slab
from workstation.view.slice_scene import Layer, SampledLayer, SliceScene

OBLIQUE = Plane((5, -3, 2), (1, 0.2, 0.1), (0.1, -0.3, 1))
BENT = Deformation((FieldStep(wavy_field(3)), Transform.from_rigid((2, -1, 3), (5, 10, -8))))


def ramp(dtype: type = np.float32) -> Volume:
    """Values that are linear in place, so that interpolation between voxels is exact."""
    grid = Grid((-60, -60, -60), (2, 2.5, 3), np.eye(3), (60, 48, 40))
    k, j, i = np.indices(grid.shape)
    points = grid.to_patient(np.stack([i, j, k], axis=-1))
    return Volume("r", (points @ [3.0, -2.0, 5.0]).astype(dtype), grid, "MR", frame_of_reference_uid="1")


def sampled(volume: Volume, link: object, plane: Plane, slab: Slab | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Values of the picture, and the patient points of its pixels."""
    frame = PictureFrame(plane, (0.0, 0.0), 0.6, 90, 70)
    layer, kept = Layer(volume, link), SampledLayer()
    kept.sample(layer, frame, slab or Slab())
    start, along, down = frame.patient_start_and_steps()
    points = start + np.arange(70)[:, None, None] * down + np.arange(90)[None, :, None] * along
    return kept.values, points


@pytest.mark.parametrize("plane", [Plane.axial(4.0), OBLIQUE])
@pytest.mark.parametrize("dtype", [np.float32, np.int16])
def test_a_slice_shows_what_lies_at_the_mapped_points(plane: Plane, dtype: type) -> None:
    values, points = sampled(ramp(dtype), BENT, plane)
    wanted = BENT.apply(points) @ [3.0, -2.0, 5.0]
    inside = ramp().grid.contains(BENT.apply(points), slack_voxels=-1.0)
    assert inside.mean() > 0.5
    error_mm = np.abs(values - wanted)[inside] / np.linalg.norm([3, -2, 5])
    mean_mm, worst_mm = (0.005, 0.05) if dtype is np.float32 else (0.1, 0.3)  # whole numbers are rounded
    assert error_mm.mean() < mean_mm and error_mm.max() < worst_mm


def test_outside_of_the_image_is_nothing() -> None:
    values, points = sampled(ramp(), BENT, Plane.axial(58.0))
    outside = ~ramp().grid.contains(BENT.apply(points), slack_voxels=0.6)
    assert outside.any() and np.isnan(values[outside]).all()


@pytest.mark.parametrize("mode", [MEAN, MAXIMUM, MINIMUM])
def test_slabs_look_across_the_plane(mode: str) -> None:
    thin, points = sampled(ramp(), BENT, Plane.axial(4.0))
    thick, _ = sampled(ramp(), BENT, Plane.axial(4.0), Slab(6.0, mode))
    normal = Plane.axial(4.0).normal
    ways = [BENT.apply(points + offset * normal) @ [3.0, -2.0, 5.0] for offset in np.linspace(-3, 3, 13)]
    wanted = {MEAN: np.mean, MAXIMUM: np.max, MINIMUM: np.min}[mode](ways, axis=0)
    there = np.isfinite(thick) & np.isfinite(thin)
    assert np.abs(thick - wanted)[there].mean() < 0.3


def test_the_picture_is_sampled_anew_only_when_the_map_is_another_one() -> None:
    scene, frame = SliceScene(), PictureFrame(OBLIQUE, (0.0, 0.0), 0.6, 90, 70)
    scene.base = Layer(ramp(), Transform.identity(), (0.0, 400.0))
    scene.overlay = Layer(ramp(), BENT, (0.0, 400.0))
    first = scene.picture(frame).copy()
    assert scene.sampled
    scene.picture(frame)
    assert not scene.sampled
    further = Deformation((*BENT.steps, Transform.from_rigid((9, 0, 0))))
    scene.overlay = Layer(scene.overlay.volume, further, (0.0, 400.0))
    assert (scene.picture(frame) != first).any() and scene.sampled


def test_resampling_through_a_bend_agrees_with_the_picture() -> None:
    volume = ramp()
    grid = Grid((-20, -20, -10), (1.5, 1.5, 2), np.eye(3), (26, 24, 10))
    found = resample(volume, grid, BENT, frame_of_reference_uid="2")
    k, j, i = np.indices(grid.shape)
    wanted = BENT.apply(grid.to_patient(np.stack([i, j, k], axis=-1))) @ [3.0, -2.0, 5.0]
    assert np.allclose(found.voxels, wanted, atol=0.02) and found.frame_of_reference_uid == "2"
