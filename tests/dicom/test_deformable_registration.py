"""Deformable Spatial Registrations are written as they are, read in DICOM's direction, and checked by others."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.valuerep import format_number_as_ds

from tests.dicom.make_images import write
from tests.dicom.test_registration import FIXED, MOVING, volume
from workstation.dicom.deformable_registration_write import as_written, lattice_over
from workstation.dicom.errors import DicomError
from workstation.dicom.index import index_paths
from workstation.dicom.inspect import inspect
from workstation.dicom.registration import read_registrations, write_registration
from workstation.fusion.registration import Registration
from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform

RIGID = Transform.from_rigid((12, -7, 30), (4, -11, 25), (10, 20, 30))
AFFINE = Transform([[1.1, 0.02, 0, 3], [0, 0.95, 0.01, -4], [0.03, 0, 1, 5], [0, 0, 0, 1]])
SHIFT = Transform.from_rigid((1, 2, 3))
OBLIQUE = Transform.from_rigid((0, 0, 0), (33, -21, 62)).matrix[:3, :3]


def field(seed: int = 0, direction: Any = None, size: tuple[int, int, int] = (7, 6, 5)) -> DisplacementField:
    axes = np.eye(3) if direction is None else direction
    grid = Grid((-1234.56789012345, 17.25, -0.1), (4.0, 5.125, 6.3), axes, size)
    values = np.random.default_rng(seed).normal(0, 3, (*grid.shape, 3)).astype(np.float32)
    return DisplacementField(grid, values)


def bent(*steps: Any) -> Registration:
    return Registration("bent", FIXED, MOVING, Deformation(steps), "deformable, B-spline, mutual information")


def written(path: Path, registration: Registration) -> Path:
    write_registration(path, registration, volume(FIXED, "CT"), volume(MOVING, "MR"))
    return path


def points_in(grid: Grid, count: int = 200) -> np.ndarray:
    inside = np.random.default_rng(5).uniform(0, np.array(grid.size) - 1, (count, 3))
    return grid.to_patient(inside)


def looked_up(path: Path, points: np.ndarray) -> np.ndarray:
    """An independent reading of the standard's equation: post(pre(x) + u(pre(x))), trilinear between nodes."""
    ds = pydicom.dcmread(path)
    (item,) = [i for i in ds.DeformableRegistrationSequence if i.get("DeformableRegistrationGridSequence")]
    pre, post = (
        np.array([float(v) for v in item[keyword][0].FrameOfReferenceTransformationMatrix]).reshape(4, 4)
        for keyword in ("PreDeformationMatrixRegistrationSequence", "PostDeformationMatrixRegistrationSequence")
    )
    grid = item.DeformableRegistrationGridSequence[0]
    row, column = (np.array(grid.ImageOrientationPatient[n : n + 3], float) for n in (0, 3))
    axes = [row, column, np.cross(row, column)]
    dims = [int(n) for n in grid.GridDimensions]
    values = np.frombuffer(grid.VectorGridData, "<f4").reshape(dims[2], dims[1], dims[0], 3)
    start = np.array(grid.ImagePositionPatient, float)
    mapped = []
    for point in points:
        y = (pre @ [*point, 1])[:3]
        at = [(y - start) @ axis / float(r) for axis, r in zip(axes, grid.GridResolution, strict=True)]
        at = [min(max(v, 0.0), n - 1.0) for v, n in zip(at, dims, strict=True)]
        low = [min(int(v), max(0, n - 2)) for v, n in zip(at, dims, strict=True)]
        u = np.zeros(3)
        for corner in range(8):
            step = [corner >> a & 1 for a in range(3)]
            weight = np.prod([f - n if s else 1 - (f - n) for f, n, s in zip(at, low, step, strict=True)])
            i, j, k = (min(b + s, n - 1) for b, s, n in zip(low, step, dims, strict=True))
            u += weight * values[k, j, i]
        mapped.append((post @ [*(y + u), 1])[:3])
    return np.array(mapped)


@pytest.mark.parametrize("steps", ["field", "field rigid", "affine field rigid", "affine field"])
def test_a_field_is_written_as_it_is(tmp_path: Path, steps: str) -> None:
    made = field()
    parts = {"field": FieldStep(made), "rigid": RIGID, "affine": AFFINE}
    registration = bent(*(parts[name] for name in steps.split()))
    found = read_registrations(written(tmp_path / "r", registration))[0]
    assert (found.fixed_frame_uid, found.moving_frame_uid, found.kind) == (FIXED, MOVING, "deformable")
    (back,) = found.fixed_to_moving.fields
    assert back.displacement_mm.tobytes() == made.displacement_mm.tobytes()
    assert np.abs(back.grid.matrix - made.grid.matrix).max() < 1e-9 and back.grid.size == made.grid.size
    points = np.random.default_rng(1).uniform(-1300, 100, (500, 3))
    apart = found.fixed_to_moving.apply(points) - registration.fixed_to_moving.apply(points)
    assert np.abs(apart).max() < 1e-6


