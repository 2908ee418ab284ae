"""Each command as a person or a script uses it: results on standard output, one line for bad input, exit 0 or 2."""

from __future__ import annotations

import json

import nibabel
import numpy as np
import pytest

from tests.cli.conftest import CENTRE_MM, RADIUS_MM, run_command

SPHERE_CC = 4 / 3 * np.pi * RADIUS_MM**3 / 1000


def grown_cc(margin_mm: float) -> float:
    return 4 / 3 * np.pi * (RADIUS_MM + margin_mm) ** 3 / 1000


@pytest.mark.parametrize(
    "command", ["", "open", "inspect", "volumes", "expand", "mask", "register", "phantom", "demo", "warm-up"]
)
def test_every_command_explains_itself(command):
    outcome = run_command(*command.split(), "--help")
    assert outcome.code == 0
    assert "usage: workstation" in outcome.out


def test_inspect_names_series_and_structures_with_exactly_the_promised_keys(study):
    found = run_command("inspect", study.folder, "--json").result
    assert set(found) >= {"series", "structure_sets", "registrations", "skipped"}
    (series,) = found["series"]
    assert set(series) >= {
        "uid", "modality", "description", "slices", "size", "spacing_mm", "frame_of_reference_uid", "warnings",
    }  # fmt: skip
    assert series["size"] == [64, 64, 33] and series["spacing_mm"] == pytest.approx([2, 2, 2.5])
    (structure_set,) = found["structure_sets"]
    by_name = {s["name"]: s for s in structure_set["structures"]}
    assert set(by_name["GTV"]) >= {"number", "name", "type", "contours", "volume_cc"}
    assert by_name["GTV"]["volume_cc"] == pytest.approx(SPHERE_CC, rel=0.02)
    assert found["skipped"] == []


def test_inspect_lists_what_it_leaves_out_with_the_reason(study, tmp_path):
    (tmp_path / "notes.txt").write_text("not an image")
    found = run_command("inspect", tmp_path, study.structures, "--json").result
    assert [s["path"].endswith("notes.txt") for s in found["skipped"]] == [True]
    assert len(found["skipped"][0]["reason"]) > 5


def test_volumes_name_their_surface_model(study):
    for model in ("linear-tapered", "flat", "slab"):
        result = run_command("volumes", "--structures", study.structures, "--surface-model", model, "--json").result
        assert result["surface_model"] == model
        gtv = next(s for s in result["structures"] if s["name"] == "GTV")
        assert set(gtv) == {"name", "type", "volume_cc", "contours"}
        assert gtv["volume_cc"] == pytest.approx(SPHERE_CC, rel=0.02 if model != "flat" else 0.06)


