"""The small head of `tests/enhancement/scene.py` as a study on disk: phases with times, a CT, a link, structures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from tests.enhancement.scene import GRID, TIMES_S, TUMOUR_MM, VEIN, VEIN_MM, VEIN_RADIUS_MM, volumes
from workstation.dicom.registration import write_registration
from workstation.dicom.structure_set import write_structure_set
from workstation.dicom.write_series import write_series
from workstation.fusion.registration import Registration
from workstation.geometry.region import Region
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.structures.carried import planes_of
from workstation.structures.structure import ContourStack, PlanarContours, Structure

BEGIN = datetime(2026, 3, 1, 10, 20)
STUDY = "1.2.826.0.1.3680043.10.9"
MR_FRAME, CT_FRAME = f"{STUDY}.1", f"{STUDY}.2"
CT_TO_MR = Transform.from_rigid((6.0, -4.0, 3.0))


@dataclass(frozen=True)
class PhaseFolder:
    """Where the study lies. Points are of the CT's frame unless their name says otherwise."""

    folder: Path
    tumour_mm: str
    vein_mm: str
    tumour_mr_mm: str

    @property
    def linked(self) -> tuple[str | Path, ...]:
        """What draws on the CT."""
        return "--planning", self.folder / "CT", "--registration", self.folder / "reg.dcm"

    @property
    def structures(self) -> tuple[str | Path, ...]:
        return "--structures", self.folder / "rs.dcm"


def told(point_mm: np.ndarray) -> str:
    return ",".join(f"{v:.2f}" for v in point_mm)


def ct_of(mr: Volume) -> Volume:
    """A CT of the same head that lies elsewhere."""
    grid = replace(mr.grid, origin_mm=CT_TO_MR.inverse().apply(mr.grid.origin_mm))
    voxels = np.rint(mr.voxels / 4 - 100).astype(np.int16)
    uid = f"{STUDY}.50"
    return replace(mr, key=uid, series_uid=uid, voxels=voxels, grid=grid, modality="CT", unit="HU", description="CT",
                   frame_of_reference_uid=CT_FRAME, acquisition={})  # fmt: skip


def box(centre_mm: np.ndarray, half_mm: float, image: Volume) -> ContourStack:
    """A square tube through all slices of an image."""
    plane, positions, spacing_mm = planes_of(image)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half_mm + centre_mm[:2]
    return ContourStack(plane, spacing_mm, tuple(PlanarContours(float(z), Region([corners])) for z in positions))


def write_study(folder: Path, vein: tuple[float, ...] = VEIN, tumour: tuple[float, ...] | None = None) -> PhaseFolder:
    """Write CT/, MR_0/ to MR_2/, reg.dcm and rs.dcm."""
    made = volumes(vein=vein) if tumour is None else volumes(vein=vein, tumour=tumour)
    series = []
    for n, (volume, time_s) in enumerate(zip(made, TIMES_S, strict=True)):
        uid = f"{STUDY}.{10 + n}"
        acquisition = {"SeriesNumber": str(n + 1)}
        if time_s > 0:
            acquisition |= {"ContrastBolusAgent": "Gd", "ContrastBolusStartTime": BEGIN.strftime("%H%M%S")}
        volume = replace(
            volume, key=uid, series_uid=uid, study_uid=STUDY, frame_of_reference_uid=MR_FRAME,
            voxels=np.rint(volume.voxels).astype(np.int16), acquisition=acquisition, patient_position="HFS",
        )  # fmt: skip
        write_series(folder / f"MR_{n}", volume, now=BEGIN, acquired=BEGIN + timedelta(seconds=time_s))
        series.append(volume)
    ct = ct_of(series[0])
    write_series(folder / "CT", ct, now=BEGIN)
    link = Registration("reg", CT_FRAME, MR_FRAME, CT_TO_MR, "by hand")
    write_registration(folder / "reg.dcm", link, ct, series[0], now=BEGIN)
    tumour_mm, vein_mm = (CT_TO_MR.inverse().apply(p) for p in (TUMOUR_MM, VEIN_MM))
    muscle_mm = CT_TO_MR.inverse().apply(np.array([-20.0, -15.0, 0.0]))
    stacks = {
        "Vein": box(vein_mm, 0.6 * VEIN_RADIUS_MM, ct), "Muscle": box(muscle_mm, 6.0, ct),
        "Bone": box(tumour_mm - np.array([9.0, 0.0, 0.0]), 7.0, ct),
    }  # fmt: skip
    drawn = [
        Structure(name, n, name, stack, frame_of_reference_uid=CT_FRAME)
        for n, (name, stack) in enumerate(stacks.items(), start=1)
    ]
    write_structure_set(folder / "rs.dcm", drawn, image=ct, label="drawn")
    assert GRID.size == ct.grid.size
    return PhaseFolder(folder, told(tumour_mm), told(vein_mm), told(TUMOUR_MM))
