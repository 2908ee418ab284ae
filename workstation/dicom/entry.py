"""What an index says about a series, a structure set or a registration before anything heavy is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workstation.dicom.frame import Frame
from workstation.dicom.header import Header
from workstation.dicom.lattice import Arrangement
from workstation.dicom.source import Source
from workstation.dicom.tags import Tag
from workstation.dicom.text import text_of
from workstation.images.volume import PatientIdentity

if TYPE_CHECKING:
    from workstation.dicom.split import Part
    from workstation.images.files import ImageInformation


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was left out: the file (or archive member) and the reason in words."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class StructureSetEntry:
    """An RTSTRUCT file: what it is called and which series and frames of reference it was drawn on.

    path: the file, or the archive that holds it; `source.as_file()` gives a path to read it from in either case.
    """

    path: str
    uid: str
    label: str
    referenced_series_uids: tuple[str, ...] = ()
    referenced_frame_uids: tuple[str, ...] = ()
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class RegistrationEntry:
    """A (Deformable) Spatial Registration file and the frames of reference that it links.

    path: the file, or the archive that holds it; `read_registrations` takes `source` in either case.
    """

    path: str
    uid: str
    label: str
    frame_uids: tuple[str, ...] = ()
    source: Source | None = None


@dataclass(frozen=True, eq=False)
class SeriesEntry:
    """One volume that can be loaded.

    key: the series UID, or "<uid>#<n>" when the series was split; for other image files their path.
    slices: acquired slices (planes of the grid for image files). size: voxels (i, j, k). spacing_mm: along i, j, k.
    warnings: what a person should know before trusting the volume.
    acquisition: what tells it from its siblings, in words. study: attributes by DICOM keyword.
    image_file: the path when it is a NIfTI, NRRD or MetaImage file; then there are no frames.
    """

    key: str
    uid: str
    modality: str
    description: str
    slices: int
    size: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    frame_of_reference_uid: str = ""
    warnings: tuple[str, ...] = ()
    patient: PatientIdentity = field(default_factory=PatientIdentity)
    patient_position: str = ""
    unit: str = ""
    study_uid: str = ""
    study: dict[str, str] = field(default_factory=dict)
    acquisition: dict[str, str] = field(default_factory=dict)
    frames: tuple[Frame, ...] = ()
    arrangement: Arrangement | None = None
    image_file: str = ""

    @property
    def files(self) -> tuple[str, ...]:
        """The files that hold it, in slice order, each once."""
        if self.image_file:
            return (self.image_file,)
        return tuple(dict.fromkeys(f.source.path for f in self.frames))

    @staticmethod
    def of_image_file(path: str, information: ImageInformation) -> SeriesEntry:
        """The entry of a NIfTI, NRRD or MetaImage file."""
        return SeriesEntry(
            key=path, uid="", modality="", description=information.name, slices=information.size[2],
            size=information.size, spacing_mm=information.spacing_mm, warnings=information.warnings, image_file=path,
            frame_of_reference_uid=information.frame_of_reference_uid,
        )  # fmt: skip


def series_entry(part: Part, arrangement: Arrangement, suffix: str) -> SeriesEntry:
    """The entry of one part of a series."""
    first, header = part.frames[0], part.frames[0].header
    uid = header.text(Tag.SERIES_UID)
    modality = header.text(Tag.MODALITY)
    description = text_of(header, Tag.SERIES_DESCRIPTION) or text_of(header, Tag.PROTOCOL_NAME)
    x, y, z = (float(s) for s in arrangement.grid.spacing_mm)
    return SeriesEntry(
        key=(uid or first.source.path) + suffix, uid=uid, modality=modality,
        description=f"{description} ({part.label})" if part.label else description, slices=len(part.frames),
        size=arrangement.grid.size, spacing_mm=(x, y, z),
        frame_of_reference_uid=header.text(Tag.FRAME_OF_REFERENCE_UID),
        warnings=(*arrangement.warnings, *part.warnings, *_pixel_warnings(first)), patient=_patient(header),
        patient_position=header.text(Tag.PATIENT_POSITION), unit=unit_of(header), study_uid=header.text(Tag.STUDY_UID),
        study=_study(header), acquisition=_acquisition(part), frames=tuple(part.frames), arrangement=arrangement,
    )  # fmt: skip


def unit_of(header: Header) -> str:
    """What the values are: "HU", "MR signal", PET's own units, or ""."""
    modality = header.text(Tag.MODALITY)
    if modality == "CT":
        return header.text(Tag.RESCALE_TYPE) or "HU"
    if modality == "MR":
        return "MR signal"
    return header.text(Tag.UNITS) if modality == "PT" else header.text(Tag.RESCALE_TYPE)


