"""DICOM objects on their way to disk: whole or not at all, with a sentence when it is not."""

from __future__ import annotations

from pathlib import Path

from workstation.dicom.errors import DicomError
from workstation.images.whole_file import reason, replacing


def write_whole(path: str | Path, data: bytes) -> None:
    """Write `data` beside `path`, force it to disk, and put it in its place in one step.

    Raises DicomError with a sentence when that fails; a file that was there before is then unchanged.
    """
    try:
        with replacing(path) as part:
            part.write_bytes(data)
    except OSError as error:
        raise DicomError(f"{path} was not written: {reason(error)}; what was there before is unchanged") from error
