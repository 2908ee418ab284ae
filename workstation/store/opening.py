"""Everything between the first byte of a case file that is read and the finished case."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from workstation.case.case import Case
from workstation.case.changes import Change
from workstation.case.history import History
from workstation.images.own_frame import is_own_frame
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, part
from workstation.store import journal
from workstation.store.errors import StoreError
from workstation.store.image_reference import StoredImage, digest_of
from workstation.store.reading import ReadStep, image_keys, read_case
from workstation.store.sentences import changed_sentence, missing_sentence


class LoadImages(Protocol):
    """Loads images of a case; those that can't be found are left out of the answer."""

    def __call__(self, references: Sequence[StoredImage], progress: Progress) -> Mapping[str, Volume]: ...


class Opening:
    """Everything between the first byte read and the finished case."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, load_images: LoadImages, progress: Progress
    ) -> None:
        self._read: ReadStep | None = None
        references = journal.images(connection)
        wanted = [references[key] for key in image_keys(connection)]
        progress(0.0, f"Reading the images of {path.name}")
        images = dict(load_images(wanted, part(progress, 0.0, 0.8)))
        progress(0.8, "Checking that the images are the same")
        self.missing = tuple(image for image in wanted if image.key not in images)
        changed = [image for image in wanted if image.key in images and digest_of(images[image.key]) != image.digest]
        images |= {image.key: _as_kept(images[image.key], image) for image in wanted if image.key in images}
        history_from = int(journal.values(connection, "meta").get("history_from", "0"))
        progress(0.9, f"Reading {path.name}")
        self.read = read_case(connection, images, self._read_step, history_from)
        self.missing = tuple(image for image in self.missing if image.key not in self.read.contents.images)
        self.warnings = (
            *self.read.warnings,
            *(missing_sentence(image) for image in self.missing),
            *(changed_sentence(image) for image in changed),
        )
        history = History()
        history.done, history.undone = list(self.read.done), list(self.read.undone)
        self.case = Case(self.read.contents, history, recompute=self.read.replayed > 0)
        for key, value in journal.json_values(connection, "view_state").items():
            self.case.set_view_state(key, value)

    def steps_come_from(self, read: ReadStep) -> None:
        """From now on the steps of the history are read through the file that the case has."""
        self._read = read

    def _read_step(self, sequence: int) -> tuple[Change, ...]:
        if self._read is None:
            raise StoreError("the case is not open yet")
        return self._read(sequence)


def _as_kept(image: Volume, reference: StoredImage) -> Volume:
    """An image in the frame of reference that the case refers to it by.

    The frame of a file that names none follows from its content; registrations and measurements of the case name the
    one that it had when they were made.
    """
    if not is_own_frame(image.frame_of_reference_uid):
        return image
    return replace(image, frame_of_reference_uid=reference.frame_of_reference_uid)
