"""Figures of regions and structures against what can be worked out by hand, on straight, turned and fused images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workstation.geometry.grid import Grid
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.measurements.pixels import area_shares, pixels_in
from workstation.measurements.statistics import region_statistics, structure_statistics
from workstation.structures.planar import area_mm2
from workstation.structures.structure import ContourStack, PlanarContours
from workstation.structures.volume import volume_cc

TURN = Transform.from_rigid((5, -3, 8), (14, 22, -31))


def disc(radius_mm: float, centre: tuple[float, float] = (0.0, 0.0), corners: int = 256) -> Region:
    """A round region whose polygon has the disc's area."""
    step = 2 * np.pi / corners
    angle = step * np.arange(corners)
    radius = radius_mm * np.sqrt(step / np.sin(step))
    return Region([np.column_stack([np.cos(angle), np.sin(angle)]) * radius + centre])


def box(u0: float, v0: float, u1: float, v1: float) -> Region:
    return Region([[(u0, v0), (u1, v0), (u1, v1), (u0, v1)]])


def ramp(slope=(2.0, 0.0, 0.0), spacing=(1.0, 1.5, 3.0), turn: Transform | None = None, start: float = 7.0) -> Volume:
    """Values start + slope . position (mm), on a grid that may be turned."""
    size = (60, 40, 21)
    low = -np.array(spacing) * (np.array(size) - 1) / 2
    direction = np.eye(3) if turn is None else turn.matrix[:3, :3]
    origin = low if turn is None else turn.apply(low)
    grid = Grid(origin, spacing, direction, size)
    points = grid.to_patient(np.stack(np.meshgrid(*[np.arange(n) for n in size], indexing="ij"), axis=-1))
    values = np.transpose(start + points @ np.array(slope), (2, 1, 0))
    return Volume("ramp", np.ascontiguousarray(values, np.float32), grid, "MR", "", frame_of_reference_uid="F")


def test_a_region_of_whole_pixels_holds_exactly_those():
    found = region_statistics(ramp(), Plane.axial(), box(-1.0, -1.5, 2.0, 1.5))
    # columns at -0.5, 0.5, 1.5 and two rows of them
    assert found.count == pytest.approx(6) and found.rule == "acquired voxels"
    assert (found.minimum, found.median, found.maximum) == pytest.approx((6, 8, 10))
    assert found.mean == pytest.approx(8) and found.sd == pytest.approx(np.sqrt(8 / 3))
    assert found.area_mm2 == pytest.approx(9) and found.covered == pytest.approx(1)


def test_pixels_count_with_the_share_that_lies_inside():
    found = region_statistics(ramp(), Plane.axial(), box(-0.75, -0.1, 0.25, 0.1))
    # a quarter of the column at 0.5, three quarters of the one at -0.5
    assert found.mean == pytest.approx(7 + 2 * (0.25 * 0.5 - 0.75 * 0.5))
    assert found.count == pytest.approx(1.0 * 0.2 / 1.5)


@pytest.mark.parametrize("plane", [Plane.axial(), Plane.axial(1.1), Plane.sagittal(0.5), Plane.sagittal(0.2),
                                   Plane.coronal(0.75), Plane((1, 2, 3), (1, 0.3, 0.1), (0, 1, 0.4))])
def test_the_mean_of_a_ramp_in_a_disc_is_the_ramp_at_its_middle(plane):
    slope = np.array([2.0, -1.0, 0.5])
    middle = plane.to_patient((3.0, -2.0))
    found = region_statistics(ramp(slope), plane, disc(9.0, (3.0, -2.0)))
    assert found.mean == pytest.approx(7 + slope @ middle, abs=0.02)
    along = np.array([slope @ plane.u, slope @ plane.v])
    # a ramp's spread over a disc is slope x radius / 2; pixels are worth their middle, which takes a little off
    assert found.sd == pytest.approx(np.hypot(*along) * 9.0 / 2, rel=0.02)
    assert found.area_mm2 == pytest.approx(np.pi * 81, rel=1e-6) and found.covered == pytest.approx(1)


def test_a_turned_image_gives_the_same_figures_on_its_own_slices():
    straight, turned = ramp((2, 0, 0)), ramp(TURN.matrix[:3, :3] @ (2.0, 0, 0), turn=TURN)
    start = float(7 + np.array([2.0, 0, 0]) @ TURN.inverse().apply((0, 0, 0)))
    corners = TURN.apply([(0, 0, 0), (1, 0, 0), (0, 1, 0)])
    plane = Plane(corners[0], corners[1] - corners[0], corners[2] - corners[0])
    first = region_statistics(straight, Plane.axial(), disc(8.0, (1.0, 2.0)))
    second = region_statistics(turned, plane, disc(8.0, (1.0, 2.0)))
    assert second.rule == first.rule == "acquired voxels"
    assert second.count == pytest.approx(first.count) and second.sd == pytest.approx(first.sd, rel=1e-5)
    assert second.mean - first.mean == pytest.approx(7 - start, abs=1e-3)


def test_through_an_oblique_registration_the_image_is_looked_up_where_it_lies():
    slope = np.array([1.0, 2.0, -1.0])
    found = region_statistics(ramp(slope), Plane.axial(3.0), disc(6.0, (4.0, 1.0)), TURN)
    assert found.rule == "interpolated"
    assert found.mean == pytest.approx(7 + slope @ TURN.apply((4.0, 1.0, 3.0)), abs=0.02)


