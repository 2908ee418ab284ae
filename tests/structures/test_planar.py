"""Boolean geometry of regions: even-odd over all rings at once, exact for clean rings, right for messy ones."""

from __future__ import annotations

import time

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from workstation.geometry.errors import GeometryError
from workstation.geometry.region import Region
from workstation.structures import planar


def square(low: float, high: float) -> list[tuple[float, float]]:
    return [(low, low), (high, low), (high, high), (low, high)]


def circle(radius_mm: float, count: int = 200, centre: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    angle = np.arange(count) * 2 * np.pi / count
    return np.column_stack([np.cos(angle), np.sin(angle)]) * radius_mm + centre


def test_a_clean_ring_keeps_every_vertex_exactly() -> None:
    ring = circle(12.3456789)
    back = planar.region_of(planar.polygon_of(Region([ring])))
    assert len(back.rings) == 1
    np.testing.assert_array_equal(back.rings[0], ring)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2), (2, 3, 1, 0)])
@pytest.mark.parametrize("turn", [1, -1])
def test_nested_rings_alternate_whatever_their_order_and_direction(order: tuple[int, ...], turn: int) -> None:
    rings = [square(0, 10)[::turn], square(1, 9), square(2, 8)[::turn], square(20, 25)]
    region = Region([rings[i] for i in order])
    assert planar.area_mm2(region) == pytest.approx(100 - 64 + 36 + 25)


def test_rings_that_cross_cancel_where_they_overlap() -> None:
    region = Region([square(0, 4), square(2, 6)])
    assert planar.area_mm2(region) == pytest.approx(16 + 16 - 2 * 4)


def test_the_same_ring_twice_encloses_nothing() -> None:
    assert planar.area_mm2(Region([square(0, 4), square(0, 4)])) == 0.0


def test_a_bow_tie_is_two_triangles() -> None:
    region = Region([[(0, 0), (4, 4), (4, 0), (0, 4)]])
    assert planar.area_mm2(region) == pytest.approx(8.0)


def test_a_keyhole_is_a_hole() -> None:
    outer = [(0, 5), (0, 0), (10, 0), (10, 10), (0, 10), (0, 5)]
    inner = [(3, 5), (3, 7), (7, 7), (7, 3), (3, 3), (3, 5)]
    keyhole = Region([outer + inner])
    assert planar.area_mm2(keyhole) == pytest.approx(100 - 16)
    assert len(planar.region_of(planar.polygon_of(keyhole)).rings) == 2


def test_rings_touching_in_a_point_or_along_an_edge_keep_their_area() -> None:
    assert planar.area_mm2(Region([square(0, 2), square(2, 4)])) == pytest.approx(8.0)
    beside = Region([[(0, 0), (2, 0), (2, 2), (0, 2)], [(2, 0), (4, 0), (4, 2), (2, 2)]])
    assert planar.area_mm2(beside) == pytest.approx(8.0)
    inner_edge = Region([square(0, 4), [(0, 1), (2, 1), (2, 3), (0, 3)]])
    assert planar.area_mm2(inner_edge) == pytest.approx(12.0)


@pytest.mark.parametrize(
    "ring",
    [
        [],
        [(1, 1)],
        [(1, 1), (2, 2)],
        [(1, 1), (2, 2), (3, 3)],
        [(1, 1), (1, 1), (1, 1), (1, 1)],
        [(0, 0), (5, 0), (0, 0), (5, 0)],
    ],
)
def test_rings_that_are_nothing_enclose_nothing(ring: list[tuple[float, float]]) -> None:
    points = np.array(ring, dtype=float).reshape(-1, 2)
    assert planar.area_mm2(Region([points])) == 0.0
    assert planar.area_mm2(Region([points, square(0, 3)])) == pytest.approx(9.0)


def test_a_repeated_first_point_and_a_spike_change_nothing() -> None:
    assert planar.area_mm2(Region([[*square(0, 3), (0, 0)]])) == pytest.approx(9.0)
    spiked = [(0, 0), (3, 0), (3, 3), (8, 8), (3, 3), (0, 3)]
    assert planar.area_mm2(Region([spiked])) == pytest.approx(9.0)


def test_union_difference_and_intersection_of_overlapping_squares() -> None:
    a, b = Region([square(0, 4)]), Region([square(2, 6)])
    assert planar.area_mm2(planar.union(a, b)) == pytest.approx(28)
    assert planar.area_mm2(planar.difference(a, b)) == pytest.approx(12)
    assert planar.area_mm2(planar.intersection(a, b)) == pytest.approx(4)


def test_combining_with_nothing() -> None:
    a, nothing = Region([square(0, 4)]), Region()
    assert planar.area_mm2(planar.union(a, nothing)) == pytest.approx(16)
    assert planar.area_mm2(planar.difference(a, nothing)) == pytest.approx(16)
    assert not planar.intersection(a, nothing)
    assert not planar.difference(nothing, a)


def test_regions_that_only_touch_intersect_in_nothing() -> None:
    assert not planar.intersection(Region([square(0, 2)]), Region([square(2, 4)]))


def test_lines_and_points_of_a_geometry_enclose_nothing() -> None:
    mixed = shapely.GeometryCollection(
        [shapely.Point(1, 1), shapely.LineString([(0, 0), (5, 5)]), shapely.box(0, 0, 2, 2)]
    )
    assert planar.area_mm2(planar.region_of(mixed)) == pytest.approx(4.0)


