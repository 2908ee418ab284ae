"""The 3D view follows the case, turns under the hand, is cut at the crosshair, and says so when there is no OpenGL."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QToolButton

from tests.gui.viewport_scene import (
    CTRL,
    LEFT,
    MIDDLE,
    RIGHT,
    add_cylinder,
    case_with,
    ct,
    drag,
    mr,
    near,
    pixels,
    press,
    release,
    wheel,
)
from tests.view.scenes import centred_grid
from workstation.case.case import Case
from workstation.case.commands import ChangeStructure, RemoveStructure
from workstation.editing.desk import Desk
from workstation.geometry.orientation import direction_letters
from workstation.geometry.region import Region
from workstation.gui.viewing import Viewing
from workstation.gui.viewport.volume_images import offered
from workstation.gui.viewport.volume_view import VolumeView
from workstation.images.volume import Volume
from workstation.structures.structure import PlanarContours
from workstation.view import volume_renderer
from workstation.view.errors import ViewError
from workstation.view.volume_clip import Cut
from workstation.view.volume_presets import CONTEXTS
from workstation.view.volume_scene import NO_GRAPHICS
from workstation.view.volume_thread import VOLUME_THREAD


def open_volume(qtbot, case: Case, context: str = "none") -> tuple[VolumeView, Viewing]:
    viewing = Viewing(case)
    viewing.volume_look.context = context
    view = VolumeView(case, viewing, Desk(case))
    qtbot.addWidget(view)
    view.resize(300, 240)
    view.show()
    qtbot.waitExposed(view)
    settled(qtbot, view)
    if view.renderer is None:
        pytest.skip(view.note)
    return view, viewing


def settled(qtbot, view: VolumeView) -> None:
    """Until everything is shown at full quality."""
    QApplication.processEvents()
    qtbot.waitUntil(lambda: view.complete, timeout=20000)


def red(view: VolumeView) -> int:
    """Pixels that are clearly a GTV's."""
    image = pixels(view)
    return int(((image[..., 0] > 90) & (image[..., 0] > 2 * image[..., 2])).sum())


def place_of(view: VolumeView, point_mm: tuple[float, float, float]) -> QPointF:
    return QPointF(*view.camera.to_screen(point_mm, view.width(), view.height()))


def skull() -> Volume:
    """A ball of tissue with a shell of bone, air around it."""
    grid = centred_grid(np.eye(3), (3, 3, 3), (60, 60, 60))
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.size), indexing="ij"), -1)
    distance = np.linalg.norm(grid.to_patient(index), axis=-1)
    voxels = np.select([distance < 45, distance < 57, distance < 70], [40, 1100, 20], -1000).astype(np.int16)
    return Volume("skull", voxels, grid, "CT", "HU", "skull", frame_of_reference_uid="F")


def test_a_structure_appears_follows_a_stroke_and_goes(qtbot) -> None:
    case = case_with(ct())
    view, viewing = open_volume(qtbot, case)
    identifier = add_cylinder(case, "GTV", 15.0)
    settled(qtbot, view)
    small = red(view)
    assert small > 200
    stroke = case.begin_stroke(identifier, "Paint")
    viewing.drawing = True
    square = Region([np.array([(-40.0, -40.0), (40, -40), (40, 40), (-40, 40)])])
    stroke.set([PlanarContours(float(p), square) for p in case.slice_positions_mm if abs(p) < 15.1])
    qtbot.waitUntil(lambda: view.surfaces.box_mm()[1][0] > 35, timeout=20000)
    stroke.commit()
    viewing.drawing = False
    settled(qtbot, view)
    assert red(view) > small
    case.do(RemoveStructure(identifier))
    settled(qtbot, view)
    assert red(view) == 0 and view.surfaces.names == ()


def test_hiding_and_colours_follow_at_once_without_new_surfaces(qtbot) -> None:
    case = case_with(ct())
    identifier = add_cylinder(case, "GTV", 15.0)
    view, viewing = open_volume(qtbot, case)
    viewing.set_visible(identifier, False)
    settled(qtbot, view)
    assert red(view) == 0
    viewing.set_visible(identifier, True)
    settled(qtbot, view)
    assert red(view) > 200
    made = []
    view._answered.connect(made.append)
    case.do(ChangeStructure(identifier, color=(0, 0, 255)))
    settled(qtbot, view)
    assert red(view) == 0 and pixels(view)[..., 2].max() > 120 and made == []


def test_keys_and_buttons_look_from_the_six_sides(qtbot) -> None:
    view, _ = open_volume(qtbot, case_with(ct()))
    for key, letter in ((Qt.Key.Key_L, "L"), (Qt.Key.Key_S, "S"), (Qt.Key.Key_P, "P")):
        qtbot.keyClick(view, key)
        assert direction_letters(view.camera.axes[2]) == letter
    buttons = {button.text(): button for button in view.findChildren(QToolButton)}
    assert set("APLRSI") <= set(buttons)
    buttons["R"].click()
    assert direction_letters(view.camera.axes[2]) == "R"


