"""What is written into the tables of a case file and read from them: plain functions on its connection."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from workstation.store.errors import StoreError
from workstation.store.image_reference import StoredImage
from workstation.store.packing import digest

SNAPSHOTS_KEPT = 2


@dataclass(frozen=True)
class Entry:
    """One line of the journal. kind: "do", "undo" or "redo"; only "do" has a body."""

    sequence: int
    kind: str
    label: str
    body: bytes = b""


@dataclass(frozen=True)
class Line:
    """A line of the journal without its body."""

    sequence: int
    kind: str
    label: str


def append(connection: sqlite3.Connection, entries: Iterable[Entry], images: Iterable[StoredImage] = ()) -> None:
    """Write lines and the images they refer to, all or none."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for image in images:
            connection.execute("INSERT OR REPLACE INTO image VALUES (?, ?)", (image.key, image.to_json()))
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        for entry in entries:
            values = (entry.sequence, entry.kind, entry.label, now, digest(entry.body), entry.body)
            connection.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)", values)
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise


def put_snapshot(connection: sqlite3.Connection, sequence: int, body: bytes) -> None:
    """Keep the contents as they were after line `sequence`; of the older ones only the last stays."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?)", (sequence, digest(body), body))
        connection.execute(
            "DELETE FROM snapshot WHERE sequence NOT IN (SELECT sequence FROM snapshot ORDER BY sequence DESC LIMIT ?)",
            (SNAPSHOTS_KEPT,),
        )
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise


def put_values(connection: sqlite3.Connection, table: str, values: dict[str, str]) -> None:
    """Set entries of "meta" or "view_state"."""
    statement = {
        "meta": "INSERT OR REPLACE INTO meta VALUES (?, ?)",
        "view_state": "INSERT OR REPLACE INTO view_state VALUES (?, ?)",
    }[table]
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.executemany(statement, values.items())
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise


def roll_back(connection: sqlite3.Connection) -> None:
    """End a failed transaction (SQLite has ended it by itself after some errors)."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def checkpoint(connection: sqlite3.Connection, mode: str = "PASSIVE") -> int:
    """Move what the write-ahead log holds into the database; pages left in the log."""
    statement = {"PASSIVE": "PRAGMA wal_checkpoint(PASSIVE)", "TRUNCATE": "PRAGMA wal_checkpoint(TRUNCATE)"}[mode]
    _, logged, moved = connection.execute(statement).fetchone()
    return int(logged) - int(moved)


def lines(connection: sqlite3.Connection) -> list[Line]:
    """The whole journal without bodies, in order."""
    rows = connection.execute("SELECT sequence, kind, label FROM journal ORDER BY sequence")
    return [Line(int(sequence), str(kind), str(label)) for sequence, kind, label in rows]


def body_of(connection: sqlite3.Connection, sequence: int) -> bytes:
    """The body of a line; raises StoreError when it isn't what was written."""
    row = connection.execute("SELECT digest, body FROM journal WHERE sequence = ?", (sequence,)).fetchone()
    if row is None or digest(row[1]) != row[0]:
        raise StoreError(f"Step {sequence} of the case file is damaged")
    return bytes(row[1])


def snapshots(connection: sqlite3.Connection) -> list[tuple[int, bytes]]:
    """Snapshots whose digest is right, the newest first."""
    rows = connection.execute("SELECT sequence, digest, body FROM snapshot ORDER BY sequence DESC")
    return [(int(sequence), bytes(body)) for sequence, expected, body in rows if digest(body) == expected]


def images(connection: sqlite3.Connection) -> dict[str, StoredImage]:
    """Every image that the case has ever had, by key."""
    rows = connection.execute("SELECT reference FROM image")
    return {image.key: image for image in (StoredImage.from_json(text) for (text,) in rows)}


def values(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    """All entries of "meta" or "view_state"."""
    statement = {"meta": "SELECT key, value FROM meta", "view_state": "SELECT key, value FROM view_state"}[table]
    return {str(key): str(value) for key, value in connection.execute(statement)}


def json_values(connection: sqlite3.Connection, table: str) -> dict[str, Any]:
    """All entries as JSON values; those that can't be read are left out of the window's state, nothing else."""
    found = {}
    for key, text in values(connection, table).items():
        try:
            found[key] = json.loads(text)
        except ValueError:
            found[key] = None
    return found
