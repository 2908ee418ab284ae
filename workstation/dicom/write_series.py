"""Writes a volume as single-frame CT or MR images (CT and MR Image Storage, DICOM PS3.3 A.3 and A.4).

Explicit VR little endian, one file a slice. What is written depends on the volume and the given times alone, so
the same volume gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

from workstation.dicom.errors import DicomError
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, silent

SOP_CLASSES = {"CT": "1.2.840.10008.5.1.4.1.1.2", "MR": "1.2.840.10008.5.1.4.1.1.4"}
PET_CLASS = "1.2.840.10008.5.1.4.1.1.128"
IMPLEMENTATION_UID = "2.25.283641563958346158163012378457261047393"
IMPLEMENTATION_NAME = "WORKSTATION"
CT_INTERCEPT_HU = -1024


@dataclass(frozen=True)
class _Format:
    """How values are stored: signed or not, and value = stored * slope + intercept."""

    signed: bool
    intercept: float
    slope: float = 1.0

    @property
    def dtype(self) -> str:
        return "<i2" if self.signed else "<u2"


def write_series(
    folder: str | Path,
    volume: Volume,
    *,
    now: datetime | None = None,
    acquired: datetime | None = None,
    attributes: Mapping[str, Any] | None = None,
    fractions: bool = False,
    progress: Progress = silent,
) -> list[Path]:
    """Write one file a slice into `folder` (made if absent) and return the paths in slice order.

    volume: modality CT or MR; values are rounded to whole numbers (HU, MR signal). Its UIDs are kept where it has
        them and was not read from files; slices of a volume that was read from files get new UIDs in a new series,
        because the same UID must never name two different objects.
    now: date and time of study and series unless the volume has a study date. acquired: of the acquisition.
    attributes: further attributes of every file by DICOM keyword, such as {"KVP": "120"}; None: left out. With
        those of a PET series (PS3.3 C.8.9) in them, a PET image can be written too.
    fractions: values that are not whole, or too large, are kept by a rescale slope, to 1/65535 of their range.
    Raises DicomError for another modality and for values that do not fit into 16 bits.
    """
    if volume.modality not in SOP_CLASSES and not (volume.modality == "PT" and "Units" in (attributes or {})):
        raise DicomError(f"Only CT and MR images can be written as a series, not {volume.modality or 'no modality'}")
    stored = _fraction_format(volume) if fractions else _format(volume)
    moment = now or datetime.now()
    base = _base(volume, stored, moment, acquired or moment)
    for keyword, value in (attributes or {}).items():
        if value is not None:
            setattr(base, keyword, value)
        elif keyword in base:
            delattr(base, keyword)
    if "BodyPartExamined" not in base:
        base.Laterality = ""  # PS3.3 C.7.3.1: needed unless the part of the body is known to be unpaired
    series_uid, slice_uid = _uids(volume)
    base.SeriesInstanceUID = series_uid
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    paths = []
    for k in range(volume.grid.size[2]):
        path = target / f"{volume.modality}_{k + 1:04d}.dcm"
        _slice(base, volume, k, slice_uid(k), stored).save_as(path, enforce_file_format=True)
        paths.append(path)
        progress((k + 1) / volume.grid.size[2], f"Writing {volume.description or volume.modality}")
    return paths


def _format(volume: Volume) -> _Format:
    low, high = float(np.min(volume.voxels)), float(np.max(volume.voxels))
    if not np.isfinite([low, high]).all():
        raise DicomError(f"{volume.description or volume.key}: voxels that are no numbers can't be written as DICOM")
    low, high = round(low), round(high)
    if volume.modality == "CT" and low >= CT_INTERCEPT_HU and high - CT_INTERCEPT_HU <= 65535:
        return _Format(False, CT_INTERCEPT_HU)
    if low >= 0 and high <= 65535:
        return _Format(False, 0)
    if low >= -32768 and high <= 32767:
        return _Format(True, 0)
    raise DicomError(f"{volume.description or volume.key}: values from {low} to {high} do not fit into 16 bits")


def _fraction_format(volume: Volume) -> _Format:
    """Whole values as ever, others over the 16 bits; a PET image's intercept is 0 (PS3.3 C.8.9.4)."""
    values = volume.voxels
    whole = values.dtype.kind == "i" or bool((values == np.rint(values)).all())
    low, high = float(np.min(values)), float(np.max(values))
    fits = (low >= 0 and high <= 65535) or (low >= -32768 and high <= 32767)
    if not np.isfinite([low, high]).all() or (whole and fits):
        return _format(volume)
    if volume.modality == "PT":
        return _Format(low < 0, 0.0, _rounded_up(max(high / 32767, -low / 32767)))
    return _Format(False, float(_ds(low)), _rounded_up((high - low) / 65534))


