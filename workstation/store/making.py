"""Complete case files: written beside the place where they belong, and put there when they are whole."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

from workstation.case.case import Case
from workstation.case.changes import EntryReplaced
from workstation.images.volume import Volume
from workstation.store import journal
from workstation.store.image_reference import reference_to
from workstation.store.lock import FileLock
from workstation.store.schema import connect
from workstation.store.steps import pack_contents, pack_step


def remove_database(path: Path) -> None:
    """Remove a database file with its log."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def write_all(path: Path, case: Case, label: str) -> int:
    """A new database with the whole history, and a snapshot of what it comes to; the last line's number.

    Lines 1 … n are the steps that can be undone, then those that can be redone in the order of redoing, then as many
    "undo" lines.
    """
    done, undone = case.steps
    connection = connect(path, create=True)
    try:
        images = {image.key: image for image in case.images.values()}
        entries = []
        for sequence, step in enumerate((*done, *reversed(undone)), start=1):
            for change in step.changes():
                if isinstance(change, EntryReplaced) and isinstance(change.after, Volume):
                    images[change.key] = change.after
            entries.append(journal.Entry(sequence, "do", step.label, pack_step(step)))
        references = [reference_to(image) for image in images.values()]
        entries += [journal.Entry(len(entries) + 1 + n, "undo", step.label) for n, step in enumerate(reversed(undone))]
        journal.append(connection, entries, references)
        contents = pack_contents(case.contents)
        journal.put_snapshot(connection, len(entries), contents)
        journal.put_values(connection, "meta", {"label": label})
        journal.put_values(connection, "view_state", {key: json.dumps(value) for key, value in case.view_state.items()})
        journal.checkpoint(connection, "TRUNCATE")
    finally:
        connection.close()
    return len(entries)


def back_up(connection: sqlite3.Connection, target_path: Path, label: str) -> None:
    """A complete copy of a live database, by SQLite itself: copying the file could tear it."""
    target = sqlite3.connect(target_path)
    try:
        connection.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
        if label:
            target.execute("INSERT OR REPLACE INTO meta VALUES ('label', ?)", (label,))
            target.commit()
    finally:
        target.close()


def put_in_place(fresh: Path, path: Path) -> None:
    """Make a complete new database the one at `path`, for good before anything else happens."""
    with fresh.open("rb+") as file:
        os.fsync(file.fileno())
    for suffix in ("-wal", "-shm"):  # the log of a database that is replaced must not be applied to the new one
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    os.replace(fresh, path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def discard_unfinished(fresh: Path, lock: FileLock) -> None:
    remove_database(fresh)
    lock.release()
