"""Thick slices against analytic images and against many thin slices."""

from __future__ import annotations

import numpy as np
import pytest

from tests.view.scenes import centred_grid, noise_volume, rotation
from workstation.geometry.grid import Grid
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.view.picture_frame import PictureFrame
from workstation.view.slab import MAXIMUM, MEAN, MINIMUM, SLAB_MODES, Slab
from workstation.view.slice_scene import THIN, Layer, SampledLayer

PLANES = {
    "axial": Plane.axial(3.3),
    "sagittal": Plane.sagittal(-4.1),
    "coronal": Plane.coronal(2.0),
    "oblique": Plane((1, 2, 3), (1, 0.2, -0.3), (0.1, 1, 0.4)),
}
TILTED = np.array([[1, 0, 0], [0, 1, 0.3420201], [0, 0, 0.9396926]])  # slices shifted by 20 degrees of gantry tilt


def sampled(volume: Volume, plane: Plane, slab: Slab = THIN, pixel_mm: float = 1.5) -> np.ndarray:
    layer, frame = SampledLayer(), PictureFrame(plane, (0.0, 0.0), pixel_mm, 40, 36)
    layer.sample(Layer(volume), frame, slab)
    return layer.values.copy()


def cube(direction: np.ndarray | None = None, size: int = 40, dtype: type = np.int16) -> Volume:
    grid = centred_grid(np.eye(3) if direction is None else direction, (2, 2, 2.5), (size, size, size))
    return noise_volume(grid, dtype)


def ramp(grid: Grid, slope: np.ndarray) -> Volume:
    """Float values slope . point + 5."""
    k, j, i = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    points = grid.to_patient(np.stack([i, j, k], -1))
    return Volume("ramp", (points @ slope + 5).astype(np.float32), grid)


@pytest.mark.parametrize("plane", PLANES.values(), ids=PLANES)
@pytest.mark.parametrize("direction", [np.eye(3), rotation(14, -9, 11), TILTED], ids=["straight", "oblique", "sheared"])
@pytest.mark.parametrize("thickness_mm", [3.0, 20.0])
def test_what_changes_evenly_has_the_mean_of_its_middle(
    plane: Plane, direction: np.ndarray, thickness_mm: float
) -> None:
    volume = ramp(centred_grid(direction, (2, 2, 2.5), (80, 80, 70)), np.array([0.7, -1.1, 2.3]))
    np.testing.assert_allclose(sampled(volume, plane, Slab(thickness_mm)), sampled(volume, plane), atol=2e-3)


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("name", ["axial", "sagittal", "coronal"])
def test_along_the_images_axes_all_that_lies_between_the_faces_counts(name: str, dtype: type) -> None:
    volume, plane, slab_mm = cube(dtype=dtype), PLANES[name], 13.0
    # Beyond the image nothing counts: the row of thin slices has gaps there.
    moves = np.linspace(-slab_mm / 2, slab_mm / 2, 401)
    thin = np.stack([sampled(volume, plane.moved(float(w))) for w in moves])
    # A thin slice that lies on voxel centres must be among them, or its peaks are missed by some per cent.
    reach = 3200 * float(np.diff(moves)[0]) / 2
    highest, lowest = sampled(volume, plane, Slab(slab_mm, MAXIMUM)), sampled(volume, plane, Slab(slab_mm, MINIMUM))
    assert (highest - thin.max(0)).min() >= -1e-2 and (highest - thin.max(0)).max() < reach
    assert (lowest - thin.min(0)).max() <= 1e-2 and (thin.min(0) - lowest).max() < reach
    weights = np.ones(len(moves))
    weights[[0, -1]] = 0.5
    mean = np.average(thin, axis=0, weights=weights)
    np.testing.assert_allclose(sampled(volume, plane, Slab(slab_mm, MEAN)), mean, atol=2.0)


# A sagittal plane runs along two axes of the tilted image.
@pytest.mark.parametrize(
    ("name", "direction"),
    [*((name, rotation(14, -9, 11)) for name in PLANES), *((name, TILTED) for name in ("axial", "coronal", "oblique"))],
)
def test_across_the_images_axes_a_slab_is_the_thin_slices_at_its_steps(name: str, direction: np.ndarray) -> None:
    volume, plane, slab_mm = cube(direction), PLANES[name], 11.0
    step = 1 / np.abs(volume.grid.inverse_matrix[:3, :3] @ plane.normal).max()
    offsets, weights = Slab(slab_mm).offsets_mm(float(step))
    thin = np.stack([sampled(volume, plane.moved(float(w))) for w in offsets])
    inside = ~np.isnan(thin)
    total = (inside * weights[:, None, None]).sum(0)
    expected = {
        MAXIMUM: np.where(inside, thin, -np.inf).max(0),
        MINIMUM: np.where(inside, thin, np.inf).min(0),
        MEAN: (np.nan_to_num(thin) * weights[:, None, None]).sum(0) / np.where(total > 0, total, 1),
    }
    for mode, picture in expected.items():
        found = sampled(volume, plane, Slab(slab_mm, mode))
        np.testing.assert_array_equal(np.isnan(found), total == 0)
        # Single precision on slopes of thousands per voxel.
        np.testing.assert_allclose(found[total > 0], picture[total > 0], atol=1.0)


