"""Files that are either written whole or not at all: what lay there before is safe until the new one is on disk."""

from __future__ import annotations

import errno
import os
import uuid
from pathlib import Path

from workstation.dicom.errors import DicomError


def write_whole(path: str | Path, data: bytes) -> None:
    """Write `data` beside `path`, force it to disk, and put it in its place in one step.

    Raises DicomError with a sentence when that fails; a file that was there before is then unchanged.
    """
    target = Path(path)
    part = target.with_name(f".{target.name[:80]}.{uuid.uuid4().hex}.part")
    try:
        try:
            with open(part, "xb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)
        _sync_folder(target.parent)
    except OSError as error:
        raise DicomError(f"{target} was not written: {_reason(error)}; what was there before is unchanged") from error


def _sync_folder(folder: Path) -> None:
    """Force the new name to disk where the system lets folders be opened (Windows does not)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _reason(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "no permission to write there"
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return "its folder does not exist"
    return error.strerror or type(error).__name__
