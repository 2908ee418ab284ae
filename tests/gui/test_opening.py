"""Opening shows the patient as soon as there is a slice, and says what was left out and why."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.gui.hands import click, drop, let_live
from tests.gui.small_patient import SmallPatient
from workstation.dicom.registration import read_registrations
from workstation.dicom.structure_set_read import read_structure_set
from workstation.gui.application import settle
from workstation.gui.landmarks import shown_middle
from workstation.gui.main_window import MainWindow
from workstation.gui.opening import FUSION_OPACITY
from workstation.gui.reading import ImageRead, Preview, read_paths, to_load
from workstation.images.files import write_volume
from workstation.images.own_frame import is_own_frame


def test_a_folder_opens_with_images_structures_and_registration(full_window: MainWindow) -> None:
    session = full_window.session
    assert session is not None
    assert [v.modality for v in session.case.images.values()] == ["CT", "MR"]
    assert session.case.planning is not None and session.case.planning.modality == "CT"
    assert [s.name for s in session.case.structures.values()] == ["Organ"]
    assert len(session.case.registrations) == 1


def test_a_linked_mr_is_fused_at_once(full_window: MainWindow, patient: SmallPatient) -> None:
    session = full_window.session
    assert session is not None
    assert session.viewing.overlay_key == patient.mr.series_uid
    assert session.viewing.opacity == FUSION_OPACITY


def test_what_was_left_out_is_listed_with_its_reason(full_window: MainWindow) -> None:
    assert full_window.session is not None and full_window.workspace is not None
    assert [Path(s.path).name for s in full_window.session.skipped] == ["letter.txt"]
    words = full_window.workspace.images.skipped_words.text()
    assert "letter.txt" in words and full_window.session.skipped[0].reason in words


def test_the_banner_says_who_and_what(full_window: MainWindow) -> None:
    assert full_window.banner.patient.text() == "Ball, Small"
    assert "SMALL-1" in full_window.banner.details.text() and "1970-01-31" in full_window.banner.details.text()
    assert "planning CT 2026-01-12" in full_window.banner.chip("planning").text()
    assert full_window.banner.chip("registration").text() == "MR fused, unchecked"


def test_files_can_be_dropped_on_the_window(window: MainWindow, patient: SmallPatient) -> None:
    drop(window, [str(patient.ct_folder)])
    assert settle(window, 30)
    assert window.session is not None and len(window.session.case.images) == 1


def test_an_archive_opens_like_a_folder(window: MainWindow, patient: SmallPatient, tmp_path: Path) -> None:
    archive = tmp_path / "ct.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for file in sorted(patient.ct_folder.iterdir()):
            made.write(file, file.name)
    window.commands.open_paths([str(archive)])
    assert settle(window, 30)
    assert window.session is not None and window.session.case.planning is not None
    assert np.array_equal(window.session.case.planning.voxels, patient.ct.voxels)


def test_structures_and_registrations_in_an_archive_open_too(
    window: MainWindow, patient: SmallPatient, tmp_path: Path
) -> None:
    archive = tmp_path / "everything.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for file in sorted(path for path in patient.folder.rglob("*") if path.is_file()):
            made.write(file, file.relative_to(patient.folder))
    window.commands.open_paths([str(archive)])
    assert settle(window, 30)
    session = window.session
    assert session is not None
    assert [s.name for s in session.case.structures.values()] == ["Organ"]
    assert session.viewing.overlay_key == patient.mr.series_uid
    assert [r.identifier for r in session.case.registrations.values()] == [
        r.identifier for r in read_registrations(patient.registration)
    ]
    window.files.save_as(str(tmp_path / "work.rtcase"))
    assert settle(window, 30)
    window.action("close_case").trigger()
    window.commands.open_paths([str(tmp_path / "work.rtcase")])
    assert settle(window, 30)
    assert window.session is not None
    assert list(window.session.structure_sets) == [read_structure_set(patient.structures).uid]


def test_a_damaged_structure_set_in_an_archive_is_named_as_it_is_called_there(
    window: MainWindow, patient: SmallPatient, tmp_path: Path
) -> None:
    archive = tmp_path / "everything.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for file in sorted(patient.ct_folder.iterdir()):
            made.write(file, file.name)
        made.writestr("inner/rs.dcm", patient.structures.read_bytes()[:-300])
    window.commands.open_paths([str(archive)])
    assert settle(window, 30)
    assert window.session is not None and not window.session.case.structures
    told = " ".join([*window.messages.texts(), *(s.path for s in window.session.skipped)])
    assert "rs.dcm" in told and "object.dcm" not in told


def test_a_folder_without_images_says_so_in_one_sentence(window: MainWindow, patient: SmallPatient) -> None:
    window.commands.open_paths([str(patient.letter)])
    assert settle(window, 30)
    assert window.session is None
    assert len(window.messages.texts()) == 1 and "letter.txt" in window.messages.texts()[0]
    assert window.start_page.isVisible()


def test_a_path_that_is_not_there_says_so(window: MainWindow, tmp_path: Path) -> None:
    window.commands.open_paths([str(tmp_path / "nowhere")])
    assert settle(window, 30)
    assert "nowhere" in window.messages.texts()[0] and "does not exist" in window.messages.texts()[0]


def test_a_message_can_be_closed(window: MainWindow, tmp_path: Path) -> None:
    window.commands.open_paths([str(tmp_path / "nowhere")])
    assert settle(window, 30)
    click(window.messages.messages()[0].close_button)
    assert window.messages.texts() == []


def test_more_images_join_the_open_case_and_registration_is_offered(
    ct_window: MainWindow, patient: SmallPatient
) -> None:
    ct_window.commands.open_paths([str(patient.mr_folder)])
    assert settle(ct_window, 30)
    assert ct_window.session is not None and len(ct_window.session.case.images) == 2
    message = next(m for m in ct_window.messages.messages() if m.key == "register")
    assert message.buttons[0].text() == "Register automatically"
    assert ct_window.session.viewing.overlay_key == ""


@pytest.mark.slow
def test_the_offer_registers_and_fuses(ct_window: MainWindow, patient: SmallPatient) -> None:
    ct_window.commands.open_paths([str(patient.mr_folder)])
    assert settle(ct_window, 30)
    click(next(m for m in ct_window.messages.messages() if m.key == "register").buttons[0])
    assert settle(ct_window, 90)
    assert ct_window.session is not None
    assert len(ct_window.session.case.registrations) == 1, ct_window.messages.texts()
    assert ct_window.session.viewing.overlay_key == patient.mr.series_uid


def test_the_same_images_are_not_opened_twice(ct_window: MainWindow, patient: SmallPatient) -> None:
    ct_window.commands.open_paths([str(patient.ct_folder)])
    assert settle(ct_window, 30)
    assert ct_window.session is not None and len(ct_window.session.case.images) == 1
    assert ct_window.messages.texts() == []


def test_undo_does_not_take_away_what_was_opened(full_window: MainWindow) -> None:
    assert not full_window.action("undo").isEnabled()


def test_a_first_slice_is_shown_before_the_headers_have_been_read(patient: SmallPatient) -> None:
    pieces: list[object] = []
    read_paths([str(patient.folder)], {}, deliver=pieces.append)
    assert isinstance(pieces[0], Preview)
    assert pieces[0].grey.shape == (48, 48) and pieces[0].pixel_mm == (2.0, 2.0)
    assert pieces[0].grey.max() > 0
    images = [piece.volume.modality for piece in pieces if isinstance(piece, ImageRead)]
    assert images == ["CT", "MR"]


def test_the_largest_ct_comes_first(patient: SmallPatient) -> None:
    from workstation.dicom.index import index_paths

    entries = index_paths([patient.folder]).series
    assert [e.modality for e in to_load(list(reversed(entries)))] == ["CT", "MR"]


def test_opening_can_be_stopped(window: MainWindow, patient: SmallPatient) -> None:
    window.commands.open_paths([str(patient.folder)])
    window.runner.cancel(window.runner.jobs[0])
    assert settle(window, 30)
    let_live()
    assert window.session is None


def test_images_of_another_patient_are_kept_out(ct_window: MainWindow, patient: SmallPatient, tmp_path: Path) -> None:
    from dataclasses import replace

    from workstation.dicom.write_series import write_series
    from workstation.images.volume import PatientIdentity

    other = replace(patient.mr, patient=PatientIdentity("Other^One", "OTHER-2"), series_uid="2.25.77", key="2.25.77")
    write_series(tmp_path / "other", other)
    ct_window.commands.open_paths([str(tmp_path / "other")])
    assert settle(ct_window, 30)
    assert ct_window.session is not None and len(ct_window.session.case.images) == 1
    assert "another patient" in ct_window.messages.texts()[0]
    assert "Other" not in ct_window.messages.texts()[0]


def test_structures_lie_on_an_image_file_that_names_no_frame_of_reference(
    window: MainWindow, patient: SmallPatient, tmp_path: Path
) -> None:
    write_volume(tmp_path / "ct.nii", replace(patient.ct, frame_of_reference_uid=""))
    window.commands.open_paths([str(tmp_path / "ct.nii"), str(patient.structures)])
    assert settle(window, 30)
    session = window.session
    assert session is not None and session.case.planning is not None
    assert is_own_frame(session.case.planning.frame_of_reference_uid)
    (identifier,) = session.case.structures
    assert shown_middle(session.case, identifier) is not None


def test_structures_without_images_say_what_is_missing(
    window: MainWindow, patient: SmallPatient, tmp_path: Path
) -> None:
    (tmp_path / "rs.dcm").write_bytes(patient.structures.read_bytes())
    window.commands.open_paths([str(tmp_path / "rs.dcm")])
    assert settle(window, 30)
    assert window.messages.texts() == [
        "There are structures but no image: open them together with the images that they were drawn on."
    ]
