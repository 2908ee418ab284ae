"""Export shows first what is worth knowing, writes into a folder, and says what it wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gui.hands import click, let_live, make_structure, type_into
from tests.gui.small_patient import cylinder, sphere
from workstation.case.commands import AddStructure, ChangeStructure, SetSurfaceModel
from workstation.dicom.registration import read_registrations
from workstation.dicom.structure_set_read import read_structure_set
from workstation.gui.application import settle
from workstation.gui.exporting import concerns, free_path
from workstation.gui.main_window import MainWindow


def open_review(window: MainWindow) -> None:
    """Ctrl+E."""
    window.action("export").trigger()
    let_live(0.05)


def test_the_exported_files_hold_what_the_window_showed(full_window: MainWindow, tmp_path: Path) -> None:
    assert full_window.workspace is not None and full_window.session is not None
    gtv = cylinder(full_window.session.case, "GTV", 9.0)
    full_window.session.do(AddStructure(gtv))
    open_review(full_window)
    panel = full_window.workspace.review
    assert "2 structures" in panel.summary.text() and "1 registration" in panel.summary.text()
    type_into(panel.folder.line, str(tmp_path / "out"))
    click(panel.button)
    assert settle(full_window, 30)
    assert panel.done_words.isVisible() and "structures.dcm" in panel.done_words.text()
    written = read_structure_set(tmp_path / "out" / "structures.dcm", full_window.session.case.planning)
    assert [s.name for s in written.structures] == ["Organ", "GTV"]
    assert written.structures[1].stack.contour_count == 9
    registration = read_registrations(tmp_path / "out" / "registration.dcm")[0]
    original = next(iter(full_window.session.case.registrations.values()))
    assert registration.fixed_to_moving.matrix == pytest.approx(original.fixed_to_moving.matrix, abs=1e-6)


def test_nothing_that_exists_is_replaced(tmp_path: Path) -> None:
    assert free_path(tmp_path, "structures").name == "structures.dcm"
    (tmp_path / "structures.dcm").touch()
    assert free_path(tmp_path, "structures").name == "structures_2.dcm"


def test_without_a_folder_the_field_says_so(full_window: MainWindow) -> None:
    assert full_window.workspace is not None
    open_review(full_window)
    panel = full_window.workspace.review
    click(panel.button)
    assert panel.folder.reason.isVisible() and "Choose a folder" in panel.folder.reason.text()


def test_an_export_that_fails_says_why_and_can_be_tried_again(full_window: MainWindow, tmp_path: Path) -> None:
    assert full_window.workspace is not None
    open_review(full_window)
    panel = full_window.workspace.review
    (tmp_path / "file").touch()
    panel.folder.line.setText(str(tmp_path / "file" / "below"))
    click(panel.button)
    assert settle(full_window, 30)
    assert any(text.startswith("Export:") for text in full_window.messages.texts())
    assert panel.button.isEnabled()


def test_concerns_name_the_structure_and_the_reason(full_window: MainWindow) -> None:
    session = full_window.session
    assert session is not None
    make_structure(full_window, "GTV_with_a_very_long_name")
    texts = [c.text for c in concerns(session.case)]
    assert any("GTV_with_a_very_long_name" in t and "longer than 16" in t for t in texts)
    assert any("GTV_with_a_very_long_name" in t and "is empty" in t for t in texts)
    assert any("not been accepted" in t for t in texts)


def test_the_panel_follows_the_case(full_window: MainWindow) -> None:
    assert full_window.workspace is not None and full_window.session is not None
    open_review(full_window)
    organ = next(iter(full_window.session.case.structures))
    full_window.session.do(ChangeStructure(organ, name="A_name_of_more_than_16"))
    words = [full_window.workspace.review._concerns.itemAt(0).widget().text()]
    assert "longer than 16" in words[0]


def test_the_surface_model_is_chosen_here_and_named_beside_the_volumes(ct_window: MainWindow) -> None:
    workspace, session = ct_window.workspace, ct_window.session
    assert workspace is not None and session is not None
    session.do(AddStructure(sphere(session.case, "GTV", 10.0)))
    open_review(ct_window)
    let_live(0.3)
    tapered = workspace.structures.model.volume_cc(next(iter(session.case.structures)))
    workspace.review.model.setCurrentIndex(workspace.review.model.findData("slab"))
    workspace.review.model.activated.emit(workspace.review.model.currentIndex())
    let_live(0.3)
    assert session.case.surface_model == "slab" and "slice on each side" in workspace.review.model_words.text()
    assert workspace.structures._model_name.text() == "slab"
    assert workspace.structures.model.volume_cc(next(iter(session.case.structures))) != tapered
    session.do(SetSurfaceModel("linear-tapered"))
    assert workspace.review.model.currentData() == "linear-tapered"
