"""Writes an image that was resampled through registrations as a derived series (DICOM PS3.3 C.7.6.1.1.2, C.7.6.1.1.3).

DERIVED\\SECONDARY, with UIDs of its own, patient and study of the image that it was made from, and the frame of
reference of the image that it was brought onto. Every slice says in words how it was made, and from which images.
What hangs on a registration that nobody has accepted is marked as provisional where people read: in the description.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from workstation.dicom.derived_pet import pet_attributes
from workstation.dicom.errors import DicomError
from workstation.dicom.write_series import write_series
from workstation.fusion.registration import Registration
from workstation.images.acquisition_time import acquired_at
from workstation.images.naming import name_of_volume
from workstation.images.volume import Volume
from workstation.images.windows import automatic_window
from workstation.jobs.progress import Progress, silent

PROVISIONAL = "PROVISIONAL"
LONGEST_DESCRIPTION, LONGEST_DERIVATION = 64, 1024
DEFAULT_IMAGE_CLASS = {"CT": "1.2.840.10008.5.1.4.1.1.2", "MR": "1.2.840.10008.5.1.4.1.1.4"}


def write_derived_series(
    folder: str | Path,
    volume: Volume,
    source: Volume,
    on: Volume,
    registrations: Sequence[Registration],
    *,
    now: datetime | None = None,
    progress: Progress = silent,
) -> list[Path]:
    """Write one file a slice into `folder` and return the paths in slice order.

    volume: `source` looked up on the grid of `on`, in its frame of reference. source: what was resampled. on: the
        image that it was brought onto. registrations: the chain that it went through, in its order.
    Whole values are written as they are; others by a rescale slope, to 1/65535 of their range.
    Raises DicomError for an image of no known kind (write it as NIfTI or MetaImage), and where that can't be written.
    """
    if volume.frame_of_reference_uid != on.frame_of_reference_uid:
        raise DicomError("The resampled image does not lie in the frame of reference of the image it was brought onto")
    require_kind(volume)
    provisional = any(registration.provisional for registration in registrations)
    acquired = acquired_at(source.acquisition, source.study)
    moment = now or datetime.now()
    described = replace(
        volume, description=description_of(source, on, provisional), series_uid="", slices=(), files=(),
        patient=source.patient, study_uid=source.study_uid, study=source.study, acquisition=source.acquisition,
        patient_position=on.patient_position,
    )  # fmt: skip
    return write_series(
        folder, described, now=moment, acquired=acquired.at if acquired else moment, fractions=True, progress=progress,
        attributes=_attributes(volume, source, on, registrations),
    )  # fmt: skip


def require_kind(volume: Volume) -> None:
    """DicomError for an image that can't become a derived series, before any work is done for it."""
    if volume.modality not in ("CT", "MR", "PT"):
        kind = volume.modality or "no stated modality"
        raise DicomError(
            f"An image of {kind} can't be written as a derived DICOM series: write it as .nii.gz or .mha instead"
        )


def description_of(source: Volume, on: Volume, provisional: bool) -> str:
    """Series Description: what it is, on what, and first of all whether anybody stands for it."""
    what = f"{name_of_volume(source)} on {name_of_volume(on)}"
    return (f"{PROVISIONAL} {what}" if provisional else what)[:LONGEST_DESCRIPTION]


def derivation_of(source: Volume, on: Volume, registrations: Sequence[Registration]) -> str:
    """Derivation Description: how it was made, in sentences."""
    made = f"{name_of_volume(source)} resampled once, linearly, onto the voxels of {name_of_volume(on)}."
    through = [f"Registration: {r.method}, {_state(r)}." for r in registrations]
    mark = f"{PROVISIONAL}: not every registration was accepted." if any(r.provisional for r in registrations) else ""
    return " ".join(filter(None, [mark, made, *through]))[:LONGEST_DERIVATION]


def _state(registration: Registration) -> str:
    if registration.provisional:
        return "not accepted by anybody"
    return f"accepted by {registration.accepted_by} {registration.accepted_at}".strip()


def _attributes(volume: Volume, source: Volume, on: Volume, registrations: Sequence[Registration]) -> dict[str, Any]:
    kind = {"CT": ["AXIAL"], "MR": ["OTHER"]}.get(volume.modality, [])
    found: dict[str, Any] = {
        "ImageType": ["DERIVED", "SECONDARY", *kind],
        "SeriesNumber": "",
        "DerivationDescription": derivation_of(source, on, registrations),
        "DerivationCodeSequence": [_code("113085", "Spatial resampling")],
    }
    references = _sources(source)
    if references:
        found["SourceImageSequence"] = references
    if volume.modality == "PT":
        found |= {**pet_attributes(source, on), "NumberOfSlices": volume.grid.size[2]}
    if volume.modality != "CT":
        window = automatic_window(volume)
        found["WindowCenter"], found["WindowWidth"] = f"{window.centre:.6g}", f"{max(window.width, 1e-6):.6g}"
    return found


def _code(value: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
    return code


def _sources(source: Volume) -> list[Dataset]:
    """Source Image Sequence: every file that the source image was read from."""
    known = dict.fromkeys((s.sop_class_uid, s.sop_instance_uid) for s in source.slices if s.sop_instance_uid)
    items = []
    for sop_class, instance in known:
        item = Dataset()
        item.ReferencedSOPClassUID = sop_class or DEFAULT_IMAGE_CLASS.get(source.modality, "")
        item.ReferencedSOPInstanceUID = instance
        item.PurposeOfReferenceCodeSequence = [_code("121322", "Source image for image processing operation")]
        items.append(item)
    return items
