"""Pixels and plane millimetres meet in one place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.geometry.errors import GeometryError
from workstation.geometry.plane import Plane
from workstation.view.picture_frame import PictureFrame

reals = st.floats(-500, 500)


@given(reals, reals, st.floats(0.02, 20), st.integers(1, 3000), st.integers(1, 3000), reals, reals)
def test_pixels_to_millimetres_and_back(
    u: float, v: float, pixel_mm: float, width: int, height: int, x: float, y: float
) -> None:
    frame = PictureFrame(Plane.axial(), (u, v), pixel_mm, width, height)
    assert frame.to_pixels(frame.to_plane((x, y))) == pytest.approx((x, y), abs=1e-6)


def test_the_middle_of_the_picture_shows_the_centre() -> None:
    frame = PictureFrame(Plane.coronal(5), (10.0, -20.0), 0.5, 400, 300)
    assert frame.to_plane((200, 150)).tolist() == [10.0, -20.0]
    assert frame.to_plane((202, 150)).tolist() == [11.0, -20.0]


def test_the_first_pixel_and_the_steps_in_patient_space() -> None:
    frame = PictureFrame(Plane.coronal(5), (0.0, 0.0), 2.0, 10, 10)
    start, u, v = frame.patient_start_and_steps()
    np.testing.assert_allclose(start, (-9, 5, 9))
    np.testing.assert_allclose(u, (2, 0, 0))
    np.testing.assert_allclose(v, (0, 0, -2))


def test_a_coarser_frame_covers_the_same_rectangle() -> None:
    frame = PictureFrame(Plane.axial(), (3.0, 4.0), 0.5, 400, 300)
    coarse = frame.scaled(2.0)
    assert (coarse.width, coarse.height, coarse.pixel_mm) == (200, 150, 1.0)
    np.testing.assert_allclose(coarse.to_plane((0, 0)), frame.to_plane((0, 0)))


def test_two_frames_have_the_same_key_only_when_they_show_the_same() -> None:
    first = PictureFrame(Plane.axial(1), (0.0, 0.0), 1.0, 10, 10)
    assert first.key == PictureFrame(Plane.axial(1), (0.0, 0.0), 1.0, 10, 10).key
    assert first.key != PictureFrame(Plane.axial(2), (0.0, 0.0), 1.0, 10, 10).key
    assert first.key != PictureFrame(Plane.axial(1), (0.0, 1.0), 1.0, 10, 10).key


def test_an_empty_picture_is_refused() -> None:
    with pytest.raises(GeometryError, match="at least one pixel"):
        PictureFrame(Plane.axial(), (0.0, 0.0), 1.0, 0, 10)
