"""Recipes: margins cropped by other structures, with sharp edges."""

from __future__ import annotations

import numpy as np
import pytest

from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.planar import area_mm2
from workstation.structures.recipe import Limit, Margin, Recipe
from workstation.structures.structure import ContourStack, PlanarContours
from workstation.targets.derive import derive
from workstation.targets.errors import TargetError

POSITIONS = np.arange(-30, 31, 3.0)


def square(half: float, centre=(0.0, 0.0)) -> np.ndarray:
    return np.array([(-half, -half), (half, -half), (half, half), (-half, half)]) + np.asarray(centre)


def column(ring: np.ndarray, positions, plane: Plane | None = None) -> ContourStack:
    slices = tuple(PlanarContours(float(z), Region([ring])) for z in positions)
    return ContourStack(plane or Plane.axial(), 3.0, slices)


STACKS = {
    "gtv": column(square(10.0), np.arange(-9, 10, 3.0)),
    "bone": column(square(30.0, (40.0, 0.0)), POSITIONS),
    "body": column(square(12.0), POSITIONS),
}


def test_an_avoided_structure_cuts_a_straight_edge():
    ctv = derive(Recipe("gtv", Margin.uniform(5), avoid=(Limit("bone"),)), STACKS, POSITIONS)
    ring = ctv.region_at(0.0).rings[0]
    assert ring[:, 0].max() == 10.0
    assert np.count_nonzero(np.abs(ring[:, 0] - 10.0) < 1e-9) == 2


def test_an_avoided_structure_may_be_grown_first():
    ctv = derive(Recipe("gtv", Margin.uniform(5), avoid=(Limit("bone", 2.0),)), STACKS, POSITIONS)
    assert ctv.region_at(0.0).bounds()[2] == pytest.approx(8.0, abs=0.01)


def test_a_crop_keeps_inside_and_may_be_shrunk_first():
    inside = derive(Recipe("gtv", Margin.uniform(5), crop_to=(Limit("body"),)), STACKS, POSITIONS)
    assert inside.region_at(0.0).bounds() == (-12.0, -12.0, 12.0, 12.0)
    skin = derive(Recipe("gtv", Margin.uniform(5), crop_to=(Limit("body", -3.0),)), STACKS, POSITIONS)
    assert skin.region_at(0.0).bounds() == pytest.approx((-9, -9, 9, 9), abs=0.01)


def test_limits_on_other_planes_are_cut_on_the_target_s():
    offset = column(square(30.0, (40.0, 0.0)), POSITIONS + 1.3)
    shifted = ContourStack(Plane((5.0, 0.0, 0.0), (1, 0, 0), (0, 1, 0)), 3.0, offset.slices)
    ctv = derive(Recipe("gtv", Margin.uniform(8), avoid=(Limit("bone"),)), {**STACKS, "bone": shifted}, POSITIONS)
    assert ctv.region_at(0.0).bounds()[2] == pytest.approx(15.0, abs=0.02)


def test_without_a_margin_a_recipe_only_crops():
    part = derive(Recipe("gtv", Margin.uniform(0), avoid=(Limit("bone", 4.0),)), STACKS, POSITIONS)
    assert part.positions_mm.tolist() == STACKS["gtv"].positions_mm.tolist()
    assert area_mm2(part.region_at(0.0)) == pytest.approx(20.0 * 16.0, rel=1e-3)


def test_cropping_to_something_elsewhere_leaves_nothing():
    nothing = derive(Recipe("gtv", Margin.uniform(2), crop_to=(Limit("bone", -5.0),)), STACKS, POSITIONS)
    assert not nothing.slices


def test_an_absent_input_is_refused():
    with pytest.raises(TargetError, match="not there"):
        derive(Recipe("gtv", Margin.uniform(2), avoid=(Limit("lost"),)), STACKS, POSITIONS)


def test_an_empty_source_is_refused():
    with pytest.raises(TargetError, match="something drawn"):
        derive(Recipe("gtv", Margin.uniform(2)), {"gtv": column(square(3.0), [])}, POSITIONS)
