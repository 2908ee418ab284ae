"""Displacement, Jacobian and inverse consistency, on maps whose figures are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from workstation.fusion.landmark_fit import expected_fre_mm, expected_tre_mm
from workstation.fusion.quality.consistency import inverse_consistency_mm, map_back
from workstation.fusion.quality.displacement import bending_mm, displacement_mm
from workstation.fusion.quality.jacobian import jacobian_determinant, jacobian_figures
from workstation.fusion.registration import Registration, RegistrationError
from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform

GRID = Grid((-30, -30, -30), (10, 10, 10), np.eye(3), (7, 7, 7))
NODES = GRID.to_patient(np.stack(np.meshgrid(*[np.arange(7)] * 3, indexing="ij"), -1)[..., ::-1])
POINTS = np.random.default_rng(1).uniform(-25, 25, (500, 3))


def bent(displacement: np.ndarray, rigid: Transform | None = None) -> Deformation:
    return Deformation([FieldStep(DisplacementField(GRID, displacement)), rigid or Transform.identity()])


def test_displacements_of_a_shift_and_of_a_turn() -> None:
    assert displacement_mm(Transform.from_rigid((3, 0, -4)), POINTS) == {"min": 5, "mean": 5, "p95": 5, "max": 5}
    turned = displacement_mm(Transform.from_rigid(rotation_deg=(0, 0, 90)), [[1.0, 0, 0], [0, 3, 0]])
    assert turned["min"] == pytest.approx(2**0.5, abs=1e-3) and turned["max"] == pytest.approx(3 * 2**0.5, abs=1e-3)


def test_bending_is_what_lies_beyond_the_rigid_part() -> None:
    u = np.zeros((7, 7, 7, 3))
    u[..., 0] = 2.0
    whole = bent(u, Transform.from_rigid((100, 0, 0), (0, 0, 30)))
    assert bending_mm(whole, POINTS) == {"min": 2, "mean": 2, "p95": 2, "max": 2}
    assert displacement_mm(whole, POINTS)["mean"] > 90
    assert bending_mm(Transform.identity(), POINTS) is None


def test_the_jacobian_of_a_scaling() -> None:
    stretched = bent(NODES * [0.1, -0.1, 0.0])
    assert jacobian_determinant(stretched, POINTS) == pytest.approx(0.99, abs=1e-4)
    figures = jacobian_figures(stretched, POINTS)
    assert figures["min"] == pytest.approx(0.99, abs=1e-3) and figures["folded_fraction"] == 0


def test_a_fold_is_found_in_the_few_cells_where_it_is() -> None:
    u = np.zeros((7, 7, 7, 3))
    u[3, 3, 3, 0] = 14.0  # a node is pushed beyond its neighbour
    rigid = Transform.from_rigid((5, 6, 7), (10, 20, 30))
    far = POINTS[np.abs(POINTS).max(1) > 21]  # none of the points lies near
    figures = jacobian_figures(bent(u, rigid), far)
    assert figures["min"] < 0 and figures["folded_fraction"] == pytest.approx(4 / 6**3)
    away = jacobian_figures(bent(u), far, lambda points: points[:, 0] < -10)
    assert away["folded_fraction"] == 0 and away["min"] == pytest.approx(1, abs=1e-4)
    back = jacobian_figures(bent(u).inverse(), far)
    assert back["min"] == pytest.approx(1, abs=1e-3)


def test_two_maps_that_undo_each_other_are_consistent() -> None:
    there = bent(np.full((7, 7, 7, 3), 1.5), Transform.from_rigid((5, 6, 7), (3, 2, 1)))
    figures = inverse_consistency_mm(there, there.inverse(), POINTS)
    assert figures["max"] < 1e-3
    off = Transform.from_rigid((0.3, 0, 0.4)).after(there.inverse())
    assert inverse_consistency_mm(there, off, POINTS) == pytest.approx({"mean": 0.5, "max": 0.5}, abs=1e-3)


def test_the_way_back_must_be_of_the_same_images() -> None:
    there = Registration("a", "F", "M", Transform.identity(), "")
    back = Registration("b", "M", "F", Transform.from_rigid((1, 0, 0)), "")
    assert map_back(there, back) is back.fixed_to_moving
    with pytest.raises(RegistrationError, match="exchanged"):
        map_back(there, replace(back, fixed_frame_uid="X"))


def test_the_error_expected_at_a_target() -> None:
    # MEDICINE 6: six points at 50 mm on the axes, set with an error of 1.5 mm
    six = np.concatenate([50 * np.eye(3), -50 * np.eye(3)])
    assert expected_fre_mm(6, 1.5) == pytest.approx(1.225, abs=5e-4)
    targets = [(0, 0, 0), (60, 0, 0), (0, 60, 60)]
    assert expected_tre_mm(six, targets, 1.5) == pytest.approx([0.612, 0.957, 1.206], abs=5e-4)
