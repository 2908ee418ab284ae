"""What an export writes, what a person should know before, and the writing itself (in a job, Qt-free)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.case.case import Case
from workstation.fusion.registration import Registration
from workstation.gui.panels.structure_types import COMFORTABLE_NAME
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, silent
from workstation.structures.structure import State, Structure

if TYPE_CHECKING:
    from workstation.dicom.structure_set import StructureSet


@dataclass(frozen=True)
class PlannedRegistration:
    """A registration whose two images are both open, so that its file can refer to them."""

    registration: Registration
    fixed: Volume
    moving: Volume


@dataclass(frozen=True)
class ExportPlan:
    """Everything that an export will write. Values only: the case may go on while a thread writes."""

    folder: Path
    structures: tuple[Structure, ...]
    image: Volume | None
    base: StructureSet | None
    label: str
    holes: str
    registrations: tuple[PlannedRegistration, ...]


@dataclass(frozen=True)
class Concern:
    """Something to know before exporting. identifier: the structure it is about, or ""."""

    text: str
    identifier: str = ""


def planned_registrations(case: Case) -> tuple[PlannedRegistration, ...]:
    """Registrations of the case with the images that they link."""
    by_frame: dict[str, Volume] = {}
    for volume in (*([case.planning] if case.planning else []), *case.images.values()):
        by_frame.setdefault(volume.frame_of_reference_uid, volume)
    found = []
    for registration in case.registrations.values():
        fixed, moving = by_frame.get(registration.fixed_frame_uid), by_frame.get(registration.moving_frame_uid)
        if fixed is not None and moving is not None:
            found.append(PlannedRegistration(registration, fixed, moving))
    return tuple(found)


def base_for(structures: Iterable[Structure], sets: Iterable[StructureSet]) -> StructureSet | None:
    """The opened structure set that most of the structures came from; None where none of them did."""
    exported = {structure.identifier for structure in structures}

    def shared(structure_set: StructureSet) -> int:
        return sum(1 for structure in structure_set.structures if structure.identifier in exported)

    best = max(sets, key=shared, default=None)
    return best if best is not None and shared(best) else None


def lost_originals(structures: Mapping[str, Structure], lost: Mapping[str, str]) -> list[Concern]:
    """One sentence for each structure set that structures came from and that can't be read any more."""
    found = []
    for uid, reason in lost.items():
        # Structures of a set carry its UID in their identifiers: see `read_structure_set`.
        names = [s.name for key, s in structures.items() if uid and key.startswith(f"{uid}:")]
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            words = "contours leave unchanged, but nothing else that the file said about them does."
            found.append(Concern(f"{names[0]}{more} came from {reason}: {words}"))
    return found


def concerns(case: Case, lost: Mapping[str, str] | None = None) -> list[Concern]:
    """What other systems, or a physicist, would stumble over. lost: as in `Session.lost_structure_sets`."""
    found: list[Concern] = lost_originals(case.structures, lost or {})
    if case.planning is None:
        found.append(Concern("There is no planning image: structures can't say which slices they belong to."))
    for key, s in case.structures.items():
        found += [Concern(f"{s.name}: {text}", key) for text in _concerns_of(s)]
    linked = {p.registration.identifier for p in planned_registrations(case)}
    for key, registration in case.registrations.items():
        if key not in linked:
            found.append(Concern("A registration is left out: one of its two images is not open."))
        elif not registration.accepted_by:
            found.append(Concern(f"The registration ({registration.method}) has not been accepted by a person."))
    return found


def _concerns_of(structure: Structure) -> list[str]:
    found = []
    if not structure.stack.slices and not structure.loose:
        found.append("is empty; it is written with its name only.")
    if len(structure.name) > COMFORTABLE_NAME:
        found.append(f"the name is longer than {COMFORTABLE_NAME} characters; some systems cut it off.")
    if re.search(r"[^A-Za-z0-9_+\-~^. ]", structure.name):
        found.append("the name has characters that some systems refuse.")
    if structure.state is State.STALE:
        found.append("is stale: an input changed while it could not be recomputed.")
    if structure.state is State.OVERRIDDEN:
        found.append("was edited by hand and no longer follows its recipe.")
    if structure.state is State.PROPOSAL:
        found.append("is a proposal that nobody has accepted.")
    if not structure.interpreted_type:
        found.append("has no type.")
    return [*found, *structure.warnings]


def export(plan: ExportPlan, progress: Progress = silent) -> list[Path]:
    """Write one RTSTRUCT and one REG for each registration; the paths written. Existing files are never replaced."""
    from workstation.dicom.registration_write import write_registration
    from workstation.dicom.structure_set_write import write_structure_set

    plan.folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    steps = 1 + len(plan.registrations)
    progress(0.0, "Writing the structure set")
    path = free_path(plan.folder, "structures")
    write_structure_set(path, plan.structures, plan.image, plan.base, label=plan.label, holes=plan.holes)
    written.append(path)
    for number, item in enumerate(plan.registrations, start=1):
        progress(number / steps, f"Writing registration {number} of {len(plan.registrations)}")
        path = free_path(plan.folder, "registration")
        write_registration(path, item.registration, item.fixed, item.moving)
        written.append(path)
    progress(1.0, f"{len(written)} files written")
    return written


def free_path(folder: Path, stem: str) -> Path:
    """`folder/stem.dcm`, or with the first number that is free."""
    path = folder / f"{stem}.dcm"
    number = 2
    while path.exists():
        path = folder / f"{stem}_{number}.dcm"
        number += 1
    return path