@pytest.mark.parametrize("direction", [np.eye(3), OBLIQUE, OBLIQUE * (1, 1, -1), np.eye(3)[:, [2, 0, 1]]])
def test_an_independent_reader_finds_the_same_points(tmp_path: Path, direction: np.ndarray) -> None:
    registration = bent(AFFINE, FieldStep(field(3, direction)), RIGID)
    path = written(tmp_path / "r", registration)
    points = AFFINE.inverse().apply(points_in(field(3, direction).grid))
    assert np.abs(looked_up(path, points) - registration.fixed_to_moving.apply(points)).max() < 1e-4


def test_a_left_handed_grid_keeps_every_vector_at_its_place(tmp_path: Path) -> None:
    made = field(1, OBLIQUE * (1, 1, -1))
    (back,) = read_registrations(written(tmp_path / "r", bent(FieldStep(made), RIGID)))[0].fixed_to_moving.fields
    assert np.linalg.det(back.grid.direction) > 0
    assert back.displacement_mm.tobytes() == np.ascontiguousarray(made.displacement_mm[::-1]).tobytes()
    nodes = np.stack(np.meshgrid(*(np.arange(n) for n in made.grid.size), indexing="ij"), axis=-1).reshape(-1, 3)
    points = made.grid.to_patient(nodes)
    assert np.abs(back.at(points) - made.at(points)).max() < 1e-5


def test_it_looks_up_where_the_other_object_moves_points_back(tmp_path: Path) -> None:
    """The rigid matrix goes from moving to fixed, the post-deformation matrix from fixed to moving."""
    flat = DisplacementField(field().grid, np.zeros((*field().grid.shape, 3)))
    ds = pydicom.dcmread(written(tmp_path / "r", bent(FieldStep(flat), RIGID)))
    assert ds.FrameOfReferenceUID == FIXED
    own, other = ds.DeformableRegistrationSequence
    assert (own.SourceFrameOfReferenceUID, other.SourceFrameOfReferenceUID) == (FIXED, MOVING)
    post = other.PostDeformationMatrixRegistrationSequence[0]
    assert np.allclose(np.array(post.FrameOfReferenceTransformationMatrix, float).reshape(4, 4), RIGID.matrix)
    assert post.FrameOfReferenceTransformationMatrixType == "RIGID"


@given(st.integers(0, 50), st.tuples(*[st.integers(1, 4)] * 3), st.booleans())
@settings(max_examples=15)
def test_any_lattice_comes_back(
    tmp_path_factory: pytest.TempPathFactory, seed: int, size: tuple[int, int, int], mirrored: bool
) -> None:
    random = np.random.default_rng(seed)
    axes = Transform.from_rigid((0, 0, 0), random.uniform(-180, 180, 3)).matrix[:3, :3] * (1, 1, -1 if mirrored else 1)
    grid = Grid(random.uniform(-2000, 2000, 3), random.uniform(0.1, 20, 3), axes, size)
    made = DisplacementField(grid, random.normal(0, 10, (*grid.shape, 3)))
    path = written(tmp_path_factory.mktemp("d") / "r", bent(FieldStep(made), RIGID))
    back = read_registrations(path)[0].fixed_to_moving
    points = grid.to_patient(random.uniform(-1, np.array(size), (50, 3)))
    assert np.abs(back.apply(points) - RIGID.apply(points + made.at(points))).max() < 1e-6


