"""Opening: what is read arrives piece by piece and becomes a case that can be looked at from the first image on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from workstation.case.commands import AddImage, AddRegistration, Command, Together
from workstation.case.import_structures import import_structures
from workstation.case.registration_commands import SeparateImage
from workstation.dicom.entry import SeriesEntry
from workstation.gui import reading
from workstation.gui.jobs.runner import JobRunner
from workstation.gui.landmarks import first_target, shown_middle
from workstation.gui.message_bar import MessageBar
from workstation.gui.sentences import sentence_of
from workstation.gui.session import Session, name_of_image
from workstation.images.own_frame import is_own_frame, separated_frame_uid
from workstation.images.volume import Volume, other_patient
from workstation.jobs.progress import Progress

if TYPE_CHECKING:
    from workstation.case.case import Case
    from workstation.dicom.index import Index
    from workstation.dicom.structure_set import StructureSet
    from workstation.fusion.registration import Registration

log = logging.getLogger(__name__)

FUSION_OPACITY = 0.4
SHOWN_MS = 20
LONGEST_WAIT_S = 3.0


class Opener(QObject):
    """Reads paths into a session.

    previewed: a Preview to show. begun: the first Volume, on which a new case begins. finished: whether anything
    was opened. register_wanted: key of an image that a person wants registered onto the planning image.
    """

    previewed = Signal(object)
    begun = Signal(object)
    finished = Signal(bool)
    register_wanted = Signal(str)

    def __init__(
        self, runner: JobRunner, messages: MessageBar, warm: Callable[[Progress], None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._runner, self._messages, self._warm = runner, messages, warm
        self._session: Session | None = None
        self._waiting: list[reading.Piece] = []
        self._index: reading.Found | None = None
        self._left_out: list[str] = []
        self._shown = threading.Event()
        self._fused = ""
        """The image that was fused without anybody asking: a better one may take its place."""

    # ------------------------------------------------------------------ beginning

    def open_paths(self, paths: Sequence[str], session: Session | None) -> None:
        """Read paths into an open session, or, without one, into a new case."""
        self._session, self._waiting, self._index = session, [], None
        self._left_out = []
        self._shown.clear()
        if session is None:
            self._fused = ""
        known = dict(session.case.images) if session else {}
        self._runner.start(
            "Opening",
            reading.read_paths,
            list(paths),
            known,
            self._warm,
            None if session else self._wait_shown,
            then=lambda _index: self._end(),
            failed=self._fail,
            arrived=self._receive,
            lane="opening",
        )

    def load_entry(self, entry: SeriesEntry, session: Session) -> None:
        """Load a series that was found before."""
        self._session, self._waiting = session, []
        self._runner.start(
            f"Loading {entry.description or entry.modality}",
            reading.read_entry,
            entry,
            then=lambda _none: self._end(),
            failed=self._fail,
            arrived=self._receive,
        )

    def attach(self, session: Session) -> None:
        """The window has made a session on the first image: what waited goes into it."""
        self._session = session
        if self._index is not None:
            self._receive(self._index)
        waiting, self._waiting = self._waiting, []
        for piece in waiting:
            self._receive(piece)

    def _wait_shown(self) -> None:
        """In the job: the two threads would take Python from each other while the window makes the views."""
        self._shown.wait(LONGEST_WAIT_S)

    # ------------------------------------------------------------------ receiving, on the window's thread

    def _receive(self, piece: reading.Piece) -> None:
        if isinstance(piece, reading.Preview):
            if self._session is None:
                self.previewed.emit(piece)
        elif isinstance(piece, reading.Refused):
            self._messages.say(piece.reason, "caution")
        elif isinstance(piece, reading.Found):
            self._keep_index(piece)
        elif self._session is None:
            self._begin_or_wait(piece)
        elif isinstance(piece, reading.ImageRead):
            self._add_image(self._session, piece.volume)
        elif isinstance(piece, reading.RegistrationsRead):
            self._add_registrations(self._session, piece.registrations)
        else:
            self._add_structures(self._session, piece.structure_set, piece.path)

    def _keep_index(self, found: reading.Found) -> None:
        self._index = found
        if self._session is not None:
            known = {entry.key for entry in self._session.found}
            self._session.found += [entry for entry in found.index.series if entry.key not in known]
            self._session.skipped = [*self._session.skipped, *found.index.skipped]
            self._session.found_changed.emit()
            self._say_nothing_came(found.index)

    def _say_nothing_came(self, index: Index) -> None:
        """A file that was opened into the case and is of no use must not end in silence."""
        if index.skipped and not (index.series or index.structure_sets or index.registrations):
            first, others = index.skipped[0], len(index.skipped) - 1
            more = f"; {others} more were left out, too: Images lists why" if others else ""
            self._messages.say(f"{Path(first.path).name} {first.reason}: left out{more}.", "caution", key="left out")

    def _begin_or_wait(self, piece: reading.Piece) -> None:
        if isinstance(piece, reading.ImageRead):
            try:
                self.begun.emit(piece.volume)
            finally:
                QTimer.singleShot(SHOWN_MS, self, self._shown.set)
        else:
            self._waiting.append(piece)

    def _add_image(self, session: Session, volume: Volume) -> None:
        planning = session.case.planning
        if volume.key in session.case.images:
            return
        if planning is not None and other_patient(planning.patient, volume.patient):
            self._leave_out(name_of_image(volume))
            return
        session.do(AddImage(volume))
        self._fuse(session)

    def _leave_out(self, name: str) -> None:
        self._left_out.append(name)
        many = (
            f"{len(self._left_out)} images or structure sets belong" if len(self._left_out) > 1 else f"{name} belongs"
        )
        self._messages.say(
            f"{many} to another patient: left out. Close this case and open that patient alone.",
            "danger",
            key="patient",
        )

    def _add_registrations(self, session: Session, registrations: Sequence[Registration]) -> None:
        new = [r for r in registrations if r.identifier not in session.case.registrations]
        if new:
            session.do(Together("Open registration", tuple(opened_registration(session.case, r) for r in new)))
            self._fuse(session)

    def _add_structures(self, session: Session, structure_set: StructureSet, path: str) -> None:
        if structure_set.uid in session.structure_sets:
            return
        if structure_set.uid in session.lost_structure_sets:
            session.keep_structure_set(structure_set, path)  # its structures are in the case: only the file had moved
            return
        planning = session.case.planning
        frames = {volume.frame_of_reference_uid for volume in session.case.images.values()}
        foreign = structure_set.frame_of_reference_uid not in frames
        if planning is not None and foreign and other_patient(planning.patient, structure_set.patient):
            self._leave_out(f"Structure set {structure_set.label}".strip())
            return
        structures = structure_set.structures
        if planning is not None and foreign and is_own_frame(planning.frame_of_reference_uid):
            # a file without a frame of reference: its structures lie on it, as far as anybody can tell
            structures = tuple(replace(s, frame_of_reference_uid="") for s in structures)
        first = not session.case.structures
        what = f"Open structures {structure_set.label}".strip()
        if not session.do(import_structures(session.case, structures, what)):
            session.keep_structure_set(structure_set, path)
            self._look_first(session, first)
        if structure_set.warnings:
            more = f" (and {len(structure_set.warnings) - 1} more)" if len(structure_set.warnings) > 1 else ""
            name = structure_set.label or "Structure set"
            self._messages.say(f"{name}: {structure_set.warnings[0]}{more}", "caution")

    def _look_first(self, session: Session, first: bool) -> None:
        """Begin at the target, unless a person has begun elsewhere. first: there were no structures before."""
        case, viewing = session.case, session.viewing
        target = first_target(case)
        if case.structures and (first or not session.desk.active):
            session.desk.active = target or next(iter(case.structures))
        untouched = case.planning is not None and np.array_equal(viewing.crosshair_mm, case.planning.grid.centre_mm)
        point = shown_middle(case, target) if target and untouched else None
        if point is not None:
            viewing.crosshair_mm = point

    def _fuse(self, session: Session) -> None:
        """Lay the most wanted linked image over the planning image, unless a person has chosen another."""
        best = best_linked(session)
        if best is None or session.viewing.overlay_key not in ("", self._fused) or best.key == self._fused:
            return
        session.viewing.opacity = FUSION_OPACITY
        session.viewing.overlay_key = self._fused = best.key

    # ------------------------------------------------------------------ ending

    def _fail(self, error: Exception) -> None:
        log.warning("opening failed: %s", type(error).__name__, exc_info=error)
        self._messages.say(sentence_of(error), "danger")
        self.finished.emit(self._session is not None)

    def _end(self) -> None:
        session = self._session
        if session is None:
            self._messages.say(self._nothing_found(), "danger")
            self.finished.emit(False)
            return
        self._fuse(session)
        self._offer_registration(session)
        self.finished.emit(True)

    def _nothing_found(self) -> str:
        index = self._index.index if self._index else None
        if index is None or not (index.skipped or index.structure_sets or index.series):
            return "There is nothing in there that can be opened: no image was found."
        if index.structure_sets and not index.series:
            return "There are structures but no image: open them together with the images that they were drawn on."
        if index.skipped and not index.series:
            first = index.skipped[0]
            more = f" ({len(index.skipped) - 1} more files were left out)" if len(index.skipped) > 1 else ""
            return f"No image was found: {first.path} {first.reason}{more}."
        return "No image could be opened; the messages above say why."

    def _offer_registration(self, session: Session) -> None:
        planning = session.case.planning
        if planning is None or session.viewing.overlay_key:
            return
        for volume in candidates(session):
            if session.case.transform(planning.frame_of_reference_uid, volume.frame_of_reference_uid) is None:
                self._offer(volume, planning)
                return

    def _offer(self, volume: Volume, planning: Volume) -> None:
        sentence = f"{name_of_image(volume)} is not registered to {name_of_image(planning)}."
        begin = ("Register automatically", lambda: self.register_wanted.emit(volume.key))
        self._messages.say(sentence, "info", [begin, ("Not now", lambda: None)], key="register")


def opened_registration(case: Case, registration: Registration) -> Command:
    """Adds a registration that was read; an image that had a frame of its own when it was written gets it again."""
    for key, image in case.images.items():
        own = separated_frame_uid(key, image.frame_of_reference_uid)
        if registration.moving_frame_uid == own and registration.fixed_frame_uid == image.frame_of_reference_uid:
            return SeparateImage(key, registration)
    return AddRegistration(registration)


def candidates(session: Session) -> list[Volume]:
    """Images that may lie on the planning image, the most wanted first: MR (with contrast, earliest), PET, others."""
    others = [v for key, v in session.case.images.items() if key != session.case.planning_key]

    def wanted(volume: Volume) -> tuple[int, bool, float]:
        rank = {"MR": 0, "PT": 1}.get(volume.modality, 2)
        number = volume.acquisition.get("SeriesNumber", "")
        return rank, not volume.acquisition.get("ContrastBolusAgent"), float(number) if number.isdigit() else 0.0

    return sorted(others, key=wanted)


def best_linked(session: Session) -> Volume | None:
    """The most wanted image that can be shown on the planning image."""
    planning = session.case.planning
    for volume in candidates(session) if planning is not None else []:
        if session.case.transform(planning.frame_of_reference_uid, volume.frame_of_reference_uid) is not None:
            return volume
    return None
