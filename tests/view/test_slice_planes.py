"""Planes follow the image's own slices and are looked at the patient's way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.view.scenes import ACQUISITIONS, centred_grid, marked_volume, noise_volume, rotation
from workstation.geometry.grid import Grid
from workstation.geometry.orientation import direction_letters
from workstation.images.volume import SliceSource, Volume
from workstation.view.slice_planes import ORIENTATIONS, content_extent_mm, slice_planes

LOOKS = {"axial": ("L", "P"), "sagittal": ("P", "I"), "coronal": ("L", "I")}


@pytest.mark.parametrize("name", ACQUISITIONS)
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_right_and_down_are_the_patients_whatever_the_acquisition(name: str, orientation: str) -> None:
    planes = slice_planes(noise_volume(centred_grid(ACQUISITIONS[name], (1, 1.2, 3), (40, 36, 20))), orientation)
    right, down = LOOKS[orientation]
    assert direction_letters(planes.plane.u, most=1) == right
    assert direction_letters(planes.plane.v, most=1) == down


@pytest.mark.parametrize("name", ACQUISITIONS)
def test_exactly_one_view_shows_the_acquired_slices_and_it_is_on_them(name: str) -> None:
    volume = noise_volume(centred_grid(ACQUISITIONS[name], (1, 1.2, 3), (40, 36, 20)))
    rows = [slice_planes(volume, orientation) for orientation in ORIENTATIONS]
    acquired = [row for row in rows if row.acquired]
    assert len(acquired) == 1
    row = acquired[0]
    assert abs(row.plane.normal @ volume.grid.normal) == pytest.approx(1.0)
    for k in range(20):
        assert row.through(volume.grid.to_patient((5, 5, k))).to_plane(volume.grid.to_patient((9, 2, k)))[2] == (
            pytest.approx(0.0, abs=1e-9)
        )
    assert {"sagittal": "sagittal", "coronal": "coronal"}.get(name.split()[-1], row.orientation) == row.orientation


@given(st.floats(-40, 40), st.floats(-40, 40), st.floats(-40, 40))
def test_the_other_planes_pass_through_voxel_centres(a: float, b: float, c: float) -> None:
    grid = centred_grid(rotation(a, b, c), (1.0, 1.5, 3.0), (30, 20, 10))
    volume = noise_volume(grid)
    for orientation in ORIENTATIONS:
        row = slice_planes(volume, orientation)
        assert len(row.positions_mm) == 30 * 20 * 10 / np.prod([len(p.positions_mm) for p in _others(volume, row)])
        middle = row.through(grid.to_patient((15, 10, 5)))
        assert middle.to_plane(grid.to_patient((15, 10, 5)))[2] == pytest.approx(0.0, abs=1e-9)


def _others(volume: Volume, row: object) -> list:
    return [p for o in ORIENTATIONS if (p := slice_planes(volume, o)).orientation != row.orientation]


def test_uneven_slices_are_shown_where_they_were_acquired() -> None:
    grid = Grid((0, 0, 0), (1, 1, 2), np.eye(3), (8, 8, 6))
    sources = tuple(SliceSource("1", f"2.{z}", z) for z in (0.0, 2.0, 5.0, 10.0))
    volume = Volume("uneven", np.zeros(grid.shape, np.int16), grid, slices=sources)
    row = slice_planes(volume, "axial")
    assert row.positions_mm.tolist() == [0.0, 2.0, 5.0, 10.0]
    assert row.stepped((3, 3, 4.4), 1)[2] == 10.0


def test_a_tilted_gantry_keeps_its_slices_and_true_normals() -> None:
    k_axis = np.array([0.0, np.sin(0.3), np.cos(0.3)])
    grid = Grid((0, 0, 0), (1, 1, 2), np.stack([[1, 0, 0], [0, 1, 0], k_axis], axis=1), (20, 20, 10))
    row = slice_planes(Volume("t", np.zeros(grid.shape, np.int16), grid), "axial")
    np.testing.assert_allclose(row.plane.normal, (0, 0, 1), atol=1e-12)
    np.testing.assert_allclose(np.diff(row.positions_mm), 2 * np.cos(0.3))
    coronal = slice_planes(Volume("t", np.zeros(grid.shape, np.int16), grid), "coronal")
    np.testing.assert_allclose(coronal.plane.normal, (0, 1, 0), atol=1e-12)
    assert coronal.positions_mm[-1] > 19.0


def test_stepping_goes_away_from_the_viewer_and_stops_at_the_end() -> None:
    volume = marked_volume(centred_grid(np.eye(3), (2, 2, 3), (50, 50, 31)))
    axial, sagittal, coronal = (slice_planes(volume, o) for o in ORIENTATIONS)
    assert axial.stepped((1, 2, 0), 1).tolist() == [1, 2, 3]
    assert sagittal.stepped((1, 2, 0), 1).tolist() == [-1, 2, 0]
    assert coronal.stepped((1, 1, 0), 1).tolist() == [1, 3, 0]
    assert axial.stepped((1, 2, 0), 1000).tolist() == [1, 2, 45]
    assert axial.stepped((1, 2, 0), -1000).tolist() == [1, 2, -45]


def test_titles_name_plane_and_position() -> None:
    volume = marked_volume(centred_grid(np.eye(3), (2, 2, 3), (50, 50, 31)))
    point = (-13.0, 7.0, 42.1)
    assert [slice_planes(volume, o).title(point) for o in ORIENTATIONS] == [
        "axial  z +42.0 mm",
        "sagittal  x -13.0 mm",
        "coronal  y +7.0 mm",
    ]


def test_the_title_of_an_oblique_plane_says_so() -> None:
    volume = noise_volume(centred_grid(rotation(14, 0, 0), (1, 1, 3), (40, 40, 21)))
    assert slice_planes(volume, "axial").title((0, 0, 0)) == "oblique axial  SA +0.0 mm"
    assert slice_planes(volume, "sagittal").title((0.5, 0, 0)) == "sagittal  x +0.5 mm"


def test_the_extent_of_the_patient_leaves_the_air_out() -> None:
    grid = centred_grid(np.eye(3), (1, 1, 2), (200, 160, 60))
    voxels = np.full(grid.shape, -1000, np.int16)
    voxels[10:50, 40:120, 60:120] = 30
    voxels[3, 3, 3] = 3000
    volume = Volume("ct", voxels, grid, "CT")
    low, high = grid.to_patient((60, 40, 10)), grid.to_patient((119, 119, 49))
    axial = content_extent_mm(volume, slice_planes(volume, "axial"))
    assert axial == pytest.approx((low[0], low[1], high[0], high[1]), abs=7)
    coronal = content_extent_mm(volume, slice_planes(volume, "coronal"))
    assert coronal == pytest.approx((low[0], -high[2], high[0], -low[2]), abs=7)
    air = Volume("air", np.full(grid.shape, -1000, np.int16), grid, "CT")
    assert content_extent_mm(air, slice_planes(air, "axial")) == slice_planes(air, "axial").extent_mm


def test_a_couch_clear_of_the_patient_is_not_looked_at_but_a_second_limb_is() -> None:
    grid = centred_grid(np.eye(3), (1, 1, 2), (256, 256, 40))
    voxels = np.full(grid.shape, -1000, np.int16)
    voxels[:, 60:140, 90:130] = 30
    voxels[:, 80:120, 150:180] = 30
    voxels[:, 200:203, 5:250] = 300
    volume = Volume("ct", voxels, grid, "CT")
    low, high = grid.to_patient((90, 60, 0)), grid.to_patient((179, 139, 39))
    axial = content_extent_mm(volume, slice_planes(volume, "axial"))
    assert axial == pytest.approx((low[0], low[1], high[0], high[1]), abs=9)
