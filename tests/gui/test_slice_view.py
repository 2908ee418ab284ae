"""What a slice shows: the right side of the patient at the right place, contours, words, values."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF
from PySide6.QtWidgets import QApplication

from tests.gui.viewport_scene import (
    MOVE,
    Recorder,
    add_cylinder,
    case_with,
    ct,
    fused_case,
    move,
    mr,
    near,
    open_view,
    pixels,
    place_of,
    wheel,
)
from tests.view.scenes import ACQUISITIONS, DIRECTIONS, MARK_MM, MARKS
from workstation.case.case import Case
from workstation.case.commands import AddImage, RemoveStructure
from workstation.geometry.region import Region
from workstation.gui.viewport.annotations import side_letters
from workstation.structures.structure import PlanarContours

SHOWN = {"axial": "LRPA", "sagittal": "PASI", "coronal": "LRSI"}
SIDES = {
    "axial": {"left": "R", "right": "L", "top": "A", "bottom": "P"},
    "sagittal": {"left": "A", "right": "P", "top": "S", "bottom": "I"},
    "coronal": {"left": "R", "right": "L", "top": "S", "bottom": "I"},
}


@pytest.mark.parametrize("acquisition", ACQUISITIONS)
@pytest.mark.parametrize("orientation", SHOWN)
def test_every_side_of_the_patient_is_where_the_letters_say(qtbot, acquisition: str, orientation: str) -> None:
    """A mark with a value of its own lies in each direction: a mirrored view shows another mark's value."""
    view, viewing, _ = open_view(qtbot, case_with(ct(acquisition)), orientation)
    viewing.set_window("ct", 350, 700)
    image = pixels(view)
    middle = QPointF(view.rect().center())
    letters = side_letters(view.plane())
    assert {side: name[0] for side, name in letters.items()} == SIDES[orientation]
    for side, letter in SIDES[orientation].items():
        # Marks of an oblique view lie a little off the plane's own axes, so they are looked for where they are.
        place = place_of(view, MARK_MM * np.array(DIRECTIONS[letter]))
        offset = place - middle
        along = {"left": -offset.x(), "right": offset.x(), "top": -offset.y(), "bottom": offset.y()}[side]
        assert along > 0.8 * MARK_MM / view.pixel_mm
        off_plane = abs(view.plane().to_plane(MARK_MM * np.array(DIRECTIONS[letter]))[2])
        if off_plane < 4.0:
            grey = np.median(near(image, place, 1))
            assert grey == pytest.approx(MARKS[letter] / 700 * 255, abs=12)


def test_the_title_names_the_plane_and_follows_the_crosshair(qtbot) -> None:
    view, viewing, _ = open_view(qtbot, case_with(ct()))
    titles: list[str] = []
    view.title_changed.connect(titles.append)
    viewing.crosshair_mm = (3, 4, 10.4)
    assert titles == ["axial  z +10.5 mm"] == [view.title()]
    viewing.crosshair_mm = (30, 4, 10.4)
    assert len(titles) == 1


def test_without_an_image_a_sentence_says_what_to_do(qtbot) -> None:
    view, _, _ = open_view(qtbot, Case())
    assert view.title() == "axial"
    image = pixels(view)
    assert image.max() > 100 and np.median(image) == 0
    wheel(view, 1)
    move(view, QPointF(20, 20))


def test_an_image_that_comes_later_is_fitted_into_the_view(qtbot) -> None:
    case = Case()
    view, _, _ = open_view(qtbot, case)
    case.do(AddImage(ct()))
    u0, v0, _, v1 = view.planes.extent_mm
    assert view.frame().to_plane((0, 0))[0] <= u0 and view.frame().to_plane((view.width(), view.height()))[1] >= v1
    view.resize(600, 500)
    QApplication.processEvents()
    assert (v1 - v0) / view.pixel_mm == pytest.approx(500 / 1.04, rel=0.01)


