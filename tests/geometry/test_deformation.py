"""Maps that bend space: looked up exactly, turned round exactly, chained without loss."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from workstation.geometry.deformation import (
    Deformation,
    DisplacementField,
    FieldStep,
    affine_near,
    chained,
    sampled_on,
)
from workstation.geometry.errors import GeometryError
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform

Float = NDArray[np.float64]
TILTED = Grid((-30, -20, -40), (4, 5, 6), Transform.from_rigid((0, 0, 0), (10, -20, 30)).matrix[:3, :3], (16, 12, 10))


def linear_field(grid: Grid, slope: Float, shift: Float) -> DisplacementField:
    """u(x) = slope x + shift, which trilinear interpolation reproduces."""
    k, j, i = np.indices(grid.shape)
    points = grid.to_patient(np.stack([i, j, k], axis=-1))
    return DisplacementField(grid, points @ slope.T + shift)


def wavy_field(seed: int, size_mm: float = 3.0, grid: Grid = TILTED) -> DisplacementField:
    """A smooth field of at most about `size_mm`, steep enough to matter and without folds."""
    rng = np.random.default_rng(seed)
    k, j, i = np.indices(grid.shape)
    points = grid.to_patient(np.stack([i, j, k], axis=-1))
    phase, pace = rng.uniform(0, 6, 3), rng.uniform(-0.08, 0.08, (3, 3))
    return DisplacementField(grid, size_mm * np.sin(points @ pace.T + phase))


def points_around(seed: int, count: int = 200) -> Float:
    return np.random.default_rng(seed).uniform(-60, 60, (count, 3))


def test_a_linear_field_is_looked_up_exactly_between_its_nodes() -> None:
    slope, shift = np.array([[0.02, 0.01, 0.0], [0.0, -0.03, 0.01], [0.02, 0.0, 0.05]]), np.array([1.0, -2.0, 3.0])
    field = linear_field(TILTED, slope, shift)
    inside = TILTED.to_patient(np.random.default_rng(1).uniform(0, 1, (100, 3)) * (np.array(TILTED.size) - 1))
    assert np.allclose(field.at(inside), inside @ slope.T + shift, atol=1e-5)


def test_the_border_holds_beyond_the_grid() -> None:
    field = wavy_field(2)
    middle = (np.array(TILTED.size) - 1) / 2
    border, beyond = middle.copy(), middle.copy()
    border[0], beyond[0] = 0.0, -7.5
    assert np.allclose(field.at(TILTED.to_patient(beyond)), field.at(TILTED.to_patient(border)), atol=1e-9)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.floats(0.1, 5.0))
def test_the_way_back_leads_back(seed: int, size_mm: float) -> None:
    bent = Deformation((FieldStep(wavy_field(seed, size_mm)), Transform.from_rigid((5, -3, 2), (4, 5, -6))))
    points = points_around(seed)
    assert np.abs(bent.inverse().apply(bent.apply(points)) - points).max() < 1e-3
    assert np.abs(bent.apply(bent.inverse().apply(points)) - points).max() < 1e-3


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000))
def test_a_chain_does_its_steps_one_after_the_other(seed: int) -> None:
    first = Transform.from_rigid((1, 2, 3), (5, 0, -5))
    second = Deformation((FieldStep(wavy_field(seed)),))
    third = Transform.from_rigid((-4, 0, 2), (0, 8, 0), (10, 10, 10))
    points = points_around(seed)
    wanted = third.apply(second.apply(first.apply(points)))
    assert np.allclose(chained((first, second, third)).apply(points), wanted, atol=1e-9)
    assert np.allclose(third.after(second.after(first)).apply(points), wanted, atol=1e-9)
    assert np.allclose(third.after(second).after(first).apply(points), wanted, atol=1e-9)


def test_a_map_and_its_inverse_leave_nothing() -> None:
    bent = Deformation((Transform.from_rigid((1, 0, 0)), FieldStep(wavy_field(3)), Transform.from_rigid((0, 2, 0))))
    there_and_back = chained((bent, bent.inverse()))
    assert isinstance(there_and_back, Transform) and there_and_back.is_identity()


def test_affine_maps_stay_one_matrix() -> None:
    shift, turn = Transform.from_rigid((1, 2, 3)), Transform.from_rigid((0, 0, 0), (0, 0, 90))
    both = chained((shift, turn))
    assert isinstance(both, Transform)
    assert np.allclose(both.matrix, turn.matrix @ shift.matrix)


def test_the_affine_likeness_of_a_linear_field_is_that_map() -> None:
    slope, shift = np.diag([0.02, -0.03, 0.05]), np.array([1.0, -2.0, 3.0])
    bent = Deformation((FieldStep(linear_field(TILTED, slope, shift)),))
    near = affine_near(bent, TILTED.centre_mm)
    assert np.allclose(near.matrix[:3, :3], np.eye(3) + slope, atol=1e-4)
    assert np.allclose(near.apply(TILTED.centre_mm), bent.apply(TILTED.centre_mm))


def test_a_whole_chain_becomes_one_field_on_request() -> None:
    bent = chained((Transform.from_rigid((1, 2, 3), (3, 0, 0)), Deformation((FieldStep(wavy_field(4)),))))
    grid = Grid((-20, -20, -20), (5, 5, 5), np.eye(3), (9, 8, 7))
    nodes = grid.to_patient([[0, 0, 0], [8, 7, 6], [3, 2, 1]])
    assert np.allclose(sampled_on(bent, grid).at(nodes), bent.apply(nodes) - nodes, atol=1e-5)


def test_equal_maps_have_equal_fingerprints_and_others_do_not() -> None:
    field = wavy_field(5)
    same = DisplacementField(field.grid, field.displacement_mm)
    other = np.array(field.displacement_mm)
    other[1, 2, 3, 0] += 0.001
    mark = Deformation((FieldStep(field),)).fingerprint
    assert Deformation((FieldStep(same),)).fingerprint == mark
    assert Deformation((FieldStep(DisplacementField(field.grid, other)),)).fingerprint != mark
    assert Deformation((FieldStep(field, inverted=True),)).fingerprint != mark


def test_a_fold_is_met_as_well_as_it_can_be() -> None:
    folded = linear_field(TILTED, np.diag([-1.5, 0.0, 0.0]), np.zeros(3))
    back = Deformation((FieldStep(folded, inverted=True),)).apply(points_around(6))
    assert np.isfinite(back).all()


@pytest.mark.parametrize("broken", [np.zeros((2, 2, 2, 3)), np.full((*TILTED.shape, 3), np.nan)])
def test_a_field_that_does_not_fit_is_refused(broken: Float) -> None:
    with pytest.raises(GeometryError):
        DisplacementField(TILTED, broken)
