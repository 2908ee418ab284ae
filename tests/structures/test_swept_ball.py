"""A ball covers a ball, and on its way a capsule."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.structures.planar import area_mm2
from workstation.structures.swept_ball import swept_ball

POSITIONS = np.arange(-60.0, 60.1, 2.5)


def volume_mm3(covered: dict) -> float:
    return sum(area_mm2(region) for region in covered.values()) * 2.5


@given(st.floats(4, 20), st.floats(-3, 3))
def test_a_ball_has_its_volume_wherever_it_lies_between_the_planes(radius_mm, height_mm):
    covered = swept_ball([(1.0, 2.0, height_mm)], radius_mm, POSITIONS)
    assert volume_mm3(covered) == pytest.approx(4 / 3 * np.pi * radius_mm**3, rel=0.15 if radius_mm < 6 else 0.05)
    for position, region in covered.items():
        expected = np.pi * (radius_mm**2 - (position - height_mm) ** 2)
        assert area_mm2(region) == pytest.approx(expected, rel=0.02, abs=0.5)


@pytest.mark.parametrize("end", [(30.0, 0.0, 0.0), (0.0, 0.0, 30.0), (20.0, -5.0, 20.0)])
def test_a_moved_ball_covers_a_capsule(end):
    length = float(np.linalg.norm(end))
    covered = swept_ball([(0.0, 0.0, 0.0), end], 10.0, np.arange(-60.25, 60.0, 0.5))
    assert volume_mm3(covered) / 5 == pytest.approx(np.pi * 100 * length + 4 / 3 * np.pi * 1000, rel=0.02)


def test_planes_out_of_reach_are_left_alone():
    covered = swept_ball([(0.0, 0.0, 0.0)], 6.0, POSITIONS)
    assert sorted(covered) == [-5.0, -2.5, 0.0, 2.5, 5.0]
