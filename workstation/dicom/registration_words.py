"""The state of a registration in the 64 characters that DICOM has for a comment, and read out of them again.

DICOM knows no approval of a registration. Ours say in Frame of Reference Transformation Comment (3006,00C8) whether
and when a person accepted them, and in Content Creator's Name (0070,0084) who. What another system says there is
shown and never taken for an acceptance.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from workstation.fusion.registration import Registration

MAKER = "rt-workstation"
LONGEST = 64
FIXED_SIDE = "fixed image: the others are brought into this frame"
"""What ours say on the fixed side, for people who read the object itself."""

_ACCEPTED = re.compile(r"accepted(?: (\d{4}-\d\d-\d\dT[0-9:.+-]+))?")


def state_in_words(registration: Registration) -> str:
    """ "accepted 2026-11-25T10:00:00+00:00", else "not accepted: provisional" with verdict and error."""
    if registration.accepted_by:
        return f"accepted {registration.accepted_at}".strip()[:LONGEST]
    return "; ".join(("not accepted: provisional", *_figures(registration.quality)))[:LONGEST]


def _figures(quality: dict[str, Any]) -> list[str]:
    """The verdict and the target registration error, as far as they are known."""
    figures = [str(quality["verdict"])] if quality.get("verdict") else []
    landmarks = quality.get("landmarks")
    error = landmarks.get("tre_mm") if isinstance(landmarks, dict) else None
    if isinstance(error, dict) and isinstance(error.get("mean"), int | float):
        figures.append(f"TRE {error['mean']:.2f} mm")
    return figures


def acceptance(dataset: Any, comments: list[str]) -> tuple[str, str]:
    """Who accepted a registration of ours, and when (ISO 8601); ("", "") for one that is not, or of others."""
    if str(dataset.get("Manufacturer", "")) != MAKER:
        return "", ""
    name = str(dataset.get("ContentCreatorName") or "").strip()
    for comment in comments:
        found = _ACCEPTED.fullmatch(comment)
        if found and name and _is_moment(found[1]):
            return name, found[1] or ""
    return "", ""


def _is_moment(text: str | None) -> bool:
    if text is None:
        return True
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
