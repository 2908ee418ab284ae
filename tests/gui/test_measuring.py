"""A person measures in the real views, with real mouse and key events, and every view and list says what was found."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.gui.hands import drag as hand_drag
from tests.gui.hands import key, let_live, make_structure, press, release, slice_view
from tests.gui.viewport_scene import (
    MOVE,
    case_with,
    ct,
    drag,
    fused_case,
    move,
    open_view,
    pixels,
    place_of,
)
from tests.view.scenes import ACQUISITIONS
from workstation.case.commands import ChangeStructure
from workstation.editing.measuring_tool import MeasuringTool
from workstation.gui.main_window import MainWindow
from workstation.gui.measure_button import MeasureButton
from workstation.gui.viewport import measurement_painting
from workstation.gui.viewport.measurement_painting import outlines_of
from workstation.gui.viewport.readout import Reading, Readout, image_labels, readout_at
from workstation.measurements.words import computed_words, value_words
from workstation.view.slice_scene import Layer

ENDS = {  # within each plane, in patient millimetres
    "axial": ((-20.0, -15.0, 0.0), (20.0, 15.0, 0.0)),
    "sagittal": ((0.0, -20.0, 15.0), (0.0, 20.0, -15.0)),
    "coronal": ((-20.0, 0.0, 15.0), (20.0, 0.0, -15.0)),
}


def only(case):
    (found,) = case.measurements.values()
    return found


@pytest.mark.parametrize("acquisition", list(ACQUISITIONS))
@pytest.mark.parametrize("orientation", list(ENDS))
def test_a_distance_dragged_in_any_plane_of_any_acquisition_is_true(qtbot, orientation, acquisition):
    view, viewing, desk = open_view(qtbot, case_with(ct(acquisition)), orientation)
    viewing.tool = MeasuringTool("distance")
    plane = view.plane()
    start, end = (plane.to_patient(plane.to_plane(point)[:2]) for point in ENDS[orientation])
    drag(view, place_of(view, start), place_of(view, end))
    found = only(desk.case)
    # whole pixels are what a hand can hit
    assert found.length_mm == pytest.approx(np.linalg.norm(end - start), abs=1.5 * view.pixel_mm)
    assert np.abs(found.points_mm - [start, end]).max() <= 1.5 * view.pixel_mm
    assert np.abs(found.plane.to_plane(plane.origin_mm)[2]) < 1e-6


@pytest.mark.parametrize("orientation", list(ENDS))
def test_a_measurement_is_painted_on_its_slice_dim_on_the_next_and_nowhere_else(qtbot, orientation):
    view, viewing, desk = open_view(qtbot, case_with(ct()), orientation)
    viewing.tool = MeasuringTool("distance")
    start, end = ENDS[orientation]
    drag(view, place_of(view, start), place_of(view, end))
    viewing.tool = None
    middle = place_of(view, np.mean([start, end], axis=0) + 0.3 * np.subtract(end, start))
    x, y = int(middle.x()), int(middle.y())
    color = np.array(only(desk.case).color)

    def strength() -> float:
        """How much of the measurement's colour there is around a place on its line, 0 to 1."""
        part = pixels(view)[y - 4 : y + 5, x - 4 : x + 5].astype(float)
        return float(1 - np.abs(part - color).sum(axis=-1).min() / color.sum())

    assert strength() > 0.8
    view.step(1)
    assert 0.3 < strength() < 0.8
    view.step(1)
    assert strength() < 0.3
    view.step(-2)
    assert strength() > 0.8
    viewing.hide_all = True
    assert strength() < 0.3
    viewing.hide_all = False
    assert strength() > 0.8
    desk.case.undo()
    assert strength() < 0.3


def test_a_turned_plane_is_measured_on_and_keeps_what_was_measured_on_it(qtbot):
    view, viewing, desk = open_view(qtbot, case_with(ct()), "coronal")
    viewing.turn_planes("axial", (0.0, 0.0, 1.0), 30.0)
    QApplication.processEvents()
    viewing.tool = MeasuringTool("rectangle")
    plane = view.plane()
    assert abs(plane.normal @ (0, 1, 0)) < 0.9
    drag(view, place_of(view, plane.to_patient((-15.0, -10.0))), place_of(view, plane.to_patient((15.0, 10.0))))
    found = only(desk.case)
    sides = np.abs(np.diff(plane.to_plane(found.points_mm)[:, :2], axis=0))[0]
    assert sides == pytest.approx((30, 20), abs=2 * view.pixel_mm)
    assert desk.measuring.statistics(found, "ct").rule == "interpolated"
    assert [line.style for line in outlines_of(desk.measuring, found, view.plane(), 1.5)] == ["measure"]
    viewing.straighten()
    assert not outlines_of(desk.measuring, found, view.plane(), 1.5)


