"""A case on disk: one SQLite database that follows every command as it happens.

Each command is one transaction, written by one thread within a millisecond or so of being done; when the power
fails, at most the stroke in progress is lost. A snapshot of everything is added now and then so that opening does
not replay a day's work. What can't be written (a full disk) is kept and written with the next command that can.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from psygnal import Signal

from workstation.case.case import Case
from workstation.case.changes import Change, EntryReplaced
from workstation.case.contents import Contents
from workstation.case.errors import CaseError
from workstation.case.history import Step
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, silent
from workstation.store import journal
from workstation.store.errors import StoreError
from workstation.store.image_reference import StoredImage, reference_to
from workstation.store.lock import FileLock
from workstation.store.making import back_up, discard_unfinished, put_in_place, remove_database, write_all
from workstation.store.opening import LoadImages, Opening
from workstation.store.schema import connect
from workstation.store.sentences import writing_sentence
from workstation.store.steps import pack_contents, pack_step, unpack_changes
from workstation.store.writer import Writer

log = logging.getLogger(__name__)

SUFFIX = ".rtcase"
LINES_PER_SNAPSHOT = 200
BYTES_PER_SNAPSHOT = 8_000_000
BYTES_PER_CHECKPOINT = 4_000_000

Deliver = Callable[[Callable[[], None]], None]
"""Runs a function on the thread that the case is used on."""


def run_at_once(function: Callable[[], None]) -> None:
    """Deliver without a window: on the writing thread itself."""
    function()


class CaseFile:
    """The file of an open case. Made by `create`, `open` or `workstation.store.recovery.begin_recovery`.

    warnings: sentences for the person who opened it (missing images, damage). missing: images not found.
    """

    failed = Signal(str)
    """Something could not be written; the sentence says what and what to do. Delivered like `Case.saved_changed`."""

    def __init__(
        self,
        path: Path,
        case: Case,
        connection: sqlite3.Connection,
        lock: FileLock,
        *,
        last: int,
        named: bool,
        deliver: Deliver,
    ) -> None:
        self.path = path
        self.case = case
        self.warnings: tuple[str, ...] = ()
        self.missing: tuple[StoredImage, ...] = ()
        self.named = named
        """Whether the person has chosen this file; False for the recovery file of a case never saved."""
        self._lock = lock
        self._deliver = deliver
        self._writer = Writer(connection)
        self._load_images: LoadImages | None = None
        self._images: weakref.WeakValueDictionary[str, Volume] = weakref.WeakValueDictionary(case.images)
        self._known_images: set[str] = set()
        self._asked = last
        self._written = last
        self._snapshot_at = last
        self._bytes_since_snapshot = 0
        self._bytes_since_checkpoint = 0
        self._pending: list[tuple[journal.Entry, tuple[StoredImage, ...]]] = []
        self._pending_values: dict[str, str] = {}
        self._closed = False
        self._moving = threading.RLock()
        """Held while another file takes the place of this one."""
        self._slots = (
            (case.step_done, self._on_done),
            (case.step_undone, self._on_undone),
            (case.step_redone, self._on_redone),
            (case.view_state_set, self._on_view_state),
        )
        for signal, slot in self._slots:
            signal.connect(slot)
        case.mark_saved(named)

    # ------------------------------------------------------------------ making, opening, closing

    @staticmethod
    def create(
        path: str | Path, case: Case, *, label: str = "", named: bool = True, deliver: Deliver = run_at_once
    ) -> CaseFile:
        """Write a case with its history to a new file and follow it from now on; raises StoreError.

        A file that is there already is replaced, as late as possible: when writing fails, it is still there.
        label: what the person calls the case, for the list of recent cases.
        """
        path = Path(path)
        lock = FileLock(path)
        fresh = path.with_name(path.name + ".new")
        try:
            remove_database(fresh)
            last = write_all(fresh, case, label)
            put_in_place(fresh, path)
            return CaseFile(path, case, connect(path), lock, last=last, named=named, deliver=deliver)
        except (sqlite3.Error, OSError) as error:
            discard_unfinished(fresh, lock)
            raise StoreError(writing_sentence(path, error)) from error
        except StoreError:
            discard_unfinished(fresh, lock)
            raise

    @staticmethod
    def open(
        path: str | Path,
        load_images: LoadImages,
        *,
        progress: Progress = silent,
        named: bool = True,
        deliver: Deliver = run_at_once,
    ) -> tuple[CaseFile, Case]:
        """Open a case with everything that was acknowledged, whatever happened since; raises StoreError.

        Images that can't be found, or that changed on disk, are named in `warnings`; the case opens without them.
        """
        path = Path(path)
        if not path.is_file():
            raise StoreError(f"{path.name} does not exist")
        lock = FileLock(path)
        try:
            connection = connect(path)
            try:
                opened = Opening(path, connection, load_images, progress)
                last = opened.read.last
                file = CaseFile(path, opened.case, connection, lock, last=last, named=named, deliver=deliver)
            except BaseException:
                connection.close()
                raise
        except (sqlite3.Error, OSError) as error:
            lock.release()
            raise StoreError(f"{path.name} can't be read: {error}") from error
        except BaseException:
            lock.release()
            raise
        opened.steps_come_from(file.read_step)
        file.warnings, file.missing, file._load_images = opened.warnings, opened.missing, load_images
        if opened.read.damaged:
            file._start_afresh()
        return file, opened.case

    def save_as(self, path: str | Path, *, label: str = "") -> None:
        """Go on in another file, with the whole history; the old one stays as it is. Raises StoreError.

        Works where the old place is full. The recovery file of a case never saved before is removed once the new
        file is complete. May be called from any thread; commands wait until it is done.
        """
        path = Path(path)
        if path.absolute() == self.path.absolute():
            self.flush()
            return
        with self._moving:
            lock = FileLock(path)
            fresh = path.with_name(path.name + ".new")
            try:
                remove_database(fresh)
                self._writer.call(lambda connection: self._copy_to(connection, fresh, label))
                put_in_place(fresh, path)
                writer = Writer(connect(path))
            except (sqlite3.Error, OSError) as error:
                discard_unfinished(fresh, lock)
                raise StoreError(writing_sentence(path, error)) from error
            except StoreError:
                discard_unfinished(fresh, lock)
                raise
            self._move_to(path, lock, writer)

    def _copy_to(self, connection: sqlite3.Connection, fresh: Path, label: str) -> None:
        """On the writing thread: everything, with what could not be written where the case was so far."""
        back_up(connection, fresh, label)
        if self._pending or self._pending_values:
            target = connect(fresh)
            try:
                self._put_pending(target)
            finally:
                target.close()

    def _move_to(self, path: Path, lock: FileLock, writer: Writer) -> None:
        old_path, old_lock, old_writer, was_named = self.path, self._lock, self._writer, self.named
        self.path, self._lock, self._writer, self.named = path, lock, writer, True
        self._forget_pending()
        old_writer.close()
        old_lock.release()
        if not was_named:
            remove_database(old_path)
        self._deliver(self._acknowledge)

    def flush(self) -> None:
        """Wait until everything done so far is on disk; raises StoreError when it can't be written."""
        try:
            self._writer.call(self._write_pending)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(writing_sentence(self.path, error)) from error
        self._deliver(self._acknowledge)

    def close(self, *, discard: bool = False) -> None:
        """Write the rest and a snapshot, and let go of the file.

        Raises StoreError, and stays open, when something can't be written: the person may save it elsewhere first.
        discard: don't write what is waiting; the recovery file of a case never saved is removed.
        """
        if self._closed:
            return
        if not discard:
            self.flush()
            contents = self.case.contents
            self._writer.call(lambda connection: self._finish(connection, contents))
        self._closed = True
        for signal, slot in self._slots:
            signal.disconnect(slot)
        self._writer.close()
        if not self.named and (discard or self._written == 0):
            remove_database(self.path)
        self._lock.release()

    # ------------------------------------------------------------------ following the case

    @property
    def written_steps(self) -> int:
        """Lines of the journal that are safe on disk."""
        return self._written

    @property
    def everything_written(self) -> bool:
        """Whether nothing is waiting to be written."""
        return self._written == self._asked

    def set_label(self, label: str) -> None:
        """What the person calls the case."""
        self._writer.submit(lambda connection: journal.put_values(connection, "meta", {"label": label}))

    def _on_done(self, step: Step) -> None:
        self._ask("do", step.label, step)

    def _on_undone(self) -> None:
        self._ask("undo", self.case.redo_label, None)

    def _on_redone(self) -> None:
        self._ask("redo", self.case.undo_label, None)

    def _on_view_state(self, key: str, value: Any) -> None:
        text = json.dumps(value)

        def write(connection: sqlite3.Connection) -> None:
            self._pending_values[key] = text
            self._write_pending(connection)

        self._submit(write)

    def _ask(self, kind: str, label: str, step: Step | None) -> None:
        contents = self.case.contents
        with self._moving:
            self._asked += 1
            sequence = self._asked
            self.case.mark_saved(False)
            self._submit(lambda connection: self._write(connection, sequence, kind, label, step, contents))

    def _submit(self, job: Callable[[sqlite3.Connection], None]) -> None:
        with self._moving:
            future = self._writer.submit(job)
        future.add_done_callback(self._after_writing)

    def _after_writing(self, future: Future[None]) -> None:
        """On the writing thread: tell the case, on its own."""
        error = future.exception()
        if error is None:
            self._deliver(self._acknowledge)
        else:
            if not isinstance(error, (sqlite3.Error, OSError, StoreError)):
                log.error("Writing a case file failed", exc_info=error)
            sentence = writing_sentence(self.path, error)
            self._deliver(lambda: self.failed.emit(sentence))

    def _acknowledge(self) -> None:
        self.case.mark_saved(self.named and self.everything_written)

    # ------------------------------------------------------------------ on the writing thread

    def _write(
        self,
        connection: sqlite3.Connection,
        sequence: int,
        kind: str,
        label: str,
        step: Step | None,
        contents: Contents,
    ) -> None:
        images = tuple(self._new_images(step)) if step is not None else ()
        body = pack_step(step) if step is not None else b""
        self._pending.append((journal.Entry(sequence, kind, label, body), images))
        self._write_pending(connection)
        self._tidy(connection, contents)

    def _write_pending(self, connection: sqlite3.Connection) -> None:
        self._put_pending(connection)
        self._forget_pending()

    def _put_pending(self, connection: sqlite3.Connection) -> None:
        if self._pending_values:
            journal.put_values(connection, "view_state", self._pending_values)
        if self._pending:
            images = [image for _, several in self._pending for image in several]
            journal.append(connection, [entry for entry, _ in self._pending], images)

    def _forget_pending(self) -> None:
        """What was waiting is safe now."""
        self._pending_values.clear()
        if self._pending:
            self._written = self._pending[-1][0].sequence
            size = sum(len(entry.body) + 200 for entry, _ in self._pending)
            self._bytes_since_snapshot += size
            self._bytes_since_checkpoint += size
            self._pending.clear()

    def _tidy(self, connection: sqlite3.Connection, contents: Contents) -> None:
        """Snapshots and checkpoints: no step depends on them, so a failure is only noted and tried again later."""
        lines = self._written - self._snapshot_at
        try:
            if lines >= LINES_PER_SNAPSHOT or self._bytes_since_snapshot >= BYTES_PER_SNAPSHOT:
                self._take_snapshot(connection, contents)
            if self._bytes_since_checkpoint >= BYTES_PER_CHECKPOINT:
                journal.checkpoint(connection)
                self._bytes_since_checkpoint = 0
        except sqlite3.Error as error:
            log.warning("A snapshot or checkpoint of the case file has to wait: %s", error)

    def _take_snapshot(self, connection: sqlite3.Connection, contents: Contents) -> None:
        body = pack_contents(contents, [image.key for image in self.missing])
        journal.put_snapshot(connection, self._written, body)
        self._snapshot_at = self._written
        self._bytes_since_snapshot = 0
        self._bytes_since_checkpoint += len(body)

    def _start_afresh(self) -> None:
        """After damage: keep what could be read, and never try to read over the damaged lines again."""
        contents, last = self.case.contents, self._written

        def keep(connection: sqlite3.Connection) -> None:
            self._take_snapshot(connection, contents)
            journal.put_values(connection, "meta", {"history_from": str(last)})

        self._submit(keep)

    def _finish(self, connection: sqlite3.Connection, contents: Contents) -> None:
        """What makes opening quick; all steps are safe without it."""
        try:
            if self._written != self._snapshot_at:
                self._take_snapshot(connection, contents)
            journal.checkpoint(connection, "TRUNCATE")
        except sqlite3.Error as error:
            log.warning("The case file was closed without a snapshot: %s", error)

    def _new_images(self, step: Step) -> list[StoredImage]:
        found = []
        for change in step.changes():
            if isinstance(change, EntryReplaced) and isinstance(change.after, Volume):
                self._images[change.key] = change.after
                found.append(reference_to(change.after))
        return found

    # ------------------------------------------------------------------ steps that lie in the file

    def read_step(self, sequence: int) -> tuple[Change, ...]:
        """The changes of a line of the journal; raises StoreError, or CaseError when an image is gone."""
        body = self._writer.call(lambda connection: journal.body_of(connection, sequence))
        return unpack_changes(body, self._image)

    def _image(self, key: str) -> Volume:
        image = self._images.get(key) or self.case.images.get(key)
        if image is not None:
            return image
        reference = self._writer.call(journal.images).get(key)
        if reference is not None and self._load_images is not None:
            image = self._load_images([reference], silent).get(key)
        if image is None:
            raise CaseError("an image that it needs can't be found any more")
        self._images[key] = image
        return image


__all__ = ["CaseFile", "LoadImages", "StoredImage"]
