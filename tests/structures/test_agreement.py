"""Agreement of structures against balls, whose figures are known exactly."""

from __future__ import annotations

import numpy as np
import pytest

from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep
from workstation.geometry.grid import Grid
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.geometry.transform import Transform
from workstation.structures import agreement_kernels
from workstation.structures.agreement import structure_agreement, weighted_percentile
from workstation.structures.errors import StructureError
from workstation.structures.structure import ContourStack, PlanarContours


def ball(radius: float, centre: tuple[float, float, float] = (0, 0, 0), spacing: float = 1.0) -> ContourStack:
    t = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    x, y, z = centre
    planes = np.arange(np.ceil((z - radius) / spacing), np.floor((z + radius) / spacing) + 1) * spacing
    slices = []
    for w in planes:
        r2 = radius**2 - (w - z) ** 2
        if r2 > 0.05:
            ring = np.c_[x + np.sqrt(r2) * np.cos(t), y + np.sqrt(r2) * np.sin(t)]
            slices.append(PlanarContours(float(w), Region([ring])))
    return ContourStack(Plane.axial(), spacing, tuple(slices))


@pytest.mark.parametrize("shift", [(4.0, 0.0, 0.0), (0.0, 0.0, 4.0), (0.0, 2.4, 3.2)])
def test_shifted_balls_have_the_distances_of_the_formula(shift: tuple[float, float, float]) -> None:
    # MEDICINE 11: distances are uniform on [0, d]: MSD d/2, HD d, HD95 0.95 d, surface Dice tau/d
    found = structure_agreement(ball(20.0), ball(20.0, shift))
    assert found.mean_distance_mm == pytest.approx(2.0, abs=0.04)
    assert found.hd95_mm == pytest.approx(3.8, abs=0.06)
    assert found.hausdorff_mm == pytest.approx(4.0, abs=0.15)
    assert found.surface_dice(2.0) == pytest.approx(0.50, abs=0.015)
    assert found.centroid_shift_mm == pytest.approx(shift, abs=0.03)
    assert found.dice == pytest.approx(0.851, abs=0.003)


@pytest.mark.parametrize(("radius", "dice"), [(5.0, 0.432), (10.0, 0.704), (40.0, 0.925)])
def test_the_same_error_has_another_dice_for_another_size(radius: float, dice: float) -> None:
    found = structure_agreement(ball(radius), ball(radius, (4.0, 0.0, 0.0)))
    assert found.dice == pytest.approx(dice, abs=0.006)
    assert found.mean_distance_mm == pytest.approx(2.0, abs=0.06)


def test_concentric_balls_lie_two_mm_apart_everywhere() -> None:
    found = structure_agreement(ball(10.0), ball(12.0))
    assert found.dice == pytest.approx(0.733, abs=0.004)
    assert found.mean_distance_mm == pytest.approx(2.0, abs=0.04)
    assert found.surface_dice(1.7) < 0.02 and found.surface_dice(2.3) > 0.98
    assert found.volumes_cc == pytest.approx((4.189, 7.238), rel=0.01)


def test_a_structure_agrees_with_itself() -> None:
    found = structure_agreement(ball(15.0), ball(15.0))
    assert found.dice == pytest.approx(1.0, abs=1e-6) and found.hausdorff_mm < 0.02


def test_a_structure_of_another_frame_is_looked_up_through_the_map() -> None:
    there = Transform.from_rigid((30, -20, 8), (10, -20, 35), (5, 5, 5))
    one = ball(20.0, (3.0, -5.0, 2.0))
    middle = there.apply([3.0, -5.0, 2.0])
    other = ball(20.0, tuple(float(v) for v in middle), spacing=2.0)
    found = structure_agreement(one, other, there)
    assert found.mean_distance_mm < 0.06 and found.dice > 0.995
    assert found.centroid_shift_mm == pytest.approx((0, 0, 0), abs=0.05)
    wrong = structure_agreement(one, other, Transform.from_rigid((2.0, 0, 0)).after(there))
    away = there.matrix[:3, :3].T @ [-2.0, 0, 0]
    assert wrong.centroid_shift_mm == pytest.approx(away, abs=0.05)


def test_a_structure_is_looked_up_through_a_bent_map() -> None:
    grid = Grid((-40, -40, -40), (10, 10, 10), np.eye(3), (9, 9, 9))
    nodes = grid.to_patient(np.stack(np.meshgrid(*[np.arange(9)] * 3, indexing="ij"), -1)[..., ::-1])
    bent = Deformation([FieldStep(DisplacementField(grid, 0.2 * nodes)), Transform.from_rigid((50, 0, 0))])
    found = structure_agreement(ball(10.0), ball(12.0, (50.0, 0.0, 0.0)), bent)  # grown by a fifth
    assert found.mean_distance_mm < 0.06 and found.dice > 0.99


def test_structures_far_apart_have_no_dice_but_a_distance() -> None:
    found = structure_agreement(ball(8.0), ball(8.0, (60.0, 0.0, 0.0)))
    assert found.dice == 0 and 44 < found.mean_distance_mm < 60
    assert found.hausdorff_mm == pytest.approx(60.0, abs=0.2)


def test_an_empty_structure_is_refused() -> None:
    with pytest.raises(StructureError, match="no closed contours"):
        structure_agreement(ball(5.0), ContourStack(Plane.axial(), 1.0, ()))


def test_percentiles_follow_the_weights() -> None:
    assert weighted_percentile(np.array([3.0, 1.0, 2.0]), np.array([1.0, 97.0, 2.0]), 95) == 1.0
    assert weighted_percentile(np.array([3.0, 1.0, 2.0]), np.array([10.0, 80.0, 10.0]), 95) == 3.0


def test_kernels_are_compiled_for_one_type_only() -> None:
    agreement_kernels.warm_up()
    structure_agreement(ball(5.0), ball(5.0, (1.0, 0.0, 0.0)), Transform.from_rigid((0, 0, 1)))
    assert len(agreement_kernels.look_up.signatures) == 1
    assert len(agreement_kernels.ways_to_surface.signatures) == 1
