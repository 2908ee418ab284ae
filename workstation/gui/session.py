"""An open case with all that a window needs to show and edit it, and its facts as Qt signals.

The case speaks through psygnal on whatever thread ran a command. Here, and only here, those facts become Qt
signals, which Qt itself carries to the window's thread.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, SignalInstance

from workstation.case.case import Case
from workstation.case.commands import Command
from workstation.editing.desk import Desk
from workstation.gui.phase_cine import PhaseCine
from workstation.gui.registering import Registering
from workstation.gui.sentences import is_expected, sentence_of
from workstation.gui.separation_runs import SeparationRuns
from workstation.gui.viewing import Viewing
from workstation.images.naming import distinct_names, name_of_volume
from workstation.images.volume import Volume
from workstation.structures.structure import Structure

if TYPE_CHECKING:
    from workstation.dicom.entry import SeriesEntry, Skipped
    from workstation.dicom.structure_set import StructureSet
    from workstation.store.case_file import CaseFile

log = logging.getLogger(__name__)

STRUCTURE_SETS = "structure_sets"
"""Key of the case's view state: SOP Instance UID and path of every structure set that was opened into it."""


class Session(QObject):
    """One open case.

    contours_changed: identifier; also at every move of a stroke. listing_changed: structures came, went, were
    renamed or reordered. refused: a sentence that says why something can't be done.
    header_wanted: key of the image whose header somebody wants to see.
    found, skipped: what opening found but did not load, and what it left out, with reasons.
    structure_sets: opened ones by SOP Instance UID, for an export to take over what nobody has touched.
    lost_structure_sets: UID, and why in words, of those that were opened once and can't be read any more.
    """

    images_changed = Signal()
    listing_changed = Signal()
    contours_changed = Signal(str)
    registrations_changed = Signal()
    history_changed = Signal()
    saved_changed = Signal()
    active_changed = Signal()
    settings_changed = Signal()
    display_changed = Signal()
    visibility_changed = Signal()
    tool_changed = Signal()
    crosshair_moved = Signal()
    placing_changed = Signal()
    landmarks_changed = Signal()
    separating_changed = Signal()
    separation_found = Signal()
    separation_grown = Signal()
    separation_hovered = Signal()
    found_changed = Signal()
    refused = Signal(str)
    header_wanted = Signal(str)

    def __init__(self, case: Case, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.case = case
        self.viewing = Viewing(case)
        self.desk = Desk(case)
        self.viewing.follow(self.desk.placing)
        self.file: CaseFile | None = None
        self.found: list[SeriesEntry] = []
        self.skipped: list[Skipped] = []
        self.structure_sets: dict[str, StructureSet] = {}
        self.lost_structure_sets: dict[str, str] = {}
        self._connections: list[tuple[Any, Callable[..., None]]] = []
        self._noted: list[SignalInstance] = []
        self._named: Mapping[str, Volume] | None = None
        self._names: dict[str, str] = {}
        self._connect_case()
        self._connect_view()
        self.registering = Registering(self)
        self.separation = SeparationRuns(self)
        self.cine = PhaseCine(self)

    def _connect_case(self) -> None:
        case = self.case
        for fact in (case.image_added, case.image_removed, case.planning_image_chosen):
            self._listen(fact, lambda *_: self._note(self.images_changed))
        for fact in (case.structure_added, case.structure_removed, case.structures_reordered):
            self._listen(fact, lambda *_: self._note(self.listing_changed))
        self._listen(case.structure_changed, lambda identifier: self.contours_changed.emit(identifier))
        self._listen(case.registration_changed, lambda *_: self._note(self.registrations_changed))
        self._listen(case.history_changed, lambda *_: self._tell_noted())
        self._listen(case.saved_changed, lambda *_: self.saved_changed.emit())

    def _note(self, signal: SignalInstance) -> None:
        """A step of the case may add twenty structures: who lists them is told once, at its end."""
        if signal not in self._noted:
            self._noted.append(signal)

    def _tell_noted(self) -> None:
        noted, self._noted = self._noted, []
        for signal in (*noted, self.history_changed):
            signal.emit()

    def _connect_view(self) -> None:
        self._listen(self.desk.active_changed, lambda *_: self.active_changed.emit())
        self._listen(self.desk.settings_changed, lambda *_: self.settings_changed.emit())
        self._listen(self.desk.refused, lambda sentence: self.refused.emit(sentence))
        self._listen(self.viewing.display_changed, lambda *_: self.display_changed.emit())
        for fact in (self.viewing.layout.changed, self.viewing.planes_turned):
            self._listen(fact, lambda *_: self.display_changed.emit())
        self._listen(self.viewing.visibility_changed, lambda *_: self.visibility_changed.emit())
        self._listen(self.viewing.tool_changed, lambda *_: self.tool_changed.emit())
        self._listen(self.viewing.crosshair_moved, lambda *_: self._crosshair_moved())
        self._listen(self.viewing.display_changed, lambda *_: self._moved_image_changed())
        self._listen(self.desk.placing.changed, lambda *_: self.placing_changed.emit())
        self._listen(self.desk.landmarking.changed, lambda *_: self.landmarks_changed.emit())
        separating = self.desk.separating
        self._listen(separating.changed, lambda *_: self.separating_changed.emit())
        self._listen(separating.found_changed, lambda *_: self.separation_found.emit())
        self._listen(separating.grown_changed, lambda *_: self.separation_grown.emit())
        self._listen(separating.hovered, lambda *_: self.separation_hovered.emit())

    def _crosshair_moved(self) -> None:
        self.desk.placing.crosshair_mm = self.viewing.crosshair_mm
        self.crosshair_moved.emit()

    def _moved_image_changed(self) -> None:
        """The fused image is what is registered; while nothing is fused, the one that was fused last."""
        if self.viewing.overlay_key:
            self.desk.placing.moving_key = self.viewing.overlay_key

    def _listen(self, fact: Any, listener: Callable[..., None]) -> None:
        fact.connect(listener)
        self._connections.append((fact, listener))

    def end(self) -> None:
        """Stop listening: the window turns to another case."""
        for fact, listener in self._connections:
            fact.disconnect(listener, missing_ok=True)
        self._connections.clear()

    # ------------------------------------------------------------------ doing

    def do(self, command: Command) -> str:
        """Run a command. Returns "" or the sentence that says why it was refused (which is also sent out)."""
        return self.attempt(lambda: self.case.do(command))

    def attempt(self, action: Callable[[], Any]) -> str:
        """Run something that may be refused in words; unexpected errors go on to the log and the window."""
        try:
            action()
        except Exception as error:
            if not is_expected(error):
                raise
            sentence = sentence_of(error)
            self.refused.emit(sentence)
            return sentence
        return ""

    def keep_structure_set(self, structure_set: StructureSet, path: str) -> None:
        """Remember a structure set that was opened, and with the case where it lies, so that it is found again."""
        self.structure_sets[structure_set.uid] = structure_set
        self.lost_structure_sets.pop(structure_set.uid, None)
        places = self.case.view_state.get(STRUCTURE_SETS)
        others = [place for place in places or () if place.get("uid") != structure_set.uid]
        place = {"uid": structure_set.uid, "path": os.path.abspath(path)}
        self.case.set_view_state(STRUCTURE_SETS, [*others, place])

    # ------------------------------------------------------------------ asking

    @property
    def active(self) -> Structure | None:
        """The structure that tools draw on."""
        return self.case.structures.get(self.desk.active or "")

    @property
    def overlay(self) -> Volume | None:
        """The image laid over the planning image, if any."""
        return self.case.images.get(self.viewing.overlay_key)

    def image_name(self, key: str) -> str:
        """How an image is called in lists: "CT Planning", and more where another one is called the same."""
        if self._named is not self.case.images:  # replaced, never changed, when images come or go
            self._named = self.case.images
            self._names = distinct_names(self.case.images)
        return self._names.get(key, "")


def name_of_image(volume: Volume) -> str:
    """Modality and description; what else is known of an image that nobody described."""
    return name_of_volume(volume)
