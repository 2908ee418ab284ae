"""What the chips of the banner say about a case: planning image, registration, targets, saved."""

from __future__ import annotations

from workstation.gui.banner import ChipText
from workstation.gui.panels.fuse import state_of
from workstation.gui.session import Session, name_of_image
from workstation.structures.structure import State


def patient_line(session: Session) -> tuple[str, str]:
    """The patient's name, and number, birth date and sex in one line."""
    planning = session.case.planning
    if planning is None:
        return "No patient", ""
    who = planning.patient
    family, _, given = who.name.partition("^")
    name = ", ".join(part for part in (family.strip(), given.replace("^", " ").strip()) if part)
    details = [who.identifier, f"born {date_text(who.birth_date)}" if who.birth_date else "", _sex(who.sex)]
    return name or "Unnamed patient", " · ".join(part for part in details if part)


def date_text(value: str) -> str:
    """A DICOM date as 2026-01-12; anything else as it is.

    >>> date_text("20260112"), date_text("January")
    ('2026-01-12', 'January')
    """
    return f"{value[:4]}-{value[4:6]}-{value[6:8]}" if len(value) == 8 and value.isdigit() else value


def _sex(value: str) -> str:
    return {"F": "female", "M": "male", "O": "other"}.get(value, value)


def chips_of(session: Session) -> dict[str, ChipText]:
    """Every chip that has something to say, in order."""
    chips: dict[str, ChipText] = {}
    planning = session.case.planning
    if planning is not None:
        date = date_text(planning.study.get("StudyDate", ""))
        text = " ".join(part for part in ("planning", planning.modality, date) if part)
        reason = f"Structures are drawn on {name_of_image(planning)}"
        kind = "caution" if planning.warnings else "quiet"
        chips["planning"] = ChipText(text, kind, "\n".join([reason, *planning.warnings]), "images", "image-square")
    registration = _registration_chip(session)
    if registration is not None:
        chips["registration"] = registration
    targets = _targets_chip(session)
    if targets is not None:
        chips["targets"] = targets
    return chips


def _registration_chip(session: Session) -> ChipText | None:
    planning = session.case.planning
    others = [v for key, v in session.case.images.items() if key != session.case.planning_key]
    if planning is None or not others:
        return None
    moving = session.overlay or others[0]
    kind, sentence = state_of(session, planning, moving)
    words = {"good": "fused", "caution": "fused, unchecked", "danger": "not registered"}
    if session.overlay is None:
        words = {**words, "good": "registered", "caution": "registered, unchecked"}
    word = words[kind]
    return ChipText(f"{moving.modality or 'image'} {word}", kind, f"{name_of_image(moving)}: {sentence}", "fuse")


def _targets_chip(session: Session) -> ChipText | None:
    targets = [s for s in session.case.structures.values() if s.recipe is not None]
    if not targets:
        return None
    stale = [s.name for s in targets if s.state is State.STALE]
    overridden = [s.name for s in targets if s.state is State.OVERRIDDEN]
    if stale:
        return ChipText("targets stale", "danger", f"Not up to date: {', '.join(stale)}", "targets")
    if overridden:
        return ChipText("targets overridden", "caution", f"Edited by hand: {', '.join(overridden)}", "targets")
    return ChipText("targets current", "good", "Every derived structure follows its recipe", "targets")
