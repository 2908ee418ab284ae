"""`workstation register` writes what it found, says which way it goes, and writes nothing where it failed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from tests.cli.conftest import SmallStudy, run_command
from workstation.cli.registering import box_of
from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
from workstation.dicom.registration import read_registrations
from workstation.dicom.structure_set import write_structure_set
from workstation.dicom.write_series import write_series
from workstation.fusion.landmark_files import write_landmarks
from workstation.fusion.landmarks import LandmarkPair
from workstation.fusion.registration import Registration
from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.files import read_image_file, write_volume
from workstation.images.resample import resample
from workstation.images.volume import PatientIdentity, Volume
from workstation.structures.structure import Structure

TRUTH = Transform.from_rigid((4, -3, 5), (3, -2, 4), (0, 0, 0))
KEYS = {
    "matrix", "maps", "translation_mm", "rotation_deg", "centre_mm", "metric", "quality", "verdict", "seconds",
    "method", "kind", "out", "uid", "resampled", "transform",
}  # fmt: skip
CENTRES = np.random.default_rng(8).uniform(-45, 45, (40, 3))


def anatomy(points: np.ndarray) -> np.ndarray:
    """HU of a head of soft-edged blobs in an ellipsoid."""
    inside = 1 / (1 + np.exp((np.sqrt(np.square(points / (60, 75, 70)).sum(-1)) - 1) * 30))
    values = np.zeros(points.shape[:-1])
    for n, centre in enumerate(CENTRES):
        values += (200 + 60 * (n % 9)) * np.exp(-np.square(points - centre).sum(-1) / (2 * (5 + n % 4) ** 2))
    return -1000 + inside * (1040 + values)


def head(modality: str, uid: str, to_fixed: Transform) -> Volume:
    grid = Grid(to_fixed.inverse().apply((-78, -90, -80)), (3, 3, 4), np.eye(3), (53, 61, 41))
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.size), indexing="ij"), axis=-1)
    values = anatomy(to_fixed.apply(grid.to_patient(index))).transpose(2, 1, 0)
    if modality == "MR":
        values = 5 + np.interp(values, (-1000, 0, 400, 1200), (0, 380, 220, 40))
    return Volume(uid, np.rint(values).astype(np.int16), grid, modality, description=f"head {modality}",
                  frame_of_reference_uid=uid, patient_position="HFS")  # fmt: skip


class Heads:
    """A CT and an MR of one head in folders; the MR lies by TRUTH elsewhere."""

    def __init__(self, folder: Path) -> None:
        write_series(folder / "CT", head("CT", "2.25.501", Transform.identity()))
        write_series(folder / "MR", head("MR", "2.25.502", TRUTH.inverse()))
        self.ct, self.mr = folder / "CT", folder / "MR"
        self.fixed, self.moving = (load_series(index_paths([f]).series[0]) for f in (self.ct, self.mr))
        points = self.fixed.grid.to_patient(np.random.default_rng(1).uniform(5, 35, (6, 3)))
        self.table = folder / "pairs.csv"
        write_landmarks(self.table, [LandmarkPair.new(n + 1, "", "", p, TRUTH.apply(p)) for n, p in enumerate(points)])


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> Heads:
    return Heads(tmp_path_factory.mktemp("heads"))


def off_mm(matrix: list[float]) -> float:
    points = np.array([[40.0, 0, 0], [-40, 10, 20], [0, 50, -30], [0, -50, 40]])
    return float(np.linalg.norm(Transform(matrix).apply(points) - TRUTH.apply(points), axis=1).max())


def test_a_rigid_registration_with_all_that_can_be_written(heads: Heads, tmp_path: Path) -> None:
    done = run_command("register", "--fixed", heads.ct, "--moving", heads.mr, "--out", tmp_path / "r.dcm",
                       "--resampled", tmp_path / "derived", "--transform", tmp_path / "r.tfm", "--json")  # fmt: skip
    assert done.code == 0, done.err
    result = done.result
    assert set(result) == KEYS and result["kind"] == "rigid" and result["verdict"] in ("good", "doubtful")
    assert off_mm(result["matrix"]) < 0.5
    assert "fixed frame" in result["maps"] and "to the moving" in result["maps"]
    (found,) = read_registrations(tmp_path / "r.dcm")
    assert np.allclose(found.fixed_to_moving.matrix.ravel(), result["matrix"], atol=1e-9)
    assert (found.fixed_frame_uid, found.moving_frame_uid) == ("2.25.501", "2.25.502") and found.provisional
    derived = load_series(index_paths([tmp_path / "derived"]).series[0])
    assert derived.grid.same_as(heads.fixed.grid) and derived.frame_of_reference_uid == "2.25.501"
    soft = (heads.fixed.voxels > 380) & (heads.fixed.voxels < 420)
    assert abs(float(np.median(derived.voxels[soft])) - 225) < 15
    theirs = sitk.ReadTransform(str(tmp_path / "r.tfm")).TransformPoint((10.0, 20.0, 30.0))
    assert np.allclose(theirs, Transform(result["matrix"]).apply((10, 20, 30)), atol=1e-6)


def test_regions_and_starts_are_handed_on(heads: Heads, tmp_path: Path) -> None:
    stack = write_head_structure(heads, tmp_path / "rs.dcm")
    assert stack
    for number, extra in enumerate((
        ("--region", "Half", "--structures", tmp_path / "rs.dcm", "--start", "frame"),
        ("--region", "box -60,-70,-70,60,70,20", "--start", "centre", "--metric", "mutual-information"),
    )):  # fmt: skip
        done = run_command("register", "--fixed", heads.ct, "--moving", heads.mr, *extra, "--out",
                           tmp_path / f"{number}.dcm", "--json")  # fmt: skip
        assert done.code == 0, done.err
        assert off_mm(done.result["matrix"]) < 0.8
        assert done.result["quality"]["region"] == ("region", "box")[number]


def write_head_structure(heads: Heads, path: Path) -> str:
    from tests.cli.conftest import box_stack

    positions = np.arange(-80, 81, 4.0)
    stack = box_stack((-60, -70, -76), (60, 70, 20), positions, 4.0)
    structure = Structure("h", 1, "Half", stack, frame_of_reference_uid="2.25.501")
    return write_structure_set(path, [structure], image=heads.fixed)


def test_a_deformable_registration_goes_out_as_one_and_comes_back(heads: Heads, tmp_path: Path) -> None:
    """Through the real engine: the MR, swollen by a known field, is brought back onto the CT by one look-up."""
    swelling = swollen(heads.moving)
    write_volume(tmp_path / "bent.nii.gz", swelling)
    write_head_structure(heads, tmp_path / "rs.dcm")
    done = run_command("register", "--fixed", heads.ct, "--moving", tmp_path / "bent.nii.gz", "--method", "deformable",
                       "--inside", "Half", "--structures", tmp_path / "rs.dcm", "--out", tmp_path / "r.dcm",
                       "--transform", tmp_path / "field.mha", "--resampled", tmp_path / "on.mha", "--json")  # fmt: skip
    assert done.code == 0, done.err
    result = done.result
    assert set(result) == KEYS | {"deformation"} and result["kind"] == "deformable"
    assert result["quality"]["jacobian"]["min"] > 0 and off_mm(result["matrix"]) < 2.5
    (found,) = read_registrations(tmp_path / "r.dcm")
    assert found.kind == "deformable" and len(found.fixed_to_moving.fields) == 1
    outside = np.array([[0.0, 0, 60], [20, -30, 55]])  # nothing there bends
    straight = Transform(result["matrix"])
    assert np.allclose(found.fixed_to_moving.apply(outside), straight.apply(outside), atol=0.01)
    theirs = sitk.DisplacementFieldTransform(sitk.Cast(sitk.ReadImage(str(tmp_path / "field.mha")),
                                                       sitk.sitkVectorFloat64))  # fmt: skip
    inside = np.array([[5.0, 10, -20], [-30, 20, 0], [12, -40, -30]])
    mapped = np.array([theirs.TransformPoint(p) for p in inside.tolist()])
    assert np.linalg.norm(mapped - found.fixed_to_moving.apply(inside), axis=1).max() < 0.2


def swollen(volume: Volume) -> Volume:
    middle = TRUTH.apply((0, 0, -20))
    k, j, i = np.meshgrid(*(np.arange(n) for n in volume.grid.shape), indexing="ij")
    away = volume.grid.to_patient(np.stack([i, j, k], axis=-1)) - middle
    push = 5 * np.exp(-np.square(away).sum(-1) / (2 * 25**2))[..., None] * (1, 0, 0)
    whole = Deformation((FieldStep(DisplacementField(volume.grid, push)),))
    uid = "2.25.503"
    return replace(resample(volume, volume.grid, whole, frame_of_reference_uid=uid), frame_of_reference_uid=uid)


def test_landmarks_need_no_engine(heads: Heads, tmp_path: Path) -> None:
    done = run_command("register", "--fixed", heads.ct, "--moving", heads.mr, "--method", "landmarks", "--landmarks",
                       heads.table, "--out", tmp_path / "r.dcm", "--json")  # fmt: skip
    assert done.code == 0, done.err
    assert off_mm(done.result["matrix"]) < 1e-6 and done.result["quality"]["landmarks"]["count"] == 6
    assert done.result["verdict"] == "good" and "landmarks" in done.result["method"]
    assert "landmarks" in read_registrations(tmp_path / "r.dcm")[0].method


def test_quality_is_measured_with_all_that_is_given(heads: Heads, tmp_path: Path) -> None:
    """Landmarks check a registration that was not made of them; structures of one name are compared."""
    write_head_structure(heads, tmp_path / "fixed.dcm")
    carried = run_command("register", "--fixed", heads.ct, "--moving", heads.mr, "--out", tmp_path / "r.dcm",
                          "--landmarks", heads.table, "--structures", tmp_path / "fixed.dcm", "--json")  # fmt: skip
    assert carried.code == 0, carried.err
    quality = carried.result["quality"]
    assert quality["landmarks"]["count"] == 6 and quality["landmarks"]["tre_mm"]["mean"] < 0.3
    assert quality["displacement_mm"]["max"] > 5 and "patient" in quality["six_degrees"]
    (found,) = read_registrations(tmp_path / "r.dcm")
    assert any("TRE 0." in comment for comment in found.quality["comments"])
    onto = run_command("apply", "--registration", tmp_path / "r.dcm", "--structures", tmp_path / "fixed.dcm", "--image",
                       heads.mr, "--out", tmp_path / "moving.dcm", "--json")  # fmt: skip
    assert onto.code == 0, onto.err
    both = run_command("register", "--fixed", heads.ct, "--moving", heads.mr, "--method", "landmarks", "--landmarks",
                       heads.table, "--structures", tmp_path / "fixed.dcm", "--moving-structures",
                       tmp_path / "moving.dcm", "--out", tmp_path / "l.dcm", "--json")  # fmt: skip
    (row,) = both.result["quality"]["structures"]
    assert row["name"] == "Half" and row["dice"] > 0.98


def test_image_files_are_registered_by_frames_of_their_own(heads: Heads, tmp_path: Path) -> None:
    for name, volume in (("ct", heads.fixed), ("mr", heads.moving)):
        write_volume(tmp_path / f"{name}.nii.gz", replace(volume, frame_of_reference_uid=""))
    done = run_command("register", "--fixed", tmp_path / "ct.nii.gz", "--moving", tmp_path / "mr.nii.gz", "--method",
                       "landmarks", "--landmarks", heads.table, "--out", tmp_path / "r.dcm",
                       "--resampled", tmp_path / "on.nii.gz")  # fmt: skip
    assert done.code == 0, done.err
    fixed, made = read_image_file(tmp_path / "ct.nii.gz"), read_image_file(tmp_path / "on.nii.gz")
    assert fixed.frame_of_reference_uid == made.frame_of_reference_uid  # so that it lies on the fixed image
    again = run_command("apply", "--registration", tmp_path / "r.dcm", "--image", tmp_path / "mr.nii.gz", "--on",
                        tmp_path / "ct.nii.gz", "--out", tmp_path / "again.nii.gz")  # fmt: skip
    assert again.code == 0, again.err
    assert np.array_equal(read_image_file(tmp_path / "again.nii.gz").voxels, made.voxels)


def test_a_failed_registration_writes_nothing_unless_asked(
    heads: Heads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verdict is the engine's; what the command does with it is tested here."""
    quality = {"verdict": "failed", "reasons": ["The images agree less after it than before."]}

    def failing(fixed: Volume, moving: Volume, **_: object) -> Registration:
        return Registration("x", "2.25.501", "2.25.502", TRUTH, "rigid, mutual information", quality)

    monkeypatch.setattr("workstation.fusion.rigid.register_rigid", failing)
    arguments = ("register", "--fixed", heads.ct, "--moving", heads.mr, "--out", tmp_path / "r.dcm", "--json")
    done = run_command(*arguments)
    assert done.code == 2 and not (tmp_path / "r.dcm").exists()
    assert done.result["verdict"] == "failed" and done.result["out"] is None and done.result["resampled"] is None
    assert "failed and nothing was written: The images agree less" in done.err and done.err.count("\n") == 1
    asked = run_command(*arguments, "--even-failed")
    assert asked.code == 0 and asked.result["verdict"] == "failed"
    assert "not accepted: provisional; failed" in read_registrations(tmp_path / "r.dcm")[0].quality["comments"]