def test_a_chain_is_sampled_once_and_says_so(tmp_path: Path) -> None:
    grid = Grid((0, 0, 0), (2, 2, 2), np.eye(3), (20, 20, 20))
    far = np.stack(np.meshgrid(*(np.linspace(0, 3, 20),) * 3, indexing="ij"), axis=-1)
    smooth = DisplacementField(grid, 2 * np.sin(far))
    fixed = replace(volume(FIXED, "CT"), grid=Grid((2, 2, 2), (1, 1, 2), np.eye(3), (30, 30, 15)),
                    voxels=np.zeros((15, 30, 30), np.int16))  # fmt: skip
    whole = Deformation((FieldStep(smooth, inverted=True), AFFINE, FieldStep(smooth), RIGID))
    registration = replace(bent(), fixed_to_moving=whole)
    write_registration(tmp_path / "r", registration, fixed, volume(MOVING, "MR"))
    found = read_registrations(tmp_path / "r")[0]
    assert len(found.fixed_to_moving.fields) == 1
    points = points_in(fixed.grid)
    off_mm = np.linalg.norm(found.fixed_to_moving.apply(points) - whole.apply(points), axis=1).max()
    assert off_mm < 0.2
    note = found.quality["comments"][0]
    assert note.startswith("chain sampled every 2 mm, off by up to 0.")
    assert off_mm <= 1.2 * float(note.split()[-2])
    beyond = np.array([[200.0, 0, 0]])
    assert np.abs(found.fixed_to_moving.apply(beyond) - whole.apply(beyond)).max() < 6  # not the lever of a rotation


def test_a_sheared_grid_is_sampled_on_a_square_one() -> None:
    axes = np.array([[1, 0, 0.2], [0, 1, 0], [0, 0, np.sqrt(0.96)]])
    made = as_written(Deformation((FieldStep(field(0, axes)), RIGID)), field(0, axes).grid)
    assert made.note and np.allclose(made.field.grid.direction.T @ made.field.grid.direction, np.eye(3))


def test_a_lattice_covers_its_image_and_is_never_too_large() -> None:
    grid = Grid((5, 6, 7), (0.5, 0.5, 1.5), OBLIQUE * (1, 1, -1), (400, 400, 200))
    for spacing in (0.3, 3.0):
        lattice = lattice_over(grid, spacing)
        assert np.prod(lattice.size) < 4_000_000 and np.linalg.det(lattice.direction) > 0
        assert lattice.contains(grid.corners_mm(), slack_voxels=1e-6).all()


def test_acceptance_comes_back_and_only_from_ours(tmp_path: Path) -> None:
    for registration in (bent(FieldStep(field())), replace(bent(), fixed_to_moving=RIGID)):
        accepted = replace(registration, accepted_by="Dr. Ada Example", accepted_at="2026-11-25T10:11:12+01:00")
        found = read_registrations(written(tmp_path / "a", accepted))[0]
        assert (found.accepted_by, found.accepted_at) == (accepted.accepted_by, accepted.accepted_at)
        assert not found.provisional
        ds = pydicom.dcmread(tmp_path / "a")
        ds.Manufacturer = "Another system"
        ds.save_as(tmp_path / "b")
        assert read_registrations(tmp_path / "b")[0].provisional
        quality = {"verdict": "good", "landmarks": {"tre_mm": {"mean": 0.834, "max": 2.0}}}
        found = read_registrations(written(tmp_path / "c", replace(registration, quality=quality)))[0]
        assert found.provisional and "not accepted: provisional; good; TRE 0.83 mm" in found.quality["comments"]


@pytest.mark.parametrize(
    ("method", "code"),
    [("landmarks, 5 pairs", "125022"), ("by hand", "125025"), ("rigid, Mattes mutual information", "125024")],
)
def test_the_kind_of_method_is_coded(tmp_path: Path, method: str, code: str) -> None:
    path = written(tmp_path / "r", Registration("r", FIXED, MOVING, RIGID, method))
    step = pydicom.dcmread(path).RegistrationSequence[1].MatrixRegistrationSequence[0]
    assert step.RegistrationTypeCodeSequence[0].CodeValue == code


@pytest.mark.parametrize("what", ["one study", "no images", "sampled"])
def test_dciodvfy_finds_no_error(tmp_path: Path, debian_tool: Callable[..., str], what: str) -> None:
    fixed, moving = volume(FIXED, "CT"), volume(MOVING, "MR")
    if what == "no images":
        fixed, moving = replace(fixed, slices=(), study_uid=""), replace(moving, slices=(), series_uid="")
    registration = bent(FieldStep(field(), what == "sampled"), RIGID)
    write_registration(tmp_path / "r", registration, fixed, moving)
    for mode in ([], ["-new"]):
        checked = subprocess.run(
            [debian_tool("dciodvfy", package="dicom3tools"), *mode, str(tmp_path / "r")], capture_output=True, text=True
        )
        assert "DeformableSpatialRegistration" in checked.stderr and "Error" not in checked.stderr, checked.stderr


