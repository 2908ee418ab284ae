"""A patient of a few kilobytes: a ball of tissue in air on CT and MR, in two frames of reference."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workstation.case.case import Case
from workstation.case.commands import AddImage
from workstation.case.new_structure import new_structure
from workstation.dicom.registration_write import write_registration
from workstation.dicom.structure_set_write import write_structure_set
from workstation.dicom.write_series import write_series
from workstation.fusion.registration import Registration
from workstation.geometry.grid import Grid
from workstation.geometry.region import Region
from workstation.geometry.transform import Transform
from workstation.images.volume import PatientIdentity, SliceSource, Volume
from workstation.structures.structure import PlanarContours, Structure

CT_FRAME, MR_FRAME = "2.25.1001", "2.25.1002"
BALL_MM = 30.0
ORGAN_MM = 12.0
SHIFT_MM = (4.0, -3.0, 2.0)
WHO = PatientIdentity("Ball^Small", "SMALL-1", "19700131", "F")


@dataclass(frozen=True)
class SmallPatient:
    """Where things lie, and what is true."""

    folder: Path
    ct_folder: Path
    mr_folder: Path
    structures: Path
    registration: Path
    letter: Path
    ct: Volume
    mr: Volume


def ball(modality: str, frame: str, centre_mm: tuple[float, float, float], number: str) -> Volume:
    """48 x 48 x 24 voxels of 2 x 2 x 3 mm around the origin with a ball in it."""
    grid = Grid((-47.0, -47.0, -34.5), (2.0, 2.0, 3.0), np.eye(3), (48, 48, 24))
    k, j, i = np.indices(grid.shape)
    points = grid.to_patient(np.stack([i, j, k], axis=-1))
    inside = np.linalg.norm(points - np.array(centre_mm), axis=-1) < BALL_MM
    low, high = (-1000, 40) if modality == "CT" else (5, 600)
    uid = f"2.25.20{number}"
    slices = tuple(
        SliceSource(
            "1.2.840.10008.5.1.4.1.1.2" if modality == "CT" else "1.2.840.10008.5.1.4.1.1.4",
            f"{uid}.{n}",
            -34.5 + 3.0 * n,
        )
        for n in range(24)
    )
    return Volume(
        key=uid,
        voxels=np.where(inside, high, low).astype(np.int16),
        grid=grid,
        modality=modality,
        unit="HU" if modality == "CT" else "MR signal",
        description=f"Small {modality}",
        series_uid=uid,
        study_uid="2.25.3000",
        frame_of_reference_uid=frame,
        patient=WHO,
        patient_position="HFS",
        slices=slices,
        acquisition={"SeriesNumber": number},
        study={"StudyDate": "20260112"},
    )


def case_of(ct: Volume) -> Case:
    """A case with the CT only."""
    case = Case()
    case.do(AddImage(ct))
    return case


def cylinder(case: Case, name: str, radius_mm: float) -> Structure:
    """A structure of circles around the origin on nine slices."""
    structure = new_structure(case, name)
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    ring = radius_mm * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    planes = [PlanarContours(float(z), Region([ring])) for z in case.slice_positions_mm[8:17]]
    return structure.with_stack(structure.stack.replaced(planes))


def sphere(case: Case, name: str, radius_mm: float) -> Structure:
    """A structure of circles that make a ball around the origin."""
    structure = new_structure(case, name)
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    drawn = [float(z) for z in case.slice_positions_mm if abs(z) < radius_mm]
    planes = [PlanarContours(z, Region([circle * float(np.sqrt(radius_mm**2 - z**2))])) for z in drawn]
    return structure.with_stack(structure.stack.replaced(planes))


def write_patient(folder: Path) -> SmallPatient:
    """Write everything as DICOM, and one file that is no image."""
    ct = ball("CT", CT_FRAME, (0.0, 0.0, 0.0), "1")
    mr = ball("MR", MR_FRAME, SHIFT_MM, "2")
    write_series(folder / "ct", ct)
    write_series(folder / "mr", mr)
    registration = Registration("truth", CT_FRAME, MR_FRAME, Transform.from_rigid(SHIFT_MM), "known truth")
    write_registration(folder / "registration.dcm", registration, ct, mr)
    organ = cylinder(case_of(ct), "Organ", ORGAN_MM)
    write_structure_set(folder / "structures.dcm", [organ], ct, label="small")
    letter = folder / "letter.txt"
    letter.write_text("Dear colleague")
    return SmallPatient(
        folder, folder / "ct", folder / "mr", folder / "structures.dcm", folder / "registration.dcm", letter, ct, mr
    )
