"""Every file below some paths, in the order of their names; symbolic links inside folders are not followed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from workstation.dicom.entry import Skipped
from workstation.dicom.errors import DicomError

MOST_FILES = 1_000_000


def walk_files(paths: Iterable[str | os.PathLike[str]], skipped: list[Skipped]) -> Iterator[str]:
    """Absolute paths of the files below `paths`, each once; what is not followed is added to `skipped`.

    Raises DicomError when a path does not exist. A path that was given may itself be a symbolic link.
    """
    seen: set[str] = set()
    for path in paths:
        given = Path(path).expanduser()
        if not given.exists():
            raise DicomError(f"{given} does not exist")
        if not given.is_dir() and not given.is_file():
            raise DicomError(f"{given} is neither a folder nor a file")
        for name in _files(str(given.resolve()), skipped):
            if name in seen:
                continue
            if len(seen) >= MOST_FILES:
                raise DicomError(f"{given} holds more than {MOST_FILES} files: open a smaller folder")
            seen.add(name)
            yield name


def _files(path: str, skipped: list[Skipped]) -> Iterator[str]:
    if not os.path.isdir(path):
        yield path
        return
    try:
        with os.scandir(path) as listing:
            entries = sorted(listing, key=lambda e: e.name)
    except OSError as error:
        skipped.append(Skipped(path, f"can't be listed: {error.strerror}"))
        return
    for entry in entries:
        if entry.is_symlink():
            skipped.append(Skipped(entry.path, "is a symbolic link, which is not followed"))
        elif entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path, skipped)
        elif entry.is_file(follow_symlinks=False):
            yield entry.path
        else:
            skipped.append(Skipped(entry.path, "is no regular file"))
