"""What lies in folders, files and archives: series, structure sets and registrations, found by their headers.

Names and extensions of files mean nothing here. Everything that is left out is listed with the reason.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from workstation.dicom.enhanced import ENHANCED_CLASSES, enhanced_frames
from workstation.dicom.entry import RegistrationEntry, SeriesEntry, Skipped, StructureSetEntry, series_entry
from workstation.dicom.errors import DicomError
from workstation.dicom.frame import Frame, classic_frame
from workstation.dicom.header import Header, read_header
from workstation.dicom.lattice import arrange
from workstation.dicom.objects import class_name, registration_entry, structure_set_entry
from workstation.dicom.source import Archive, Source
from workstation.dicom.split import Part, split_series
from workstation.dicom.tags import Tag
from workstation.dicom.walk import walk_files
from workstation.images.errors import ImageError
from workstation.images.file_kind import image_file_kind
from workstation.jobs.progress import Progress, silent

__all__ = ["Index", "RegistrationEntry", "SeriesEntry", "Skipped", "StructureSetEntry", "index_paths"]

STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
REGISTRATIONS = ("1.2.840.10008.5.1.4.1.1.66.1", "1.2.840.10008.5.1.4.1.1.66.3")
DIRECTORY = "1.2.840.10008.1.3.10"
PROBED_FILES = 16
SLOW_FILE_S = 0.001
READING_THREADS = 8


@dataclass(slots=True)
class Index:
    """What was found.

    series: one entry for each volume (a series that was split has several). skipped: what was left out, and why.
    """

    series: list[SeriesEntry] = field(default_factory=list)
    structure_sets: list[StructureSetEntry] = field(default_factory=list)
    registrations: list[RegistrationEntry] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def find(self, key: str) -> SeriesEntry | None:
        """The entry with a key, or None."""
        return next((entry for entry in self.series if entry.key == key), None)

    def frame_of_image(self, sop_instance_uid: str) -> str:
        """The frame of reference that an image lies in, "" where it is not among what was found."""
        for entry in self.series:
            if any(frame.instance_uid == sop_instance_uid for frame in entry.frames):
                return entry.frame_of_reference_uid
        return ""


def index_paths(paths: Iterable[str | os.PathLike[str]], progress: Progress = silent) -> Index:
    """Read the headers of everything below `paths`: folders (all levels), files, and zip archives.

    Raises DicomError when a given path does not exist. Symbolic links inside folders are listed, not followed.
    """
    index = Index()
    found = _Found(index)
    sources = [Source(path) for path in walk_files(paths, index.skipped)]
    for number, read in enumerate(_headers(sources)):
        if number % 32 == 0:
            progress(0.95 * number / len(sources), f"Reading headers: {number} of {len(sources)} files")
        found.sort(read)
    progress(0.95, "Sorting the slices into volumes")
    for frames in found.frames.values():
        _add_series(frames, index)
    progress(1.0, f"{len(index.series)} series found")
    return index


@dataclass(slots=True)
class _Read:
    """What reading the beginning of one source gave: a header, or the reason why there is none."""

    source: Source
    start: bytes = b""
    header: Header | None = None
    reason: str = ""


def _read(source: Source) -> _Read:
    result = _Read(source)
    try:
        with source.opened() as opened:
            if not opened.size:
                raise DicomError("is empty")
            result.start = opened.read(0, 512)
            result.header = read_header(opened)
    except DicomError as error:
        result.reason = str(error)
    return result


def _headers(sources: list[Source]) -> Iterator[_Read]:
    """The beginnings of all sources, in order; by several threads where a file takes long (network drives)."""
    start = time.perf_counter()
    for source in sources[:PROBED_FILES]:
        yield _read(source)
    seconds = time.perf_counter() - start
    rest = sources[PROBED_FILES:]
    if not rest or seconds < SLOW_FILE_S * PROBED_FILES:
        yield from map(_read, rest)
        return
    with ThreadPoolExecutor(READING_THREADS) as pool:
        for first in range(0, len(rest), 256):
            yield from pool.map(_read, rest[first : first + 256])


class _Found:
    """Sorts one object after the other into the index."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.frames: dict[str, list[Frame]] = defaultdict(list)
        self.instances: dict[tuple[str, bytes, bytes], str] = {}

    def sort(self, read: _Read) -> None:
        """Sort one source; why it is left out is noted."""
        try:
            self._sort(read)
        except DicomError as error:
            self.index.skipped.append(Skipped(read.source.name, str(error)))

    def _sort(self, read: _Read) -> None:
        prefixed = read.start[128:132] == b"DICM"
        if read.start[:4] == b"PK\3\4" and not prefixed:
            self._add_archive(read.source)
        elif read.header is not None:
            self._add_object(read.source, read.header)
        elif prefixed or not self._add_image_file(read.source, read.start):
            raise DicomError(read.reason)

    def _add_archive(self, source: Source) -> None:
        if source.archive is not None:
            raise DicomError("is an archive inside an archive, which is not opened")
        archive = Archive(source.path)
        for number, info in enumerate(archive.members):
            if info.is_dir():
                continue
            self.sort(_read(Source(source.path, archive, number)))

    def _add_image_file(self, source: Source, start: bytes) -> bool:
        """Whether it was a NIfTI, NRRD or MetaImage file."""
        kind = image_file_kind(start)
        if not kind:
            return False
        if source.archive is not None:
            raise DicomError(f"is a {kind} file inside an archive; unpack it first")
        from workstation.images.files import read_image_information  # SimpleITK takes a third of a second to import

        try:
            information = read_image_information(source.path)
        except ImageError as error:
            raise DicomError(str(error)) from error
        self.index.series.append(SeriesEntry.of_image_file(source.path, information))
        return True

    def _add_object(self, source: Source, header: Header) -> None:
        sop_class = header.text(Tag.SOP_CLASS_UID) or header.media_class_uid
        instance = header.text(Tag.SOP_INSTANCE_UID)
        if sop_class == DIRECTORY:
            raise DicomError("is a DICOMDIR, a list of other files, which are read themselves")
        identity = (instance, header.raw(Tag.IMAGE_POSITION), header.raw(Tag.INSTANCE_NUMBER))
        if instance and identity in self.instances:
            raise DicomError(f"is the same image or object as {self.instances[identity]}")
        if sop_class == STRUCTURE_SET:
            self.index.structure_sets.append(structure_set_entry(source, header))
        elif sop_class in REGISTRATIONS:
            self.index.registrations.append(registration_entry(source, header))
        else:
            frames = self._frames(source, header, sop_class)
            self.frames[header.text(Tag.SERIES_UID) or source.path].extend(frames)
        if instance:
            self.instances[identity] = source.name

    def _frames(self, source: Source, header: Header, sop_class: str) -> list[Frame]:
        if sop_class in NOT_IMAGES or "Image" not in class_name(sop_class):
            raise DicomError(f"is {NOT_IMAGES.get(sop_class) or class_name(sop_class)}, which is not read here")
        if header.pixel_offset < 0:
            raise DicomError("is an image without pixel data")
        if sop_class in ENHANCED_CLASSES:
            return enhanced_frames(source, header)
        return [classic_frame(source, header)]


