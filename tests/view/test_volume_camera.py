"""The 3D view's camera looks from where it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.geometry.orientation import direction_letters
from workstation.view.volume_camera import SIDES, VolumeCamera

RIGHT_AND_UP = {"A": "LS", "P": "RS", "L": "PS", "R": "AS", "S": "RA", "I": "LA"}


@pytest.mark.parametrize("side", SIDES)
def test_named_sides_look_straight_at_the_patient(side: str) -> None:
    right, up, towards = VolumeCamera.from_side(side).axes
    assert direction_letters(towards) == side
    assert direction_letters(right) + direction_letters(up) == RIGHT_AND_UP[side]


pixels = st.floats(-300, 300)


@given(st.sampled_from(SIDES), st.lists(st.tuples(pixels, pixels), max_size=20))
def test_turning_never_shears_nor_mirrors(side: str, drags: list[tuple[float, float]]) -> None:
    camera = VolumeCamera.from_side(side, (1, 2, 3))
    for dx, dy in drags:
        camera = camera.turned(dx, dy)
    np.testing.assert_allclose(camera.axes @ camera.axes.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(camera.axes) == pytest.approx(1.0)
    assert camera.focus_mm.tolist() == [1, 2, 3]


def test_what_faces_the_viewer_follows_the_cursor() -> None:
    camera = VolumeCamera.from_side("A")
    nose = (0.0, -80.0, 0.0)
    before = camera.to_screen(nose, 400, 300)
    assert (camera.turned(20, 0).to_screen(nose, 400, 300) - before)[0] > 5
    assert (camera.turned(0, 20).to_screen(nose, 400, 300) - before)[1] > 5


def test_panning_moves_the_patient_with_the_cursor_and_zoom_keeps_the_middle() -> None:
    camera = VolumeCamera.from_side("L", (0, 0, 0), 0.5)
    np.testing.assert_allclose(camera.panned(30, -10).to_screen((0, 0, 0), 400, 300), (230, 140))
    np.testing.assert_allclose(camera.zoomed(2).to_screen((0, 10, 0), 400, 300), (240, 150))


@given(st.sampled_from(SIDES), pixels, pixels, st.tuples(*[st.floats(1, 600)] * 3), st.integers(50, 900))
def test_a_fitted_box_lies_within_the_picture(
    side: str, dx: float, dy: float, size: tuple[float, float, float], width: int
) -> None:
    low = np.array([-20.0, 30.0, 100.0])
    camera = VolumeCamera.from_side(side).turned(dx, dy).fitted(low, low + size, width, 400, 50.0)
    corners = [low + np.array(size) * [b & 1, b >> 1 & 1, b >> 2 & 1] for b in range(8)]
    places = camera.to_screen(corners, width, 400)
    assert (places >= 0).all() and (places[:, 0] <= width).all() and (places[:, 1] <= 400).all()
    assert camera.pixel_mm * min(width, 400) >= 50.0 - 1e-9
