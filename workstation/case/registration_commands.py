"""Commands on registrations and on the landmarks that they are made and judged by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from workstation.case.changes import Change, EntryReplaced
from workstation.case.contents import Contents
from workstation.case.errors import CaseError
from workstation.fusion.landmarks import LandmarkPair
from workstation.fusion.registration import Registration
from workstation.geometry.transform import Transform
from workstation.images.own_frame import is_separated_frame, separated_frame_uid

AS_PLACED = "as the scanner placed them"


@dataclass(frozen=True)
class AcceptRegistration:
    """A person takes responsibility for a registration: what hangs on it is not provisional any more.

    name: who. at: when, ISO 8601; by default now, with the time zone.
    """

    identifier: str
    name: str
    at: str = ""

    def label(self, contents: Contents) -> str:
        return "Accept registration"

    def changes(self, contents: Contents) -> list[Change]:
        found = _registration(contents, self.identifier)
        if not self.name.strip():
            raise CaseError("A registration is accepted by a person: say who")
        moment = self.at or datetime.now().astimezone().isoformat(timespec="seconds")
        accepted = replace(found, accepted_by=self.name.strip(), accepted_at=moment)
        return [EntryReplaced("registrations", self.identifier, found, accepted)]


@dataclass(frozen=True)
class WithdrawAcceptance:
    """A registration is provisional again."""

    identifier: str

    def label(self, contents: Contents) -> str:
        return "Withdraw acceptance"

    def changes(self, contents: Contents) -> list[Change]:
        found = _registration(contents, self.identifier)
        if found.provisional:
            return []
        return [
            EntryReplaced("registrations", self.identifier, found, replace(found, accepted_by="", accepted_at=""))
        ]


@dataclass(frozen=True)
class UseRegistration:
    """Of several registrations between two frames of reference the last of the list counts: move one there."""

    identifier: str

    def label(self, contents: Contents) -> str:
        return "Use another registration"

    def changes(self, contents: Contents) -> list[Change]:
        found = _registration(contents, self.identifier)
        keys = list(contents.registrations)
        if keys[-1] == self.identifier:
            return []
        position = keys.index(self.identifier)
        return [
            EntryReplaced("registrations", self.identifier, found, None, position),
            EntryReplaced("registrations", self.identifier, None, found, len(keys) - 1),
        ]


@dataclass(frozen=True, eq=False)
class SeparateImage:
    """Take an image out of the frame of reference that it shares, so that it can be registered onto what shares it.

    It lies where the scanner placed it until another registration says otherwise. registration: the one that was found
    for it and counts from now on, from any frame to the shared one, or None.
    """

    key: str
    registration: Registration | None = None

    def label(self, contents: Contents) -> str:
        return "Give the image a frame of its own"

    def changes(self, contents: Contents) -> list[Change]:
        image = contents.images.get(self.key)
        if image is None:
            raise CaseError("That image is not part of this case any more")
        shared = image.frame_of_reference_uid
        if not shared:
            raise CaseError("The image names no frame of reference, so a registration can't refer to it")
        if is_separated_frame(shared):
            raise CaseError("The image has a frame of reference of its own already")
        own = separated_frame_uid(self.key, shared)
        placed = replace(image, frame_of_reference_uid=own)
        if self.registration is None:
            made = Registration(f"{own} as placed", shared, own, Transform.identity(), AS_PLACED)
        else:
            # A second way to the same frame would be shorter than the one through what it was registered onto.
            made = replace(self.registration, moving_frame_uid=own)
        return [
            EntryReplaced("images", self.key, image, placed),
            EntryReplaced("registrations", made.identifier, None, made),
        ]


@dataclass(frozen=True, eq=False)
class PutLandmark:
    """Add a pair of landmarks, or replace the one with the same identifier."""

    pair: LandmarkPair

    def label(self, contents: Contents) -> str:
        known = self.pair.identifier in contents.landmarks
        return f"Move landmark {self.pair.number}" if known else f"Add landmark {self.pair.number}"

    def changes(self, contents: Contents) -> list[Change]:
        key = self.pair.identifier
        return [EntryReplaced("landmarks", key, contents.landmarks.get(key), self.pair)]


@dataclass(frozen=True)
class RemoveLandmark:
    """Take a pair of landmarks out of the case."""

    identifier: str

    def label(self, contents: Contents) -> str:
        found = contents.landmarks.get(self.identifier)
        return f"Remove landmark {found.number}" if found else "Remove landmark"

    def changes(self, contents: Contents) -> list[Change]:
        found = contents.landmarks.get(self.identifier)
        if found is None:
            raise CaseError("That landmark is not part of this case any more")
        position = list(contents.landmarks).index(self.identifier)
        return [EntryReplaced("landmarks", self.identifier, found, None, position)]


def _registration(contents: Contents, identifier: str) -> Registration:
    found = contents.registrations.get(identifier)
    if found is None:
        raise CaseError("That registration is not part of this case any more")
    return found