def test_live_numbers_points_that_are_dragged_and_escape_with_real_events(qtbot):
    view, viewing, desk = open_view(qtbot, case_with(ct()))
    viewing.tool = MeasuringTool("distance")
    start, end = (place_of(view, point) for point in ENDS["axial"])
    QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start.toPoint())
    move(view, end, held=Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    (label,) = [outline.label for outline in viewing.tool.outlines(desk, view.plane()) if outline.label]
    assert label.endswith(" mm") and abs(float(label[:-3]) - 50) < 2
    QTest.keyClick(view, Qt.Key.Key_Escape)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end.toPoint())
    assert not desk.case.measurements
    drag(view, start, end)
    elsewhere = place_of(view, (20.0, -15.0, 0.0))
    drag(view, end, elsewhere)
    assert only(desk.case).length_mm == pytest.approx(40, abs=2 * view.pixel_mm)
    assert desk.case.undo_label == "Move Distance 1"
    move(view, elsewhere)
    QApplication.processEvents()
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert not desk.case.measurements and desk.case.undo_label == "Delete Distance 1"


def test_a_region_holds_what_the_registered_image_has_there(qtbot):
    case = fused_case()
    view, viewing, desk = open_view(qtbot, case)
    desk.measuring.shown_images = lambda: ("ct", "mr")
    viewing.tool = MeasuringTool("ellipse")
    drag(view, place_of(view, (-12.0, -8.0, 0.0)), place_of(view, (12.0, 8.0, 0.0)))
    found = desk.measuring.statistics(only(case), "mr")
    middle = only(case).points_mm.mean(axis=0)
    # the MR is a ramp of 20 for each of its 3 mm columns
    ramp = 20 * case.images["mr"].grid.to_index(MOVE.apply(middle))[0]
    assert found.rule == "interpolated" and found.mean == pytest.approx(ramp, abs=0.5)
    words = desk.measuring.words(only(case))
    assert words[1].startswith("CT 0.0 ± 0.0") and words[2].startswith("MR ")


def test_measurements_of_another_frame_are_brought_over_by_the_registration(qtbot):
    from workstation.case.commands import ChoosePlanningImage

    case = fused_case()
    view, viewing, desk = open_view(qtbot, case)
    viewing.tool = MeasuringTool("distance")
    drag(view, place_of(view, (-12.0, -8.0, 0.0)), place_of(view, (12.0, 8.0, 0.0)))
    measured = only(case)
    case.do(ChoosePlanningImage("mr"))
    link = desk.measuring.to_shown(measured)
    assert np.allclose(link.matrix, MOVE.matrix)
    assert not outlines_of(desk.measuring, measured, view.plane(), 1.5)  # it runs across these slices
    assert desk.measuring.look_at(measured.identifier)
    case.undo()
    (line, handles) = outlines_of(desk.measuring, measured, view.plane(), 1.5, held=True)
    assert (line.label, line.style, handles.style) == (f"{measured.length_mm:.1f} mm", "measure", "handle")


def test_nothing_measured_costs_nothing(qtbot):
    import time

    view, _, _ = open_view(qtbot, case_with(ct()))
    start = time.perf_counter()
    for _ in range(100):
        measurement_painting.paint_measurements(None, view, view.frame())
    assert (time.perf_counter() - start) / 100 < 1e-3


