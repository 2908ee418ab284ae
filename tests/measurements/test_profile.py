"""Line profiles of ramps, turned and registered images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.measurements.test_statistics import TURN, ramp
from workstation.geometry.errors import GeometryError
from workstation.measurements.profile import line_profile

SLOPE = np.array([2.0, -1.0, 0.5])
INSIDE = st.tuples(st.floats(-20, 20), st.floats(-20, 20), st.floats(-20, 20))


@settings(max_examples=40, deadline=None)
@given(INSIDE, INSIDE)
def test_along_any_line_a_ramp_is_a_straight_line(start, end):
    if np.linalg.norm(np.subtract(end, start)) < 0.1:
        return
    profile = line_profile(start, end, {"a": ramp(SLOPE), "b": ramp(SLOPE)}, {"b": TURN})
    steps = np.diff(profile.positions_mm)
    assert steps.max() <= 0.5 + 1e-9 and np.ptp(steps) < 1e-9
    assert profile.positions_mm[-1] == pytest.approx(np.linalg.norm(np.subtract(end, start)))
    assert np.allclose(profile.points_mm[[0, -1]], [start, end])
    assert np.allclose(profile.values["a"], 7 + profile.points_mm @ SLOPE, atol=1e-3)
    there = ramp().grid.to_index(TURN.apply(profile.points_mm))
    # in the outer half of a border voxel it has its own value
    inside = ((there >= 0) & (there <= np.array(ramp().grid.size) - 1)).all(axis=1)
    assert np.allclose(profile.values["b"][inside], 7 + TURN.apply(profile.points_mm)[inside] @ SLOPE, atol=1e-3)


def test_outside_of_an_image_there_are_no_values_and_the_finest_image_sets_the_steps():
    fine = ramp(spacing=(0.4, 0.4, 0.4))
    profile = line_profile((-40, 0, 0), (40, 0, 0), {"a": ramp(), "fine": fine})
    assert np.diff(profile.positions_mm).max() <= 0.2 + 1e-9
    assert np.isnan(profile.values["a"][0]) and np.isfinite(profile.values["a"][200])
    assert np.isnan(profile.values["fine"]).sum() > np.isnan(profile.values["a"]).sum()


def test_a_line_needs_two_points():
    with pytest.raises(GeometryError, match="two different points"):
        line_profile((1, 2, 3), (1, 2, 3), {})
    with pytest.raises(GeometryError, match="finite"):
        line_profile((1, 2, np.nan), (1, 2, 3), {})
