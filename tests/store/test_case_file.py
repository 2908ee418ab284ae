"""A case file holds everything that was done, to the last bit, and undo works after opening it again."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.case.bodies import add_derived, case_with_gtv, differences, disc, image
from tests.case.test_history_properties import ACTIONS, perform
from workstation.case.case import Case
from workstation.case.commands import (
    AddImage,
    AddRegistration,
    AddStructure,
    ChangeStructure,
    EditContours,
    RemoveImage,
    RemoveStructure,
)
from workstation.case.errors import CaseError
from workstation.fusion.registration import Registration
from workstation.geometry.transform import Transform
from workstation.images.own_frame import MARK
from workstation.images.volume import PatientIdentity
from workstation.store.case_file import CaseFile
from workstation.store.errors import StoreError
from workstation.structures.evidence_recipe import EvidenceRecipe, PhaseUsed
from workstation.structures.planar import area_mm2
from workstation.structures.structure import ImageReference, ImportedRing, PlanarContours, State


def load_images(references, progress):
    """Every image of these tests can be made again from its key."""
    progress(0.5, "Loading")
    return {reference.key: image(reference.key) for reference in references}


def nothing_found(references, progress):
    """The images' files are gone."""
    return {}


def reopened(path: Path, load=load_images) -> tuple[CaseFile, Case]:
    return CaseFile.open(path, load)


def found_in_phases() -> EvidenceRecipe:
    """Where a structure came from, with numbers that need all their digits."""
    phases = (PhaseUsed("p0", "pre", None, (1.0, 0.1, 1 / 3), 0.0), PhaseUsed("p1", "früh", 60.25, (0.7,), 0.123456789))
    return EvidenceRecipe(
        phases, "p0", ("r",), (1 / 7,) * 16, "share of tumour", "S(a) - S(b)", 1 / 3, True, (0.1, 0.2, 0.3),
        (("bone", "abc"),), 4.2, 0.987, "It separates.", ("Look.",), "def", "Dr Ü", "2026-11-25T10:00:00+01:00",
        (0.0, -1 / 3, 1.0),
    )  # fmt: skip


def rich_case() -> tuple[Case, str, str]:
    """A case with a bit of everything."""
    case, gtv = case_with_gtv()
    ctv = add_derived(case, "CTV", gtv, 5)
    ring = ImportedRing("1.10\\2\\3 ", "CLOSED_PLANAR", (ImageReference("1.2", "3.4", 2),), 7, (1, 2))
    stack = case.structures[gtv].stack
    text = replace(stack, slices=tuple(replace(s, imported=(ring,)) for s in stack.slices))
    came = replace(case.structures[gtv], identifier="came", number=9, name="Rückenmark", stack=text,
                   loose=(ring,), warnings=("odd",), locked=True, interpreted_type="ORGAN", evidence=found_in_phases())
    case.do(AddStructure(came))
    turn = Transform.from_rigid((1, 2, 3), (0.1, 0.2, 0.3))
    case.do(AddRegistration(Registration("r", "1", "2", turn, "test", {"error_mm": 0.4}, "me")))
    return case, gtv, ctv


def test_a_case_comes_back_to_the_last_bit(tmp_path):
    case, gtv, _ = rich_case()
    case.set_view_state("windows", {"ct": [40, 400.5]})
    file = CaseFile.create(tmp_path / "a.rtcase", case, label="Teaching case")
    case.do(EditContours(gtv, (PlanarContours(0.0, disc(12)),)))
    case.set_view_state("crosshair", [0.1, 0.2, 0.3])
    file.close()
    file, again = reopened(tmp_path / "a.rtcase")
    assert differences(case.contents, again.contents) == [] and file.warnings == ()
    assert dict(again.view_state) == {"windows": {"ct": [40, 400.5]}, "crosshair": [0.1, 0.2, 0.3]}
    assert again.saved
    file.close()


