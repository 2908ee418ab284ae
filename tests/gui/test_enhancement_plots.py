"""The plots of phases and of what separates a tumour: names find places, lines are dragged, tables written."""

from __future__ import annotations

import csv
import io
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.hands import LEFT, NO_KEYS, click
from workstation.gui.course_plot import CoursePlot, band_path
from workstation.gui.evidence_lines import CourseLine, RocLine
from workstation.gui.flags import MOST_ROWS, flags
from workstation.gui.phase_axis import PhaseAxis, PhaseMark
from workstation.gui.roc_plot import RocPlot
from workstation.gui.theme import apply_theme, current_theme
from workstation.gui.threshold_plot import ThresholdPlot, deciding
from workstation.gui.time_scale import place_of

MARKS = [
    PhaseMark("pre", -60.0, True, True),
    PhaseMark("arterial 1", 10.0, True, False),
    PhaseMark("arterial 2", 16.0, True, False, "motion remains"),
    PhaseMark("early", 60.0, True, False),
    PhaseMark("delayed 1", 300.0, True, False),
    PhaseMark("delayed 2", 900.0, False, False),
]
TIMES, NAMES = [mark.time_s for mark in MARKS], [mark.name for mark in MARKS]
WIDEST_PX = 290
"""A dock of 320 pixels leaves as much."""


def shown(qtbot: QtBot, made: QWidget, width: int = WIDEST_PX, height: int = 200) -> QWidget:
    qtbot.addWidget(made)
    made.resize(width, height)
    made.show()
    QApplication.processEvents()
    return made


def course(name: str, values: list[float]) -> CourseLine:
    found = np.array(values)
    return CourseLine(name, found, np.full(len(found), 2.0), (255, 90, 80))


# ---------------------------------------------------------------------------------------------------- names on poles


@given(st.lists(st.tuples(st.floats(0, 270), st.floats(10, 110)), min_size=1, max_size=9))
def test_names_neither_overlap_nor_lie_across_poles_nor_are_cut_off(marks: list[tuple[float, float]]) -> None:
    marks = sorted(marks)
    poles, widths = [pole for pole, _ in marks], [width for _, width in marks]
    placed = flags(poles, widths, 270.0)
    assert placed and all(each.left_px >= 0 and each.right_px <= 270 and each.row < MOST_ROWS for each in placed)
    for one, other in itertools.permutations(placed, 2):
        assert one.row != other.row or one.right_px <= other.left_px or other.right_px <= one.left_px
        if one.row < other.row:
            assert not one.left_px < poles[other.mark] < one.right_px, "a pole goes through a name"


@pytest.mark.parametrize("width", [WIDEST_PX, 500])
def test_every_phase_has_its_name_and_the_seconds_can_be_told_apart(qtbot: QtBot, width: int) -> None:
    axis = PhaseAxis()
    axis.show_phases(MARKS)
    shown(qtbot, axis, width)
    boxes = axis.name_places()
    assert set(boxes) == set(range(len(MARKS)))
    assert all(axis.rect().toRectF().contains(box) for box in boxes.values())
    assert not any(one.intersects(other) for one, other in itertools.combinations(boxes.values(), 2))
    x = [axis.mark_place(n).x() for n in range(len(MARKS))]
    assert (np.diff(x) >= 10).all() and x[0] > 0 and x[-1] < width
    assert axis.height() < 80


def test_phases_of_unknown_times_stand_in_equal_steps(qtbot: QtBot) -> None:
    axis = PhaseAxis()
    axis.show_phases([PhaseMark(f"phase {n}", None, True, n == 1) for n in (1, 2, 3)] + [MARKS[3]])
    shown(qtbot, axis)
    steps = np.diff([axis.mark_place(n).x() for n in range(4)])
    assert np.allclose(steps, steps[0]) and "time unknown" in axis.accessibleDescription()


def test_a_phase_is_chosen_by_its_mark_its_name_or_the_keys(qtbot: QtBot) -> None:
    axis = PhaseAxis()
    axis.show_phases([*MARKS[3:], *MARKS[:3]])  # in any order
    shown(qtbot, axis)
    told: list[int] = []
    axis.chosen.connect(told.append)
    QTest.mouseClick(axis, LEFT, NO_KEYS, axis.mark_place(4).toPoint())
    QTest.mouseClick(axis, LEFT, NO_KEYS, axis.name_places()[5].center().toPoint())
    QTest.mouseClick(axis, LEFT, NO_KEYS, QPoint(round(axis.mark_place(3).x()) + 20, axis.height() - 2))
    assert told == [4, 5], "a click beside every mark chooses nothing"
    axis.setFocus()
    QTest.keyClick(axis, Qt.Key.Key_Home)
    QTest.keyClick(axis, Qt.Key.Key_Right)
    QTest.keyClick(axis, Qt.Key.Key_Return)
    assert told == [4, 5, 4], "pre is the first in time, then arterial 1"


