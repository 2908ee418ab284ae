"""`workstation measure` against what the small study holds by construction, and what it refuses in one line."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import CENTRE_MM, RADIUS_MM, run_command
from workstation.dicom.registration_write import write_registration
from workstation.dicom.write_series import write_series
from workstation.fusion.registration import Registration
from workstation.geometry.transform import Transform

SHIFT_MM = (3.0, -2.0, 5.0)
FIGURES = {"uid", "modality", "description", "mean", "sd", "min", "max", "median", "p5", "p95", "count", "covered",
           "rule", "unit", "provisional"}  # fmt: skip


@pytest.fixture(scope="module")
def fused(study, tmp_path_factory) -> tuple[Path, Path]:
    """The CT once more as an MR in a frame of its own, 100 higher and shifted, and the registration of both."""
    folder = tmp_path_factory.mktemp("fused")
    grid = study.image.grid
    moved = type(grid)(grid.origin_mm + SHIFT_MM, grid.spacing_mm, grid.direction, grid.size)
    uid = "1.2.826.0.1.3680043.10.1.77"
    mr = replace(study.image, key=uid, series_uid=uid, modality="MR", unit="", description="small MR", grid=moved,
                 voxels=study.image.voxels + np.int16(2000), frame_of_reference_uid=f"{uid}.1", slices=(), files=(),
                 acquisition={})  # fmt: skip
    write_series(folder / "MR", mr)
    truth = Registration(
        "r", study.image.frame_of_reference_uid, f"{uid}.1", Transform.from_rigid(SHIFT_MM), "known truth"
    )
    write_registration(folder / "reg.dcm", truth, study.image, mr)
    return folder / "MR", folder / "reg.dcm"


def test_lengths_and_angles_need_no_image():
    result = run_command(
        "measure", "--distance", "-10,0,5", "20,40,5", "--angle", "10,0,0", "0,0,0", "0,-7.5,0", "--json"
    ).result
    assert result["distances"] == [{"points_mm": [[-10, 0, 5], [20, 40, 5]], "length_mm": pytest.approx(50)}]
    assert result["angles"][0]["angle_deg"] == pytest.approx(90)
    shown = run_command("measure", "--distance", "-10,0,5", "20,40,5", "--distance", "0,0,0", "0,0,1").out
    assert shown == "distance 50.0 mm\ndistance 1.0 mm\n"


def test_a_structure_is_measured_in_every_image_with_exactly_the_promised_keys(study, fused):
    mr, registration = fused
    result = run_command("measure", "--image", study.folder / "CT", "--image", mr, "--registration", registration,
                         "--structures", study.structures, "--structure", "GTV", "--json").result  # fmt: skip
    assert set(result) == {"distances", "angles", "regions", "profiles", "structures", "images"}
    (gtv,) = result["structures"]
    assert set(gtv) == {"name", "volume_cc", "surface_model", "images"}
    ct_figures, mr_figures = gtv["images"]
    assert set(ct_figures) == set(mr_figures) == FIGURES
    assert gtv["volume_cc"] == pytest.approx(4 / 3 * np.pi * RADIUS_MM**3 / 1000, rel=0.02)
    assert ct_figures["median"] == 40 and ct_figures["unit"] == "HU" and ct_figures["rule"] == "voxel centres"
    assert ct_figures["count"] * 0.01 == pytest.approx(gtv["volume_cc"], rel=0.03) and ct_figures["covered"] == 1
    # the same voxels lie in it, 2000 higher
    assert mr_figures["mean"] - ct_figures["mean"] == pytest.approx(2000)
    assert mr_figures["count"] == ct_figures["count"]
    assert (ct_figures["provisional"], mr_figures["provisional"]) == (False, True)


def test_a_region_on_a_slice_counts_the_pixels_inside(study):
    x, y, z = CENTRE_MM[0], CENTRE_MM[1], 0.0
    result = run_command("measure", "--image", study.folder / "CT", "--ellipse", f"{x - 8},{y - 4},{z}",
                         f"{x + 8},{y + 4},{z}", "--rectangle", "30,30,0", "40,50,0", "--json").result  # fmt: skip
    ellipse, rectangle = result["regions"]
    assert ellipse["area_mm2"] == pytest.approx(np.pi * 32) and rectangle["area_mm2"] == pytest.approx(200)
    assert ellipse["images"][0]["count"] * 4 == pytest.approx(np.pi * 32) and ellipse["images"][0]["mean"] == 40
    assert rectangle["images"][0]["mean"] == -1000 and rectangle["images"][0]["rule"] == "acquired voxels"


def test_a_profile_is_written_as_csv_and_printed_as_json(study, fused, tmp_path):
    mr, registration = fused
    x, y, z = CENTRE_MM[0], -5.0, 0.0  # through voxel centres
    out = tmp_path / "profile.csv"
    result = run_command("measure", "--image", study.folder / "CT", "--image", mr, "--registration", registration,
                         "--profile", f"{x - 30},{y},{z}", f"{x + 30},{y},{z}", "--csv", out,
                         "--json").result  # fmt: skip
    (profile,) = result["profiles"]
    assert profile["length_mm"] == pytest.approx(60) and max(np.diff(profile["positions_mm"])) <= 1.0 + 1e-9
    values = np.array(profile["images"][0]["values"])
    inside = np.array(profile["positions_mm"])[values > -500]
    assert np.ptp(inside) == pytest.approx(2 * RADIUS_MM, abs=2.1)
    assert np.allclose(np.array(profile["images"][1]["values"]) - values, 2000, atol=1)
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [image["provisional"] for image in profile["images"]] == [False, True]
    assert any(name.startswith("MR small MR (provisional)") for name in rows[0])
    assert len(rows) == len(values) and float(rows[30]["CT small CT [HU]"]) == pytest.approx(values[30])


def test_people_get_a_table(study):
    shown = run_command("measure", "--image", study.folder / "CT", "--structures", study.structures).out
    assert "GTV" in shown and "Bone" in shown and "median" in shown and "100%" in shown


@pytest.mark.parametrize("arguments, word", [
    ((), "nothing to measure"),
    (("--distance", "1,2", "3,4,5"), "is no point"),
    (("--distance", "1,2,nan", "3,4,5"), "nowhere in a patient"),
    (("--distance", "1,2,3"), "expected 2 arguments"),
    (("--angle", "0,0,0", "0,0,0", "1,0,0"), "no length"),
    (("--profile", "0,0,0", "1,0,0"), "needs an --image"),
    (("--image", "CT", "--profile", "0,0,0", "0,0,0"), "two different points"),
    (("--image", "CT", "--ellipse", "0,0,0", "9,9,2.5"), "one slice"),
    (("--image", "CT", "--rectangle", "0,0,0", "9,0,0"), "enclose nothing"),
    (("--distance", "0,0,0", "1,0,0", "--csv", "out.csv"), "exactly one --profile"),
    (("--image", "CT", "--structures", "RS", "--structure", "PTV"), "no structure called"),
    (("--distance", "0,0,0", "1,0,0", "--structure", "GTV"), "--structures"),
    (("--image", "CT", "--image", "MR", "--profile", "0,0,0", "1,0,0"), "--registration"),
    (("--image", "CT", "--image", "CT", "--profile", "0,0,0", "1,0,0"), "given already"),
])  # fmt: skip
def test_bad_input_is_one_line_that_says_what(study, fused, arguments, word):
    places = {"CT": study.folder / "CT", "MR": fused[0], "RS": study.structures}
    outcome = run_command("measure", *(places.get(a, a) for a in arguments))
    assert outcome.code == 2 and outcome.out == ""
    assert word in outcome.err and outcome.err.count("\n") == 1
