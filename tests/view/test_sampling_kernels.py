"""Sampled planes agree with ITK's resampling of the same image, whatever the orientation."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK
from hypothesis import given
from hypothesis import strategies as st

from tests.view.scenes import centred_grid, noise_volume, rotation
from workstation.geometry.grid import Grid
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.view.picture_frame import PictureFrame
from workstation.view.sampling_kernels import read_only_line, sample_oblique, warm_up
from workstation.view.slice_scene import Layer, sample_on

OUTSIDE = -32000.0


def sampled(layer: Layer, frame: PictureFrame) -> np.ndarray:
    out = np.empty((frame.height, frame.width), np.float32)
    sample_on(layer, frame, read_only_line(layer.volume.voxels), out)
    return out


def resampled_by_itk(layer: Layer, frame: PictureFrame) -> np.ndarray:
    """The same picture by SimpleITK; the image's grid must have orthogonal axes."""
    image = SimpleITK.GetImageFromArray(layer.volume.voxels.astype(np.float64))
    image.SetOrigin(layer.volume.grid.origin_mm.tolist())
    image.SetSpacing(layer.volume.grid.spacing_mm.tolist())
    image.SetDirection(layer.volume.grid.direction.ravel().tolist())
    start, _, _ = frame.patient_start_and_steps()
    wanted = SimpleITK.Image(frame.width, frame.height, 1, SimpleITK.sitkFloat64)
    wanted.SetOrigin(start.tolist())
    wanted.SetSpacing((frame.pixel_mm, frame.pixel_mm, 1.0))
    wanted.SetDirection(frame.plane.axes.T.ravel().tolist())
    move = SimpleITK.AffineTransform(3)
    move.SetMatrix(layer.to_image.matrix[:3, :3].ravel().tolist())
    move.SetTranslation(layer.to_image.matrix[:3, 3].tolist())
    return SimpleITK.GetArrayFromImage(SimpleITK.Resample(image, wanted, move, SimpleITK.sitkLinear, OUTSIDE))[0]


def assert_same_picture(ours: np.ndarray, theirs: np.ndarray, tolerance: float) -> None:
    ours = np.where(np.isnan(ours), OUTSIDE, ours)
    # A pixel exactly on the image's outer face may fall on either side.
    on_edge = (ours == OUTSIDE) != (theirs == OUTSIDE)
    assert on_edge.mean() < 0.01
    assert (theirs != OUTSIDE).mean() > 0.05
    np.testing.assert_allclose(ours[~on_edge], theirs[~on_edge], atol=tolerance)


# Tenths of a degree: ITK's matrix inversion gives up on numbers below 1e-300.
angles = st.integers(-1800, 1800).map(lambda tenths: tenths / 10)


@given(angles, angles, angles, angles, angles, st.sampled_from([np.int16, np.float32]))
def test_any_plane_through_any_image_agrees_with_itk(
    a: float, b: float, c: float, d: float, e: float, dtype: type
) -> None:
    volume = noise_volume(centred_grid(rotation(a, b, c), (1.1, 0.9, 2.3), (23, 31, 17)), dtype)
    axes = rotation(d, e, a)
    frame = PictureFrame(Plane((1.0, -2.0, 3.0), axes[0], axes[1]), (2.0, 1.0), 0.83, 41, 37)
    layer = Layer(volume, Transform.from_rigid((2, -3, 1), (c, 20, 5)))
    assert_same_picture(sampled(layer, frame), resampled_by_itk(layer, frame), 0.1)


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("plane", [Plane.axial(1.3), Plane.sagittal(-2.2), Plane.coronal(3.7)])
def test_planes_along_the_axes_agree_with_itk(plane: Plane, dtype: type) -> None:
    layer = Layer(noise_volume(centred_grid(np.eye(3), (0.9, 1.2, 2.5), (30, 26, 20)), dtype))
    for pixel_mm in (0.31, 0.9, 2.7):
        frame = PictureFrame(plane, (1.7, -2.4), pixel_mm, 45, 52)
        assert_same_picture(sampled(layer, frame), resampled_by_itk(layer, frame), 0.02)


@pytest.mark.parametrize("flip", [(1, 1, 1), (-1, -1, 1), (1, 1, -1), (-1, 1, -1)])
def test_mirrored_axes_are_sampled_along_them(flip: tuple[int, int, int]) -> None:
    layer = Layer(noise_volume(centred_grid(np.diag(flip).astype(float), (0.9, 1.2, 2.5), (30, 26, 20))))
    frame = PictureFrame(Plane.coronal(0.4), (0.0, 0.0), 0.7, 45, 60)
    assert_same_picture(sampled(layer, frame), resampled_by_itk(layer, frame), 0.02)


