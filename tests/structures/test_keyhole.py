"""A region with holes becomes one ring a piece that encloses the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.geometry.region import Region
from workstation.structures.keyhole import keyholes
from workstation.structures.planar import area_mm2, polygon_of


def circle(radius_mm: float, centre: tuple[float, float] = (0.0, 0.0), count: int = 40) -> np.ndarray:
    angle = np.arange(count) * 2 * np.pi / count
    return np.column_stack([np.cos(angle), np.sin(angle)]) * radius_mm + centre


def test_without_holes_nothing_changes() -> None:
    region = Region([circle(5.0), circle(2.0, (20.0, 0.0))])
    joined = keyholes(region)
    assert sorted(map(len, joined.rings)) == [40, 40]
    assert area_mm2(joined) == pytest.approx(area_mm2(region))


def test_several_holes_are_joined_one_after_the_other() -> None:
    holes = [circle(2.0, (x, y)) for x in (-9, -3, 3, 9) for y in (-6, 0, 6)]
    region = Region([circle(20.0), *holes, circle(6.0, (40.0, 0.0)), circle(1.0, (41.0, 1.0))])
    joined = keyholes(region)
    assert len(joined.rings) == 2
    assert area_mm2(joined) == pytest.approx(area_mm2(region))
    assert polygon_of(joined).symmetric_difference(polygon_of(region)).area == pytest.approx(0, abs=1e-9)


@given(
    st.lists(st.tuples(st.floats(-14, 14), st.floats(-14, 14), st.floats(0.1, 2)), max_size=8),
    st.integers(3, 50),
)
def test_any_holes_keep_the_area(holes: list[tuple[float, float, float]], count: int) -> None:
    region = Region([circle(20.0), *(circle(r, (x, y), count) for x, y, r in holes)])
    assert area_mm2(keyholes(region)) == pytest.approx(area_mm2(region), rel=1e-6)


def test_nothing_gives_nothing() -> None:
    assert not keyholes(Region())
