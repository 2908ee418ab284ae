"""Writes a relation between two frames of reference as a Spatial Registration object (DICOM PS3.3 A.39, C.20.2).

The fixed image's frame is the registered one: its item carries the identity, the moving item the matrix from the
moving frame into the fixed one.
"""

from __future__ import annotations

import hashlib
import io
import os
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

from workstation.dicom.atomic_file import write_whole
from workstation.dicom.errors import DicomError
from workstation.dicom.write_series import IMPLEMENTATION_NAME, IMPLEMENTATION_UID
from workstation.fusion.registration import Registration
from workstation.images.volume import Volume

SOP_CLASS = "1.2.840.10008.5.1.4.1.1.66.1"
MAKER = "rt-workstation"
IMAGE_CLASSES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2", "MR": "1.2.840.10008.5.1.4.1.1.4", "PT": "1.2.840.10008.5.1.4.1.1.128",
}  # fmt: skip


def write_registration(
    path: str | os.PathLike[str],
    registration: Registration,
    fixed: Volume,
    moving: Volume,
    *,
    now: datetime | None = None,
) -> str:
    """Write `registration` to `path` and return its SOP Instance UID.

    fixed, moving: the images that were registered; patient and study are taken from the fixed one, and the slices
        of both are referenced where they are known. The UID follows from the registration, so that writing the
        same one twice names the same object.
    Raises DicomError when the images do not lie in the registration's frames, and when the file can't be written.
    """
    for role, volume, uid in (
        ("fixed", fixed, registration.fixed_frame_uid), ("moving", moving, registration.moving_frame_uid),
    ):  # fmt: skip
        if not uid or volume.frame_of_reference_uid != uid:
            raise DicomError(f"The {role} image does not lie in the registration's {role} frame of reference")
    dataset = _object(registration, fixed, moving, (now or datetime.now()).replace(microsecond=0))
    encoded = io.BytesIO()
    dataset.save_as(encoded, enforce_file_format=True)
    write_whole(Path(path), encoded.getvalue())
    return str(dataset.SOPInstanceUID)


def _object(registration: Registration, fixed: Volume, moving: Volume, moment: datetime) -> Dataset:
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = SOP_CLASS
    ds.SOPInstanceUID = _uid(registration, "instance")
    _patient_and_study(ds, fixed, moment)
    ds.Modality = "REG"
    ds.SeriesInstanceUID = _uid(registration, "series")
    ds.SeriesNumber = "1"
    ds.Laterality = ""
    ds.SeriesDescription = "Spatial registration"
    ds.FrameOfReferenceUID = registration.fixed_frame_uid
    ds.PositionReferenceIndicator = fixed.study.get("PositionReferenceIndicator", "")
    ds.Manufacturer = ds.ManufacturerModelName = MAKER
    ds.DeviceSerialNumber, ds.SoftwareVersions = "0", MAKER
    ds.ContentDate, ds.ContentTime = moment.strftime("%Y%m%d"), moment.strftime("%H%M%S")
    ds.InstanceNumber = "1"
    ds.ContentLabel = "REGISTRATION"
    ds.ContentDescription = registration.method[:64]
    ds.ContentCreatorName = registration.accepted_by[:64]
    into_fixed = registration.fixed_to_moving.inverse().matrix
    ds.RegistrationSequence = [
        _item(fixed, registration.fixed_frame_uid, np.eye(4), "RIGID"),
        _item(moving, registration.moving_frame_uid, into_fixed, _kind(registration)),
    ]
    _common_references(ds, fixed, moving)
    ds.file_meta = _file_meta(ds)
    return ds


def _patient_and_study(ds: Dataset, fixed: Volume, moment: datetime) -> None:
    ds.PatientName, ds.PatientID = fixed.patient.name, fixed.patient.identifier
    ds.PatientBirthDate, ds.PatientSex = fixed.patient.birth_date, fixed.patient.sex
    study = fixed.study
    ds.StudyInstanceUID = fixed.study_uid or f"2.25.{_number('study', fixed.frame_of_reference_uid)}"
    ds.StudyDate = study.get("StudyDate") or moment.strftime("%Y%m%d")
    ds.StudyTime = study.get("StudyTime") or moment.strftime("%H%M%S")
    ds.ReferringPhysicianName = study.get("ReferringPhysicianName", "")
    ds.StudyID, ds.AccessionNumber = study.get("StudyID", "")[:16], study.get("AccessionNumber", "")[:16]


def _item(volume: Volume, frame_uid: str, matrix: NDArray[np.float64], kind: str) -> Dataset:
    """One registered frame: which images lie in it, and the matrix into the registered frame."""
    step = Dataset()
    step.FrameOfReferenceTransformationMatrixType = kind
    step.FrameOfReferenceTransformationMatrix = [format_number_as_ds(float(v) + 0.0) for v in matrix.ravel()]
    registration = Dataset()
    registration.FrameOfReferenceTransformationComment = ""
    registration.RegistrationTypeCodeSequence = []
    registration.MatrixSequence = [step]
    item = Dataset()
    item.FrameOfReferenceUID = frame_uid
    references = _image_references(volume)
    if references:
        item.ReferencedImageSequence = references
    item.MatrixRegistrationSequence = [registration]
    return item


def _image_references(volume: Volume) -> list[Dataset]:
    """One item for each file of the volume (frames of one multi-frame file share theirs)."""
    known = dict.fromkeys((s.sop_class_uid, s.sop_instance_uid) for s in volume.slices if s.sop_instance_uid)
    references = []
    for sop_class, instance in known:
        item = Dataset()
        item.ReferencedSOPClassUID = sop_class or IMAGE_CLASSES.get(volume.modality, "")
        item.ReferencedSOPInstanceUID = instance
        references.append(item)
    return references


def _common_references(ds: Dataset, fixed: Volume, moving: Volume) -> None:
    """Common Instance Reference (PS3.3 C.12.2): series of this study, and of others."""
    own, others = [], []
    for volume in (fixed, moving):
        references = _image_references(volume)
        if not (references and volume.series_uid):
            continue
        series = Dataset()
        series.SeriesInstanceUID = volume.series_uid
        series.ReferencedInstanceSequence = references
        if not volume.study_uid or volume.study_uid == ds.StudyInstanceUID:
            own.append(series)
            continue
        study = Dataset()
        study.StudyInstanceUID = volume.study_uid
        study.ReferencedSeriesSequence = [series]
        others.append(study)
    if own:
        ds.ReferencedSeriesSequence = own
    if others:
        ds.StudiesContainingOtherReferencedInstancesSequence = others


def _kind(registration: Registration) -> str:
    return "RIGID" if registration.fixed_to_moving.is_rigid() else "AFFINE"


def _uid(registration: Registration, what: str) -> str:
    """A UID that names this relation: the same for the same registration, another after any change."""
    matrix = registration.fixed_to_moving.matrix.tobytes().hex()
    frames = f"{registration.fixed_frame_uid} {registration.moving_frame_uid}"
    return f"2.25.{_number(what, registration.identifier, frames, matrix, registration.accepted_by)}"


def _number(*parts: str) -> int:
    """A UUID-sized number from the parts' hash (PS3.5 B.2)."""
    return int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest()[:16], "big")


def _file_meta(ds: Dataset) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(IMPLEMENTATION_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_NAME
    return meta
