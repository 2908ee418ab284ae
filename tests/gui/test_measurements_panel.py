"""The panel of measurements: the list, the figures, the plot, and tables for other programs."""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit

from tests.gui.hands import click, drag, key, let_live, slice_view
from workstation.gui import measurement_figures
from workstation.gui.main_window import MainWindow
from workstation.gui.measurement_model import Column
from workstation.gui.panels.measurements import STRUCTURE, MeasurementsPanel
from workstation.measurements.statistics import structure_statistics
from workstation.view.slab import Slab

Z = -1.5
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def measured(full_window: MainWindow) -> tuple[MainWindow, MeasurementsPanel]:
    """Everything open, fused; a distance, a rectangle and a profile measured by hand on one axial slice."""
    session = full_window.session
    session.viewing.overlay_key = next(key for key in session.case.images if key != session.case.planning_key)
    session.viewing.crosshair_mm = (0.0, 0.0, Z)
    view = slice_view(full_window)
    for letter, ends in (
        (Qt.Key.Key_D, ((-20.0, 10.0, Z), (20.0, 10.0, Z))),
        (Qt.Key.Key_R, ((-9.0, -9.0, Z), (9.0, 3.0, Z))),
        (Qt.Key.Key_G, ((-40.0, -20.0, Z), (40.0, -20.0, Z))),
    ):
        key(full_window, letter)
        drag(view, [ends[0], np.mean(ends, axis=0), ends[1]])
    panel = full_window.workspace.show_dock("measurements")
    assert isinstance(panel, MeasurementsPanel)
    let_live(0.1)
    return full_window, panel


def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        let_live(0.02)


def cell(panel: MeasurementsPanel, row: int, column: Column) -> QPoint:
    return panel.table.visualRect(panel.model.index(row, column)).center()


def choose(panel: MeasurementsPanel, row: int) -> None:
    QTest.mouseClick(panel.table.viewport(), LEFT, pos=cell(panel, row, Column.VALUE))
    let_live(0.1)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_an_empty_panel_teaches_and_takes_the_first_tool_in_hand(ct_window: MainWindow) -> None:
    panel = ct_window.workspace.show_dock("measurements")
    let_live(0.1)
    assert panel.empty.isVisible() and not panel.table.isVisible()
    click(panel.empty.button)
    assert ct_window.workspace.tool_key == "distance"


def test_the_list_follows_names_are_changed_in_place_and_undone(measured) -> None:
    window, panel = measured
    texts = [[panel.model.index(row, column).data() for column in (Column.NAME, Column.VALUE)] for row in range(3)]
    assert [name for name, _ in texts] == ["Distance 1", "Rectangle 2", "Profile 3"]
    assert texts[0][1].endswith(" mm") and texts[1][1].endswith(" cm²")
    choose(panel, 0)
    panel.table.setFocus()
    QTest.keyClick(panel.table, Qt.Key.Key_F2)
    line = panel.table.findChild(QLineEdit)
    line.selectAll()
    QTest.keyClicks(line, "Width")
    QTest.keyClick(line, Qt.Key.Key_Return)
    let_live(0.1)
    assert panel.model.index(0, Column.NAME).data() == "Width"
    assert "Width" in window.session.desk.measuring.words(next(iter(window.session.case.measurements.values())))
    window.action("undo").trigger()
    let_live(0.1)
    assert panel.model.index(0, Column.NAME).data() == "Distance 1"


def test_eye_bin_delete_key_and_double_click(measured) -> None:
    window, panel = measured
    session = window.session
    first, second, third = session.case.measurements
    QTest.mouseClick(panel.table.viewport(), LEFT, pos=cell(panel, 0, Column.EYE))
    assert not session.viewing.visible(first) and first not in [m.identifier for m in session.desk.measuring.shown()]
    QTest.mouseClick(panel.table.viewport(), LEFT, pos=cell(panel, 0, Column.EYE))
    assert session.viewing.visible(first)
    session.viewing.crosshair_mm = (1.0, 2.0, 20.0)
    QTest.mouseClick(panel.table.viewport(), LEFT, pos=cell(panel, 1, Column.NAME))
    QTest.mouseDClick(panel.table.viewport(), LEFT, pos=cell(panel, 1, Column.NAME))
    middle = session.case.measurements[second].points_mm.mean(axis=0)
    assert np.allclose(session.viewing.crosshair_mm, middle)
    QTest.mouseClick(panel.table.viewport(), LEFT, pos=cell(panel, 2, Column.DELETE))
    let_live(0.1)
    assert list(session.case.measurements) == [first, second] and session.case.undo_label == "Delete Profile 3"
    choose(panel, 1)
    panel.table.setFocus()
    QTest.keyClick(panel.table, Qt.Key.Key_Delete)
    assert list(session.case.measurements) == [first]
    window.action("undo").trigger()
    window.action("undo").trigger()
    assert list(session.case.measurements) == [first, second, third]


