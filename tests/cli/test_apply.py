"""`workstation apply` carries images, structures and points the right way, once, and says what it hangs on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.cli.conftest import CENTRE_MM, SmallStudy, run_command
from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
from workstation.dicom.registration import write_registration
from workstation.dicom.structure_set import read_structure_set
from workstation.dicom.write_series import write_series
from workstation.fusion.registration import Registration
from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.files import read_image_file, write_volume
from workstation.images.resample import resample
from workstation.images.volume import Volume

RIGID = Transform.from_rigid((14, -9, 22), (6, -4, 12))
SECOND = Transform.from_rigid((-5, 3, 8), (0, 0, -5))
KEYS = {"applied", "registrations", "from_frame_uid", "to_frame_uid", "provisional", "out", "seconds"}


@dataclass(frozen=True)
class Pair:
    """The small study's CT (fixed), an MR of it elsewhere (moving), and a registration of each kind."""

    fixed: Volume
    moving: Volume
    fixed_folder: Path
    moving_folder: Path
    rigid: Path
    bent: Path
    accepted: Path


def loaded(folder: Path) -> Volume:
    return load_series(index_paths([folder]).series[0])


def bump() -> DisplacementField:
    grid = Grid((-70, -70, -50), (10, 10, 10), np.eye(3), (15, 15, 11))
    k, j, i = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    return DisplacementField(grid, 4 * np.stack([np.sin(i / 4), np.cos(j / 5), np.sin(k / 3)], axis=-1))