def test_a_measuring_tool_shows_no_hidden_structure(ct_window: MainWindow) -> None:
    session = ct_window.session
    identifier = make_structure(ct_window, "GTV")
    session.viewing.set_visible(identifier, False)
    session.do(ChangeStructure(identifier, locked=True))
    refusals: list[str] = []
    session.refused.connect(refusals.append)
    key(ct_window, Qt.Key.Key_D)
    assert ct_window.workspace.tool_key == "distance" and "Drag from end to end" in ct_window.status.hint.text()
    view = slice_view(ct_window)
    hand_drag(view, [(-20.0, 0.0, -1.5), (0.0, 5.0, -1.5), (20.0, 0.0, -1.5)])
    assert only(session.case).length_mm == pytest.approx(40, abs=2 * view.pixel_mm)
    assert not session.viewing.visible(identifier) and not refusals
    key(ct_window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not session.case.measurements


def test_each_tool_has_its_letter_and_the_button_shows_it(ct_window: MainWindow) -> None:
    button = ct_window.workspace.tool_bar.findChild(MeasureButton)
    tools = {"D": "distance", "A": "angle", "E": "ellipse", "R": "rectangle", "F": "freehand", "G": "profile"}
    for letter, tool in tools.items():
        key(ct_window, getattr(Qt.Key, f"Key_{letter}"))
        let_live(0.02)
        assert ct_window.workspace.tool_key == tool and ct_window.action(f"tool_{tool}").isChecked()
        assert button.isChecked() and tool in button.toolTip().lower()
    key(ct_window, Qt.Key.Key_C)
    let_live(0.02)
    assert not button.isChecked()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=button.rect().center() - QPoint(8, 0))
    assert ct_window.workspace.tool_key == "profile"


def test_an_angle_is_clicked_in_the_window_and_kept_with_the_case(full_window: MainWindow, tmp_path) -> None:
    from workstation.store.case_file import CaseFile

    view, case = slice_view(full_window, "coronal"), full_window.session.case
    key(full_window, Qt.Key.Key_A)
    plane = view.plane()
    for uv in ((20.0, 0.0), (0.0, 0.0), (0.0, -20.0)):
        point = plane.to_patient(uv)
        press(view, point)
        release(view, point)
    assert only(case).angle_deg == pytest.approx(90, abs=3)
    file = CaseFile.create(tmp_path / "a.rtcase", case)
    file.close()
    file, again = CaseFile.open(tmp_path / "a.rtcase", lambda references, progress: {})
    assert np.array_equal(only(again).points_mm, only(case).points_mm)
    file.close()


# ---------------------------------------------------------------------------------------------- under the cursor


def test_every_image_is_read_once_and_told_apart(qtbot):
    case = fused_case()
    layers = [Layer(case.images["ct"]), Layer(case.images["mr"], MOVE), Layer(case.images["ct"])]
    found = readout_at(np.array([0.0, 0.0, 0.0]), layers)
    assert [reading.label for reading in found.readings] == ["CT", "MR"]
    assert found.lines().count("\n") == 2 and found.short() == found.text()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_voxel_without_a_number_is_read_as_nothing(value: float) -> None:
    assert Reading("CT", value, "HU").text() == "CT –"
    assert value_words(value, "HU") == value_words(value, "SUV") == computed_words(value, "HU") == "–"


def test_the_status_bar_shows_what_it_has_room_for_and_the_tooltip_all(full_window: MainWindow) -> None:
    readings = tuple(Reading(f"MR {n}", float(n), "") for n in range(1, 7))
    full_window.status.show_readout(Readout(np.zeros(3), readings))
    assert full_window.status.cursor.text().endswith("MR 3 3 · +3")
    assert full_window.status.cursor.toolTip().splitlines()[-1] == "MR 6 6"
    full_window.status.show_readout(None)
    assert full_window.status.cursor.text() == full_window.status.cursor.toolTip() == ""


def test_all_series_beside_each_other_are_read(full_window: MainWindow) -> None:
    session = full_window.session
    keys = list(session.case.images)
    full_window.action("layout_compare").trigger()
    let_live(0.1)
    assert set(session.desk.measuring.shown_images()) == set(keys)
    view = full_window.workspace.views.slices["left"]
    middle = QPointF(view.rect().center())
    assert {reading.label for reading in view.readout(middle).readings} == {"CT", "MR"}


def test_images_of_one_modality_go_by_their_descriptions_and_equal_ones_by_numbers():
    from dataclasses import replace

    volume = ct()
    first, second = replace(volume, description="Arterial phase of all"), replace(volume, description="Venous")
    assert image_labels([first, second]) == ["Arterial phas…", "Venous"]
    assert image_labels([second, second, replace(volume, modality="MR")]) == ["Venous 1", "Venous 2", "MR"]
