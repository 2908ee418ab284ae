"""A three-dimensional image in patient space, with what a person must know about where it came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.errors import GeometryError
from workstation.geometry.grid import Grid


@dataclass(frozen=True)
class PatientIdentity:
    """Who the images show. Never logged."""

    name: str = ""
    identifier: str = ""
    birth_date: str = ""
    sex: str = ""


@dataclass(frozen=True)
class SliceSource:
    """One acquired slice: what a contour drawn on it refers to."""

    sop_class_uid: str
    sop_instance_uid: str
    position_mm: float
    frame_number: int | None = None


def other_patient(first: PatientIdentity, second: PatientIdentity) -> bool:
    """Whether two objects name different patients; what names nobody belongs to anybody."""
    return bool(first.identifier and second.identifier and first.identifier != second.identifier)


@dataclass(frozen=True, eq=False)
class Volume:
    """Voxels [k, j, i] of dtype int16 or float32 on a grid; values in `unit`, rescale already applied.

    key: unique in a case; equals the series UID unless the series was split (then "<uid>#<n>").
    slices: acquired slices ascending along `grid.normal`; `position_mm` is the projection of each slice's
        ImagePositionPatient on that normal (patient millimetres, not from the grid's origin). Where the
        acquisition was uneven, the voxels lie on a regular grid and these are the true planes.
    acquisition: what distinguishes it from its siblings (times, echo, phase…), for people and for phases.
    files: where it was read from, in slice order.
    """

    key: str
    voxels: NDArray[Any]
    grid: Grid
    modality: str = ""
    unit: str = ""
    description: str = ""
    series_uid: str = ""
    study_uid: str = ""
    frame_of_reference_uid: str = ""
    patient: PatientIdentity = field(default_factory=PatientIdentity)
    patient_position: str = ""
    slices: tuple[SliceSource, ...] = ()
    acquisition: dict[str, str] = field(default_factory=dict)
    study: dict[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.voxels.shape != self.grid.shape:
            raise GeometryError(f"The voxels {self.voxels.shape} do not fit their grid {self.grid.shape}")
        if self.voxels.dtype not in (np.dtype(np.int16), np.dtype(np.float32)):
            raise GeometryError(f"Voxels are held as int16 or float32, not {self.voxels.dtype}")

    @property
    def slice_positions_mm(self) -> NDArray[np.float64]:
        """(n,) positions of the acquired slices along `grid.normal`, ascending; the grid's own if not known."""
        if self.slices:
            return np.array([s.position_mm for s in self.slices])
        centres = self.grid.to_patient([[0, 0, k] for k in range(self.grid.size[2])])
        return np.sort(centres @ self.grid.normal)
