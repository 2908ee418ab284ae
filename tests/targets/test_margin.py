"""Margins against bodies whose grown and shrunk surfaces are known exactly."""

from __future__ import annotations

import numpy as np
import pytest

from tests.targets.bodies import (
    ball,
    box,
    contours_of,
    convex_errors,
    directions,
    ellipsoid_contours,
    ellipsoid_support,
    margin_support,
    shell,
    surface_errors,
    torus,
    union,
)
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.jobs.progress import Cancelled
from workstation.structures.errors import StructureError
from workstation.structures.planar import area_mm2
from workstation.structures.recipe import Margin
from workstation.structures.structure import ContourStack, PlanarContours
from workstation.structures.volume import volume_cc
from workstation.targets.errors import TargetError
from workstation.targets.margin import expand

ALONG = directions()
BALLS = [(8.0, 8.0, 8.0), (15.0, 15.0, 15.0), (22.0, 22.0, 22.0)]
EGGS = [(14.0, 21.0, 31.0), (31.0, 14.0, 21.0), (21.0, 31.0, 14.0)]
SPACINGS = [1.0, 1.5, 2.0, 2.5, 3.0]
SIX = Margin(right=7, left=5, anterior=4, posterior=8, superior=10, inferior=6)


def measured(semi_axes, spacing_mm: float, margin: Margin, phases=(0.02, 0.37, 0.71), vertex_step_mm: float = 0.8):
    """Worst mean over phases and worst local error of a grown ellipsoid."""
    sign = -1.0 if margin.shrinks else 1.0
    support = ellipsoid_support(semi_axes, ALONG) + sign * margin_support(margin, ALONG)
    means, largest = [], 0.0
    for phase in phases:
        centre = (0.13 + 0.6 * phase, 0.4 - 0.5 * phase, spacing_mm * phase)
        drawn = ellipsoid_contours(semi_axes, centre, spacing_mm, vertex_step_mm)
        mean, local = convex_errors(expand(drawn, margin), centre, ALONG, support, spacing_mm)
        means.append(mean)
        largest = max(largest, local)
    return max(means, key=abs), largest


@pytest.mark.parametrize("spacing_mm", SPACINGS)
@pytest.mark.parametrize("semi_axes", BALLS + EGGS)
def test_growing_is_exact_to_a_few_hundredths_of_a_millimetre(semi_axes, spacing_mm):
    for margin_mm in (3, 8):
        mean, largest = measured(semi_axes, spacing_mm, Margin.uniform(margin_mm))
        assert abs(mean) <= 0.06
        assert largest <= (0.5 if spacing_mm <= 2.5 else 1.0)


@pytest.mark.parametrize("spacing_mm", SPACINGS)
@pytest.mark.parametrize("semi_axes", [BALLS[0], BALLS[2], *EGGS])
def test_shrinking_is_exact_to_a_tenth_of_a_millimetre(semi_axes, spacing_mm):
    for margin_mm in (-3, -5):
        mean, largest = measured(semi_axes, spacing_mm, Margin.uniform(margin_mm), phases=(0.02, 0.6))
        assert abs(mean) <= 0.15
        assert largest <= (0.5 if spacing_mm <= 2.5 else 1.0)


@pytest.mark.parametrize("spacing_mm", [1.5, 3.0])
@pytest.mark.parametrize("semi_axes", [BALLS[1], BALLS[2], *EGGS])
def test_six_directions_are_as_exact_as_one(semi_axes, spacing_mm):
    mean, largest = measured(semi_axes, spacing_mm, SIX, phases=(0.02, 0.6))
    assert abs(mean) <= 0.06
    assert largest <= (0.5 if spacing_mm <= 2.5 else 1.0)


@pytest.mark.parametrize("semi_axes", [BALLS[2], EGGS[0]])
def test_six_directions_shrink_as_exactly(semi_axes):
    mean, _ = measured(semi_axes, 2.5, Margin(*(-v for v in SIX.values)), phases=(0.02, 0.6))
    assert abs(mean) <= 0.15


def test_coarsely_drawn_contours_stay_within_the_figure():
    for spacing_mm in (2.5, 3.0):
        mean, _ = measured((8.0, 8.0, 8.0), spacing_mm, Margin.uniform(5), vertex_step_mm=1.5)
        assert abs(mean) <= 0.06


