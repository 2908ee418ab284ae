"""A case that is saved, left and opened again is as it was; nothing is lost without a word."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PySide6.QtCore import Qt

from tests.gui.hands import click, drag, key, let_live, listed, make_structure, slice_view, type_into
from tests.gui.small_patient import SmallPatient, case_of, cylinder
from workstation.dicom.structure_set_write import write_structure_set
from workstation.gui.application import settle
from workstation.gui.main_window import MainWindow
from workstation.store.recovery import recoverable_cases

STROKE = [(x, 0.0, -1.5) for x in np.linspace(-10, 10, 12)]


def paint(window: MainWindow, name: str = "GTV") -> None:
    """A structure with one stroke."""
    make_structure(window, name)
    drag(slice_view(window), STROKE)
    let_live()


def message(window: MainWindow, wanted: str) -> object:
    """The message of a key."""
    return next(m for m in window.messages.messages() if m.key == wanted)


def answer(window: MainWindow, wanted: str, text: str) -> None:
    """Press a message's button."""
    click(next(b for b in message(window, wanted).buttons if b.text() == text))  # type: ignore[attr-defined]


@pytest.fixture
def saved(ct_window: MainWindow, tmp_path: Path) -> tuple[MainWindow, Path]:
    """A window whose case has been painted on, fused and saved."""
    paint(ct_window)
    path = tmp_path / "work.rtcase"
    ct_window.files.save_as(str(path))
    assert settle(ct_window, 30)
    return ct_window, path


