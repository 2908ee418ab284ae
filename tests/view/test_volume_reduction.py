"""Reduced images lie where the patient does, hold means, and lose the couch but nothing of the patient."""

from __future__ import annotations

import numpy as np
import pytest

from tests.view.scenes import ACQUISITIONS, centred_grid
from workstation.images.volume import Volume
from workstation.view.volume_couch import reduced_for_casting, without_couch
from workstation.view.volume_reduction import LARGEST_VOXELS, ReducedVolume, reduced_volume, smoothed
from workstation.view.volume_reduction_kernels import label_pieces


def volume_of(distance_to_value, direction=None, spacing=(1.0, 1.0, 3.0), size=(90, 80, 30), modality="CT") -> Volume:
    grid = centred_grid(np.eye(3) if direction is None else direction, spacing, size)
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.size), indexing="ij"), -1)
    values = distance_to_value(grid.to_patient(index))
    return Volume("v", np.ascontiguousarray(values.transpose(2, 1, 0)), grid, modality)


def values(image: ReducedVolume) -> np.ndarray:
    return image.low + image.step * image.levels


@pytest.mark.parametrize("direction", [*ACQUISITIONS.values(), np.diag([1.0, -1.0, 1.0])])
def test_a_ramp_is_the_same_ramp_in_any_acquisition(direction: np.ndarray) -> None:
    volume = volume_of(lambda p: (5 * p @ (1.0, 2.0, -1.0)).astype(np.float32), direction, modality="CT")
    image = reduced_volume(volume)
    assert np.linalg.det(image.to_patient[:3, :3]) > 0
    assert image.levels.shape == (30, 40, 45)
    index = np.stack(np.meshgrid(*(np.arange(n) for n in image.levels.shape[::-1]), indexing="ij"), -1)
    points = index @ image.to_patient[:3, :3].T + image.to_patient[:3, 3]
    expected = np.clip(5 * points @ (1.0, 2.0, -1.0), -1024, 3071)
    inside = np.abs(expected) < 900
    np.testing.assert_allclose(values(image).transpose(2, 1, 0)[inside], expected[inside], atol=1.0)


def test_huge_images_become_coarser_and_what_is_not_a_number_is_dark() -> None:
    voxels = np.zeros((300, 300, 300), np.float32)
    voxels[:, 0, 0] = np.nan
    voxels[150:] = 100.0
    image = reduced_volume(Volume("v", voxels, centred_grid(np.eye(3), (3, 3, 3), (300, 300, 300)), "MR"))
    assert image.levels.size <= LARGEST_VOXELS
    assert image.levels[0, 0, 0] == 0 and image.levels[-1, -1, -1] == 4095


def test_smoothing_keeps_what_is_even_and_calms_noise() -> None:
    noise = np.random.default_rng(0).integers(900, 1100, (20, 20, 20)).astype(np.int16)
    image = ReducedVolume(noise, np.eye(4), -1024.0, 1.0, -400.0)
    assert smoothed(image).levels.std() < 0.4 * noise.std()
    even = ReducedVolume(np.full((5, 5, 5), 7, np.int16), np.eye(4), -1024.0, 1.0, -400.0)
    assert (smoothed(even).levels == 7).all()


def test_the_couch_goes_and_ears_and_lungs_stay() -> None:
    def lying(points: np.ndarray) -> np.ndarray:
        x, y, z = np.moveaxis(points, -1, 0)
        body = (x / 75) ** 2 + (y / 60) ** 2 < 1
        lung = ((x - 35) / 20) ** 2 + (y / 30) ** 2 < 1
        ear = (np.abs(x - 82) < 10) & (np.abs(y) < 3) & (np.abs(z) < 8)
        couch = (np.abs(y - 66) < 4) & (np.abs(x) < 145)
        return np.select([lung, body | ear, couch], [-800, 30, 200], -1000).astype(np.int16)

    volume = volume_of(lying, spacing=(3.0, 3.0, 3.0), size=(100, 60, 60))
    image = reduced_volume(volume)
    bare = without_couch(image)
    assert (values(image)[30, 52, 8:20] > 100).all()
    assert (values(bare)[30, 52, 8:20] < -1000).all()  # the couch beside the body
    same = [(30, 30, 30), (30, 30, 61), (30, 30, 76)]  # soft tissue, lung, ear
    assert [image.levels[place] for place in same] == [bare.levels[place] for place in same]
    low, high = bare.tissue_box_mm()
    assert low[0] == pytest.approx(-75, abs=9) and high[1] == pytest.approx(60, abs=14)


def test_an_mr_and_an_empty_ct_pass_through() -> None:
    mr = volume_of(lambda p: np.full(p.shape[:-1], 50, np.int16), modality="MR")
    assert reduced_for_casting(mr, "mr").levels.shape == (30, 40, 45)
    air = volume_of(lambda p: np.full(p.shape[:-1], -1000, np.int16))
    assert values(reduced_for_casting(air, "skin")).max() == pytest.approx(-1000, abs=1)


def test_pieces_are_joined_by_faces_only() -> None:
    mask = np.zeros((2, 2, 3), bool)
    mask[0, 0, 0] = mask[0, 0, 1] = mask[1, 1, 2] = mask[1, 0, 2] = True
    labels = label_pieces(mask)
    assert labels[0, 0, 0] == labels[0, 0, 1] != labels[1, 1, 2] == labels[1, 0, 2]
    assert sorted(np.unique(labels)) == [0, 1, 2]
