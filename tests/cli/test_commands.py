"""Each command as a person or a script uses it: results on standard output, one line for bad input, exit 0 or 2."""

from __future__ import annotations

import json

import nibabel
import numpy as np
import pytest

from tests.cli.conftest import CENTRE_MM, RADIUS_MM, run_command

EXPAND = ("expand", "--structures", "RS", "--from", "GTV")
SPHERE_CC = 4 / 3 * np.pi * RADIUS_MM**3 / 1000


def grown_cc(margin_mm: float) -> float:
    return 4 / 3 * np.pi * (RADIUS_MM + margin_mm) ** 3 / 1000


@pytest.mark.parametrize(
    "command", ["", "open", "inspect", "volumes", "expand", "mask", "register", "phantom", "demo", "warm-up", "apply"]
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
        (("inspect", ""), "empty path"),
        (("volumes", "--structures=--"), "--"),
        (("phantom", "glomus", "new", "--seed", "99999999999"), "seed"),
        (("phantom", "glomus", ""), "empty path"),
        (("phantom", "glomus", "new", "--size-cc", "50"), "between 1 and 20 cc"),
        (("phantom", "glomus", "new", "--delays-s", "60,x"), "seconds with commas"),
        (("demo", "--headless", ""), "--headless"),
        ((*EXPAND, "--margin", "5", "--to", "X", "--out", ""), "--out"),
        ((*EXPAND, "--margin", "5", "--to", "X", "--out", "."), "not a folder"),
        ((*EXPAND, "--margin", "5", "--to", "X", "--out", "no/o.dcm"), "does not exist"),
        ((*EXPAND, "--margin", "5", "--to", "X", "--out", "o.dcm", "--type", "a\\b"), "--type"),
        ((*EXPAND, "--margin", "5", "--to", "X", "--out", "o.dcm", "--type", "腫瘍"), "--type"),
        (("mask", "--structures", "RS", "--image", "CT", "--structure", "GTV", "--out", "m.png"), "must end in"),
    ],
)
def test_bad_input_is_one_line_that_says_what(study, tmp_path, monkeypatch, arguments, word):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("keep")
    given = {"RS": study.structures, "FULL": tmp_path / "full", "CT": study.folder / "CT"}
    replaced = [str(given.get(a, a)) for a in arguments]
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


def expanded(study, tmp_path, *options):
    arguments = ("--structures", study.structures, "--from", "GTV", "--to", "CTV", "--out", tmp_path / "o.dcm")
    return run_command("expand", *arguments, *options)


def test_a_type_in_small_letters_is_written_as_dicom_demands(study, tmp_path):
    import pydicom

    assert expanded(study, tmp_path, "--margin", "3", "--type", "ptv").code == 0
    assert pydicom.dcmread(tmp_path / "o.dcm").RTROIObservationsSequence[-1].RTROIInterpretedType == "PTV"


def test_a_target_that_the_end_of_the_images_cuts_is_told(study, tmp_path):
    outcome = expanded(study, tmp_path, "--margin", "60", "--image", study.folder / "CT")
    assert outcome.code == 0 and "cut at the end of the images" in outcome.err
    outcome = expanded(study, tmp_path, "--margin", "5", "--image", study.folder / "CT")
    assert outcome.code == 0 and outcome.err == ""


def test_images_that_do_not_reach_the_structure_are_the_reason_that_is_given(study, tmp_path):
    import shutil

    (tmp_path / "part").mkdir()
    for path in sorted((study.folder / "CT").iterdir())[:5]:
        shutil.copy(path, tmp_path / "part")
    outcome = expanded(study, tmp_path, "--margin", "5", "--image", tmp_path / "part")
    assert outcome.code == 2 and "outside of the images" in outcome.err


def test_a_full_memory_is_one_sentence(study, tmp_path, monkeypatch):
    def too_much(*_):
        raise MemoryError

    monkeypatch.setattr("workstation.targets.derive.derive", too_much)
    outcome = expanded(study, tmp_path, "--margin", "5")
    assert outcome.code == 2 and outcome.err == "workstation: this needs more memory than the computer has left\n"


def test_a_terminal_of_another_alphabet_gets_the_same_json(tmp_path):
    import os
    import subprocess
    import sys

    (tmp_path / "腫瘍.txt").write_text("no image")
    for encoding in ("ascii", "cp1252", "utf-8"):
        environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
        command = [sys.executable, "-m", "workstation", "inspect", str(tmp_path), "--json"]
        done = subprocess.run(command, capture_output=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout.decode(encoding))["skipped"][0]["path"].endswith("腫瘍.txt")
    environment["PYTHONIOENCODING"] = "ascii"
    done = subprocess.run(command[:-1], capture_output=True, env=environment, check=False)
    assert done.returncode == 0 and b"Traceback" not in done.stderr


def test_an_interrupted_phantom_leaves_nothing_behind(tmp_path):
    from workstation.cli.commands.phantom import nothing_half_written

    for there in (True, False):
        folder = tmp_path / f"case-{there}"
        if there:
            folder.mkdir()
        with pytest.raises(KeyboardInterrupt), nothing_half_written(folder):
            (folder / "CT").mkdir(parents=True)
            (folder / "CT" / "1.dcm").write_bytes(b"half")
            (folder / "rtstruct.dcm").write_bytes(b"half")
            raise KeyboardInterrupt
        assert folder.exists() == there and not (there and list(folder.iterdir()))


def test_inspect_and_volumes_count_the_same_contours(study):
    listed = run_command("inspect", study.structures, "--json").result["structure_sets"][0]["structures"]
    measured = run_command("volumes", "--structures", study.structures, "--json").result["structures"]
    assert [(s["name"], s["contours"]) for s in listed] == [(s["name"], s["contours"]) for s in measured]


def test_images_of_another_frame_of_reference_carry_no_new_structure(study, tmp_path):
    from dataclasses import replace

    from workstation.dicom.write_series import write_series

    elsewhere = replace(study.image, frame_of_reference_uid="1.2.826.0.1.3680043.10.1.99")
    write_series(tmp_path / "elsewhere", elsewhere)
    outcome = expanded(study, tmp_path, "--margin", "5", "--image", tmp_path / "elsewhere")
    assert outcome.code == 2 and "another frame of reference" in outcome.err
    assert not (tmp_path / "o.dcm").exists()


def test_registering_within_one_frame_of_reference_is_remarked_on(study, tmp_path):
    images = study.folder / "CT"
    outcome = run_command("register", "--fixed", images, "--moving", images, "--out", tmp_path / "r.dcm", "--json")
    assert outcome.code == 0 and "one frame of reference" in outcome.err
    assert outcome.result["translation_mm"] == pytest.approx([0, 0, 0], abs=0.3)


def test_warm_up_compiles_every_kernel_in_processes_of_its_own() -> None:
    result = run_command("warm-up", "--json").result
    assert {"workstation.enhancement.region_kernels", "workstation.view.slab_kernels"} <= set(result["modules"])
    assert all(name.endswith("_kernels") for name in result["modules"]) and result["seconds"] > 0
