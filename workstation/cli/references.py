"""Finds, for a structure set, the images it was drawn on; finds a structure by the name that was typed."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.cli.output import UsageError, note
from workstation.jobs.progress import Progress, silent

if TYPE_CHECKING:
    from workstation.dicom.index import SeriesEntry
    from workstation.dicom.structure_set import StructureSet
    from workstation.images.volume import Volume
    from workstation.structures.structure import Structure


def existing_path(text: str) -> Path:
    """The path, or a UsageError that names it."""
    path = Path(text)
    if not text:
        raise UsageError("an empty path was given; the name of a file or folder is needed")
    if not path.exists():
        raise UsageError(f"{text}: there is no such file or folder")
    return path


def file_to_write(text: str) -> Path:
    """The path, or a UsageError where it can't be a file, before any work is done for it."""
    path = Path(text)
    if not text or path.is_dir():
        raise UsageError(f"{text or '--out'}: the name of a file to write is needed, not a folder")
    if not path.parent.is_dir():
        raise UsageError(f"{text}: its folder does not exist; make it first")
    return path


def find_structure(structures: Iterable[Structure], name: str) -> Structure:
    """The one structure with this name (exactly, else ignoring case); UsageError lists what there is."""
    known = list(structures)
    for match in ([s for s in known if s.name == name], [s for s in known if s.name.lower() == name.lower()]):
        if len(match) == 1:
            return match[0]
        if match:
            raise UsageError(f"there are {len(match)} structures called {name!r}; rename one of them first")
    names = ", ".join(s.name for s in known) or "none"
    raise UsageError(f"there is no structure called {name!r}; the file holds: {names}")


def load_image_for(folder: str, structure_set: StructureSet | None = None, progress: Progress = silent) -> Volume:
    """The image series in `folder` that a structure set refers to, loaded.

    Chosen by referenced series UID, else by frame of reference; a single series is taken as it is.
    """
    from workstation.dicom.load import load_series

    return load_series(choose_series(series_in(folder, progress), folder, structure_set), progress=progress)


def series_in(folder: str, progress: Progress = silent) -> list[SeriesEntry]:
    """What a folder, file or archive holds, in the order of `workstation inspect`; of "DIR#2" the second alone."""
    from workstation.dicom.index import index_paths

    path, number = numbered(folder)
    entries = index_paths([existing_path(path)], progress=progress).series
    if number is None:
        return entries
    if not 1 <= number <= len(entries):
        raise UsageError(f"{folder}: there are {len(entries)} series in {path}, numbered from 1")
    return [entries[number - 1]]


def numbered(folder: str) -> tuple[str, int | None]:
    """Path and number of "DIR#2"; no number for a path that is there as it is typed."""
    path, mark, number = folder.rpartition("#")
    if not (mark and number.isdigit()) or Path(folder).exists():
        return folder, None
    return path, int(number)


def choose_series(entries: list[SeriesEntry], folder: str, structure_set: StructureSet | None) -> SeriesEntry:
    """The entry that fits; UsageError when none or several do."""
    if not entries:
        raise UsageError(f"{folder}: no image series was found there")
    fitting = list(entries)
    if structure_set is not None:
        wanted = structure_set.referenced_series_uid
        frame = structure_set.frame_of_reference_uid
        by_series = [e for e in entries if wanted and e.uid == wanted]
        by_frame = [e for e in entries if frame and e.frame_of_reference_uid == frame]
        fitting = by_series or by_frame or fitting
    if len(fitting) > 1:
        ct = [e for e in fitting if e.modality == "CT"]
        if len(ct) == 1:
            others = f"{folder}#1 to #{len(entries)}"
            note(f"{folder}: of {len(fitting)} series the CT {ct[0].description!r} is taken; others are {others}")
        fitting = ct or fitting
    if len(fitting) > 1:
        several = [(entries.index(e) + 1, e) for e in fitting]
        named = "; ".join(f"#{n} {e.modality} {e.description!r} {e.slices} slices" for n, e in several[:6])
        one = f"give the folder of one, or {folder}#{several[0][0]}"
        raise UsageError(f"{folder}: {len(fitting)} series could be meant ({named}); {one}")
    return fitting[0]


def takes_negative_points(parser: argparse.ArgumentParser) -> None:
    """Let "-12.5,-40,-110" be a value: argparse takes it for an option unless told how a negative number looks."""
    parser._negative_number_matcher = re.compile(r"-\.?\d[\d.,eE+-]*$")
