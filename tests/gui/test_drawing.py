"""A person draws in the real views, and the list, the banner and the history follow."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.gui.hands import (
    click,
    drag,
    key,
    let_live,
    listed,
    make_structure,
    move,
    press,
    release,
    slice_view,
    type_into,
)
from workstation.gui.main_window import MainWindow

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
CENTRE = (0.0, 0.0, -1.5)
STROKE = [(x, 0.0, -1.5) for x in np.linspace(-10, 10, 12)]


def test_the_first_panel_teaches_how_to_begin(ct_window: MainWindow) -> None:
    assert ct_window.workspace is not None
    assert ct_window.workspace.step == "contour"
    assert "GTV" in ct_window.workspace.contour.teach.text() and ct_window.workspace.contour.teach.isVisible()


def test_a_new_structure_is_named_in_the_panel_and_takes_the_brush_in_hand(ct_window: MainWindow) -> None:
    identifier = make_structure(ct_window, "GTV")
    assert ct_window.session is not None and ct_window.workspace is not None
    structure = ct_window.session.case.structures[identifier]
    assert (structure.name, structure.interpreted_type, structure.color) == ("GTV", "GTV", (255, 59, 48))
    assert ct_window.workspace.tool_key == "brush"
    assert "Brush" in ct_window.status.hint.text() and "Alt" in ct_window.status.hint.text()
    assert not ct_window.workspace.contour.teach.isVisible()


def test_after_a_structure_is_named_the_keys_belong_to_drawing(ct_window: MainWindow) -> None:
    make_structure(ct_window, "GTV")
    assert ct_window.workspace is not None and not ct_window.workspace.contour.name.line.hasFocus()
    make_structure(ct_window, "CTV")
    key(ct_window, Qt.Key.Key_P)
    assert ct_window.workspace.tool_key == "polygon"


def test_a_name_that_is_taken_is_refused_in_place(ct_window: MainWindow) -> None:
    make_structure(ct_window, "GTV")
    assert ct_window.workspace is not None and ct_window.session is not None
    panel = ct_window.workspace.contour
    type_into(panel.name.line, "GTV", end=None)
    assert "already a structure called GTV" in panel.name.reason.text() and panel.name.reason.isVisible()
    assert panel.name.line.property("invalid") is True
    click(panel.button)
    assert len(ct_window.session.case.structures) == 1


def test_a_brush_stroke_paints_its_area(ct_window: MainWindow) -> None:
    make_structure(ct_window, "GTV")
    drag(slice_view(ct_window), STROKE)
    let_live()
    assert ct_window.session is not None and ct_window.session.active is not None
    stack = ct_window.session.active.stack
    assert len(stack.slices) == 1
    # a capsule of radius 5 mm and length 20 mm on one slice of 3 mm, with caps of the surface model
    area_cm2 = (20 * 10 + np.pi * 25) / 100
    assert listed(ct_window, "GTV") == pytest.approx(area_cm2 * 0.3, rel=0.35)
    assert ct_window.session.case.undo_label.startswith("Paint")


def test_the_volume_in_the_list_follows_while_the_mouse_moves(ct_window: MainWindow) -> None:
    make_structure(ct_window, "GTV")
    view = slice_view(ct_window)
    press(view, STROKE[0])
    seen = []
    for point in STROKE[1:]:
        move(view, point)
        let_live(0.06)
        seen.append(listed(ct_window, "GTV"))
    assert ct_window.session is not None
    assert not ct_window.session.active.stack.slices, "the stroke is not committed before the button is released"
    release(view, STROKE[-1])
    assert seen[-1] > seen[0] > 0
    assert sorted(seen) == seen


def test_undo_and_redo_by_their_keys(ct_window: MainWindow) -> None:
    make_structure(ct_window, "GTV")
    drag(slice_view(ct_window), STROKE)
    let_live()
    assert ct_window.session is not None
    painted = listed(ct_window, "GTV")
    key(ct_window, Qt.Key.Key_Z, CTRL)
    let_live()
    assert not ct_window.session.active.stack.slices and listed(ct_window, "GTV") == 0.0
    key(ct_window, Qt.Key.Key_Z, CTRL | SHIFT)
    let_live()
    assert listed(ct_window, "GTV") == painted
    key(ct_window, Qt.Key.Key_Z, CTRL)
    key(ct_window, Qt.Key.Key_Y, CTRL)
    assert len(ct_window.session.active.stack.slices) == 1


def test_undo_names_what_it_takes_back(ct_window: MainWindow) -> None:
    make_structure(ct_window, "GTV")
    drag(slice_view(ct_window), STROKE)
    let_live()
    assert "Paint GTV" in ct_window.action("undo").text()


def test_escape_drops_a_stroke_in_mid_drag(ct_window: MainWindow) -> None:
    make_structure(ct_window, "GTV")
    view = slice_view(ct_window)
    press(view, STROKE[0])
    move(view, STROKE[5])
    QTest.keyClick(view, Qt.Key.Key_Escape)
    release(view, STROKE[5])
    assert ct_window.session is not None and not ct_window.session.active.stack.slices


def test_a_polygon_drawn_in_the_sagittal_view_arrives(ct_window: MainWindow) -> None:
    make_structure(ct_window, "GTV")
    ct_window.action("tool_polygon").trigger()
    view = slice_view(ct_window, "sagittal")
    assert ct_window.session is not None
    x = float(ct_window.session.viewing.crosshair_mm[0])
    corners = [(x, -12.0, -12.0), (x, 12.0, -12.0), (x, 12.0, 12.0), (x, -12.0, 12.0)]
    for corner in corners:
        press(view, corner)
        release(view, corner)
    QTest.keyClick(view, Qt.Key.Key_Return)
    let_live()
    assert len(ct_window.session.active.stack.slices) == 8


def test_a_locked_structure_refuses_the_brush_and_says_why(ct_window: MainWindow) -> None:
    make_structure(ct_window, "GTV")
    ct_window.action("lock_structure").trigger()
    drag(slice_view(ct_window), STROKE)
    assert ct_window.session is not None and not ct_window.session.active.stack.slices
    assert any("locked" in text for text in ct_window.messages.texts())


def test_a_refusal_leaves_the_views_where_they_are_and_goes_by_itself(
    ct_window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr("workstation.gui.message_bar.PASSING_MS", 1500)
    view = slice_view(ct_window)
    before = view.mapTo(ct_window, view.rect().topLeft()), view.size()
    ct_window.action("tool_brush").trigger()
    drag(view, [(0, 0, 1.5), (5, 0, 1.5)])
    (message,) = ct_window.messages.messages()
    assert "No structure" in message.sentence.text()
    assert message.isVisible() and message.visibleRegion().boundingRect() == message.rect()
    assert (view.mapTo(ct_window, view.rect().topLeft()), view.size()) == before
    qtbot.waitUntil(lambda: not ct_window.messages.messages(), timeout=5000)


def test_a_hidden_structure_is_shown_when_it_is_drawn(ct_window: MainWindow) -> None:
    new = make_structure(ct_window, "GTV")
    assert ct_window.session is not None
    viewing = ct_window.session.viewing
    viewing.set_visible(new, False)
    drag(slice_view(ct_window), [(0, 0, 1.5), (5, 0, 1.5)])
    assert viewing.visible(new)


def test_the_brush_radius_in_toolbar_panel_and_desk_is_one(ct_window: MainWindow) -> None:
    workspace, session = ct_window.workspace, ct_window.session
    assert workspace is not None and session is not None
    type_into(workspace.tool_bar.radius.line, "8.5")
    assert session.desk.brush_radius_mm == 8.5
    assert workspace.contour.radius.value() == 8.5
    workspace.contour.radius.slider.setValue(24)
    assert session.desk.brush_radius_mm == 12.0 and workspace.tool_bar.radius.value() == 12.0


def test_an_impossible_radius_turns_red_and_changes_nothing(ct_window: MainWindow) -> None:
    workspace, session = ct_window.workspace, ct_window.session
    assert workspace is not None and session is not None
    type_into(workspace.contour.radius.number.line, "500")
    assert session.desk.brush_radius_mm == 5.0
    assert "between" in workspace.contour.radius.number.reason.text()


def test_rule_and_ball_can_be_chosen_in_toolbar_and_panel(ct_window: MainWindow) -> None:
    workspace, session = ct_window.workspace, ct_window.session
    assert workspace is not None and session is not None
    click(workspace.tool_bar.rules.buttons[2])
    assert session.desk.rule == "erase" and workspace.contour.rules.buttons[2].isChecked()
    click(workspace.contour.rules.buttons[1])
    assert session.desk.rule == "add" and workspace.tool_bar.rules.buttons[1].isChecked()
    workspace.contour.ball.click()
    assert session.desk.ball and ct_window.action("ball").isChecked()


def test_a_slice_is_copied_from_its_neighbour(ct_window: MainWindow) -> None:
    make_structure(ct_window, "GTV")
    drag(slice_view(ct_window), STROKE)
    assert ct_window.session is not None
    ct_window.session.viewing.crosshair_mm = np.array([0.0, 0.0, 1.5])
    ct_window.action("copy_from_below").trigger()
    assert len(ct_window.session.active.stack.slices) == 2
    ct_window.action("previous_drawn").trigger()
    assert ct_window.session.viewing.crosshair_mm[2] == pytest.approx(-1.5)


def test_keys_step_through_the_structures(ct_window: MainWindow) -> None:
    first, second = make_structure(ct_window, "GTV"), make_structure(ct_window, "Cord")
    assert ct_window.session is not None
    slice_view(ct_window).setFocus()
    key(ct_window, Qt.Key.Key_Q)
    assert ct_window.session.desk.active == first
    key(ct_window, Qt.Key.Key_W)
    assert ct_window.session.desk.active == second


def test_the_cursor_says_where_it_is_and_what_is_there(ct_window: MainWindow) -> None:
    move(slice_view(ct_window), CENTRE)
    text = ct_window.status.cursor.text()
    assert "x +" in text and "z -1.5 mm" in text and "40" in text


def test_contours_are_hidden_while_h_is_held_wherever_the_focus_is(ct_window: MainWindow) -> None:
    assert ct_window.workspace is not None and ct_window.session is not None
    ct_window.workspace.structures.table.setFocus()
    QTest.keyPress(ct_window.workspace.structures.table, Qt.Key.Key_H)
    assert ct_window.session.viewing.hide_all
    QTest.keyRelease(ct_window.workspace.structures.table, Qt.Key.Key_H)
    assert not ct_window.session.viewing.hide_all


def test_typing_letters_into_a_name_takes_no_tool_in_hand(ct_window: MainWindow) -> None:
    assert ct_window.workspace is not None
    type_into(ct_window.workspace.contour.name.line, "cpbtnqwh19", end=None)
    assert ct_window.workspace.contour.name.text() == "cpbtnqwh19"
    assert ct_window.workspace.tool_key == "crosshair"
