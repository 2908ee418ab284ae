"""Who has a case file open: a lock that the operating system drops when its holder dies.

The lock lies in a file of its own beside the case. As long as the holder runs, nobody else gets it; the file that a
crashed program leaves behind is not locked any more and is taken over.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path

from workstation.store.errors import StoreError

_LOCKED_BYTE = 1 << 30
"""Windows locks bytes against reading too; this one lies far behind the text that tells who holds the lock."""


class FileLock:
    """The lock of one case file, held from `FileLock(path)` to `release`.

    after_crash: whether the last holder ended without releasing it.
    """

    def __init__(self, path: Path) -> None:
        """Take the lock; raises StoreError, naming the holder, when the file is open elsewhere."""
        self._path = lock_path(path)
        while True:
            self._descriptor = _opened(self._path)
            if not _try_lock(self._descriptor):
                holder = _holder(self._path)
                os.close(self._descriptor)
                raise StoreError(f"{path.name} is open elsewhere ({holder}): close it there first")
            if _is_same_file(self._descriptor, self._path):  # else its last holder has just removed it
                break
            os.close(self._descriptor)
        self.after_crash = os.fstat(self._descriptor).st_size > 0
        text = json.dumps({"process": os.getpid(), "computer": platform.node()}).encode()
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, text)

    def release(self) -> None:
        """Give it back. Safe to call twice."""
        if self._descriptor < 0:
            return
        if sys.platform == "win32":  # an open file can't be removed there
            os.close(self._descriptor)
            self._path.unlink(missing_ok=True)
        else:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
        self._descriptor = -1


def lock_path(path: Path) -> Path:
    """Where the lock of a case file lies."""
    return path.with_name(path.name + ".lock")


def is_open_elsewhere(path: Path) -> bool:
    """Whether a running program has the case file open."""
    if not lock_path(path).exists():
        return False
    try:
        descriptor = os.open(lock_path(path), os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        return not _try_lock(descriptor)
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(f"Nothing can be written into {path.parent}: {error.strerror}") from error


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            os.lseek(descriptor, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _holder(path: Path) -> str:
    try:
        record = json.loads(path.read_text())
        return f"process {int(record['process'])} on {record['computer']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another program"