def test_in_a_narrow_view_the_letters_give_way_and_their_keys_stay(qtbot) -> None:
    view, _ = open_volume(qtbot, case_with(ct()))
    view.resize(480, 240)
    QApplication.processEvents()
    assert all(button.isVisible() for button in view.buttons.sides)
    view.resize(150, 200)
    QApplication.processEvents()
    assert not any(button.isVisible() for button in view.buttons.sides)
    shown = (view.buttons.context, view.buttons.cuts)
    assert all(view.rect().contains(button.geometry()) for button in shown)
    qtbot.keyClick(view, Qt.Key.Key_S)
    assert direction_letters(view.camera.axes[2]) == "S"


def test_left_turns_middle_pans_right_and_the_wheel_zoom(qtbot) -> None:
    view, _ = open_volume(qtbot, case_with(ct()))
    view.look_from("A")
    focus, scale = view.camera.focus_mm.copy(), view.camera.pixel_mm
    drag(view, QPointF(100, 100), QPointF(160, 100), LEFT)
    assert direction_letters(view.camera.axes[2], most=2) == "AR"
    drag(view, QPointF(100, 100), QPointF(120, 90), MIDDLE)
    assert not np.allclose(view.camera.focus_mm, focus)
    wheel(view, 2)
    assert view.camera.pixel_mm < scale
    scale = view.camera.pixel_mm
    drag(view, QPointF(100, 100), QPointF(100, 60), RIGHT)
    assert view.camera.pixel_mm < scale


def test_pictures_while_turning_are_followed_by_one_at_full_quality(qtbot) -> None:
    case = case_with(ct())
    add_cylinder(case, "GTV", 25.0)
    view, _ = open_volume(qtbot, case)
    frames = []
    view._rendered.connect(frames.append)
    drag(view, QPointF(100, 100), QPointF(160, 100), LEFT, steps=6)
    settled(qtbot, view)
    # This list hears of a picture after the view does.
    qtbot.waitUntil(lambda: not frames[-1].wish.moving, timeout=3000)
    assert frames[0].wish.moving
    assert [f.number for f in frames] == sorted(f.number for f in frames)
    np.testing.assert_allclose(frames[-1].wish.camera.axes, view.camera.axes)


def test_all_of_vtk_happens_on_the_one_thread(qtbot) -> None:
    case = case_with(ct())
    add_cylinder(case, "GTV", 25.0)
    view, _ = open_volume(qtbot, case)
    threads = []
    view.renderer.change(lambda scene: threads.append((threading.current_thread(), scene.names())))
    view.refresh()
    settled(qtbot, view)
    assert threads[0][0] is VOLUME_THREAD._thread and len(threads[0][1]) == 1


def test_a_click_points_and_ctrl_click_chooses_the_structure(qtbot) -> None:
    case = case_with(ct())
    left = add_cylinder(case, "GTV", 10.0, (30.0, 0.0))
    right = add_cylinder(case, "Parotid", 10.0, (-30.0, 0.0))
    view, viewing = open_volume(qtbot, case)
    view.look_from("A")
    settled(qtbot, view)
    view.desk.active = left
    viewing.crosshair_mm = (0, 0, 0)
    spot = place_of(view, (-30, 0, 5))
    with qtbot.waitSignal(view.picked):
        press(view, spot, LEFT, CTRL)
        release(view, spot, LEFT, CTRL)
    assert view.desk.active == right and viewing.crosshair_mm.tolist() == [0, 0, 0]
    spot = place_of(view, (30, 0, 5))
    with qtbot.waitSignal(view.picked):
        press(view, spot)
        release(view, spot)
    np.testing.assert_allclose(viewing.crosshair_mm, (30, -10, 5), atol=1.0)
    with qtbot.waitSignal(view.picked) as nothing:
        press(view, QPointF(4, 4))
        release(view, QPointF(4, 4))
    assert nothing.args == [None]


def test_the_crosshair_is_marked_where_it_is(qtbot) -> None:
    view, viewing = open_volume(qtbot, case_with(ct()))
    viewing.crosshair_mm = (20, 0, 10)
    assert near(pixels(view), place_of(view, (20, 0, 10)), 1).max() > 200


@pytest.mark.parametrize("context", ["bone_surface", "bone", "skin"])
def test_a_context_is_shown_around_the_structures(qtbot, context: str) -> None:
    case = case_with(skull())
    view, viewing = open_volume(qtbot, case)
    assert pixels(view)[20:200, 100:200].max() < 260 and not view.context.there
    empty = pixels(view).sum()
    viewing.volume_look.context = context
    assert view.buttons.context.text() == f"Preparing {CONTEXTS[context].lower()}…"
    settled(qtbot, view)
    assert view.buttons.context.text() == CONTEXTS[context]
    assert view.context.there and pixels(view).sum() > 2 * empty
    viewing.volume_look.context = "none"
    settled(qtbot, view)
    assert pixels(view).sum() == pytest.approx(empty, rel=0.1)