@pytest.fixture(scope="module")
def pair(study: SmallStudy, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    folder = tmp_path_factory.mktemp("pair")
    fixed, frame = study.image, "1.2.826.0.1.3680043.10.1.77"
    grid = Grid(RIGID.apply((-70, -70, -45)), (2.2, 2.2, 3), np.eye(3), (70, 70, 40))
    made = resample(replace(fixed, voxels=np.maximum(fixed.voxels, -200) + np.int16(300)), grid, RIGID.inverse(),
                    fill=100, frame_of_reference_uid=frame)  # fmt: skip
    write_series(folder / "MR", replace(made, modality="MR", description="small MR", series_uid="", study_uid=""))
    moving = loaded(folder / "MR")
    own, there = fixed.frame_of_reference_uid, moving.frame_of_reference_uid
    rigid = Registration("rigid", own, there, RIGID, "rigid, Mattes mutual information")
    bent = replace(rigid, identifier="bent", fixed_to_moving=Deformation((FieldStep(bump()), RIGID)))
    accepted = replace(rigid, accepted_by="Dr. Ada", accepted_at="2026-11-25T09:00:00+00:00")
    for name, registration in (("rigid", rigid), ("bent", bent), ("accepted", accepted)):
        write_registration(folder / f"{name}.dcm", registration, fixed, moving)
    return Pair(fixed, moving, study.folder / "CT", folder / "MR", *(folder / f"{n}.dcm" for n in
                ("rigid", "bent", "accepted")))  # fmt: skip


def middle_mm(volume: Volume, above: float) -> np.ndarray:
    """Centre of the bright ball."""
    return volume.grid.to_patient(np.argwhere(volume.voxels > above)[:, ::-1].mean(0))


def test_an_image_is_brought_onto_another(pair: Pair, tmp_path: Path) -> None:
    out = tmp_path / "derived"
    done = run_command("apply", "--registration", pair.rigid, "--image", pair.moving_folder, "--on", pair.fixed_folder,
                       "--out", out, "--json")  # fmt: skip
    assert done.code == 0, done.err
    assert set(done.result) == KEYS | {"size", "spacing_mm", "covered", "frame_of_reference_uid"}
    assert done.result["provisional"] is True and "provisional" in done.err
    assert done.result["covered"] > 0.9
    (used,) = done.result["registrations"]
    assert used["kind"] == "rigid" and used["accepted_by"] == ""
    made = loaded(out)
    assert made.grid.same_as(pair.fixed.grid) and made.frame_of_reference_uid == pair.fixed.frame_of_reference_uid
    assert np.linalg.norm(middle_mm(made, 250) - CENTRE_MM) < 0.3
    assert "PROVISIONAL" in made.description


def test_frames_say_which_way_to_go(pair: Pair, tmp_path: Path) -> None:
    """The fixed image goes onto the moving one's voxels by the same file; --inverse would contradict the frames."""
    out = tmp_path / "ct.nii.gz"
    done = run_command("apply", "--registration", pair.accepted, "--image", pair.fixed_folder, "--on",
                       pair.moving_folder, "--out", out, "--json")  # fmt: skip
    assert done.code == 0 and done.result["provisional"] is False and not done.err
    made = read_image_file(out)
    assert made.frame_of_reference_uid == pair.moving.frame_of_reference_uid
    assert np.linalg.norm(middle_mm(made, -480) - RIGID.apply(CENTRE_MM)) < 0.3
    refused = run_command("apply", "--registration", pair.rigid, "--image", pair.moving_folder, "--on",
                          pair.fixed_folder, "--inverse", "--out", tmp_path / "no.nii")  # fmt: skip
    assert refused.code == 2 and "--inverse" in refused.err and not (tmp_path / "no.nii").exists()


def test_without_another_image_it_gets_a_lattice_of_its_own(pair: Pair, tmp_path: Path) -> None:
    done = run_command("apply", "--registration", pair.rigid, "--image", pair.moving_folder, "--out",
                       tmp_path / "mr.mha", "--json")  # fmt: skip
    assert done.code == 0, done.err
    made = read_image_file(tmp_path / "mr.mha")
    assert made.frame_of_reference_uid == pair.fixed.frame_of_reference_uid
    assert np.linalg.norm(middle_mm(made, 250) - CENTRE_MM) < 0.3
    inside = made.grid.contains(RIGID.inverse().apply(pair.moving.grid.corners_mm()), slack_voxels=0.51)
    assert inside.all() and made.grid.spacing_mm == pytest.approx([2.2, 2.2, 3])


def test_an_image_file_is_found_again_by_its_content(pair: Pair, tmp_path: Path) -> None:
    """A NIfTI names no frame of reference: its own one follows from what it holds, under every name."""
    write_volume(tmp_path / "a.nii.gz", replace(pair.moving, frame_of_reference_uid=""))
    moving = read_image_file(tmp_path / "a.nii.gz")
    registration = Registration("n", pair.fixed.frame_of_reference_uid, moving.frame_of_reference_uid, RIGID, "by hand")
    write_registration(tmp_path / "reg.dcm", registration, pair.fixed, moving)
    (tmp_path / "a.nii.gz").rename(tmp_path / "b.nii.gz")
    arguments = ("apply", "--registration", tmp_path / "reg.dcm", "--image", tmp_path / "b.nii.gz", "--on",
                 pair.fixed_folder, "--out")  # fmt: skip
    assert run_command(*arguments, tmp_path / "o.nii.gz").code == 0
    refused = run_command(*arguments, tmp_path / "folder")
    assert refused.code == 2 and ".nii.gz or .mha" in refused.err


# --------------------------------------------------------------------------------------------------- structures


@pytest.mark.parametrize("kind", ["accepted", "bent"])
def test_structures_are_drawn_on_the_other_image(pair: Pair, study: SmallStudy, tmp_path: Path, kind: str) -> None:
    """From the fixed image to the moving one: where the ball's middle goes, on the MR's own slices."""
    done = run_command("apply", "--registration", getattr(pair, kind), "--structures", study.structures, "--image",
                       pair.moving_folder, "--structure", "GTV", "--out", tmp_path / "rs.dcm", "--json")  # fmt: skip
    assert done.code == 0, done.err
    assert set(done.result) == KEYS | {"structures"}
    (row,) = done.result["structures"]
    assert set(row) == {"name", "volume_cc_before", "volume_cc"} and row["name"] == "GTV"
    assert row["volume_cc"] == pytest.approx(row["volume_cc_before"], rel=0.02 if kind == "accepted" else 0.3)
    found = read_structure_set(tmp_path / "rs.dcm", pair.moving)
    assert not found.warnings and found.approval.status == "UNAPPROVED"
    assert found.label == ("Carried" if kind == "accepted" else "PROVISIONAL")
    (gtv,) = found.structures
    assert gtv.frame_of_reference_uid == pair.moving.frame_of_reference_uid
    low, high = gtv.stack.bounds_mm()
    middle = gtv.stack.plane.to_patient((low[:2] + high[:2]) / 2, (low[2] + high[2]) / 2)
    whole = RIGID if kind == "accepted" else Deformation((FieldStep(bump()), RIGID))
    assert np.linalg.norm(middle - whole.apply(CENTRE_MM)) < (1.0 if kind == "accepted" else 2.5)
    images = {ring.images[0].sop_instance_uid for plane in gtv.stack.slices for ring in plane.imported if ring.images}
    assert images and images <= {s.sop_instance_uid for s in pair.moving.slices}


def test_structures_that_can_not_be_carried(pair: Pair, study: SmallStudy, tmp_path: Path) -> None:
    arguments = ("apply", "--registration", pair.rigid, "--structures", study.structures, "--out", tmp_path / "o.dcm")
    half = pair.moving.grid.box((0, 0, 20), (70, 70, 20))
    write_volume(tmp_path / "half.mha", replace(pair.moving, grid=half, voxels=pair.moving.voxels[20:].copy()))
    cut = run_command(*arguments, "--image", tmp_path / "half.mha", "--structure", "Bone")
    assert cut.code == 0 and "Bone came out with" in cut.err
    (tmp_path / "o.dcm").unlink()
    alone = run_command(*arguments, "--image", pair.moving_folder, "--structure", "Nothing")
    assert alone.code == 2 and "there is no structure called 'Nothing'" in alone.err
    grid = pair.moving.grid.box((0, 0, 200), pair.moving.grid.size)
    write_volume(tmp_path / "far.mha", replace(pair.moving, grid=grid))
    far = run_command(*arguments, "--image", tmp_path / "far.mha")
    assert far.code == 2 and "none of its structures reaches" in far.err and not (tmp_path / "o.dcm").exists()


# ------------------------------------------------------------------------------------------------------- points


def table(path: Path, points: np.ndarray) -> Path:
    path.write_text("name,x,y,z\n" + "".join(f"p{n},{x},{y},{z}\n" for n, (x, y, z) in enumerate(points.tolist())))
    return path


POINTS = np.array([[0.0, 0, 0], [10, -5, 3], [-20, 12, 7]])


@pytest.mark.parametrize("kind", ["rigid", "bent"])
def test_points_go_from_fixed_to_moving_and_back(pair: Pair, tmp_path: Path, kind: str) -> None:
    whole = RIGID if kind == "rigid" else Deformation((FieldStep(bump()), RIGID))
    there = run_command("apply", "--registration", getattr(pair, kind), "--points", table(tmp_path / "a.csv", POINTS),
                        "--out", tmp_path / "b.csv", "--json")  # fmt: skip
    assert there.code == 0, there.err
    assert set(there.result) == KEYS | {"points"}
    assert np.allclose([row["to_mm"] for row in there.result["points"]], whole.apply(POINTS), atol=1e-6)
    assert there.result["to_frame_uid"] == pair.moving.frame_of_reference_uid
    back = run_command("apply", "--registration", getattr(pair, kind), "--points", tmp_path / "b.csv", "--inverse",
                       "--out", tmp_path / "c.csv", "--json")  # fmt: skip
    assert np.allclose([row["to_mm"] for row in back.result["points"]], POINTS, atol=1e-3)
    assert [row["name"] for row in back.result["points"]] == ["p0", "p1", "p2"]


def test_a_chain_is_several_registrations(pair: Pair, tmp_path: Path) -> None:
    third = replace(pair.moving, frame_of_reference_uid="2.25.333", slices=())
    second = Registration("s", pair.moving.frame_of_reference_uid, "2.25.333", SECOND, "by hand")
    write_registration(tmp_path / "second.dcm", second, pair.moving, third)
    table(tmp_path / "a.csv", POINTS)
    done = run_command("apply", "--registration", pair.bent, "--registration", tmp_path / "second.dcm", "--points",
                       tmp_path / "a.csv", "--out", tmp_path / "b.csv", "--json")  # fmt: skip
    whole = SECOND.after(Deformation((FieldStep(bump()), RIGID)))
    assert np.allclose([row["to_mm"] for row in done.result["points"]], whole.apply(POINTS), atol=1e-6)
    assert [r["kind"] for r in done.result["registrations"]] == ["deformable", "rigid"]
    write_volume(tmp_path / "third.mha", third)
    done = run_command("apply", "--registration", pair.rigid, "--registration", tmp_path / "second.dcm",
                       "--image", tmp_path / "third.mha", "--on", pair.fixed_folder,
                       "--out", tmp_path / "o.mha", "--json")  # fmt: skip
    made = read_image_file(tmp_path / "o.mha")
    at = made.grid.to_index(SECOND.after(RIGID).inverse().apply(third.grid.to_patient((30, 35, 20))))
    k, j, i = (round(float(v)) for v in at[::-1])
    assert done.code == 0 and abs(int(made.voxels[k, j, i]) - int(third.voxels[20, 35, 30])) < 60


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "holds no points"), ("1,2\n", "line 1: three coordinates"), ("a,1,2,3\nb,1,x,3\n", "line 2"),
     ("1,2,nan\n1,2,3,4,5\n", "line 2")],
)  # fmt: skip
def test_tables_that_are_none(pair: Pair, tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    done = run_command("apply", "--registration", pair.rigid, "--points", tmp_path / "a.csv", "--out", tmp_path / "b")
    assert done.code == 2 and reason in done.err and done.err.count("\n") == 1


# ---------------------------------------------------------------------------------------------------- bad input


def test_a_registration_of_other_images_names_both_frames(pair: Pair, tmp_path: Path) -> None:
    other = replace(pair.moving, frame_of_reference_uid="1.2.3.4")
    write_volume(tmp_path / "other.mha", other)
    done = run_command("apply", "--registration", pair.rigid, "--image", tmp_path / "other.mha", "--on",
                       pair.fixed_folder, "--out", tmp_path / "o.mha")  # fmt: skip
    assert done.code == 2 and not (tmp_path / "o.mha").exists()
    for uid in ("1.2.3.4", pair.fixed.frame_of_reference_uid, pair.moving.frame_of_reference_uid):
        assert uid in done.err
    alone = run_command("apply", "--registration", pair.rigid, "--image", tmp_path / "other.mha", "--out",
                        tmp_path / "o.mha")  # fmt: skip
    assert alone.code == 2 and "1.2.3.4" in alone.err


def test_what_overlaps_nowhere_and_what_is_one_slice(pair: Pair, tmp_path: Path) -> None:
    far = Registration("f", pair.fixed.frame_of_reference_uid, pair.moving.frame_of_reference_uid,
                       Transform.from_rigid((5000, 0, 0)), "by hand")  # fmt: skip
    write_registration(tmp_path / "far.dcm", far, pair.fixed, pair.moving)
    on = ("--on", pair.fixed_folder, "--out", tmp_path / "o.mha")
    done = run_command("apply", "--registration", tmp_path / "far.dcm", "--image", pair.moving_folder, *on)
    assert done.code == 2 and "nothing overlaps" in done.err
    grid = pair.moving.grid.box((0, 0, 20), (70, 70, 1))
    write_volume(tmp_path / "one.mha", replace(pair.moving, grid=grid, voxels=pair.moving.voxels[20:21].copy()))
    done = run_command("apply", "--registration", pair.rigid, "--image", tmp_path / "one.mha", *on)
    assert done.code == 2 and "single slice" in done.err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--out", "o"), "nothing to carry"),
        (("--image", "MR", "--structure", "GTV", "--out", "o"), "--structures"),
        (("--points", "p.csv", "--on", "CT", "--out", "o"), "--on is for images"),
        (("--structures", "rs.dcm", "--out", "o"), "nothing to carry|need --image"),
    ],
)
def test_options_that_do_not_fit(pair: Pair, arguments: tuple[str, ...], reason: str) -> None:
    done = run_command("apply", "--registration", pair.rigid, *arguments)
    assert done.code == 2 and any(part in done.err for part in reason.split("|"))


