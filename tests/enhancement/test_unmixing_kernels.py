"""Shares of known courses come out exactly, never negative, and as a general solver finds them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workstation.enhancement.unmixing_kernels import inverses_of_subsets, unmix

COURSES = np.array([[285.0, 270.0, 300.0], [920.0, 1450.0, 300.0], [1090.0, 980.0, 300.0], [960.0, 780.0, 300.0]])


def shares_of(signals: np.ndarray, courses: np.ndarray = COURSES) -> tuple[np.ndarray, np.ndarray]:
    shares = np.zeros((courses.shape[1], signals.shape[1]), np.float32)
    misfit = np.zeros(signals.shape[1], np.float32)
    unmix(signals.astype(np.float32), courses, *inverses_of_subsets(courses), shares, misfit)
    return shares, misfit


def test_mixtures_are_taken_apart() -> None:
    wanted = np.random.default_rng(1).uniform(0, 1, (3, 500))
    shares, misfit = shares_of(COURSES @ wanted)
    assert np.allclose(shares, wanted, atol=2e-3) and misfit.max() < 0.1


def test_nothing_is_nothing() -> None:
    shares, misfit = shares_of(np.zeros((4, 2)))
    assert (shares == 0).all() and (misfit == 0).all()


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 100_000))
def test_no_share_is_negative_and_none_fits_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    signals = rng.uniform(0, 1500, (4, 1))
    shares, misfit = shares_of(signals)
    assert (shares >= 0).all()
    for _ in range(200):
        tried = np.maximum(shares[:, 0] + rng.normal(0, 0.02, 3), 0)
        rest = np.sqrt(((signals[:, 0] - COURSES @ tried) ** 2).mean())
        assert rest >= misfit[0] - 0.01


def test_it_agrees_with_a_general_solver() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    signals = np.random.default_rng(2).uniform(0, 1500, (4, 100))
    shares, _ = shares_of(signals)
    wanted = np.stack([optimize.nnls(COURSES, column)[0] for column in signals.T], axis=1)
    assert np.allclose(shares, wanted, atol=2e-3)
