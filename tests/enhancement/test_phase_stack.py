"""Phases on one grid and one scale; noise; alignment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.enhancement.scene import FRAME, GRID, NOISE, TISSUE, phases, shares, unmoved
from workstation.enhancement.alignment import AlignedPhase, align_phases
from workstation.enhancement.errors import EnhancementError
from workstation.enhancement.noise import noise_sd
from workstation.enhancement.phase_stack import common_gains, gains_in, stack_phases
from workstation.geometry.transform import Transform


def scaled(factors: tuple[float, ...]):  # type: ignore[no-untyped-def]
    """The phases as a scanner gives them whose gain changed."""
    found = []
    for phase, factor in zip(phases(), factors, strict=True):
        voxels = (phase.volume.voxels * factor).astype(np.float32)
        found.append(replace(phase, volume=replace(phase.volume, voxels=voxels)))
    return tuple(found)


@pytest.mark.parametrize("factors", [(1.0, 1.3, 0.8), (1.0, 0.7, 1.5)])
def test_gains_are_found_in_tissue_that_does_not_enhance(factors: tuple[float, ...]) -> None:
    made = stack_phases(unmoved(scaled(factors)), GRID, FRAME)
    assert made.gains == pytest.approx(factors, rel=0.03)
    one, other = shares()
    rest = (one + other == 0) & (made.signals[0] > 20)
    assert np.median(made.signals[:, rest], axis=1) == pytest.approx(TISSUE, rel=0.05)


def test_small_differences_are_no_change_of_gain() -> None:
    assert stack_phases(unmoved(phases()), GRID, FRAME).gains.tolist() == [1.0, 1.0, 1.0]


def test_a_reference_tissue_tells_the_gains() -> None:
    one, other = shares()
    rest = one + other == 0
    rest[:, :6] = rest[:, -6:] = rest[:, :, :6] = rest[:, :, -6:] = False
    made = stack_phases(unmoved(scaled((1.0, 1.25, 0.9))), GRID, FRAME, reference_tissue=rest)
    assert made.gains == pytest.approx([1.0, 1.25 * 1.02, 0.9 * 1.02], rel=0.01)


def test_a_vein_can_t_tell_the_gains() -> None:
    _, other = shares()
    with pytest.raises(EnhancementError, match="as vessels do"):
        stack_phases(unmoved(phases()), GRID, FRAME, reference_tissue=other > 0.9)
    with pytest.raises(EnhancementError, match="too few voxels"):
        gains_in(np.ones((2, *GRID.shape), np.float32), np.zeros(GRID.shape, bool), 0)
    with pytest.raises(EnhancementError, match="no signal"):
        gains_in(np.zeros((2, *GRID.shape), np.float32), np.ones(GRID.shape, bool), 0)


def test_too_little_tissue_leaves_the_scale_alone() -> None:
    dark = np.zeros((3, 4, 4, 4), np.float32)
    assert common_gains(dark, np.ones((4, 4, 4), bool), 0).tolist() == [1.0, 1.0, 1.0]


def test_noise_is_told_by_the_air_and_without_air_by_neighbours() -> None:
    made = phases(noise=6.0)
    assert noise_sd(made[0].volume.voxels) == pytest.approx(6.0, rel=0.1)
    smooth = np.full((12, 60, 60), 300.0) + np.random.default_rng(1).normal(0, 5.0, (12, 60, 60))
    assert noise_sd(smooth.astype(np.float32)) == pytest.approx(5.0, rel=0.1)
    assert noise_sd(np.zeros((4, 8, 8), np.float32)) == 0.0


def test_what_a_phase_does_not_reach_is_not_covered() -> None:
    made = phases()
    far = AlignedPhase(made[1], Transform.from_rigid(translation_mm=(15.0, 0, 0)))
    found = stack_phases((AlignedPhase(made[0], Transform.identity()), far), GRID, FRAME)
    assert found.covered[16, 24, 5] and not found.covered[16, 24, -3]
    assert (found.signals[:, ~found.covered] == 0).all()
    assert found.before == 0 and found.after == (1,) and found.names == ("pre", "early")
    assert found.enhancement[0].max() == 0


def test_without_a_phase_before_contrast_signals_stand_for_enhancement() -> None:
    made = phases()[1:]
    found = stack_phases(unmoved(made), GRID, FRAME)
    assert found.before is None and found.enhancement is found.signals
    assert found.noise == pytest.approx([NOISE, NOISE], rel=0.3)


def test_phases_that_moved_are_laid_back() -> None:
    """The phase is the reference looked up elsewhere: its alignment is known."""
    from workstation.images.resample import resample

    made = phases()
    motion = Transform.from_rigid((1.2, -0.8, 0.6), (0.0, 0.0, 1.5))
    moved = resample(made[1].volume, GRID, motion.inverse(), 0.0, frame_of_reference_uid=FRAME)
    phase = replace(made[1], volume=replace(moved, key="moved"))
    found = align_phases((made[0], phase), made[0])
    points = np.random.default_rng(2).uniform(-15, 15, (50, 3))
    errors = np.linalg.norm(found[1].to_phase.apply(points) - motion.apply(points), axis=1)
    assert errors.mean() < 0.3 and errors.max() < 0.6
    assert found[0].to_phase.is_identity() and found[0].residual_mm == 0
    row = found[1].motion(np.zeros(3))
    assert row["phase"] == "early" and row["translation_mm"] == pytest.approx([1.2, -0.8, 0.6], abs=0.3)
    assert row["residual_mm"] < 0.75


def test_a_phase_that_shows_nothing_carries_its_doubt() -> None:
    made = phases()
    blank = replace(made[1], volume=replace(made[1].volume, voxels=np.zeros(GRID.shape, np.float32), key="blank"))
    found = align_phases((made[0], blank), made[0])
    assert "could not be aligned" in found[1].doubt and found[1].to_phase.is_identity()
