"""Registration by hand with real events: the picture of the fused image follows the mouse, to the pixel."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tests.gui.hands import click, let_live, slice_view
from tests.gui.viewport_scene import (
    ALT,
    LEFT,
    NONE,
    SHIFT,
    add_cylinder,
    case_with,
    ct,
    fused_case,
    mr,
    open_view,
    pixels,
    place_of,
)
from tests.view.scenes import centred_grid, rotation
from workstation.case.case import Case
from workstation.case.commands import AddRegistration
from workstation.editing.placing_tool import RING_PIXELS, PlacingTool
from workstation.fusion.registration import Registration
from workstation.geometry.transform import Transform
from workstation.gui.main_window import MainWindow
from workstation.gui.panels.by_hand_page import ByHandPage
from workstation.gui.panels.registration import BY_HAND, RegistrationPanel
from workstation.images.volume import Volume


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


BALL_MM = np.array([6.0, -8.0, 4.0])
"""Where the MR of `ball_case` is bright, in its own coordinates."""
OBLIQUE_LINK = Transform.from_rigid((60, -20, 35), (20, -15, 30))


def ball_case(acquisition: str) -> Case:
    """A CT of any acquisition, and an oblique MR with one bright ball, linked by a large turn."""
    grid = centred_grid(rotation(25, -10, 40), (2.0, 2.0, 2.5), (60, 60, 50))
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.size), indexing="ij"), -1)
    away = np.linalg.norm(grid.to_patient(index) - BALL_MM, axis=-1)
    voxels = np.ascontiguousarray((1000.0 / (1.0 + np.exp(2.0 * (away - 9.0)))).astype(np.int16).transpose(2, 1, 0))
    case = case_with(ct(acquisition), Volume("mr", voxels, grid, "MR", "", "a ball", frame_of_reference_uid="F-MR"))
    case.do(AddRegistration(Registration("r", "F", "F-MR", OBLIQUE_LINK, "rigid")))
    return case


def open_on_the_ball(qtbot, acquisition: str, orientation: str = "axial", turned: bool = False):  # type: ignore[no-untyped-def]
    """A view on the middle of the ball, with nothing but the MR to be seen, and the tool in hand."""
    view, viewing, desk = open_view(qtbot, ball_case(acquisition), orientation)
    viewing.crosshair_mm = OBLIQUE_LINK.inverse().apply(BALL_MM)
    if turned:
        for name, normal in (("axial", (0, 0, 1)), ("sagittal", (1, 0, 0)), ("coronal", (0, 1, 0))):
            viewing.turn_planes(name, normal, 25.0)
    view.centre_on(viewing.crosshair_mm)
    hold(view, viewing, desk)
    viewing.set_window("mr", 500.0, 1000.0)
    viewing.set_window("ct", 9000.0, 10.0)  # black, also where there is no MR over it
    viewing.opacity = 1.0
    let_live(0.35)
    return view, viewing, desk


def ball_place(view) -> np.ndarray:  # type: ignore[no-untyped-def]
    """(x, y) of the middle of the ball in the finished picture, by its brightness; nothing else is grey in it."""
    let_live(0.35)  # until the view has come to rest
    still = view._still.pixels
    grey = (still & 0xFF).astype(float) * (((still >> 16) & 0xFF) == (still & 0xFF))
    y, x = np.mgrid[: grey.shape[0], : grey.shape[1]] + 0.5
    scale = view.width() / grey.shape[1]
    return scale * np.array([(x * grey).sum(), (y * grey).sum()]) / grey.sum()


@pytest.mark.parametrize(
    ("acquisition", "orientation", "turned"),
    [("feet-first prone", "coronal", False), ("oblique axial", "axial", False), ("feet-first prone", "sagittal", True)],
)
def test_the_ball_on_screen_goes_where_the_hand_goes(qtbot, acquisition, orientation, turned):  # type: ignore[no-untyped-def]
    view, viewing, _desk = open_on_the_ball(qtbot, acquisition, orientation, turned)
    before = ball_place(view)
    start = place_of(view, viewing.crosshair_mm)
    assert before == pytest.approx([start.x(), start.y()], abs=0.3)
    x, y = round(start.x()), round(start.y())
    drag(view, [(x, y), (x + 6, y + 1), (x + 10, y)])
    assert ball_place(view) - before == pytest.approx([10.0, 0.0], abs=0.15)


def test_turning_about_the_ball_leaves_it_where_it_is_in_a_turned_plane(qtbot):  # type: ignore[no-untyped-def]
    view, viewing, desk = open_on_the_ball(qtbot, "feet-first prone", "axial", turned=True)
    before, link = ball_place(view), desk.placing.link()
    middle = place_of(view, viewing.crosshair_mm)
    x, y, radius = round(middle.x()), round(middle.y()), round(RING_PIXELS)
    drag(view, [(x + radius, y), (x, y + radius)])
    assert desk.case.undo_label == "Turn by hand"
    assert ball_place(view) == pytest.approx(before, abs=0.15)
    moved = desk.placing.link().inverse().after(link).matrix[:3, :3]
    axis = np.array([moved[2, 1] - moved[1, 2], moved[0, 2] - moved[2, 0], moved[1, 0] - moved[0, 1]])
    assert axis / np.linalg.norm(axis) == pytest.approx(view.plane().normal, abs=1e-6)
    assert np.degrees(np.arccos((np.trace(moved) - 1) / 2)) == pytest.approx(90, abs=0.7)


def test_images_that_nothing_links_lie_on_each_other_once_they_are_moved(qtbot):  # type: ignore[no-untyped-def]
    view, viewing, desk = open_view(qtbot, case_with(ct(), mr()))
    hold(view, viewing, desk)
    assert view.scene.overlay is None and "begin with their middles" in desk.placing.note()
    drag(view, [(200, 160), (202, 160)])
    assert view.scene.overlay is not None and desk.placing.registration.method == "by hand"
    desk.case.undo()
    let_live(0.05)
    assert view.scene.overlay is None and not desk.case.registrations


def test_a_link_through_other_images_stays_and_a_direct_one_is_made(qtbot):  # type: ignore[no-untyped-def]
    case = case_with(ct(), mr())
    case.do(AddRegistration(Registration("one", "F", "F-T2", Transform.from_rigid((5, 0, 0)), "rigid")))
    case.do(AddRegistration(Registration("two", "F-MR", "F-T2", Transform.from_rigid((0, 3, 0)), "rigid")))
    view, viewing, desk = open_view(qtbot, case)
    hold(view, viewing, desk)
    assert "makes a direct one" in desk.placing.note()
    before = mr_place(view, desk)
    middle = place_of(view, viewing.crosshair_mm).toPoint()
    drag(view, [(middle.x(), middle.y()), (middle.x() - 7, middle.y() + 3)])
    assert mr_place(view, desk) - before == pytest.approx([-7, 3], abs=0.01)
    made = desk.placing.registration
    assert (made.fixed_frame_uid, made.moving_frame_uid) == ("F", "F-MR")
    assert list(case.registrations) == ["one", "two", made.identifier]
    desk.placing.reset()
    let_live(0.05)
    assert mr_place(view, desk) == pytest.approx(before) and case.undo_label == "Reset what was moved by hand"


def test_a_key_that_is_held_is_one_step_and_alt_pages_go_through_the_plane(qtbot):  # type: ignore[no-untyped-def]
    view, viewing, desk = open_view(qtbot, fused_case())
    hold(view, viewing, desk)
    before, steps = desk.placing.link(), len(desk.case.steps[0])
    for _ in range(4):  # as a keyboard repeats
        QTest.keyPress(view, Qt.Key.Key_Right)
        let_live(0.02)
    assert len(desk.case.steps[0]) == steps and desk.placing.trial is not None
    QTest.keyRelease(view, Qt.Key.Key_Right)
    assert len(desk.case.steps[0]) == steps + 1 and desk.placing.trial is None
    desk.placing.step = 5.0
    QTest.keyClick(view, Qt.Key.Key_PageUp, ALT)
    QTest.keyClick(view, Qt.Key.Key_PageDown, ALT | SHIFT)
    moved = desk.placing.link().inverse().after(before)
    assert moved.translation_mm() == pytest.approx([4.0, 0.0, 4.5])
    assert viewing.crosshair_mm == pytest.approx([0, 0, 0])
    QTest.keyPress(view, Qt.Key.Key_Up)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    QTest.keyRelease(view, Qt.Key.Key_Up)
    assert desk.placing.link().inverse().after(before).translation_mm() == pytest.approx([4.0, 0.0, 4.5])


def test_undo_in_mid_drag_ends_the_drag(qtbot):  # type: ignore[no-untyped-def]
    view, viewing, desk = open_view(qtbot, fused_case())
    hold(view, viewing, desk)
    middle = place_of(view, viewing.crosshair_mm).toPoint()
    drag(view, [(middle.x(), middle.y()), (middle.x() + 9, middle.y())])
    before = desk.placing.link()
    QTest.mousePress(view, LEFT, NONE, middle)
    QTest.mouseMove(view, middle + QPoint(20, 0))
    let_live(0.02)
    desk.case.undo()
    QTest.mouseMove(view, middle + QPoint(30, 0))
    let_live(0.02)
    QTest.mouseRelease(view, LEFT, NONE, middle + QPoint(30, 0))
    assert desk.placing.trial is None and desk.placing.link() is not before
    assert desk.case.redo_label == "Move by hand", "nothing was done after the undo"


def test_moving_leaves_the_contours_alone_but_hides_those_of_the_moved_image(qtbot):  # type: ignore[no-untyped-def]
    case = fused_case()
    own = add_cylinder(case, "Own", 25.0)
    view, viewing, desk = open_view(qtbot, case)
    hold(view, viewing, desk)
    view.outlines.contour(own, view.plane())
    kept = dict(view.outlines._exact[own])
    still = pixels(view)
    drag(view, [(200, 160), (212, 160)])
    assert view.outlines._exact[own] == kept, "the structure is not cut anew: it lies where it lay"
    assert (pixels(view) != still).any()
    desk.placing.show(Transform.identity())
    assert viewing.tried_frame_uid == "F-MR"
    assert [name for name, _ in view.contours(view.plane())] == [own]


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


def test_the_ring_lies_where_the_hand_finds_it_at_every_scale(qtbot):  # type: ignore[no-untyped-def]
    view, viewing, desk = open_view(qtbot, fused_case())
    hold(view, viewing, desk)
    middle = place_of(view, viewing.crosshair_mm).toPoint()
    for factor in (1.0, 2.5):
        view.zoom(factor, place_of(view, viewing.crosshair_mm))
        let_live(0.05)
        red, green, blue = pixels(view)[middle.y(), middle.x() + round(RING_PIXELS)]
        assert red > 120 and green > 90 and blue < red / 2, f"the ring is yellow there at {factor}"