NOT_IMAGES = {
    "1.2.840.10008.5.1.4.1.1.481.1": "an RT Image",
    "1.2.840.10008.5.1.4.1.1.481.2": "an RT Dose",
    "1.2.840.10008.5.1.4.1.1.481.4": "a record of treatment beams",
    "1.2.840.10008.5.1.4.1.1.481.5": "an RT Plan",
    "1.2.840.10008.5.1.4.1.1.481.8": "an RT Ion Plan",
    "1.2.840.10008.5.1.4.1.1.66": "raw data",
    "1.2.840.10008.5.1.4.1.1.66.4": "a segmentation",
    "1.2.840.10008.5.1.4.1.1.66.5": "a surface segmentation",
    "1.2.840.10008.5.1.4.1.1.11.1": "a presentation state",
    "1.2.840.10008.5.1.4.1.1.30": "a parametric map",
    "1.2.840.10008.5.1.4.1.1.88.11": "a structured report",
    "1.2.840.10008.5.1.4.1.1.88.22": "a structured report",
    "1.2.840.10008.5.1.4.1.1.88.33": "a structured report",
    "1.2.840.10008.5.1.4.1.1.88.59": "a key object selection",
    "1.2.840.10008.5.1.4.1.1.104.1": "a PDF document",
}


def _add_series(frames: list[Frame], index: Index) -> None:
    split = split_series(frames)
    index.skipped += [Skipped(f.source.name, reason) for f, reason in split.left_out]
    several = len(split.parts) > 1
    for number, part in enumerate(split.parts, start=1):
        try:
            index.series.append(_entry(part, f"#{number}" if several else ""))
        except DicomError as error:
            names = dict.fromkeys(f.source.name for f in part.frames)
            index.skipped += [Skipped(name, f"belongs to a series that {error}") for name in names]


def _entry(part: Part, suffix: str) -> SeriesEntry:
    first = part.frames[0]
    arrangement = arrange(
        np.array([f.position_mm for f in part.frames]), first.orientation, first.spacing_mm,
        (first.pixel.columns, first.pixel.rows), first.thickness_mm,
    )  # fmt: skip
    return series_entry(part, arrangement, suffix)