def test_marks_say_what_they_are(qtbot: QtBot) -> None:
    axis = PhaseAxis()
    axis.show_phases(MARKS)
    shown(qtbot, axis)
    picture, theme = axis.grab().toImage(), current_theme()
    colours = [picture.pixelColor(axis.mark_place(n).toPoint()).name() for n in range(len(MARKS))]
    assert colours[1] == theme.accent and colours[2] == theme.caution and colours[5] not in (theme.accent, theme.muted)
    diamond = axis.mark_place(0).toPoint() + QPoint(0, 6)
    disc = axis.mark_place(1).toPoint() + QPoint(0, 6)
    assert picture.pixelColor(diamond) != picture.pixelColor(disc), "the reference reaches further"


# ---------------------------------------------------------------------------------------------------- courses


def test_courses_are_drawn_at_their_times_with_their_noise(qtbot: QtBot) -> None:
    plot = CoursePlot()
    lines = [course("tumour", [50, 160, 140, 118, 100, 84]), course("vein", [45, 70, 210, 130, 80, 60])]
    plot.show_courses(lines, TIMES, NAMES)
    shown(qtbot, plot)
    (_, tumour), (band, vein) = plot._drawn
    assert np.allclose(tumour.xData, place_of(TIMES)) and list(vein.yData) == [45, 70, 210, 130, 80, 60]
    (left, right), (low, high) = plot.plot.vb.viewRange()
    box = band.path().boundingRect()
    assert (box.top(), box.bottom()) == (43, 212) and low < 43 and high > 212
    assert left < box.left() < box.right() < right
    plot.show_courses([course("muscle", [1, 2, 3, 4, 5, 6])], TIMES, NAMES)
    assert tumour.isVisible() and not vein.isVisible() and list(tumour.yData) == [1, 2, 3, 4, 5, 6]
    assert [entry.name for entry in plot.legend._entries] == ["muscle", "under the cursor"]


def test_phases_in_another_order_than_their_times_are_joined_in_time(qtbot: QtBot) -> None:
    plot = CoursePlot()
    plot.show_courses([course("tumour", [3, 1, 2])], [300.0, -60.0, 60.0], ["delayed", "pre", "early"])
    assert list(plot._drawn[0][1].yData) == [1, 2, 3]
    assert [row[0] for row in plot.rows()] == ["phase", "delayed", "pre", "early"]
    plot.show_hover([30, 10, 20])
    assert list(plot.hover.yData) == [10, 20, 30]


def test_a_value_that_is_missing_interrupts_the_band() -> None:
    x, values = np.arange(5.0), np.array([1.0, 2.0, np.nan, 4.0, 5.0])
    path = band_path(x, values, np.ones(5))
    assert path.contains(QPointF(0.5, 1.5)) and path.contains(QPointF(3.5, 4.5))
    assert not path.contains(QPointF(2.0, 3.0))


def test_the_line_under_the_cursor_comes_and_goes_without_moving_the_others(qtbot: QtBot) -> None:
    plot = CoursePlot()
    plot.show_courses([course("tumour", [50, 160, 140, 118, 100, 84])], TIMES, NAMES)
    shown(qtbot, plot)
    before, size = plot.plot.vb.viewRange(), plot.legend.size()
    plot.show_hover(np.array([60.0, 70, 80, 90, 100, 110]))
    QApplication.processEvents()
    assert plot.hover.isVisible() and plot.plot.vb.viewRange() == before and plot.legend.size() == size
    plot.show_hover(np.array([60.0, 70, 80, 90, 100, 400]))
    assert plot.plot.vb.viewRange()[1][1] > 400 and plot.plot.vb.viewRange()[0] == before[0]
    plot.show_hover(None)
    assert not plot.hover.isVisible()


def test_names_stand_below_phases_of_unknown_times(qtbot: QtBot) -> None:
    plot = CoursePlot("relative enhancement")
    names = ["pre", "a phase with a long name", "phase 3", "phase 4"]
    plot.show_courses([course("tumour", [0, 1, 2, 3])], [None] * 4, names)
    shown(qtbot, plot)
    ticks = plot.plot.getAxis("bottom").tickStrings([0, 1, 2, 3], 1, 1)
    assert ticks[0] == "pre" and ticks[1].startswith("\na phase") and plot.caption.text() == "relative enhancement"
    assert "unknown" in plot.plot.getAxis("bottom").labelText


