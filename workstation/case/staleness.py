"""How a derived structure that is not up to date says so, and why."""

from __future__ import annotations

from dataclasses import replace

from workstation.structures.structure import State, Structure

STALE_PREFIX = "Not up to date: "
"""How the warning of a stale structure begins; the reason follows."""


def made_stale(structure: Structure, reason: str) -> Structure:
    """The structure with its contours as they are, marked stale; the very same one when it was so already."""
    warnings = (*_others(structure), STALE_PREFIX + reason)
    if structure.state is State.STALE and structure.warnings == warnings:
        return structure
    return replace(structure, state=State.STALE, warnings=warnings)


def without_stale_reason(structure: Structure) -> Structure:
    """The structure with all warnings but that one."""
    return replace(structure, warnings=_others(structure))


def stale_reason(structure: Structure) -> str:
    """Why a stale structure is stale, "" for any other."""
    if structure.state is not State.STALE:
        return ""
    reasons = [text.removeprefix(STALE_PREFIX) for text in structure.warnings if text.startswith(STALE_PREFIX)]
    return reasons[-1] if reasons else "an input changed"


def _others(structure: Structure) -> tuple[str, ...]:
    return tuple(text for text in structure.warnings if not text.startswith(STALE_PREFIX))