def _patient(header: Header) -> PatientIdentity:
    return PatientIdentity(
        text_of(header, Tag.PATIENT_NAME), text_of(header, Tag.PATIENT_ID), header.text(Tag.PATIENT_BIRTH_DATE),
        header.text(Tag.PATIENT_SEX),
    )  # fmt: skip


_STUDY = {
    "StudyDate": Tag.STUDY_DATE, "StudyTime": Tag.STUDY_TIME, "StudyID": Tag.STUDY_ID,
    "AccessionNumber": Tag.ACCESSION_NUMBER, "ReferringPhysicianName": Tag.REFERRING_PHYSICIAN,
    "StudyDescription": Tag.STUDY_DESCRIPTION, "PositionReferenceIndicator": Tag.POSITION_REFERENCE_INDICATOR,
    "Manufacturer": Tag.MANUFACTURER, "SpecificCharacterSet": Tag.CHARACTER_SET,
}  # fmt: skip

_ACQUISITION = {
    "SeriesNumber": Tag.SERIES_NUMBER, "SeriesDate": Tag.SERIES_DATE, "SeriesTime": Tag.SERIES_TIME,
    "AcquisitionDate": Tag.ACQUISITION_DATE, "AcquisitionTime": Tag.ACQUISITION_TIME,
    "AcquisitionDateTime": Tag.ACQUISITION_DATE_TIME, "ContentTime": Tag.CONTENT_TIME,
    "TemporalPositionIdentifier": Tag.TEMPORAL_POSITION, "EchoNumbers": Tag.ECHO_NUMBER, "EchoTime": Tag.ECHO_TIME,
    "RepetitionTime": Tag.REPETITION_TIME, "InversionTime": Tag.INVERSION_TIME, "FlipAngle": Tag.FLIP_ANGLE,
    "DiffusionBValue": Tag.B_VALUE, "TriggerTime": Tag.TRIGGER_TIME, "AcquisitionNumber": Tag.ACQUISITION_NUMBER,
    "KVP": Tag.KVP, "ImageType": Tag.IMAGE_TYPE, "ContrastBolusAgent": Tag.CONTRAST_AGENT,
    "ContrastBolusStartTime": Tag.CONTRAST_START_TIME,
    "SliceThickness": Tag.SLICE_THICKNESS, "BodyPartExamined": Tag.BODY_PART, "Laterality": Tag.LATERALITY,
    "WindowCenter": Tag.WINDOW_CENTER, "WindowWidth": Tag.WINDOW_WIDTH, "PhotometricInterpretation": Tag.PHOTOMETRIC,
}  # fmt: skip


def _study(header: Header) -> dict[str, str]:
    found = {name: text_of(header, tag) for name, tag in _STUDY.items()}
    return {name: text for name, text in found.items() if text}


def _acquisition(part: Part) -> dict[str, str]:
    """Attributes of the earliest frame by DICOM keyword, and the part's label."""
    earliest = min(part.frames, key=lambda f: f.order)
    found = {name: _shown(earliest.header, tag) for name, tag in _ACQUISITION.items()}
    found["Part"] = part.label
    padding = earliest.header.number(Tag.PIXEL_PADDING_VALUE)
    if padding is not None:
        # Implicit files do not say whether it is signed, and some explicit ones say it wrong.
        padding -= (1 << 16) if earliest.pixel.signed and 32768 <= padding < 65536 else 0
        found["PaddingValue"] = f"{padding * earliest.slope + earliest.intercept:g}"
    return {name: text for name, text in found.items() if text}


def _shown(header: Header, tag: int) -> str:
    if tag not in header.values:
        return ""
    vr = header.values[tag][0]
    if vr in (b"US", b"SS", b"FD", b"FL", b"UL", b"SL") or (not vr and tag in Tag.BINARY_DOUBLE):
        return "\\".join(f"{n:g}" for n in header.numbers(tag))
    return text_of(header, tag)


def _pixel_warnings(frame: Frame) -> tuple[str, ...]:
    found = []
    if "LOCALIZER" in str(frame.attributes.get("image type", "")):
        found.append("a localizer: a view of the patient for planning the scan")
    if frame.pixel.photometric == "MONOCHROME1":
        found.append("stored as MONOCHROME1 (low values bright); shown as they are, low values dark")
    return tuple(found)
