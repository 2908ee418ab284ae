"""Lengths, angles, shapes and handles of measurements, in any plane."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.geometry.errors import GeometryError
from workstation.geometry.plane import Plane
from workstation.measurements.measurement import KINDS, angle_deg, new_measurement
from workstation.measurements.shapes import (
    arc_uv,
    bent,
    handles_of,
    line_through,
    region_of_measurement,
    with_handle_at,
)
from workstation.measurements.words import sides_words, size_words
from workstation.structures.planar import area_mm2

OBLIQUE = Plane((3, -4, 5), (1, 0.3, 0.1), (0, 1, 0.4))
POINT = st.tuples(st.floats(-50, 50), st.floats(-50, 50))
UV = {
    "distance": [(0, 0), (30, 40)],
    "angle": [(10, 0), (0, 0), (0, 5)],
    "ellipse": [(-3, -2), (3, 2)],
    "rectangle": [(0, 0), (6, 4)],
    "freehand": [(0, 0), (10, 0), (10, 10), (0, 10)],
    "profile": [(0, 0), (0, 7)],
}


def measured(kind: str, plane: Plane = OBLIQUE, uv=None):
    return new_measurement(kind, plane.to_patient(np.array(uv or UV[kind], float)), plane, "F")


@pytest.mark.parametrize("kind, words", [
    ("distance", "50.0 mm"), ("angle", "90.0°"), ("ellipse", "0.19 cm²"), ("rectangle", "0.24 cm²"),
    ("freehand", "1.00 cm²"), ("profile", "7.0 mm"),
])  # fmt: skip
@pytest.mark.parametrize("plane", [Plane.axial(4), Plane.sagittal(-2), Plane.coronal(1), OBLIQUE])
def test_what_is_measured_on_a_plane_is_true_in_the_patient(kind, words, plane):
    assert size_words(measured(kind, plane)) == words


def test_an_ellipse_has_its_exact_area_and_both_sides_are_told():
    ellipse = measured("ellipse")
    assert area_mm2(region_of_measurement(ellipse)) == pytest.approx(np.pi * 6, rel=1e-12)
    assert sides_words(ellipse) == "6.0 × 4.0 mm" and sides_words(measured("angle")) == ""


@given(st.floats(0.5, 179.5), st.floats(0.1, 100), st.floats(0.1, 100), st.floats(0, 6))
def test_an_angle_is_found_whatever_the_length_of_its_arms(angle, first, second, turn):
    a = OBLIQUE.to_patient(first * np.array([np.cos(turn), np.sin(turn)]))
    rad = turn + np.radians(angle)
    b = OBLIQUE.to_patient(second * np.array([np.cos(rad), np.sin(rad)]))
    assert angle_deg(a, OBLIQUE.origin_mm, b) == pytest.approx(angle, abs=1e-6)


def test_an_angle_without_an_arm_is_nothing():
    assert angle_deg((0, 0, 0), (0, 0, 0), (1, 0, 0)) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_every_handle_goes_where_it_is_put_and_the_middle_takes_everything_along(kind):
    corners = np.array(UV[kind], float)
    handles, shift = handles_of(kind, corners), np.array([1.5, -2.5])
    for number, handle in enumerate(handles):
        moved = with_handle_at(kind, corners, number, handle + shift)
        if kind == "ellipse" and number < 4:  # the end of an axis moves along it
            axis = 0 if number < 2 else 1
            assert handles_of(kind, moved)[number][axis] == pytest.approx((handle + shift)[axis])
        else:
            assert handles_of(kind, moved)[number] == pytest.approx(handle + shift)
    if kind in ("ellipse", "rectangle", "freehand"):
        moved = with_handle_at(kind, corners, len(handles) - 1, handles[-1] + shift)
        assert line_through(kind, moved) == pytest.approx(line_through(kind, corners) + shift)


@given(st.lists(POINT, min_size=4, max_size=30, unique=True), st.integers(0, 3), POINT)
def test_a_bent_ring_follows_the_hand_and_rests_at_the_far_side(ring, number, shift):
    points = np.array(ring)
    moved = bent(points, number, shift)
    assert moved[number] == pytest.approx(points[number] + shift)
    assert (np.hypot(*(moved - points).T) <= np.hypot(*shift) + 1e-9).all()


def test_the_arc_of_an_angle_runs_from_one_arm_to_the_other():
    arc = arc_uv(np.array(UV["angle"], float), 3.0)
    assert arc[0] == pytest.approx((3, 0)) and arc[-1] == pytest.approx((0, 3))


@pytest.mark.parametrize("change, word", [
    ({"kind": "circle"}, "kind"), ({"points_mm": [(0, 0, 0)]}, "points"),
    ({"points_mm": [(0, 0, 0), (0, 0, 2)]}, "plane"),
    ({"points_mm": [(0, 0, 0), (np.inf, 0, 0)]}, "finite"),
])  # fmt: skip
def test_nonsense_is_refused_in_words(change, word):
    values = {"kind": "distance", "points_mm": [(0, 0, 0), (1, 0, 0)], **change}
    with pytest.raises(GeometryError, match=word):
        new_measurement(values["kind"], values["points_mm"], Plane.axial(), "F")


def test_numbers_names_and_colours_count_on():
    first = new_measurement("distance", [(0, 0, 0), (1, 0, 0)], Plane.axial(), "F")
    second = new_measurement("angle", [(0, 0, 0), (1, 0, 0), (1, 1, 0)], Plane.axial(), "F", [first], ["ct"])
    assert (first.name, second.name, second.image_keys) == ("Distance 1", "Angle 2", ("ct",))
    assert first.color != second.color and not second.is_named
