"""Cases that were never saved: journalled from the first command, offered again after a crash."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from workstation.case.case import Case
from workstation.store import journal
from workstation.store.case_file import SUFFIX, CaseFile, Deliver, run_at_once
from workstation.store.errors import StoreError
from workstation.store.folders import data_folder
from workstation.store.lock import FileLock, is_open_elsewhere
from workstation.store.making import remove_database
from workstation.store.schema import connect


@dataclass(frozen=True)
class Recoverable:
    """A case that a crash left behind. changed_at: ISO 8601 in UTC."""

    path: Path
    changed_at: str


def begin_recovery(case: Case, *, deliver: Deliver = run_at_once) -> CaseFile:
    """Journal a case that has no file yet; `CaseFile.save_as` gives it one and removes this one.

    Closing the case without saving: `close(discard=True)` after the person has said so, `close()` to be offered it
    the next time.
    """
    return CaseFile.create(recovery_folder() / f"{uuid.uuid4().hex}{SUFFIX}", case, named=False, deliver=deliver)


def recoverable_cases() -> list[Recoverable]:
    """What can be restored, the newest first; neither cases that a running program has
    open nor those in which nothing was done."""
    found = []
    for path in recovery_folder().glob(f"*{SUFFIX}"):
        if is_open_elsewhere(path) or _is_empty(path):
            continue
        changed = max(item.stat().st_mtime for item in (path, path.with_name(path.name + "-wal")) if item.exists())
        found.append(Recoverable(path, datetime.fromtimestamp(changed, UTC).isoformat(timespec="seconds")))
    return sorted(found, key=lambda item: item.changed_at, reverse=True)


def discard(path: Path) -> None:
    """Remove a recovery file, when the person has said so; raises StoreError for any other file."""
    if path.parent != recovery_folder() or path.suffix != SUFFIX:
        raise StoreError(f"{path.name} is not a recovery file")
    lock = FileLock(path)
    remove_database(path)
    lock.release()


def _is_empty(path: Path) -> bool:
    """Whether nothing was ever done in a case. One that can't be read is not empty: opening it says what is wrong."""
    try:
        connection = connect(path)
    except StoreError:
        return False
    try:
        return not journal.lines(connection)
    finally:
        connection.close()


def recovery_folder() -> Path:
    """Where recovery files lie."""
    folder = data_folder() / "recovery"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
