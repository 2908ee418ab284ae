"""The header of an image: opened from its card or by key, searched by typing, slice by slice, copied."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.gui.hands import click, let_live
from tests.gui.small_patient import SmallPatient
from workstation.case.case import Case
from workstation.case.commands import AddImage
from workstation.geometry.grid import Grid
from workstation.gui.application import settle
from workstation.gui.header_model import Column
from workstation.gui.header_window import HeaderWindow
from workstation.gui.information_commands import InformationCommands
from workstation.gui.main_window import MainWindow
from workstation.images.files import write_volume
from workstation.images.volume import Volume

SHIFT = Qt.KeyboardModifier.ShiftModifier


def commands(window: MainWindow) -> InformationCommands:
    return next(h for h in window.handlers if isinstance(h, InformationCommands))


def opened(window: MainWindow) -> HeaderWindow:
    """The header window, when everything in it has been read."""
    let_live(0.02)
    assert settle(window, 30)
    header = commands(window).header
    assert header is not None and header.isVisible() and not header.isModal()
    return header


@pytest.fixture
def header(full_window: MainWindow) -> HeaderWindow:
    full_window.action("image_header").trigger()
    return opened(full_window)


def shown(header: HeaderWindow, column: Column) -> list[str]:
    model = header.model
    return [str(model.index(row, column).data()) for row in range(model.rowCount())]


def value(header: HeaderWindow, tag: str) -> str:
    return shown(header, Column.VALUE)[shown(header, Column.TAG).index(tag)]


def type_search(header: HeaderWindow, text: str) -> None:
    header.search.setFocus()
    header.search.selectAll()
    QTest.keyClicks(header.search, text)
    QApplication.processEvents()


def test_the_slice_under_the_crosshair_is_listed_with_a_mark_at_what_differs(full_window, header, patient) -> None:
    assert header.images.currentData() == patient.ct.series_uid
    number = round(header.slice.value())
    height = float(value(header, "(0020,0032)").split("\\")[2])
    assert abs(height - full_window.session.viewing.crosshair_mm[2]) <= 1.6
    assert f"Slice {number} of 24, {height:+.1f} mm" in header.place.text()
    marks = dict(zip(shown(header, Column.TAG), shown(header, Column.DIFFERS), strict=True))
    assert marks["(0020,0032)"] == marks["(0008,0018)"] == "≠" and marks["(0028,0030)"] == ""
    assert header.comparing.text().startswith("≠ marks")


def test_another_slice_is_listed_where_one_was_reading(full_window, header) -> None:
    row = shown(header, Column.TAG).index("(0020,0013)")
    header.table.selectRow(row)
    before = value(header, "(0020,0013)")
    QTest.keyClick(header.slice.slider, Qt.Key.Key_Right)
    assert settle(full_window, 10)
    assert int(value(header, "(0020,0013)")) == int(before) + 1
    assert header.table.currentIndex().row() == row


def test_typing_finds_and_enter_goes_from_match_to_match(header) -> None:
    type_search(header, "position")
    hits = [n for n, row in enumerate(header.model.rows) if row.matches("position")]
    assert len(hits) >= 3 and header.model.hits == hits
    assert header.found.text() == f"1 of {len(hits)}" and header.table.currentIndex().row() == hits[0]
    QTest.keyClick(header.search, Qt.Key.Key_Return)
    assert header.found.text() == f"2 of {len(hits)}" and header.table.currentIndex().row() == hits[1]
    QTest.keyClick(header.search, Qt.Key.Key_Return, SHIFT)
    QTest.keyClick(header.search, Qt.Key.Key_Return, SHIFT)
    assert header.table.currentIndex().row() == hits[-1]
    click(header.next)
    assert header.table.currentIndex().row() == hits[0]
    tinted = header.model.index(hits[1], Column.NAME).data(Qt.ItemDataRole.BackgroundRole)
    assert tinted is not None and header.isVisible()
    for text, wanted in (("0028,0030", "Pixel Spacing"), ("pixelspacing", "Pixel Spacing"), ("Ball^Small", "Patient")):
        type_search(header, text)
        assert wanted in header.model.rows[header.table.currentIndex().row()].name
    type_search(header, "nothing of that kind")
    assert header.found.text() == "No match" and not header.next.isEnabled()


def test_only_what_differs_is_listed_on_demand(header) -> None:
    everything = header.model.rowCount()
    click(header.only_differing)
    tags = shown(header, Column.TAG)
    assert "(0020,0032)" in tags and "(0028,0030)" not in tags and 0 < len(tags) < everything
    assert set(shown(header, Column.DIFFERS)) == {"≠"}
    click(header.only_differing)
    assert header.model.rowCount() == everything


def test_rows_are_copied(header) -> None:
    row = shown(header, Column.TAG).index("(0028,0030)")
    header.table.selectRow(row)
    click(header.copy)
    assert QApplication.clipboard().text() == "(0028,0030)\tPixel Spacing\tDS\t2.0\\2.0"
    click(header.copy_everything)
    lines = QApplication.clipboard().text().splitlines()
    assert len(lines) == header.model.rowCount() and lines[row].startswith("(0028,0030)\t")
    header.table.setFocus()
    QTest.keyClick(header.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text().startswith("(0028,0030)\t")


def test_the_card_of_an_image_opens_its_header_in_the_same_window(full_window, header, patient: SmallPatient) -> None:
    full_window.action("step_images").trigger()
    click(full_window.workspace.images.cards[patient.mr.series_uid].header)
    assert opened(full_window) is header
    assert header.images.currentData() == patient.mr.series_uid and value(header, "(0008,0060)") == "MR"
    header.images.setCurrentIndex(header.images.findData(patient.ct.series_uid))
    header.images.activated.emit(header.images.currentIndex())
    assert settle(full_window, 10)
    assert value(header, "(0008,0060)") == "CT"


def test_it_closes_with_escape_and_with_its_case_and_opens_anew(full_window, header) -> None:
    QTest.keyClick(header, Qt.Key.Key_Escape)
    let_live(0.05)
    assert commands(full_window).header is None
    full_window.activateWindow()
    QApplication.processEvents()
    QTest.keyClick(full_window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    again = opened(full_window)
    assert again is not header and again.search.hasFocus()
    full_window.close_workspace()
    let_live(0.05)
    assert commands(full_window).header is None


def test_files_that_have_gone_are_told_and_what_is_known_is_listed(
    new_window: Callable[[], MainWindow], patient: SmallPatient, tmp_path: Path
) -> None:
    shutil.copytree(patient.ct_folder, tmp_path / "ct")
    window = new_window()
    window.commands.open_paths([str(tmp_path / "ct")])
    assert settle(window, 30)
    shutil.rmtree(tmp_path / "ct")
    window.action("image_header").trigger()
    header = opened(window)
    assert "can't be found" in header.note.text() and header.note.isVisible()
    names = dict(zip(shown(header, Column.NAME), shown(header, Column.VALUE), strict=True))
    assert names["    Name"] == "Ball^Small" and names["    Spacing"] == "2 × 2 × 3 mm"
    assert not header.slice.isEnabled() and not header.only_differing.isEnabled()


def test_other_image_files_show_their_grid_and_what_they_store(
    new_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    grid = Grid((1, 2, 3), (1, 1, 2.5), np.eye(3), (8, 9, 10))
    write_volume(tmp_path / "scan.nii.gz", Volume("v", np.zeros(grid.shape, np.int16), grid))
    window = new_window()
    window.commands.open_paths([str(tmp_path / "scan.nii.gz")])
    assert settle(window, 30)
    window.action("image_header").trigger()
    header = opened(window)
    assert "another kind of image file" in header.note.text()
    names = dict(zip(shown(header, Column.NAME), shown(header, Column.VALUE), strict=True))
    assert names["    Format"] == "NIfTI" and names["    Spacing"] == "1 × 1 × 2.5 mm"
    assert "    srow_x" in names or "    qform_code" in names
    type_search(header, "nifti")
    assert header.model.hits


def test_an_image_that_the_program_made_has_no_file(new_window: Callable[[], MainWindow], patient) -> None:
    case = Case()
    case.do(AddImage(patient.ct))
    window = new_window()
    window.show_case(case)
    window.action("image_header").trigger()
    assert "made by the program" in opened(window).note.text()


@pytest.mark.realdata
def test_the_frames_of_an_enhanced_image_are_its_slices(window: MainWindow, data_dir: Path) -> None:
    window.commands.open_paths([str(data_dir / "odd_enhanced_mr")])
    assert settle(window, 30)
    window.action("image_header").trigger()
    header = opened(window)
    assert "frame" in header.place.text() and "of 8" in header.place.text()
    assert "other 7 frames" in header.note.text()
    click(header.only_differing)
    assert "Dimension Index Values" in "".join(shown(header, Column.NAME))


def test_nothing_reads_files_on_the_windows_thread(full_window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    from workstation.dicom.source import Source

    main, seen = threading.main_thread(), []
    original = Source.opened
    monkeypatch.setattr(Source, "opened", lambda self: (seen.append(threading.current_thread()), original(self))[1])
    full_window.action("image_header").trigger()
    opened(full_window)
    assert seen and main not in seen
