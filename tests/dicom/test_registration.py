"""Spatial Registrations are read in DICOM's direction whoever wrote them, and ours are read by others."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.valuerep import format_number_as_ds

from tests.dicom.make_images import write
from workstation.dicom.errors import DicomError
from workstation.dicom.index import index_paths
from workstation.dicom.registration import read_registrations, write_registration
from workstation.fusion.registration import Registration
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.volume import PatientIdentity, SliceSource, Volume

FIXED, MOVING = "2.25.1", "2.25.2"


def volume(frame_uid: str, modality: str, study_uid: str = "2.25.9") -> Volume:
    grid = Grid((0, 0, 0), (1, 1, 2), np.eye(3), (4, 4, 3))
    sop_class = "1.2.840.10008.5.1.4.1.1.2" if modality == "CT" else "1.2.840.10008.5.1.4.1.1.4"
    slices = tuple(SliceSource(sop_class, f"{frame_uid}.{k + 1}", 2.0 * k) for k in range(3))
    return Volume(
        key=frame_uid, voxels=np.zeros((3, 4, 4), np.int16), grid=grid, modality=modality, series_uid=f"{frame_uid}.9",
        study_uid=study_uid, frame_of_reference_uid=frame_uid, slices=slices,
        patient=PatientIdentity("Doe^Jane", "17", "19500101", "F"), study={"StudyDate": "20260101", "StudyID": "1"},
    )  # fmt: skip


def registration(transform: Transform) -> Registration:
    return Registration("a registration", FIXED, MOVING, transform, "rigid, Mattes mutual information")


def object_of(*items: tuple[str, list[np.ndarray]], own: str = FIXED) -> Dataset:
    """A Spatial Registration of another system: (frame, matrices in the order in which they apply)."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = "1.2.840.10008.5.1.4.1.1.66.1", "2.25.77", "REG"
    ds.FrameOfReferenceUID = own
    ds.RegistrationSequence = []
    for frame_uid, matrices in items:
        item, matrix_registration = Dataset(), Dataset()
        item.FrameOfReferenceUID = frame_uid
        matrix_registration.MatrixSequence = [_step(matrix) for matrix in matrices]
        item.MatrixRegistrationSequence = [matrix_registration]
        ds.RegistrationSequence.append(item)
    return ds


def _step(matrix: np.ndarray) -> Dataset:
    step = Dataset()
    step.FrameOfReferenceTransformationMatrix = [format_number_as_ds(float(v)) for v in matrix.ravel()]
    step.FrameOfReferenceTransformationMatrixType = "RIGID"
    return step


TURN = Transform.from_rigid((10, -20, 30), (5, -3, 12))
SHIFT = Transform.from_rigid((1, 2, 3))

angles, shifts = st.floats(-180, 180), st.floats(-2000, 2000)


@given(st.tuples(shifts, shifts, shifts), st.tuples(angles, angles, angles))
def test_what_is_written_is_read_back_within_a_billionth(
    tmp_path_factory: pytest.TempPathFactory, shift: Any, turn: Any
) -> None:
    transform = Transform.from_rigid(shift, turn)
    path = tmp_path_factory.mktemp("r") / "reg.dcm"
    write_registration(path, registration(transform), volume(FIXED, "CT"), volume(MOVING, "MR"))
    found = read_registrations(path)
    assert len(found) == 1
    assert (found[0].fixed_frame_uid, found[0].moving_frame_uid) == (FIXED, MOVING)
    assert np.abs(found[0].fixed_to_moving.matrix - transform.matrix).max() < 1e-9
    rotation = found[0].fixed_to_moving.matrix[:3, :3]
    assert np.abs(rotation @ rotation.T - np.eye(3)).max() < 1e-14


def test_the_stored_matrix_takes_moving_points_into_the_fixed_frame(tmp_path: Path) -> None:
    write_registration(tmp_path / "r", registration(TURN), volume(FIXED, "CT"), volume(MOVING, "MR"))
    ds = pydicom.dcmread(tmp_path / "r")
    assert ds.FrameOfReferenceUID == FIXED
    matrices = {
        item.FrameOfReferenceUID: np.array(
            item.MatrixRegistrationSequence[0].MatrixSequence[0].FrameOfReferenceTransformationMatrix, dtype=float
        ).reshape(4, 4)
        for item in ds.RegistrationSequence
    }
    assert (matrices[FIXED] == np.eye(4)).all()
    fixed_point = np.array([12.0, -7, 40])
    moving_point = TURN.apply(fixed_point)
    assert np.allclose((matrices[MOVING] @ [*moving_point, 1])[:3], fixed_point)


