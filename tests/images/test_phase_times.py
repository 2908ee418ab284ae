"""Phases know when they were acquired, counted from the contrast, and are called by that."""

from __future__ import annotations

import numpy as np
import pytest

from workstation.geometry.grid import Grid
from workstation.images.phase_times import ACQUISITION, ORDER, TRIGGER, timed_phases
from workstation.images.volume import Volume

GRID = Grid((0, 0, 0), (1, 1, 3), np.eye(3), (6, 5, 4))


def phase(key: str, **acquisition: str) -> Volume:
    return Volume(key, np.zeros(GRID.shape, np.int16), GRID, "MR", acquisition=acquisition)


def told(*volumes: Volume) -> list[tuple[str, str, float | None]]:
    return [(p.volume.key, p.name, p.time_s) for p in timed_phases(volumes)]


def test_times_count_from_the_contrast_where_the_files_tell_it() -> None:
    start = {"ContrastBolusAgent": "Gd", "ContrastBolusStartTime": "101000"}
    phases = [
        phase("late", AcquisitionTime="102500", **start), phase("before", AcquisitionTime="100800"),
        phase("art", AcquisitionTime="101011", **start), phase("one", AcquisitionTime="101100.5", **start),
        phase("five", AcquisitionTime="101500", **start),
    ]  # fmt: skip
    assert told(*phases) == [
        ("before", "pre", -120.0), ("art", "arterial", 11.0), ("one", "early", 60.5), ("five", "delayed 1", 300.0),
        ("late", "delayed 2", 900.0),
    ]  # fmt: skip
    assert {p.told_by for p in timed_phases(phases)} == {ACQUISITION}
    assert [p.enhanced for p in timed_phases(phases)] == [False, True, True, True, True]


def test_without_a_start_the_first_phase_with_contrast_is_zero_and_midnight_is_passed() -> None:
    phases = [
        phase("a", ContentTime="235900"), phase("b", ContentTime="000010", ContrastBolusAgent="Gd"),
        phase("c", ContentTime="000210", ContrastBolusAgent="Gd"),
    ]  # fmt: skip
    assert told(*phases) == [("a", "pre", -70.0), ("b", "early 1", 0.0), ("c", "early 2", 120.0)]


def test_where_nothing_tells_contrast_the_second_phase_is_zero() -> None:
    phases = [phase(str(n), ContentTime=t) for n, t in enumerate(("102551", "103238", "103832"))]
    found = [(name, time) for _, name, time in told(*phases)]
    assert found == [("pre", -407.0), ("early", 0.0), ("delayed 1", 354.0)]


def test_phases_that_follow_quickly_can_be_arterial_without_a_start() -> None:
    """Frames of some seconds are, pictures of six minutes are not."""
    times = ("102551", "102600", "102606", "102700")
    phases = [phase(str(n), ContentTime=t, ContrastBolusAgent="Gd" if n else "NO") for n, t in enumerate(times)]
    assert [name for _, name, _ in told(*phases)] == ["pre", "arterial 1", "arterial 2", "early"]


def test_an_agent_called_none_is_none() -> None:
    times = ("102551", "103238", "103832")
    phases = [phase(str(n), ContentTime=t, ContrastBolusAgent="NONE") for n, t in enumerate(times)]
    assert [name for _, name, _ in told(*phases)] == ["pre", "early", "delayed 1"]


def test_trigger_times_are_milliseconds() -> None:
    phases = [phase(str(n), TriggerTime=str(1000 * t), AcquisitionTime="101010") for n, t in enumerate((0, 20, 80))]
    assert timed_phases(phases)[1].told_by == TRIGGER
    assert [p.time_s for p in timed_phases(phases)] == [-20.0, 0.0, 60.0]


def test_where_only_the_order_is_known_it_is_said() -> None:
    phases = [phase("x"), phase("y"), phase("z")]
    assert told(*phases) == [("x", "pre", None), ("y", "phase 2", None), ("z", "phase 3", None)]
    assert timed_phases(phases)[0].told_by == ORDER


@pytest.mark.parametrize("broken", ["", "25", "1", "abc", "106099", "10:61"])
def test_a_clock_that_is_none_is_not_believed(broken: str) -> None:
    assert timed_phases([phase("a", AcquisitionTime=broken), phase("b", AcquisitionTime="101010")])[0].time_s is None
