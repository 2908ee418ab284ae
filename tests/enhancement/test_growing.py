"""Growing on any evidence while a threshold moves."""

from __future__ import annotations

import numpy as np
import pytest

from tests.enhancement.scene import GRID, TUMOUR_MM, TUMOUR_RADIUS_MM, dice, shares, stack
from workstation.enhancement.growing import brightness, grower_on, region_as_grown, suggested_threshold
from workstation.enhancement.maps import EvidenceMap
from workstation.enhancement.separation import SHARE_NAME, separate


def test_the_share_grows_the_ball_and_shrinks_as_the_threshold_rises() -> None:
    found = separate(stack(), TUMOUR_MM)
    assert found.separable and found.shares is not None, found.sentence
    each = EvidenceMap(SHARE_NAME, "", "", found.shares.tumour)
    grower = grower_on(each, found.stack.grid, found.allowed, found.seed_kji, higher=True, lowest=0.2, highest=0.8)
    truth = shares()[0] >= 0.5
    grown = grower.at(0.5)
    start = np.rint((grower.grid.origin_mm - GRID.origin_mm) / GRID.spacing_mm).astype(int)[::-1]
    box = tuple(slice(a, a + n) for a, n in zip(start, grown.region.shape, strict=True))
    assert dice(grown.region, truth[box]) > 0.95
    ball_cc = 4 / 3 * np.pi * TUMOUR_RADIUS_MM**3 / 1000
    assert grown.volume_cc == pytest.approx(ball_cc, rel=0.06)
    thresholds, volumes = grower.volumes(7)
    assert thresholds[0] == 0.2 and thresholds[-1] == 0.8 and (np.diff(volumes) <= 0).all()
    assert grower.at(0.5) is grown, "asked again, the same answer"
    assert (grown.field[grown.region] < 0).all() and (grown.field[~grown.region] >= 0).all()


def test_a_difference_of_phases_is_bounded_by_brightness() -> None:
    """Tissue without contrast has no difference either: without brightness it would all be taken."""
    found = separate(stack(), TUMOUR_MM)
    late_minus_early = EvidenceMap("late minus early", "", "noise", found.stack.signals[2] - found.stack.signals[1])
    common = {"higher": True, "lowest": -180.0, "highest": -60.0}
    seed, allowed, grid = found.seed_kji, found.allowed, found.stack.grid
    bare = grower_on(late_minus_early, grid, allowed, seed, **common)
    bound = grower_on(late_minus_early, grid, allowed, seed, bright=brightness(found.stack, found.tumour), **common)
    assert bare.reaches_border
    ball_cc = 4 / 3 * np.pi * TUMOUR_RADIUS_MM**3 / 1000
    assert bound.at(-100.0).volume_cc == pytest.approx(ball_cc, rel=0.1)
    assert bare.at(-100.0).volume_cc > 5 * ball_cc


def test_lower_values_can_be_the_tumours() -> None:
    found = separate(stack(), TUMOUR_MM)
    washed = EvidenceMap("early minus late", "", "", found.stack.signals[1] - found.stack.signals[2])
    bright = brightness(found.stack, found.tumour)
    grower = grower_on(
        washed, found.stack.grid, found.allowed, found.seed_kji, higher=False, lowest=60.0, highest=180.0, bright=bright
    )
    smaller, larger = grower.at(80.0), grower.at(160.0)
    assert larger.volume_cc >= smaller.volume_cc > 1.0


def test_a_click_outside_of_the_evidence_grows_nothing() -> None:
    found = separate(stack(), TUMOUR_MM)
    nothing = EvidenceMap("nothing", "", "", np.full(found.stack.grid.shape, np.nan, np.float32))
    grower = grower_on(nothing, found.stack.grid, found.allowed, found.seed_kji, higher=True, lowest=0.2, highest=0.8)
    grown = grower.at(0.5)
    assert grown.volume_cc == 0 and grown.box_kji is None and (grown.field >= 0).all()


def test_a_region_is_cut_out_with_its_box() -> None:
    region = np.zeros(GRID.shape, bool)
    region[10:14, 20:23, 5:9] = True
    cut = region_as_grown(GRID, region.astype(np.float32), region, 0.5)
    low, high = cut.box_kji
    assert cut.region.sum() == region.sum() and (high - low).tolist() == [3, 2, 3]
    assert cut.grid.to_patient(low[::-1]) == pytest.approx(GRID.to_patient((5.0, 20.0, 10.0)))
    assert region_as_grown(GRID, region.astype(np.float32), np.zeros_like(region), 0.5).volume_cc == 0


def test_the_suggested_threshold_is_half_way() -> None:
    assert suggested_threshold(np.array([4.0, 4.0, np.nan]), np.array([1.0, 1.0])) == 2.5
    assert suggested_threshold(np.array([np.nan]), np.array([1.0])) == 0.0