def test_a_voxel_centre_gives_the_voxels_own_value() -> None:
    volume = noise_volume(centred_grid(np.eye(3), (1.0, 1.0, 2.0), (12, 10, 8)))
    for k in range(8):
        z = float(volume.grid.to_patient((0, 0, k))[2])
        picture = sampled(Layer(volume), PictureFrame(Plane.axial(z), (0.0, 0.0), 1.0, 12, 10))
        np.testing.assert_array_equal(picture, volume.voxels[k])


def test_an_aligned_plane_is_the_same_by_both_kernels() -> None:
    volume = noise_volume(centred_grid(np.eye(3), (0.9, 1.2, 2.5), (30, 26, 20)))
    frame = PictureFrame(Plane.sagittal(1.1), (2.0, 3.0), 0.6, 60, 90)
    start, u, v = frame.patient_start_and_steps()
    to_index = volume.grid.inverse_matrix[:3, :3]
    out = np.empty((90, 60), np.float32)
    flat = read_only_line(volume.voxels)
    sample_oblique(flat, np.array(volume.grid.size), volume.grid.to_index(start), to_index @ u, to_index @ v, out)
    aligned = sampled(Layer(volume), frame)
    np.testing.assert_array_equal(np.isnan(out), np.isnan(aligned))
    np.testing.assert_allclose(out, aligned, atol=0.05)


def test_a_sheared_image_shows_a_ramp_where_it_lies() -> None:
    """Gantry tilt: values are x + 2 y + 3 z of the voxel's patient point, so any sample must say where it is."""
    k_axis = np.array([0.0, np.sin(0.3), np.cos(0.3)])
    grid = Grid((-20, -20, -20), (1.0, 1.0, 2.0), np.stack([[1, 0, 0], [0, 1, 0], k_axis], axis=1), (40, 40, 20))
    index = np.stack(np.meshgrid(np.arange(20), np.arange(40), np.arange(40), indexing="ij")[::-1], -1)
    ramp = (grid.to_patient(index) @ np.array([1.0, 2.0, 3.0])).astype(np.float32)
    volume = Volume("ramp", ramp, grid)
    for plane in (Plane.axial(-10.7), Plane.coronal(-3.3), Plane((0, 0, 0), (1, 0.2, 0.1), (0, 1, 0.7))):
        frame = PictureFrame(plane, (0.0, 0.0), 0.7, 30, 20)
        picture = sampled(Layer(volume), frame)
        rows, columns = np.mgrid[0:20, 0:30]
        points = plane.to_patient(frame.to_plane(np.stack([columns + 0.5, rows + 0.5], -1)))
        inside = (np.abs(grid.to_index(points) - (np.array(grid.size) - 1) / 2) < (np.array(grid.size) - 1) / 2).all(-1)
        assert inside.any()
        np.testing.assert_allclose(picture[inside], (points @ np.array([1.0, 2.0, 3.0]))[inside], atol=0.01)


def test_the_border_half_voxel_belongs_to_the_image_and_no_more() -> None:
    volume = Volume("one", np.full((1, 1, 1), 7, np.int16), Grid((0, 0, 0), (2, 2, 2), np.eye(3), (1, 1, 1)))
    picture = sampled(Layer(volume), PictureFrame(Plane.axial(0.9), (0.0, 0.0), 0.5, 8, 8))
    assert (picture[2:6, 2:6] == 7).all()
    assert np.isnan(picture).sum() == 64 - 16
    assert np.isnan(sampled(Layer(volume), PictureFrame(Plane.axial(1.1), (0.0, 0.0), 0.5, 8, 8))).all()


def test_a_plane_far_away_shows_nothing() -> None:
    volume = noise_volume(centred_grid(rotation(10, 20, 30), (1, 1, 1), (10, 10, 10)))
    assert np.isnan(sampled(Layer(volume), PictureFrame(Plane.axial(500), (0.0, 0.0), 1.0, 20, 20))).all()


def test_voxels_that_can_not_be_written_to_are_sampled_in_place() -> None:
    voxels = np.zeros((4, 5, 6), np.int16)
    voxels.setflags(write=False)
    assert np.shares_memory(read_only_line(voxels), voxels)


def test_warming_up_compiles_for_both_voxel_types() -> None:
    warm_up()
    assert len(sample_oblique.signatures) == 2
