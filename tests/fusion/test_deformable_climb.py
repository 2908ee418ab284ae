"""The steps of a deformable registration: forces that are true derivatives, equations that are solved."""

from __future__ import annotations

import numpy as np
import pytest

from workstation.fusion.bspline import Lattice
from workstation.fusion.deformable_climb import Level, LevelImages, climb, solved
from workstation.fusion.deformable_metrics import DeformableMetric, measure_for

SHAPE, STEP_MM = (14, 16, 18), 2.0
TURN = np.array([[0.5, 0.05, 0.0], [-0.05, 0.5, 0.0], [0.0, 0.02, 0.5]])
"""Displacement (x, y, z) in mm to index (i, j, k) of the moving picture: a little turned."""


def picture(seed: int) -> np.ndarray:
    k, j, i = np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij")
    phase = np.random.default_rng(seed).uniform(0, 6, 3)
    waves = np.sin(i / 3 + phase[0]) + np.sin(j / 2.5 + phase[1]) + np.cos(k / 3.5 + phase[2])
    return (0.5 + waves / 8).astype(np.float32)


def level(metric: DeformableMetric, moving: np.ndarray, fade: np.ndarray | None = None) -> Level:
    size = np.array(SHAPE) * STEP_MM
    lattice = Lattice.over(size, 12.0, 0)
    images = LevelImages(
        fixed=picture(1),
        moving=moving,
        known=np.ones(SHAPE, np.uint8),
        spacing_mm=np.full(3, STEP_MM),
        places_mm=tuple((np.arange(n) + 0.5) * STEP_MM for n in SHAPE),  # type: ignore[arg-type]
        straight=np.array([[1, 0.01, 0, 0.3], [0, 1, 0, 0.2], [0, 0, 1, 0.4]]),
        turn=TURN,
        to_index=np.eye(3) / STEP_MM,
        fade=np.zeros((0, 0, 0), np.float32) if fade is None else fade,
    )
    return Level(images, lattice, measure_for(metric, (4, 4, 4), 0.01, images.to_index, None), 0.5, None)


@pytest.mark.parametrize("faded", [False, True])
def test_the_slope_of_squares_is_the_change_of_the_cost(faded: bool) -> None:
    fade = np.random.default_rng(5).uniform(0, 1, SHAPE).astype(np.float32) if faded else None
    one, rng = level("squares", picture(2), fade), np.random.default_rng(3)
    coefficients = rng.normal(0, 0.4, one.lattice.shape)
    coefficients[..., 0] += 0.7
    one.look(coefficients)
    down, _ = one.slope(coefficients)
    for _ in range(4):
        way = rng.normal(size=coefficients.shape)
        costs = [one.look(coefficients + step * way).cost for step in (1e-3, -1e-3)]
        assert (costs[0] - costs[1]) / 2e-3 == pytest.approx(float(np.vdot(down, way)), rel=0.03, abs=2.0)


@pytest.mark.parametrize("metric", ["squares", "correlation", "mutual-information"])
def test_a_step_leads_towards_the_other_picture(metric: DeformableMetric) -> None:
    moving = np.roll(picture(1), 1, axis=2)  # by one voxel of 2 mm along x
    one = level(metric, moving)
    found, look = climb(one, np.zeros(one.lattice.shape), 10, lambda *_: None)
    assert look.cost < one.look(np.zeros_like(found)).cost
    middle = found[2:-2, 2:-2, 2:-2].mean((0, 1, 2))
    assert middle[0] == pytest.approx(1.2, abs=0.7)  # 1 voxel, less the 0.3 to 0.4 of the start
    assert np.abs(middle[1:] - [-0.4, -0.8]).max() < 0.8


def test_equations_are_solved() -> None:
    rng = np.random.default_rng(4)
    root = rng.normal(size=(12, 12))
    matrix = root @ root.T + 6 * np.eye(12)
    wanted = rng.normal(size=12)
    found = solved(lambda x: matrix @ x, wanted, np.diag(matrix).copy())
    assert np.linalg.norm(matrix @ found - wanted) < 0.2 * np.linalg.norm(wanted)
