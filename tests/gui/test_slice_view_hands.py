"""Hands on a slice: wheel, buttons, keys and pen mean what they mean in every contouring room."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEventPoint, QInputDevice, QPointingDevice, QPointingDeviceUniqueId, QTabletEvent
from PySide6.QtWidgets import QApplication, QLineEdit

from tests.gui.viewport_scene import (
    ALT,
    CTRL,
    LEFT,
    MIDDLE,
    RIGHT,
    SHIFT,
    Recorder,
    add_cylinder,
    case_with,
    ct,
    drag,
    fused_case,
    mouse,
    move,
    open_view,
    place_of,
    press,
    release,
    wheel,
)
from workstation.editing.brush import Brush

CENTRE = QPointF(200, 160)


@pytest.fixture
def scene(qtbot):
    return open_view(qtbot, fused_case())


def test_the_wheel_steps_through_acquired_slices_whatever_tool_is_in_hand(scene) -> None:
    view, viewing, _ = scene
    start = view.plane().origin_mm[2]
    wheel(view, 1)
    assert view.plane().origin_mm[2] == pytest.approx(start + 3)
    viewing.tool = Recorder()
    wheel(view, -2)
    assert view.plane().origin_mm[2] == pytest.approx(start - 3)
    press(view, CENTRE)
    wheel(view, 1)
    release(view, CENTRE)
    assert view.plane().origin_mm[2] == pytest.approx(start)


def test_wheeling_keeps_the_crosshair_in_the_plane(scene) -> None:
    view, viewing, _ = scene
    viewing.crosshair_mm = (11, -7, 1)
    wheel(view, 3)
    assert viewing.crosshair_mm[:2].tolist() == [11, -7]


def test_parts_of_a_notch_add_up(scene) -> None:
    view, _, _ = scene
    start = view.plane().origin_mm[2]
    for _ in range(3):
        wheel(view, 0.25)
    assert view.plane().origin_mm[2] == pytest.approx(start)
    wheel(view, 0.25)
    assert view.plane().origin_mm[2] == pytest.approx(start + 3)
    wheel(view, -0.5)
    assert view.plane().origin_mm[2] == pytest.approx(start + 3)


def test_the_wheel_stops_at_the_last_slice(scene) -> None:
    view, _, _ = scene
    wheel(view, 500)
    assert view.plane().origin_mm[2] == pytest.approx(58.5)
    wheel(view, 1)
    assert view.plane().origin_mm[2] == pytest.approx(58.5)


@pytest.mark.parametrize(
    ("key", "slices"),
    [
        (Qt.Key.Key_Up, 1),
        (Qt.Key.Key_Down, -1),
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_Left, -1),
        (Qt.Key.Key_PageUp, 5),
        (Qt.Key.Key_PageDown, -5),
    ],
)
def test_arrows_and_pages_step(qtbot, scene, key: Qt.Key, slices: int) -> None:
    view, _, _ = scene
    start = view.plane().origin_mm[2]
    qtbot.keyClick(view, key)
    assert view.plane().origin_mm[2] == pytest.approx(start + 3 * slices)


def test_ctrl_wheel_zooms_and_keeps_what_is_under_the_cursor(scene) -> None:
    view, _, _ = scene
    place = QPointF(300, 60)
    under, before = view.frame().to_plane((300, 60)), view.pixel_mm
    wheel(view, 2, place, CTRL)
    assert view.pixel_mm < before * 0.8
    np.testing.assert_allclose(view.frame().to_plane((300, 60)), under, atol=1e-6)


def test_a_middle_drag_pans_with_the_cursor(scene) -> None:
    view, _, _ = scene
    under = view.frame().to_plane((150, 100))
    drag(view, QPointF(150, 100), QPointF(190, 70), MIDDLE)
    np.testing.assert_allclose(view.frame().to_plane((190, 70)), under, atol=1e-6)


def test_a_right_drag_sets_width_and_centre(scene) -> None:
    view, viewing, _ = scene
    drag(view, CENTRE, CENTRE + QPointF(100, 0), RIGHT)
    centre, width = viewing.window("ct")
    assert centre == pytest.approx(40) and width == pytest.approx(400 * 2 ** (1 / 3), rel=1e-6)
    drag(view, CENTRE, CENTRE + QPointF(0, -60), RIGHT)
    assert viewing.window("ct")[0] > 100 and viewing.window("ct")[1] == pytest.approx(width)


def test_ctrl_right_drag_sets_the_overlays_window(scene) -> None:
    view, viewing, _ = scene
    viewing.overlay_key = "mr"
    before = viewing.window("mr"), viewing.window("ct")
    drag(view, CENTRE, CENTRE + QPointF(50, 0), RIGHT, CTRL)
    assert viewing.window("mr") != before[0] and viewing.window("ct") == before[1]


def test_left_click_and_drag_move_the_linked_crosshair(qtbot, scene) -> None:
    view, viewing, _ = scene
    press(view, place_of(view, (10, 20, 0)))
    np.testing.assert_allclose(viewing.crosshair_mm[:2], (10, 20), atol=1e-6)
    end = place_of(view, (-15, 5, 0))
    move(view, end, held=LEFT)
    release(view, end)
    np.testing.assert_allclose(viewing.crosshair_mm[:2], (-15, 5), atol=1e-6)
    move(view, CENTRE)
    np.testing.assert_allclose(viewing.crosshair_mm[:2], (-15, 5), atol=1e-6)


def test_shift_move_moves_the_crosshair_with_any_tool(scene) -> None:
    view, viewing, _ = scene
    viewing.tool = Recorder()
    move(view, place_of(view, (12, 8, 0)), SHIFT)
    np.testing.assert_allclose(viewing.crosshair_mm[:2], (12, 8), atol=1e-6)
    move(view, place_of(view, (0, 0, 0)))
    np.testing.assert_allclose(viewing.crosshair_mm[:2], (12, 8), atol=1e-6)


def test_shift_wheel_and_brackets_change_the_brush(qtbot, scene) -> None:
    view, viewing, desk = scene
    slice_before, radius = view.plane().origin_mm[2], desk.brush_radius_mm
    wheel(view, 2, keys=SHIFT)
    larger = desk.brush_radius_mm
    assert larger > radius and view.plane().origin_mm[2] == slice_before
    tool = Recorder()
    tool.uses_keys = False
    viewing.tool = tool
    qtbot.keyClick(view, Qt.Key.Key_BracketLeft)
    assert desk.brush_radius_mm < larger
    qtbot.keyClick(view, Qt.Key.Key_BracketRight)
    assert desk.brush_radius_mm == larger


def test_ctrl_alt_wheel_fades_the_fusion_and_t_switches_it(qtbot, scene) -> None:
    view, viewing, _ = scene
    viewing.overlay_key = "mr"
    wheel(view, 2, keys=CTRL | ALT)
    assert viewing.opacity == pytest.approx(0.5)
    qtbot.keyClick(view, Qt.Key.Key_T)
    assert not viewing.overlay_shown
    QApplication.processEvents()
    assert view.scene.overlay is None
    qtbot.keyClick(view, Qt.Key.Key_T)
    assert viewing.overlay_shown


def test_h_hides_contours_as_long_as_it_is_held(qtbot, scene) -> None:
    view, viewing, _ = scene
    qtbot.keyPress(view, Qt.Key.Key_H)
    assert viewing.hide_all
    qtbot.keyRelease(view, Qt.Key.Key_H)
    assert not viewing.hide_all
    qtbot.keyPress(view, Qt.Key.Key_H)
    QApplication.sendEvent(view, _focus_out())
    assert not viewing.hide_all


def _focus_out():
    from PySide6.QtGui import QFocusEvent

    return QFocusEvent(QEvent.Type.FocusOut)


def test_number_keys_choose_presets(qtbot, scene) -> None:
    view, viewing, _ = scene
    qtbot.keyClick(view, Qt.Key.Key_2)
    assert viewing.window("ct") == (400, 1800)
    qtbot.keyClick(view, Qt.Key.Key_4)
    assert viewing.window("ct") == (-600, 1500)
    qtbot.keyClick(view, Qt.Key.Key_9)
    assert viewing.window("ct") == (50, 350)


def test_ctrl_click_picks_the_innermost_structure_under_the_cursor(qtbot) -> None:
    case = case_with(ct())
    ptv, gtv = add_cylinder(case, "PTV", 30.0), add_cylinder(case, "GTV", 12.0)
    view, viewing, desk = open_view(qtbot, case)
    before = viewing.crosshair_mm
    press(view, place_of(view, (2, 1, 0)), keys=CTRL)
    release(view, place_of(view, (2, 1, 0)), keys=CTRL)
    assert desk.active == gtv
    press(view, place_of(view, (21, 0, 0)), keys=CTRL)
    assert desk.active == ptv
    press(view, place_of(view, (55, 50, 0)), keys=CTRL)
    assert desk.active == ptv
    assert viewing.crosshair_mm is before


def test_ctrl_click_inside_a_narrow_structure_does_not_pick_a_neighbour_some_pixels_away(qtbot) -> None:
    case = case_with(ct())
    add_cylinder(case, "Bone", 18.0)
    thin = add_cylinder(case, "Nerve", 12.0)
    view, _, desk = open_view(qtbot, case)
    inside = 12.0 - 5.5 * view.pixel_mm
    press(view, place_of(view, (inside, 0, 0)), keys=CTRL)
    assert desk.active == thin
    desk.active = thin
    outside = 12.0 + 3.0 * view.pixel_mm
    press(view, place_of(view, (outside, 0, 0)), keys=CTRL)
    assert desk.active == thin


def test_a_tool_gets_pointers_in_patient_millimetres_on_the_shown_slice(scene) -> None:
    view, viewing, _ = scene
    tool = Recorder()
    viewing.tool = tool
    viewing.crosshair_mm = (0, 0, 12)
    start, end = place_of(view, (10, -5, 13.5)), place_of(view, (20, -5, 13.5))
    press(view, start)
    assert viewing.drawing
    move(view, end, ALT, LEFT)
    release(view, end)
    assert not viewing.drawing
    assert tool.names() == ["press", "move", "release"]
    first, second, last = (pointer for _, pointer in tool.events)
    np.testing.assert_allclose(first.position_mm, (10, -5, view.plane().origin_mm[2]), atol=1e-6)
    assert (first.pressed, first.erase, second.pressed, second.erase, last.pressed) == (True, False, True, True, False)
    assert second.u_mm == pytest.approx(20) and second.pixel_mm == view.pixel_mm
    assert first.plane.to_plane(first.position_mm)[2] == pytest.approx(0)


def test_hovering_tells_the_tool_without_pressing(qtbot, scene) -> None:
    view, viewing, _ = scene
    tool = Recorder()
    viewing.tool = tool
    move(view, CENTRE)
    QApplication.processEvents()
    assert tool.names() == ["move"] and not tool.events[0][1].pressed


def test_moves_that_wait_in_the_queue_are_passed_over_for_the_newest(scene) -> None:
    view, viewing, _ = scene
    tool = Recorder()
    viewing.tool = tool
    press(view, CENTRE)
    for n in range(50):
        move(view, CENTRE + QPointF(n, 0), held=LEFT)
    QApplication.processEvents()
    release(view, CENTRE + QPointF(49, 0))
    assert tool.names() == ["press", "move", "release"]
    assert tool.events[1][1].u_mm == pytest.approx(tool.events[2][1].u_mm)


def test_double_click_and_enter_reach_the_tool_and_escape_ends_the_drag(qtbot, scene) -> None:
    view, viewing, _ = scene
    tool = Recorder()
    viewing.tool = tool
    mouse(view, QEvent.Type.MouseButtonDblClick, CENTRE, LEFT)
    release(view, CENTRE)
    for key in (Qt.Key.Key_Return, Qt.Key.Key_X):
        qtbot.keyClick(view, key)
    assert tool.events[0][0] == "double_click"
    assert [name for kind, name in tool.events if kind == "key"] == ["Enter", "x"]
    press(view, CENTRE)
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not viewing.drawing
    count = tool.names().count("release")
    release(view, CENTRE)
    assert tool.names().count("release") == count


def test_escape_cancels_a_tool_that_does_not_know_the_key(qtbot, scene) -> None:
    view, viewing, _ = scene
    tool = Recorder()
    tool.uses_keys = False
    viewing.tool = tool
    press(view, CENTRE)
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert tool.names()[-1] == "cancel"


def test_keys_that_mean_nothing_here_go_on_to_the_window(qtbot, scene) -> None:
    view, _, _ = scene
    from PySide6.QtGui import QKeyEvent

    for key, keys in ((Qt.Key.Key_Q, Qt.KeyboardModifier.NoModifier), (Qt.Key.Key_Z, CTRL), (Qt.Key.Key_Up, CTRL)):
        event = QKeyEvent(QEvent.Type.KeyPress, key, keys)
        view.keyPressEvent(event)
        assert not event.isAccepted()


def test_space_asks_for_the_whole_place(qtbot, scene) -> None:
    view, _, _ = scene
    with qtbot.waitSignal(view.maximise_requested):
        qtbot.keyClick(view, Qt.Key.Key_Space)


def test_keys_go_to_the_view_under_the_cursor_unless_somebody_types(qtbot, scene) -> None:
    view, _, _ = scene
    field = QLineEdit()
    qtbot.addWidget(field)
    field.show()
    field.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    view.enterEvent(_enter())
    assert not view.hasFocus()
    view.activateWindow()
    field.clearFocus()
    view.enterEvent(_enter())
    qtbot.waitUntil(view.hasFocus)


def _enter():
    from PySide6.QtGui import QEnterEvent

    return QEnterEvent(CENTRE, CENTRE, CENTRE)


def pen(view, kind: QEvent.Type, place: QPointF, pressure: float, rubber: bool = False) -> None:
    device = QPointingDevice(
        "pen",
        7,
        QInputDevice.DeviceType.Stylus,
        QPointingDevice.PointerType.Eraser if rubber else QPointingDevice.PointerType.Pen,
        QInputDevice.Capability.Position | QInputDevice.Capability.Pressure,
        1,
        3,
        "",
        QPointingDeviceUniqueId(),
    )
    down = Qt.MouseButton.NoButton if kind == QEvent.Type.TabletRelease else LEFT
    event = QTabletEvent(
        kind,
        device,
        place,
        QPointF(view.mapToGlobal(place.toPoint())),
        pressure,
        0,
        0,
        0,
        0,
        0,
        Qt.KeyboardModifier.NoModifier,
        LEFT,
        down,
    )
    assert isinstance(event.points()[0], QEventPoint)
    QApplication.sendEvent(view, event)
    assert event.isAccepted()


def test_a_pen_draws_with_pressure_and_its_other_end_erases(scene) -> None:
    view, viewing, _ = scene
    tool = Recorder()
    viewing.tool = tool
    pen(view, QEvent.Type.TabletPress, CENTRE, 0.3)
    pen(view, QEvent.Type.TabletMove, CENTRE + QPointF(9, 0), 0.8)
    pen(view, QEvent.Type.TabletRelease, CENTRE + QPointF(9, 0), 0.0)
    assert tool.names() == ["press", "move", "release"]
    assert [p.pressure for _, p in tool.events[:2]] == pytest.approx([0.3, 0.8], abs=0.01)
    assert not tool.events[0][1].erase
    pen(view, QEvent.Type.TabletPress, CENTRE, 0.5, rubber=True)
    pen(view, QEvent.Type.TabletRelease, CENTRE, 0.0, rubber=True)
    assert tool.events[3][1].erase


def test_a_pen_holds_the_curtain_and_moves_the_spyglass_as_the_mouse_does(scene) -> None:
    view, viewing, _ = scene
    tool = Recorder()
    viewing.tool = tool
    viewing.overlay_key = "mr"
    viewing.change_look(mode="curtain", curtain=0.5)
    view.grab()
    line = QPointF(view.width() / 2, 40)
    pen(view, QEvent.Type.TabletPress, line, 0.5)
    pen(view, QEvent.Type.TabletMove, line + QPointF(60, 0), 0.5)
    pen(view, QEvent.Type.TabletRelease, line + QPointF(60, 0), 0.0)
    assert viewing.look.curtain == pytest.approx(0.5 + 60 / view.width(), abs=0.01)
    assert tool.names() == []
    viewing.change_look(mode="spyglass")
    pen(view, QEvent.Type.TabletMove, CENTRE, 0.0)
    assert view.spyglass_mm == pytest.approx(view.frame().to_plane((CENTRE.x(), CENTRE.y())))


def test_the_real_brush_paints_and_alt_takes_away(qtbot) -> None:
    case = case_with(ct())
    identifier = add_cylinder(case, "GTV", 10.0)
    view, viewing, desk = open_view(qtbot, case)
    desk.active, desk.brush_radius_mm, viewing.tool = identifier, 6.0, Brush()
    before = case.volume_cc(identifier)
    drag(view, place_of(view, (0, 0, 0)), place_of(view, (30, 0, 0)), steps=8)
    painted = case.volume_cc(identifier)
    assert painted > before + 0.3 and case.undo_label
    assert case.section(identifier, view.plane()).contains([(33.0, 0.0)])[0]
    desk.rule = "auto"
    drag(view, place_of(view, (45, 0, 0)), place_of(view, (22, 0, 0)), keys=ALT, steps=8)
    assert not case.section(identifier, view.plane()).contains([(33.0, 0.0)])[0]
    case.undo()
    case.undo()
    assert case.volume_cc(identifier) == pytest.approx(before)
