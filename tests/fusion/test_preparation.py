"""Making images comparable: means over boxes, the body, local contrast, and the turns of the search."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workstation.fusion.preparation import coarser, prepare, shows_hounsfield_units
from workstation.fusion.reduction_kernels import local_contrast
from workstation.fusion.starts import all_turns, turn_deg
from workstation.geometry.grid import Grid
from workstation.images.volume import Volume


def thorax() -> Volume:
    """A trunk with two lungs that the image cuts open at the top, 4 mm voxels."""
    z, y, x = np.meshgrid(np.arange(40) * 4.0, np.arange(60) * 4.0 - 120, np.arange(80) * 4.0 - 160, indexing="ij")
    values = np.full(z.shape, -1000, np.int16)
    values[(x / 140) ** 2 + (y / 95) ** 2 < 1] = 40
    for side in (-1, 1):
        values[((x - 65 * side) / 48) ** 2 + (y / 70) ** 2 + (np.maximum(60 - z, 0) / 50) ** 2 < 1] = -850
    grid = Grid((-160, -120, 0), (4, 4, 4), np.eye(3), (80, 60, 40))
    return Volume(key="thorax", voxels=values, grid=grid, modality="CT")


def test_lungs_that_the_image_cuts_open_belong_to_the_body() -> None:
    body = prepare(thorax(), "fixed").body
    assert body.holds(np.array([[65.0, 0, 100], [-65, 20, 140], [0, 0, 20]])).all()
    assert not body.holds(np.array([[150.0, 100, 80], [-155, -110, 20]])).any()


def test_an_image_that_does_not_say_what_it_is_is_known_as_ct_by_air_and_bone() -> None:
    volume = thorax()
    unnamed = Volume(key="x", voxels=volume.voxels, grid=volume.grid)
    assert not shows_hounsfield_units(unnamed)
    with_bone = unnamed.voxels.copy()
    with_bone[:, 28:32, 38:42] = 800
    assert shows_hounsfield_units(Volume(key="x", voxels=with_bone, grid=volume.grid))
    assert not shows_hounsfield_units(Volume(key="x", voxels=with_bone, grid=volume.grid, modality="MR"))


def test_levels_are_means_over_boxes_that_stay_where_they_are() -> None:
    prepared = prepare(thorax(), "fixed")
    fine, level = prepared.finest, prepared.at(8.0)
    assert level is prepared.at(8.0)
    np.testing.assert_allclose(level.grid.spacing_mm, 8.0)
    k, j, i = (n // 2 for n in level.values.shape)
    block = fine.values[2 * k : 2 * k + 2, 2 * j : 2 * j + 2, 2 * i : 2 * i + 2]
    np.testing.assert_allclose(level.values[k, j, i], block.mean(), atol=1e-6)
    middle = fine.grid.to_patient([2 * i + 0.5, 2 * j + 0.5, 2 * k + 0.5])
    np.testing.assert_allclose(level.grid.to_patient([i, j, k]), middle)
    assert coarser(fine, 4.0) is fine


def test_values_run_from_0_to_1_in_their_order() -> None:
    prepared = prepare(thorax(), "fixed")
    assert prepared.finest.values.min() >= 0.0 and prepared.finest.values.max() <= 1.0
    bent = [prepared.bent(hu) for hu in (-1000, -850, -500, -100, 30)]
    assert bent == sorted(bent) and bent[0] < 0.01


def test_local_contrast_forgets_shading() -> None:
    random = np.random.default_rng(1)
    texture = random.random((12, 20, 22)).astype(np.float32)
    shaded = (texture * 0.3 + np.linspace(0, 3, 22, dtype=np.float32)).astype(np.float32)
    half, one, other = np.array([3, 3, 3]), np.empty_like(texture), np.empty_like(texture)
    local_contrast(texture, half, np.float32(1e-4), one)
    local_contrast(shaded, half, np.float32(1e-4), other)
    inner = (slice(None), slice(None), slice(4, -4))
    assert np.corrcoef(one[inner].ravel(), other[inner].ravel())[0, 1] > 0.75
    k, j, i = 6, 9, 11
    window = texture[3:10, 6:13, 8:15].astype(float)
    expected = 0.5 + (texture[k, j, i] - window.mean()) / (window.std() + 1e-4) / 6
    np.testing.assert_allclose(one[k, j, i], expected, atol=1e-4)


TURNS = np.array(all_turns())


@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4))
def test_each_turn_lies_near_one_of_those_that_are_tried(values: list[float]) -> None:
    length = np.linalg.norm(values)
    if length < 0.1:
        return
    a, b, c, d = np.array(values) / length
    turn = np.array([
        [1 - 2 * (c * c + d * d), 2 * (b * c - a * d), 2 * (b * d + a * c)],
        [2 * (b * c + a * d), 1 - 2 * (b * b + d * d), 2 * (c * d - a * b)],
        [2 * (b * d - a * c), 2 * (c * d + a * b), 1 - 2 * (b * b + c * c)],
    ])
    assert min(turn_deg(turn @ tried.T) for tried in TURNS) < 30