def test_an_image_file_without_a_frame_keeps_the_one_that_the_case_knows(tmp_path):
    """What hangs on its frame of reference stays linked, also in cases from before such files had one."""
    for known in ("", f"2.25.{MARK << 96 | 5}"):
        case, _ = case_with_gtv()
        key = case.planning.key
        kept = replace(case.planning, key="file", frame_of_reference_uid=known)
        case.do(AddImage(kept))
        path = tmp_path / f"{len(known)}.rtcase"
        CaseFile.create(path, case).close()
        now = replace(kept, frame_of_reference_uid=f"2.25.{MARK << 96 | 6}")
        file, again = reopened(path, lambda references, progress: {key: image(key), "file": now})  # noqa: B023
        assert again.images["file"].frame_of_reference_uid == known
        assert again.images[key].frame_of_reference_uid == case.images[key].frame_of_reference_uid
        file.close()


def test_undo_and_redo_work_after_opening_as_they_would_have_before(tmp_path):
    case, gtv, ctv = rich_case()
    CaseFile.create(tmp_path / "a.rtcase", case)
    case.do(EditContours(gtv, (PlanarContours(0.0, disc(12)),)))
    case.do(ChangeStructure(gtv, name="GTVp"))
    case.do(EditContours(gtv, (PlanarContours(0.0, disc(13)),)))
    case.undo()
    case.undo()
    seen, labels = [case.contents], [case.undo_label]
    file = CaseFile.create(tmp_path / "b.rtcase", case)  # a case with something to redo, written at once
    file.close()
    _, again = reopened(tmp_path / "b.rtcase")
    assert again.redo_label == "Rename GTV to GTVp"
    while case.undo_label:
        case.undo()
        again.undo()
        seen.append(case.contents)
        labels.append(case.undo_label)
        assert again.undo_label == case.undo_label
        assert differences(case.contents, again.contents) == []
    while case.redo_label:
        case.redo()
        again.redo()
        assert differences(case.contents, again.contents) == []
    assert again.structures[gtv].name == "GTVp" and ctv in again.structures


def test_a_file_that_was_never_closed_has_everything(tmp_path):
    case, gtv, _ = rich_case()
    file = CaseFile.create(tmp_path / "a.rtcase", case)
    for radius in (11, 12, 13):
        case.do(EditContours(gtv, (PlanarContours(0.0, disc(radius)),)))
    case.undo()
    file.flush()
    contents = case.contents
    for suffix in ("", "-wal"):  # what a crash leaves behind
        (tmp_path / f"b.rtcase{suffix}").write_bytes((tmp_path / f"a.rtcase{suffix}").read_bytes())
    opened, again = reopened(tmp_path / "b.rtcase")
    assert differences(contents, again.contents) == []
    again.redo()
    case.redo()
    assert differences(case.contents, again.contents) == []
    opened.close()
    file.close()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ACTIONS, max_size=8), st.lists(ACTIONS, max_size=5), st.booleans())
def test_whatever_is_done_the_file_follows(tmp_path_factory, before, after, closes):
    folder = tmp_path_factory.mktemp("case")
    case, gtv = case_with_gtv(6.0)
    add_derived(case, "CTV", gtv, 4)
    for action in before:
        perform(case, action)
    file = CaseFile.create(folder / "a.rtcase", case)
    for action in after:
        perform(case, action)
    path = folder / "a.rtcase"
    if closes:
        file.close()
    else:
        file.flush()
        path = folder / "b.rtcase"
        for suffix in ("", "-wal"):
            (folder / f"b.rtcase{suffix}").write_bytes((folder / f"a.rtcase{suffix}").read_bytes())
    opened, again = reopened(path)
    assert differences(case.contents, again.contents) == [] and opened.warnings == ()
    while case.undo_label:
        assert again.undo_label == case.undo_label
        case.undo()
        again.undo()
        assert differences(case.contents, again.contents) == []
    opened.close()
    if not closes:
        file.close()


def test_a_snapshot_now_and_then_makes_opening_quick(tmp_path, monkeypatch):
    monkeypatch.setattr("workstation.store.case_file.LINES_PER_SNAPSHOT", 10)
    case, gtv, _ = rich_case()
    file = CaseFile.create(tmp_path / "a.rtcase", case)
    for step in range(34):
        case.do(EditContours(gtv, (PlanarContours(0.0, disc(10 + step / 10)),)))
    file.flush()
    replayed = []
    monkeypatch.setattr("workstation.store.reading.apply_all", lambda c, x: replayed.append(1) or _applied(c, x))
    for suffix in ("", "-wal"):
        (tmp_path / f"b.rtcase{suffix}").write_bytes((tmp_path / f"a.rtcase{suffix}").read_bytes())
    opened, again = reopened(tmp_path / "b.rtcase")
    assert 0 < len(replayed) <= 10
    assert differences(case.contents, again.contents) == []
    opened.close()
    file.close()


