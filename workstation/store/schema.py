"""The tables of a case file, and the checks before a file is trusted to be one.

https://www.sqlite.org/security.html: a database file may carry triggers, views and defaults that run when it is read.
A case file has exactly the tables below and nothing else, or it is refused.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from workstation.store.errors import StoreError

APPLICATION_ID = 0x52545743  # "RTWC"
VERSION = 1

TABLES = {
    "meta": "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    "journal": (
        "CREATE TABLE journal (sequence INTEGER PRIMARY KEY, kind TEXT NOT NULL, label TEXT NOT NULL,"
        " written_at TEXT NOT NULL, digest BLOB NOT NULL, body BLOB NOT NULL) STRICT"
    ),
    "snapshot": "CREATE TABLE snapshot (sequence INTEGER PRIMARY KEY, digest BLOB NOT NULL, body BLOB NOT NULL) STRICT",
    "image": "CREATE TABLE image (key TEXT PRIMARY KEY, reference TEXT NOT NULL) STRICT",
    "view_state": "CREATE TABLE view_state (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
}

_HEADER = b"SQLite format 3\x00"


def connect(path: Path, create: bool = False) -> sqlite3.Connection:
    """The one connection to a case file, checked (or, with `create`, made); raises StoreError.

    It may be used by one thread at a time. It locks the database against every other connection, for SQLite up to
    3.51.2 can damage a WAL database that two connections write.
    """
    if not create:
        _refuse_other_files(path)
    try:
        mode = "rwc" if create else "rw"
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise StoreError(f"{path.name} can't be opened: {error}") from error
    try:
        _harden(connection)
        if create:
            _make_tables(connection)
        _check(connection, path)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA wal_autocheckpoint=0")
    except sqlite3.Error as error:
        connection.close()
        raise StoreError(f"{path.name} can't be {'made' if create else 'read'}: {error}") from error
    except StoreError:
        connection.close()
        raise
    return connection


def _refuse_other_files(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(len(_HEADER))
    except OSError as error:
        raise StoreError(f"{path.name} can't be opened: {error.strerror}") from error
    if start != _HEADER:
        raise StoreError(f"{path.name} is not a case file")


def _harden(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    connection.execute("PRAGMA mmap_size=0")
    connection.execute("PRAGMA locking_mode=EXCLUSIVE")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1 << 30)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)


def _make_tables(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement in TABLES.values():
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={VERSION}")
    connection.execute("COMMIT")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise StoreError(f"{path.name} is a database, but not a case file")
    if version > VERSION:
        raise StoreError(f"{path.name} was written by a newer version of this program: open it with that one")
    rows = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_autoindex_%'")
    found = {(kind, name): sql for kind, name, sql in rows}
    if found != {("table", name): sql for name, sql in TABLES.items()}:
        raise StoreError(f"{path.name} contains tables or code that no case file has: it is not opened")
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise StoreError(f"{path.name} is damaged ({verdict}): restore it from a backup")
