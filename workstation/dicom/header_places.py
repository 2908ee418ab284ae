"""Where the header of each slice of an open image lies: a file, a frame of one, or a member of an archive."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass

from workstation.dicom.errors import DicomError
from workstation.dicom.index import index_paths
from workstation.dicom.source import Source
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, silent


@dataclass(frozen=True, slots=True)
class HeaderPlace:
    """One slice. frame_number: of a multi-frame file, from 1, else None. position_mm: along the grid's normal."""

    source: Source
    frame_number: int | None
    position_mm: float


def header_places(volume: Volume, progress: Progress = silent) -> tuple[HeaderPlace, ...]:
    """The places of all slices, in the order of `Volume.slices`. An archive is looked through anew.

    Raises DicomError, in one sentence, when there is none: the image was made by the program, is no DICOM image, or
    its files have gone.
    """
    if not volume.files:
        raise DicomError("This image was made by the program: there is no file with a header.")
    if len(volume.files) != len(volume.slices):
        raise DicomError("This image is no DICOM file: all that is known of it is listed here.")
    gone = [path for path in dict.fromkeys(volume.files) if not os.path.exists(path)]
    if gone:
        others = f" and {len(gone) - 1} more files" if len(gone) > 1 else ""
        raise DicomError(f"{gone[0]}{others} can't be found: moved, deleted or on a drive that is not connected.")
    archives = [path for path in dict.fromkeys(volume.files) if zipfile.is_zipfile(path)]
    members = _members(archives, progress) if archives else {}
    return tuple(
        HeaderPlace(_source(path, each.sop_instance_uid, members), each.frame_number, each.position_mm)
        for path, each in zip(volume.files, volume.slices, strict=True)
    )


def _members(archives: list[str], progress: Progress) -> dict[tuple[str, str], Source]:
    """Members of archives by path and SOP Instance UID."""
    found = index_paths(archives, progress).series
    return {(f.source.path, f.instance_uid): f.source for entry in found for f in entry.frames}


def _source(path: str, instance_uid: str, members: dict[tuple[str, str], Source]) -> Source:
    if not members or not any(path == archive for archive, _ in members):
        return Source(path)
    found = members.get((path, instance_uid))
    if found is None:
        raise DicomError(f"{path} does not hold this image any more.")
    return found