def test_the_overlay_lies_where_its_registration_says(qtbot) -> None:
    view, viewing, _ = open_view(qtbot, fused_case())
    viewing.overlay_key, viewing.opacity = "mr", 1.0
    viewing.overlay_colors = "grey"
    viewing.set_window("mr", 300, 600)
    image = pixels(view)
    inside = 0
    for x in range(-35, 36, 10):
        for y in (-33, -11, 12, 31):
            point = np.array([x, y, 0.0])
            index = mr().grid.to_index(MOVE.apply(view.plane().to_patient(view.plane().to_plane(point)[:2])))
            if (index > 1).all() and (index < np.array(mr().grid.size) - 2).all():
                grey = near(image, place_of(view, point), 0)[0, 0]
                if abs(x) > 3 and abs(y) > 3:
                    inside += 1
                    assert grey == pytest.approx(index[0] * 20 / 600 * 255, abs=4)
    assert inside > 10


def test_an_overlay_without_a_registration_is_refused_with_a_sentence(qtbot) -> None:
    view, viewing, _ = open_view(qtbot, case_with(ct(), mr()))
    before = pixels(view)
    viewing.overlay_key = "mr"
    after = pixels(view)
    assert view.scene.overlay is None
    assert "not registered" in view._note
    assert (before != after).any()


def test_contours_are_painted_in_their_colour_where_they_are(qtbot) -> None:
    case = case_with(ct())
    identifier = add_cylinder(case, "GTV", 20.0, (5.0, -4.0))
    view, viewing, _ = open_view(qtbot, case)
    for angle in np.arange(0, 2 * np.pi, 0.7):
        place = place_of(view, (5 + 20 * np.cos(angle), -4 + 20 * np.sin(angle), 0))
        assert (np.abs(near(pixels(view), place, 1) - case.structures[identifier].color).max(1) < 40).any()
    viewing.crosshair_mm = (0, 0, 40)
    assert not np.any(np.all(np.abs(pixels(view) - case.structures[identifier].color) < 30, axis=-1))


@pytest.mark.parametrize("orientation", ["sagittal", "coronal"])
def test_across_the_slices_the_outline_is_cut_from_the_body(qtbot, orientation: str) -> None:
    case = case_with(ct())
    identifier = add_cylinder(case, "GTV", 20.0)
    color = case.structures[identifier].color
    view, _, _ = open_view(qtbot, case, orientation)

    def side_is_red() -> bool:
        points = [(0, 20, 3), (0, -20, -3)] if orientation == "sagittal" else [(20, 0, 3), (-20, 0, -3)]
        image = pixels(view)
        return all((np.abs(near(image, place_of(view, p), 2) - color).max(1) < 60).any() for p in points)

    qtbot.waitUntil(side_is_red, timeout=20000)
    qtbot.waitUntil(lambda: not view.outlines.busy, timeout=20000)
    assert side_is_red()


def test_holding_hidden_switching_off_and_removing_take_contours_away(qtbot) -> None:
    case = case_with(ct())
    identifier = add_cylinder(case, "GTV", 20.0)
    view, viewing, _ = open_view(qtbot, case)

    def red() -> int:
        return int(np.all(np.abs(pixels(view) - case.structures[identifier].color) < 30, axis=-1).sum())

    assert red() > 100
    viewing.hide_all = True
    assert red() == 0
    viewing.hide_all = False
    viewing.set_visible(identifier, False)
    assert red() == 0
    viewing.set_visible(identifier, True)
    assert red() > 100
    color = case.structures[identifier].color
    case.do(RemoveStructure(identifier))
    assert not np.any(np.all(np.abs(pixels(view) - color) < 30, axis=-1))


