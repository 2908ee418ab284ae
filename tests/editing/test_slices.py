"""Whole slices: copied from a neighbour, cleared, filled, and found again."""

from __future__ import annotations

import pytest

from tests.case.bodies import disc
from tests.editing.hands import desk_with_gtv
from workstation.case.commands import EditContours
from workstation.editing.slices import clear_slice, copy_neighbour, fill_holes, keep_piece, next_drawn_position
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.planar import area_mm2
from workstation.structures.structure import PlanarContours


def test_the_next_drawn_slice_skips_gaps_and_ends():
    _, case, gtv, _ = desk_with_gtv()
    case.do(EditContours(gtv, (PlanarContours(3.0, Region()), PlanarContours(27.0, disc(4)))))
    assert next_drawn_position(case, gtv, 0.0, 1) == 6.0
    assert next_drawn_position(case, gtv, 9.0, 1) == 27.0
    assert next_drawn_position(case, gtv, 27.0, 1) is None
    assert next_drawn_position(case, gtv, 100.0, -1) == 27.0
    assert next_drawn_position(case, gtv, -9.0, -1) is None


def test_copying_from_below_repeats_its_rings_as_one_step():
    desk, case, gtv, refusals = desk_with_gtv()
    assert copy_neighbour(desk, Plane.axial(12.0), -1)
    assert area_mm2(case.region_at(gtv, 12.0)) == area_mm2(case.region_at(gtv, 9.0))
    assert case.undo_label == "Copy contour of GTV"
    case.undo()
    assert not case.region_at(gtv, 12.0)
    assert not copy_neighbour(desk, Plane.axial(12.0), 1) and "above" in refusals[0]
    assert not copy_neighbour(desk, Plane.sagittal(0.0), 1) and "other slices" in refusals[1]


def test_clearing_filling_and_keeping_one_piece():
    desk, case, gtv, _ = desk_with_gtv()
    ring = Region([*disc(10).rings, *disc(4).rings, *disc(3, (25.0, 0.0)).rings])
    case.do(EditContours(gtv, (PlanarContours(0.0, ring),)))
    assert fill_holes(desk, Plane.axial(0.0))
    assert area_mm2(case.region_at(gtv, 0.0)) == pytest.approx(area_mm2(disc(10)) + area_mm2(disc(3)))
    assert keep_piece(desk, Plane.axial(0.0), 25.0, 0.0)
    assert area_mm2(case.region_at(gtv, 0.0)) == pytest.approx(area_mm2(disc(3)))
    assert clear_slice(desk, Plane.axial(0.0)) and case.structures[gtv].stack.find(0.0) is None
