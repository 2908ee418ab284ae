"""The header of an RTSTRUCT that goes out: complete by the modules of PS3.3 A.19, whatever the one that came lacked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workstation.dicom.errors import DicomError
from workstation.dicom.structure_set_file import RT_STRUCTURE_SET_STORAGE
from workstation.dicom.structure_set_values import StructureSet
from workstation.images.volume import Volume
from workstation.structures.naming import LONGEST_NAME
from workstation.structures.structure import ImageReference, Structure

MAKER = "rt-workstation"
_DETACHED_STUDY_MANAGEMENT = "1.2.840.10008.3.1.2.3.1"
_UNICODE = "ISO_IR 192"
_LONGEST = {"SH": 16, "LO": 64, "CS": 16, "AE": 16, "UI": 64}
_EMPTY_IF_ABSENT = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "ReferringPhysicianName",
    "StudyID", "AccessionNumber", "OperatorsName", "PositionReferenceIndicator",
)  # fmt: skip
_OF_THE_OLD_INSTANCE = (
    "ReviewDate", "ReviewTime", "ReviewerName", "InstanceCreatorUID", "DeviceSerialNumber", "StationName",
    "DateOfLastCalibration", "TimeOfLastCalibration", "DigitalSignaturesSequence", "MACParametersSequence",
    "TimezoneOffsetFromUTC", "InstanceCoercionDateTime",
)  # fmt: skip


@dataclass(frozen=True)
class Identity:
    """What makes this instance itself: its UIDs and its moment."""

    instance_uid: str
    series_uid: str
    new_study_uid: str
    new_frame_uid: str
    now: datetime


@dataclass(frozen=True, eq=False)
class NumberedStructure:
    """A structure, the ROI Number that it is written with, and its place in the file that it came from."""

    structure: Structure
    number: int
    place: int | None
    edited: bool
    before: Structure | None


def complete_header(
    dataset: Any, structures: Iterable[NumberedStructure], image: Volume | None, base: StructureSet | None,
    identity: Identity, label: str, series_description: str,
) -> None:  # fmt: skip
    """Turn the header of `base` (or an empty data set) into that of the new instance, in place."""
    listed = list(structures)
    if image is not None and base is None:
        _take_study(dataset, image)
    _instance(dataset, identity, label, series_description)
    for keyword in _EMPTY_IF_ABSENT:
        if keyword not in dataset:
            setattr(dataset, keyword, "")
    if not dataset.get("StudyInstanceUID"):
        dataset.StudyInstanceUID = (image.study_uid if image else "") or identity.new_study_uid
    frame_uid = frame_of(image, base) or identity.new_frame_uid
    dataset.FrameOfReferenceUID = dataset.get("FrameOfReferenceUID") or frame_uid
    if image is not None and not dataset.PositionReferenceIndicator:
        dataset.PositionReferenceIndicator = image.study.get("PositionReferenceIndicator", "")
    _structures(dataset, listed, frame_uid)
    _references(dataset, [n.structure.frame_of_reference_uid or frame_uid for n in listed], image, base, frame_uid)
    _shorten(dataset)
    _character_set(dataset)


def frame_of(image: Volume | None, base: StructureSet | None) -> str:
    """The frame of reference that contours without one of their own are in."""
    return (base.frame_of_reference_uid if base else "") or (image.frame_of_reference_uid if image else "")


def require_names(structures: Iterable[NumberedStructure], label: str) -> None:
    """Raise DicomError for a name that DICOM can't hold, unless it came like that."""
    for item in structures:
        name = item.structure.name
        if item.before is not None and name == item.before.name:
            continue
        if len(name) > LONGEST_NAME:
            raise DicomError(f"The structure name {name[:20]!r}… is longer than {LONGEST_NAME} characters; shorten it")
        if "\\" in name or any(not c.isprintable() for c in name):
            raise DicomError(f"The name of structure {item.number} holds a backslash or control character; rename it")
    if "\\" in label or any(not c.isprintable() for c in label):
        raise DicomError("The label of a structure set can't hold a backslash or control character; choose another")


def _take_study(dataset: Any, image: Volume) -> None:
    """Patient and study as the image names them."""
    patient, study = image.patient, image.study
    dataset.PatientName, dataset.PatientID = patient.name, patient.identifier
    dataset.PatientBirthDate, dataset.PatientSex = patient.birth_date, patient.sex
    dataset.StudyInstanceUID = image.study_uid
    for keyword in ("StudyDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName"):
        setattr(dataset, keyword, study.get(keyword, ""))
    if study.get("StudyDescription"):
        dataset.StudyDescription = study["StudyDescription"]


