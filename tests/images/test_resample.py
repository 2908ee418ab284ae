"""What is looked up through a registration is the same anatomy at the same place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.errors import ImageError
from workstation.images.resample import resample
from workstation.images.volume import Volume


def ramp(grid: Grid, dtype: type = np.float32, modality: str = "MR") -> Volume:
    """A volume whose value is 2 x + 3 y - z + 50 of its own patient space: linear interpolation gives it exactly."""
    k, j, i = np.mgrid[: grid.shape[0], : grid.shape[1], : grid.shape[2]]
    points = grid.to_patient(np.stack([i, j, k], axis=-1))
    return Volume(
        key="ramp", voxels=(points @ [2.0, 3.0, -1.0] + 50).astype(dtype), grid=grid, modality=modality,
        frame_of_reference_uid="2.25.2",
    )  # fmt: skip


MOVING = Grid((-40, -40, -40), (2, 2, 2), np.eye(3), (41, 41, 41))
angle = st.floats(-40, 40)


@given(st.tuples(angle, angle, angle), st.tuples(angle, angle, angle), st.tuples(angle, angle, angle))
def test_every_point_is_looked_up_where_the_transform_sends_it(grid_turn, turn, shift) -> None:  # type: ignore[no-untyped-def]
    fixed = Grid((-5, 2, 1), (1.5, 1, 0.7), Transform.from_rigid((0, 0, 0), grid_turn).matrix[:3, :3], (6, 5, 4))
    transform = Transform.from_rigid(np.array(shift) / 5, turn)
    found = resample(ramp(MOVING), fixed, transform, fill=-999, frame_of_reference_uid="2.25.1")
    k, j, i = np.mgrid[:4, :5, :6]
    points = transform.apply(fixed.to_patient(np.stack([i, j, k], axis=-1)))
    inside = MOVING.contains(points, slack_voxels=0.0)
    assert np.allclose(found.voxels[inside], (points @ [2.0, 3.0, -1.0] + 50)[inside], atol=2e-3)
    assert found.grid is fixed and found.frame_of_reference_uid == "2.25.1" and found.slices == ()


def test_a_tilted_gantry_is_straightened_exactly() -> None:
    tilt = np.array([[1, 0, 0], [0, 1, -np.sin(0.25)], [0, 0, np.cos(0.25)]])
    tilted = ramp(Grid((-20, -20, -20), (1, 1, 2), tilt, (40, 60, 20)))
    straight = Grid((-10, -15, -10), (1, 1, 1), np.eye(3), (10, 10, 10))
    found = resample(tilted, straight)
    assert np.allclose(found.voxels, ramp(straight).voxels, atol=2e-3)


def test_whole_numbers_are_rounded_not_cut() -> None:
    grid = Grid((0, 0, 0), (1, 1, 1), np.eye(3), (2, 2, 2))
    volume = Volume(key="v", voxels=np.array([[[-3, 0], [-3, 0]]] * 2, np.int16), grid=grid)
    between = Grid((0.2, 0, 0), (1, 1, 1), np.eye(3), (1, 1, 1))
    found = resample(volume, between)
    assert found.voxels.dtype == np.int16 and found.voxels[0, 0, 0] == -2  # -2.4


def test_outside_is_air_for_ct_and_zero_for_mr() -> None:
    far = Grid((500, 0, 0), (1, 1, 1), np.eye(3), (2, 2, 2))
    assert (resample(ramp(MOVING, np.int16, "CT"), far).voxels == -1000).all()
    assert (resample(ramp(MOVING), far).voxels == 0).all()


def test_labels_are_taken_from_the_nearest_voxel() -> None:
    grid = Grid((0, 0, 0), (1, 1, 1), np.eye(3), (4, 4, 4))
    labels = Volume(key="v", voxels=np.where(np.arange(64).reshape(4, 4, 4) % 2, 7, 0).astype(np.int16), grid=grid)
    found = resample(labels, Grid((0.3, 0, 0), (0.5, 1, 1), np.eye(3), (6, 4, 4)), nearest=True)
    assert set(np.unique(found.voxels)) == {0, 7}


def test_a_transform_without_the_frame_it_comes_from_is_refused() -> None:
    with pytest.raises(ImageError, match="frame of reference"):
        resample(ramp(MOVING), MOVING, Transform.identity())
