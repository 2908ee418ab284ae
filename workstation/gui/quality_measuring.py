"""Measures the quality of the registration that is looked at, in the background, and stores it as one undoable step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workstation.case.commands import AddRegistration
from workstation.fusion.registration import Registration
from workstation.gui.session import Session
from workstation.images.volume import Volume
from workstation.measurements.registration_quality import assess

if TYPE_CHECKING:
    from workstation.gui.jobs.runner import Job, JobRunner

LANE = "registration quality"
NOTHING = "No registration links these images yet: register them first"


@dataclass(frozen=True, eq=False)
class ShownLink:
    """The registration between the planning image and the image laid on it, and its own two images."""

    registration: Registration
    fixed: Volume
    moving: Volume


def moving_image(session: Session) -> Volume | None:
    """The image that is registered onto the planning image: the fused one, else the first other one."""
    return session.registering.moving


def shown_link(session: Session) -> ShownLink | None:
    """The newest registration between exactly the two images looked at, whichever way round it was made."""
    planning, other = session.case.planning, moving_image(session)
    if planning is None or other is None:
        return None
    frames = {planning.frame_of_reference_uid, other.frame_of_reference_uid}
    if len(frames) < 2 or "" in frames:
        return None
    for registration in reversed(tuple(session.case.registrations.values())):
        if {registration.fixed_frame_uid, registration.moving_frame_uid} == frames:
            straight = registration.fixed_frame_uid == planning.frame_of_reference_uid
            return ShownLink(registration, *((planning, other) if straight else (other, planning)))
    return None


def measure(session: Session, runner: JobRunner) -> Job | None:
    """Start measuring; None where there is nothing to measure, which is said."""
    link = shown_link(session)
    if link is None:
        session.refused.emit(NOTHING)
        return None
    name, target = _target(session, link)
    structures = tuple(session.case.structures.values())

    def keep(found: Registration) -> None:
        _keep(session, link.registration, found, name)

    return runner.start(
        "Measuring the registration", assess, link.registration, link.fixed, link.moving,
        landmarks=tuple(session.case.landmarks.values()), structures_fixed=structures, structures_moving=structures,
        reverse=_reverse(session, link.registration), backwards=True, target_mm=target, then=keep, lane=LANE,
    )  # fmt: skip


def _target(session: Session, link: ShownLink) -> tuple[str, Any]:
    """Where stability counts: the middle of the active structure, else of the fixed image; its name and the point."""
    active = session.active
    bounds = active.stack.bounds_mm() if active is not None else None
    if active is None or bounds is None:
        return "the middle of the image", link.fixed.grid.centre_mm
    plane = active.stack.plane
    middle = plane.origin_mm + (bounds[0] + bounds[1]) / 2 @ plane.axes
    if active.frame_of_reference_uid == link.registration.moving_frame_uid:
        middle = link.registration.fixed_to_moving.inverse().apply(middle)
    return active.name, middle


def _reverse(session: Session, registration: Registration) -> Registration | None:
    """The newest registration of the same images made the other way round, if somebody made one."""
    frames = registration.moving_frame_uid, registration.fixed_frame_uid
    found = [r for r in session.case.registrations.values() if (r.fixed_frame_uid, r.moving_frame_uid) == frames]
    return found[-1] if found else None


def _keep(session: Session, asked: Registration, found: Registration, target: str) -> None:
    """Store what was measured, unless the registration has become another one meanwhile."""
    now = session.case.registrations.get(asked.identifier)
    if now is None or now.fixed_to_moving is not asked.fixed_to_moving:
        session.refused.emit("The registration was changed while it was measured: measure it again")
        return
    quality = dict(found.quality)
    if quality.get("stability_mm"):
        quality["stability_mm"] = {**quality["stability_mm"], "of": target}
    session.do(AddRegistration(replace(now, quality=quality)))