def test_numbers_of_different_length_are_a_mistake_of_the_caller(qtbot: QtBot) -> None:
    plot = CoursePlot()
    with pytest.raises(ValueError, match="one value"):
        plot.show_courses([course("tumour", [1, 2])], TIMES, NAMES)


def test_the_table_of_courses_is_copied_and_written(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plot = CoursePlot("SNR")
    plot.show_courses([course('tumour, "late"', [1.25, np.nan])], [-60.0, 60.0], ["pre", "early"])
    shown(qtbot, plot)
    table = list(csv.reader(io.StringIO(plot.csv())))
    assert table == [
        ["phase", "time_s", 'tumour, "late" [SNR]', 'tumour, "late" noise [SNR]'],
        ["pre", "-60", "1.25", "2"], ["early", "60", "", "2"],
    ]  # fmt: skip
    click(plot.copy_button)
    assert QApplication.clipboard().text() == plot.csv()
    monkeypatch.setattr(
        "workstation.gui.course_plot.QFileDialog.getSaveFileName", lambda *_: (str(tmp_path / "curves"), "")
    )
    click(plot.csv_button)
    click(plot.picture_button)
    assert (tmp_path / "curves.csv").read_text(encoding="utf-8") == plot.csv()
    picture = QImage(str(tmp_path / "curves.png"))
    assert picture.width() > 2 * plot.widget.width() and picture.height() > 2 * plot.widget.height()


def test_what_can_not_be_written_is_said(qtbot: QtBot, tmp_path: Path) -> None:
    plot = CoursePlot()
    plot.show_courses([course("tumour", [1, 2])], [0.0, 60.0], ["pre", "early"])
    shown(qtbot, plot)
    told: list[str] = []
    plot.refused.connect(told.append)
    assert not plot.write_csv(str(tmp_path / "missing" / "curves.csv"))
    assert not plot.write_picture(str(tmp_path / "missing" / "curves.png"))
    assert [words.split(":")[0] for words in told] == ["curves.csv can't be written", "curves.png can't be written"]


# ---------------------------------------------------------------------------------------------------- ROC


@pytest.mark.parametrize("width", [WIDEST_PX, 500])
def test_roc_curves_stand_in_a_square_with_their_areas(qtbot: QtBot, width: int) -> None:
    plot, share = RocPlot(), np.linspace(0, 1, 30)
    plot.show_rocs([RocLine(f"evidence {n}", share, share ** (0.1 * n), 1 / (1 + 0.1 * n)) for n in range(1, 6)])
    shown(qtbot, plot, width, 240)
    box = plot.plot.vb.sceneBoundingRect()
    assert abs(box.width() - box.height()) <= 2 and box.height() > 80
    assert [entry.figure for entry in plot.legend._entries] == ["AUC 0.909", "AUC 0.833", "AUC 0.769", "AUC 0.714"]
    assert sum(curve.isVisible() for curve in plot._curves) == 4
    plot.show_rocs([])
    assert plot.empty.isVisible() and "No ROC curves" in plot.empty.text()


# ---------------------------------------------------------------------------------------------------- threshold

THRESHOLDS = np.linspace(0.0, 1.0, 101)
VOLUMES = 6.0 - 4.0 / (1 + np.exp(-(THRESHOLDS - 0.8) / 0.01))  # 6 cc, and 2 cc from 0.8 on


def volume_plot(qtbot: QtBot) -> ThresholdPlot:
    plot = ThresholdPlot()
    plot.show_volumes(THRESHOLDS, VOLUMES, "share of tumour")
    plot.set_threshold(0.5)
    shown(qtbot, plot)
    return plot


def test_the_line_is_dragged_and_tells_of_it_at_every_step(qtbot: QtBot) -> None:
    plot = volume_plot(qtbot)
    told: list[float] = []
    plot.threshold_moved.connect(told.append)
    port, y = plot.area.viewport(), plot.area.viewport().height() // 2
    start, end = (round(plot.area.place_of(value)) for value in (0.5, 0.9))
    QTest.mousePress(port, LEFT, NO_KEYS, QPoint(start + 4, y))
    assert told == [], "taking hold beside the line moves nothing"
    for x in np.linspace(start, end, 6)[1:]:
        QTest.mouseMove(port, QPoint(round(x) + 4, y))
        QTest.qWait(5)
        plot.set_threshold(told[-1] - 0.1)  # who follows late does not pull the line out of the hand
    QTest.mouseRelease(port, LEFT, NO_KEYS, QPoint(end + 4, y))
    assert len(told) == 5 and told == sorted(told) and told[-1] == pytest.approx(0.9, abs=0.01)
    assert plot.threshold() == told[-1] and plot.said.toPlainText() == f"2.0 cc at {told[-1]:.2f}"
    QTest.mouseMove(port, QPoint(start, y))
    QTest.qWait(5)
    assert len(told) == 5, "it has been let go"


def test_a_click_and_the_keys_move_the_line(qtbot: QtBot) -> None:
    plot = volume_plot(qtbot)
    told: list[float] = []
    plot.threshold_moved.connect(told.append)
    QTest.mouseClick(plot.area.viewport(), LEFT, NO_KEYS, QPoint(round(plot.area.place_of(0.2)), 40))
    assert told == [pytest.approx(0.2, abs=0.01)]
    plot.set_threshold(0.95)
    plot.setFocus()
    assert plot.area.hasFocus()
    QTest.keyClick(plot.area, Qt.Key.Key_Left)
    QTest.keyClick(plot.area, Qt.Key.Key_PageUp)
    QTest.keyClick(plot.area, Qt.Key.Key_Right)
    assert told[1:] == [pytest.approx(0.94), 1.0], "no further than there are volumes"


def test_the_volume_at_the_line_is_written_beside_it_within_the_plot(qtbot: QtBot) -> None:
    plot = volume_plot(qtbot)
    for value in (0.0, 0.3, 0.7, 1.0):
        plot.set_threshold(value)
        QApplication.processEvents()
        box = plot.said.mapRectToScene(plot.said.boundingRect())
        assert plot.plot.vb.sceneBoundingRect().adjusted(-3, -3, 3, 3).contains(box), value


def test_where_the_threshold_decides_is_shaded(qtbot: QtBot) -> None:
    plot = volume_plot(qtbot)
    ((low, high),) = plot.shaded()
    assert low == pytest.approx(0.7, abs=0.03) and high == pytest.approx(0.9, abs=0.03)
    assert "20 %" in plot.words.text()
    plot.show_volumes(THRESHOLDS, 6.0 - 0.2 * THRESHOLDS)
    assert plot.shaded() == [] and not plot.words.isVisible()
    assert deciding(THRESHOLDS, np.zeros(101)) == []


def test_thresholds_in_other_units_are_moved_and_judged_by_their_range(qtbot: QtBot) -> None:
    plot = volume_plot(qtbot)
    plot.show_volumes(300 * THRESHOLDS - 100, VOLUMES, "time to peak [s]")
    assert plot.caption.text() == "time to peak [s]" and "±30 of" in plot.words.text()
    ((low, high),) = plot.shaded()
    assert low == pytest.approx(110, abs=9) and high == pytest.approx(170, abs=9)
    plot.set_threshold(120.0)
    plot.setFocus()
    QTest.keyClick(plot.area, Qt.Key.Key_Right)
    assert plot.threshold() == pytest.approx(123) and plot.said.toPlainText() == "6.0 cc at 123"


# ---------------------------------------------------------------------------------------------------- all of them


def test_each_fits_into_a_dock_and_says_what_is_missing(qtbot: QtBot) -> None:
    axis, plots = PhaseAxis(), (CoursePlot(), RocPlot(), ThresholdPlot())
    assert "No phases yet" in axis.accessibleDescription()
    for plot in plots:
        shown(qtbot, plot)
        assert plot.empty.isVisible() and plot.empty.text().startswith("No ") and plot.accessibleName()
    plots[0].show_courses([course("tumour", [1, 2])], [0.0, 60.0], ["pre", "early"])
    plots[1].show_rocs([RocLine("SER", np.array([0.0, 1.0]), np.array([0.0, 1.0]), 0.5)])
    plots[2].show_volumes(THRESHOLDS, VOLUMES)
    for each in (axis, *plots):
        assert each.minimumSizeHint().width() <= WIDEST_PX
    plots[2].show_volumes([], [])
    assert plots[2].empty.isVisible() and plots[2].empty.text().startswith("No volumes yet")
    plots[2].say_nothing("Nothing hangs together with the click.")
    assert plots[2].empty.text() == "Nothing hangs together with the click."


def test_plots_follow_the_theme(qtbot: QtBot) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    before = current_theme()
    plot = volume_plot(qtbot)
    try:
        for name in ("light", "dark"):
            theme = apply_theme(application, name)
            QApplication.processEvents()
            assert plot.area.backgroundBrush().color().name() == theme.field
            assert plot.said.color.name() == theme.text and plot.line.pen.color().name() == theme.accent
            assert plot._shades[0].brush.color().name() == theme.caution
    finally:
        apply_theme(application, before.name)
