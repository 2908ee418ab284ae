"""Tiles that stay on the patient, lines and circles to the pixel."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workstation.geometry.plane import Plane
from workstation.view.fusion_masks import checkerboard, curtain, spyglass
from workstation.view.picture_frame import PictureFrame

FRAME = PictureFrame(Plane.axial(), (0.0, 0.0), 1.0, 60, 40)


@given(st.integers(-50, 50), st.integers(-50, 50), st.sampled_from([5.0, 12.0, 20.0]))
def test_panning_by_whole_pixels_moves_the_tiles_with_the_patient(dx: int, dy: int, tile_mm: float) -> None:
    moved = PictureFrame(FRAME.plane, (float(dx), float(dy)), 1.0, 60, 40)
    wide = checkerboard(PictureFrame(FRAME.plane, (0.0, 0.0), 1.0, 160, 140), tile_mm)
    np.testing.assert_array_equal(checkerboard(moved, tile_mm), wide[50 + dy : 90 + dy, 50 + dx : 110 + dx])


def test_tiles_do_not_depend_on_where_the_plane_has_its_origin() -> None:
    other = Plane((37.0, -23.0, 0.0), (1, 0, 0), (0, 1, 0))
    np.testing.assert_array_equal(
        checkerboard(PictureFrame(other, (-37.0, 23.0), 1.0, 60, 40), 12.0), checkerboard(FRAME, 12.0)
    )


def test_tiles_are_squares_of_their_size() -> None:
    frame = PictureFrame(FRAME.plane, (30.0, 20.0), 1.0, 60, 40)
    tiles = checkerboard(frame, 10.0)
    assert tiles[0, :10].tolist() == [0] * 10 and tiles[0, 10:20].tolist() == [1] * 10
    assert tiles[10:20, 0].tolist() == [1] * 10 and tiles[15, 15] == 0


def test_a_curtain_splits_the_picture_at_its_share() -> None:
    assert curtain(FRAME, 0.25, True).sum(axis=1).tolist() == [45] * 40
    assert curtain(FRAME, 0.25, False).sum(axis=0).tolist() == [30] * 60
    assert not curtain(FRAME, 1.0, True).any() and curtain(FRAME, 0.0, True).all()


@given(st.floats(-60, 60), st.floats(-60, 60), st.floats(0.3, 90))
def test_a_circle_covers_the_pixels_whose_centres_lie_in_it(u: float, v: float, radius_mm: float) -> None:
    rows, columns = np.mgrid[0:40, 0:60]
    distance = np.hypot(columns + 0.5 - 30 - u, rows + 0.5 - 20 - v)
    found = spyglass(FRAME, (u, v), radius_mm).astype(bool)
    clear = np.abs(distance - radius_mm) > 1e-6
    np.testing.assert_array_equal(found[clear], (distance <= radius_mm)[clear])


def test_a_circle_nowhere_covers_nothing() -> None:
    assert not spyglass(FRAME, None, 10.0).any()