def _instance(dataset: Any, identity: Identity, label: str, series_description: str) -> None:
    """A new instance in a new series, made by this program, and approved by nobody."""
    date, time = identity.now.strftime("%Y%m%d"), identity.now.strftime("%H%M%S")
    for keyword in _OF_THE_OLD_INSTANCE:
        if keyword in dataset:
            del dataset[keyword]
    dataset.SOPClassUID, dataset.SOPInstanceUID = RT_STRUCTURE_SET_STORAGE, identity.instance_uid
    dataset.InstanceCreationDate, dataset.InstanceCreationTime = date, time
    dataset.Modality, dataset.SeriesInstanceUID = "RTSTRUCT", identity.series_uid
    dataset.SeriesDate, dataset.SeriesTime = date, time
    if not dataset.get("SeriesNumber"):
        dataset.SeriesNumber = "1"
    if series_description:
        dataset.SeriesDescription = series_description
    dataset.Manufacturer = dataset.ManufacturerModelName = dataset.SoftwareVersions = MAKER
    dataset.StructureSetLabel = (label or str(dataset.get("StructureSetLabel") or "") or "RTSTRUCT")[:16]
    dataset.StructureSetDate, dataset.StructureSetTime = date, time
    dataset.ApprovalStatus = "UNAPPROVED"


# ---------------------------------------------------------------------------------------------- structures


def _structures(dataset: Any, structures: list[NumberedStructure], frame_uid: str) -> None:
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    originals = list(dataset.get("StructureSetROISequence") or ())
    observed: dict[str, list[Any]] = {}
    for item in dataset.get("RTROIObservationsSequence") or ():
        observed.setdefault(str(item.get("ReferencedROINumber", "")), []).append(item)
    rois, observations = [], []
    for numbered in structures:
        roi = originals[numbered.place] if numbered.place is not None else Dataset()
        number = str(roi.get("ROINumber", "")) if numbered.place is not None else ""
        _roi(roi, numbered, frame_uid)
        rois.append(roi)
        observations += _observations(observed.pop(number, []) if number else [], numbered)
    _number_observations(observations)
    dataset.StructureSetROISequence = Sequence(rois)
    dataset.RTROIObservationsSequence = Sequence(observations)


def _roi(roi: Any, numbered: NumberedStructure, frame_uid: str) -> None:
    structure, before = numbered.structure, numbered.before
    if str(roi.get("ROINumber", "")) != str(numbered.number):
        roi.ROINumber = str(numbered.number)
    if not roi.get("ReferencedFrameOfReferenceUID"):
        roi.ReferencedFrameOfReferenceUID = structure.frame_of_reference_uid or frame_uid
    if before is None or structure.name != before.name or "ROIName" not in roi:
        roi.ROIName = structure.name
    if before is None or "ROIGenerationAlgorithm" not in roi:
        made = "SEMIAUTOMATIC" if structure.recipe is not None else ""
        roi.ROIGenerationAlgorithm = structure.generation_algorithm or made
    if numbered.edited and "ROIVolume" in roi:
        del roi.ROIVolume  # another contour, another volume


def _observations(known: list[Any], numbered: NumberedStructure) -> list[Any]:
    from pydicom.dataset import Dataset

    structure, before = numbered.structure, numbered.before
    found = known or [Dataset()]
    for item in found:
        if str(item.get("ReferencedROINumber", "")) != str(numbered.number):
            item.ReferencedROINumber = str(numbered.number)
        changed = before is None or structure.interpreted_type != before.interpreted_type
        if changed or "RTROIInterpretedType" not in item:
            item.RTROIInterpretedType = structure.interpreted_type[:16]
        if "ROIInterpreter" not in item:
            item.ROIInterpreter = ""
    return found


def _number_observations(observations: list[Any]) -> None:
    """Observation Number identifies an observation: unique, and present everywhere."""
    taken: set[str] = set()
    for item in observations:
        number = str(item.get("ObservationNumber", ""))
        if not number or number in taken:
            number = str(max([0, *(int(n) for n in taken if n.isdigit())]) + 1)
            item.ObservationNumber = number
        taken.add(number)


# ---------------------------------------------------------------------------------------------- references


def _references(
    dataset: Any, frames: list[str], image: Volume | None, base: StructureSet | None, frame_uid: str
) -> None:
    """Every frame of reference in use, and the images that the contours name, without empty sequences."""
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    known = dataset.get("ReferencedFrameOfReferenceSequence") or ()
    items = [item for item in known if item.get("FrameOfReferenceUID")]
    for uid in dict.fromkeys(frames):
        if not any(str(item.FrameOfReferenceUID) == uid for item in items):
            item = Dataset()
            item.FrameOfReferenceUID = uid
            items.append(item)
    named = set(_images_named(base))
    for item in items:
        _repair_studies(item, base, named)
    if image is not None and image.slices and image.series_uid:
        own_frame = image.frame_of_reference_uid or frame_uid
        home = next((item for item in items if str(item.FrameOfReferenceUID) == own_frame), None)
        if home is not None:
            _add_series(home, image, str(dataset.StudyInstanceUID))
    dataset.ReferencedFrameOfReferenceSequence = Sequence(items)


