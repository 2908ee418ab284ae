"""One picture as early as possible: the first readable slice below the paths, before everything is indexed."""

from __future__ import annotations

import os
from collections.abc import Iterable

from workstation.dicom.entry import SeriesEntry
from workstation.dicom.errors import DicomError
from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
from workstation.dicom.walk import walk_files
from workstation.images.volume import Volume

MOST_TRIED = 32


def first_look(paths: Iterable[str | os.PathLike[str]]) -> Volume | None:
    """A volume of one slice to show while the rest is read; None when none of the first files is an image.

    It costs one header and one slice. Single-slice geometry is provisional: it takes the slice's own thickness.
    """
    for _, path in zip(range(MOST_TRIED), walk_files(paths, []), strict=False):
        try:
            entries: list[SeriesEntry] = [e for e in index_paths([path]).series if e.frames]
            if entries:
                return load_series(entries[0])
        except DicomError:
            continue  # the index will list it with this reason
    return None
