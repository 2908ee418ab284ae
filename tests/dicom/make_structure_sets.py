"""Make-believe structure sets with every quirk as a parameter, and images to draw them on, written by pydicom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from workstation.geometry.grid import Grid
from workstation.geometry.region import Region
from workstation.images.volume import PatientIdentity, SliceSource, Volume
from workstation.structures.structure import ContourStack, PlanarContours, Structure

RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"
CT = "1.2.840.10008.5.1.4.1.1.2"
STUDY_UID, SERIES_UID, FRAME_UID = "2.25.2001", "2.25.2002", "2.25.2003"
NAME, IDENTIFIER = "CANARY^ANNA", "CANARY-77"


def slice_uid(k: int) -> str:
    return f"2.25.3{k:04d}"


def circle(radius_mm: float, count: int = 60, centre: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    angle = np.arange(count) * 2 * np.pi / count
    return np.round(np.column_stack([np.cos(angle), np.sin(angle)]) * radius_mm + centre, 3)


def square(half_mm: float, centre: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    return np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half_mm + centre


def text_of(points: Any) -> str:
    """Contour Data of points (n, 3)."""
    return "\\".join(f"{v:.6f}".rstrip("0").rstrip(".") for v in np.asarray(points, dtype=float).ravel())


def at(ring: np.ndarray, z_mm: float) -> np.ndarray:
    """A ring (n, 2) of an axial plane as patient points (n, 3)."""
    return np.column_stack([ring, np.full(len(ring), z_mm)])


def contour(data: Any, kind: str | None = "CLOSED_PLANAR", images: tuple[str, ...] = (), **changes: Any) -> Dataset:
    """One contour item; `data` is Contour Data as text, or points (n, 3). None removes an attribute."""
    text = data if isinstance(data, str) else text_of(data)
    item = Dataset()
    if images:
        item.ContourImageSequence = [_reference(uid) for uid in images]
    item.ContourGeometricType = kind
    item.NumberOfContourPoints = str((text.count("\\") + 1) // 3)
    item.add_new(0x30060050, "DS", text.split("\\") if text else None)
    for keyword, value in {"ContourGeometricType": kind, **changes}.items():
        if value is None:
            delattr(item, keyword)
        else:
            setattr(item, keyword, value)
    return item


def _reference(uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = CT, uid
    return item


def roi(
    number: int, name: str, contours: list[Dataset], kind: str = "ORGAN", color: Any = (10, 20, 30)
) -> dict[str, Any]:
    return {"number": number, "name": name, "contours": contours, "kind": kind, "color": color}


def structure_set(rois: list[dict[str, Any]], images: int = 5, **changes: Any) -> Dataset:
    """A complete structure set on `images` axial slices; None removes an attribute."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.SOPClassUID, ds.SOPInstanceUID = RTSTRUCT, "2.25.4001"
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = STUDY_UID, "2.25.4002", FRAME_UID
    ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = NAME, IDENTIFIER, "19500101", "F"
    ds.StudyDate, ds.StudyTime, ds.StudyID, ds.AccessionNumber = "20260101", "120000", "7", ""
    ds.Modality, ds.Manufacturer, ds.ReferringPhysicianName, ds.OperatorsName = "RTSTRUCT", "make-believe", "", ""
    ds.StructureSetLabel, ds.StructureSetDate, ds.StructureSetTime = "LABEL", "20260101", "120000"
    ds.PositionReferenceIndicator, ds.SeriesNumber = "", "9"
    ds.ReferencedFrameOfReferenceSequence = [_frame(images)]
    ds.StructureSetROISequence = [_listed(r) for r in rois]
    ds.ROIContourSequence = [_drawn(r) for r in rois]
    ds.RTROIObservationsSequence = [_observed(r) for r in rois]
    for keyword, value in changes.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


