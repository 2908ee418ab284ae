"""Planes of any orientation carry contours without loss."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.geometry.errors import GeometryError
from workstation.geometry.orientation import direction_letters, plane_name
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform

NUMBER = st.floats(-200, 200)
POINT = st.tuples(NUMBER, NUMBER, NUMBER)


@given(POINT, st.tuples(*[st.floats(-180, 180)] * 3), POINT)
def test_a_point_comes_back_from_plane_coordinates(origin, angles, point):
    r = Transform.from_rigid(rotation_deg=angles).matrix[:3, :3]
    plane = Plane(origin, r[:, 0], r[:, 1])
    u, v, w = plane.to_plane(point)
    assert np.allclose(plane.to_patient((u, v), w), point, atol=1e-8)


def test_the_three_standard_planes_look_the_way_radiologists_do():
    for plane, right, down, name in (
        (Plane.axial(), "L", "P", "axial"),
        (Plane.sagittal(), "P", "I", "sagittal"),
        (Plane.coronal(), "L", "I", "coronal"),
    ):
        assert direction_letters(plane.u) == right
        assert direction_letters(plane.v) == down
        assert plane_name(plane.normal) == name


def test_an_oblique_plane_says_so():
    assert plane_name((0, np.sin(0.2), np.cos(0.2))) == "oblique axial"
    assert direction_letters((0, np.sin(0.3), np.cos(0.3))) == "SP"


def test_moving_through_a_point_keeps_the_in_plane_origin():
    plane = Plane.axial(10).through((50, 60, 25))
    assert plane.origin_mm.tolist() == [0, 0, 25]


def test_parallel_axes_are_refused():
    with pytest.raises(GeometryError):
        Plane((0, 0, 0), (1, 0, 0), (2, 0, 0))
