"""The multiphase examination that a folder holds, found and loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workstation.cli.output import UsageError, note
from workstation.cli.references import series_in
from workstation.jobs.progress import Progress, part, silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workstation.images.phase_times import Phase
    from workstation.images.volume import Volume


def phases_in(folder: str, progress: Progress = silent) -> tuple[Phase, ...]:
    """The phases of the one examination of several phases in a folder, a whole study perhaps, in the order of time.

    UsageError where there is none, and where there are several.
    """
    from workstation.dicom.errors import DicomError
    from workstation.dicom.load import load_series
    from workstation.images.phase_times import timed_phases
    from workstation.images.phases import is_derived, multiphase

    entries = [entry for entry in series_in(folder, part(progress, 0.0, 0.2)) if entry.modality == "MR"]
    images: dict[str, Volume] = {}
    for number, entry in enumerate(entries):
        step = part(progress, 0.2 + 0.8 * number / len(entries), 0.2 + 0.8 * (number + 1) / len(entries))
        try:
            volume = load_series(entry, progress=step)
        except DicomError as error:
            note(f"warning: a series was left out: {error}")
            continue
        images[volume.key] = volume
    groups = multiphase(images)
    # Maps that an earlier run has left in the study are many images on one grid, too.
    groups = [group for group in groups if not is_derived(group[0])] or groups
    if not groups:
        raise UsageError(f"{folder}: holds no MR of several phases on one grid ({len(images)} MR series were read)")
    if len(groups) > 1:
        names = "; ".join(f"{len(group)} phases like {group[0].description or group[0].key}" for group in groups)
        raise UsageError(f"{folder}: holds {len(groups)} examinations of several phases ({names}): name one folder")
    return timed_phases(groups[0])


def phase_called(phases: Sequence[Phase], name: str) -> Phase:
    """The phase of that name; UsageError lists what there is."""
    for phase in phases:
        if phase.name.lower() == name.strip().lower():
            return phase
    raise UsageError(f"there is no phase called {name!r}; there are: {', '.join(phase.name for phase in phases)}")


def retimed(phases: tuple[Phase, ...], text: str) -> tuple[Phase, ...]:
    """The phases with times that were typed, "0,60,300": seconds from the contrast, in the order of the phases."""
    from dataclasses import replace

    from workstation.images.phase_times import FARTHEST_S, TYPED, named_anew

    try:
        times = [float(cell) for cell in text.split(",")]
    except ValueError as error:
        raise UsageError(f"--times-s {text!r}: seconds with commas between them are wanted") from error
    if not all(abs(time) <= FARTHEST_S for time in times):  # not a number, too
        raise UsageError(f"--times-s {text!r}: seconds with commas between them are wanted, a day at most")
    if len(set(times)) < len(times):
        raise UsageError(f"--times-s {text!r}: two phases can't have the same time")
    if len(times) != len(phases):
        raise UsageError(f"--times-s gives {len(times)} times, and there are {len(phases)} phases")
    typed = [replace(phase, time_s=time, told_by=TYPED, zero="") for phase, time in zip(phases, times, strict=True)]
    return named_anew(typed)