def _applied(changes, contents):
    for change in changes:
        contents = change.apply(contents)
    return contents


def test_saved_says_whether_everything_is_on_disk(tmp_path):
    case, gtv, _ = rich_case()
    told = []
    case.saved_changed.connect(told.append)
    file = CaseFile.create(tmp_path / "a.rtcase", case)
    assert case.saved and told == [True]
    case.do(EditContours(gtv, (PlanarContours(0.0, disc(12)),)))
    file.flush()
    assert case.saved and told == [True, False, True]
    file.close()


def test_answers_of_the_writer_come_on_the_thread_that_was_asked_for(tmp_path):
    case, gtv, _ = rich_case()
    waiting = []
    file = CaseFile.create(tmp_path / "a.rtcase", case, deliver=waiting.append)
    case.do(EditContours(gtv, (PlanarContours(0.0, disc(12)),)))
    deadline = time.monotonic() + 10
    while not waiting and time.monotonic() < deadline:
        time.sleep(0.005)
    assert not case.saved
    waiting.pop()()
    assert case.saved
    file.close()


def test_an_image_that_is_gone_is_named_and_comes_back_later(tmp_path):
    case, gtv, ctv = rich_case()
    case.do(AddImage(replace(image("mr"), description="T1 late", modality="MR", files=("/data/mr/1.dcm",),
                             patient=PatientIdentity("CANARY^NAME", "CANARY-ID"))))
    before = case.contents
    CaseFile.create(tmp_path / "a.rtcase", case).close()

    def only_ct(references, progress):
        return {reference.key: image(reference.key) for reference in references if reference.key == "ct"}

    file, again = reopened(tmp_path / "a.rtcase", only_ct)
    assert list(again.images) == ["ct"] and [item.key for item in file.missing] == ["mr"]
    (sentence,) = file.warnings
    assert "MR T1 late was not found" in sentence and "/data/mr" in sentence and "CANARY" not in sentence
    again.do(EditContours(gtv, (PlanarContours(0.0, disc(12)),)))
    assert again.structures[ctv].state is State.CURRENT
    file.close()
    file, again = reopened(tmp_path / "a.rtcase")
    assert list(again.images) == ["ct", "mr"] and file.missing == ()
    again.undo()
    assert differences(before, again.contents) == []
    file.close()


def test_without_its_planning_image_a_case_opens_with_its_structures_whole(tmp_path):
    case, gtv, ctv = rich_case()
    contents = case.contents
    CaseFile.create(tmp_path / "a.rtcase", case).close()
    file, again = reopened(tmp_path / "a.rtcase", nothing_found)
    assert again.planning is None and "was not found" in file.warnings[0]
    again.do(EditContours(gtv, (PlanarContours(0.0, disc(10.5)),)))
    again.undo()
    stored, now = contents.structures[ctv].stack, again.structures[ctv].stack
    assert now.positions_mm.tolist() == stored.positions_mm.tolist()
    file.close()
    file, again = reopened(tmp_path / "a.rtcase")
    assert again.planning_key == "ct" and again.planning is not None
    file.close()


def test_an_image_that_changed_on_disk_is_told(tmp_path):
    case, _, _ = rich_case()
    CaseFile.create(tmp_path / "a.rtcase", case).close()
    file, _ = reopened(tmp_path / "a.rtcase", lambda refs, progress: {r.key: image(r.key, value=7) for r in refs})
    assert "not the same" in file.warnings[0]
    file.close()


def test_a_removed_image_can_be_brought_back_after_opening_or_the_refusal_says_why(tmp_path):
    case, _, _ = rich_case()
    case.do(AddImage(image("mr")))
    case.do(RemoveImage("mr"))
    CaseFile.create(tmp_path / "a.rtcase", case).close()
    file, again = reopened(tmp_path / "a.rtcase")
    again.undo()
    assert list(again.images) == ["ct", "mr"]
    again.redo()
    file.close()
    file, again = reopened(tmp_path / "a.rtcase", lambda refs, p: {r.key: image("ct") for r in refs if r.key == "ct"})
    before = again.contents
    with pytest.raises(CaseError, match="can't be undone"):
        again.undo()
    assert again.contents is before
    file.close()