def test_what_lies_outside_of_the_image_is_told():
    left = -30.0
    found = region_statistics(ramp(), Plane.axial(), box(left - 3, -1.5, left + 1, 1.5))
    assert found.covered == pytest.approx(0.25) and found.count == pytest.approx(2)
    away = region_statistics(ramp(), Plane.axial(), box(100, 100, 110, 110))
    assert (away.mean, away.count, away.covered) == (None, 0, 0) and away.area_mm2 == pytest.approx(100)
    above = region_statistics(ramp(), Plane.axial(99.0), box(0, 0, 9, 9))
    assert (above.mean, above.covered) == (None, 0)
    half = region_statistics(ramp(), Plane((left, 0, 0.4), (1, 0, 0), (0, 1, 0)), box(-5, -5, 5, 5))
    assert half.rule == "interpolated" and half.covered == pytest.approx(0.5, abs=0.01)


def test_a_hole_and_a_crossing_ring_follow_the_even_odd_rule():
    ring_and_hole = Region([*box(-6, -6, 6, 6).rings, *disc(3.0).rings])
    weights = pixels_in(ramp(), Plane.axial(), ring_and_hole).weights
    assert weights.sum() * 1.5 == pytest.approx(144 - np.pi * 9, rel=1e-6)
    eight = Region([[(-4, -4), (4, 4), (4, -4), (-4, 4)]])
    assert pixels_in(ramp(), Plane.axial(), eight).weights.sum() * 1.5 == pytest.approx(area_mm2(eight), rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-3, 13), st.floats(-3, 13)), min_size=3, max_size=9))
def test_shares_of_any_polygon_add_up_to_its_area_and_each_is_the_pixels_own(points):
    import shapely

    from workstation.measurements.pixels import _oriented

    rings = _oriented(Region([points]))
    if not rings:
        return
    shares = area_shares(rings, (10, 10))
    shape = shapely.union_all([shapely.Polygon(ring) for ring in rings[:1]]) if len(rings) == 1 else None
    if shape is not None:
        rows, columns = np.mgrid[0:10, 0:10]
        truth = shapely.area(shapely.intersection(shape, shapely.box(columns, rows, columns + 1, rows + 1)))
        assert np.abs(shares - truth).max() < 1e-6
    assert shares.min() >= 0 and shares.max() <= 1 + 1e-9


def ball(radius_mm: float, spacing_mm: float = 3.0) -> ContourStack:
    slices = [PlanarContours(float(z), disc(np.sqrt(radius_mm**2 - z**2), corners=90))
              for z in np.arange(-30, 31, spacing_mm) if abs(z) < radius_mm]
    return ContourStack(Plane.axial(), spacing_mm, tuple(slices))


@pytest.mark.parametrize("link", [None, TURN, Transform.from_rigid((0.3, 0.2, 1.0))])
def test_a_structure_holds_the_voxels_whose_centres_lie_inside(link):
    stack, slope = ball(14.0), np.array([1.0, 2.0, -1.0])
    found = structure_statistics(stack, ramp(slope), link)
    middle = np.zeros(3) if link is None else link.apply((0, 0, 0))
    assert found.rule == "voxel centres" and found.covered == 1
    assert found.volume_cc == pytest.approx(volume_cc(stack))
    assert found.count * 4.5 / 1000 == pytest.approx(found.volume_cc, rel=0.03)
    assert found.mean == pytest.approx(7 + slope @ middle, abs=0.3)
    # over a ball a ramp spreads by slope x radius / sqrt(5)
    assert found.sd == pytest.approx(np.linalg.norm(slope) * 14 / np.sqrt(5), rel=0.03)
    assert found.minimum < found.p5 < found.median < found.p95 < found.maximum


def test_a_structure_beyond_the_image_says_how_much_of_it_is_there():
    found = structure_statistics(ball(14.0), ramp(), Transform.from_rigid((30.0, 0, 0)))
    assert found.covered == pytest.approx(0.5, abs=0.05) and found.count > 0
    nothing = structure_statistics(ball(14.0), ramp(), Transform.from_rigid((300.0, 0, 0)))
    assert (nothing.mean, nothing.covered, nothing.count) == (None, 0, 0)
    empty = structure_statistics(ContourStack(Plane.axial(), 3.0), ramp())
    assert (empty.mean, empty.volume_cc) == (None, 0)


def test_json_names_are_the_promised_ones():
    found = region_statistics(ramp(), Plane.axial(), disc(5)).to_json()
    assert set(found) == {"mean", "sd", "min", "max", "median", "p5", "p95", "count", "covered", "rule", "unit",
                          "area_mm2", "volume_cc"}  # fmt: skip


def test_a_large_region_takes_no_noticeable_time():
    import time

    grid = Grid((-255.5, -255.5, 0), (1, 1, 3), np.eye(3), (512, 512, 2))
    volume = Volume("big", np.zeros(grid.shape, np.int16), grid, "CT", "HU", frame_of_reference_uid="F")
    region_statistics(volume, Plane.axial(), disc(10))
    start = time.perf_counter()
    region_statistics(volume, Plane.axial(), disc(240))
    region_statistics(volume, Plane.axial(0.5), disc(240))
    assert time.perf_counter() - start < 1.0
