"""The crosshair's lines are taken by the hand and turned; the other two planes follow, the patient stays upright."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtWidgets import QApplication

from tests.gui.viewport_scene import (
    LEFT,
    add_cylinder,
    case_with,
    ct,
    drag,
    fused_case,
    mouse,
    near,
    pixels,
    place_of,
    press,
    release,
    wheel,
)
from tests.view.scenes import ACQUISITIONS
from workstation.editing.brush import Brush
from workstation.editing.desk import Desk
from workstation.gui.viewing import Viewing
from workstation.gui.viewport.view_grid import ViewGrid

NAMES = ("axial", "sagittal", "coronal")


def open_grid(qtbot, case) -> ViewGrid:
    made = ViewGrid(case, Viewing(case), Desk(case))
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    qtbot.waitExposed(made)
    made.viewing.crosshair_mm = (0, 0, 0)
    QApplication.processEvents()
    return made


@pytest.fixture
def grid(qtbot) -> ViewGrid:
    return open_grid(qtbot, fused_case())


def turn_by_hand(grid: ViewGrid, name: str, angle_deg: float) -> None:
    """Take the first handle of a view and drag it around the crosshair."""
    view = grid.views[name]
    mouse(view, QEvent.Type.MouseMove, QPointF(5, 5))
    view._hand.enter()
    crosshair = view.crosshair()
    middle = QPointF(crosshair.x, crosshair.y)
    start = crosshair.handles(view.width(), view.height())[0]
    arm = start - middle
    press(view, start)
    for step in np.linspace(0, np.radians(angle_deg), 8)[1:]:
        turned = QPointF(
            arm.x() * np.cos(step) - arm.y() * np.sin(step), arm.x() * np.sin(step) + arm.y() * np.cos(step)
        )
        mouse(view, QEvent.Type.MouseMove, middle + turned, held=LEFT)
        QApplication.processEvents()
    release(view, middle + turned)
    QApplication.processEvents()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("angle_deg", [-35, 20])
def test_the_line_follows_the_hand_and_the_picture_stays(grid: ViewGrid, name: str, angle_deg: float) -> None:
    view = grid.views[name]
    before = view.plane()
    turn_by_hand(grid, name, angle_deg)
    after = view.plane()
    np.testing.assert_allclose([*after.u, *after.v], [*before.u, *before.v], atol=1e-12)
    wanted = (np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg)))
    agreement = [abs(dx * wanted[0] + dy * wanted[1]) for dx, dy in view.crosshair().directions]
    assert max(agreement) == pytest.approx(1.0, abs=1e-6) and min(agreement) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_the_lines_are_where_the_other_planes_cut(grid: ViewGrid, name: str) -> None:
    turn_by_hand(grid, "axial", 25)
    turn_by_hand(grid, "coronal", -15)
    view = grid.views[name]
    plane, lines = view.plane(), view.crosshair()
    for other in (n for n in NAMES if n != name):
        normal = grid.views[other].plane().normal
        along = [d for d in lines.directions if abs((plane.u * d[0] + plane.v * d[1]) @ normal) < 1e-9]
        assert len(along) == 1
    # both turns took the sagittal plane along, each with one of the others
    assert lines.is_level == (name == "sagittal")


def test_turning_one_view_makes_the_others_oblique_and_says_so(grid: ViewGrid) -> None:
    turn_by_hand(grid, "axial", 20)
    assert grid.panes["sagittal"].title.label.text().startswith("oblique sagittal 20°")
    assert grid.panes["axial"].title.label.text().startswith("axial")
    grid.viewing.straighten()
    assert grid.panes["sagittal"].title.label.text().startswith("sagittal  x")


def test_the_crosshair_keeps_its_place_on_screen(grid: ViewGrid) -> None:
    grid.viewing.crosshair_mm = (15, -10, 8)
    places = {name: (grid.views[name].crosshair().x, grid.views[name].crosshair().y) for name in NAMES}
    turn_by_hand(grid, "sagittal", 30)
    for name in NAMES:
        found = grid.views[name].crosshair()
        assert (found.x, found.y) == pytest.approx(places[name], abs=1.1)  # straight planes are those of the slices


def test_the_wheel_steps_through_turned_planes(grid: ViewGrid) -> None:
    turn_by_hand(grid, "axial", 30)
    view = grid.views["sagittal"]
    before = view.plane()
    wheel(view, 2)
    assert before.to_plane(view.plane().origin_mm)[2] == pytest.approx(2 * 2.0, abs=1e-3)


@pytest.mark.parametrize("acquisition", ACQUISITIONS)
def test_what_is_shown_is_what_lies_there(qtbot, acquisition: str) -> None:
    case = case_with(ct(acquisition))
    grid = open_grid(qtbot, case)
    grid.viewing.crosshair_mm = (0.7, -0.6, 0.4)  # not halfway between voxels
    turn_by_hand(grid, "axial", 40)
    # a point on the axis of the turn is seen in both turned views
    top = grid.viewing.crosshair_mm + 38.0 * grid.views["axial"].plane().normal
    for name in ("sagittal", "coronal"):
        view = grid.views[name]
        place, frame, layer = place_of(view, top), view.frame(), view.layer("ct")
        assert abs(frame.plane.to_plane(top)[2]) < 1e-3
        x, y = int(place.x()) + 0.5, int(place.y()) + 0.5
        around = [(x + dx, y + dy) for dy in range(-9, 10) for dx in range(-9, 10)]
        values = [layer.value_at(frame.plane.to_patient(frame.to_plane(pixel))) for pixel in around]
        shown = near(pixels(view), place, 9).mean()
        # the crosshair is part of the picture, the nearest voxel is not what is between voxels
        assert shown == pytest.approx(np.mean([np.clip((v + 160) / 400, 0, 1) * 255 for v in values]), abs=16)


def test_contours_follow_the_turned_plane(qtbot) -> None:
    case = fused_case()
    identifier = add_cylinder(case, "GTV", 20.0)
    grid = open_grid(qtbot, case)
    turn_by_hand(grid, "axial", 45)
    view = grid.views["sagittal"]
    qtbot.waitUntil(lambda: identifier in dict(view.contours(view.plane())), timeout=3000)
    qtbot.waitUntil(lambda: not grid.outlines.busy, timeout=3000)
    QApplication.processEvents()
    points = dict(view.contours(view.plane()))[identifier].points
    # a cylinder about the axis of the turn is as wide in every direction
    assert np.ptp(points[:, 0]) == pytest.approx(40, abs=1.0)


def test_planes_too_flat_to_draw_on_are_refused_in_words(qtbot) -> None:
    case = fused_case()
    identifier = add_cylinder(case, "GTV", 10.0)
    grid = open_grid(qtbot, case)
    turn_by_hand(grid, "coronal", 8)
    grid.desk.active = identifier
    grid.viewing.tool = Brush()
    said: list[str] = []
    grid.desk.refused.connect(said.append)
    view = grid.views["axial"]
    drag(view, place_of(view, (0, 0, 0)), place_of(view, (10, 0, 0)))
    assert len(said) == 1 and "8°" in said[0] and "straighten" in said[0].lower()
    assert case.undo_label.startswith("Add")


def test_without_the_crosshair_tool_nothing_is_turned(grid: ViewGrid) -> None:
    grid.viewing.tool = Brush()
    view = grid.views["axial"]
    mouse(view, QEvent.Type.MouseMove, QPointF(5, 5))
    start = view.crosshair().handles(view.width(), view.height())[0]
    drag(view, start, start + QPointF(0, 40))
    assert not grid.viewing.oblique


def test_handles_show_with_the_cursor_inside_only(grid: ViewGrid) -> None:
    view = grid.views["axial"]
    view._hand.leave()
    place = view.crosshair().handles(view.width(), view.height())[0] + QPointF(0, 4)
    without = near(pixels(view), place, 1).mean()
    view._hand.enter()
    assert abs(near(pixels(view), place, 1).mean() - without) > 20
    assert Qt.CursorShape.CrossCursor == view.cursor().shape()
    mouse(view, QEvent.Type.MouseMove, place)
    assert view.cursor().shape() == Qt.CursorShape.PointingHandCursor


def test_another_planning_image_is_looked_at_straight(grid: ViewGrid) -> None:
    from workstation.case.commands import ChoosePlanningImage

    turn_by_hand(grid, "axial", 20)
    grid.case.do(ChoosePlanningImage("mr"))
    QApplication.processEvents()
    assert not grid.viewing.oblique
    assert not grid.panes["sagittal"].title.label.text().startswith("oblique")
