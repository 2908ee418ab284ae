"""A spatial relation between two frames of reference (DICOM PS3.3 C.20.2), and how it was obtained."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from workstation.geometry.transform import Transform


class RegistrationError(ValueError):
    """Two images that can't be registered, or a relation that can't be used; the message says why."""


@dataclass(frozen=True, eq=False)
class Registration:
    """Takes points of the fixed frame of reference to the moving frame.

    fixed_to_moving: maps a patient point (mm) in the fixed image's frame to the same anatomy in the moving one:
        exactly what is needed to look up the moving image at a displayed point. (DICOM's REG stores, for the
        moving item, the matrix from moving INTO the registered frame: the inverse of this.)
    method: in words, such as "from DICOM file" or "rigid, Mattes mutual information".
    quality: figures with units in their names, for display and for the case file (JSON values only).
    accepted_by: empty until a person has accepted it.
    """

    identifier: str
    fixed_frame_uid: str
    moving_frame_uid: str
    fixed_to_moving: Transform
    method: str
    quality: dict[str, Any] = field(default_factory=dict)
    accepted_by: str = ""


def transform_between(registrations: Iterable[Registration], source_uid: str, target_uid: str) -> Transform | None:
    """The map from points of one frame of reference to another's, through as few registrations as possible.

    Identity where both are the same frame; None where no chain of registrations links them, and where one of them
    has no frame of reference at all: nobody knows where that lies.
    """
    if not source_uid or not target_uid:
        return None
    if source_uid == target_uid:
        return Transform.identity()
    links: dict[str, list[tuple[str, Transform]]] = {}
    for r in registrations:
        links.setdefault(r.fixed_frame_uid, []).append((r.moving_frame_uid, r.fixed_to_moving))
        links.setdefault(r.moving_frame_uid, []).append((r.fixed_frame_uid, r.fixed_to_moving.inverse()))
    reached = {source_uid: Transform.identity()}
    frontier = [source_uid]
    while frontier:
        following = []
        for uid in frontier:
            for neighbour, step in links.get(uid, []):
                if neighbour not in reached:
                    reached[neighbour] = step.after(reached[uid])
                    following.append(neighbour)
        frontier = following
    return reached.get(target_uid)