def _rounded_up(slope: float) -> float:
    """A slope that a decimal string holds exactly and that reaches as far as the one given."""
    return float(_ds(slope * (1 + 1e-9))) or 1.0


def _uids(volume: Volume) -> tuple[str, Callable[[int], str]]:
    """Series UID and the SOP instance UID of slice k."""
    own = [s.sop_instance_uid for s in volume.slices]
    if volume.series_uid and not volume.files and len(own) == volume.grid.size[2] and all(own):
        order = np.argsort([s.position_mm for s in volume.slices])
        ascending = float(volume.grid.direction[:, 2] @ volume.grid.normal) > 0
        ordered = [own[n] for n in (order if ascending else order[::-1])]
        return volume.series_uid, lambda k: ordered[k]
    series = _new_uid() if volume.files or not volume.series_uid else volume.series_uid
    return series, lambda k: _new_uid()


def _new_uid() -> str:
    return f"2.25.{uuid4().int}"


def _base(volume: Volume, stored: _Format, moment: datetime, acquired: datetime) -> Dataset:
    """All that the slices of a series share."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = SOP_CLASSES.get(volume.modality, PET_CLASS)
    _patient_and_study(ds, volume, moment)
    ds.Modality = volume.modality
    ds.SeriesNumber = volume.acquisition.get("SeriesNumber", "")
    ds.SeriesDescription = volume.description[:64]
    ds.SeriesDate, ds.SeriesTime = _date(moment), _time(moment)
    ds.PatientPosition = volume.patient_position
    ds.FrameOfReferenceUID = volume.frame_of_reference_uid or _new_uid()
    ds.PositionReferenceIndicator = volume.study.get("PositionReferenceIndicator", "")
    ds.Manufacturer = volume.study.get("Manufacturer", "rt-workstation")
    ds.ContentDate, ds.ContentTime = _date(moment), _time(moment)
    ds.AcquisitionDate, ds.AcquisitionTime = _date(acquired), _time(acquired)
    ds.AcquisitionNumber = "1"
    if "ContrastBolusAgent" in volume.acquisition:
        ds.ContrastBolusAgent = volume.acquisition["ContrastBolusAgent"]
    if "ContrastBolusStartTime" in volume.acquisition:
        ds.ContrastBolusStartTime = volume.acquisition["ContrastBolusStartTime"]
    _pixels(ds, volume, stored)
    _modality(ds, volume, stored)
    return ds


def _patient_and_study(ds: Dataset, volume: Volume, moment: datetime) -> None:
    ds.PatientName = volume.patient.name
    ds.PatientID = volume.patient.identifier
    ds.PatientBirthDate = volume.patient.birth_date
    ds.PatientSex = volume.patient.sex
    study = volume.study
    ds.StudyInstanceUID = volume.study_uid or _new_uid()
    ds.StudyDate = study.get("StudyDate") or _date(moment)
    ds.StudyTime = study.get("StudyTime") or _time(moment)
    ds.ReferringPhysicianName = study.get("ReferringPhysicianName", "")
    ds.StudyID = study.get("StudyID", "")[:16]
    ds.AccessionNumber = study.get("AccessionNumber", "")[:16]
    ds.StudyDescription = study.get("StudyDescription", "")[:64]


def _pixels(ds: Dataset, volume: Volume, stored: _Format) -> None:
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Columns, ds.Rows = volume.grid.size[0], volume.grid.size[1]
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
    ds.PixelRepresentation = int(stored.signed)
    dx, dy, dz = (float(s) for s in volume.grid.spacing_mm)
    ds.PixelSpacing = [_ds(dy), _ds(dx)]
    ds.SliceThickness = _ds(dz)
    ds.ImageOrientationPatient = [_ds(n) for n in volume.grid.direction[:, :2].T.ravel()]


def _modality(ds: Dataset, volume: Volume, stored: _Format) -> None:
    """Attributes of the CT Image (PS3.3 C.8.2.1), MR Image (C.8.3.1) or PET Image module (C.8.9.4)."""
    origin = ["DERIVED", "SECONDARY"] if volume.files else ["ORIGINAL", "PRIMARY"]
    if volume.modality == "CT":
        ds.ImageType = [*origin, "AXIAL"]
        ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = _ds(stored.intercept), _ds(stored.slope), "HU"
        ds.KVP = volume.acquisition.get("KVP", "")
        ds.WindowCenter, ds.WindowWidth = "40", "400"
        return
    if volume.modality == "PT":
        ds.ImageType = origin
        ds.RescaleIntercept, ds.RescaleSlope = "0", _ds(stored.slope)
        return
    ds.ImageType = [*origin, "OTHER"]
    if stored.slope != 1 or stored.intercept:
        ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = _ds(stored.intercept), _ds(stored.slope), "US"
    ds.ScanningSequence, ds.SequenceVariant, ds.ScanOptions, ds.MRAcquisitionType = "GR", "SP", "", "3D"
    for keyword in ("RepetitionTime", "EchoTime", "FlipAngle"):
        setattr(ds, keyword, volume.acquisition.get(keyword, ""))
    ds.EchoTrainLength = "1"
    ds.SpacingBetweenSlices = _ds(float(volume.grid.spacing_mm[2]))


def _slice(base: Dataset, volume: Volume, k: int, uid: str, stored: _Format) -> Dataset:
    """The file of slice k. The data set is the shared one, changed in place: only one slice exists at a time."""
    base.SOPInstanceUID = uid
    base.InstanceNumber = str(k + 1)
    if volume.modality == "PT":
        base.ImageIndex = k + 1
    corner = volume.grid.to_patient((0, 0, k))
    base.ImagePositionPatient = [_ds(n) for n in corner]
    base.SliceLocation = _ds(float(corner @ volume.grid.normal))
    values: NDArray[Any] = volume.voxels[k]
    if stored.slope != 1 or stored.intercept != int(stored.intercept):
        values = (values.astype(np.float64) - stored.intercept) / stored.slope
    elif stored.intercept:
        values = values.astype(np.int32 if values.dtype.kind == "i" else np.float64) - int(stored.intercept)
    if values.dtype.kind == "f":
        values = np.rint(values)
    base.PixelData = values.astype(np.int32).astype(stored.dtype).tobytes()
    base["PixelData"].VR = "OW"
    base.file_meta = _file_meta(base.SOPClassUID, uid)
    return base


def _file_meta(sop_class_uid: str, uid: str) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class_uid)
    meta.MediaStorageSOPInstanceUID = UID(uid)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(IMPLEMENTATION_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_NAME
    return meta


def _ds(value: float) -> str:
    """A decimal string of at most 16 bytes, as many digits as fit, never minus zero."""
    return format_number_as_ds(float(value) + 0.0)


def _date(moment: datetime) -> str:
    return moment.strftime("%Y%m%d")


def _time(moment: datetime) -> str:
    return moment.strftime("%H%M%S")
