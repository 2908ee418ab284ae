"""What is warned of: motion, phases at the wrong time, veins that do not behave, a surface that is not sharp."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.enhancement.scene import FRAME, GRID, phases, stack, unmoved
from workstation.enhancement.cautions import edge_cautions, threshold_cautions, timing_cautions
from workstation.enhancement.flow import Course
from workstation.enhancement.phase_stack import PhaseStack, stack_phases

NOWHERE = np.zeros(GRID.shape, bool)
TUMOUR, LATE_VEIN = (280.0, 1900.0, 1000.0), (270.0, 1200.0, 1000.0)
ARTERY, FULL_VEIN = (330.0, 3500.0, 1200.0), (270.0, 2060.0, 1000.0)


def timed(arterial_s: float | None) -> PhaseStack:
    """Three phases, the second of them arterial."""
    made = phases()
    made = (made[0], replace(made[1], name="arterial 1", time_s=arterial_s), made[2])
    return stack_phases(unmoved(made), GRID, FRAME)


def course(name: str, signal: tuple[float, ...]) -> Course:
    return Course(name, np.array(signal), NOWHERE)


def told(made: PhaseStack, tumour: tuple[float, ...], *flows: tuple[str, tuple[float, ...]]) -> str:
    return " ".join(timing_cautions(made, course("tumour", tumour), [course(*flow) for flow in flows]))


def test_good_timing_is_not_warned_of() -> None:
    assert told(timed(11.0), TUMOUR, ("flow 1", LATE_VEIN)) == ""


def test_a_vein_that_holds_its_contrast() -> None:
    assert "does not wash out" in told(stack(), (280, 900, 850), ("flow 1", (270, 1400, 1350)))


@pytest.mark.parametrize(("time_s", "words"), [(15.5, "took too long"), (None, "too late"), (10.0, "early")])
def test_a_vein_that_had_filled_in_the_arterial_phase(time_s: float | None, words: str) -> None:
    found = told(timed(time_s), TUMOUR, ("vein", FULL_VEIN))
    assert words in found and ("drain the tumour early" in found) == (words == "early")


def test_an_artery_is_not_taken_for_a_vein_that_has_filled() -> None:
    assert told(timed(11.0), TUMOUR, ("flow 1", ARTERY), ("flow 2", LATE_VEIN)) == ""


def test_an_arterial_phase_before_the_contrast() -> None:
    assert "came too early" in told(timed(2.0), (280, 281, 900), ("flow 1", (270, 271, 800)))


def test_a_surface_that_is_not_sharp() -> None:
    region = np.ones((4, 4, 4), bool)
    assert threshold_cautions(region, np.linspace(0.1, 0.9, 64).reshape(4, 4, 4), 0.5)
    assert not threshold_cautions(region, np.full((4, 4, 4), 0.9), 0.5)


def test_a_click_near_the_edge() -> None:
    k, j, i = np.indices(GRID.shape)
    ball = ((k - 12) ** 2 + (j - 20) ** 2 + (i - 20) ** 2) * float(GRID.spacing_mm[0]) ** 2 <= 8.0**2
    assert edge_cautions(ball, np.array([12, 20, 20]), GRID) == []
    assert edge_cautions(ball, np.array([12, 20, 23]), GRID) == [], "3.5 mm are enough"
    for place in ((12, 20, 25), (12, 20, 40)):
        assert "further inside" in edge_cautions(ball, np.array(place), GRID)[0]
    assert edge_cautions(np.zeros(GRID.shape, bool), np.array([12, 20, 20]), GRID) == []
