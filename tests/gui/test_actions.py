"""One table of actions feeds menus, shortcuts, toolbar and the quick reference."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QToolButton

from tests.gui.hands import key, let_live, slice_view
from workstation.gui.actions import GESTURES, MENUS, SPECS, spec
from workstation.gui.commands import Commands
from workstation.gui.icons import glyphs
from workstation.gui.main_window import HANDLERS, MainWindow
from workstation.gui.quick_reference import QuickReference, rows

# what the hands of its users expect
EXPECTED = {
    "undo": "Ctrl+Z",
    "redo": "Ctrl+Y",
    "toggle_overlay": "T",
    "copy_from_above": "Ctrl+Up",
    "copy_from_below": "Ctrl+Down",
    "next_drawn": "N",
    "previous_drawn": "Shift+N",
    "previous_structure": "Q",
    "next_structure": "W",
    "brush_larger": "]",
    "brush_smaller": "[",
    "quick_reference": "F1",
}


def test_names_and_shortcuts_are_unique() -> None:
    assert max(Counter(s.name for s in SPECS).values()) == 1
    keys = Counter(QKeySequence(k).toString() for s in SPECS for k in s.shortcuts)
    assert [k for k, n in keys.items() if n > 1] == []
    presets = {str(n) for n in range(1, 10)}
    assert not presets & set(keys), "the number keys belong to the window presets"


@pytest.mark.parametrize(("name", "shortcut"), EXPECTED.items())
def test_habits_are_served(name: str, shortcut: str) -> None:
    assert shortcut in spec(name).shortcuts


@pytest.mark.parametrize("action", SPECS, ids=lambda s: s.name)
def test_every_action_has_a_handler_an_icon_that_exists_and_words(action: object) -> None:
    owners = [each for each in (Commands, *HANDLERS) if hasattr(each, action.handler)]  # type: ignore[attr-defined]
    assert len(owners) == 1 and callable(getattr(owners[0], action.handler))  # type: ignore[attr-defined]
    assert not action.icon or action.icon in glyphs()  # type: ignore[attr-defined]
    assert action.text and action.menu in MENUS  # type: ignore[attr-defined]


def menu_actions(menu: QMenu) -> list[QAction]:
    """Everything in a menu and its submenus."""
    found: list[QAction] = []
    for action in menu.actions():
        if isinstance(action.menu(), QMenu):
            found += menu_actions(action.menu())
        elif not action.isSeparator():
            found.append(action)
    return found


def test_every_action_is_in_a_menu(ct_window: MainWindow) -> None:
    menus = [a.menu() for a in ct_window.menu_bar.actions()]
    reachable = {a.objectName() for m in menus if isinstance(m, QMenu) for a in menu_actions(m)}
    assert {s.name for s in SPECS} <= reachable


def test_menu_letters_are_unique_in_each_menu(window: MainWindow) -> None:
    for menu in sorted({(s.menu, s.submenu) for s in SPECS}):
        own = [s.text for s in SPECS if (s.menu, s.submenu) == menu]
        own += sorted({s.submenu for s in SPECS if s.menu == menu[0] and s.submenu}) if not menu[1] else []
        letters = Counter(text[text.index("&") + 1].lower() for text in own if "&" in text)
        doubled = [letter for letter, n in letters.items() if n > 1]
        assert doubled == [], f"{menu}: {doubled}"


def test_without_a_case_only_what_makes_sense_is_enabled(window: MainWindow) -> None:
    enabled = {s.name for s in SPECS if window.action(s.name).isEnabled()}
    assert enabled == {s.name for s in SPECS if not s.needs}
    assert {"open_folder", "open_files", "open_example", "quit", "about"} <= enabled


def test_steps_change_the_panel_and_not_the_images(full_window: MainWindow) -> None:
    workspace, session = full_window.workspace, full_window.session
    assert workspace is not None and session is not None
    before = (session.viewing.crosshair_mm.tolist(), session.viewing.overlay_key, session.viewing.opacity)
    for step in ("images", "fuse", "contour", "targets", "review"):
        workspace.step_bar.buttons[step].click()
        assert workspace.step == step and workspace.panel(step).isVisible()
        assert workspace.step_bar.buttons[step].isChecked()
    assert before == (session.viewing.crosshair_mm.tolist(), session.viewing.overlay_key, session.viewing.opacity)


def test_number_keys_choose_window_presets(ct_window: MainWindow) -> None:
    assert ct_window.session is not None and ct_window.workspace is not None
    slice_view(ct_window).setFocus()
    key(ct_window, Qt.Key.Key_2)
    let_live(0.05)
    assert ct_window.session.viewing.window(ct_window.session.case.planning_key) == (400.0, 1800.0)
    assert ct_window.workspace.tool_bar.presets.currentText() == "Bone"


def test_a_window_of_ones_own_is_named_by_its_numbers(ct_window: MainWindow) -> None:
    assert ct_window.session is not None and ct_window.workspace is not None
    ct_window.session.viewing.set_window(ct_window.session.case.planning_key, 77.0, 333.0)
    assert ct_window.workspace.tool_bar.presets.currentText() == "C 77 W 333"


def test_t_switches_the_fused_image_off_and_on_once(full_window: MainWindow) -> None:
    assert full_window.session is not None
    slice_view(full_window).setFocus()
    key(full_window, Qt.Key.Key_T)
    assert not full_window.session.viewing.overlay_shown
    key(full_window, Qt.Key.Key_T)
    assert full_window.session.viewing.overlay_shown


def test_brackets_change_the_brush_by_one_step(ct_window: MainWindow) -> None:
    assert ct_window.session is not None
    ct_window.action("tool_brush").trigger()
    slice_view(ct_window).setFocus()
    key(ct_window, Qt.Key.Key_BracketRight)
    assert ct_window.session.desk.brush_radius_mm == 5.5
    key(ct_window, Qt.Key.Key_BracketLeft)
    assert ct_window.session.desk.brush_radius_mm == 5.0


def test_space_gives_a_view_the_whole_place(ct_window: MainWindow) -> None:
    assert ct_window.workspace is not None
    slice_view(ct_window, "coronal").setFocus()
    key(ct_window, Qt.Key.Key_Space)
    assert ct_window.workspace.views.maximised == "coronal"
    ct_window.action("maximise").trigger()
    assert ct_window.workspace.views.maximised == ""


def test_the_quick_reference_lists_every_shortcut_and_gesture(window: MainWindow) -> None:
    listed = [keys for _, entries in rows() for _, keys in entries]
    for item in SPECS:
        for shortcut in item.shortcuts:
            native = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)
            assert any(native in keys for keys in listed), item.name
    assert list(GESTURES) == rows()[0][1]


def test_f1_shows_the_reference_without_blocking(window: MainWindow) -> None:
    key(window, Qt.Key.Key_F1)
    dialogs = [w for w in QApplication.topLevelWidgets() if isinstance(w, QuickReference)]
    assert len(dialogs) == 1 and dialogs[0].isVisible() and not dialogs[0].isModal()
    dialogs[0].close()


def test_about_says_what_the_program_is_not(window: MainWindow) -> None:
    window.action("about").trigger()
    about = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.windowTitle() == "About")
    words = " ".join(label.text() for label in about.findChildren(__import__("PySide6.QtWidgets").QtWidgets.QLabel))
    assert "not a medical device" in words
    about.close()


def test_every_button_of_the_window_has_a_name_for_screen_readers(full_window: MainWindow) -> None:
    for button in full_window.findChildren(QToolButton):
        words = button.text() or button.accessibleName() or button.toolTip()
        assert words or button.objectName().startswith("qt_"), button
