"""Finds the images and the structure sets of a saved case again, where they were (Qt-free)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workstation.dicom.entry import SeriesEntry
from workstation.dicom.errors import DicomError
from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
from workstation.dicom.structure_set import StructureSet
from workstation.gui.reading import read_structures
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, part, silent
from workstation.store.image_reference import StoredImage


def load_images(references: Sequence[StoredImage], progress: Progress = silent) -> Mapping[str, Volume]:
    """The volumes of a case by key; those whose files are gone or can't be read are left out of the answer."""
    wanted = {r.key: sorted({path for path in r.files if Path(path).exists()}) for r in references}
    files = sorted({path for paths in wanted.values() for path in paths})
    if not files:
        return {}
    series = index_paths(files, part(progress, 0.0, 0.2)).series
    found: dict[str, Volume] = {}
    for number, reference in enumerate(references):
        entry = _entry_of(reference, series)
        if entry is None:
            continue
        share = part(progress, 0.2 + 0.8 * number / len(references), 0.2 + 0.8 * (number + 1) / len(references))
        try:
            found[reference.key] = replace(load_series(entry, share), key=reference.key)
        except DicomError:
            continue  # the case file names every image that is missing from the answer
    return found


def _entry_of(reference: StoredImage, series: Sequence[SeriesEntry]) -> SeriesEntry | None:
    """The same files; else the same key (an archive holds several series in one file)."""
    files = set(reference.files)
    same = [e for e in series if set(e.files) == files and e.size == reference.size]
    by_key = [e for e in series if e.key == reference.key]
    return next(iter([*(e for e in same if e.uid == reference.series_uid), *by_key, *same]), None)


@dataclass(frozen=True)
class Originals:
    """Structure sets that a case was made from, by SOP Instance UID, and why others can't be read any more."""

    found: dict[str, StructureSet] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)


def load_originals(places: Any, images: Mapping[str, Volume], progress: Progress = silent) -> Originals:
    """Read the structure sets of a saved case again.

    places: what the case file holds: a list of {"uid", "path"}; anything else counts as none. What can't be found is
    told in `lost`, as the end of a sentence that begins with what came from there.
    """
    originals = Originals()
    for place in places if isinstance(places, list) else ():
        uid, path = str(place.get("uid", "")), Path(str(place.get("path", "")))
        progress(0.0, f"Reading {path.name}")
        if not path.exists():
            originals.lost[uid] = f"{path.name}, which is not at its place any more"
            continue
        try:
            entry = next((e for e in index_paths([path]).structure_sets if e.uid == uid), None)
            if entry is None:
                originals.lost[uid] = f"{path.name}, which holds something else now"
            else:
                originals.found[uid] = read_structures(entry, images)
        except DicomError:
            originals.lost[uid] = f"{path.name}, which can't be read any more"
    return originals