def test_saving_under_another_name_takes_the_whole_history_along(tmp_path):
    case, gtv, _ = rich_case()
    file = CaseFile.create(tmp_path / "a.rtcase", case)
    case.do(EditContours(gtv, (PlanarContours(0.0, disc(12)),)))
    file.save_as(tmp_path / "b.rtcase", label="Copy")
    case.do(EditContours(gtv, (PlanarContours(0.0, disc(13)),)))
    file.close()
    old_file, old = reopened(tmp_path / "a.rtcase")
    new_file, new = reopened(tmp_path / "b.rtcase")
    assert area_mm2(old.region_at(gtv, 0.0)) == area_mm2(disc(12))
    assert differences(case.contents, new.contents) == []
    new.undo()
    new.undo()
    assert area_mm2(new.region_at(gtv, 0.0)) == area_mm2(disc(10))
    old_file.close()
    new_file.close()


def test_steps_read_from_a_file_can_be_written_to_another_one(tmp_path):
    case, gtv, _ = rich_case()
    case.do(RemoveStructure(gtv))
    CaseFile.create(tmp_path / "a.rtcase", case).close()
    file, case = reopened(tmp_path / "a.rtcase")
    case.undo()
    file.save_as(tmp_path / "b.rtcase")
    case.redo()
    case.undo()
    file.close()
    file, again = reopened(tmp_path / "b.rtcase")
    assert differences(case.contents, again.contents) == []
    again.redo()
    assert gtv not in again.structures
    file.close()


def test_a_case_is_opened_once_at_a_time_and_a_crash_does_not_keep_it_closed(tmp_path):
    case, _, _ = rich_case()
    file = CaseFile.create(tmp_path / "a.rtcase", case)
    with pytest.raises(StoreError, match=r"a\.rtcase is open elsewhere \(process \d+"):
        reopened(tmp_path / "a.rtcase")
    with pytest.raises(StoreError, match="open elsewhere"):
        CaseFile.create(tmp_path / "a.rtcase", case)
    file.close()
    (tmp_path / "a.rtcase.lock").write_text('{"process": 1, "computer": "gone"}')  # left by a crash
    file, _ = reopened(tmp_path / "a.rtcase")
    file.close()
    assert sorted(item.name for item in tmp_path.iterdir()) == ["a.rtcase"]


@pytest.mark.parametrize("content", [b"", b"not a database at all", b"SQLite format 3\x00" + b"\xff" * 2000])
def test_what_is_no_case_file_is_refused_in_one_sentence(tmp_path, content):
    path = tmp_path / "x.rtcase"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"x\.rtcase"):
        reopened(path)
    with pytest.raises(StoreError, match="does not exist"):
        reopened(tmp_path / "y.rtcase")
    assert path.read_bytes() == content


def test_a_file_with_foreign_tables_triggers_or_of_a_newer_version_is_refused(tmp_path):
    case, _, _ = rich_case()
    for number, (statement, sentence) in enumerate([
        ("CREATE TABLE extra (x)", "no case file has"),
        ("CREATE TRIGGER t AFTER INSERT ON meta BEGIN DELETE FROM journal; END", "no case file has"),
        ("CREATE VIEW v AS SELECT 1", "no case file has"),
        ("CREATE INDEX i ON journal (kind)", "no case file has"),
        ("PRAGMA user_version=99", "newer version"),
        ("PRAGMA application_id=1", "not a case file"),
    ]):
        path = tmp_path / f"{number}.rtcase"
        CaseFile.create(path, case).close()
        with sqlite3.connect(path) as connection:
            connection.execute(statement)
        connection.close()
        with pytest.raises(StoreError, match=sentence):
            reopened(path)


