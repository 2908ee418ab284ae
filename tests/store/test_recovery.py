"""Cases that were never saved are offered again after a crash, and never thrown away without being asked."""

from __future__ import annotations

import pytest

from tests.case.bodies import case_with_gtv, differences, disc
from tests.store.painter import load_images
from workstation.case.case import Case
from workstation.case.commands import EditContours
from workstation.store.case_file import CaseFile
from workstation.store.errors import StoreError
from workstation.store.recovery import begin_recovery, discard, recoverable_cases, recovery_folder
from workstation.structures.structure import PlanarContours


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("RT_WORKSTATION_DATA", str(tmp_path / "data"))


def test_an_unsaved_case_is_offered_after_a_crash_and_restored(tmp_path):
    case, gtv = case_with_gtv()
    file = begin_recovery(case)
    case.do(EditContours(gtv, (PlanarContours(0.0, disc(12)),)))
    file.flush()
    assert not case.saved
    assert recoverable_cases() == []  # it is open here
    contents = case.contents
    file.close()
    (found,) = recoverable_cases()
    restored, again = CaseFile.open(found.path, load_images, named=False)
    assert differences(contents, again.contents) == [] and not again.saved
    restored.save_as(tmp_path / "mine.rtcase")
    assert again.saved and recoverable_cases() == [] and not found.path.exists()
    restored.close()
    assert (tmp_path / "mine.rtcase").is_file()


def test_a_case_in_which_nothing_was_done_is_not_offered():
    begin_recovery(Case()).close()
    assert recoverable_cases() == [] and list(recovery_folder().iterdir()) == []


def test_closing_without_saving_removes_it_only_when_that_was_asked_for():
    case, _ = case_with_gtv()
    begin_recovery(case).close()
    assert len(recoverable_cases()) == 1
    begin_recovery(case).close(discard=True)
    assert len(recoverable_cases()) == 1
    discard(recoverable_cases()[0].path)
    assert recoverable_cases() == [] and list(recovery_folder().iterdir()) == []


def test_only_recovery_files_are_discarded(tmp_path):
    (tmp_path / "mine.rtcase").write_bytes(b"x")
    with pytest.raises(StoreError, match="not a recovery file"):
        discard(tmp_path / "mine.rtcase")