def test_an_index_and_an_inspection_find_it(tmp_path: Path) -> None:
    written(tmp_path / "r", bent(FieldStep(field()), RIGID))
    entry = index_paths([tmp_path]).registrations[0]
    assert entry.frame_uids == (FIXED, MOVING) and entry.label.startswith("deformable")
    found = inspect([tmp_path])["registrations"][0]
    assert found["kind"] == "deformable" and found["deformation"]["steps"][0]["size"] == [7, 6, 5]
    assert np.allclose(found["matrix_moving_to_fixed"], RIGID.inverse().matrix)


# ------------------------------------------------------------------------------------------------ others' objects


def matrices(*listed: Transform) -> list[Dataset]:
    steps = []
    for each in listed:
        step = Dataset()
        step.FrameOfReferenceTransformationMatrix = [format_number_as_ds(float(v)) for v in each.matrix.ravel()]
        step.FrameOfReferenceTransformationMatrixType = "AFFINE"
        steps.append(step)
    return steps


def grid_item(values: np.ndarray, resolution: Any = (2.0, 3.0, 4.0), orientation: Any = (1, 0, 0, 0, 1, 0)) -> Dataset:
    item = Dataset()
    item.ImagePositionPatient, item.ImageOrientationPatient = [10, 20, 30], list(orientation)
    item.GridDimensions, item.GridResolution = list(values.shape[2::-1]), list(resolution)
    item.VectorGridData = values.astype("<f4").tobytes()
    return item


def other(*items: Dataset, own: str = FIXED) -> Dataset:
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = "1.2.840.10008.5.1.4.1.1.66.3", "2.25.77", "REG"
    ds.FrameOfReferenceUID = own
    ds.DeformableRegistrationSequence = list(items)
    return ds


def source(uid: str, before: Any = (), grid: Dataset | None = None, after: Any = ()) -> Dataset:
    item = Dataset()
    item.SourceFrameOfReferenceUID = uid
    if before:
        item.PreDeformationMatrixRegistrationSequence = matrices(*before)
    if grid is not None:
        item.DeformableRegistrationGridSequence = [grid]
    if after:
        item.PostDeformationMatrixRegistrationSequence = matrices(*after)
    return item


VALUES = np.random.default_rng(2).normal(0, 2, (4, 3, 5, 3)).astype(np.float32)


def test_axes_go_columns_rows_slices(tmp_path: Path) -> None:
    """Node (i, j, k) lies at position + i rx row + j ry column + k rz (row x column); x counts fastest."""
    whole = read_registrations(write(tmp_path / "r", other(source(MOVING, (), grid_item(VALUES)))))[0].fixed_to_moving
    for i, j, k in ((0, 0, 0), (4, 2, 3), (3, 1, 2)):
        node = np.array([10 + 2.0 * i, 20 + 3.0 * j, 30 + 4.0 * k])
        assert np.allclose(whole.apply(node) - node, VALUES[k, j, i], atol=1e-5)


def test_slices_follow_row_cross_column(tmp_path: Path) -> None:
    ds = other(source(MOVING, (), grid_item(VALUES, orientation=(0, 1, 0, 0, 0, -1))))
    whole = read_registrations(write(tmp_path / "r", ds))[0].fixed_to_moving
    node = np.array([10 - 1 * 4.0, 20 + 4 * 2.0, 30 - 2 * 3.0])
    assert np.allclose(whole.apply(node) - node, VALUES[1, 2, 4], atol=1e-5)


def test_a_negative_resolution_runs_backwards(tmp_path: Path) -> None:
    ds = other(source(MOVING, (), grid_item(VALUES, resolution=(2.0, 3.0, -4.0))))
    whole = read_registrations(write(tmp_path / "r", ds))[0].fixed_to_moving
    node = np.array([12.0, 20, 30 - 8.0])
    assert np.allclose(whole.apply(node) - node, VALUES[2, 0, 1], atol=1e-5)


def test_matrix_grid_and_matrix_may_come_in_items_of_their_own(tmp_path: Path) -> None:
    together = other(source(FIXED), source(MOVING, (AFFINE,), grid_item(VALUES), (RIGID,)))
    apart = other(source(MOVING), source(MOVING, (AFFINE,)), source(MOVING, (), None, (RIGID,)),
                  source(MOVING, (), grid_item(VALUES)))  # fmt: skip
    points = np.random.default_rng(0).uniform(0, 40, (20, 3))
    one, two = (read_registrations(write(tmp_path / n, ds)) for n, ds in (("a", together), ("b", apart)))
    assert len(one) == len(two) == 1
    assert np.allclose(one[0].fixed_to_moving.apply(points), two[0].fixed_to_moving.apply(points))
    u = FieldStep(DisplacementField(Grid((10, 20, 30), (2, 3, 4), np.eye(3), (5, 3, 4)), VALUES))
    assert np.allclose(one[0].fixed_to_moving.apply(points), RIGID.apply(u.apply(AFFINE.apply(points))), atol=1e-9)


