"""Even-odd areas against an independent polygon library."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from workstation.geometry.region import Region
from workstation.structures.slice_shape import SliceShape

RING = st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20)), min_size=3, max_size=8)


@given(st.lists(RING, min_size=1, max_size=3))
def test_area_is_even_odd_for_rings_of_any_kind(rings):
    noded = shapely.union_all([shapely.LinearRing(np.array(ring, dtype=float)) for ring in rings])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    region = Region([np.array(ring, dtype=float) for ring in rings])
    truth = sum(
        face.area for face in faces if region.contains(shapely.get_coordinates(shapely.point_on_surface(face)))[0]
    )
    assert SliceShape(region).area_mm2 == pytest.approx(truth, abs=1e-6 + 1e-9 * truth)


def test_nested_rings_are_holes_whatever_their_direction():
    rings = [np.array(shapely.box(-h, -h, h, h).exterior.coords)[:-1] for h in (10.0, 6.0, 2.0)]
    for chosen in (rings, [rings[0], rings[1][::-1], rings[2]]):
        assert SliceShape(Region(chosen)).area_mm2 == pytest.approx(400 - 144 + 16)


def test_area_agrees_with_symmetric_differences_of_discs():
    rng = np.random.default_rng(0)
    discs = [shapely.Point(*rng.uniform(-10, 10, 2)).buffer(r) for r in rng.uniform(3, 9, 6)]
    rings = [shapely.get_coordinates(d.exterior)[:-1] for d in discs]
    assert SliceShape(Region(rings)).area_mm2 == pytest.approx(reduce(shapely.symmetric_difference, discs).area)