@pytest.mark.parametrize("margin_mm", [3, 5, 8, -3])
def test_expand_meets_the_analytic_sphere(study, tmp_path, margin_mm):
    out = tmp_path / "new.dcm"
    outcome = run_command(
        "expand", "--structures", study.structures, "--image", study.folder / "CT", "--from", "GTV",
        "--margin", str(margin_mm), "--to", "CTV", "--type", "CTV", "--out", out, "--json",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    result = outcome.result
    assert set(result) == {"from", "to", "seconds"}
    assert result["to"]["volume_cc"] == pytest.approx(grown_cc(margin_mm), rel=0.03 if margin_mm < 0 else 0.015)
    written = run_command("volumes", "--structures", out, "--json").result["structures"]
    assert {s["name"]: s["type"] for s in written}["CTV"] == "CTV"


def test_expand_leaves_all_other_structures_as_they_came(study, tmp_path):
    import pydicom

    out = tmp_path / "new.dcm"
    run_command("expand", "--structures", study.structures, "--from", "GTV", "--margin", "4", "--to", "X", "--out", out)
    before, after = pydicom.dcmread(study.structures), pydicom.dcmread(out)
    for old, new in zip(before.ROIContourSequence, after.ROIContourSequence, strict=False):
        assert [c.get_item("ContourData").value for c in old.ContourSequence] == [
            c.get_item("ContourData").value for c in new.ContourSequence
        ]
    assert len(after.ROIContourSequence) == 3


def test_expand_in_six_directions_reaches_as_far_as_asked_on_each_side(study, tmp_path):
    from workstation.dicom.structure_set import read_structure_set

    out = tmp_path / "new.dcm"
    run_command(
        "expand", "--structures", study.structures, "--image", study.folder / "CT", "--from", "GTV",
        "--margin", "R=7,L=5,A=4,P=8,S=10,I=6", "--to", "PTV", "--out", out,
    )  # fmt: skip
    ptv = next(s for s in read_structure_set(out).structures if s.name == "PTV")
    low, high = ptv.stack.bounds_mm()
    centre = np.array(CENTRE_MM)
    assert centre[0] - low[0] == pytest.approx(RADIUS_MM + 7, abs=0.3)
    assert high[0] - centre[0] == pytest.approx(RADIUS_MM + 5, abs=0.3)
    assert centre[1] - low[1] == pytest.approx(RADIUS_MM + 4, abs=0.3)
    assert high[1] - centre[1] == pytest.approx(RADIUS_MM + 8, abs=0.3)
    assert RADIUS_MM + 10 - 2.5 <= high[2] - centre[2] <= RADIUS_MM + 10.3
    assert RADIUS_MM + 6 - 2.5 <= centre[2] - low[2] <= RADIUS_MM + 6.3


def test_expand_keeps_clear_of_what_it_must_avoid(study, tmp_path):
    from workstation.dicom.structure_set import read_structure_set

    out = tmp_path / "new.dcm"
    run_command(
        "expand", "--structures", study.structures, "--from", "GTV", "--margin", "8", "--to", "CTV",
        "--avoid", "Bone:2", "--out", out,
    )  # fmt: skip
    ctv = next(s for s in read_structure_set(out).structures if s.name == "CTV")
    _, high = ctv.stack.bounds_mm()
    assert high[0] == pytest.approx(10.0, abs=0.05)  # Bone begins at x = 12 mm, 2 mm clear of it


@pytest.mark.parametrize(
    "arguments, word",
    [
        (("volumes", "--structures", "nowhere.dcm"), "nowhere.dcm"),
        (("volumes",), "--structures"),
        (("inspect", "nowhere"), "nowhere"),
        (("expand", "--structures", "RS", "--from", "Liver", "--margin", "5", "--to", "X", "--out", "o.dcm"), "Liver"),
        (("expand", "--structures", "RS", "--from", "GTV", "--margin", "wide", "--to", "X", "--out", "o.dcm"), "wide"),
        (("expand", "--structures", "RS", "--from", "GTV", "--margin", "5", "--to", "Bone", "--out", "o.dcm"), "Bone"),
        (("expand", "--structures", "RS", "--from", "GTV", "--margin", "-40", "--to", "X", "--out", "o.dcm"), "GTV"),
        (("phantom", "glomus", "FULL"), "empty"),
        (("demo", "--json"), "--headless"),
        (("nonsense",), "nonsense"),
    ],
)
def test_bad_input_is_one_line_that_says_what(study, tmp_path, monkeypatch, arguments, word):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("keep")
    replaced = [{"RS": str(study.structures), "FULL": str(tmp_path / "full")}.get(a, a) for a in arguments]
    outcome = run_command(*replaced)
    assert outcome.code == 2
    assert outcome.out == ""
    line = outcome.err.strip().splitlines()[-1]
    assert line.startswith("workstation: ") and word in line
    assert "Traceback" not in outcome.err


def test_a_mask_is_read_by_an_independent_reader_at_the_right_place(study, tmp_path):
    out = tmp_path / "gtv.nii.gz"
    outcome = run_command(
        "mask", "--structures", study.structures, "--image", study.folder / "CT", "--structure", "gtv",
        "--out", out, "--json",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    image = nibabel.load(out)
    mask = np.asarray(image.dataobj) > 0
    assert mask.sum() == outcome.result["voxels"]
    centre = nibabel.affines.apply_affine(image.affine, np.argwhere(mask)).mean(0)
    assert centre * (-1, -1, 1) == pytest.approx(CENTRE_MM, abs=0.3)  # NIfTI counts right and anterior positive


def test_json_is_one_object_and_nothing_else_on_standard_output(study):
    outcome = run_command("volumes", "--structures", study.structures, "--json")
    assert len(outcome.out.strip().splitlines()) == 1
    assert isinstance(json.loads(outcome.out), dict)
