"""Six degrees in patient and couch terms, against the figures of the textbook convention."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.fusion.quality import couch
from workstation.fusion.registration import RegistrationError
from workstation.geometry.transform import Transform

small = st.tuples(*[st.floats(-20, 20)] * 3)
POSITIONS = sorted(couch.IEC_OF_LPS)


@pytest.mark.parametrize(
    ("position", "seen"),
    [("HFS", (10, 30, -20)), ("HFP", (-10, 30, 20)), ("FFS", (-10, -30, -20)), ("FFP", (10, -30, 20))],
)
def test_patient_directions_in_the_axes_of_the_couch(position: str, seen: tuple[int, int, int]) -> None:
    assert couch.to_iec((10, 20, 30), position).tolist() == list(seen)
    assert np.linalg.det(np.array(couch.IEC_OF_LPS[position])) == pytest.approx(1.0)


def test_what_a_couch_leaves_uncorrected() -> None:
    turn, arm = (2.0, -1.5, 1.0), (0.0, 80.0, 0.0)
    assert couch.residual_mm(turn, arm, 3) == pytest.approx(3.154, abs=5e-4)
    assert couch.residual_mm(turn, arm, 4) == pytest.approx(2.792, abs=5e-4)
    assert couch.residual_mm(turn, arm, 6) == 0
    assert couch.total_angle_deg(Transform.from_rigid(rotation_deg=turn)) == pytest.approx(2.702, abs=5e-4)


def test_turning_about_the_image_origin_instead_of_the_isocentre_is_seen() -> None:
    isocentre, turn = (20.0, -150.0, 200.0), (2.0, -1.5, 1.0)
    right = Transform.from_rigid((0, 0, 0), turn, isocentre)
    wrong = Transform.from_rigid((0, 0, 0), turn)
    assert np.linalg.norm(wrong.apply(isocentre) - right.apply(isocentre)) == pytest.approx(8.56, abs=0.005)


@given(small, small, small, small)
def test_a_shift_moved_to_another_pivot_belongs_to_the_same_map(t, turn, region, isocentre) -> None:
    whole = Transform.from_rigid(t, turn, region)
    moved = couch.at_another_pivot(t, whole.matrix[:3, :3], region, isocentre)
    again = Transform.from_rigid(moved, turn, isocentre)
    assert np.allclose(again.matrix, whole.matrix, atol=1e-9)


@given(small, small, small, st.sampled_from(POSITIONS))
def test_couch_terms_describe_the_same_map(t, turn, centre, position) -> None:
    whole = Transform.from_rigid(t, turn, centre)
    six = couch.in_couch_terms(whole, centre, position)
    pivot = couch.to_iec(centre, position)
    rebuilt = Transform.from_rigid(six.translation_mm, six.rotation_deg, pivot)
    points = np.array([[0.0, 0, 0], [50, -20, 30]])
    seen = rebuilt.apply(couch.to_iec(points, position))
    assert np.allclose(seen, couch.to_iec(whole.apply(points), position), atol=1e-6)
    assert six.angle_deg == pytest.approx(couch.total_angle_deg(whole), abs=1e-3)


@given(small, small, small)
def test_the_correction_is_the_inverse_and_not_negated_numbers(t, turn, centre) -> None:
    error = Transform.from_rigid(t, turn, centre)
    back = couch.in_patient_terms(couch.correction(error), centre)
    rotation = error.matrix[:3, :3]
    assert np.allclose(back.translation_mm, -rotation.T @ np.array(t), atol=1e-9)
    assert np.allclose(couch.correction(error).after(error).matrix, np.eye(4), atol=1e-9)


def test_the_words_say_where_to() -> None:
    six = couch.in_patient_terms(Transform.from_rigid((2.1, -0.4, 0.01), (1.0, 0, -2.0)), (0, 0, 0))
    assert six.words() == [
        "2.1 mm to the patient's left", "0.4 mm to the front", "1.0° pitch, head to the front",
        "2.0° yaw, face to the right",
    ]  # fmt: skip
    seen = couch.in_couch_terms(Transform.from_rigid((2.1, -0.4, 3.0)), (0, 0, 0), "HFP")
    assert seen.words() == ["2.1 mm to the left", "3.0 mm towards the gantry", "0.4 mm down", "no turn"]
    assert couch.in_patient_terms(Transform.identity(), (0, 0, 0)).words() == ["no shift", "no turn"]


@pytest.mark.parametrize(
    ("terms", "turn", "point", "towards"),
    [
        ("patient", (1, 0, 0), (0, 0, 100), (0, -1, 0)),  # head to the front
        ("patient", (0, 1, 0), (0, 0, 100), (1, 0, 0)),  # head to the left
        ("patient", (0, 0, 1), (0, -100, 0), (1, 0, 0)),  # face to the left
        ("couch", (1, 0, 0), (0, 100, 0), (0, 0, 1)),  # gantry end up
        ("couch", (0, 1, 0), (100, 0, 0), (0, 0, -1)),  # right side down
        ("couch", (0, 0, 1), (0, 100, 0), (-1, 0, 0)),  # gantry end to the left
    ],
)
def test_the_words_of_a_turn_are_what_happens(terms, turn, point, towards) -> None:
    moved = Transform.from_rigid(rotation_deg=turn).apply(point) - np.array(point)
    assert moved @ np.array(towards) > 1.7
    axis = turn.index(1)
    expected = {"patient": ["head to the front", "head to the left", "face to the left"],
                "couch": ["gantry end up", "right side down", "gantry end to the left"]}  # fmt: skip
    assert couch.TURNS[terms][axis][0] == expected[terms][axis]


def test_couch_terms_need_to_know_how_the_patient_lies() -> None:
    with pytest.raises(RegistrationError, match="how the patient lies"):
        couch.in_couch_terms(Transform.identity(), (0, 0, 0), "")
