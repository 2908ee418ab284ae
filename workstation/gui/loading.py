"""Finds the images of a saved case again: where they were, or where the same files have moved together (Qt-free)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from workstation.dicom.entry import SeriesEntry
from workstation.dicom.errors import DicomError
from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
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
