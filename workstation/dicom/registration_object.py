"""What Spatial and Deformable Spatial Registration objects share when they are written (DICOM PS3.3 A.39).

Patient and study come from the fixed image, whose frame of reference is the registered one; the images of both sides
are named; how it was made, and who accepted it, is said in the few places that DICOM has for it.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

from workstation.dicom.registration_words import MAKER
from workstation.dicom.write_series import IMPLEMENTATION_NAME, IMPLEMENTATION_UID
from workstation.fusion.registration import Registration
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume

IMAGE_CLASSES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2", "MR": "1.2.840.10008.5.1.4.1.1.4", "PT": "1.2.840.10008.5.1.4.1.1.128",
}  # fmt: skip

METHOD_TYPES = (
    ("landmark", "125022", "Fiducial Alignment"),
    ("by hand", "125025", "Visual Alignment"),
    ("mutual information", "125024", "Image Content-based Alignment"),
)
"""Words of a method, and its code of CID 7100 (PS3.16)."""


def object_for(
    registration: Registration, fixed: Volume, moving: Volume, sop_class_uid: str, moment: datetime
) -> Dataset:
    """Everything but the sequence that holds the registration itself."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = sop_class_uid
    ds.SOPInstanceUID = _uid(registration, "instance")
    _patient_and_study(ds, fixed, moment)
    ds.Modality = "REG"
    ds.SeriesInstanceUID = _uid(registration, "series")
    ds.SeriesNumber = "1"
    ds.Laterality = ""
    ds.SeriesDescription = f"{registration.kind.capitalize()} registration"
    ds.FrameOfReferenceUID = registration.fixed_frame_uid
    ds.PositionReferenceIndicator = fixed.study.get("PositionReferenceIndicator", "")
    ds.Manufacturer = ds.ManufacturerModelName = MAKER
    ds.DeviceSerialNumber, ds.SoftwareVersions = "0", MAKER
    ds.ContentDate, ds.ContentTime = moment.strftime("%Y%m%d"), moment.strftime("%H%M%S")
    ds.InstanceNumber = "1"
    ds.ContentLabel = "REGISTRATION"
    ds.ContentDescription = registration.method[:64]
    ds.ContentCreatorName = registration.accepted_by.replace("\\", "/")[:64]
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


def matrix_step(matrix: NDArray[np.float64]) -> Dataset:
    """A matrix (4, 4) with its type: what it says of itself."""
    step = Dataset()
    step.FrameOfReferenceTransformationMatrixType = "RIGID" if Transform(matrix).is_rigid() else "AFFINE"
    step.FrameOfReferenceTransformationMatrix = [decimal_string(v) for v in matrix.ravel()]
    return step


def decimal_string(value: float) -> str:
    """A decimal string of at most 16 bytes, never minus zero."""
    return format_number_as_ds(float(value) + 0.0)


def type_codes(registration: Registration) -> list[Dataset]:
    """Registration Type Code Sequence: by what the images were brought together; empty where that isn't known."""
    words = registration.method.lower()
    for sign, value, meaning in METHOD_TYPES:
        if sign in words or (sign == "mutual information" and "metric" in registration.quality):
            code = Dataset()
            code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
            return [code]
    return []


def image_references(volume: Volume) -> list[Dataset]:
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
        references = image_references(volume)
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


def _uid(registration: Registration, what: str) -> str:
    """A UID that names this relation: the same for the same registration, another after any change."""
    whole = registration.fixed_to_moving
    map_text = whole.matrix.tobytes().hex() if isinstance(whole, Transform) else whole.fingerprint
    frames = f"{registration.fixed_frame_uid} {registration.moving_frame_uid}"
    accepted = f"{registration.accepted_by} {registration.accepted_at}"
    return f"2.25.{_number(what, registration.identifier, frames, map_text, accepted)}"


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