def test_a_saved_case_opens_as_it_was(saved: tuple[MainWindow, Path]) -> None:
    window, path = saved
    assert window.session is not None
    window.session.viewing.crosshair_mm = np.array([3.0, -4.0, 7.5])
    window.session.viewing.set_window(window.session.case.planning_key, 100.0, 700.0)
    volume = listed(window, "GTV")
    contours = window.session.active.stack.slices[0].region.rings[0]
    window.action("close_case").trigger()
    assert window.session is None and window.start_page.isVisible()
    click(window.start_page.recent_buttons[0])
    assert settle(window, 30)
    session = window.session
    assert session is not None and session.file is not None and session.file.path == path
    let_live()
    assert listed(window, "GTV") == volume
    assert np.array_equal(session.active.stack.slices[0].region.rings[0], contours)
    assert session.viewing.crosshair_mm.tolist() == [3.0, -4.0, 7.5]
    assert session.viewing.window(session.case.planning_key) == (100.0, 700.0)
    assert session.case.undo_label == "Paint GTV"
    key(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not session.active.stack.slices


def test_the_title_tells_name_and_modification(ct_window: MainWindow, tmp_path: Path) -> None:
    assert ct_window.windowTitle() == "New case[*] - Workstation" and not ct_window.isWindowModified()
    paint(ct_window)
    assert ct_window.isWindowModified() and ct_window.status.saved.text() == "not saved yet"
    ct_window.files.save_as(str(tmp_path / "work"))
    assert settle(ct_window, 30)
    assert ct_window.windowTitle() == "work[*] - Workstation" and not ct_window.isWindowModified()
    assert (tmp_path / "work.rtcase").exists()


def test_after_saving_every_stroke_is_on_disk_by_itself(saved: tuple[MainWindow, Path]) -> None:
    window, _ = saved
    assert window.session is not None
    drag(slice_view(window), [(x, 8.0, -1.5) for x in np.linspace(-10, 10, 8)])
    let_live(0.4)
    assert window.session.case.saved and window.status.saved.text() == "saved"


def test_leaving_unsaved_work_asks_without_a_dialog(ct_window: MainWindow) -> None:
    paint(ct_window)
    ct_window.action("close_case").trigger()
    assert ct_window.session is not None
    texts = [b.text() for b in message(ct_window, "leave").buttons]  # type: ignore[attr-defined]
    assert texts == ["Save…", "Keep for next time", "Discard"]
    answer(ct_window, "leave", "Discard")
    assert ct_window.session is None and recoverable_cases() == []


def test_closing_the_window_with_unsaved_work_is_held_back(ct_window: MainWindow) -> None:
    paint(ct_window)
    ct_window.close()
    assert ct_window.isVisible() and message(ct_window, "leave")


def test_looking_without_drawing_leaves_nothing_behind(ct_window: MainWindow) -> None:
    ct_window.action("close_case").trigger()
    assert ct_window.session is None and recoverable_cases() == []


def test_what_was_kept_is_offered_at_the_next_start(
    ct_window: MainWindow, new_window: Callable[[], MainWindow]
) -> None:
    paint(ct_window)
    volume = listed(ct_window, "GTV")
    ct_window.action("close_case").trigger()
    answer(ct_window, "leave", "Keep for next time")
    assert ct_window.session is None
    second = new_window()
    answer(second, "restore", "Restore")
    assert settle(second, 30)
    let_live()
    assert second.session is not None and listed(second, "GTV") == volume
    assert second.isWindowModified()


def test_the_offer_can_wait(ct_window: MainWindow, new_window: Callable[[], MainWindow]) -> None:
    paint(ct_window)
    ct_window.action("close_case").trigger()
    answer(ct_window, "leave", "Keep for next time")
    second = new_window()
    answer(second, "restore", "Not now")
    assert len(recoverable_cases()) == 1


def test_saving_where_nothing_can_be_written_says_so_and_keeps_the_work(ct_window: MainWindow, tmp_path: Path) -> None:
    paint(ct_window)
    ct_window.files.save_as(str(tmp_path / "absent" / "work.rtcase"))
    assert settle(ct_window, 30)
    assert any("absent" in text for text in ct_window.messages.texts())
    assert ct_window.session is not None and ct_window.isWindowModified()


def test_a_case_opens_without_images_that_have_gone(window: MainWindow, patient: SmallPatient, tmp_path: Path) -> None:
    import shutil

    moved = tmp_path / "moved"
    shutil.copytree(patient.ct_folder, moved)
    window.commands.open_paths([str(moved)])
    assert settle(window, 30)
    paint(window)
    path = tmp_path / "work.rtcase"
    window.files.save_as(str(path))
    assert settle(window, 30)
    window.action("close_case").trigger()
    shutil.rmtree(moved)
    window.commands.open_paths([str(path)])
    assert settle(window, 30)
    assert window.session is not None
    assert [s.name for s in window.session.case.structures.values()] == ["GTV"]
    assert any("was not found" in text for text in window.messages.texts())


def test_a_file_that_is_no_case_is_refused_in_one_sentence(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "wrong.rtcase"
    path.write_bytes(b"nothing of the kind" * 100)
    window.commands.open_paths([str(path)])
    assert settle(window, 30)
    assert window.session is None
    assert len(window.messages.texts()) == 1 and "wrong.rtcase" in window.messages.texts()[0]


def test_a_case_that_is_open_elsewhere_is_refused(
    saved: tuple[MainWindow, Path], new_window: Callable[[], MainWindow]
) -> None:
    _, path = saved
    second = new_window()
    second.commands.open_paths([str(path)])
    assert settle(second, 30)
    assert second.session is None and any("open elsewhere" in text for text in second.messages.texts())


# ------------------------------------------------------------------------------------------------ a full disk


@pytest.fixture
def full_disk(saved: tuple[MainWindow, Path], monkeypatch: pytest.MonkeyPatch) -> tuple[MainWindow, Path]:
    """A saved case with one more stroke, for which there was no room where the case lies."""
    window, path = saved
    assert window.session is not None and window.session.file is not None
    file = window.session.file
    write = file._write_pending

    def refuse(connection: sqlite3.Connection) -> None:
        if file.path == path:
            raise sqlite3.OperationalError("database or disk is full")
        write(connection)

    monkeypatch.setattr(file, "_write_pending", refuse)
    drag(slice_view(window), [(x, 8.0, -1.5) for x in np.linspace(-10, 10, 8)])
    let_live(0.4)
    assert not window.session.case.saved and any("disk is full" in text for text in window.messages.texts())
    return window, path


def test_a_case_on_a_full_disk_can_be_saved_elsewhere(full_disk: tuple[MainWindow, Path], tmp_path: Path) -> None:
    window, _ = full_disk
    assert window.session is not None
    drawn = window.session.active.stack.slices[0].region.rings[0]
    window.files.save_as(str(tmp_path / "elsewhere.rtcase"))
    assert settle(window, 30)
    let_live()
    assert window.session.case.saved and window.commands.case_name() == "elsewhere"
    assert not any("disk is full" in text for text in window.messages.texts())
    window.action("close_case").trigger()
    window.commands.open_paths([str(tmp_path / "elsewhere.rtcase")])
    assert settle(window, 30)
    assert window.session is not None
    assert np.array_equal(window.session.active.stack.slices[0].region.rings[0], drawn)


def test_leaving_what_could_not_be_written_asks(full_disk: tuple[MainWindow, Path]) -> None:
    window, path = full_disk
    window.action("close_case").trigger()
    assert window.session is not None
    assert "newest changes" in message(window, "leave").sentence.text()  # type: ignore[attr-defined]
    answer(window, "leave", "Leave without it")
    assert window.session is None
    window.commands.open_paths([str(path)])
    assert settle(window, 30)
    assert window.session is not None and window.session.case.undo_label == "Paint GTV"


# ---------------------------------------------------------------------- what other systems said about structures


def from_elsewhere(patient: SmallPatient, path: Path, *names: str) -> Path:
    """A structure set with what only another system knows: observations, an algorithm, private elements."""
    organs = [cylinder(case_of(patient.ct), name, 8.0 + n) for n, name in enumerate(names)]
    organs = [replace(organ, number=n) for n, organ in enumerate(organs, start=1)]
    write_structure_set(path, organs, patient.ct, label="elsewhere")
    dataset = pydicom.dcmread(path)
    for item, seen in zip(dataset.StructureSetROISequence, dataset.RTROIObservationsSequence, strict=True):
        item.ROIGenerationAlgorithm = "SEMIAUTOMATIC"
        seen.ROIObservationLabel = "as seen"
        item.private_block(0x3773, "VENDOR", create=True).add_new(0x05, "LO", "sauce")
    dataset.save_as(path)
    return path


def close_and_reopen(window: MainWindow, path: Path) -> None:
    """Save, leave, and open again from disk."""
    window.files.save_as(str(path))
    assert settle(window, 30)
    window.action("close_case").trigger()
    assert window.session is None
    window.commands.open_paths([str(path)])
    assert settle(window, 30)
    assert window.session is not None


def exported(window: MainWindow, folder: Path) -> pydicom.Dataset:
    """What the review panel writes."""
    assert window.workspace is not None
    window.action("export").trigger()
    panel = window.workspace.review
    type_into(panel.folder.line, str(folder))
    click(panel.button)
    assert settle(window, 30)
    return pydicom.dcmread(folder / "structures.dcm")


def items_of(dataset: pydicom.Dataset) -> list[object]:
    """Everything that a file says about its structures."""
    return [dataset.StructureSetROISequence, dataset.RTROIObservationsSequence, dataset.ROIContourSequence]


def test_untouched_structures_of_a_reopened_case_leave_as_they_came(
    ct_window: MainWindow, patient: SmallPatient, tmp_path: Path
) -> None:
    original = from_elsewhere(patient, tmp_path / "elsewhere.dcm", "Cord", "Parotid")
    ct_window.commands.open_paths([str(original)])
    assert settle(ct_window, 30)
    close_and_reopen(ct_window, tmp_path / "work.rtcase")
    written, came = exported(ct_window, tmp_path / "out"), pydicom.dcmread(original)
    assert items_of(written) == items_of(came)
    assert written.ReferencedFrameOfReferenceSequence == came.ReferencedFrameOfReferenceSequence
    assert written.SOPInstanceUID != came.SOPInstanceUID


@pytest.mark.parametrize("change", ["gone", "another"])
def test_an_original_that_has_gone_or_changed_is_told_at_export(
    ct_window: MainWindow, patient: SmallPatient, tmp_path: Path, change: str
) -> None:
    original = from_elsewhere(patient, tmp_path / "elsewhere.dcm", "Cord", "Parotid")
    came = pydicom.dcmread(original)
    ct_window.commands.open_paths([str(original)])
    assert settle(ct_window, 30)
    ct_window.files.save_as(str(tmp_path / "work.rtcase"))
    assert settle(ct_window, 30)
    original.unlink()
    if change == "another":
        from_elsewhere(patient, original, "Liver")
    close_and_reopen(ct_window, tmp_path / "work.rtcase")
    written = exported(ct_window, tmp_path / "out")
    assert ct_window.workspace is not None
    words = [c.text() for c in ct_window.workspace.review.concern_labels() if "elsewhere.dcm" in c.text()]
    assert len(words) == 1 and words[0].startswith("▲ Cord and 1 more came from elsewhere.dcm, which ")
    contours = [[c.ContourData for c in item.ContourSequence] for item in written.ROIContourSequence]
    assert contours == [[c.ContourData for c in item.ContourSequence] for item in came.ROIContourSequence]
    assert [item.ROIName for item in written.StructureSetROISequence] == ["Cord", "Parotid"]


def test_the_export_continues_the_set_that_most_structures_came_from(
    ct_window: MainWindow, patient: SmallPatient, tmp_path: Path
) -> None:
    from_elsewhere(patient, tmp_path / "few.dcm", "Cord")
    many = from_elsewhere(patient, tmp_path / "many.dcm", "Parotid", "Cochlea")
    ct_window.commands.open_paths([str(tmp_path / "few.dcm"), str(many)])
    assert settle(ct_window, 30)
    assert ct_window.session is not None and len(ct_window.session.structure_sets) == 2
    written = exported(ct_window, tmp_path / "out")
    said = {r.ROIName: o.get("ROIObservationLabel") for r, o in zip(*items_of(written)[:2], strict=True)}  # type: ignore[call-overload]
    assert said == {"Cord": None, "Parotid": "as seen", "Cochlea": "as seen"}


def test_an_original_that_has_moved_can_be_opened_again(
    ct_window: MainWindow, patient: SmallPatient, tmp_path: Path
) -> None:
    original = from_elsewhere(patient, tmp_path / "elsewhere.dcm", "Cord", "Parotid")
    came = pydicom.dcmread(original)
    ct_window.commands.open_paths([str(original)])
    assert settle(ct_window, 30)
    ct_window.files.save_as(str(tmp_path / "work.rtcase"))
    assert settle(ct_window, 30)
    moved = original.rename(tmp_path / "moved.dcm")
    close_and_reopen(ct_window, tmp_path / "work.rtcase")
    ct_window.commands.open_paths([str(moved)])
    assert settle(ct_window, 30)
    assert ct_window.session is not None and len(ct_window.session.case.structures) == 2
    assert items_of(exported(ct_window, tmp_path / "out")) == items_of(came)
