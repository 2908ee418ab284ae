"""`workstation subtract` writes maps and a candidate where tumour and flow separate, and says so where they don't."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.cli.conftest import Outcome, SmallStudy, run_command
from tests.cli.phase_folder import CT_FRAME, MR_FRAME, STUDY, PhaseFolder, write_study
from tests.enhancement.scene import TUMOUR, TUMOUR_RADIUS_MM, VEIN
from workstation.cli.main import build_parser
from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
from workstation.dicom.structure_set import read_structure_set
from workstation.images.files import read_image_file
from workstation.structures.volume import volume_cc

KEYS = {"phases", "motion", "noise", "separability", "chosen", "separable", "gtv", "vein", "warnings", "seconds"}
BALL_CC = 4 / 3 * np.pi * TUMOUR_RADIUS_MM**3 / 1000


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> PhaseFolder:
    return write_study(tmp_path_factory.mktemp("head"))


@pytest.fixture(scope="module")
def on_ct(head: PhaseFolder, tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Path]:
    """The whole study, drawn on the CT."""
    out = tmp_path_factory.mktemp("on_ct") / "out"
    return subtract(head, out, "--tumour", head.tumour_mm, *head.linked), out


def subtract(head: PhaseFolder, out: Path, *options: str | Path) -> Outcome:
    return run_command("subtract", head.folder, "--out", out, "--json", *options)


def test_the_answer_has_every_key(on_ct: tuple[Outcome, Path]) -> None:
    outcome, out = on_ct
    assert outcome.code == 0, outcome.err
    result = outcome.result
    assert set(result) >= KEYS
    assert result["phases"] == [
        {"name": "pre", "time_s": -60.0}, {"name": "early", "time_s": 60.0}, {"name": "delayed 1", "time_s": 300.0}
    ]  # fmt: skip
    assert [row["phase"] for row in result["motion"]] == ["pre", "early", "delayed 1"]
    assert all(set(row) == {"phase", "translation_mm", "rotation_deg", "residual_mm"} for row in result["motion"])
    assert all(np.linalg.norm(row["translation_mm"]) < 0.3 for row in result["motion"])
    assert all(set(row) == {"evidence", "d_prime", "auc"} for row in result["separability"])
    assert result["chosen"] == result["separability"][0]["evidence"] and result["separable"] is True
    assert result["gtv"]["volume_cc"] == pytest.approx(BALL_CC, rel=0.08)
    assert result["vein"]["volume_cc"] > 0.5
    assert "Delayed brightness is not specific to tumour" in result["warnings"][-1]
    assert 0 < result["seconds"] < 60 and result["out"] == str(out.resolve())


def test_the_candidate_lies_on_the_planning_image(head: PhaseFolder, on_ct: tuple[Outcome, Path]) -> None:
    found = read_structure_set(on_ct[1] / "gtv.dcm", None)
    assert [s.name for s in found.structures] == ["GTV_candidate", "Vein"]
    gtv = found.structures[0]
    assert gtv.frame_of_reference_uid == CT_FRAME and gtv.interpreted_type == "GTV"
    low, high = gtv.stack.bounds_mm()
    assert (low + high) / 2 == pytest.approx([float(v) for v in head.tumour_mm.split(",")], abs=0.7)
    assert volume_cc(gtv.stack) == pytest.approx(on_ct[0].result["gtv"]["volume_cc"], abs=0.01)
    dataset = pydicom.dcmread(on_ct[1] / "gtv.dcm")
    assert {item.ROIGenerationAlgorithm for item in dataset.StructureSetROISequence} == {"SEMIAUTOMATIC"}


def test_every_map_can_be_read_back(on_ct: tuple[Outcome, Path]) -> None:
    outcome, out = on_ct
    names = [each["name"] for each in outcome.result["maps"]]
    assert {"delayed 1 minus early", "share of tumour", "time to peak"} <= set(names)
    assert all(each["formula"] for each in outcome.result["maps"])
    assert len(list(out.glob("*.nii.gz"))) == len(names) == len(list((out / "dicom").iterdir()))
    nifti = read_image_file(out / "delayed_1_minus_early.nii.gz")
    series = load_series(index_paths([out / "dicom" / "delayed_1_minus_early"]).series[0])
    assert series.description == "delayed 1 minus early"
    dataset = pydicom.dcmread(series.files[0], stop_before_pixels=True)
    assert dataset.ImageType[:2] == ["DERIVED", "SECONDARY"]
    assert "S(delayed 1) - S(early), in units of its noise" in dataset.DerivationDescription
    assert f"pre: {STUDY}.10" in dataset.DerivationDescription
    assert series.frame_of_reference_uid == MR_FRAME and series.grid.same_as(nifti.grid, 0.01)
    assert np.abs(series.voxels - nifti.voxels).max() < 0.01 * np.abs(nifti.voxels).max()


def test_without_a_planning_image_all_is_in_the_phases_own_frame(head: PhaseFolder, tmp_path: Path) -> None:
    result = subtract(head, tmp_path / "out", "--tumour", head.tumour_mr_mm).result
    gtv = read_structure_set(tmp_path / "out" / "gtv.dcm", None).structures[0]
    assert gtv.frame_of_reference_uid == MR_FRAME
    assert result["gtv"]["volume_cc"] == pytest.approx(BALL_CC, rel=0.08)


def test_maps_of_an_earlier_run_in_the_study_are_no_phases(on_ct: tuple[Outcome, Path], tmp_path: Path) -> None:
    again = write_study(tmp_path)
    shutil.copytree(on_ct[1], again.folder / "maps")
    rows = run_command("phases", again.folder, "--json").result["phases"]
    assert [row["name"] for row in rows] == ["pre", "early", "delayed 1"]


def test_two_phases_can_be_named(head: PhaseFolder, tmp_path: Path) -> None:
    result = subtract(
        head, tmp_path / "out", "--tumour", head.tumour_mr_mm, "--early", "Early", "--delayed", "delayed 1",
        "--reference", "early",
    ).result  # fmt: skip
    assert result["chosen"] == "delayed 1 minus early" and result["gtv"]["volume_cc"] == pytest.approx(BALL_CC, rel=0.1)


def test_the_early_phase_can_be_weighted(head: PhaseFolder, tmp_path: Path) -> None:
    two = ("--tumour", head.tumour_mr_mm, "--early", "early", "--delayed", "delayed 1")
    typed = subtract(head, tmp_path / "a", *two, "--weight", "0.6").result
    assert typed["chosen"] == "delayed 1 minus 0.6 x early"
    assert typed["chosen"] in {row["evidence"] for row in typed["separability"]}
    own = next(each for each in typed["maps"] if each["name"] == typed["chosen"])
    assert "0.6 x S(early)" in own["formula"] and own["unit"] == "noise"
    values = read_image_file(tmp_path / "a" / "delayed_1_minus_0_6_x_early.nii.gz").voxels
    plain = read_image_file(tmp_path / "a" / "delayed_1_minus_early.nii.gz").voxels
    assert np.median(values) > np.median(plain), "less of the early phase was taken away"
    found = subtract(head, tmp_path / "b", *two, "--weight", "vein").result
    weight = float(found["chosen"].split(" minus ")[1].split(" x ")[0])
    assert weight == pytest.approx(VEIN[2] / VEIN[1], rel=0.05), "at which the vein vanishes"


def test_veins_bone_and_muscle_are_told_by_name_or_point(head: PhaseFolder, tmp_path: Path) -> None:
    tumour = ("--tumour", head.tumour_mm, *head.linked)
    named = subtract(head, tmp_path / "a", *tumour, *head.structures, "--vein", "vein", "--normalise", "Muscle").result
    assert named["gtv"]["volume_cc"] == pytest.approx(BALL_CC, rel=0.08)
    assert named["gains"][1] == pytest.approx(1.02, abs=0.03)
    pointed = subtract(head, tmp_path / "b", *tumour, "--vein", head.vein_mm, *head.structures, "--bone", "Bone").result
    assert pointed["gtv"]["volume_cc"] < 0.93 * named["gtv"]["volume_cc"]


def test_shading_can_be_taken_out(head: PhaseFolder, tmp_path: Path) -> None:
    result = subtract(head, tmp_path / "out", "--tumour", head.tumour_mr_mm, "--shading", "n4").result
    assert result["gtv"]["volume_cc"] == pytest.approx(BALL_CC, rel=0.08)


def test_where_nothing_separates_no_candidate_is_written(tmp_path: Path) -> None:
    alike = write_study(tmp_path / "study", vein=TUMOUR)
    outcome = subtract(alike, tmp_path / "out", "--tumour", alike.tumour_mr_mm)
    assert outcome.code == 0
    assert outcome.result["separable"] is False and outcome.result["gtv"] is None and outcome.result["chosen"] is None
    assert not (tmp_path / "out" / "gtv.dcm").exists() and "No phase separates" in outcome.result["sentence"]
    assert list((tmp_path / "out").glob("*.nii.gz")), "the maps are there to look at all the same"
    two = ("--early", "early", "--delayed", "delayed 1", "--weight", "vein")
    result = subtract(alike, tmp_path / "w", "--tumour", alike.tumour_mr_mm, *two).result
    assert any("no weighted map was made" in words for words in result["warnings"])


def test_people_read_what_was_found(head: PhaseFolder, tmp_path: Path) -> None:
    outcome = run_command("subtract", head.folder, "--tumour", head.tumour_mr_mm, "--out", tmp_path / "out")
    assert outcome.code == 0
    for words in ("pre -60 s, early +60 s", "separates, d'", "candidate: ", "not specific to tumour", "AUC"):
        assert words in outcome.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--tumour", "1,2"), "three numbers"),
        (("--tumour", "1,2,nan"), "three numbers"),
        (("--tumour", "500,0,0"), "outside of the phases"),
        (("--tumour", "-3,0,0", "--vein", "-3,0,0"), "at the same place"),
        (("--tumour", "-3,0,0", "--vein", "Vein"), "--structures"),
        (("--tumour", "-3,0,0", "--early", "early"), "belong together"),
        (("--tumour", "-3,0,0", "--early", "early", "--delayed", "late"), "no phase called 'late'"),
        (("--tumour", "-3,0,0", "--early", "early", "--delayed", "early"), "both name 'early'"),
        (("--tumour", "-3,0,0", "--early", "delayed 1", "--delayed", "early"), "was taken after"),
        (("--tumour", "-3,0,0", "--weight", "0.5"), "name them with --early and --delayed"),
        (("--tumour", "-3,0,0", "--early", "early", "--delayed", "delayed 1", "--weight", "much"), "the word vein"),
        (("--tumour", "-3,0,0", "--early", "early", "--delayed", "delayed 1", "--weight", "nan"), "from 0.01 to 5"),
        (("--tumour", "-3,0,0", "--early", "early", "--delayed", "delayed 1", "--weight", "0"), "from 0.01 to 5"),
        (("--tumour", "-3,0,0", "--reference", "venous"), "no phase called 'venous'"),
        (("--tumour", "-3,0,0", "--threshold", "0.9"), "0.2 to 0.8"),
        (("--tumour", "-3,0,0", "--planning", "CT"), "register them first"),
        (("--tumour", "-3,0,0", "--registration", "reg.dcm"), "--planning"),
        (("--tumour", "-3,0,0", "--structures", "rs.dcm", "--vein", "Vein"), "another frame of reference"),
        (("--tumour", "-3,0,0", "--normalise", "Muscle"), "--structures"),
    ],
)
def test_bad_input_gets_one_sentence_and_leaves_nothing(
    head: PhaseFolder, tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    here = [head.folder / each if each in ("CT", "reg.dcm", "rs.dcm") else each for each in options]
    outcome = subtract(head, tmp_path / "out", *here)
    assert outcome.code == 2 and words in outcome.err and outcome.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_vein_can_t_tell_the_scale(head: PhaseFolder, tmp_path: Path) -> None:
    outcome = subtract(
        head, tmp_path / "out", "--tumour", head.tumour_mm, *head.linked, *head.structures, "--normalise", "Vein"
    )
    assert outcome.code == 2 and "as vessels do" in outcome.err


def test_folders_that_will_not_do(head: PhaseFolder, study: SmallStudy, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    assert "empty folder" in subtract(head, tmp_path / "full", "--tumour", "0,0,0").err
    outcome = run_command("subtract", study.folder, "--tumour", "0,0,0", "--out", tmp_path / "out")
    assert outcome.code == 2 and "no MR of several phases" in outcome.err
    one = run_command("subtract", head.folder / "MR_1", "--tumour", "0,0,0", "--out", tmp_path / "out")
    assert one.code == 2 and "no MR of several phases" in one.err


def test_another_patient_s_planning_image_is_refused(head: PhaseFolder, tmp_path: Path) -> None:
    two = replace(head, folder=tmp_path / "study")
    shutil.copytree(head.folder, two.folder)
    for path in (each for each in two.folder.rglob("*") if each.is_file() and each.parent != two.folder):
        dataset = pydicom.dcmread(path)
        dataset.PatientID = "ONE" if path.parent.name == "CT" else "OTHER"
        dataset.save_as(path)
    outcome = subtract(two, tmp_path / "out", "--tumour", head.tumour_mm, *two.linked)
    assert outcome.code == 2 and "different patients" in outcome.err and not (tmp_path / "out").exists()


def test_negative_points_need_no_equals_sign() -> None:
    options = build_parser().parse_args(["subtract", "d", "--tumour", "-1.5,-2,3", "--vein", "-1,2,3", "--out", "o"])
    assert (options.tumour, options.vein) == ("-1.5,-2,3", "-1,2,3")