@pytest.mark.parametrize("mode", SLAB_MODES)
@pytest.mark.parametrize("direction", [np.eye(3), rotation(5, 0, 0)], ids=["straight", "oblique"])
def test_no_thickness_is_the_thin_slice_to_the_last_bit(direction: np.ndarray, mode: str) -> None:
    volume = cube(direction)
    for plane in PLANES.values():
        np.testing.assert_array_equal(sampled(volume, plane, Slab(0.0, mode)), sampled(volume, plane))


@pytest.mark.parametrize("sign", [1, -1])
def test_a_projection_finds_a_single_voxel_anywhere_in_the_slab(sign: int) -> None:
    grid = centred_grid(np.eye(3), (2, 2, 2.5), (41, 41, 41))
    voxels = np.zeros(grid.shape, np.int16)
    voxels[20 + 3, 20, 20] = 1000 * sign
    volume, mode = Volume("dot", voxels, grid), MAXIMUM if sign > 0 else MINIMUM
    for w, found in ((0.0, True), (7.5 - 9.9, True), (7.5 + 9.9, True), (7.5 + 12.6, False)):
        picture = sampled(volume, Plane.axial(w), Slab(20.0, mode), pixel_mm=2.0) * sign
        # Pixel (20, 18) covers the corner of the voxel at 0, 0: a picture shifted by half a pixel meets its centre.
        frame = PictureFrame(Plane.axial(w), (1.0, 1.0), 2.0, 40, 36)
        layer = SampledLayer()
        layer.sample(Layer(volume), frame, Slab(20.0, mode))
        assert layer.values[17, 19] * sign == (1000 if found else 0)
        assert picture.max() == (250 if found else 0)


def test_a_thread_across_tilted_slices_projects_to_a_dot() -> None:
    """The normal of sheared slices is not the way from slice to slice: a projection along the latter smears."""
    grid = centred_grid(TILTED, (1, 1, 2), (61, 61, 31))
    k, j, i = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    points = grid.to_patient(np.stack([i, j, k], -1))
    voxels = (1000 * (np.hypot(points[..., 0], points[..., 1]) < 1.6)).astype(np.int16)
    picture = sampled(Volume("thread", voxels, grid), Plane.axial(), Slab(40.0, MAXIMUM), pixel_mm=1.0)
    rows, columns = np.nonzero(picture > 500)
    assert 4 <= len(rows) <= 16
    assert np.ptp(rows) <= 4 and np.ptp(columns) <= 4


@pytest.mark.parametrize("angle_deg", [0, 7])
def test_a_slab_half_outside_counts_what_is_inside(angle_deg: float) -> None:
    volume = ramp(centred_grid(rotation(angle_deg, 0, 0), (2, 2, 2), (60, 60, 20)), np.array([0.0, 0.0, 1.0]))
    inside = sampled(volume, Plane.axial(18.0), Slab(20.0, MEAN))[18, 20]
    outside = sampled(volume, Plane.axial(31.0), Slab(20.0, MEAN))
    if angle_deg == 0:
        # From 8 to the outermost face at 20 mm, the last millimetre of it level.
        assert inside == pytest.approx(5 + (11 * (8 + 19) / 2 + 19) / 12, abs=0.02)
        assert np.isnan(outside).all()
    assert 5 + 12 < inside < 5 + 15
    assert np.isnan(sampled(volume, Plane.axial(60.0), Slab(20.0, MAXIMUM))).all()


def test_voxels_without_a_number_do_not_count_in_a_projection() -> None:
    volume = cube(dtype=np.float32)
    volume.voxels[15, :, :] = np.nan
    z = float(volume.grid.to_patient((0, 0, 15))[2])
    highest = sampled(volume, Plane.axial(z), Slab(20.0, MAXIMUM))
    assert np.isnan(sampled(volume, Plane.axial(z))).all() and not np.isnan(highest).any()


def test_both_images_are_as_thick_whatever_their_registration() -> None:
    volume = cube()
    move = Transform.from_rigid((6, -4, 2), (0, 0, 9))
    moved = Grid(
        move.apply(volume.grid.origin_mm), volume.grid.spacing_mm, move.matrix[:3, :3] @ volume.grid.direction,
        volume.grid.size,
    )  # fmt: skip
    layer, frame = SampledLayer(), PictureFrame(Plane.axial(3.3), (0.0, 0.0), 1.5, 40, 36)
    layer.sample(Layer(Volume("moved", volume.voxels, moved), move), frame, Slab(15.0, MAXIMUM))
    np.testing.assert_allclose(layer.values, sampled(volume, Plane.axial(3.3), Slab(15.0, MAXIMUM)), atol=0.5)