def test_two_margins_in_a_row_are_one_larger_margin():
    drawn = ellipsoid_contours(EGGS[0], (0.2, 0.3, 0.7), 2.0)
    twice = expand(expand(drawn, Margin.uniform(5)), Margin.uniform(3))
    once = expand(drawn, Margin.uniform(8))
    assert volume_cc(twice) == pytest.approx(volume_cc(once), rel=2e-3)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("margin_mm", [3.0, -2.0])
def test_a_ring_of_tissue_grows_and_shrinks_as_a_ring(axis, margin_mm):
    body = torus(20.0, 5.0, axis)
    drawn = contours_of(body, 32.0, np.arange(-28, 28.5, 1.5) + 0.4, 1.5)
    errors = surface_errors(expand(drawn, Margin.uniform(margin_mm)), body, margin_mm)
    assert abs(errors.mean()) <= 0.1
    assert np.percentile(np.abs(errors), 99) <= (0.35 if axis == 2 else 0.6)


def test_a_thin_sheet_grows_to_its_thickness_and_two_margins():
    body = box((15.0, 1.0, 15.0))
    drawn = contours_of(body, 20.0, np.arange(-14.25, 15, 1.5), 1.5)
    errors = surface_errors(expand(drawn, Margin.uniform(3)), body, 3.0)
    assert abs(errors.mean()) <= 0.05
    assert np.abs(errors).max() <= 0.3


def test_a_thin_sheet_vanishes_when_shrunk_by_its_thickness():
    drawn = contours_of(box((15.0, 1.0, 15.0)), 20.0, np.arange(-14.25, 15, 1.5), 1.5)
    assert not expand(drawn, Margin.uniform(-1.5)).slices


def test_lobes_that_merge_keep_the_crease_between_them():
    body = union(ball(10.0, (-8.0, 0.0, 0.0)), ball(10.0, (8.0, 0.0, 0.0)))
    drawn = contours_of(body, 25.0, np.arange(-9.75, 10, 1.5), 1.5)
    errors = surface_errors(expand(drawn, Margin.uniform(4)), body, 4.0)
    assert abs(errors.mean()) <= 0.1
    assert np.abs(errors).max() <= 0.5


def test_the_hole_of_a_hollow_body_closes_by_the_margin():
    body = shell(20.0, 9.0)
    drawn = contours_of(body, 24.0, np.arange(-19.5, 20, 1.5) + 0.3, 1.5)
    grown = expand(drawn, Margin.uniform(4))
    middle = min(grown.slices, key=lambda s: abs(s.position_mm))
    assert len(middle.region.rings) == 2
    errors = surface_errors(grown, body, 4.0)
    assert abs(errors.mean()) <= 0.1
    assert not any(len(s.region.rings) > 1 for s in expand(drawn, Margin.uniform(9.5)).slices)


def disc(radius: float, centre=(0.0, 0.0), count: int = 90) -> np.ndarray:
    t = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.c_[centre[0] + radius * np.cos(t), centre[1] + radius * np.sin(t)]


def stack_of(regions: dict[float, list[np.ndarray]], spacing_mm: float = 3.0) -> ContourStack:
    slices = tuple(PlanarContours(z, Region(rings)) for z, rings in sorted(regions.items()))
    return ContourStack(Plane.axial(), spacing_mm, slices)


def test_a_structure_on_one_slice_is_a_slab_of_one_slice():
    grown = expand(stack_of({0.0: [disc(10.0)]}), Margin.uniform(5))
    assert grown.positions_mm.tolist() == [-6.0, -3.0, 0.0, 3.0, 6.0]
    radius = {z: np.hypot(*s.region.rings[0].T).mean() for z, s in zip(grown.positions_mm, grown.slices, strict=True)}
    assert radius[0.0] == pytest.approx(15.0, abs=0.02)
    assert radius[3.0] == pytest.approx(10 + np.sqrt(25 - 1.5**2), abs=0.03)
    assert radius[6.0] == pytest.approx(10 + np.sqrt(25 - 4.5**2), abs=0.05)


