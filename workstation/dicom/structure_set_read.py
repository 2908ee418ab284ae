"""Reads an RTSTRUCT as vendors write it: tolerant of their defects, and telling about each of them.

Even-odd over all rings of a plane at once is what CLOSED_PLANAR, CLOSEDPLANAR_XOR and keyholes mean (PS3.3 C.8.8.6.3).
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from workstation.dicom.structure_set_contours import Contour, RoiContours, read_contours
from workstation.dicom.structure_set_file import StructureSetFile, guarded, read_file, split
from workstation.dicom.structure_set_references import References, read_references
from workstation.dicom.structure_set_stack import stack_contours
from workstation.dicom.structure_set_values import Approval, OriginalItems, OriginalRoi, StructureSet
from workstation.images.own_frame import is_own_frame
from workstation.images.volume import PatientIdentity, Volume
from workstation.structures.structure import Color, Structure

UNSEEN_COLOR: Color = (255, 59, 48)
_STUDY = (
    "StudyDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName", "StudyDescription",
    "Manufacturer", "SpecificCharacterSet",
)  # fmt: skip


def read_structure_set(path: str | Path, image: Volume | None = None) -> StructureSet:
    """The structure set in a file.

    `image`: the image it was drawn on, where it is at hand. Rings that lie in its slices then use its rows and columns
    as (u, v), at the patient's origin, and its slice spacing; references to it are checked. Without an image, axial
    rings have x and y as (u, v) and z as position, exactly.

    Raises DicomError, naming the file, for what is no structure set, is damaged or can't be read. Everything less is
    read and told in `warnings`.
    """
    return _structure_set(read_file(path), str(path), image)


def parse_structure_set(data: bytes, name: str, image: Volume | None = None) -> StructureSet:
    """The same for bytes in memory (a member of an archive, an answer from a server) that messages call `name`."""
    from workstation.dicom.errors import DicomError

    try:
        file = split(data)
    except DicomError as error:
        raise DicomError(f"{name} {error}") from error
    return _structure_set(file, name, image)


def _structure_set(file: StructureSetFile, name: str, image: Volume | None) -> StructureSet:
    from workstation.dicom.errors import DicomError

    try:
        with _collector_paused():
            rois = read_contours(file.walk, file.contours) if file.contours else []
            dataset = file.dataset_without_frames()
            return guarded(lambda: _Reading(file, dataset, rois, image).structure_set(name))
    except DicomError as error:
        raise DicomError(f"{name} {error}") from error


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Reading makes many objects and no cycles: a collection in its midst walks the whole program for nothing.

    That took longer than the reading itself. Where two threads read at once, collection resumes with the first.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class _Reading:
    """One file on its way to a StructureSet; gathers warnings."""

    def __init__(self, file: StructureSetFile, dataset: Any, rois: list[RoiContours], image: Volume | None) -> None:
        self.file, self.dataset, self.rois, self.image = file, dataset, rois, image
        self.warnings: list[str] = []
        self.uid = _text(dataset, "SOPInstanceUID")
        self._observations: dict[int | None, Any] | None = None

    def structure_set(self, name: str) -> StructureSet:
        """Everything that the file says."""
        dataset = self.dataset
        references = self._references()
        pairs = self._pairs()
        structures = self._with_spacing([self._structure(item, roi, references.frame_uid) for item, roi in pairs])
        self._check_references(references)
        approval = self._approval()
        if approval.is_approved:
            structures = [replace(s, locked=True) for s in structures]
        originals = {s.identifier: OriginalRoi(*pair) for s, pair in zip(structures, self._places(pairs), strict=True)}
        return StructureSet(
            uid=self.uid, label=_text(dataset, "StructureSetLabel"), path=name, structures=tuple(structures),
            warnings=(*self.warnings, *(w for s in structures for w in s.warnings)),
            frame_of_reference_uid=references.frame_uid, referenced_series_uid=references.series_uid,
            referenced_images=references.images,
            study_uid=_text(dataset, "StudyInstanceUID"), series_uid=_text(dataset, "SeriesInstanceUID"),
            patient=PatientIdentity(
                _text(dataset, "PatientName"), _text(dataset, "PatientID"), _text(dataset, "PatientBirthDate"),
                _text(dataset, "PatientSex"),
            ),
            study={keyword: text for keyword in _STUDY if (text := _text(dataset, keyword))},
            name=_text(dataset, "StructureSetName"), date=_text(dataset, "StructureSetDate"),
            time=_text(dataset, "StructureSetTime"), approval=approval, original=OriginalItems(self.file, originals),
        )  # fmt: skip

    # ------------------------------------------------------------------------------------------ references

    def _references(self) -> References:
        """What the file was drawn on; the frame of reference from wherever the file names one."""
        named = read_references(self.file.walk, self.file.frames)
        listed = [_text(i, "ReferencedFrameOfReferenceUID") for i in _items(self.dataset, "StructureSetROISequence")]
        frames = [named.frame_uid, _text(self.dataset, "FrameOfReferenceUID"), *listed]
        frame_uid = next((uid for uid in frames if uid), "")
        if not frame_uid:
            self.warnings.append("The file names no frame of reference: check that it belongs to the image.")
        return replace(named, frame_uid=frame_uid)

    def _check_references(self, references: References) -> None:
        image, frame_uid = self.image, references.frame_uid
        contours = [c for roi in self.rois for c in roi.contours if c.ring.images]
        if not references.images and not contours:
            self.warnings.append("No image is named anywhere in the file: check that it belongs to the image.")
        if image is None:
            return
        own = image.frame_of_reference_uid
        if frame_uid and own and frame_uid != own and not is_own_frame(own):
            self.warnings.append("The file's frame of reference is not the image's: the structures may lie elsewhere.")
        if len({i for i in (_text(self.dataset, "PatientID"), image.patient.identifier) if i}) > 1:
            self.warnings.append("The patient of the structure set is not the patient of the image: check both.")
        known = {s.sop_instance_uid for s in image.slices}
        absent = sum(1 for c in contours if not any(r.sop_instance_uid in known for r in c.ring.images))
        if absent and known:
            self.warnings.append(f"{absent} of {len(contours)} contours refer to images that are not in this series.")

    def _approval(self) -> Approval:
        dataset = self.dataset
        approval = Approval(
            _text(dataset, "ApprovalStatus").upper(), _text(dataset, "ReviewDate"), _text(dataset, "ReviewTime"),
            _text(dataset, "ReviewerName"),
        )  # fmt: skip
        if approval.is_approved:
            self.warnings.append("The structure set is approved: what is exported from it is a new, unapproved one.")
        return approval

    # ------------------------------------------------------------------------------------------ structures

    def _pairs(self) -> list[tuple[Any | None, RoiContours | None]]:
        """Items of Structure Set ROI Sequence, each with its contours; contours of unknown ROIs at the end."""
        by_number: dict[int | None, RoiContours] = {}
        for roi in self.rois:
            first = by_number.setdefault(roi.number, roi)
            if first is not roi:
                first.contours += roi.contours
                self.warnings.append(f"The contours of ROI {roi.number} come in several parts; read as one structure.")
        pairs: list[tuple[Any | None, RoiContours | None]] = []
        seen: Counter[int | None] = Counter()
        for item in _items(self.dataset, "StructureSetROISequence"):
            number = _integer(item, "ROINumber")
            seen[number] += 1
            if seen[number] == 2:
                self.warnings.append(f"ROI number {number} is given twice; its contours go to the first of them.")
            pairs.append((item, by_number.pop(number, None) if number is not None else None))
        for roi in by_number.values():
            name = f"ROI {roi.number}"
            self.warnings.append(f"There are contours of {name}, which no structure is called; read as {name!r}.")
            pairs.append((None, roi))
        return pairs

    @staticmethod
    def _places(pairs: list[tuple[Any | None, RoiContours | None]]) -> list[tuple[int | None, RoiContours | None]]:
        """The same pairs with each item's place in Structure Set ROI Sequence."""
        return [(place if item is not None else None, roi) for place, (item, roi) in enumerate(pairs)]

    def _structure(self, item: Any | None, roi: RoiContours | None, frame_uid: str) -> Structure:
        number = _integer(item, "ROINumber") if item is not None else None
        if number is None:
            number = roi.number if roi is not None and roi.number is not None else 0
        name = (_text(item, "ROIName") if item is not None else "") or f"ROI {number}"
        contours: list[Contour] = roi.contours if roi is not None else []
        stacked = stack_contours(contours, self.image)
        observation = self._observation(number)
        own_frame = _text(item, "ReferencedFrameOfReferenceUID") if item is not None else ""
        return Structure(
            identifier=self._identifier(number), number=number, name=name, stack=stacked.stack,
            color=(roi.color if roi is not None else None) or UNSEEN_COLOR,
            interpreted_type=_text(observation, "RTROIInterpretedType").upper() if observation is not None else "",
            frame_of_reference_uid=own_frame or frame_uid, loose=stacked.loose,
            generation_algorithm=_text(item, "ROIGenerationAlgorithm") if item is not None else "",
            warnings=tuple(f"Structure {name!r}: {count} contour{'s' * (count > 1)} {_verb(reason, count)}."
                           for reason, count in stacked.complaints),
        )  # fmt: skip

    def _identifier(self, number: int) -> str:
        """Unique among the structures of a case: the instance and the ROI number, counted up where it repeats."""
        taken = self.__dict__.setdefault("_taken", Counter())
        plain = f"{self.uid or 'structure set'}:{number}"
        taken[plain] += 1
        return plain if taken[plain] == 1 else f"{plain}:{taken[plain]}"

    def _observation(self, number: int) -> Any | None:
        """The first observation about an ROI."""
        if self._observations is None:
            self._observations = {}
            for item in _items(self.dataset, "RTROIObservationsSequence"):
                self._observations.setdefault(_integer(item, "ReferencedROINumber"), item)
        return self._observations.get(number)

    def _with_spacing(self, structures: list[Structure]) -> list[Structure]:
        """Structures on a single plane take the step that is usual in the file, where no image tells the spacing."""
        steps = Counter(round(s.stack.slice_spacing_mm, 2) for s in structures if len(s.stack.slices) > 1)
        if self.image is not None or not steps:
            return structures
        usual = steps.most_common(1)[0][0]
        return [
            s if len(s.stack.slices) > 1 else s.with_stack(replace(s.stack, slice_spacing_mm=usual)) for s in structures
        ]


