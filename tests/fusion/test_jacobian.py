"""Volume change and folds of displacement fields that are known."""

from __future__ import annotations

import numpy as np
import pytest

from workstation.fusion.jacobian import field_jacobian
from workstation.fusion.quality.jacobian import jacobian_determinant
from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep
from workstation.geometry.grid import Grid

TURNED = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])


def grid(size: tuple[int, int, int] = (7, 6, 5), direction: np.ndarray = TURNED) -> Grid:
    return Grid((-10, 20, 5), (2, 3, 4), direction, size)


def nodes(of: Grid) -> np.ndarray:
    k, j, i = np.meshgrid(*(np.arange(n) for n in of.shape), indexing="ij")
    return of.to_patient(np.stack([i, j, k], -1))


def test_an_affine_stretch_has_its_determinant_everywhere() -> None:
    matrix = np.array([[0.1, 0.05, 0], [0, -0.1, 0.02], [0.03, 0, 0.2]])
    found = field_jacobian(DisplacementField(grid(), nodes(grid()) @ matrix.T))
    wanted = np.linalg.det(np.eye(3) + matrix)
    np.testing.assert_allclose(found.least, wanted, rtol=1e-4)
    assert found.figures() == pytest.approx({"min": wanted, "max": wanted, "folded_fraction": 0.0}, abs=1e-3)


def test_a_mirrored_cell_is_counted_as_folded() -> None:
    values = np.zeros((*grid().shape, 3), np.float32)
    values[2, 3, 3] = grid().direction[:, 0] * 5.0  # beyond its neighbour, 2 mm away
    found = field_jacobian(DisplacementField(grid(), values))
    assert found.smallest == pytest.approx(-1.5)
    assert found.folded_fraction == pytest.approx(4 / found.least.size)  # the four cells it is pushed into


def test_it_agrees_with_determinants_point_by_point() -> None:
    values = np.random.default_rng(4).normal(0, 0.3, (*grid().shape, 3)).astype(np.float32)
    field = DisplacementField(grid(), values)
    corner = grid().to_patient([2 + 1e-3, 3 + 1e-3, 1 + 1e-3])
    one = float(jacobian_determinant(Deformation((FieldStep(field),)), corner[None], reach_mm=1e-4)[0])
    found = field_jacobian(field)
    assert found.least[1, 3, 2] <= one + 1e-2 <= found.largest + 2e-2


def test_a_field_of_one_slice_changes_no_volume() -> None:
    flat = grid((4, 4, 1))
    assert field_jacobian(DisplacementField(flat, np.zeros((*flat.shape, 3)))).figures() == {
        "min": 1.0, "max": 1.0, "folded_fraction": 0.0,
    }  # fmt: skip