def test_a_real_gap_stays_open_and_is_closed_by_a_margin_that_reaches_across():
    drawn = stack_of({z: [disc(10.0)] for z in (0.0, 3.0, 6.0, 21.0, 24.0, 27.0)})
    near = expand(drawn, Margin.uniform(3))
    assert 12.0 not in near.positions_mm and 15.0 not in near.positions_mm
    assert {12.0, 15.0} <= set(expand(drawn, Margin.uniform(8)).positions_mm.tolist())


def test_shrinking_keeps_away_from_both_sides_of_a_gap():
    drawn = stack_of({z: [disc(10.0)] for z in (0.0, 3.0, 6.0, 21.0, 24.0, 27.0)})
    assert set(expand(drawn, Margin.uniform(-2)).positions_mm.tolist()) == {3.0, 24.0}


def test_a_structure_drawn_on_every_second_slice_holds_together():
    drawn = stack_of({float(z): [disc(10.0)] for z in range(0, 30, 6)})
    grown = expand(drawn, Margin.uniform(2), np.arange(-6, 33, 3.0))
    assert {3.0, 9.0, 15.0, 21.0} <= set(grown.positions_mm.tolist())


def test_a_branch_that_ends_before_the_other_ends_half_a_slice_further():
    both = [disc(8.0, (-15.0, 0.0)), disc(8.0, (15.0, 0.0))]
    drawn = stack_of({0.0: both, 3.0: both, 6.0: both, 9.0: both[1:], 12.0: both[1:]})
    grown = expand(drawn, Margin.uniform(5))
    left = {s.position_mm: min(r[:, 0].min() for r in s.region.rings) for s in grown.slices}
    assert left[9.0] == pytest.approx(-15 - 8 - np.sqrt(25 - 1.5**2), abs=0.05)
    assert left[12.0] == pytest.approx(-15 - 8 - np.sqrt(25 - 4.5**2), abs=0.08)


def test_branches_that_join_stay_joined():
    trunk, arms = [disc(14.0)], [disc(6.0, (-8.0, 0.0)), disc(6.0, (8.0, 0.0))]
    drawn = stack_of({0.0: trunk, 3.0: trunk, 6.0: arms, 9.0: arms, 12.0: arms})
    assert len(expand(drawn, Margin.uniform(1), [10.5]).slices[0].region.rings) == 2
    assert len(expand(drawn, Margin.uniform(1), [4.0]).slices[0].region.rings) == 1


def test_a_slanting_thin_vessel_is_not_lost_between_slices():
    drawn = stack_of({3.0 * k: [disc(1.5, (6.0 * k, 0.0), 24)] for k in range(6)})
    grown = expand(drawn, Margin.uniform(2), np.arange(-3, 19, 1.5))
    for drawn_slice in grown.slices:
        if 0 <= drawn_slice.position_mm <= 15:
            assert area_mm2(drawn_slice.region) > np.pi * 3.0**2


def test_crossing_rings_enclose_by_the_even_odd_rule():
    drawn = stack_of({z: [disc(10.0, (-5.0, 0.0)), disc(10.0, (5.0, 0.0))] for z in (0.0, 3.0, 6.0)})
    shrunk = expand(drawn, Margin.uniform(-1), [3.0])
    region = shrunk.region_at(3.0)
    assert region.contains([(-10.0, 0.0), (10.0, 0.0), (0.0, 0.0)]).tolist() == [True, True, False]
    assert len(region.rings) == 2


def test_a_keyhole_does_not_slit_what_it_joins():
    outer, inner = disc(20.0, count=120), disc(8.0, count=60)[::-1]
    inner = np.roll(inner, 1, axis=0)
    keyhole = np.concatenate([outer, outer[:1], inner, inner[:1]])
    drawn = stack_of({z: [keyhole] for z in (0.0, 3.0, 6.0, 9.0, 12.0)})
    shrunk = expand(drawn, Margin.uniform(-2), [6.0]).region_at(6.0)
    assert area_mm2(shrunk) == pytest.approx(np.pi * (18.0**2 - 10.0**2), rel=0.01)


