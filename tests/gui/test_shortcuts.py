"""Other keys for any action: pressed in the dialog, held at once everywhere, and kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from tests.gui.hands import click, key, let_live, slice_view
from workstation.gui.actions import SPECS, spec
from workstation.gui.main_window import MainWindow
from workstation.gui.quick_reference import QuickReference, columns_of, rows
from workstation.gui.reference_page import write_pdf
from workstation.gui.settings import Settings
from workstation.gui.shortcut_dialog import ShortcutDialog
from workstation.gui.shortcuts import PRESETS, RESERVED, Shortcuts, portable, preset_keys, refusal
from workstation.gui.viewport.keyboard import STEPS, TOOL_KEYS

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
NAMES = [s.name for s in SPECS]


def shortcuts() -> Shortcuts:
    return Shortcuts(lambda _name, _keys: None, lambda _preset, _changed: None)


def open_dialog(window: MainWindow) -> ShortcutDialog:
    window.action("shortcuts").trigger()
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, ShortcutDialog) and w.isVisible())
    assert not dialog.isModal()
    return dialog


# ---------------------------------------------------------------------- the keys themselves


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_name_actions_that_exist_and_give_no_keys_twice(preset: str) -> None:
    assert set(PRESETS[preset]) <= set(NAMES)
    keys = [key for own in preset_keys(preset).values() for key in own]
    assert len(keys) == len(set(keys))
    for name, own in PRESETS[preset].items():
        assert all(refusal(name, portable(each)) == "" for each in own), name


def test_what_the_views_listen_to_is_reserved() -> None:
    for each in (*TOOL_KEYS, *STEPS):
        assert portable(Qt.Key(each)) in RESERVED
    for number in range(1, 10):
        assert "window preset" in refusal("save", str(number))
    assert refusal("toggle_overlay", "T") == "", "its own keys an action may have"
    assert "hides all contours" in refusal("save", "H")
    assert "the menu File" in refusal("save", "Alt+F")
    assert refusal("save", "Ctrl+H") == ""


def test_keys_that_are_given_go_from_whoever_had_them_and_come_back_with_a_reset() -> None:
    keys = shortcuts()
    assert "“Undo” in the menu Edit" in keys.conflict("save", "Ctrl+Z")
    keys.give("save", "Ctrl+Z")
    assert keys.keys("save") == ("Ctrl+Z",) and keys.keys("undo") == ()
    assert set(keys.changed) == {"save"}
    keys.reset("save")
    assert keys.keys("undo") == ("Ctrl+Z",) and keys.changed == {}
    with pytest.raises(ValueError, match="can't be given away"):
        keys.give("save", "H")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(NAMES),
            st.sampled_from(["Ctrl+Z", "Ctrl+S", "Ctrl+Alt+K", "F5", "Q", "give nothing", "reset", "preset"]),
        ),
        max_size=12,
    )
)
def test_no_two_actions_ever_have_the_same_keys(steps: list[tuple[str, str]]) -> None:
    kept: list[tuple[str, dict[str, tuple[str, ...]]]] = []
    keys = Shortcuts(lambda _n, _k: None, lambda preset, changed: kept.append((preset, dict(changed))))
    for name, what in steps:
        if what == "give nothing":
            keys.clear(name)
            assert keys.keys(name) == ()
        elif what == "reset":
            keys.reset(name)
            assert keys.keys(name) == preset_keys(keys.preset)[name]
        elif what == "preset":
            keys.choose("Slicer")
        else:
            keys.give(name, what)
            assert keys.keys(name) == (what,)
        held = [each for n in NAMES for each in keys.keys(n)]
        assert len(held) == len(set(held))
    if kept:
        again = Shortcuts(lambda _n, _k: None, lambda _p, _c: None, *kept[-1])
        assert all(again.keys(n) == keys.keys(n) for n in NAMES)


# ---------------------------------------------------------------------- the dialog


def test_new_keys_hold_at_once_everywhere_and_at_the_next_start(
    new_window: Callable[[], MainWindow], patient: object
) -> None:
    from tests.gui.small_patient import case_of

    window = new_window()
    window.show_case(case_of(patient.ct))  # type: ignore[attr-defined]
    dialog = open_dialog(window)
    QTest.keyClicks(dialog.search, "maximise")
    assert dialog.chosen == "maximise"
    dialog.field.setFocus()
    QTest.keyClick(dialog.field, Qt.Key.Key_M, CTRL | ALT)
    assert dialog.field.text() == "" and "now has Ctrl+Alt+M" in dialog.sentence.text()
    assert "(Ctrl+Alt+M)" in window.action("maximise").toolTip()
    dialog.close()
    slice_view(window).setFocus()
    key(window, Qt.Key.Key_M, CTRL | ALT)
    assert window.workspace is not None and window.workspace.views.maximised
    key(window, Qt.Key.Key_Space, CTRL)
    assert window.workspace.views.maximised, "the old keys do nothing any more"
    window.action("quick_reference").trigger()
    reference = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QuickReference) and w.isVisible())
    assert any(keys == "Ctrl+Alt+M" for _, keys in reference.shown)
    reference.close()

    again = new_window()
    assert [portable(k) for k in again.action("maximise").shortcuts()] == ["Ctrl+Alt+M"]


def test_a_conflict_is_said_with_the_action_that_has_the_keys(window: MainWindow) -> None:
    dialog = open_dialog(window)
    dialog.choose("maximise")
    QTest.keyClick(dialog.field, Qt.Key.Key_S, CTRL)
    assert "Ctrl+S belongs to “Save” in the menu File" in dialog.sentence.text()
    assert window.action("save").shortcut().toString() == "Ctrl+S", "nothing is taken before it is agreed to"
    click(dialog.take)
    assert window.action("save").shortcuts() == []
    assert window.action("maximise").shortcut().toString() == "Ctrl+S"
    click(dialog.reset)
    assert window.action("save").shortcut().toString() == "Ctrl+S"
    assert window.action("maximise").shortcut().toString() == "Ctrl+Space"
    dialog.close()


def test_keys_of_the_views_are_refused_with_the_reason(window: MainWindow) -> None:
    dialog = open_dialog(window)
    dialog.choose("save")
    for which, reason in (
        (Qt.Key.Key_Escape, "cancels a stroke"),
        (Qt.Key.Key_Tab, "moves on to the next field"),
        (Qt.Key.Key_3, "chooses a window preset"),
        (Qt.Key.Key_H, "hides all contours"),
    ):
        QTest.keyClick(dialog.field, which)
        assert reason in dialog.sentence.text() and dialog.isVisible()
    assert window.action("save").shortcut().toString() == "Ctrl+S"
    dialog.close()


def test_clear_presets_and_reset_all(window: MainWindow) -> None:
    dialog = open_dialog(window)
    dialog.choose("save")
    click(dialog.clear)
    assert window.action("save").shortcuts() == [] and not dialog.clear.isEnabled()
    assert Settings().shortcuts()[1] == {"save": []}
    dialog.presets.setCurrentText("ITK-SNAP")
    dialog.presets.activated.emit(dialog.presets.currentIndex())
    assert [k.toString() for k in window.action("toggle_overlay").shortcuts()] == ["W", "T"]
    assert [k.toString() for k in window.action("next_structure").shortcuts()] == [".", ">"]
    assert window.action("save").shortcut().toString() == "Ctrl+S"
    assert Settings().shortcuts()[0] == "ITK-SNAP"
    dialog.choose("save")
    click(dialog.clear)
    click(dialog.reset_all)
    assert window.action("save").shortcut().toString() == "Ctrl+S"
    assert window.action("toggle_overlay").shortcut().toString() == "W", "all of the preset"
    dialog.close()


@pytest.mark.parametrize("kept", ["no json {", "[1, 2]", '{"save": 3, "nothing": ["F4"]}'])
def test_kept_keys_that_cannot_be_read_are_those_of_the_preset(
    kept: str, qapp: QApplication, own_data_folder: Path
) -> None:
    own_data_folder.mkdir(parents=True)
    (own_data_folder / "window.ini").write_text(f"[shortcuts]\npreset=nobody's\nchanged={json.dumps(kept)}\n")
    preset, changed = Settings().shortcuts()
    keys = Shortcuts(lambda _n, _k: None, lambda _p, _c: None, preset, changed)
    assert keys.preset == "Default" and keys.changed == {} and keys.keys("save") == ("Ctrl+S",)


def test_the_search_finds_actions_and_keys(window: MainWindow) -> None:
    dialog = open_dialog(window)
    QTest.keyClicks(dialog.search, "ctrl+z")
    shown = [name for name, item in dialog._items.items() if not item.isHidden()]
    assert "undo" in shown and "save" not in shown
    dialog.close()


# ---------------------------------------------------------------------- the quick reference


def test_the_reference_is_searched(window: MainWindow) -> None:
    key(window, Qt.Key.Key_F1)
    reference = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QuickReference) and w.isVisible())
    QTest.keyClicks(reference.search, "brush")
    assert reference.shown and all("brush" in f"{what} {keys}".lower() for what, keys in reference.shown)
    QTest.keyClicks(reference.search, " nonsense")
    assert reference.shown == [] and reference.nothing.isVisible()
    reference.close()


def test_columns_are_of_about_one_height_and_keep_the_order() -> None:
    sections = rows()
    columns = columns_of(sections)
    assert [s for column in columns for s in column] == sections
    assert len(columns) == 3 and all(columns)


def test_the_reference_is_one_page_of_pdf_with_every_key(window: MainWindow, tmp_path: Path) -> None:
    key(window, Qt.Key.Key_F1)
    reference = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QuickReference) and w.isVisible())
    reference.save_pdf(tmp_path / "keys")
    written = tmp_path / "keys.pdf"
    assert str(written) in reference.nothing.text()
    data = written.read_bytes()
    assert data.startswith(b"%PDF") and data.count(b"/Type /Page\n") == 1
    assert b"/MediaBox [0 0 595" in data, "A4"
    reference.save_pdf(tmp_path / "no such folder" / "keys.pdf")
    assert "can't be written" in reference.nothing.text() and "Choose another place" in reference.nothing.text()
    reference.close()


def test_a_printer_gets_the_same_one_page(window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def accept(dialog: QPrintDialog) -> QDialog.DialogCode:
        dialog.printer().setOutputFormat(QPrinter.OutputFormat.PdfFormat)
        dialog.printer().setOutputFileName(str(tmp_path / "printed.pdf"))
        return QDialog.DialogCode.Accepted

    monkeypatch.setattr(QPrintDialog, "exec", accept)
    key(window, Qt.Key.Key_F1)
    reference = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QuickReference) and w.isVisible())
    click(reference.printing)
    assert (tmp_path / "printed.pdf").read_bytes().count(b"/Type /Page\n") == 1
    reference.close()


def test_more_rows_make_smaller_letters_not_more_pages(qapp: QApplication, tmp_path: Path) -> None:
    write_pdf(tmp_path / "many.pdf", [("Many", [(f"Something number {n}", f"Ctrl+Alt+F{n}") for n in range(150)])])
    assert (tmp_path / "many.pdf").read_bytes().count(b"/Type /Page\n") == 1


def test_the_table_itself_stays_as_it_is() -> None:
    assert rows() == rows(lambda name: spec(name).shortcuts)


def test_the_reserved_digits_choose_presets_whatever_was_changed(ct_window: MainWindow) -> None:
    ct_window.action("shortcuts").trigger()
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, ShortcutDialog) and w.isVisible())
    dialog.close()
    assert ct_window.session is not None
    slice_view(ct_window).setFocus()
    key(ct_window, Qt.Key.Key_2)
    let_live(0.05)
    assert ct_window.session.viewing.window(ct_window.session.case.planning_key) == (400.0, 1800.0)
