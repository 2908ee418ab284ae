"""The polygon reaches the case when it is closed, as one step, by the same rule as the brush."""

from __future__ import annotations

import numpy as np
import pytest

from tests.case.bodies import differences, disc
from tests.editing.hands import click, desk_with_gtv, drag
from workstation.case.commands import ChangeStructure
from workstation.editing.pointer import Pointer
from workstation.editing.polygon import Polygon
from workstation.geometry.plane import Plane
from workstation.structures.planar import area_mm2, difference

AXIAL = Plane.axial(0.0)
SQUARE = [(20.0, 20.0), (30.0, 20.0), (30.0, 30.0), (20.0, 30.0)]


def ball_area() -> float:
    return area_mm2(disc(10))


@pytest.mark.parametrize("how", ["Enter", "double click", "first corner"])
def test_it_closes_in_three_ways(how):
    desk, case, gtv, _ = desk_with_gtv()
    tool, before = Polygon(), case.contents
    click(tool, desk, AXIAL, SQUARE)
    assert case.contents is before
    if how == "Enter":
        assert tool.key_pressed(desk, "Enter")
    elif how == "double click":
        tool.double_click(desk, Pointer(AXIAL, 20.0, 30.0, pressed=True))
        tool.release(desk, Pointer(AXIAL, 20.0, 30.0))
    else:
        click(tool, desk, AXIAL, [(20.5, 20.5)])
    assert area_mm2(case.region_at(gtv, 0.0)) == pytest.approx(ball_area() + 100)
    assert case.undo_label == "Draw GTV" and tool.outlines(desk, AXIAL) == []
    case.undo()
    assert case.contents.structures[gtv].stack.region_at(0.0) is before.structures[gtv].stack.region_at(0.0)


def test_from_inside_it_extends_and_from_outside_it_cuts():
    desk, case, gtv, _ = desk_with_gtv()
    corners = [(0.0, -3.0), (20.0, -3.0), (20.0, 3.0), (0.0, 3.0)]
    tool = Polygon()
    click(tool, desk, AXIAL, corners)
    tool.key_pressed(desk, "Enter")
    assert area_mm2(case.region_at(gtv, 0.0)) > ball_area() + 50
    case.undo()
    click(tool, desk, AXIAL, corners[1:] + corners[:1])
    tool.key_pressed(desk, "Enter")
    assert area_mm2(case.region_at(gtv, 0.0)) < ball_area() - 50 and case.undo_label == "Cut GTV"


def test_freehand_is_a_polygon_of_many_corners_and_closes_where_it_began():
    desk, case, gtv, _ = desk_with_gtv()
    t = np.linspace(0, 2 * np.pi, 300)
    path = np.column_stack([25 + 8 * np.cos(t), 25 + 8 * np.sin(t)])
    drag(Polygon(), desk, AXIAL, path)
    assert area_mm2(case.region_at(gtv, 0.0)) == pytest.approx(ball_area() + np.pi * 64, rel=0.01)


def test_x_drops_the_last_corner_and_escape_everything_in_mid_drag_too():
    desk, case, gtv, _ = desk_with_gtv()
    tool, before = Polygon(), case.contents
    click(tool, desk, AXIAL, [*SQUARE, (90.0, 90.0)])
    tool.key_pressed(desk, "x")
    tool.key_pressed(desk, "Enter")
    assert area_mm2(case.region_at(gtv, 0.0)) == pytest.approx(ball_area() + 100)
    case.undo()
    drag(tool, desk, AXIAL, SQUARE, release=False)
    assert tool.key_pressed(desk, "Escape")
    tool.move(desk, Pointer(AXIAL, 5.0, 5.0, pressed=True))
    tool.release(desk, Pointer(AXIAL, 5.0, 5.0))
    assert not tool.key_pressed(desk, "Enter")
    assert differences(before, case.contents) == []


def test_on_a_sagittal_plane_it_edits_every_slice_it_crosses():
    desk, case, gtv, _ = desk_with_gtv()
    tool, plane = Polygon(), Plane.sagittal(1.0)
    click(tool, desk, plane, [(0.0, -8.0), (16.0, -8.0), (16.0, 8.0), (0.0, 8.0)])
    tool.key_pressed(desk, "Enter")
    for w in (-6.0, -3.0, 0.0, 3.0, 6.0):
        radius = np.sqrt(100 - w * w)
        added = area_mm2(difference(case.region_at(gtv, w), disc(float(radius))))
        assert added == pytest.approx(2 * (16 - radius), abs=0.35)
        assert case.region_at(gtv, w).bounds()[3] == pytest.approx(16.0)
    assert case.region_at(gtv, 9.0).bounds()[3] < 5


def test_on_another_slice_it_is_neither_lost_nor_drawn_on():
    desk, case, gtv, refusals = desk_with_gtv()
    tool = Polygon()
    click(tool, desk, AXIAL, SQUARE)
    click(tool, desk, Plane.axial(3.0), [(0.0, 0.0)])
    assert "another slice" in refusals[0] and tool.outlines(desk, Plane.axial(3.0)) == []
    tool.key_pressed(desk, "Enter")
    assert area_mm2(case.region_at(gtv, 0.0)) == pytest.approx(ball_area() + 100)


def test_a_refused_polygon_is_kept_for_another_try():
    desk, case, gtv, refusals = desk_with_gtv()
    case.do(ChangeStructure(gtv, locked=True))
    tool = Polygon()
    click(tool, desk, AXIAL, SQUARE)
    tool.key_pressed(desk, "Enter")
    assert "locked" in refusals[0] and len(tool.outlines(desk, AXIAL)) == 2
    case.do(ChangeStructure(gtv, locked=False))
    tool.key_pressed(desk, "Enter")
    assert area_mm2(case.region_at(gtv, 0.0)) == pytest.approx(ball_area() + 100)


def test_a_line_encloses_nothing_and_says_so():
    desk, case, _, refusals = desk_with_gtv()
    tool, before = Polygon(), case.contents
    click(tool, desk, AXIAL, [(20.0, 20.0), (30.0, 20.0), (25.0, 20.0)])
    tool.key_pressed(desk, "Enter")
    assert case.contents is before and "encloses nothing" in refusals[0]


def test_alt_cuts_wherever_it_begins():
    desk, case, gtv, _ = desk_with_gtv()
    tool = Polygon()
    click(tool, desk, AXIAL, [(0.0, 0.0), (5.0, 0.0), (5.0, 5.0)], erase=True)
    tool.key_pressed(desk, "Enter")
    assert area_mm2(case.region_at(gtv, 0.0)) == pytest.approx(ball_area() - 12.5)
