"""Only points that a stroke has just made are thinned; what was there before stays to the last bit."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workstation.geometry.region import Region
from workstation.structures.drawn_points import thin_new_points
from workstation.structures.planar import area_mm2, difference, swept_disc, union


def circle(radius_mm: float, points: int, centre: tuple[float, float] = (0.0, 0.0)) -> Region:
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return Region([radius_mm * np.column_stack([np.cos(angle), np.sin(angle)]) + centre])


def points_of(region: Region) -> set[tuple[float, float]]:
    return {(float(u), float(v)) for ring in region.rings for u, v in ring}


def test_a_new_ring_is_thinned_within_the_tolerance():
    dense = circle(20, 2000)
    thin = thin_new_points(dense, Region(), 0.01)
    assert thin.point_count < 150
    assert abs(area_mm2(thin) - area_mm2(dense)) < 0.01 * 2 * np.pi * 20


def test_old_points_stay_to_the_last_bit_however_dense_they_are():
    before = circle(20, 2000)
    after = union(before, swept_disc([(18, 0), (25, 0)], 4))
    thin = thin_new_points(after, before, 0.01)
    assert points_of(after) & points_of(before) == points_of(thin) & points_of(before)
    assert thin.point_count <= after.point_count


def test_a_change_without_effect_gives_back_the_very_same_region():
    before = circle(20, 100)
    assert thin_new_points(union(before, circle(3, 20)), before) is before
    assert thin_new_points(difference(before, circle(3, 20, (40.0, 0.0))), before) is before


def test_shavings_are_dropped_but_old_small_rings_are_not():
    small = circle(0.1, 8, (50.0, 0.0))
    before = Region([*circle(20, 100).rings, *small.rings])
    grown = union(before, Region([*circle(5, 40, (19.0, 0.0)).rings]))
    shaving = Region([*grown.rings, *circle(0.1, 8, (60.0, 0.0)).rings])
    thin = thin_new_points(shaving, before)
    assert points_of(small) <= points_of(thin)
    assert not thin.contains([(60.0, 0.0)])[0]


@given(
    st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20)), min_size=1, max_size=6),
    st.floats(0.5, 8),
    st.booleans(),
)
def test_thinning_moves_no_border_further_than_the_tolerance(path, radius_mm, cuts):
    before = circle(15, 200)
    swept = swept_disc(path, radius_mm)
    after = difference(before, swept) if cuts else union(before, swept)
    thin = thin_new_points(after, before, 0.01)
    off = area_mm2(difference(after, thin)) + area_mm2(difference(thin, after))
    length = sum(np.hypot(*(ring - np.roll(ring, 1, axis=0)).T).sum() for ring in after.rings)
    assert off <= 0.01 * length + 0.05 * len(after.rings)
