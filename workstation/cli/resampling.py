"""An image brought into another frame for a command: looked up once, and written as its name says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workstation.cli.output import UsageError
from workstation.jobs.progress import Progress, silent

if TYPE_CHECKING:
    from workstation.fusion.registration import Registration
    from workstation.geometry.deformation import SpatialMap
    from workstation.geometry.grid import Grid
    from workstation.images.volume import Volume

MOST_PROBES = 40_000
MOST_VOXELS = 1 << 29


@dataclass(frozen=True)
class ImageOutput:
    """Where an image goes: a file of another format, or a folder for a derived DICOM series."""

    path: Path
    is_file: bool

    @staticmethod
    def of(text: str, option: str) -> ImageOutput:
        """What a name means; UsageError, before any work is done, where it can't be written."""
        from workstation.images.files import WRITTEN_ENDINGS

        path = Path(text)
        if not text:
            raise UsageError(f"{option}: the name of a folder or file to write is needed")
        if text.lower().endswith(WRITTEN_ENDINGS):
            if path.is_dir() or not path.parent.is_dir():
                raise UsageError(f"{text}: it can't be written there; its folder must exist")
            return ImageOutput(path, True)
        if path.is_file():
            raise UsageError(f"{text}: is a file; name a new folder, or a file that ends in .nii.gz, .nrrd or .mha")
        if path.is_dir() and any(path.iterdir()):
            raise UsageError(f"{text}: the folder is not empty; name a new one, so that series don't mix")
        return ImageOutput(path, False)

    def require_kind(self, volume: Volume) -> None:
        """DicomError where an image of this kind can't be written so."""
        from workstation.dicom.derived_series import require_kind

        if not self.is_file:
            require_kind(volume)

    def write(
        self, made: Volume, source: Volume, on: Volume, registrations: Sequence[Registration],
        progress: Progress = silent,
    ) -> None:  # fmt: skip
        """Write `made`, which is `source` on the grid of `on`."""
        from workstation.dicom.derived_series import write_derived_series
        from workstation.images.files import write_volume

        if self.is_file:
            write_volume(self.path, made)
        else:
            write_derived_series(self.path, made, source, on, registrations, progress=progress)


def brought_onto(source: Volume, on: Volume, target_to_source: SpatialMap) -> tuple[Volume, float]:
    """`source` looked up once at the voxels of `on`, and the share of those voxels that it reaches.

    UsageError for a single slice and where nothing overlaps.
    """
    from workstation.images.naming import name_of_volume
    from workstation.images.resample import resample

    if min(source.grid.size) < 2:
        raise UsageError(f"{name_of_volume(source)} is a single slice: there is nothing between slices to look up")
    covered = covered_share(source.grid, on.grid, target_to_source)
    if not covered:
        raise UsageError(
            f"{name_of_volume(source)} does not reach {name_of_volume(on)} through this registration: nothing overlaps"
        )
    uid = on.frame_of_reference_uid
    return resample(source, on.grid, target_to_source, frame_of_reference_uid=uid), covered


def covered_share(source: Grid, target: Grid, target_to_source: SpatialMap) -> float:
    """Share of the target's voxels that lie within the source, from up to 40,000 of them spread evenly."""
    step = max(1, round((np.prod(target.size) / MOST_PROBES) ** (1 / 3)))
    axes = [np.arange((n - 1) % step // 2, n, step) for n in target.size]
    index = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    return float(source.contains(target_to_source.apply(target.to_patient(index))).mean())


def lattice_around(source: Volume, source_to_target: SpatialMap, frame_of_reference_uid: str) -> Volume:
    """An empty image in the target's frame that a source fits into: axial, as fine as the source along each axis."""
    from workstation.geometry.grid import Grid

    grid = source.grid
    axes = [np.linspace(-0.5, n - 0.5, 9) for n in grid.size]
    points = source_to_target.apply(grid.to_patient(np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)))
    low, high = points.min(0), points.max(0)
    spacing = np.array([float(grid.spacing_mm[int(np.argmax(np.abs(row)))]) for row in grid.direction])
    size = np.maximum(1, np.ceil((high - low) / spacing - 1e-6)).astype(int)
    if np.prod(size.astype(float)) > MOST_VOXELS:
        raise UsageError("the image would become too large in the other frame; say onto which image with --on")
    made = Grid(low + spacing / 2, spacing, np.eye(3), size)
    voxels = np.broadcast_to(source.voxels.dtype.type(0), made.shape)
    return replace(
        source, key="lattice", voxels=voxels, grid=made, description="the other frame of reference", modality="",
        series_uid="", slices=(), files=(), frame_of_reference_uid=frame_of_reference_uid, patient_position="",
    )  # fmt: skip


def image_in_json(made: Volume, covered: float) -> dict[str, Any]:
    """What a command says about an image that it made."""
    return {
        "size": list(made.grid.size),
        "spacing_mm": [round(float(s), 6) for s in made.grid.spacing_mm],
        "frame_of_reference_uid": made.frame_of_reference_uid,
        "covered": round(covered, 4),
    }
