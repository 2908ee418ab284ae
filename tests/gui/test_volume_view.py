"""The 3D view follows the case, turns under the hand, and says so when there is no OpenGL."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication, QToolButton

from tests.gui.viewport_scene import (
    LEFT,
    MIDDLE,
    add_cylinder,
    case_with,
    ct,
    drag,
    near,
    pixels,
    wheel,
)
from workstation.case.case import Case
from workstation.case.commands import RemoveStructure
from workstation.geometry.orientation import direction_letters
from workstation.geometry.region import Region
from workstation.gui.viewing import Viewing
from workstation.gui.viewport.volume_view import VolumeView
from workstation.structures.structure import PlanarContours
from workstation.view import volume_scene
from workstation.view.errors import ViewError


def open_volume(qtbot, case: Case) -> tuple[VolumeView, Viewing]:
    viewing = Viewing(case)
    view = VolumeView(case, viewing)
    qtbot.addWidget(view)
    view.resize(300, 240)
    view.show()
    qtbot.waitExposed(view)
    qtbot.waitUntil(lambda: view._scene is not None or bool(view.note), timeout=20000)
    if view._scene is None:
        pytest.skip(view.note)
    return view, viewing


def red(view: VolumeView) -> int:
    """Pixels that are clearly a GTV's."""
    image = pixels(view)
    return int(((image[..., 0] > 90) & (image[..., 0] > 2 * image[..., 2])).sum())


def settled(qtbot, view: VolumeView, name: str) -> None:
    qtbot.waitUntil(lambda: name in view._scene.names() and not view.busy, timeout=20000)


def test_a_structure_appears_follows_a_stroke_and_goes(qtbot) -> None:
    case = case_with(ct())
    view, viewing = open_volume(qtbot, case)
    view.bone_shown = False
    identifier = add_cylinder(case, "GTV", 15.0)
    settled(qtbot, view, identifier)
    small = red(view)
    assert small > 200
    stroke = case.begin_stroke(identifier, "Paint")
    viewing.drawing = True
    square = Region([np.array([(-40.0, -40.0), (40, -40), (40, 40), (-40, 40)])])
    stroke.set([PlanarContours(float(p), square) for p in case.slice_positions_mm if abs(p) < 15.1])
    qtbot.waitUntil(lambda: view._scene.bounds_mm([identifier])[1][0] > 35, timeout=20000)
    stroke.commit()
    viewing.drawing = False
    case.do(RemoveStructure(identifier))
    qtbot.waitUntil(lambda: identifier not in view._scene.names(), timeout=5000)
    assert red(view) == 0


def test_a_hidden_structure_is_hidden_here_too(qtbot) -> None:
    case = case_with(ct())
    identifier = add_cylinder(case, "GTV", 15.0)
    view, viewing = open_volume(qtbot, case)
    view.bone_shown = False
    settled(qtbot, view, identifier)
    viewing.set_visible(identifier, False)
    assert red(view) == 0
    viewing.set_visible(identifier, True)
    assert red(view) > 200


def test_fine_surfaces_replace_coarse_ones_at_rest(qtbot) -> None:
    case = case_with(ct())
    identifier = add_cylinder(case, "GTV", 25.0)
    view, _ = open_volume(qtbot, case)
    settled(qtbot, view, identifier)
    qtbot.waitUntil(lambda: view._scene.triangle_count(True) > view._scene.triangle_count(False) > 0, timeout=20000)


def test_keys_and_buttons_look_from_the_six_sides(qtbot) -> None:
    view, _ = open_volume(qtbot, case_with(ct()))
    for key, letter in ((Qt.Key.Key_L, "L"), (Qt.Key.Key_S, "S"), (Qt.Key.Key_P, "P")):
        qtbot.keyClick(view, key)
        assert direction_letters(view.camera.axes[2]) == letter
    buttons = {button.text(): button for button in view.findChildren(QToolButton)}
    assert set("APLRSI") <= set(buttons)
    buttons["R"].click()
    assert direction_letters(view.camera.axes[2]) == "R"


def test_left_turns_middle_pans_and_the_wheel_zooms(qtbot) -> None:
    view, _ = open_volume(qtbot, case_with(ct()))
    view.look_from("A")
    focus, scale = view.camera.focus_mm.copy(), view.camera.pixel_mm
    drag(view, QPointF(100, 100), QPointF(160, 100), LEFT)
    assert direction_letters(view.camera.axes[2], most=2) == "AR"
    drag(view, QPointF(100, 100), QPointF(120, 90), MIDDLE)
    assert not np.allclose(view.camera.focus_mm, focus)
    wheel(view, 2)
    assert view.camera.pixel_mm < scale


def test_the_crosshair_is_marked_where_it_is(qtbot) -> None:
    view, viewing = open_volume(qtbot, case_with(ct()))
    view.bone_shown = False
    viewing.crosshair_mm = (20, 0, 10)
    place = QPointF(*view.camera.to_screen((20, 0, 10), view.width(), view.height()))
    assert near(pixels(view), place, 1).max() > 200


def test_without_opengl_a_sentence_says_so(qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise ViewError(volume_scene.NO_GRAPHICS)

    monkeypatch.setattr(volume_scene, "VolumeScene", refuse)
    case = case_with(ct())
    view = VolumeView(case, Viewing(case))
    qtbot.addWidget(view)
    view.resize(300, 240)
    view.show()
    qtbot.waitUntil(lambda: view.note == volume_scene.NO_GRAPHICS, timeout=5000)
    assert pixels(view).max() > 80
    add_cylinder(case, "GTV", 10.0)
    QApplication.processEvents()
    wheel(view, 1)
    qtbot.keyClick(view, Qt.Key.Key_L)


def test_a_surface_that_can_not_be_made_is_named(qtbot) -> None:
    case = case_with(ct())
    identifier = add_cylinder(case, "GTV", 15.0)
    view, _ = open_volume(qtbot, case)
    settled(qtbot, view, identifier)

    def broken() -> None:
        raise ValueError("crossing rings")

    view._maker.forget((identifier, True))
    view._maker.ask((identifier, False), broken)
    qtbot.waitUntil(lambda: bool(view.note), timeout=5000)
    assert view.note == "The surface of GTV could not be made: crossing rings"
