"""What a PET image that was derived from another keeps of it and says of the patient (DICOM PS3.3 C.8.9, C.8.4.6)."""

from __future__ import annotations

from typing import Any

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from workstation.dicom.errors import DicomError
from workstation.images.volume import Volume

KEPT = (
    "Units", "SUVType", "CountsSource", "SeriesType", "ReprojectionMethod", "NumberOfRRIntervals",
    "NumberOfTimeSlots", "NumberOfTimeSlices", "CorrectedImage", "RandomsCorrectionMethod",
    "AttenuationCorrectionMethod", "ScatterCorrectionMethod", "DecayCorrection", "ReconstructionMethod",
    "CollimatorType", "RadiopharmaceuticalInformationSequence", "FrameReferenceTime", "ActualFrameDuration",
    "DecayFactor", "PatientWeight", "PatientSize", "SeriesDate", "SeriesTime", "AcquisitionDate", "AcquisitionTime",
)  # fmt: skip
"""What a PET image can't do without, and what its uptake is worked out from: as the source has it."""

ONLY_FOR = {"NumberOfTimeSlices": "DYNAMIC", "NumberOfRRIntervals": "GATED", "NumberOfTimeSlots": "GATED"}
"""Attributes that only series of one type may have, though some scanners write them always."""

_LYING = {
    "S": ("40199007", "supine"), "P": ("1240000", "prone"), "DR": ("102535000", "right lateral decubitus"),
    "DL": ("102536004", "left lateral decubitus"),
}  # fmt: skip
_FIRST = {"HF": ("102540008", "headfirst"), "FF": ("102541007", "feet-first")}


def pet_attributes(source: Volume, on: Volume) -> dict[str, Any]:
    """By DICOM keyword, for every slice; None: the attribute must be absent.

    Raises DicomError while the source's own files can't be read: without them nobody can work out the uptake.
    """
    try:
        header = pydicom.dcmread(source.files[0], stop_before_pixels=True, specific_tags=list(KEPT))
        kept = {keyword: header[keyword].value for keyword in KEPT if keyword in header}
    except (InvalidDicomError, OSError, IndexError) as error:
        raise DicomError(
            "A PET image can only be written as a derived series while its own DICOM files can be read"
        ) from error
    if "Units" not in kept:
        raise DicomError("The PET image does not say in which units it is, so that nothing can be derived from it")
    kind = [str(value) for value in kept.get("SeriesType") or ()]
    kept = {keyword: value for keyword, value in kept.items() if ONLY_FOR.get(keyword) in (None, *kind)}
    image_type = ["DERIVED", "PRIMARY"]  # the second is fixed for PET (PS3.3 C.8.9.4.1.3)
    return {"CollimatorType": "", **kept, **_orientation(on.patient_position), "ImageType": image_type}


def _orientation(position: str) -> dict[str, Any]:
    """NM/PET Patient Orientation: what other images say as Patient Position, which must be absent beside it."""
    orientation, gantry = [], []
    if position[:2] in _FIRST and position[2:] in _LYING:
        recumbent = _code("102538003", "recumbent")
        recumbent.PatientOrientationModifierCodeSequence = [_code(*_LYING[position[2:]])]
        orientation, gantry = [recumbent], [_code(*_FIRST[position[:2]])]
    return {
        "PatientPosition": None,
        "PatientOrientationCodeSequence": orientation,
        "PatientGantryRelationshipCodeSequence": gantry,
    }


def _code(value: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "SCT", meaning
    return code