def test_a_full_folder_is_left_alone(pair: Pair, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("mine")
    done = run_command("apply", "--registration", pair.rigid, "--image", pair.moving_folder, "--out", tmp_path)
    assert done.code == 2 and "not empty" in done.err and [p.name for p in tmp_path.iterdir()] == ["x.txt"]


def test_within_one_frame_the_images_named_say_which_way(pair: Pair, tmp_path: Path) -> None:
    """Phases of one examination: only the images that the file names tell which of them it moves."""
    same = pair.fixed.frame_of_reference_uid
    grid = pair.fixed.grid
    later = replace(pair.fixed, grid=Grid(grid.to_patient((0, 3, 0)), grid.spacing_mm, np.eye(3), grid.size))
    write_series(tmp_path / "late", replace(later, series_uid="", slices=()))
    late = loaded(tmp_path / "late")
    within = Registration("w", same, same, Transform.from_rigid((0, 6, 0)), "phases")
    write_registration(tmp_path / "w.dcm", within, pair.fixed, late)
    arguments = ("apply", "--registration", tmp_path / "w.dcm", "--image")
    for source, on, expected in (
        (tmp_path / "late", pair.fixed_folder, (0, 0, 0)), (pair.fixed_folder, tmp_path / "late", (0, 6, 0)),
    ):  # fmt: skip
        done = run_command(*arguments, source, "--on", on, "--out", tmp_path / "o.mha")
        assert done.code == 0 and "does not tell" not in done.err
        found = middle_mm(read_image_file(tmp_path / "o.mha"), -480)
        assert np.linalg.norm(found - CENTRE_MM - expected) < 0.3
    wrong = run_command(*arguments, tmp_path / "late", "--on", pair.fixed_folder, "--inverse", "--out", tmp_path / "o")
    assert wrong.code == 2 and "moves this very image" in wrong.err


def test_one_of_several_series_is_chosen_by_number(pair: Pair, tmp_path: Path) -> None:
    write_series(tmp_path / "both", replace(pair.moving, series_uid="", slices=(), description="a"))
    write_series(tmp_path / "both" / "b", replace(pair.moving, series_uid="", slices=(), description="b"))
    out = ("--out", tmp_path / "o.mha", "--json")
    asked = run_command("apply", "--registration", pair.rigid, "--image", tmp_path / "both", *out)
    assert asked.code == 2 and "#1 MR" in asked.err and "#2 MR" in asked.err and f"{tmp_path / 'both'}#1" in asked.err
    chosen = run_command("apply", "--registration", pair.rigid, "--image", f"{tmp_path / 'both'}#2", *out)
    assert chosen.code == 0, chosen.err
    beyond = run_command("apply", "--registration", pair.rigid, "--image", f"{tmp_path / 'both'}#3", *out)
    assert beyond.code == 2 and "there are 2 series" in beyond.err


def test_phases_in_one_frame_go_by_the_registration_between_them(pair: Pair, tmp_path: Path) -> None:
    same = pair.fixed.frame_of_reference_uid
    origin = pair.fixed.grid.to_patient((0, 3, 0))  # 6 mm to the back
    shifted = replace(pair.fixed, grid=Grid(origin, pair.fixed.grid.spacing_mm, np.eye(3), pair.fixed.grid.size))
    write_volume(tmp_path / "b.mha", shifted)
    within = Registration("w", same, same, Transform.from_rigid((0, 6, 0)), "phases")
    write_registration(tmp_path / "w.dcm", within, pair.fixed, pair.fixed)
    done = run_command("apply", "--registration", tmp_path / "w.dcm", "--image", tmp_path / "b.mha", "--on",
                       pair.fixed_folder, "--out", tmp_path / "o.mha")  # fmt: skip
    assert done.code == 0, done.err
    assert np.linalg.norm(middle_mm(read_image_file(tmp_path / "o.mha"), -480) - CENTRE_MM) < 0.3
    assert pydicom.dcmread(tmp_path / "w.dcm").RegistrationSequence[1].FrameOfReferenceUID == same


def test_a_registration_that_would_not_be_used_is_refused(pair: Pair, tmp_path: Path) -> None:
    """Phases moved onto each other within the moving frame are no link of a chain between frames."""
    there = pair.moving.frame_of_reference_uid
    within = Registration("w", there, there, Transform.from_rigid((0, 6, 0)), "phases")
    write_registration(tmp_path / "w.dcm", within, pair.moving, pair.moving)
    done = run_command("apply", "--registration", tmp_path / "w.dcm", "--registration", pair.rigid, "--image",
                       pair.moving_folder, "--on", pair.fixed_folder, "--out", tmp_path / "o.mha")  # fmt: skip
    assert done.code == 2 and "would not be used" in done.err and "within one frame" in done.err
    assert not (tmp_path / "o.mha").exists()
