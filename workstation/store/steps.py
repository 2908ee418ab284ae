"""Steps of the history that lie in the case file and are read when they are undone or redone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from workstation.case.changes import Change
from workstation.case.contents import Contents
from workstation.case.errors import CaseError
from workstation.case.history import DoneStep, Step
from workstation.store.errors import StoreError
from workstation.store.packing import pack, unpack
from workstation.store.records import MALFORMED, Decoder, Encoder, Images

_BYTES_IN_MEMORY = 300


@dataclass(frozen=True, eq=False)
class StoredStep:
    """A step known by its line in the journal. read: gives the changes of a line, or raises StoreError."""

    sequence: int
    label: str
    read: Callable[[int], tuple[Change, ...]]

    @property
    def bytes_used(self) -> int:
        """Hardly any: the contours stay in the file."""
        return _BYTES_IN_MEMORY

    def changes(self) -> tuple[Change, ...]:
        """Read from the file; raises CaseError when they can't be had."""
        try:
            return self.read(self.sequence)
        except (StoreError, CaseError) as error:
            raise CaseError(f"{self.label} can't be undone or redone any more: {error}") from error


def pack_step(step: Step) -> bytes:
    """The body of a step's line in the journal."""
    encoder = Encoder()
    kind = step.kind if isinstance(step, DoneStep) else ""
    record = {"kind": kind, "changes": [encoder.change(change) for change in step.changes()]}
    return pack(record, encoder.arrays)


def unpack_changes(body: bytes, images: Images) -> tuple[Change, ...]:
    """The changes in a body; raises StoreError when it is malformed, CaseError when an image is not to be had."""
    record, arrays = unpack(body)
    decoder = Decoder(arrays, images)
    try:
        return tuple(decoder.change(change) for change in record["changes"])
    except CaseError:
        raise
    except MALFORMED as error:
        raise StoreError(f"it is malformed ({error!r})") from error


def pack_contents(contents: Contents, missing_images: Iterable[str] = ()) -> bytes:
    """The body of a snapshot. missing_images: keys that belong to the case but could not be loaded this time."""
    encoder = Encoder()
    record = encoder.contents(contents)
    record["images"] = list(dict.fromkeys([*record["images"], *missing_images]))
    return pack(record, encoder.arrays)
