"""`workstation header` and `workstation compare`, as a person or a script uses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import run_command
from tests.dicom.make_images import image, write_all


@pytest.mark.parametrize("command", ["header", "compare"])
def test_the_commands_explain_themselves(command):
    assert "usage: workstation" in run_command(command, "--help").out


@pytest.fixture
def series(tmp_path: Path) -> Path:
    return write_all(tmp_path / "series", [image(k, KVP=str(100 + 20 * (k == 2))) for k in range(3)])


def test_the_header_of_any_slice_is_one_json_object_with_the_promised_keys(series):
    result = run_command("header", series, "--file", "3", "--json").result
    assert set(result) == {"file", "slice", "slices", "rows", "note"}
    assert (result["slice"], result["slices"], result["note"]) == (3, 3, "")
    rows = {r["tag"]: r for r in result["rows"]}
    assert set(rows["(0028,0030)"]) == {
        "tag", "keyword", "name", "vr", "value", "length", "depth", "path", "differs",
    }  # fmt: skip
    assert rows["(0020,0013)"]["value"] == "3" and rows["(0020,0013)"]["differs"]
    assert rows["(0018,0060)"]["value"] == "120" and not rows["(0028,0030)"]["differs"]


def test_rows_are_searched_and_those_that_differ_are_listed_alone(series):
    found = run_command("header", series, "--search", "pixelspacing")
    assert found.code == 0 and "(0028,0030) DS Pixel Spacing" in found.out
    assert len(found.out.strip().splitlines()) == 2
    differing = run_command("header", series, "--differing", "--json").result["rows"]
    assert {r["keyword"] for r in differing} >= {"KVP", "InstanceNumber", "SOPInstanceUID"}
    assert "Modality" not in {r["keyword"] for r in differing}


def test_a_single_object_of_any_kind_has_a_header_too(study):
    rows = run_command("header", study.structures, "--search", "ROIName", "--json").result["rows"]
    assert [r["value"] for r in rows] == ["GTV", "Bone"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--file", "0"], "from 1 to 3"), (["--file", "4"], "from 1 to 3")],
)
def test_slices_that_are_not_there_are_refused(series, arguments, words):
    outcome = run_command("header", series, *arguments)
    assert outcome.code == 2 and words in outcome.err and len(outcome.err.strip().splitlines()) == 1


def test_what_has_no_header_is_refused_in_one_line(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear colleague")
    outcome = run_command("header", tmp_path / "letter.txt")
    assert outcome.code == 2 and "is not a DICOM file" in outcome.err


def test_an_image_file_without_a_dicom_header_lists_what_is_known_of_it(study, tmp_path):
    from workstation.images.files import write_volume

    write_volume(tmp_path / "scan.nrrd", study.image)
    result = run_command("header", tmp_path / "scan.nrrd", "--json").result
    known = {r["name"]: r["value"] for r in result["rows"]}
    assert known["Spacing"] == "2 × 2 × 2.5 mm" and known["Format"] == "NRRD" and "another kind" in result["note"]
    assert len(run_command("header", tmp_path / "scan.nrrd", "--search", "spacing").out.splitlines()) == 2


def test_two_series_are_compared(study, series):
    result = run_command("compare", study.folder / "CT", series, "--json").result
    assert set(result) == {"first", "second", "verdict", "summary", "provisional", "differences"}
    assert set(result["first"]) == {"uid", "modality", "description", "size", "spacing_mm"}
    assert set(result["differences"][0]) == {"what", "first", "second", "kind", "sentence"}
    assert result["verdict"] == "stop" and result["summary"].startswith("Do not fuse")
    shown = run_command("compare", study.folder / "CT", study.folder / "CT")
    assert shown.code == 0 and "Nothing speaks against fusing" in shown.out


def test_a_registration_links_them_or_is_refused(study, series, tmp_path):
    from workstation.dicom.index import index_paths
    from workstation.dicom.load import load_series
    from workstation.dicom.registration import write_registration
    from workstation.fusion.registration import Registration
    from workstation.geometry.transform import Transform

    fixed, moving = (load_series(index_paths([p]).series[0]) for p in (study.folder / "CT", series))
    frames = fixed.frame_of_reference_uid, moving.frame_of_reference_uid
    path = tmp_path / "reg.dcm"
    write_registration(path, Registration("r", *frames, Transform.from_rigid((5, 0, 0)), "by hand"), fixed, moving)
    linked = run_command("compare", study.folder / "CT", series, "--registration", path, "--json").result
    lines = {d["what"]: d for d in linked["differences"]}
    assert linked["provisional"] is True
    assert lines["frame of reference"]["kind"] == "note" and "%" in lines["field of view"]["first"]
    wrong = run_command("compare", study.folder / "CT", tmp_path / "series", "--registration", study.structures)
    assert wrong.code == 2
