"""Files that are either written whole or not at all: what lay there before is safe until the new one is on disk."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: str | os.PathLike[str], ending: str = "") -> Iterator[Path]:
    """An empty file beside `path` to write to (its name ends in `ending`), put in its place in one step afterwards.

    A symbolic link stays one: what it points to is replaced. When the block raises, or is interrupted, what was there
    before is unchanged and nothing is left behind. Raises OSError, also for a folder, device or pipe.
    """
    target = _target(path)
    part = target.with_name(f".{uuid.uuid4().hex}.part{ending}")
    try:
        with open(part, "xb"):
            pass  # says at once, and in the system's own words, whether anything can be written there
        yield part
        with open(part, "rb+") as stream:
            os.fsync(stream.fileno())
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(target.parent)


def _target(path: str | os.PathLike[str]) -> Path:
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder", os.fspath(path))
    if target.exists() and not target.is_file():
        # as root, putting a file in the place of /dev/null takes the device away from the whole system
        raise OSError(errno.EINVAL, "it is a device or pipe, not a file", os.fspath(path))
    return target


def _sync_folder(folder: Path) -> None:
    """Force the new name to disk where the system lets folders be opened (Windows does not)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def reason(error: OSError) -> str:
    """Why a file could not be written, in words."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "no permission to write there"
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return "its folder does not exist"
    return error.strerror or type(error).__name__
