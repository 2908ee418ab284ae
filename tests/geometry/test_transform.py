"""Rigid maps turn about their stated centre, in a stated order; the matrix is the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.geometry.errors import GeometryError
from workstation.geometry.transform import Transform

TRIPLE = st.tuples(*[st.floats(-80, 80)] * 3)


@given(TRIPLE, TRIPLE, TRIPLE, TRIPLE)
def test_the_inverse_brings_every_point_back(shift, angles, centre, point):
    t = Transform.from_rigid(shift, angles, centre)
    assert t.is_rigid()
    assert np.allclose(t.inverse().apply(t.apply(point)), point, atol=1e-7)
    assert t.inverse().after(t).is_identity(1e-7)


@given(TRIPLE, TRIPLE, TRIPLE)
def test_angles_and_shift_come_back_from_the_matrix(shift, angles, centre):
    t = Transform.from_rigid(shift, angles, centre)
    assert np.allclose(t.rotation_deg(), angles, atol=1e-6)
    assert np.allclose(t.translation_mm(centre), shift, atol=1e-7)


def test_a_couch_example_with_a_known_residual():
    # pitch 2, roll -1.5, yaw 1 degrees move a point 80 mm behind the isocentre by 3.154 mm
    t = Transform.from_rigid(rotation_deg=(2, -1.5, 1))
    assert np.linalg.norm(t.apply((0, 80, 0)) - (0, 80, 0)) == pytest.approx(3.154, abs=5e-4)


@pytest.mark.parametrize("matrix", [np.zeros((4, 4)), np.full((4, 4), np.nan), np.eye(3), np.diag([1, 1, 0, 1])])
def test_a_matrix_without_an_inverse_is_refused(matrix):
    with pytest.raises(GeometryError):
        Transform(matrix)


def test_a_mirror_is_not_rigid():
    assert not Transform(np.diag([-1, 1, 1, 1])).is_rigid()