def test_only_contexts_that_an_open_image_can_show_are_offered(qtbot) -> None:
    case = case_with(skull())
    view, viewing = open_volume(qtbot, case)
    possible_here = offered(case, viewing)
    assert [name for name, possible in possible_here.items() if not possible] == ["mr"]
    view.buttons.context.menu().aboutToShow.emit()
    entries = {action.text(): action.isEnabled() for action in view.buttons.context.menu().actions()}
    assert entries["Skin"] and not entries["MR"]
    planned_on_mr = case_with(mr())
    assert [name for name, possible in offered(planned_on_mr, Viewing(planned_on_mr)).items() if possible] == [
        "none",
        "mr",
    ]


def test_a_cut_opens_the_skull_follows_the_crosshair_and_leaves_targets_whole(qtbot) -> None:
    case = case_with(skull())
    identifier = add_cylinder(case, "GTV", 12.0)
    view, viewing = open_volume(qtbot, case, "bone")
    viewing.volume_look.shines_through = False
    settled(qtbot, view)
    assert red(view) == 0
    view.toggle_cut("coronal")
    settled(qtbot, view)
    assert viewing.volume_look.cuts == (Cut("coronal"),) and red(view) > 200
    whole = red(view)
    viewing.volume_look.targets_whole = False
    settled(qtbot, view)
    viewing.crosshair_mm = (0, 5, 0)
    settled(qtbot, view)
    viewing.crosshair_mm = (0, 14, 0)
    settled(qtbot, view)
    assert red(view) == 0 < whole and identifier in view.surfaces.names
    viewing.volume_look.flip("coronal")
    settled(qtbot, view)
    assert red(view) == 0  # its front is hidden by the front of the skull again
    view.toggle_cut("coronal")
    assert viewing.volume_look.cuts == ()


def test_a_picture_is_taken_in_full_size_on_clear_ground(qtbot) -> None:
    case = case_with(ct())
    add_cylinder(case, "GTV", 25.0)
    view, viewing = open_volume(qtbot, case)
    taken: list[QImage] = []
    assert view.take_picture(taken.append)
    viewing.volume_look.clear_ground = True
    assert view.take_picture(taken.append)
    qtbot.waitUntil(lambda: len(taken) == 2, timeout=10000)
    assert taken[0].size() == view.size() and taken[0].pixelColor(2, 2).getRgb() == (0, 0, 0, 255)
    assert taken[1].pixelColor(2, 2).alpha() == 0
    middle = taken[1].pixelColor(view.width() // 2, view.height() // 2)
    assert middle.alpha() == 255 and middle.red() > 150


def test_without_opengl_a_sentence_says_so(qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise ViewError(NO_GRAPHICS)

    monkeypatch.setattr(volume_renderer, "VolumeScene", refuse)
    case = case_with(ct())
    view = VolumeView(case, Viewing(case))
    qtbot.addWidget(view)
    view.resize(300, 240)
    view.show()
    qtbot.waitUntil(lambda: view.note == NO_GRAPHICS, timeout=5000)
    assert pixels(view).max() > 80 and view.complete
    add_cylinder(case, "GTV", 10.0)
    view.viewing.volume_look.context = "skin"
    QApplication.processEvents()
    wheel(view, 1)
    qtbot.keyClick(view, Qt.Key.Key_L)
    assert not view.take_picture(lambda image: None)


def test_a_surface_that_can_not_be_made_is_named(qtbot) -> None:
    case = case_with(ct())
    identifier = add_cylinder(case, "GTV", 15.0)
    view, _ = open_volume(qtbot, case)

    def broken() -> None:
        raise ValueError("crossing rings")

    view._maker.ask((identifier, False), broken)
    qtbot.waitUntil(lambda: bool(view.surfaces.note), timeout=5000)
    assert view.surfaces.note == "The surface of GTV could not be made: crossing rings"


def test_an_error_while_a_picture_is_made_is_said_and_the_next_picture_comes(qtbot) -> None:
    view, _ = open_volume(qtbot, case_with(ct()))

    def broken(scene: object) -> None:
        raise RuntimeError("no memory left")

    view.renderer.change(broken)
    qtbot.waitUntil(lambda: view.note == "no memory left", timeout=5000)
    view.refresh()
    settled(qtbot, view)
    assert view.note == ""


def test_views_that_are_closed_while_they_render_leave_nothing_behind(qtbot) -> None:
    for _ in range(4):
        case = case_with(skull())
        add_cylinder(case, "GTV", 20.0)
        viewing = Viewing(case)
        viewing.volume_look.context = "bone"
        view = VolumeView(case, viewing)
        view.resize(300, 240)
        view.show()
        qtbot.waitUntil(lambda view=view: view.renderer is not None or bool(view.note), timeout=5000)
        view.look_from("L")
        view.deleteLater()
        renderer = view.renderer
        del view
        QApplication.sendPostedEvents(None, 52)
        if renderer is not None:
            VOLUME_THREAD.call(lambda: None)
            assert renderer._scene is None and renderer._closed
