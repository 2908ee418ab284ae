"""Reads folders, files and archives for the window: what to look at first, then everything else (in a job, Qt-free).

What is read is delivered piece by piece, so that the first slice is on screen long before the last file is known.
A file that can't be read is delivered as a refusal with its reason; all others go on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workstation.dicom.entry import SeriesEntry, StructureSetEntry
from workstation.dicom.errors import DicomError
from workstation.dicom.first_look import first_look
from workstation.dicom.index import Index, index_paths
from workstation.dicom.load import load_series
from workstation.dicom.registration import read_registrations
from workstation.dicom.structure_set import StructureSet
from workstation.dicom.structure_set_read import parse_structure_set, read_structure_set
from workstation.fusion.registration import Registration
from workstation.images.volume import Volume
from workstation.images.windows import automatic_window
from workstation.jobs.progress import Progress, part, silent

MOST_BYTES_LOADED = 3 * 1024**3
"""Series beyond this are listed and loaded when somebody asks for them."""

FEWEST_SLICES = 3
"""Series of fewer slices (localizers) are listed; they are loaded unasked only where there is nothing else."""

PEEK_CANDIDATES = 4


@dataclass(frozen=True, eq=False)
class Preview:
    """A first slice to look at: grey values uint8 [j, i], the size of a pixel (row, column) in mm, and what it is."""

    grey: np.ndarray[Any, np.dtype[np.uint8]]
    pixel_mm: tuple[float, float]
    words: str


@dataclass(frozen=True, eq=False)
class Found:
    """What the index says."""

    index: Index


@dataclass(frozen=True, eq=False)
class ImageRead:
    """A volume, complete."""

    volume: Volume


@dataclass(frozen=True, eq=False)
class StructureSetRead:
    """A structure set, its rings in the frame of the image that it was drawn on where that is open.

    path: the file, or the archive that holds it.
    """

    structure_set: StructureSet
    path: str


@dataclass(frozen=True, eq=False)
class RegistrationsRead:
    """Relations of a registration file."""

    registrations: tuple[Registration, ...]


@dataclass(frozen=True)
class Refused:
    """Something that could not be read, and why."""

    reason: str


Piece = Preview | Found | ImageRead | StructureSetRead | RegistrationsRead | Refused
Deliver = Callable[[Piece], None]


def read_paths(
    paths: Sequence[str],
    known: dict[str, Volume],
    before: Callable[[Progress], None] | None = None,
    rest: Callable[[], None] | None = None,
    progress: Progress = silent,
    deliver: Deliver = lambda piece: None,
) -> Index:
    """Read everything below `paths`, delivering pieces on the way; returns the index.

    known: images that are open already, by key: they are not read again. before: called ahead of the first image.
    rest: called after the first image; waits until it is shown, so that reading on does not slow that down.
    """
    progress(0.0, "Looking for images")
    if not known:
        _peek(paths, deliver)
    index = index_paths(paths, part(progress, 0.0, 0.3))
    deliver(Found(index))
    if before is not None:
        before(progress)
    images = dict(known)
    wanted = [entry for entry in to_load(index.series) if entry.key not in images]
    steps = max(1, len(wanted))
    for number, entry in enumerate(wanted):
        share = part(progress, 0.3 + 0.65 * number / steps, 0.3 + 0.65 * (number + 1) / steps)
        volume = _read_image(entry, share, deliver, peek=not images)
        if volume is not None:
            images[entry.key] = volume
        if number == 0:
            if rest is not None:
                rest()
            _read_others(index, images, deliver, progress)
    if not wanted:
        _read_others(index, images, deliver, progress)
    progress(1.0, f"{len(wanted)} images read")
    return index


def read_entry(entry: SeriesEntry, progress: Progress = silent, deliver: Deliver = lambda piece: None) -> None:
    """Read one series that was found before."""
    _read_image(entry, progress, deliver, peek=False)


def to_load(series: Sequence[SeriesEntry]) -> list[SeriesEntry]:
    """The series to load unasked, in order: the largest CT first, then MR, then others, by their series numbers."""
    stacks = [entry for entry in series if entry.slices >= FEWEST_SLICES] or list(series)
    first = max(stacks, key=lambda e: (e.modality == "CT", _voxels(e)), default=None)
    ordered = sorted(stacks, key=lambda e: (e is not first, e.modality != "MR", _series_number(e)))
    chosen, bytes_used = [], 0
    for entry in ordered:
        bytes_used += 2 * _voxels(entry)
        if not chosen or bytes_used <= MOST_BYTES_LOADED:
            chosen.append(entry)
    return chosen


def _series_number(entry: SeriesEntry) -> int:
    number = entry.acquisition.get("SeriesNumber", "")
    return int(number) if number.isdigit() else 0


def _voxels(entry: SeriesEntry) -> int:
    return int(np.prod(np.array(entry.size, dtype=np.int64)))


def _read_image(entry: SeriesEntry, progress: Progress, deliver: Deliver, peek: bool) -> Volume | None:
    name = f"{entry.modality} {entry.description}".strip() or "image"

    def first(_k: int, values: np.ndarray[Any, Any]) -> None:
        deliver(_preview(values, (entry.spacing_mm[1], entry.spacing_mm[0]), entry.modality, f"Reading {name}"))

    def worded(fraction: float, sentence: str) -> None:
        progress(fraction, f"{name}: {sentence[:1].lower()}{sentence[1:]}")

    try:
        volume = load_series(entry, worded, on_first=first if peek else None)
    except DicomError as error:
        deliver(Refused(f"{name} can't be opened: {error}"))
        return None
    except MemoryError:
        deliver(Refused(f"{name} can't be opened: there is not enough memory for it"))
        return None
    deliver(ImageRead(volume))
    return volume


def _read_others(index: Index, images: dict[str, Volume], deliver: Deliver, progress: Progress) -> None:
    """Registrations and structure sets, as soon as there is an image to show them on."""
    for entry in index.registrations:
        progress(0.95, "Reading registrations")
        try:
            found = read_registrations(entry.source or entry.path, frame_of_image=index.frame_of_image)
            deliver(RegistrationsRead(tuple(found)))
        except DicomError as error:
            deliver(Refused(f"The registration {Path(entry.path).name} can't be used: {error}"))
    for structures in index.structure_sets:
        progress(0.95, f"Reading structures: {structures.label or Path(structures.path).name}")
        try:
            deliver(StructureSetRead(read_structures(structures, images), structures.path))
        except DicomError as error:
            deliver(Refused(f"The structure set {Path(structures.path).name} can't be used: {error}"))


def read_structures(entry: StructureSetEntry, images: Mapping[str, Volume]) -> StructureSet:
    """A structure set on the image that it was drawn on, if that is among `images`; raises DicomError.

    The extent of every ring is computed, too, which they keep: here nobody waits for it.
    """
    image = _drawn_on(entry.referenced_series_uids, entry.referenced_frame_uids, images)
    if entry.source is not None and entry.source.archive is not None:
        structure_set = parse_structure_set(entry.source.read_all(), entry.source.name, image)
    else:
        structure_set = read_structure_set(entry.path, image)
    for structure in structure_set.structures:
        structure.stack.bounds_mm()
    return structure_set


def _drawn_on(series_uids: Sequence[str], frame_uids: Sequence[str], images: Mapping[str, Volume]) -> Volume | None:
    """The open image that a structure set was drawn on: by series, else by frame of reference."""
    for volume in images.values():
        if volume.series_uid and volume.series_uid in series_uids:
            return volume
    for volume in images.values():
        if volume.frame_of_reference_uid and volume.frame_of_reference_uid in frame_uids:
            return volume
    return None


# ---------------------------------------------------------------------------------------------- the first look


def _peek(paths: Sequence[str], deliver: Deliver) -> None:
    """Show one slice from the middle of the fullest folder before every header has been read."""
    volume = first_look(_middle_files(paths))
    if volume is not None:
        k = volume.voxels.shape[0] // 2
        spacing = (float(volume.grid.spacing_mm[1]), float(volume.grid.spacing_mm[0]))
        words = f"First look: {volume.modality} {volume.description}".strip()
        deliver(_preview(volume.voxels[k], spacing, volume.modality, words, volume))


def _middle_files(paths: Sequence[str]) -> list[str]:
    """A few files from the middle of the folder that holds most; none where a single file or archive is opened."""
    fullest: list[str] = []
    for path in paths:
        if not os.path.isdir(path):
            continue
        for folder, _, names in os.walk(path):
            if len(names) > len(fullest):
                fullest = [os.path.join(folder, name) for name in sorted(names)]
    if len(fullest) < 2 * PEEK_CANDIDATES:
        return []
    middle = len(fullest) // 2
    step = max(1, len(fullest) // 8)
    return [fullest[(middle + n * step) % len(fullest)] for n in range(PEEK_CANDIDATES)]


def _preview(
    values: np.ndarray[Any, Any], pixel_mm: tuple[float, float], modality: str, words: str, volume: Volume | None = None
) -> Preview:
    if volume is not None:
        window = automatic_window(volume)
        low, high = window.low, window.high
    elif modality == "CT":
        low, high = -160.0, 240.0
    else:
        low, high = (float(v) for v in np.percentile(values, (1, 99)))
    scaled = (values.astype(np.float32) - low) * (255.0 / max(high - low, 1e-6))
    return Preview(np.clip(scaled, 0, 255).astype(np.uint8), pixel_mm, words)