@pytest.mark.parametrize("radius_mm", [0.3, 1.0, 5.0, 15.0, 60.0])
def test_a_disc_has_the_circles_area_and_stays_within_the_sagitta(radius_mm: float) -> None:
    disc = planar.swept_disc([(3.0, -4.0)], radius_mm)
    assert planar.area_mm2(disc) == pytest.approx(np.pi * radius_mm**2, rel=1e-9)
    middles = (disc.rings[0] + np.roll(disc.rings[0], -1, axis=0)) / 2
    distance = np.hypot(*(np.concatenate([disc.rings[0], middles]) - (3.0, -4.0)).T)
    assert np.abs(distance - radius_mm).max() <= planar.CIRCLE_SAGITTA_MM


def test_a_sweep_is_a_capsule() -> None:
    swept = planar.swept_disc([(0, 0), (6, 8)], 5.0)
    assert planar.area_mm2(swept) == pytest.approx(np.pi * 25 + 10 * 10, rel=2e-3)
    distance = shapely.distance(shapely.LineString([(0, 0), (6, 8)]), shapely.points(swept.rings[0]))
    assert np.abs(distance - 5.0).max() <= planar.CIRCLE_SAGITTA_MM


def test_a_sweep_along_a_loop_leaves_the_hole_in_its_middle() -> None:
    swept = planar.swept_disc(np.vstack([circle(20.0, 60), circle(20.0, 60)[:1]]), 3.0)
    assert len(swept.rings) == 2
    assert planar.area_mm2(swept) == pytest.approx(np.pi * (23**2 - 17**2), rel=5e-3)


def test_standing_still_while_sweeping_is_one_disc() -> None:
    disc = planar.swept_disc([(1, 1), (1, 1), (1, 1)], 4.0)
    assert planar.area_mm2(disc) == pytest.approx(16 * np.pi)


@pytest.mark.parametrize("radius_mm", [0.0, -1.0, float("nan"), float("inf")])
def test_a_brush_without_a_size_is_refused(radius_mm: float) -> None:
    with pytest.raises(GeometryError, match="radius"):
        planar.swept_disc([(0, 0)], radius_mm)


def test_a_brush_without_a_place_is_refused() -> None:
    with pytest.raises(GeometryError, match="point"):
        planar.swept_disc(np.empty((0, 2)), 3.0)


def test_simplifying_keeps_within_the_tolerance() -> None:
    ring = circle(20.0, 2000)
    simpler = planar.simplify_ring(ring, 0.05)
    assert len(simpler) < 200
    outline = shapely.LinearRing(simpler)
    assert shapely.distance(outline, shapely.points(ring)).max() <= 0.05 + 1e-9


def test_simplifying_a_region_keeps_its_holes() -> None:
    region = Region([circle(20.0, 800), circle(19.8, 800)])
    simpler = planar.simplify(region, 0.3)
    assert len(simpler.rings) == 2
    assert simpler.point_count < 200


def test_a_triangle_is_already_simple() -> None:
    triangle = np.array([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)])
    np.testing.assert_array_equal(planar.simplify_ring(triangle, 5.0), triangle)


coordinates = st.floats(-50, 50, allow_nan=False, width=32)
wild_rings = st.lists(st.tuples(coordinates, coordinates), min_size=0, max_size=9)


@settings(max_examples=150, deadline=None)
@given(rings=st.lists(wild_rings, min_size=1, max_size=4), seed=st.integers(0, 2**32 - 1))
def test_the_polygons_hold_exactly_the_points_that_the_even_odd_rule_holds(
    rings: list[list[tuple[float, float]]], seed: int
) -> None:
    region = Region([np.array(ring, dtype=float).reshape(-1, 2) for ring in rings])
    polygon = planar.polygon_of(region)
    assert polygon.is_valid
    points = np.random.default_rng(seed).uniform(-50, 50, (200, 2))
    edges = shapely.union_all([shapely.LineString([*r, r[0]]) for r in rings if len(r) > 1])
    clear = shapely.distance(edges, shapely.points(points)) > 1e-6 if not edges.is_empty else np.ones(200, bool)
    np.testing.assert_array_equal(shapely.contains_xy(polygon, points)[clear], region.contains(points)[clear])
    assert planar.area_mm2(planar.region_of(polygon)) == pytest.approx(polygon.area, abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(first=st.lists(wild_rings, max_size=3), second=st.lists(wild_rings, max_size=3))
def test_areas_of_union_and_intersection_add_up(
    first: list[list[tuple[float, float]]], second: list[list[tuple[float, float]]]
) -> None:
    a = Region([np.array(ring, dtype=float).reshape(-1, 2) for ring in first])
    b = Region([np.array(ring, dtype=float).reshape(-1, 2) for ring in second])
    both = planar.area_mm2(planar.union(a, b)) + planar.area_mm2(planar.intersection(a, b))
    assert both == pytest.approx(planar.area_mm2(a) + planar.area_mm2(b), abs=1e-3)


def test_a_brush_move_on_a_long_outline_takes_a_fraction_of_a_frame() -> None:
    outline = Region([circle(60.0, 800), circle(20.0, 200)])
    seconds = []
    for move in range(30):
        start = time.perf_counter()
        planar.union(outline, planar.swept_disc([(58.0, float(move)), (59.0, move + 1.0)], 8.0))
        seconds.append(time.perf_counter() - start)
    assert np.median(seconds) < 0.008