def test_figures_of_a_region_in_every_shown_image(measured) -> None:
    window, panel = measured
    choose(panel, 1)
    rows = panel.figures.rows()
    assert rows[:3] == [["", "CT", "MR · provisional"], ["Mean", "40.0 HU", "600.0"], ["SD", "0.0 HU", "0.00"]]
    assert rows[-1] == ["In image", "100 %", "100 %"]
    assert "acquired" in panel.note.text() and panel.summary.text().startswith("Rectangle · ")
    window.session.viewing.overlay_shown = False
    until(lambda: panel.figures.rows()[0] == ["", "CT"])


def test_figures_are_of_the_slice_even_where_a_thick_one_is_shown_and_say_so(measured) -> None:
    window, panel = measured
    choose(panel, 1)
    before = panel.figures.rows()
    assert "thick slice" not in panel.note.text()
    window.session.viewing.slab = Slab(10.0)
    until(lambda: "thick slice" in panel.note.text())
    assert panel.figures.rows() == before


def test_figures_of_the_active_structure_come_in_the_background(measured) -> None:
    window, panel = measured
    session = window.session
    window.action("structure_figures").trigger()
    assert panel.about.currentData() == STRUCTURE
    until(lambda: panel.figures.rows()[1][1] not in ("", "working…"))
    structure, ct = session.active, session.case.planning
    found = structure_statistics(structure.stack, ct, surface_model=session.case.surface_model)
    rows = {row[0]: row[1] for row in panel.figures.rows()[1:]}
    assert rows["Mean"] == "40.0 HU" and rows["Pixels"] == f"{found.count:.0f}" and found.mean == 40
    assert f"{session.case.volume_cc(structure.identifier):.1f} cc" in panel.summary.text()
    choose(panel, 0)
    assert panel.about.currentData() != STRUCTURE


def test_figures_that_were_stopped_say_so_and_can_be_asked_for_again(measured, monkeypatch) -> None:
    window, panel = measured
    wait = threading.Event()

    def slow(*arguments, progress, **named):
        wait.wait(10)
        progress(0.5, "still at it")
        return structure_statistics(*arguments, progress=progress, **named)

    monkeypatch.setattr(measurement_figures, "structure_statistics", slow)
    window.action("structure_figures").trigger()
    until(lambda: panel.figures.rows()[1][1] == "working…")
    (job,) = [job for job in window.runner.jobs if job.lane == "figures"]
    window.runner.cancel(job)
    until(lambda: panel.figures.rows()[1][1] == "stopped")
    wait.set()
    window.action("structure_figures").trigger()
    until(lambda: panel.figures.rows()[1][1] == "40.0 HU")


def test_a_profile_is_plotted_its_values_are_read_and_the_place_is_marked(measured) -> None:
    window, panel = measured
    choose(panel, 0)
    choose(panel, 2)
    until(lambda: panel.plot is not None and panel.plot.isVisible())
    plot, measuring = panel.plot, window.session.desk.measuring
    let_live(0.1)
    vb = plot.plot.vb
    at = plot.widget.mapFromScene(vb.mapViewToScene(QPointF(40.0, vb.viewRect().center().y())))
    QTest.mouseMove(plot.widget.viewport(), at)
    let_live(0.1)
    assert "CT 40 HU" in plot.words.text() and "MR · provisional 600" in plot.words.text()
    assert np.allclose(measuring.marked_mm[:2], (0.0, -20.0), atol=1.5)
    assert plot.plot.getAxis("left").labelText == "HU" and "mm" in plot.plot.getAxis("bottom").labelText
    assert [label.text for _, label in plot.legend.items] == ["CT", "MR · provisional (right)"]
    QTest.mouseMove(panel.about)
    QApplication.sendEvent(plot, _leave())
    assert measuring.marked_mm is None


