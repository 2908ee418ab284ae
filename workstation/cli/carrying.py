"""Structures brought onto another image for a command, as an RTSTRUCT that refers to that image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workstation.cli.output import UsageError, note
from workstation.cli.references import existing_path, find_structure
from workstation.cli.registrations import Way, way_between
from workstation.jobs.progress import Progress, silent

if TYPE_CHECKING:
    from workstation.dicom.structure_set import StructureSet
    from workstation.fusion.registration import Registration
    from workstation.images.volume import Volume
    from workstation.structures.structure import Structure

PROVISIONAL = "PROVISIONAL"
SHRUNK = 0.9
"""Share of its volume below which a carried structure is remarked on."""


def carry_structures(
    source: str,
    only: Sequence[str],
    registrations: Sequence[Registration],
    target: Volume,
    out: Path,
    *,
    backwards: Callable[[], bool] = lambda: False,
    progress: Progress = silent,
) -> tuple[Way, list[dict[str, Any]]]:
    """Carry the structures of an RTSTRUCT (all, or those called `only`) onto the target's planes and write them.

    Returns the way that they went and, for each, {"name", "volume_cc_before", "volume_cc"}. backwards: asked within
    one frame of reference: whether they go from the fixed to the moving image.
    """
    from workstation.dicom.structure_set import read_structure_set, write_structure_set
    from workstation.structures.carried import carried
    from workstation.structures.volume import volume_cc

    found = read_structure_set(existing_path(source))
    for warning in found.warnings:
        note(f"warning: {warning}")
    wanted = [find_structure(found.structures, name) for name in only] or list(found.structures)
    frame = require_one_frame(found, wanted, source)
    here = target.frame_of_reference_uid
    back = way_between(registrations, here, frame, here == frame and backwards())
    made: list[Structure] = []
    rows = []
    for number, structure in enumerate(wanted):
        progress(number / len(wanted), f"Carrying {structure.name}")
        if not structure.stack.slices:
            note(f"warning: {structure.name} has no closed contours, so it was left out")
            continue
        brought = carried(structure, back.map, target)
        if not brought.stack.slices:
            note(f"warning: {structure.name} does not reach the image, so it was left out")
            continue
        made.append(brought)
        before, after = volume_cc(structure.stack), volume_cc(brought.stack)
        if after < SHRUNK * before:
            note(f"warning: {structure.name} came out with {after / before:.0%} of its volume: it reaches beyond the "
                 "image, or the deformation shrinks it")  # fmt: skip
        rows.append(
            {
                "name": structure.name,
                "volume_cc_before": round(before, 4),
                "volume_cc": round(after, 4),
            }
        )
    if not made:
        raise UsageError(f"{source}: none of its structures reaches the image through this registration")
    label = PROVISIONAL if back.provisional else "Carried"
    write_structure_set(
        out, made, image=target, label=label, series_description=f"{label}: carried from {found.label}"[:64]
    )
    return back.turned(), rows


def require_one_frame(structure_set: StructureSet, structures: Sequence[Structure], source: str) -> str:
    """The frame of reference that all structures lie in; UsageError where it is none or several."""
    frames = {s.frame_of_reference_uid or structure_set.frame_of_reference_uid for s in structures}
    if len(frames) > 1:
        raise UsageError(f"{source}: its structures lie in {len(frames)} frames of reference; carry one at a time")
    frame = next(iter(frames), "")
    if not frame:
        raise UsageError(f"{source}: the structures name no frame of reference, so no registration can refer to them")
    return frame