def _images_named(base: StructureSet | None) -> list[ImageReference]:
    """The images that the contours of the original file name, each once, in its order."""
    if base is None:
        return []
    rings = [ring for s in base.structures for plane in s.stack.slices for ring in plane.imported]
    return list(dict.fromkeys(reference for ring in rings for reference in ring.images))


def _repair_studies(item: Any, base: StructureSet | None, named: set[ImageReference]) -> None:
    """Fill in the images of a series from the contours; leave out a series that has none, and a study without."""
    from pydicom.sequence import Sequence

    if "RTReferencedStudySequence" not in item:
        return
    studies = []
    for study in item.RTReferencedStudySequence or ():
        series = []
        for entry in study.get("RTReferencedSeriesSequence") or ():
            if not entry.get("ContourImageSequence") and named:
                entry.ContourImageSequence = Sequence([_image_item(r) for r in sorted(named, key=_by_uid)])
            if entry.get("ContourImageSequence") and entry.get("SeriesInstanceUID"):
                series.append(entry)
        if series:
            study.RTReferencedSeriesSequence = Sequence(series)
            studies.append(study)
    if studies:
        item.RTReferencedStudySequence = Sequence(studies)
    else:
        del item.RTReferencedStudySequence


def _by_uid(reference: ImageReference) -> str:
    return reference.sop_instance_uid


def _add_series(home: Any, image: Volume, study_uid: str) -> None:
    """Name the image's series and slices under its frame of reference, unless they are named already."""
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    studies = home.get("RTReferencedStudySequence") or Sequence()
    named = [str(entry.SeriesInstanceUID) for s in studies for entry in s.RTReferencedSeriesSequence]
    if image.series_uid in named:
        return
    series = Dataset()
    series.SeriesInstanceUID = image.series_uid
    series.ContourImageSequence = Sequence(
        [_image_item(ImageReference(s.sop_class_uid, s.sop_instance_uid, s.frame_number)) for s in image.slices]
    )
    uid = image.study_uid or study_uid
    for study in studies:
        if str(study.get("ReferencedSOPInstanceUID", "")) == uid:
            study.RTReferencedSeriesSequence.append(series)
            return
    study = Dataset()
    study.ReferencedSOPClassUID, study.ReferencedSOPInstanceUID = _DETACHED_STUDY_MANAGEMENT, uid
    study.RTReferencedSeriesSequence = Sequence([series])
    home.RTReferencedStudySequence = Sequence([*studies, study])


def _image_item(reference: ImageReference) -> Any:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = reference.sop_class_uid, reference.sop_instance_uid
    if reference.frame_number is not None:
        item.ReferencedFrameNumber = str(reference.frame_number)
    return item


# ---------------------------------------------------------------------------------------------------- text


def _shorten(dataset: Any) -> None:
    """Cut values that are longer than their VR allows (de-identified copies have over-long study ids)."""
    for element in list(dataset):
        longest = _LONGEST.get(element.VR, 1024)
        if element.keyword and element.VR in _LONGEST and element.VM == 1 and len(str(element.value)) > longest:
            setattr(dataset, element.keyword, str(element.value)[:longest])


def _character_set(dataset: Any) -> None:
    """Keep the file's character set where all text fits into it; otherwise write everything as Unicode."""
    from pydicom.charset import convert_encodings

    texts = list(_texts(dataset))
    if all(text.isascii() for text in texts):
        return
    announced = dataset.get("SpecificCharacterSet")
    encodings = convert_encodings(announced) if announced else ["ascii"]
    try:
        for text in texts:
            text.encode(encodings[0] if len(encodings) == 1 else "ascii")
    except (UnicodeEncodeError, LookupError):
        _forget_character_sets(dataset)
        dataset.SpecificCharacterSet = _UNICODE


def _texts(dataset: Any) -> Iterable[str]:
    """Every text value, nested ones too; reading them decodes them with the file's own character set."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from _texts(item)
        elif element.VR in ("LO", "SH", "ST", "LT", "UT", "UC", "PN"):
            values = element.value if element.VM > 1 else [element.value]
            yield from (str(value) for value in values if value is not None)


def _forget_character_sets(dataset: Any) -> None:
    for element in list(dataset):
        if element.VR == "SQ":
            for item in element.value:
                _forget_character_sets(item)
                if "SpecificCharacterSet" in item:
                    del item.SpecificCharacterSet