def _frame(images: int) -> Dataset:
    frame, study, series = Dataset(), Dataset(), Dataset()
    series.SeriesInstanceUID = SERIES_UID
    series.ContourImageSequence = [_reference(slice_uid(k)) for k in range(images)]
    study.ReferencedSOPClassUID, study.ReferencedSOPInstanceUID = "1.2.840.10008.3.1.2.3.1", STUDY_UID
    study.RTReferencedSeriesSequence = [series]
    frame.FrameOfReferenceUID = FRAME_UID
    frame.RTReferencedStudySequence = [study]
    return frame


def _listed(r: dict[str, Any]) -> Dataset:
    item = Dataset()
    item.ROINumber, item.ReferencedFrameOfReferenceUID = str(r["number"]), FRAME_UID
    item.ROIName, item.ROIGenerationAlgorithm = r["name"], "MANUAL"
    return item


def _drawn(r: dict[str, Any]) -> Dataset:
    item = Dataset()
    item.ReferencedROINumber = str(r["number"])
    if r["color"] is not None:
        item.ROIDisplayColor = list(r["color"])
    if r["contours"]:
        item.ContourSequence = r["contours"]
    return item


def _observed(r: dict[str, Any]) -> Dataset:
    item = Dataset()
    item.ObservationNumber = item.ReferencedROINumber = str(r["number"])
    item.RTROIInterpretedType, item.ROIInterpreter = r["kind"], ""
    return item


def write(path: Path, ds: Dataset, syntax: UID = ExplicitVRLittleEndian, undefined_lengths: bool = False) -> Path:
    """Write a structure set; `undefined_lengths` for sequences and items with delimiters, as some vendors do."""
    if undefined_lengths:
        _undefine(ds)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.MediaStorageSOPClassUID, ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    ds.save_as(path, enforce_file_format=True)
    return path


def write_implicit(path: Path, ds: Dataset) -> Path:
    return write(path, ds, ImplicitVRLittleEndian)


def _undefine(ds: Dataset) -> None:
    for element in ds:
        if element.VR == "SQ":
            element.is_undefined_length = True
            for item in element.value:
                item.is_undefined_length_sequence_item = True
                _undefine(item)


# ------------------------------------------------------------------------------------------------- values


def ct(slices: int = 5, spacing_mm: float = 3.0, size: int = 64, pixel_mm: float = 1.0, **changes: Any) -> Volume:
    """A CT around the patient's origin whose first slice is at z = 0 and whose UIDs the structure sets above name."""
    origin = (-pixel_mm * (size - 1) / 2, -pixel_mm * (size - 1) / 2, 0.0)
    grid = changes.pop("grid", Grid(origin, (pixel_mm, pixel_mm, spacing_mm), np.eye(3), (size, size, slices)))
    first = float(grid.origin_mm @ grid.normal)
    step = float(grid.direction[:, 2] @ grid.normal * grid.spacing_mm[2])
    sources = tuple(SliceSource(CT, slice_uid(k), first + k * step) for k in range(grid.size[2]))
    values: dict[str, Any] = {
        "key": SERIES_UID, "voxels": np.zeros(grid.shape, np.int16), "grid": grid, "modality": "CT", "unit": "HU",
        "series_uid": SERIES_UID, "study_uid": STUDY_UID, "frame_of_reference_uid": FRAME_UID,
        "patient": PatientIdentity(NAME, IDENTIFIER, "19500101", "F"), "patient_position": "HFS", "slices": sources,
        "study": {"StudyDate": "20260101", "StudyTime": "120000", "StudyID": "7"},
    }  # fmt: skip
    return Volume(**{**values, **changes})


def structure(name: str, rings: dict[float, list[np.ndarray]], number: int = 1, **changes: Any) -> Structure:
    """A drawn structure on axial planes 3 mm apart."""
    from workstation.geometry.plane import Plane

    slices = tuple(PlanarContours(z, Region(drawn)) for z, drawn in sorted(rings.items()))
    stack = ContourStack(changes.pop("plane", Plane.axial()), changes.pop("spacing_mm", 3.0), slices)
    values: dict[str, Any] = {
        "identifier": f"drawn:{number}", "number": number, "name": name, "stack": stack, "interpreted_type": "ORGAN",
    }  # fmt: skip
    return Structure(**{**values, **changes})
