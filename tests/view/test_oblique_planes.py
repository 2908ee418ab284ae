"""Turned planes stay at right angles, keep the crosshair, and show what lies there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.view.scenes import ACQUISITIONS, centred_grid, marked_volume
from workstation.view.oblique_planes import (
    STRAIGHT,
    is_straight,
    oblique_planes,
    rotation_about,
    turned_about,
)
from workstation.view.slice_planes import ORIENTATIONS, slice_planes

VOLUME = marked_volume(centred_grid(np.eye(3), (2, 2, 3), (64, 60, 40)), "ct")
TURNS = st.lists(st.tuples(st.sampled_from(ORIENTATIONS), st.floats(-180, 180)), min_size=1, max_size=8)


def normals(turns):
    return {name: turns[name] @ slice_planes(VOLUME, name).plane.normal for name in ORIENTATIONS}


@given(TURNS)
def test_planes_stay_at_right_angles_however_often_they_are_turned(steps) -> None:
    turns = STRAIGHT
    for name, angle_deg in steps:
        turns = turned_about(turns, name, normals(turns)[name], angle_deg)
    found = list(normals(turns).values())
    products = np.abs([[a @ b for b in found] for a in found])
    np.testing.assert_allclose(products, np.eye(3), atol=1e-9)


@given(st.sampled_from(ORIENTATIONS), st.floats(-180, 180))
def test_turning_back_leaves_everything_as_it_was(name: str, angle_deg: float) -> None:
    normal = normals(STRAIGHT)[name]
    back = turned_about(turned_about(STRAIGHT, name, normal, angle_deg), name, normal, -angle_deg)
    assert all(is_straight(turn) for turn in back.values())


def test_turning_the_lines_of_a_view_leaves_its_own_plane_alone() -> None:
    turns = turned_about(STRAIGHT, "axial", (0, 0, 1), 30)
    assert is_straight(turns["axial"]) and not is_straight(turns["sagittal"])


@given(st.tuples(*[st.floats(-40, 40)] * 3), st.floats(5, 85))
def test_a_turned_plane_goes_through_the_crosshair(point, angle_deg: float) -> None:
    row = oblique_planes(VOLUME, "coronal", rotation_about((0.3, 1, -0.2), angle_deg))
    plane = row.through(point)
    assert abs(plane.to_plane(point)[2]) < 1e-3
    assert np.array_equal(plane.origin_mm, row.through(plane.to_patient(plane.to_plane(point)[:2] + 7)).origin_mm)


def test_stepping_goes_by_the_finest_voxel_and_stays_inside() -> None:
    row = oblique_planes(VOLUME, "axial", rotation_about((1, 0, 0), 25))
    there = row.stepped((0, 0, 0), 3)
    assert row.plane.to_plane(there)[2] == pytest.approx(3 * 2.0)
    far = row.stepped((0, 0, 0), 10_000)
    assert row.plane.to_plane(far)[2] == pytest.approx(row.reach_mm[1])


@pytest.mark.parametrize("acquisition", ACQUISITIONS)
def test_a_turned_plane_is_named_with_its_tilt(acquisition: str) -> None:
    volume = marked_volume(centred_grid(ACQUISITIONS[acquisition], (2, 2, 3), (64, 60, 40)), "ct")
    straight = slice_planes(volume, "axial").plane
    title = oblique_planes(volume, "axial", rotation_about(straight.u, 90)).title((0, 0, 0))
    assert title.startswith(("coronal", "oblique coronal"))


def test_the_title_names_tilt_and_place() -> None:
    row = oblique_planes(VOLUME, "axial", rotation_about((1, 0, 0), 12))
    assert row.title((0, 0, 41.54)) == "oblique axial 12°  z +41.5 mm"