def _leave() -> object:
    from PySide6.QtCore import QEvent

    return QEvent(QEvent.Type.Leave)


def test_a_profile_follows_its_ends_while_they_are_dragged(measured) -> None:
    window, panel = measured
    choose(panel, 2)
    until(lambda: panel.plot is not None and panel.plot.isVisible())
    view = slice_view(window)
    from tests.gui.hands import move, press, release

    press(view, (40.0, -20.0, Z))
    move(view, (20.0, -20.0, Z))
    until(lambda: panel.plot._profile.positions_mm[-1] < 65)
    release(view, (0.0, -20.0, Z))
    until(lambda: panel.plot._profile.positions_mm[-1] < 45)
    window.action("undo").trigger()
    until(lambda: panel.plot._profile.positions_mm[-1] > 75)


def test_a_wide_panel_puts_the_list_beside_the_figures_and_a_low_one_scrolls(measured) -> None:
    window, panel = measured
    choose(panel, 1)
    assert panel.figures.mapTo(panel, QPoint()).y() > panel.table.geometry().bottom()
    window.workspace.docks.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, window.workspace.dock("measurements"))
    window.workspace.show_dock("measurements")
    let_live(0.1)
    assert panel.figures.mapTo(panel, QPoint()).x() > panel.table.geometry().right()
    assert panel.verticalScrollBar().maximum() > 0 or panel.figures.geometry().bottom() < panel.height()


def test_all_measurements_are_written_and_copied(measured, tmp_path, monkeypatch) -> None:
    window, panel = measured
    path = tmp_path / "all.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(path), ""))
    click(panel.all_button)
    rows = read(path)
    assert [row["name"] for row in rows] == ["Distance 1", "Rectangle 2", "Rectangle 2", "Profile 3"]
    assert float(rows[0]["length_mm"]) == pytest.approx(40, abs=2) and rows[0]["mean"] == ""
    region = rows[1]
    assert (float(region["mean"]), region["unit"]) == (40, "HU") and float(region["covered"]) == 1
    assert float(region["pixels"]) * 4 == pytest.approx(float(region["area_mm2"]), rel=1e-6)
    window.action("copy_measurements").trigger()
    assert QApplication.clipboard().text().splitlines()[1].split("\t")[1] == "Distance 1"


def test_what_is_shown_is_written_and_copied(measured, tmp_path, monkeypatch) -> None:
    _, panel = measured
    path = tmp_path / "shown"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(path), ""))
    choose(panel, 2)
    until(lambda: panel.plot is not None and panel.plot.isVisible())
    click(panel.save_button)
    rows = read(tmp_path / "shown.csv")
    assert set(rows[0]) == {"position_mm", "x_mm", "y_mm", "z_mm", "CT [HU]", "MR · provisional [MR signal]"}
    assert float(rows[1]["position_mm"]) <= 1.0 and float(rows[len(rows) // 2]["CT [HU]"]) == 40
    choose(panel, 1)
    click(panel.copy_button)
    assert QApplication.clipboard().text().splitlines()[1] == "Mean\t40.0 HU\t600.0"
    choose(panel, 0)
    assert not panel.copy_button.isEnabled()


def test_a_place_that_cannot_be_written_is_told(measured, tmp_path, monkeypatch) -> None:
    window, _ = measured
    refusals: list[str] = []
    window.session.refused.connect(refusals.append)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(tmp_path / "no" / "a.csv"), ""))
    window.action("export_measurements").trigger()
    assert refusals == ["a.csv can't be written: its folder does not exist"]


def test_what_needs_a_measurement_says_so(ct_window: MainWindow) -> None:
    refusals: list[str] = []
    ct_window.session.refused.connect(refusals.append)
    for name in ("export_measurements", "copy_measurements", "delete_measurement"):
        ct_window.action(name).trigger()
    assert len(refusals) == 3 and "Nothing was measured yet" in refusals[0]


def test_the_plot_wears_the_theme(measured) -> None:
    window, panel = measured
    choose(panel, 2)
    until(lambda: panel.plot is not None and panel.plot.isVisible())
    for theme in ("light", "dark"):
        window.action(f"theme_{theme}").trigger()
        let_live(0.1)
        ground = panel.plot.widget.backgroundBrush().color().lightness()
        assert (ground > 200) == (theme == "light")