def _damage(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


def test_a_damaged_step_is_told_and_what_came_before_it_opens(tmp_path):
    case, gtv, _ = rich_case()
    file = CaseFile.create(tmp_path / "a.rtcase", case)
    first = file.written_steps
    case.do(EditContours(gtv, (PlanarContours(0.0, disc(12)),)))
    good = case.contents
    case.do(EditContours(gtv, (PlanarContours(0.0, disc(13)),)))
    file.close()
    _damage(tmp_path / "a.rtcase", f"UPDATE journal SET body = x'00ff' WHERE sequence = {first + 2}")
    _damage(tmp_path / "a.rtcase", f"DELETE FROM snapshot WHERE sequence > {first}")
    file, again = reopened(tmp_path / "a.rtcase")
    assert "last 1 steps could not be read" in file.warnings[0]
    assert differences(good, again.contents) == []
    again.do(ChangeStructure(gtv, name="GTVp"))
    file.close()
    file, again = reopened(tmp_path / "a.rtcase")
    assert file.warnings == () and again.structures[gtv].name == "GTVp"
    again.undo()
    assert again.structures[gtv].name == "GTV" and again.undo_label == ""
    file.close()


def test_a_missing_step_is_told(tmp_path):
    case, gtv, _ = rich_case()
    file = CaseFile.create(tmp_path / "a.rtcase", case)
    first = file.written_steps
    for radius in (11, 12, 13):
        case.do(EditContours(gtv, (PlanarContours(0.0, disc(radius)),)))
    file.close()
    _damage(tmp_path / "a.rtcase", f"DELETE FROM journal WHERE sequence = {first + 1}")
    file, again = reopened(tmp_path / "a.rtcase")
    assert "Steps are missing" in file.warnings[0] and again.undo_label == ""
    assert differences(case.contents, again.contents) == []
    again.do(ChangeStructure(gtv, name="GTVp"))
    file.close()
    file, again = reopened(tmp_path / "a.rtcase")
    assert file.warnings == () and again.undo_label == "Rename GTV to GTVp"
    file.close()


def test_a_missing_step_that_no_snapshot_makes_up_for_ends_what_can_be_read(tmp_path):
    case, gtv, _ = rich_case()
    file = CaseFile.create(tmp_path / "a.rtcase", case)
    first = file.written_steps
    for radius in (11, 12, 13):
        case.do(EditContours(gtv, (PlanarContours(0.0, disc(radius)),)))
    file.close()
    _damage(tmp_path / "a.rtcase", f"DELETE FROM journal WHERE sequence = {first + 2}")
    _damage(tmp_path / "a.rtcase", f"DELETE FROM snapshot WHERE sequence > {first}")
    file, again = reopened(tmp_path / "a.rtcase")
    assert f"step {first + 2} is missing" in file.warnings[0]
    assert area_mm2(again.region_at(gtv, 0.0)) == area_mm2(disc(11))
    file.close()


def test_a_damaged_snapshot_is_made_up_for_by_the_journal(tmp_path):
    case, gtv, _ = rich_case()
    file = CaseFile.create(tmp_path / "a.rtcase", case)
    case.do(EditContours(gtv, (PlanarContours(0.0, disc(12)),)))
    file.close()
    _damage(tmp_path / "a.rtcase", "UPDATE snapshot SET body = x'00'")
    file, again = reopened(tmp_path / "a.rtcase")
    assert differences(case.contents, again.contents) == []
    file.close()


def test_a_failed_write_over_an_old_file_leaves_the_old_file(tmp_path, monkeypatch):
    case, gtv, _ = rich_case()
    CaseFile.create(tmp_path / "a.rtcase", case).close()
    old = (tmp_path / "a.rtcase").read_bytes()

    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("workstation.store.making.journal.append", full)
        with pytest.raises(StoreError, match="disk is full"):
            CaseFile.create(tmp_path / "a.rtcase", case)
    assert (tmp_path / "a.rtcase").read_bytes() == old
    assert [item.name for item in tmp_path.iterdir()] == ["a.rtcase"] and gtv


def test_a_closed_file_no_longer_follows_and_says_so_when_asked(tmp_path):
    case, gtv, _ = rich_case()
    file = CaseFile.create(tmp_path / "a.rtcase", case)
    file.close()
    file.close()
    case.do(ChangeStructure(gtv, name="GTVp"))
    with pytest.raises(StoreError, match="closed"):
        file.flush()
