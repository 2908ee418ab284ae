"""The structure list: everything about a structure can be seen and changed where it stands."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QColorDialog, QLineEdit

from tests.gui.hands import LEFT, NO_KEYS, let_live, listed
from tests.gui.small_patient import sphere
from workstation.case.commands import AddStructure, ChangeStructure
from workstation.gui.main_window import MainWindow
from workstation.gui.structure_list import StructureList
from workstation.gui.structure_model import Column, volume_text


@pytest.fixture
def listing(ct_window: MainWindow) -> StructureList:
    """The list with a GTV and a cord."""
    assert ct_window.session is not None and ct_window.workspace is not None
    for name, radius in (("GTV", 10.0), ("Cord", 6.0)):
        ct_window.session.do(AddStructure(sphere(ct_window.session.case, name, radius)))
    let_live()
    return ct_window.workspace.structures


def cell(listing: StructureList, row: int, column: Column) -> QPoint:
    """Middle of a cell in the table's viewport."""
    rect = listing.table.visualRect(listing.model.index(row, column))
    assert rect.isValid() and listing.table.viewport().rect().contains(rect.center())
    return rect.center()


def press(listing: StructureList, row: int, column: Column) -> None:
    """A click on a cell."""
    QTest.mouseClick(listing.table.viewport(), LEFT, NO_KEYS, cell(listing, row, column))
    QApplication.processEvents()


def test_volumes_stand_beside_the_names_with_the_surface_model(ct_window: MainWindow, listing: StructureList) -> None:
    assert listed(ct_window, "GTV") == pytest.approx(4.19, rel=0.05)
    assert listing._model_name.text() == "linear-tapered"
    tip = listing.model.index(0, Column.VOLUME).data(Qt.ItemDataRole.ToolTipRole)
    assert "linear-tapered" in tip


@pytest.mark.parametrize(
    ("volume", "text"), [(None, "…"), (0.0, "0.0 cc"), (0.234, "0.23 cc"), (0.996, "1.0 cc"), (47.21, "47.2 cc")]
)
def test_volumes_have_one_sensible_precision(volume: float | None, text: str) -> None:
    assert volume_text(volume) == text


def test_a_click_on_a_name_makes_it_active(ct_window: MainWindow, listing: StructureList) -> None:
    press(listing, 1, Column.NAME)
    assert ct_window.session is not None and ct_window.session.active is not None
    assert ct_window.session.active.name == "Cord"


def test_the_eye_hides_and_shows(ct_window: MainWindow, listing: StructureList) -> None:
    assert ct_window.session is not None
    identifier = listing.model.identifier(0)
    press(listing, 0, Column.EYE)
    assert not ct_window.session.viewing.visible(identifier)
    press(listing, 0, Column.EYE)
    assert ct_window.session.viewing.visible(identifier)


def test_the_lock_locks_and_can_be_undone(ct_window: MainWindow, listing: StructureList) -> None:
    assert ct_window.session is not None
    press(listing, 0, Column.LOCK)
    assert ct_window.session.case.structures[listing.model.identifier(0)].locked
    ct_window.action("undo").trigger()
    assert not ct_window.session.case.structures[listing.model.identifier(0)].locked


def test_a_double_click_centres_the_views_on_the_structure(ct_window: MainWindow, listing: StructureList) -> None:
    assert ct_window.session is not None
    ct_window.session.viewing.crosshair_mm = [30.0, 30.0, 30.0]
    press(listing, 0, Column.NAME)
    QTest.mouseDClick(listing.table.viewport(), LEFT, NO_KEYS, cell(listing, 0, Column.NAME))
    assert ct_window.session.viewing.crosshair_mm == pytest.approx([0, 0, 0], abs=2.0)


def test_looking_at_an_empty_structure_says_why_not(ct_window: MainWindow) -> None:
    from workstation.case.new_structure import new_structure

    assert ct_window.session is not None and ct_window.workspace is not None
    empty = new_structure(ct_window.session.case, "Empty")
    ct_window.session.do(AddStructure(empty))
    ct_window.workspace.look_at(empty.identifier)
    assert any("Empty is empty" in text for text in ct_window.messages.texts())


def test_f2_renames_in_place(ct_window: MainWindow, listing: StructureList) -> None:
    press(listing, 1, Column.NAME)
    ct_window.action("rename_structure").trigger()
    editor = listing.table.findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    QTest.keyClicks(editor, "SpinalCord")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    let_live(0.05)
    assert ct_window.session is not None and ct_window.session.active is not None
    assert ct_window.session.active.name == "SpinalCord"


def test_a_name_that_is_taken_is_refused_with_a_suggestion(ct_window: MainWindow, listing: StructureList) -> None:
    assert not listing.model.setData(listing.model.index(1, Column.NAME), "GTV")
    assert any("GTV_2" in text for text in ct_window.messages.texts())


def test_a_locked_structure_is_not_renamed_by_any_route(ct_window: MainWindow, listing: StructureList) -> None:
    assert ct_window.session is not None
    identifier = listing.model.identifier(0)
    ct_window.session.do(ChangeStructure(identifier, locked=True))
    listing.rename(identifier)
    assert any("locked" in text for text in ct_window.messages.texts())
    assert not listing.model.flags(listing.model.index(0, Column.NAME)) & Qt.ItemFlag.ItemIsEditable
    assert not listing.model.setData(listing.model.index(0, Column.NAME), "Other")


def test_the_colour_is_chosen_in_a_dialog_beside_the_work(ct_window: MainWindow, listing: StructureList) -> None:
    press(listing, 0, Column.COLOUR)
    dialog = listing.findChild(QColorDialog)
    assert dialog is not None
    dialog.setCurrentColor(Qt.GlobalColor.green)
    dialog.accept()
    assert ct_window.session is not None
    assert ct_window.session.case.structures[listing.model.identifier(0)].color == (0, 255, 0)


def test_the_context_menu_deletes_and_undo_brings_back(ct_window: MainWindow, listing: StructureList) -> None:
    menu = listing.menu_for(listing.model.identifier(1))
    next(a for a in menu.actions() if a.text() == "Delete").trigger()
    assert ct_window.session is not None
    assert [s.name for s in ct_window.session.case.structures.values()] == ["GTV"]
    ct_window.action("undo").trigger()
    assert [s.name for s in ct_window.session.case.structures.values()] == ["GTV", "Cord"]


def test_show_only_this_and_show_all(ct_window: MainWindow, listing: StructureList) -> None:
    assert ct_window.session is not None
    viewing = ct_window.session.viewing
    menu = listing.menu_for(listing.model.identifier(1))
    next(a for a in menu.actions() if a.text() == "Show only this").trigger()
    assert [viewing.visible(listing.model.identifier(n)) for n in (0, 1)] == [False, True]
    next(a for a in menu.actions() if a.text() == "Show all").trigger()
    assert [viewing.visible(listing.model.identifier(n)) for n in (0, 1)] == [True, True]
