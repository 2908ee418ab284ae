"""Rings enclose by the even-odd rule over all of them at once."""

import numpy as np
import pytest

from workstation.geometry.errors import GeometryError
from workstation.geometry.grid import Grid
from workstation.geometry.mask import Mask
from workstation.geometry.region import Region, ring_area_mm2

SQUARE = np.array([(0, 0), (10, 0), (10, 10), (0, 10)], dtype=float)


def test_a_ring_in_a_ring_is_a_hole_whatever_the_order():
    hole = SQUARE * 0.4 + 3
    for rings in ([SQUARE, hole], [hole, SQUARE[::-1]]):
        assert Region(rings).contains([(1, 1), (5, 5), (11, 5)]).tolist() == [True, False, False]


def test_an_island_in_a_hole_is_inside():
    rings = [SQUARE, SQUARE * 0.8 + 1, SQUARE * 0.2 + 4]
    assert Region(rings).contains([(5, 5), (2, 2), (0.5, 0.5)]).tolist() == [True, False, True]


def test_area_is_signed_by_direction():
    assert ring_area_mm2(SQUARE) == 100
    assert ring_area_mm2(SQUARE[::-1]) == -100
    assert ring_area_mm2(SQUARE[:2]) == 0


def test_rings_can_not_be_changed_from_outside():
    points = SQUARE.copy()
    region = Region([points])
    points[0] = 99
    assert region.rings[0][0].tolist() == [0, 0]
    with pytest.raises(ValueError):
        region.rings[0][0] = 1


def test_points_that_are_no_numbers_are_refused():
    with pytest.raises(GeometryError):
        Region([[(0, 0), (1, np.nan), (1, 1)]])


def test_a_mask_box_that_leaves_the_grid_is_cut():
    grid = Grid((0, 0, 0), (1, 1, 1), np.eye(3), (4, 4, 4))
    mask = Mask(grid, (-1, 2, 3), np.ones((2, 3, 3), dtype=bool))
    full = mask.full()
    assert full.sum() == 2 * 2 * 1
    assert full[3, 2:, :2].all()
