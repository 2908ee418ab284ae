"""`workstation phases` says which phases there are, when they were acquired, and how that is known."""

from __future__ import annotations

import shutil
from pathlib import Path

import pydicom
import pytest

from tests.cli.conftest import SmallStudy, run_command
from tests.cli.phase_folder import PhaseFolder, write_study


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> PhaseFolder:
    return write_study(tmp_path_factory.mktemp("head"))


def test_phases_of_a_whole_study_are_listed_in_the_order_of_time(head: PhaseFolder) -> None:
    result = run_command("phases", head.folder, "--json").result
    rows = result["phases"]
    assert result["zero"] == "the start of the contrast"
    assert [(row["name"], row["time_s"]) for row in rows] == [("pre", -60), ("early", 60), ("delayed 1", 300)]
    assert {row["told_by"] for row in rows} == {"acquisition time"}
    assert [row["enhanced"] for row in rows] == [False, True, True]
    assert all(set(row) == {"name", "time_s", "told_by", "enhanced", "description", "series_uid"} for row in rows)


def test_people_read_one_line_for_each(head: PhaseFolder) -> None:
    lines = run_command("phases", head.folder).out.splitlines()
    assert len(lines) == 3 and lines[0].split()[:3] == ["pre", "-60", "s"] and "+300 s" in lines[2]


def test_what_seconds_count_from_is_said_where_the_files_don_t_tell(head: PhaseFolder, tmp_path: Path) -> None:
    study = tmp_path / "study"
    shutil.copytree(head.folder, study)
    for path in study.rglob("*.dcm"):
        read = pydicom.dcmread(path)
        if "ContrastBolusStartTime" in read:
            del read.ContrastBolusStartTime
            read.save_as(path)
    outcome = run_command("phases", study)
    assert "seconds count from the first phase with contrast" in outcome.out and "+0 s" in outcome.out
    assert run_command("phases", study, "--json").result["zero"] == "the first phase with contrast"


def test_times_can_be_typed(head: PhaseFolder) -> None:
    rows = run_command("phases", head.folder, "--times-s", "-30,11,900", "--json").result["phases"]
    assert [(row["name"], row["told_by"]) for row in rows] == [
        ("pre", "typed"), ("arterial", "typed"), ("delayed 1", "typed"),
    ]  # fmt: skip


@pytest.mark.parametrize(("typed", "words"), [
    ("1,2", "2 times, and there are 3"), ("1,x,3", "seconds with com"), ("nan,60,300", "seconds with com"),
    ("60,60,300", "the same time"),
])  # fmt: skip
def test_wrong_times_get_one_sentence(head: PhaseFolder, typed: str, words: str) -> None:
    outcome = run_command("phases", head.folder, "--times-s", typed)
    assert outcome.code == 2 and words in outcome.err and outcome.err.count("\n") == 1


def test_a_folder_without_phases_gets_one_sentence(study: SmallStudy) -> None:
    outcome = run_command("phases", study.folder)
    assert outcome.code == 2 and "no MR of several phases" in outcome.err


@pytest.mark.realdata
def test_three_phases_in_one_series_without_an_index(data_dir: Path) -> None:
    result = run_command("phases", data_dir / "mr_dce_ucsf06", "--json").result
    rows = result["phases"]
    assert [row["name"] for row in rows] == ["pre", "early", "delayed 1"]
    assert [row["time_s"] for row in rows] == [-407.0, 0.0, 354.0]
    assert result["zero"] in ("the first phase with contrast", "the second phase"), "nothing tells when it came"
