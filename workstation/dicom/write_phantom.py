"""Writes the glomus case as one DICOM study: planning CT, MR phases, true contours and the true registration."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from workstation.dicom.registration import write_registration
from workstation.dicom.structure_set import write_structure_set
from workstation.dicom.write_series import write_series
from workstation.jobs.progress import Progress, part, silent
from workstation.teaching.contrast import REFERENCE_PHASE
from workstation.teaching.glomus import GlomusCase

MARKS = {"PatientComments": "Synthetic teaching phantom, not a person", "QualityControlSubject": "YES",
         "BodyPartExamined": "HEADNECK"}  # fmt: skip
MR_AFTER_CT = timedelta(minutes=40)


def write_glomus(
    case: GlomusCase, folder: str | Path, progress: Progress = silent, *, now: datetime | None = None
) -> dict[str, Any]:
    """Write the case into `folder` (made if absent) and say what was written.

    CT/, MR_pre/ and so on hold the series, rtstruct.dcm the true contours on the CT, registration.dcm the true map
    between the frames of reference. now: date and time of the study (default: the present).
    Returns {"folder", "series": {name: files}, "structure_set", "registration", "tumour_side"}.
    """
    target = Path(folder)
    moment = (now or datetime.now()).replace(microsecond=0)
    names = {"CT": case.ct, **{f"MR_{phase}": volume for phase, volume in case.phases.items()}}
    dated = {"StudyDate": moment.strftime("%Y%m%d"), "StudyTime": moment.strftime("%H%M%S")}
    names = {name: replace(volume, study={**volume.study, **dated}) for name, volume in names.items()}
    series = {}
    for n, (name, volume) in enumerate(names.items()):
        seconds = float(volume.acquisition.get("PhaseTime_s", "0"))
        acquired = moment if name == "CT" else moment + MR_AFTER_CT + timedelta(seconds=seconds)
        step = part(progress, 0.9 * n / len(names), 0.9 * (n + 1) / len(names))
        if "ContrastBolusAgent" in volume.acquisition:
            arrival = (moment + MR_AFTER_CT).strftime("%H%M%S")
            volume = replace(volume, acquisition={**volume.acquisition, "ContrastBolusStartTime": arrival})
        extra = {**MARKS, "KVP": "120"} if name == "CT" else MARKS
        paths = write_series(target / name, volume, now=moment, acquired=acquired, attributes=extra, progress=step)
        series[name] = len(paths)
    progress(0.90, "Writing the true contours")
    structure_path, registration_path = target / "rtstruct.dcm", target / "registration.dcm"
    seed = f"glomus {case.seed}"  # the same seed leaves as the same bytes, apart from dates
    write_structure_set(structure_path, case.structures, names["CT"], label="Glomus truth", now=moment, uid_seed=seed)
    progress(0.97, "Writing the true registration")
    reference = names[f"MR_{REFERENCE_PHASE}"]
    write_registration(registration_path, case.registration, names["CT"], reference, now=moment)
    progress(1.0, "The study is written")
    return {
        "folder": str(target),
        "series": series,
        "structure_set": structure_path.name,
        "registration": registration_path.name,
        "tumour_side": case.tumour_side,
    }