def test_several_matrices_apply_in_their_order(tmp_path: Path) -> None:
    path = write(tmp_path / "r", object_of((FIXED, [np.eye(4)]), (MOVING, [TURN.matrix, SHIFT.matrix])))
    into_fixed = read_registrations(path)[0].fixed_to_moving.inverse()
    point = np.array([4.0, 5, 6])
    assert np.allclose(into_fixed.apply(point), SHIFT.apply(TURN.apply(point)))


def test_the_order_of_the_items_does_not_matter(tmp_path: Path) -> None:
    one = write(tmp_path / "a", object_of((MOVING, [TURN.matrix]), (FIXED, [np.eye(4)])))
    two = write(tmp_path / "b", object_of((FIXED, [np.eye(4)]), (MOVING, [TURN.matrix])))
    first, second = read_registrations(one)[0], read_registrations(two)[0]
    assert (first.fixed_frame_uid, first.moving_frame_uid) == (FIXED, MOVING) == (second.fixed_frame_uid, MOVING)
    assert np.allclose(first.fixed_to_moving.matrix, second.fixed_to_moving.matrix)


def test_the_fixed_item_may_be_absent(tmp_path: Path) -> None:
    path = write(tmp_path / "r", object_of((MOVING, [TURN.matrix])))
    found = read_registrations(path)[0]
    assert (found.fixed_frame_uid, found.moving_frame_uid) == (FIXED, MOVING)
    assert np.allclose(found.fixed_to_moving.inverse().matrix, TURN.matrix)


def test_two_frames_may_be_registered_into_a_third(tmp_path: Path) -> None:
    """Item i to item j: M_j inverse times M_i."""
    path = write(tmp_path / "r", object_of((FIXED, [SHIFT.matrix]), (MOVING, [TURN.matrix]), own="2.25.3"))
    found = read_registrations(path)[0]
    assert (found.fixed_frame_uid, found.moving_frame_uid) == (FIXED, MOVING)
    assert np.allclose(found.fixed_to_moving.matrix, TURN.inverse().matrix @ SHIFT.matrix)


def test_one_file_may_register_several_frames(tmp_path: Path) -> None:
    path = write(tmp_path / "r", object_of((FIXED, [np.eye(4)]), (MOVING, [TURN.matrix]), ("2.25.5", [SHIFT.matrix])))
    found = read_registrations(path)
    assert [r.moving_frame_uid for r in found] == [MOVING, "2.25.5"]
    assert len({r.identifier for r in found}) == 2


def test_images_may_be_named_instead_of_frames(tmp_path: Path) -> None:
    ds = object_of((FIXED, [np.eye(4)]), (MOVING, [TURN.matrix]))
    image = Dataset()
    image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.4", "2.25.400"
    ds.RegistrationSequence[1].ReferencedImageSequence = [image]
    del ds.RegistrationSequence[1].FrameOfReferenceUID
    path = write(tmp_path / "r", ds)
    with pytest.raises(DicomError, match="relates no two"):
        read_registrations(path)
    (found,) = read_registrations(path, frame_of_image={"2.25.400": MOVING}.get)
    assert found.moving_frame_uid == MOVING and np.allclose(found.fixed_to_moving.inverse().matrix, TURN.matrix)


def test_a_matrix_within_one_frame_is_only_for_who_asks(tmp_path: Path) -> None:
    """Whatever the order, the item without a movement is the fixed one."""
    for number, items in enumerate([(np.eye(4), TURN.matrix), (TURN.matrix, np.eye(4))]):
        path = write(tmp_path / str(number), object_of(*((FIXED, [matrix]) for matrix in items)))
        with pytest.raises(DicomError, match="within one frame of reference"):
            read_registrations(path)
        (found,) = read_registrations(path, within_frames=True)
        assert np.allclose(found.fixed_to_moving.inverse().matrix, TURN.matrix)


@pytest.mark.parametrize("digits", [4, 6])
def test_rounded_rotations_are_made_whole_again(tmp_path: Path, digits: int) -> None:
    (found,) = read_registrations(
        write(tmp_path / "r", object_of((FIXED, [np.eye(4)]), (MOVING, [TURN.matrix.round(digits)])))
    )
    rotation = found.fixed_to_moving.matrix[:3, :3]
    assert np.abs(rotation @ rotation.T - np.eye(3)).max() < 1e-12 and found.kind == "rigid"
    assert np.abs(found.fixed_to_moving.inverse().matrix - TURN.matrix).max() < 3 * 10.0**-digits * 10


