"""`workstation test-registration` displaces, registers again and tells what was recovered."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import run_command
from tests.cli.test_register import TRUTH, Heads
from workstation.dicom.registration import write_registration
from workstation.fusion.registration import Registration


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> Heads:
    return Heads(tmp_path_factory.mktemp("heads"))


def test_known_displacements_are_recovered(heads: Heads, tmp_path: Path) -> None:
    known = Registration(
        "k", heads.fixed.frame_of_reference_uid, heads.moving.frame_of_reference_uid, TRUTH, "", accepted_by="Ann",
        accepted_at="2026-01-02T03:04:05+00:00",
    )  # fmt: skip
    write_registration(tmp_path / "known.dcm", known, heads.fixed, heads.moving)
    done = run_command("test-registration", "--fixed", heads.ct, "--moving", heads.mr, "--registration",
                       tmp_path / "known.dcm", "--count", "1", "--shift-mm", "6", "--rotation-deg", "4",
                       "--json")  # fmt: skip
    assert done.code == 0, done.err
    found = done.result
    assert set(found) == {"trials", "good", "doubtful", "failed", "error_mm", "scatter_mm", "unnoticed", "sentence",
                          "against", "method"}  # fmt: skip
    assert found["against"] == "registration" and found["good"] == 1 and found["error_mm"]["max"] < 1.0
    trial = found["trials"][0]
    assert set(trial) == {"number", "shift_mm", "rotation_deg", "bend_mm", "error_mm", "seconds", "verdict", "told",
                          "sentence"}  # fmt: skip
    assert max(abs(v) for v in trial["shift_mm"]) <= 6 and max(abs(v) for v in trial["rotation_deg"]) <= 4


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        (("--count", "0"), "1 to 200 trials"),
        (("--shift-mm", "nan"), "ranges of a test"),
        (("--seed", "-1"), "seed"),
        (("--bend-mm", "5"), "--method deformable"),
    ],
)
def test_impossible_tests_are_refused_before_anything_is_loaded(extra: tuple[str, str], told: str) -> None:
    done = run_command("test-registration", "--fixed", "/nowhere", "--moving", "/nowhere", *extra)
    assert done.code == 2 and told in done.err and done.err.count("\n") == 1


def test_a_table_and_a_sentence_for_people(heads: Heads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gives_up(fixed, moving, *, progress, watch):
        from workstation.fusion.registration import RegistrationError

        if moving.description == "head MR" and moving.slices:
            return Registration("r", fixed.frame_of_reference_uid, moving.frame_of_reference_uid, TRUTH, "")
        raise RegistrationError("the images have little in common")

    monkeypatch.setattr("workstation.fusion.rigid.register_rigid", gives_up)
    done = run_command("test-registration", "--fixed", heads.ct, "--moving", heads.mr, "--count", "2")
    assert done.code == 0, done.err
    assert "trial 1: the images have little in common" in done.out
    assert done.out.splitlines()[-1] == "None of 2 displacements was recovered."
