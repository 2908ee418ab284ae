"""A patient's name and id lie in the case file and nowhere else."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from tests.case.bodies import case_with_gtv, image
from workstation.case.commands import AddImage, RemoveImage
from workstation.images.volume import PatientIdentity
from workstation.store.case_file import CaseFile
from workstation.store.errors import StoreError
from workstation.store.recent import remember
from workstation.store.recovery import begin_recovery


def test_no_name_in_logs_lists_lock_files_or_sentences(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("RT_WORKSTATION_DATA", str(tmp_path / "data"))
    caplog.set_level(logging.DEBUG)
    case, _ = case_with_gtv()
    named = replace(image("mr"), patient=PatientIdentity("CANARY^NAME", "CANARY-ID", "19010203"))
    case.do(AddImage(named))
    file = CaseFile.create(tmp_path / "a.rtcase", case)
    remember(tmp_path / "a.rtcase")
    begin_recovery(case).close(discard=True)
    with pytest.raises(StoreError) as refused:
        CaseFile.open(tmp_path / "a.rtcase", lambda refs, progress: {})
    case.do(RemoveImage("mr"))
    texts = [caplog.text, str(refused.value), (tmp_path / "a.rtcase.lock").read_text(), case.undo_label]
    texts += [item.read_text() for item in (tmp_path / "data").glob("*.json")]
    file.close()
    opened, _ = CaseFile.open(tmp_path / "a.rtcase", lambda refs, progress: {})
    texts += opened.warnings
    opened.close()
    assert not [text for text in texts if "CANARY" in text or "19010203" in text]
    assert b"CANARY" in (tmp_path / "a.rtcase").read_bytes()
    assert not list((tmp_path / "data").rglob("*.rtcase*"))
