"""Registration by hand with real events: the picture of the fused image follows the mouse, to the pixel."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tests.gui.hands import click, let_live, slice_view
from tests.gui.viewport_scene import ALT, LEFT, NONE, SHIFT, fused_case, open_view, place_of
from workstation.editing.placing_tool import RING_PIXELS, PlacingTool
from workstation.geometry.transform import Transform
from workstation.gui.main_window import MainWindow
from workstation.gui.panels.by_hand_page import ByHandPage
from workstation.gui.panels.registration import BY_HAND, RegistrationPanel


def hold(view, viewing, desk):  # type: ignore[no-untyped-def]
    """The tool in hand, on the MR over the CT."""
    viewing.follow(desk.placing)
    viewing.overlay_key = desk.placing.moving_key = "mr"
    desk.placing.crosshair_mm = viewing.crosshair_mm
    viewing.tool = PlacingTool()
    view.refresh()
    let_live(0.05)


def mr_place(view, desk, moving_mm=(3.0, 6.0, 0.0)) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Where a point of the moving image is seen, in pixels of the view."""
    point = view.scene.overlay.to_image.inverse().apply(np.array(moving_mm))
    place = place_of(view, point)
    return np.array([place.x(), place.y()])


def drag(view, path, keys=NONE):  # type: ignore[no-untyped-def]
    QTest.mousePress(view, LEFT, keys, QPoint(*path[0]))
    for place in path[1:]:
        QTest.mouseMove(view, QPoint(*place))
        let_live(0.02)
    QTest.mouseRelease(view, LEFT, keys, QPoint(*path[-1]))
    let_live(0.05)


@pytest.mark.parametrize("orientation", ["axial", "sagittal", "coronal"])
def test_ten_pixels_are_ten_pixels(qtbot, orientation):  # type: ignore[no-untyped-def]
    view, viewing, desk = open_view(qtbot, fused_case(), orientation)
    hold(view, viewing, desk)
    before = mr_place(view, desk)
    middle = place_of(view, viewing.crosshair_mm).toPoint()
    x, y = middle.x(), middle.y()
    drag(view, [(x, y), (x + 4, y), (x + 10, y - 6)])
    assert mr_place(view, desk) - before == pytest.approx([10.0, -6.0], abs=0.01)
    assert desk.case.undo_label == "Move by hand"
    desk.case.undo()
    let_live(0.05)
    assert mr_place(view, desk) == pytest.approx(before)


def test_on_the_ring_the_picture_turns_about_the_crosshair(qtbot):  # type: ignore[no-untyped-def]
    view, viewing, desk = open_view(qtbot, fused_case())
    hold(view, viewing, desk)
    middle = place_of(view, viewing.crosshair_mm).toPoint()
    radius = round(RING_PIXELS)
    pivot_there = view.scene.overlay.to_image.apply(viewing.crosshair_mm)
    path = [
        (middle.x() + round(radius * np.cos(a)), middle.y() + round(radius * np.sin(a)))
        for a in np.radians([0, 10, 20, 30])
    ]
    before = mr_place(view, desk) - (middle.x(), middle.y())
    drag(view, path)
    assert desk.case.undo_label == "Turn by hand"
    assert mr_place(view, desk, pivot_there) == pytest.approx([middle.x(), middle.y()], abs=1e-6)
    after = mr_place(view, desk) - (middle.x(), middle.y())
    turned = np.degrees(np.arctan2(after[1], after[0]) - np.arctan2(before[1], before[0]))
    assert turned == pytest.approx(30, abs=0.7), "clockwise on screen, as the hand went"


