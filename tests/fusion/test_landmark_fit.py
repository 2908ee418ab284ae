"""Fits of landmarks against known maps, against the theory of their errors, and against hands that slipped."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workstation.fusion.landmark_fit import (
    LandmarkFit,
    errors_under,
    expected_fre_mm,
    expected_tre_mm,
    fit_rigid,
)
from workstation.fusion.registration import RegistrationError
from workstation.geometry.transform import Transform

SIX = np.array([(50, 0, 0), (-50, 0, 0), (0, 50, 0), (0, -50, 0), (0, 0, 50), (0, 0, -50)], dtype=float)
MOVED = Transform.from_rigid((5, -20, 31), (20, -8, 3))
SCATTERED = np.random.default_rng(7).uniform(-70, 70, (9, 3))

angle = st.floats(-180, 180)
length = st.floats(-300, 300)


@given(st.tuples(length, length, length), st.tuples(angle, angle, angle), st.integers(3, 12), st.integers(0, 999))
def test_any_rigid_map_is_found_again(shift, turn, count, seed):
    truth = Transform.from_rigid(shift, turn)
    points = np.random.default_rng(seed).uniform(-100, 100, (count, 3))
    fit = fit_rigid(points, truth.apply(points))
    np.testing.assert_allclose(fit.transform.matrix, truth.matrix, atol=1e-6)
    assert fit.transform.is_rigid(1e-9) and fit.fre_mm < 1e-6


@settings(max_examples=25)
@given(st.integers(0, 9999))
def test_no_rigid_map_near_by_leaves_less(seed):
    random = np.random.default_rng(seed)
    fixed = random.uniform(-50, 50, (6, 3))
    moving = MOVED.apply(fixed) + random.normal(0, 3, fixed.shape)
    fit = fit_rigid(fixed, moving)
    centre = moving.mean(axis=0)
    for _ in range(20):
        nudge = Transform.from_rigid(random.normal(0, 0.3, 3), random.normal(0, 0.3, 3), centre)
        left = errors_under(nudge.after(fit.transform), fixed, moving)
        assert np.sqrt((left**2).mean()) >= fit.fre_mm


def test_the_error_of_each_pair_is_a_vector_in_the_moving_frame():
    moving = SIX + np.array([(0, 0, 1), (0, 0, 1), (0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0)]) * 0.3
    fit = fit_rigid(SIX, moving)
    np.testing.assert_allclose(fit.error_vectors_mm, fit.transform.apply(SIX) - moving)
    np.testing.assert_allclose(fit.errors_mm**2, (fit.error_vectors_mm**2).sum(axis=1))
    assert fit.fre_mm == pytest.approx(np.sqrt((fit.errors_mm**2).mean()))


def test_a_mirror_is_never_part_of_the_map():
    mirrored = SCATTERED * (-1, 1, 1)
    fit = fit_rigid(SCATTERED, mirrored)
    assert np.linalg.det(fit.transform.matrix[:3, :3]) == pytest.approx(1)
    assert any("mirrored fit would leave 0.0 mm" in warning for warning in fit.warnings)


def test_expected_errors_are_those_of_the_published_formulas():
    assert expected_fre_mm(6, 1.5) == pytest.approx(1.225, abs=5e-4)
    found = expected_tre_mm(SIX, [(0, 0, 0), (60, 0, 0), (0, 60, 60)], 1.5)
    np.testing.assert_allclose(found, (0.612, 0.957, 1.206), atol=5e-4)
    turned = MOVED.apply(SIX)
    np.testing.assert_allclose(expected_tre_mm(turned, MOVED.apply(np.array([60.0, 0, 0])), 1.5), 0.957, atol=5e-4)


def test_simulated_errors_agree_with_the_formulas_and_fre_does_not_follow_tre():
    random = np.random.default_rng(11)
    targets = np.array([(0, 0, 0), (60, 0, 0), (0, 60, 60)], dtype=float)
    fres, tres = [], []
    for _ in range(1000):
        fit = fit_rigid(SIX, MOVED.apply(SIX) + random.normal(0, 1.5 / np.sqrt(3), SIX.shape))
        fres.append(fit.fre_mm)
        tres.append(errors_under(fit.transform, targets, MOVED.apply(targets)))
    rms = np.sqrt(np.mean(np.square(tres), axis=0))
    np.testing.assert_allclose(rms, (0.612, 0.957, 1.206), rtol=0.08)
    assert np.sqrt(np.mean(np.square(fres))) == pytest.approx(1.225, rel=0.06)
    assert abs(np.corrcoef(fres, np.array(tres)[:, 1])[0, 1]) < 0.1


def test_a_turn_that_landmarks_leave_open_makes_the_expected_error_infinite():
    line = [(0, 0, 0), (10, 0, 0), (20, 0, 0)]
    found = expected_tre_mm(line, [(50, 0, 0), (0, 5, 0)], 1.0)
    assert np.isfinite(found[0]) and np.isinf(found[1])


def test_each_pair_is_predicted_from_the_others():
    moving = MOVED.apply(SCATTERED) + np.random.default_rng(3).normal(0, 1, SCATTERED.shape)
    fit = fit_rigid(SCATTERED, moving)
    others = np.arange(9) != 4
    alone = fit_rigid(SCATTERED[others], moving[others])
    assert fit.leave_one_out_mm[4] == pytest.approx(np.linalg.norm(alone.transform.apply(SCATTERED[4]) - moving[4]))
    assert (fit.leave_one_out_mm > fit.errors_mm).all(), "a pair pulls its own fit towards itself"
    assert fit.leave_one_out_rms_mm > fit.fre_mm


def test_the_error_of_setting_landmarks_is_estimated_from_what_is_left():
    random = np.random.default_rng(5)
    found = [fit_rigid(SIX, SIX + random.normal(0, 1.5 / np.sqrt(3), SIX.shape)).fle_mm for _ in range(500)]
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(1.5, rel=0.08)


def words(fit: LandmarkFit) -> str:
    return " | ".join(fit.warnings)


def test_a_careful_hand_is_not_warned():
    random = np.random.default_rng(1)
    warned = [
        bool(fit_rigid(SCATTERED, MOVED.apply(SCATTERED) + random.normal(0, 0.8, SCATTERED.shape)).warnings)
        for _ in range(100)
    ]
    assert np.mean(warned) < 0.05


@pytest.mark.parametrize("pair", range(9))
def test_a_pair_that_was_set_wrong_is_named(pair):
    moving = MOVED.apply(SCATTERED) + np.random.default_rng(pair).normal(0, 0.5, SCATTERED.shape)
    moving[pair] += (9, -7, 5)
    fit = fit_rigid(SCATTERED, moving, range(11, 20))
    assert words(fit).startswith(f"Pair {11 + pair} lies ")


def test_what_landmarks_leave_uncertain_is_said():
    three = fit_rigid(SIX[::2], MOVED.apply(SIX[::2]))
    assert three.leave_one_out_mm.size == 0 and np.isnan(three.leave_one_out_rms_mm) and np.isnan(three.fle_mm)
    assert words(three) == "Three pairs leave nothing to check the fit with: set a fourth or more"
    assert "nearly in one plane" in words(fit_rigid(SCATTERED * (1, 1, 0.01), SCATTERED * (1, 1, 0.01)))
    assert "nearly on one line" in words(fit_rigid(SCATTERED * (1, 0.03, 0.02), SCATTERED * (1, 0.03, 0.02)))
    assert "turns the patient by 180 degrees" in words(fit_rigid(SCATTERED, SCATTERED * (-1, -1, 1)))
    lone = np.array([(0, 0, 0), (10, 0, 0), (20, 0, 0), (5, 30, 40)], dtype=float)
    fit = fit_rigid(lone, lone)
    assert "Without pair 4 the others lie on one line" in words(fit) and np.isnan(fit.leave_one_out_mm[3])


@pytest.mark.parametrize(("fixed", "moving", "said"), [
    (SIX[:2], SIX[:2], "at least three pairs of landmarks; there are 2"),
    ([], [], "there are 0"),
    (SIX, SIX[:5], "6 fixed and 5 moving"),
    ([(0, 0, 0), (1, 1, 1), (3, 3, 3)], SIX[:3], "The fixed landmarks lie on one line"),
    (SIX[:3], [(4, 4, 4)] * 3, "The moving landmarks lie on one line"),
    ([(0, 0, np.nan), (1, 0, 0), (0, 1, 0)], SIX[:3], "finite points"),
    ([(0, 0), (1, 0), (0, 1)], SIX[:3], "finite points"),
])  # fmt: skip
def test_what_cannot_be_fitted_is_refused_in_a_sentence(fixed, moving, said):
    with pytest.raises(RegistrationError, match=said):
        fit_rigid(fixed, moving)
