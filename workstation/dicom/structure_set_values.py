"""A DICOM RT Structure Set (PS3.3 A.19) as a value: structures, what they refer to, and what is odd about them."""

from __future__ import annotations

from dataclasses import dataclass, field

from workstation.dicom.structure_set_contours import RoiContours
from workstation.dicom.structure_set_file import StructureSetFile
from workstation.images.volume import PatientIdentity
from workstation.structures.structure import ImageReference, Structure


@dataclass(frozen=True, eq=False)
class Approval:
    """The Approval module (PS3.3 C.8.8.16), which covers a whole structure set.

    status: APPROVED, REJECTED, UNAPPROVED or "" where the file doesn't say. reviewer: never logged.
    """

    status: str = ""
    date: str = ""
    time: str = ""
    reviewer: str = field(default="", repr=False)

    @property
    def is_approved(self) -> bool:
        """Whether a person has approved the set as it stands: any change makes a new, unapproved one."""
        return self.status == "APPROVED"


@dataclass(frozen=True, eq=False)
class OriginalRoi:
    """Where one structure stands in the file it came from.

    place: in Structure Set ROI Sequence; None where contours came for a structure that the file doesn't list.
    """

    place: int | None
    contours: RoiContours | None = field(repr=False)


@dataclass(frozen=True, eq=False)
class OriginalItems:
    """What writing needs to let untouched items leave as they came. Opaque to everybody else."""

    file: StructureSetFile = field(repr=False)
    rois: dict[str, OriginalRoi] = field(repr=False)  # by identifier of the structure


@dataclass(frozen=True, eq=False)
class StructureSet:
    """What one RTSTRUCT file says.

    uid: SOP Instance UID. structures: in the order of Structure Set ROI Sequence, those without contours too.
    warnings: defects and oddities in sentences, each without any patient's data.
    referenced_images: the slices of the referenced series, in the order of the file.
    study: attributes of the study by DICOM keyword.
    """

    uid: str
    label: str
    path: str
    structures: tuple[Structure, ...]
    warnings: tuple[str, ...] = ()
    frame_of_reference_uid: str = ""
    referenced_series_uid: str = ""
    referenced_images: tuple[ImageReference, ...] = ()
    study_uid: str = ""
    series_uid: str = ""
    patient: PatientIdentity = field(default_factory=PatientIdentity, repr=False)
    study: dict[str, str] = field(default_factory=dict, repr=False)
    name: str = ""
    date: str = ""
    time: str = ""
    approval: Approval = field(default_factory=Approval)
    original: OriginalItems | None = field(default=None, repr=False)

    @property
    def approved(self) -> bool:
        """Whether the file carries an approval."""
        return self.approval.is_approved