def test_a_stroke_shows_while_it_is_drawn_and_goes_when_cancelled(qtbot) -> None:
    case = case_with(ct())
    identifier = add_cylinder(case, "GTV", 10.0)
    view, _, _ = open_view(qtbot, case)
    color = case.structures[identifier].color
    stroke = case.begin_stroke(identifier, "Paint")
    position = case.nearest_slice_mm((0, 0, view.plane().origin_mm[2]))
    stroke.set([PlanarContours(position, Region([np.array([(-30, -30), (30, -30), (30, 30), (-30, 30)])]))])
    place = place_of(view, (30, 12, 0))
    assert (np.abs(near(pixels(view), place, 1) - color).max(1) < 40).any()
    stroke.cancel()
    assert not (np.abs(near(pixels(view), place, 1) - color).max(1) < 40).any()


def test_what_the_tool_shows_is_painted_and_the_brush_only_under_the_cursor(qtbot) -> None:
    view, viewing, _ = open_view(qtbot, case_with(ct()))
    QApplication.sendEvent(view, QEvent(QEvent.Type.Leave))
    before = pixels(view)
    viewing.tool = Recorder()
    rubber = pixels(view)
    at_rubber, at_brush = place_of(view, (20, 0, 0)), place_of(view, (38, 30, 0))
    assert (near(rubber, at_rubber) != near(before, at_rubber)).any()
    assert (near(rubber, at_brush) == near(before, at_brush)).all()
    move(view, QPointF(50, 50))
    assert (near(pixels(view), at_brush) != near(before, at_brush)).any()


def test_the_readout_gives_position_and_both_images_values(qtbot) -> None:
    view, viewing, _ = open_view(qtbot, fused_case())
    viewing.overlay_key = "mr"
    QApplication.processEvents()
    heard: list = []
    view.hovered.connect(heard.append)
    move(view, place_of(view, (0.0, 40.0, 0.0)))
    readout = heard[-1]
    np.testing.assert_allclose(readout.position_mm[:2], (0, 40), atol=0.5)
    assert readout.readings[0].value == MARKS["P"]
    assert readout.readings[0].text() == "CT 300 HU"
    index = np.rint(mr().grid.to_index(MOVE.apply(readout.position_mm))).astype(int)
    assert readout.readings[1].value == index[0] * 20
    assert "y +40" in readout.text() and "mm" in readout.text()
    QApplication.sendEvent(view, QEvent(QEvent.Type.Leave))
    assert heard[-1] is None


def test_moving_the_mouse_alone_makes_no_new_picture(qtbot) -> None:
    view, viewing, _ = open_view(qtbot, fused_case())
    viewing.overlay_key = "mr"
    pixels(view)
    qtbot.wait(300)
    made: list[object] = []
    original = view._make_still
    view._make_still = lambda frame: (made.append(frame), original(frame))
    for x in range(40, 140, 10):
        move(view, QPointF(x, 80))
        QApplication.processEvents()
    viewing.crosshair_mm = (5, 5, 0)
    pixels(view)
    assert made == []
    viewing.crosshair_mm = (5, 5, 6)
    pixels(view)
    assert len(made) == 1


def test_many_changes_make_one_picture(qtbot) -> None:
    view, viewing, _ = open_view(qtbot, fused_case())
    pixels(view)
    qtbot.wait(300)
    made: list[object] = []
    original = view._make_still
    view._make_still = lambda frame: (made.append(frame), original(frame))
    for n in range(20):
        viewing.opacity = n / 20
        viewing.set_window("ct", n, 400)
        viewing.crosshair_mm = (0, 0, n)
    QApplication.processEvents()
    assert len(made) == 1


def test_a_large_slow_picture_is_coarse_while_it_moves_and_sharp_at_rest(qtbot) -> None:
    view, _, _ = open_view(qtbot, case_with(ct()))
    pixels(view)
    qtbot.wait(300)
    view._still.seconds_per_pixel = 1e-6
    view.step(1)
    QApplication.processEvents()
    assert view._still.pixels.shape[0] < view.height() * 0.8
    view._still.seconds_per_pixel = 1e-8
    qtbot.waitUntil(lambda: view._still.pixels.shape[0] == view.height(), timeout=3000)