def test_series_without_a_frame_are_refused(heads: Heads, tmp_path: Path) -> None:
    import pydicom

    for path in sorted(heads.mr.iterdir()):
        ds = pydicom.dcmread(path)
        del ds.FrameOfReferenceUID
        ds.save_as(tmp_path / path.name)
    done = run_command("register", "--fixed", heads.ct, "--moving", tmp_path, "--out", tmp_path / "r.dcm")
    assert done.code == 2 and "names no frame of reference" in done.err and str(tmp_path) in done.err


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        (("--landmarks", "x.csv"), "x.csv"),
        (("--target", "1,2"), "three numbers"),
        (("--method", "landmarks", "--landmarks", "x", "--target", "1,2,3"), "belongs to --method rigid"),
        (("--method", "landmarks"), "needs --landmarks"),
        (("--method", "landmarks", "--landmarks", "no.csv"), "no.csv"),
        (("--method", "landmarks", "--landmarks", "x", "--bone"), "--bone belongs to --method rigid"),
        (("--inside", "Lung"), "belongs to --method deformable"),
        (("--region", "Half"), "--structures"),
        (("--region", "box 1,2,3"), "six numbers"),
        (("--region", "box 0,0,0,0,5,5"), "flat"),
        (("--region", "box 900,900,900,950,950,950"), "outside"),
        (("--metric", "guess"), "mutual-information, correlation"),
        (("--transform", "map.xyz"), "must end in"),
        (("--resampled", "no/such/x.nii.gz"), "must exist"),
        (("--method", "guess"), "invalid choice"),
    ],
)
def test_options_that_do_not_fit_are_one_line(
    heads: Heads, tmp_path: Path, extra: tuple[str, ...], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run_command("register", "--fixed", heads.ct, "--moving", heads.mr, "--out", tmp_path / "r.dcm", *extra)
    assert done.code == 2 and reason in done.err and done.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_name_with_commas_is_no_box_and_a_box_may_be_turned() -> None:
    assert box_of("GTV, left") is None and box_of("Brainstem") is None and box_of("box") is None
    found = box_of("box=10,0,0,-10,5,7")
    assert found is not None and found.tolist() == [[10, 0, 0], [-10, 5, 7]]


def test_a_registration_within_one_frame_is_remarked_on(study: SmallStudy, tmp_path: Path) -> None:
    images = study.folder / "CT"
    table = tmp_path / "p.csv"
    points = np.array([[0.0, 0, 0], [20, 0, 0], [0, 20, 0], [0, 0, 20]])
    write_landmarks(
        table, [LandmarkPair.new(n + 1, "", "", p, p + np.array([0.0, 2, 0])) for n, p in enumerate(points)]
    )
    done = run_command("register", "--fixed", images, "--moving", images, "--method", "landmarks", "--landmarks",
                       table, "--out", tmp_path / "r.dcm", "--json")  # fmt: skip
    assert done.code == 0 and "one frame of reference" in done.err
    (within,) = read_registrations(tmp_path / "r.dcm", within_frames=True)
    assert np.allclose(within.fixed_to_moving.matrix[:3, 3], (0, 2, 0))


def test_two_patients_are_not_registered(heads: Heads, tmp_path: Path) -> None:
    for name, number in (("one", "17"), ("other", "18")):
        modality = "CT" if name == "one" else "MR"
        made = replace(head(modality, f"2.25.6{number}", Transform.identity()), patient=PatientIdentity("Doe", number))
        write_series(tmp_path / name, made)
    done = run_command("register", "--fixed", tmp_path / "one", "--moving", tmp_path / "other", "--out", tmp_path / "r")
    assert done.code == 2 and "different patients" in done.err and not (tmp_path / "r").exists()