def test_the_picture_follows_while_the_button_is_down_and_esc_takes_it_back(qtbot):  # type: ignore[no-untyped-def]
    view, viewing, desk = open_view(qtbot, fused_case())
    hold(view, viewing, desk)
    still, steps = view.grab().toImage(), len(desk.case.steps[0])
    QTest.mousePress(view, LEFT, NONE, QPoint(200, 160))
    QTest.mouseMove(view, QPoint(230, 150))
    let_live(0.05)
    assert view.grab().toImage() != still and len(desk.case.steps[0]) == steps
    QTest.keyClick(view, Qt.Key.Key_Escape)
    QTest.mouseRelease(view, LEFT, NONE, QPoint(230, 150))
    let_live(0.05)
    assert len(desk.case.steps[0]) == steps and desk.placing.trial is None


def test_arrow_keys_move_and_turn_and_the_wheel_still_steps(qtbot):  # type: ignore[no-untyped-def]
    view, viewing, desk = open_view(qtbot, fused_case())
    hold(view, viewing, desk)
    slice_mm = viewing.crosshair_mm[2]
    before = desk.placing.link()
    for key, keys in ((Qt.Key.Key_Right, NONE), (Qt.Key.Key_Up, SHIFT), (Qt.Key.Key_Left, ALT)):
        QTest.keyClick(view, key, keys)
    assert [step.label for step in desk.case.steps[0]][-3:] == ["Move by hand", "Move by hand", "Turn by hand"]
    moved = desk.placing.link().inverse().after(before)
    assert moved.rotation_deg() == pytest.approx([0, 0, -1], abs=1e-6)
    assert viewing.crosshair_mm[2] == slice_mm, "arrows belong to the tool"
    QTest.keyClick(view, Qt.Key.Key_PageUp)
    assert viewing.crosshair_mm[2] != slice_mm


@pytest.fixture
def page(full_window: MainWindow) -> ByHandPage:
    assert full_window.workspace is not None
    panel = full_window.workspace.show_dock("registration")
    assert isinstance(panel, RegistrationPanel)
    panel.show_page(BY_HAND)
    let_live(0.2)
    return panel.by_hand


def type_into(field, text: str) -> None:  # type: ignore[no-untyped-def]
    field.line.setFocus()
    field.line.selectAll()
    QTest.keyClicks(field.line, text)
    QTest.keyClick(field.line, Qt.Key.Key_Return)
    let_live(0.05)


def test_the_page_shows_and_takes_the_six_numbers(full_window: MainWindow, page: ByHandPage) -> None:
    session = full_window.session
    assert session is not None
    # The registration of the small patient takes a point (4, -3, 2) mm further: the image is seen that much back.
    assert [field.value() for field in page.shifts] == pytest.approx([-4.0, 3.0, -2.0])
    type_into(page.shifts[0], "1.5")
    link = session.desk.placing.link()
    assert isinstance(link, Transform)
    assert link.inverse().translation_mm() == pytest.approx([1.5, 3.0, -2.0])
    type_into(page.turns[2], "10")
    middle = session.desk.placing.moving.grid.centre_mm  # type: ignore[union-attr]
    seen = session.desk.placing.link().inverse()  # type: ignore[union-attr]
    assert seen.rotation_deg() == pytest.approx([0, 0, 10], abs=1e-6)  # type: ignore[union-attr]
    assert seen.translation_mm(middle) == pytest.approx([1.5, 3.0, -2.0], abs=1e-6)  # type: ignore[union-attr]
    assert session.case.undo_label == "Move by hand"


def test_the_buttons_of_the_page_do_what_they_say(full_window: MainWindow, page: ByHandPage) -> None:
    session = full_window.session
    assert session is not None
    click(page.own)
    assert session.desk.placing.link().is_identity()  # type: ignore[union-attr]
    click(page.tool)
    assert full_window.workspace is not None and full_window.workspace.tool_key == "place"
    assert "arrows" in full_window.workspace.hint()
    view = slice_view(full_window)
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert session.desk.placing.link().inverse().translation_mm() == pytest.approx([-1, 0, 0])  # type: ignore[union-attr]
    click(page.middles)
    assert session.case.undo_label == "Middle on middle"