@pytest.mark.parametrize(
    ("plane", "towards"),
    [
        (Plane((0, 0, 0), (0, 1, 0), (0, 0, -1)), {"u": ("posterior", "anterior"), "v": ("inferior", "superior")}),
        (Plane((0, 0, 0), (1, 0, 0), (0, 0, -1)), {"u": ("left", "right"), "v": ("inferior", "superior")}),
        (Plane((0, 0, 0), (-1, 0, 0), (0, -1, 0)), {"u": ("right", "left"), "v": ("anterior", "posterior")}),
        (Plane((0, 0, 0), (-1, 0.01, 0), (0, 1, 0)), {"u": ("right", "left"), "v": ("posterior", "anterior")}),
    ],
)
def test_patient_directions_hold_on_planes_of_any_orientation(plane, towards):
    drawn = ellipsoid_contours((12.0, 12.0, 12.0), (0.0, 0.0, 0.0), 2.0)
    turned = ContourStack(plane, 2.0, drawn.slices)
    low, high = expand(turned, SIX).bounds_mm()
    for axis, (plus, minus) in enumerate(towards.values()):
        assert high[axis] == pytest.approx(12 + getattr(SIX, plus), abs=0.15)
        assert low[axis] == pytest.approx(-12 - getattr(SIX, minus), abs=0.15)


def test_unequal_margins_on_an_oblique_stack_follow_the_patient():
    plane = Plane((3, -2, 1), (1, 0.4, 0.2), (-0.3, 1, 0.3))
    drawn = ContourStack(plane, 2.0, ellipsoid_contours((12.0, 12.0, 12.0), (0.0, 0.0, 0.0), 2.0).slices)
    grown = expand(drawn, Margin(6, 6, 3, 3, 9, 9))
    points = np.vstack([
        plane.to_patient(ring, s.position_mm) for s in grown.slices for ring in s.region.rings
    ]) - plane.origin_mm
    errors = (points @ ALONG.T - 12 - margin_support(Margin(6, 6, 3, 3, 9, 9), ALONG)).max(1)
    assert abs(errors.mean()) <= 0.15


def test_a_margin_of_zero_leaves_the_rings_as_they_are():
    drawn = stack_of({z: [disc(10.0)] for z in (0.0, 3.0, 6.0)})
    same = expand(drawn, Margin.uniform(0))
    assert [s.region for s in same.slices] == [s.region for s in drawn.slices]


def test_a_margin_in_the_plane_alone_adds_no_slices():
    drawn = stack_of({z: [disc(10.0)] for z in (0.0, 3.0, 6.0, 9.0)})
    grown = expand(drawn, Margin(5, 5, 5, 5, 0, 0))
    assert grown.positions_mm.tolist() == [0.0, 3.0, 6.0, 9.0]
    assert np.hypot(*grown.slices[1].region.rings[0].T).mean() == pytest.approx(15.0, abs=0.02)


def test_uneven_planes_are_taken_where_they_lie():
    drawn = ellipsoid_contours((20.0, 20.0, 20.0), (0.0, 0.0, 0.0), 1.0)
    kept = [s for k, s in enumerate(drawn.slices) if k % 3 != 1]
    uneven = ContourStack(drawn.plane, 2.0, tuple(kept))
    grown = expand(uneven, Margin.uniform(5), np.arange(-24, 25, 2.0))
    errors = surface_errors(grown, ball(20.0), 5.0)
    assert abs(errors.mean()) <= 0.06


def test_nothing_drawn_is_refused_with_a_sentence():
    with pytest.raises(TargetError, match="something drawn"):
        expand(stack_of({}), Margin.uniform(5))
    with pytest.raises(TargetError, match="something drawn"):
        expand(stack_of({0.0: [np.array([[0.0, 0.0], [1.0, 1.0]])]}), Margin.uniform(5))


def test_an_unknown_surface_model_is_refused_with_the_names_there_are():
    with pytest.raises(StructureError, match="linear-tapered, flat, slab"):
        expand(stack_of({0.0: [disc(5.0)]}), Margin.uniform(5), surface_model="smooth")


def test_growing_stops_when_asked():
    def stop(fraction: float, sentence: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        expand(stack_of({0.0: [disc(5.0)]}), Margin.uniform(5), progress=stop)