def test_an_affine_relation_says_that_it_is_one(tmp_path: Path) -> None:
    scaled = Transform(np.diag([1.1, 0.9, 1.0, 1.0]) @ TURN.matrix)
    write_registration(tmp_path / "r", registration(scaled), volume(FIXED, "CT"), volume(MOVING, "MR"))
    step = pydicom.dcmread(tmp_path / "r").RegistrationSequence[1].MatrixRegistrationSequence[0].MatrixSequence[0]
    assert step.FrameOfReferenceTransformationMatrixType == "AFFINE"
    (found,) = read_registrations(tmp_path / "r")
    assert found.kind == "affine" and np.abs(found.fixed_to_moving.matrix - scaled.matrix).max() < 1e-9


@pytest.mark.parametrize(
    ("ds", "reason"),
    [
        (object_of(), "no registered frames"),
        (object_of((FIXED, [np.eye(4)])), "no two different frames"),
        (object_of((FIXED, [np.eye(4)]), (MOVING, [TURN.matrix.T])), "no transformation"),
        (object_of((FIXED, [np.eye(4)]), (MOVING, [np.zeros((4, 4))])), "no transformation"),
        (object_of((FIXED, [np.eye(4)]), (MOVING, [np.eye(3)])), "no transformation"),
    ],
)
def test_what_relates_nothing_is_refused_by_name(tmp_path: Path, ds: Dataset, reason: str) -> None:
    with pytest.raises(DicomError, match=f"reg.dcm .*{reason}"):
        read_registrations(write(tmp_path / "reg.dcm", ds))


def test_writing_twice_names_the_same_object(tmp_path: Path) -> None:
    images = volume(FIXED, "CT"), volume(MOVING, "MR")
    moment = datetime(2026, 1, 2, 3, 4, 5)
    first = write_registration(tmp_path / "a", registration(TURN), *images, now=moment)
    again = write_registration(tmp_path / "b", registration(TURN), *images, now=moment)
    other = write_registration(tmp_path / "c", registration(SHIFT), *images, now=moment)
    assert first == again != other
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_images_of_other_frames_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DicomError, match="moving image does not lie"):
        write_registration(tmp_path / "r", registration(TURN), volume(FIXED, "CT"), volume("2.25.8", "MR"))


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DicomError, match="folder does not exist"):
        write_registration(tmp_path / "no" / "r", registration(TURN), volume(FIXED, "CT"), volume(MOVING, "MR"))


def test_a_fault_in_writing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.dcm"
    path.write_bytes(b"old")

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DicomError, match="disk is full"):
        write_registration(path, registration(TURN), volume(FIXED, "CT"), volume(MOVING, "MR"))
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("studies", ["one", "two", "no images"])
def test_dciodvfy_finds_no_error(tmp_path: Path, debian_tool: Callable[..., str], studies: str) -> None:
    fixed, moving = volume(FIXED, "CT"), volume(MOVING, "MR", "2.25.9" if studies == "one" else "2.25.10")
    if studies == "no images":
        fixed, moving = replace(fixed, slices=(), study_uid=""), replace(moving, slices=(), series_uid="")
    write_registration(tmp_path / "r", registration(TURN), fixed, moving)
    for mode in ([], ["-new"]):
        checked = subprocess.run(
            [debian_tool("dciodvfy", package="dicom3tools"), *mode, str(tmp_path / "r")], capture_output=True, text=True
        )
        assert "SpatialRegistration" in checked.stderr and "Error" not in checked.stderr, checked.stderr


def test_an_index_finds_it(tmp_path: Path) -> None:
    write_registration(tmp_path / "r", registration(TURN), volume(FIXED, "CT"), volume(MOVING, "MR"))
    entry = index_paths([tmp_path]).registrations[0]
    assert entry.frame_uids == (FIXED, MOVING) and entry.label == "rigid, Mattes mutual information"


def test_a_patient_is_not_mirrored(tmp_path: Path) -> None:
    path = tmp_path / "mirror.dcm"
    write(path, object_of((FIXED, [np.eye(4)]), (MOVING, [np.diag([-1.0, 1.0, 1.0, 1.0])])))
    with pytest.raises(DicomError, match="mirrors the patient"):
        read_registrations(path)


def test_what_is_marked_as_rigid_and_scales_is_doubtful(tmp_path: Path) -> None:
    path = tmp_path / "scaled.dcm"
    write(path, object_of((FIXED, [np.eye(4)]), (MOVING, [np.diag([1.02, 1.0, 1.0, 1.0])])))
    (found,) = read_registrations(path)
    assert found.quality["verdict"] == "doubtful" and "marked as rigid" in found.quality["reasons"][0]
    write(path, object_of((FIXED, [np.eye(4)]), (MOVING, [np.eye(4)])))
    assert "verdict" not in read_registrations(path)[0].quality