_SINGULAR = (("are ", "is "), ("have ", "has "), ("hold ", "holds "), ("lie ", "lies "), ("announce ", "announces "),
             ("enclose ", "encloses "), ("do ", "does "))  # fmt: skip


def _verb(reason: str, count: int) -> str:
    """A complaint about many contours, said about one."""
    if count > 1:
        return reason
    for many, one in _SINGULAR:
        if reason.startswith(many):
            return one + _about_one(reason.removeprefix(many))
    return reason


_INSIDE = ((" their ", " its "), ("they have", "it has"), ("they are", "it is"), ("and enclose ", "and encloses "))


def _about_one(text: str) -> str:
    for many, one in _INSIDE:
        text = text.replace(many, one)
    return text


def _items(dataset: Any, keyword: str) -> Any:
    found = dataset.get(keyword)
    return found if found is not None and not isinstance(found, (str, bytes)) else ()


def _text(dataset: Any, keyword: str) -> str:
    """A value as text, several joined by backslashes; "" when absent."""
    value = dataset.get(keyword)
    if value is None:
        return ""
    if not isinstance(value, (str, bytes)) and hasattr(value, "__iter__") and not hasattr(value, "components"):
        return "\\".join(str(v) for v in value)
    return str(value).strip(" \0")


def _integer(dataset: Any, keyword: str) -> int | None:
    try:
        return int(float(_text(dataset, keyword)))
    except (ValueError, OverflowError):
        return None
