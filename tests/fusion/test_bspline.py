"""Splines over a box: their sums, their refinement, what bending costs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.fusion.bspline import Lattice, each_slab, evaluated, in_slabs

LATTICE = Lattice((3, 4, 5), np.array([10.0, 8.0, 12.0]))


def places(count: int = 9) -> list[np.ndarray]:
    return [np.linspace(0, n * h, count) for n, h in zip(LATTICE.cells, LATTICE.spacing_mm, strict=True)]


def dense(lattice: Lattice, coefficients: np.ndarray, at: list[np.ndarray]) -> np.ndarray:
    along = tuple(lattice.along(axis, at[axis]) for axis in range(3))
    return evaluated(lattice, coefficients, along, None)  # type: ignore[arg-type]


def test_equal_coefficients_shift_everything_alike() -> None:
    coefficients = np.broadcast_to(np.array([1.0, -2.0, 3.0]), LATTICE.shape).copy()
    np.testing.assert_allclose(dense(LATTICE, coefficients, places()), np.full((9, 9, 9, 3), (1, -2, 3)), atol=1e-6)


def test_a_ramp_of_coefficients_is_a_ramp_of_displacements() -> None:
    k = (np.arange(LATTICE.shape[0]) - 1) * LATTICE.spacing_mm[0]
    coefficients = np.zeros(LATTICE.shape)
    coefficients[..., 0] = 0.1 * k[:, None, None]
    found = dense(LATTICE, coefficients, places())
    np.testing.assert_allclose(found[:, 2, 3, 0], 0.1 * places()[0], atol=1e-5)


def test_one_coefficient_is_a_cubic_bump() -> None:
    coefficients = np.zeros(LATTICE.shape)
    coefficients[2, 2, 2, 1] = 1.0
    found = dense(LATTICE, coefficients, [np.array([h]) for h in LATTICE.spacing_mm])
    assert found[0, 0, 0].tolist() == pytest.approx([0.0, (4 / 6) ** 3, 0.0], abs=1e-6)


@given(st.integers(0, 2**31))
def test_halving_the_lattice_changes_nothing(seed: int) -> None:
    coefficients = np.random.default_rng(seed).normal(size=LATTICE.shape)
    finer, values = LATTICE.halved(coefficients)
    assert finer.cells == (6, 8, 10)
    np.testing.assert_allclose(dense(finer, values, places()), dense(LATTICE, coefficients, places()), atol=1e-5)


def test_coefficients_are_found_again_from_their_displacements() -> None:
    coefficients = np.random.default_rng(2).normal(size=LATTICE.shape)
    at = places(15)
    along = tuple(LATTICE.along(axis, at[axis]) for axis in range(3))
    values = evaluated(LATTICE, coefficients, along, None).astype(np.float64)  # type: ignore[arg-type]
    np.testing.assert_allclose(LATTICE.fitted(values, along), coefficients, atol=1e-4)  # type: ignore[arg-type]


def test_beyond_the_box_the_rim_holds() -> None:
    coefficients = np.random.default_rng(3).normal(size=LATTICE.shape)
    ends = [np.array([-50.0, 0.0, n * h, n * h + 50]) for n, h in zip(LATTICE.cells, LATTICE.spacing_mm, strict=True)]
    found = dense(LATTICE, coefficients, ends)
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)
    np.testing.assert_allclose(found[:, :, 3], found[:, :, 2], atol=1e-6)


def test_bending_costs_nothing_for_a_shift_and_is_symmetric_and_positive() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=LATTICE.shape), rng.normal(size=LATTICE.shape)
    np.testing.assert_allclose(LATTICE.bent(np.ones(LATTICE.shape), 5.0), 0, atol=1e-12)
    assert np.vdot(a, LATTICE.bent(b, 5.0)) == pytest.approx(np.vdot(b, LATTICE.bent(a, 5.0)))
    assert np.vdot(a, LATTICE.bent(a, 5.0)) > 0


def test_bending_of_a_known_curve_costs_its_integral() -> None:
    """u = x² / 2 in a box of V mm³ bends by 1 everywhere along one axis: the cost is V, up to the rim."""
    lattice = Lattice((20, 20, 20), np.full(3, 5.0))
    x = (np.arange(lattice.shape[2]) - 1) * 5.0
    coefficients = np.zeros(lattice.shape)
    coefficients[..., 0] = 0.5 * x**2
    bend, _ = lattice.stiffness(1.0)
    inner = (lattice.shape[2] - 2) * lattice.shape[0] * lattice.shape[1] * 125.0
    found = np.vdot(coefficients, lattice.bent(coefficients, 1.0))
    stretch = np.square(np.diff(0.5 * x**2) / 5).sum() * lattice.shape[0] * lattice.shape[1] * 125.0 / 60.0**2
    assert found == pytest.approx(inner + stretch, rel=1e-9)
    assert bend[0, 0] == pytest.approx(125 / 5**4)


def test_slabs_begin_at_whole_blocks_and_cover_all() -> None:
    assert in_slabs(10, 4) == [(0, 8), (8, 10)]
    assert in_slabs(1) == [(0, 1)]
    seen: list[int] = []
    each_slab(None, 7, lambda _, a, b: seen.extend(range(a, b)), 3)
    assert seen == list(range(7))
