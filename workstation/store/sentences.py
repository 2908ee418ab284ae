"""What people are told about a case file: what went wrong, and what to do."""

from __future__ import annotations

import errno
from pathlib import Path

from workstation.store.errors import StoreError
from workstation.store.image_reference import StoredImage

_NO_ROOM = (errno.EFBIG, errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def writing_sentence(path: Path, error: BaseException) -> str:
    """What went wrong with writing, and what to do."""
    if isinstance(error, StoreError):
        return str(error)
    text = str(error)
    full = "disk is full" in text or getattr(error, "errno", None) in _NO_ROOM
    if full or "disk I/O error" in text:
        reason = "the disk is full" if full else "the disk reports an error"
        return (
            f"{path.name} can't be written: {reason}. Nothing saved before is lost; what was done since is kept and "
            "written as soon as there is room, or save the case to another place"
        )
    return f"{path.name} can't be written: {text}"


def missing_sentence(image: StoredImage) -> str:
    what = f"{image.modality} {image.description}".strip() or "An image"
    where = f" (it was in {Path(image.files[0]).parent})" if image.files else ""
    return f"{what} was not found{where}: the case opens without it; put its files back and open the case again"


def changed_sentence(image: StoredImage) -> str:
    what = f"{image.modality} {image.description}".strip() or "An image"
    return f"{what} is not the same as when the case was saved: check that contours still fit"