def test_several_sources_are_several_registrations(tmp_path: Path) -> None:
    ds = other(source(MOVING, (), grid_item(VALUES)), source("2.25.5", (), grid_item(VALUES), (RIGID,)))
    found = read_registrations(write(tmp_path / "r", ds))
    assert [r.moving_frame_uid for r in found] == [MOVING, "2.25.5"] and len({r.identifier for r in found}) == 2


def test_an_object_without_any_grid_is_an_affine_relation(tmp_path: Path) -> None:
    found = read_registrations(write(tmp_path / "r", other(source(MOVING, (SHIFT,), None, (RIGID,)))))[0]
    assert found.kind == "rigid" and np.allclose(found.fixed_to_moving.matrix, RIGID.matrix @ SHIFT.matrix)


def test_undefined_vectors_follow_their_neighbours_and_are_counted(tmp_path: Path) -> None:
    holed = np.array(VALUES)
    holed[0] = np.nan
    holed[2, 1, 3] = np.nan
    found = read_registrations(write(tmp_path / "r", other(source(MOVING, (), grid_item(holed)))))[0]
    (field_,) = found.fixed_to_moving.fields
    assert np.array_equal(field_.displacement_mm[0], VALUES[1])
    assert np.array_equal(field_.displacement_mm[2, 1, 3], VALUES[2, 1, 2])
    assert found.quality["undefined_fraction"] == round(16 / 60, 4)


def test_the_other_byte_order_is_read(tmp_path: Path) -> None:
    ds = other(source(MOVING, (), grid_item(VALUES)))
    grid = ds.DeformableRegistrationSequence[0].DeformableRegistrationGridSequence[0]
    grid.VectorGridData = VALUES.astype(">f4").tobytes()
    path = write(tmp_path / "r", ds, pydicom.uid.ExplicitVRBigEndian)
    (found,) = read_registrations(path)[0].fixed_to_moving.fields
    assert np.array_equal(found.displacement_mm, VALUES)


def test_phases_of_one_frame_are_only_for_who_asks(tmp_path: Path) -> None:
    path = write(tmp_path / "r", other(source(FIXED, (), grid_item(VALUES))))
    with pytest.raises(DicomError, match="within one frame of reference"):
        read_registrations(path)
    (found,) = read_registrations(path, within_frames=True)
    assert found.fixed_frame_uid == found.moving_frame_uid == FIXED


def broken(**changes: Any) -> Dataset:
    item = grid_item(VALUES)
    for keyword, value in changes.items():
        if value is None:
            delattr(item, keyword)
        else:
            setattr(item, keyword, value)
    return other(source(MOVING, (), item))


@pytest.mark.parametrize(
    ("ds", "reason"),
    [
        (other(), "no registered frames"),
        (other(source(FIXED)), "no two different frames"),
        (other(source("", (), grid_item(VALUES))), "does not name"),
        (other(source(MOVING, (), grid_item(VALUES)), own=""), "does not name"),
        (broken(VectorGridData=VALUES.tobytes()[:-12]), "708 bytes of displacements where its grid of 5 x 3 x 4"),
        (broken(VectorGridData=None), "0 bytes of displacements"),
        (broken(GridDimensions=[5, 3]), "GridDimensions is not 3 numbers"),
        (broken(GridDimensions=[0, 3, 4]), "0 x 3 x 4 nodes"),
        (broken(GridDimensions=[100000, 100000, 4]), "which can't be"),
        (broken(GridResolution=[2.0, 0.0, 4.0]), "resolution of"),
        (broken(GridResolution=None), "without its GridResolution"),
        (broken(ImageOrientationPatient=[1, 0, 0, 1, 0, 0]), "right angles"),
        (broken(ImagePositionPatient=None), "without its ImagePositionPatient"),
        (broken(VectorGridData=np.full_like(VALUES, np.nan).tobytes()), "defined nowhere"),
        (broken(VectorGridData=np.full_like(VALUES, np.inf).tobytes()), "no numbers"),
    ],
)
def test_what_is_no_deformation_is_refused_by_name(tmp_path: Path, ds: Dataset, reason: str) -> None:
    with pytest.raises(DicomError, match=f"reg.dcm .*{reason}"):
        read_registrations(write(tmp_path / "reg.dcm", ds))
