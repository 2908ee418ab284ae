"""Every map against its formula, on voxels whose signals are known."""

from __future__ import annotations

import numpy as np
import pytest

from tests.enhancement.scene import FRAME
from workstation.enhancement.alignment import AlignedPhase
from workstation.enhancement.maps import (
    area,
    arrival,
    difference,
    early_and_late,
    enhancement_ratio,
    evidence_maps,
    relative_enhancement,
    retained,
    ser_class,
    time_to_peak,
    wash_in,
    wash_out,
)
from workstation.enhancement.phase_stack import PhaseStack
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.phase_times import Phase
from workstation.images.volume import Volume

# One voxel for each behaviour: washes out, holds, accumulates, does not enhance, air.
S0 = np.array([100.0, 100.0, 100.0, 100.0, 0.0])
EARLY = np.array([400.0, 300.0, 150.0, 100.0, 0.5])
MIDDLE = np.array([300.0, 320.0, 200.0, 101.0, 0.2])
LATE = np.array([200.0, 300.0, 250.0, 100.0, 0.1])
TIMES_S = (-30.0, 20.0, 80.0, 320.0)


def known(before: bool = True, times: tuple[float | None, ...] = TIMES_S, noise: float = 1.0) -> PhaseStack:
    rows = [S0, EARLY, MIDDLE, LATE] if before else [EARLY, MIDDLE, LATE]
    times = times if before else times[1:]
    names = ("pre", "arterial", "early", "delayed 1")[-len(rows) :]
    grid = Grid((0, 0, 0), (1, 1, 1), np.eye(3), (5, 1, 1))
    signals = np.array(rows, np.float32).reshape(len(rows), 1, 1, 5)
    aligned = tuple(
        AlignedPhase(
            Phase(Volume(n, s.copy(), grid, "MR", frame_of_reference_uid=FRAME), n, t, "typed"), Transform.identity()
        )
        for n, s, t in zip(names, signals, times, strict=True)
    )
    levels = np.full(len(rows), noise)
    covered = np.ones((1, 1, 5), bool)
    return PhaseStack(grid, FRAME, aligned, signals, levels, np.ones(len(rows)), covered, 0 if before else None)


def row(values: np.ndarray) -> list[float]:
    return [float(v) for v in values.ravel()]


def test_relative_enhancement() -> None:
    found = relative_enhancement(known(), 1)
    assert row(found.values)[:4] == pytest.approx([3.0, 2.0, 0.5, 0.0]) and np.isnan(row(found.values)[4])
    assert found.formula == "(S(arterial) - S0) / S0"


def test_differences_are_in_units_of_their_noise() -> None:
    found = difference(known(noise=2.0), 3, 1)
    assert row(found.values)[:4] == pytest.approx((LATE - EARLY)[:4] / np.hypot(2.0, 2.0), rel=1e-5)
    weighted = difference(known(noise=2.0), 3, 1, weight=0.5)
    assert row(weighted.values)[:4] == pytest.approx((LATE - 0.5 * EARLY)[:4] / np.hypot(2.0, 1.0), rel=1e-5)
    assert "0.5 x S(arterial)" in weighted.formula and found.diverging and found.ends[0] == "wash-out"


def test_signal_enhancement_ratio_and_its_classes() -> None:
    ser = (EARLY - S0)[:3] / (LATE - S0)[:3]
    found = enhancement_ratio(known(), 1, 3)
    assert row(found.values)[:3] == pytest.approx(1.0 - ser), "wash-out at the low end, as it is named"
    assert np.isnan(row(found.values)[3]) and np.isnan(row(found.values)[4])
    classes = ser_class(known(), 1, 3)
    assert row(classes.values)[:3] == pytest.approx([-1.0, 0.0, 1.0]), "wash-out, plateau, accumulation"
    assert np.isnan(row(classes.values)[3]) and classes.ends == found.ends and "SER > 1.1" in classes.formula


def test_retained_enhancement_is_the_inverse() -> None:
    assert row(retained(known(), 1, 3).values)[:3] == pytest.approx([1 / 3, 1.0, 3.0])


def test_ratios_begin_after_the_arterial_phase_and_arterial_ones_have_maps_of_their_own() -> None:
    made = known()
    assert early_and_late(made) == (2, 3)
    maps = {each.name: each for each in evidence_maps(made)}
    assert row(maps["retained enhancement"].values)[:3] == pytest.approx([0.5, 200 / 220, 1.5])
    arterial = maps["retained enhancement, delayed 1 of arterial"]
    assert row(arterial.values)[:3] == pytest.approx([1 / 3, 1.0, 3.0]) and "S(arterial)" in arterial.formula


def test_wash_out_in_per_cent_of_the_peak() -> None:
    peak = np.maximum(np.maximum(EARLY, MIDDLE), LATE)
    assert row(wash_out(known()).values)[:4] == pytest.approx((100 * (peak - LATE) / peak)[:4])


def test_arrival_is_linear_between_phases() -> None:
    found = row(arrival(known()).values)
    # A fifth of the peak's enhancement: 60 of 300, 44 of 220, 30 of 150.
    wanted = [-30 + 50 * 60 / 300, -30 + 50 * 44 / 200, -30 + 50 * 30 / 50]
    assert found[:3] == pytest.approx(wanted, abs=1e-4) and np.isnan(found[3])


def test_time_to_peak_and_wash_in() -> None:
    assert row(time_to_peak(known()).values)[:3] == [20.0, 80.0, 320.0]
    arrived = np.array(row(arrival(known()).values)[:3])
    peak_e = np.array([3.0, 2.2, 1.5])
    assert row(wash_in(known()).values)[:3] == pytest.approx(peak_e / (np.array([20.0, 80.0, 320.0]) - arrived))


def test_area_under_the_curve() -> None:
    pieces = 20 * (EARLY - S0) / 2 + 60 * (EARLY + MIDDLE - 2 * S0) / 2 + 240 * (MIDDLE + LATE - 2 * S0) / 2
    assert row(area(known()).values)[:4] == pytest.approx((pieces[:4] / S0[:4]), rel=1e-5)


def test_what_can_be_made_depends_on_the_phases() -> None:
    names = [each.name for each in evidence_maps(known())]
    assert {"wash-in", "time to peak", "arrival", "area under the curve", "retained enhancement"} <= set(names)
    untimed = [each.name for each in evidence_maps(known(times=(None,) * 4))]
    assert "wash-in" not in untimed and "retained enhancement" in untimed
    without = [each.name for each in evidence_maps(known(before=False))]
    assert without == ["early minus arterial", "delayed 1 minus arterial", "delayed 1 minus early"]
    assert len(set(names)) == len(names) and all(each.formula for each in evidence_maps(known()))


def test_a_map_of_phases_without_one_before_contrast_says_so() -> None:
    with pytest.raises(ValueError, match="before contrast"):
        relative_enhancement(known(before=False), 0)
