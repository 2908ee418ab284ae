"""Ctrl+Shift+P: everything is found by its name, by its letters, and says why it can't be run."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.gui.hands import LEFT, NO_KEYS, key, let_live, slice_view
from workstation.gui.actions import SPECS
from workstation.gui.main_window import MainWindow
from workstation.gui.palette import Palette
from workstation.gui.palette_entries import NEEDS, Entry
from workstation.gui.palette_search import found, score
from workstation.gui.settings import Settings

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def open_palette(window: MainWindow) -> Palette:
    """By its key, as a hand would."""
    key(window, Qt.Key.Key_P, CTRL_SHIFT)
    palette = window.findChild(Palette)
    assert palette is not None and palette.isVisible() and palette.line.hasFocus()
    return palette


def titles(palette: Palette) -> list[str]:
    return [entry.title for entry in palette.model.rows]


def entry(title: str, name: str = "", place: str = "View", reason: str = "", more: str = "") -> Entry:
    return Entry(name, title, place, "", reason, lambda: None, more=more)


def test_words_in_any_order_first_letters_and_letters_with_gaps() -> None:
    copy, theme, brush = entry("Copy from slice above"), entry("Dark theme"), entry("Larger brush", more="more radius")
    everything = [copy, theme, brush]
    for typed in ("copy above", "above copy", "cfsa", "cop abv", "COPY"):
        assert found(everything, typed)[0] is copy, typed
    assert found(everything, "radius") == [brush], "what a tooltip says counts, too"
    assert found(everything, "view dark") == [theme], "and where it lies"
    assert found(everything, "zzz") == []
    assert found(everything, "") == everything
    assert score(theme, "dark theme") > score(theme, "theme")  # type: ignore[operator]


def test_what_was_used_last_and_what_can_be_run_comes_first() -> None:
    first, second, third = entry("Next slice", "a"), entry("Next structure", "b"), entry("Next step", "c", reason="no")
    assert found([third, first, second], "next") == [first, second, third]
    assert found([first, second], "next", used=["b"]) == [second, first]


@pytest.mark.parametrize("needs", sorted({s.needs for s in SPECS if s.needs}))
def test_every_need_has_its_reason_in_words(needs: str) -> None:
    assert needs in NEEDS


def test_every_action_is_found_by_its_own_name(full_window: MainWindow) -> None:
    palette = open_palette(full_window)
    for spec in SPECS:
        if spec.name == "command_palette":
            continue
        palette.line.setText(full_window.action(spec.name).text().replace("&", "").removesuffix("…"))
        first = palette.model.rows[0]
        namesakes = [row for row in palette.model.rows if row.title == first.title]
        assert spec.name in {row.name for row in namesakes}, spec.name


def test_typing_finds_and_enter_runs(full_window: MainWindow) -> None:
    slice_view(full_window).setFocus()
    palette = open_palette(full_window)
    QTest.keyClicks(palette.line, "light theme")
    assert titles(palette)[0] == "Light theme" and palette.current is not None
    assert palette.current.place == "View"
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    let_live(0.02)
    assert palette.isHidden() and full_window.action("theme_light").isChecked()
    assert slice_view(full_window).hasFocus(), "the keyboard goes back to whoever had it"
    full_window.action("theme_dark").trigger()
    palette = open_palette(full_window)
    assert palette.model.rows[0].name == "theme_light", "used last"
    assert Settings().used_actions()[0] == "theme_light"


def test_esc_leaves_and_arrows_move(window: MainWindow) -> None:
    palette = open_palette(window)
    rows = palette.model.rows
    QTest.keyClick(palette.line, Qt.Key.Key_Down)
    QTest.keyClick(palette.line, Qt.Key.Key_Down)
    assert palette.current is rows[2]
    QTest.keyClick(palette.line, Qt.Key.Key_Up)
    assert palette.current is rows[1]
    QTest.keyClick(palette.line, Qt.Key.Key_PageUp)
    QTest.keyClick(palette.line, Qt.Key.Key_Up)
    assert palette.current is rows[-1], "round and round"
    QTest.keyClick(palette.line, Qt.Key.Key_Escape)
    assert palette.isHidden()


def test_what_cannot_be_run_says_why_and_does_nothing(window: MainWindow) -> None:
    palette = open_palette(window)
    QTest.keyClicks(palette.line, "export dicom")
    assert palette.current is not None and palette.current.reason == "open a case first"
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    assert palette.isVisible() and window.workspace is None
    palette.leave()


def test_needs_are_told_one_by_one(ct_window: MainWindow) -> None:
    palette = open_palette(ct_window)
    for typed, reason in (("undo", NEEDS["undo"]), ("clear this slice", NEEDS["structure"]), ("redo", NEEDS["redo"])):
        palette.line.setText(typed)
        assert palette.current is not None and palette.current.reason == reason, typed


def test_structures_and_window_presets_are_found_and_not_remembered(full_window: MainWindow) -> None:
    assert full_window.session is not None
    session = full_window.session
    session.viewing.crosshair_mm = (20.0, 20.0, 20.0)
    palette = open_palette(full_window)
    QTest.keyClicks(palette.line, "organ")
    assert titles(palette)[0] == "Go to Organ"
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    assert abs(session.viewing.crosshair_mm[:2]).max() < 2.0
    palette = open_palette(full_window)
    QTest.keyClicks(palette.line, "bone preset")
    assert palette.current is not None and palette.current.keys == "2"
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    assert session.viewing.window(session.case.planning_key) == (400.0, 1800.0)
    assert Settings().used_actions() == []
    assert "Organ" not in Path(Settings().folder / "window.ini").read_text() if Settings().folder.exists() else True


def test_a_click_runs_and_a_click_elsewhere_leaves(full_window: MainWindow) -> None:
    palette = open_palette(full_window)
    QTest.keyClicks(palette.line, "maximise")
    where = palette.list.visualRect(palette.model.index(0)).center()
    QTest.mouseClick(palette.list.viewport(), LEFT, NO_KEYS, where)
    assert full_window.workspace is not None and full_window.workspace.views.maximised
    assert palette.isHidden()
    palette = open_palette(full_window)
    view = slice_view(full_window, full_window.workspace.views.maximised)
    QTest.mouseClick(view, LEFT, NO_KEYS, QPoint(20, view.height() - 20))
    QApplication.processEvents()
    assert palette.isHidden()


def test_it_stays_inside_a_small_window(full_window: MainWindow) -> None:
    palette = open_palette(full_window)
    full_window.resize(933, 500)
    let_live(0.05)
    assert full_window.rect().contains(palette.geometry())
    assert abs(palette.geometry().center().x() - full_window.rect().center().x()) <= 1
