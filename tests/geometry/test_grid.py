"""Indices and patient millimetres meet in Grid, and nowhere else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.geometry.errors import GeometryError
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform

ANGLES = st.tuples(*[st.floats(-180, 180)] * 3)
POINTS = st.tuples(*[st.floats(-300, 300)] * 3)
SPACINGS = st.tuples(*[st.floats(0.3, 6)] * 3)


def oblique_grid(angles, origin, spacing, size=(7, 5, 4)):
    rotation = Transform.from_rigid(rotation_deg=angles).matrix[:3, :3]
    return Grid(origin, spacing, rotation, size)


@given(ANGLES, POINTS, SPACINGS, POINTS)
def test_a_point_comes_back_from_its_index_on_any_orientation(angles, origin, spacing, point):
    grid = oblique_grid(angles, origin, spacing)
    assert np.allclose(grid.to_patient(grid.to_index(point)), point, atol=1e-8)


def test_the_origin_is_the_centre_of_the_first_voxel():
    grid = Grid((10, 20, 30), (1, 2, 3), np.eye(3), (4, 4, 4))
    assert grid.to_patient((0, 0, 0)).tolist() == [10, 20, 30]
    assert grid.to_patient((1, 1, 1)).tolist() == [11, 22, 33]
    assert grid.corners_mm().min(0).tolist() == [9.5, 19, 28.5]


def test_a_tilted_gantry_is_a_sheared_lattice_that_needs_no_resampling():
    tilt = np.radians(20)
    direction = np.stack([(1, 0, 0), (0, 1, 0), (0, np.sin(tilt), np.cos(tilt))], axis=1)
    grid = Grid((0, 0, 0), (1, 1, 2), direction, (10, 10, 10))
    assert np.allclose(grid.to_patient((0, 0, 1)), (0, 2 * np.sin(tilt), 2 * np.cos(tilt)))
    assert np.allclose(grid.normal, (0, 0, 1))
    assert grid.voxel_volume_cc == pytest.approx(2 * np.cos(tilt) / 1000)


def test_a_box_keeps_its_voxels_where_they_were():
    grid = oblique_grid((10, 20, 30), (1, 2, 3), (1, 1.5, 2))
    box = grid.box((2, 1, 1), (3, 3, 2))
    assert np.allclose(box.to_patient((0, 0, 0)), grid.to_patient((2, 1, 1)))
    assert not box.same_as(grid) and grid.same_as(grid.box((0, 0, 0), grid.size))


def test_points_just_outside_the_outer_faces_are_outside():
    grid = Grid((0, 0, 0), (1, 1, 1), np.eye(3), (3, 3, 3))
    assert grid.contains([(2.49, 0, 0), (2.51, 0, 0), (-0.49, 0, 0)]).tolist() == [True, False, True]


@pytest.mark.parametrize(
    "spacing, direction, size",
    [
        ((0, 1, 1), np.eye(3), (1, 1, 1)),
        ((1, -1, 1), np.eye(3), (1, 1, 1)),
        ((1, 1, 1), np.ones((3, 3)) / np.sqrt(3), (1, 1, 1)),
        ((1, 1, 1), 2 * np.eye(3), (1, 1, 1)),
        ((1, 1, 1), np.eye(3), (0, 1, 1)),
        ((1, np.nan, 1), np.eye(3), (1, 1, 1)),
    ],
)
def test_a_lattice_that_can_not_be_is_refused(spacing, direction, size):
    with pytest.raises(GeometryError):
        Grid((0, 0, 0), spacing, direction, size)
