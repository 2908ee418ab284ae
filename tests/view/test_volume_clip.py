"""Cuts keep the side they say, and take away what is nearer to the viewer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.view.oblique_planes import STRAIGHT, turned_about
from workstation.view.volume_camera import SIDES, VolumeCamera
from workstation.view.volume_clip import CUTS, Cut, clip_planes, cuts_of, facing

coordinates = st.floats(-300, 300)
points = st.tuples(coordinates, coordinates, coordinates)


@pytest.mark.parametrize(
    ("plane", "gone"), [("axial", (0, 0, 10)), ("sagittal", (10, 0, 0)), ("coronal", (0, -10, 0))]
)
def test_superior_left_and_anterior_parts_go_first(plane: str, gone: tuple[float, float, float]) -> None:
    (cut,) = clip_planes([Cut(plane)], (1, 2, 3))
    assert not cut.keeps(np.add(gone, (1, 2, 3))) and cut.keeps(np.subtract((1, 2, 3), gone))


@given(st.sampled_from(CUTS), points, points)
def test_flipping_keeps_exactly_the_rest(plane: str, point: tuple[float, ...], probe: tuple[float, ...]) -> None:
    (one,), (other,) = clip_planes([Cut(plane)], point), clip_planes([Cut(plane, True)], point)
    assert one.keeps(probe) or other.keeps(probe)
    offset = np.abs(np.array(one.kept) @ (np.array(probe) - point))
    assert not (one.keeps(probe) and other.keeps(probe)) or offset == 0


@pytest.mark.parametrize("side", SIDES)
def test_what_is_nearer_to_the_viewer_goes(side: str) -> None:
    towards = VolumeCamera.from_side(side).axes[2]
    for plane in CUTS:
        assert facing(plane, towards).kept @ towards <= 0


def test_cuts_follow_planes_that_were_turned() -> None:
    turned = turned_about(STRAIGHT, "axial", (0, 0, 1), 90.0)
    axial, coronal = clip_planes([Cut("axial"), Cut("coronal")], (0, 0, 0), turned)
    np.testing.assert_allclose(axial.kept, (0, 0, -1), atol=1e-12)
    np.testing.assert_allclose(np.abs(coronal.kept), (1, 0, 0), atol=1e-12)


def test_cuts_come_in_one_order_and_unknown_planes_are_left_out() -> None:
    assert cuts_of({"coronal": True, "axial": False, "oblique": True}) == (Cut("axial"), Cut("coronal", True))
