"""A spatial relation between two frames of reference (DICOM PS3.3 C.20.2, C.20.3), and how it was obtained."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from workstation.geometry.deformation import SpatialMap, chained
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
    accepted_by, accepted_at: empty until a person has accepted it; the moment in ISO 8601 with its time zone.
    """

    identifier: str
    fixed_frame_uid: str
    moving_frame_uid: str
    fixed_to_moving: SpatialMap
    method: str
    quality: dict[str, Any] = field(default_factory=dict)
    accepted_by: str = ""
    accepted_at: str = ""

    @property
    def kind(self) -> str:
        """ "rigid", "affine" or "deformable"."""
        if not isinstance(self.fixed_to_moving, Transform):
            return "deformable"
        return "rigid" if self.fixed_to_moving.is_rigid() else "affine"

    @property
    def provisional(self) -> bool:
        """Whether nobody has accepted it yet: then all that hangs on it is provisional, too."""
        return not self.accepted_by


@dataclass(frozen=True, eq=False)
class Link:
    """One registration as it is used in a chain; backwards: from its moving frame to its fixed one."""

    registration: Registration
    backwards: bool = False

    @property
    def map(self) -> SpatialMap:
        """Takes points of where the link begins to where it ends."""
        whole = self.registration.fixed_to_moving
        return whole.inverse() if self.backwards else whole


def chain_between(registrations: Iterable[Registration], source_uid: str, target_uid: str) -> tuple[Link, ...] | None:
    """The registrations that lead from one frame of reference to another, as few as possible, in their order.

    Of several between the same two frames the last of the list counts: the newest. Empty where both are the same
    frame; None where nothing links them, and where one of them has no frame of reference at all: nobody knows where
    that lies.
    """
    if not source_uid or not target_uid:
        return None
    links: dict[str, list[tuple[str, Link]]] = {}
    for r in reversed(tuple(registrations)):
        links.setdefault(r.fixed_frame_uid, []).append((r.moving_frame_uid, Link(r)))
        links.setdefault(r.moving_frame_uid, []).append((r.fixed_frame_uid, Link(r, backwards=True)))
    reached: dict[str, tuple[Link, ...]] = {source_uid: ()}
    frontier = [source_uid]
    while frontier and target_uid not in reached:
        following = []
        for uid in frontier:
            for neighbour, link in links.get(uid, []):
                if neighbour not in reached:
                    reached[neighbour] = (*reached[uid], link)
                    following.append(neighbour)
        frontier = following
    return reached.get(target_uid)


def transform_between(registrations: Iterable[Registration], source_uid: str, target_uid: str) -> SpatialMap | None:
    """The map from points of one frame of reference to another's, composed of the registrations of `chain_between`.

    Nothing is resampled on the way. Identity where both are the same frame; None where nothing links them.
    """
    chain = chain_between(registrations, source_uid, target_uid)
    return None if chain is None else chained(link.map for link in chain)
