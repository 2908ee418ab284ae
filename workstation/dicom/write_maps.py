"""The maps of a separation as files: NIfTI for calculations, derived DICOM series for other systems."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workstation.dicom.derived_series import write_derived_series
from workstation.enhancement.subtraction import Subtraction
from workstation.geometry.grid import Grid
from workstation.images.files import write_volume
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, part, silent


def write_maps(folder: Path, found: Subtraction, progress: Progress = silent) -> list[str]:
    """Write every map into a folder, as NAME.nii.gz and dicom/NAME/; their names.

    They lie on the reference phase, in its frame of reference. Where a map has no value, zero is written.
    """
    stack = found.stack
    reference = next(a for a in found.aligned if a.to_phase.is_identity()).phase.volume
    maps = found.maps()
    for number, each in enumerate(maps):
        step = part(progress, number / len(maps), (number + 1) / len(maps))
        step(0.0, f"Writing the map {each.name}")
        volume = map_volume(reference, stack.grid, each.name, each.values)
        name = "".join(c if c.isalnum() else "_" for c in each.name).strip("_")
        write_volume(folder / f"{name}.nii.gz", volume)
        write_derived_series(folder / "dicom" / name, volume, reference, reference, (), progress=step)
    progress(1.0, "The maps are written")
    return [each.name for each in maps]


def map_volume(reference: Volume, grid: Grid, name: str, values: NDArray[np.float32]) -> Volume:
    """A map as an image of the reference phase's frame of reference; where it has no value, zero."""
    return replace(
        reference, key=f"{reference.key} {name}", voxels=np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0),
        grid=grid, description=name, slices=(), files=(), series_uid="", unit="",
    )  # fmt: skip
