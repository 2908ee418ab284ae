"""How the contents and the history of a case are put together from its file: a snapshot and what followed it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from workstation.case.changes import Change, apply_all
from workstation.case.contents import Contents
from workstation.case.errors import CaseError
from workstation.images.volume import Volume
from workstation.store import journal
from workstation.store.errors import StoreError
from workstation.store.packing import unpack
from workstation.store.records import Decoder
from workstation.store.steps import StoredStep, unpack_changes

ReadStep = Callable[[int], tuple[Change, ...]]


@dataclass
class Read:
    """What was found. last: the last line of the journal. replayed: lines applied on top of the snapshot.
    damaged: whether a line could not be read, so that what came after it is not in the contents.
    """

    contents: Contents = field(default_factory=Contents)
    done: list[StoredStep] = field(default_factory=list)
    undone: list[StoredStep] = field(default_factory=list)
    last: int = 0
    replayed: int = 0
    damaged: bool = False
    warnings: list[str] = field(default_factory=list)


def image_keys(connection: sqlite3.Connection) -> list[str]:
    """Keys of the images that the case may need: those of the newest snapshot and all that came later."""
    known = list(journal.images(connection))
    try:
        sequence, body = next(iter(journal.snapshots(connection)), (0, b""))
        keys = [str(key) for key in unpack(body)[0]["images"]] if body else []
        for line in journal.lines(connection):
            if line.sequence > sequence and line.kind != "undo":
                keys += _images_in(connection, line, known)
    except (StoreError, KeyError):
        return known  # reading the case will say what is damaged
    return [key for key in dict.fromkeys(keys) if key in known]


def read_case(
    connection: sqlite3.Connection, images: Mapping[str, Volume], read: ReadStep, history_from: int
) -> Read:
    """The case as it was after the last line of the journal that can be read.

    images: those of the case that were found, by key. read: how steps fetch their changes later. history_from: lines
    up to this one belong to a part that was damaged once and are not offered for undo.
    """
    found = Read()
    start = _snapshot(connection, images, found)
    lines = journal.lines(connection)
    found.last = max(lines[-1].sequence if lines else 0, start)
    before = 0
    for index, line in enumerate(lines):
        missing, before = line.sequence != before + 1, line.sequence
        if line.sequence > start:
            try:
                if missing:
                    raise StoreError(f"step {line.sequence - 1} is missing")
                changes = _changes(connection, line, found, images)
            except (StoreError, CaseError) as error:
                found.warnings.append(f"The last {len(lines) - index} steps could not be read: {error}")
                found.done, found.undone, found.damaged = [], [], True
                return found
            found.contents = apply_all(changes, found.contents)
            found.replayed += 1
        elif missing and line.sequence > history_from:
            found.warnings.append("Steps are missing in the middle of the history: none of it can be undone")
            found.done, found.undone, found.damaged = [], [], True
            return found
        if line.sequence > history_from:
            _turn(found, line, read)
    return found


def _snapshot(connection: sqlite3.Connection, images: Mapping[str, Volume], found: Read) -> int:
    """Put the newest snapshot that can be read into `found`; its sequence number."""
    for sequence, body in journal.snapshots(connection):
        try:
            header, arrays = unpack(body)
            found.contents = Decoder(arrays, _absent).contents(header, images)
            return sequence
        except StoreError as error:
            found.warnings.append(str(error))
    return 0


def _changes(
    connection: sqlite3.Connection, line: journal.Line, found: Read, images: Mapping[str, Volume]
) -> tuple[Change, ...]:
    """What a line did to the contents."""

    def image(key: str) -> Volume | None:
        return images.get(key)  # None: the case opens without an image that is gone

    if line.kind == "do":
        step = line.sequence
    elif line.kind == "undo" and found.done:
        step = found.done[-1].sequence
    elif line.kind == "redo" and found.undone:
        step = found.undone[-1].sequence
    else:
        raise StoreError(f"line {line.sequence} of the journal ({line.kind}) makes no sense")
    changes = unpack_changes(journal.body_of(connection, step), image)  # type: ignore[arg-type]
    if line.kind == "undo":
        return tuple(change.inverse() for change in reversed(changes))
    return changes


def _turn(found: Read, line: journal.Line, read: ReadStep) -> None:
    """Move the two stacks of the history on by one line."""
    if line.kind == "do":
        found.done.append(StoredStep(line.sequence, line.label, read))
        found.undone.clear()
    elif line.kind == "undo" and found.done:
        found.undone.append(found.done.pop())
    elif line.kind == "redo" and found.undone:
        found.done.append(found.undone.pop())


def _images_in(connection: sqlite3.Connection, line: journal.Line, known: list[str]) -> list[str]:
    """Images that a line may have put into the case."""
    if line.kind == "redo":
        return known
    header, _ = unpack(journal.body_of(connection, line.sequence))
    changes = [change for change in header["changes"] if change.get("table") == "images"]
    return [str(change["key"]) for change in changes]


def _absent(key: str) -> Volume:
    raise CaseError("An image of the case is missing")
