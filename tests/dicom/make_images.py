"""Make-believe DICOM images with every quirk as a parameter, written by pydicom."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid
from pydicom.valuerep import format_number_as_ds

CT = "1.2.840.10008.5.1.4.1.1.2"
MR = "1.2.840.10008.5.1.4.1.1.4"
PT = "1.2.840.10008.5.1.4.1.1.128"
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
SERIES_UID = "2.25.1001"
FRAME_UID = "2.25.1002"
STUDY_UID = "2.25.1003"
NAME, IDENTIFIER = "CANARY^ANNA", "CANARY-77"


def picture(k: int, rows: int = 6, columns: int = 8) -> np.ndarray:
    """(rows, columns) stored values that no other slice, row or column has."""
    j, i = np.mgrid[:rows, :columns]
    return (1000 + 100 * k + 10 * j + i).astype(np.uint16)


def image(k: int, values: np.ndarray | None = None, sop_class: str = CT, **changes: Any) -> Dataset:
    """Slice k of an axial CT: 0.5 x 0.75 mm pixels, 2 mm apart. A change to None removes the attribute."""
    values = picture(k) if values is None else values
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, f"{SERIES_UID}.{generate_uid(None).split('.')[-1]}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = STUDY_UID, SERIES_UID, FRAME_UID
    ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = NAME, IDENTIFIER, "19500101", "F"
    ds.StudyDate, ds.StudyTime, ds.StudyID = "20260101", "120000", "7"
    ds.Modality = {CT: "CT", PT: "PT"}.get(sop_class, "MR")
    ds.ImageType, ds.SeriesDescription, ds.SeriesNumber = ["ORIGINAL", "PRIMARY", "AXIAL"], "make-believe", "3"
    ds.InstanceNumber, ds.PatientPosition = str(k + 1), "HFS"
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [-10.0, 20.0, 5.0 + 2 * k], [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing, ds.SliceThickness = [0.75, 0.5], "2"
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = values.shape[-2:]
    ds.BitsAllocated = 8 * values.dtype.itemsize
    ds.BitsStored, ds.HighBit = ds.BitsAllocated, ds.BitsAllocated - 1
    ds.PixelRepresentation = int(values.dtype.kind == "i")
    if sop_class == CT:
        ds.RescaleSlope, ds.RescaleIntercept = "1", "-1024"
    ds.PixelData = values.tobytes()
    ds["PixelData"].VR = "OW"
    for keyword, value in changes.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


def write(path: Path, ds: Dataset, syntax: UID = ExplicitVRLittleEndian, *, preamble: bool = True) -> Path:
    """Write one data set; without a preamble there is no file meta either."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if preamble:
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = syntax
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        ds.save_as(path, enforce_file_format=True)
    else:
        ds.save_as(path, implicit_vr=syntax.is_implicit_VR, little_endian=syntax.is_little_endian)
    return path


def write_all(folder: Path, datasets: Iterable[Dataset], syntax: UID = ExplicitVRLittleEndian) -> Path:
    """Write data sets under names that say nothing about their order."""
    for n, ds in enumerate(datasets):
        write(folder / f"{(n * 7919) % 1009:04d}", ds, syntax)
    return folder


def oriented(
    k: int, row: np.ndarray, column: np.ndarray, origin: np.ndarray, step_mm: float, **changes: Any
) -> Dataset:
    """Slice k of a stack with any orientation, its k-th plane `step_mm` x k along row x column."""
    position = origin + k * step_mm * np.cross(row, column)
    return image(
        k,
        ImageOrientationPatient=[format_number_as_ds(float(v)) for v in (*row, *column)],
        ImagePositionPatient=[format_number_as_ds(float(v)) for v in position],
        **changes,
    )


def _item(**values: Any) -> Dataset:
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def enhanced(
    frames: list[dict[str, Any]], pictures: np.ndarray, sop_class: str = ENHANCED_MR, dimensions: tuple[int, ...] = ()
) -> Dataset:
    """A multi-frame image. Each frame: position, and optionally slope, intercept, stack, temporal, echo, indices.

    pictures: (frames, rows, columns) stored values.
    """
    ds = image(0, pictures, sop_class)
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        delattr(ds, keyword)
    ds.NumberOfFrames = str(len(frames))
    ds.SharedFunctionalGroupsSequence = [
        _item(
            PlaneOrientationSequence=[_item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
            PixelMeasuresSequence=[_item(PixelSpacing=[0.75, 0.5], SliceThickness="2")],
        )
    ]
    ds.PerFrameFunctionalGroupsSequence = [_groups(frame) for frame in frames]
    ds.DimensionIndexSequence = [_item(DimensionIndexPointer=pointer) for pointer in dimensions]
    return ds


def _groups(frame: dict[str, Any]) -> Dataset:
    content = _item()
    if "stack" in frame:
        content.StackID, content.InStackPositionNumber = str(frame["stack"]), 1
    if "temporal" in frame:
        content.TemporalPositionIndex = frame["temporal"]
    if "indices" in frame:
        content.DimensionIndexValues = frame["indices"]
    groups = _item(
        FrameContentSequence=[content], PlanePositionSequence=[_item(ImagePositionPatient=frame["position"])]
    )
    if "slope" in frame:
        groups.PixelValueTransformationSequence = [
            _item(RescaleSlope=str(frame["slope"]), RescaleIntercept=str(frame["intercept"]), RescaleType="US")
        ]
    if "echo" in frame:
        groups.MREchoSequence = [_item(EffectiveEchoTime=float(frame["echo"]))]
    return groups
