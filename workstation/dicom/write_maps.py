"""The maps of a separation as files: NIfTI for calculations, derived DICOM series for other systems.

The series are DERIVED\\SECONDARY (DICOM PS3.3 C.7.6.1.1.2); each says in words by which formula it was made, and of
which phases' series.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.dicom.write_series import write_series
from workstation.enhancement.alignment import AlignedPhase
from workstation.enhancement.maps import EvidenceMap
from workstation.enhancement.subtraction import Subtraction
from workstation.geometry.grid import Grid
from workstation.images.acquisition_time import acquired_at
from workstation.images.files import write_volume
from workstation.images.volume import Volume
from workstation.images.windows import automatic_window
from workstation.jobs.progress import Progress, part, silent

LONGEST_DERIVATION = 1024


def write_maps(folder: Path, found: Subtraction, progress: Progress = silent) -> list[str]:
    """Write every map into a folder, as NAME.nii.gz and dicom/NAME/; their names.

    They lie on the reference phase, in its frame of reference. Where a map has no value, zero is written.
    """
    stack = found.stack
    reference = next(a for a in found.aligned if a.to_phase.is_identity() and not a.doubt).phase.volume
    acquired = acquired_at(reference.acquisition, reference.study)
    moment, maps = datetime.now(), found.maps()
    for number, each in enumerate(maps):
        step = part(progress, number / len(maps), (number + 1) / len(maps))
        step(0.0, f"Writing the map {each.name}")
        volume = map_volume(reference, stack.grid, each.name, each.values)
        name = "".join(c if c.isalnum() else "_" for c in each.name).strip("_")
        write_volume(folder / f"{name}.nii.gz", volume)
        write_series(
            folder / "dicom" / name, volume, now=moment, acquired=acquired.at if acquired else moment, fractions=True,
            attributes=_attributes(volume, each, found.aligned), progress=step,
        )  # fmt: skip
    progress(1.0, "The maps are written")
    return [each.name for each in maps]


def map_volume(reference: Volume, grid: Grid, name: str, values: NDArray[np.float32]) -> Volume:
    """A map as an image of the reference phase's frame of reference; where it has no value, zero."""
    return replace(
        reference, key=f"{reference.key} {name}", voxels=np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0),
        grid=grid, description=name, slices=(), files=(), series_uid="", unit="",
    )  # fmt: skip


def derivation_of(each: EvidenceMap, aligned: tuple[AlignedPhase, ...]) -> str:
    """Derivation Description: the formula with its unit, and which series the phases are."""
    unit = f" [{each.unit}]" if each.unit else ""
    phases = (f"{a.phase.name}: {a.phase.volume.series_uid or a.phase.volume.key}" for a in aligned)
    words = f"{each.name}{unit} = {each.formula}; 0 where there is none. Phases, each aligned rigidly: "
    return (words + ", ".join(phases))[:LONGEST_DERIVATION]


def _attributes(volume: Volume, each: EvidenceMap, aligned: tuple[AlignedPhase, ...]) -> dict[str, Any]:
    window = automatic_window(volume)
    return {
        "ImageType": ["DERIVED", "SECONDARY", "OTHER"],
        "SeriesNumber": "",
        "DerivationDescription": derivation_of(each, aligned),
        "WindowCenter": f"{window.centre:.6g}",
        "WindowWidth": f"{max(window.width, 1e-6):.6g}",
    }
