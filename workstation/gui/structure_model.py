"""The rows of the structure list: what a person must know about each structure, with volumes that follow the brush.

Volumes are asked for at leisure: a structure that changed is marked, and a timer asks the case, which takes at
most about a fifth of the window's time however large the structures are.
"""

from __future__ import annotations

import time
from enum import IntEnum

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from workstation.case.case import Case
from workstation.case.commands import ChangeStructure
from workstation.gui.session import Session
from workstation.measurements.words import volume_words
from workstation.structures.structure import State, Structure
from workstation.view.still_picture import PROVISIONAL_WARNING

SHORTEST_INTERVAL_MS = 40
LONGEST_INTERVAL_MS = 500
TURN_MS = 10
"""How long volumes are measured at a time: a set of thirty structures must not hold the window up."""

Index = QModelIndex | QPersistentModelIndex


class Column(IntEnum):
    """What stands where."""

    COLOUR = 0
    NAME = 1
    VOLUME = 2
    STATE = 3
    EYE = 4
    LOCK = 5


STATE_WORDS = {
    State.DRAWN: ("drawn", "drawn by hand or imported"),
    State.CURRENT: ("current", "derived, and up to date"),
    State.STALE: ("stale", "an input changed while this could not be recomputed"),
    State.OVERRIDDEN: ("overridden", "derived once, then edited by hand: it no longer follows"),
    State.PROPOSAL: ("proposal", "not yet accepted by a person"),
}


def is_provisional(case: Case, structure: Structure) -> bool:
    """Whether a structure lies on the planning image by a registration that nobody has accepted."""
    here = case.planning.frame_of_reference_uid if case.planning is not None else ""
    there = structure.frame_of_reference_uid
    return bool(here and there) and here != there and case.is_provisional(there, here)


def volume_text(volume_cc: float | None) -> str:
    """ "8.1 cc", with a second digit below one."""
    if volume_cc is None:
        return "…"
    return volume_words(volume_cc)


class StructureModel(QAbstractTableModel):
    """A table over the structures of a session's case. volumes_changed: some were measured anew."""

    volumes_changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._identifiers: list[str] = list(session.case.structures)
        self._volumes: dict[str, float] = {}
        self._dirty: set[str] = set(self._identifiers)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.measure)
        session.listing_changed.connect(self._list_again)
        session.contours_changed.connect(self._mark)
        session.visibility_changed.connect(lambda: self._column_changed(Column.EYE))
        session.active_changed.connect(lambda: self._column_changed(Column.NAME))
        self._timer.start(0)

    # ------------------------------------------------------------------ what others ask

    def identifier(self, row: int) -> str:
        """The structure of a row, "" outside."""
        return self._identifiers[row] if 0 <= row < len(self._identifiers) else ""

    def row_of(self, identifier: str) -> int:
        """The row of a structure, -1 when it is not listed."""
        return self._identifiers.index(identifier) if identifier in self._identifiers else -1

    def structure(self, index: Index) -> Structure | None:
        """The structure of an index."""
        return self._session.case.structures.get(self.identifier(index.row()))

    def volume_cc(self, identifier: str) -> float | None:
        """The volume measured last, None before the first time."""
        return self._volumes.get(identifier)

    # ------------------------------------------------------------------ following the case

    def _list_again(self) -> None:
        self.beginResetModel()
        self._identifiers = list(self._session.case.structures)
        self._volumes = {k: v for k, v in self._volumes.items() if k in self._session.case.structures}
        self._dirty |= {key for key in self._identifiers if key not in self._volumes}
        self.endResetModel()
        self._soon()

    def _mark(self, identifier: str) -> None:
        self._dirty.add(identifier)
        self._soon()

    def _soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start(SHORTEST_INTERVAL_MS)

    def measure(self) -> None:
        """Ask for the volumes that may have changed, as many as a turn has time for; the others have the next."""
        if not self._dirty:
            return
        began, spent_ms = time.perf_counter(), 0.0
        while self._dirty and spent_ms < TURN_MS:
            identifier = self._dirty.pop()
            if identifier in self._session.case.structures:
                self._volumes[identifier] = self._session.case.volume_cc(identifier)
                self._row_changed(self.row_of(identifier))
            spent_ms = (time.perf_counter() - began) * 1000
        self.volumes_changed.emit()
        self._timer.start(int(min(LONGEST_INTERVAL_MS, max(SHORTEST_INTERVAL_MS, 4 * spent_ms))))

    def _row_changed(self, row: int) -> None:
        if row >= 0:
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(Column) - 1))

    def _column_changed(self, column: Column) -> None:
        if self._identifiers:
            self.dataChanged.emit(self.index(0, column), self.index(len(self._identifiers) - 1, column))

    # ------------------------------------------------------------------ Qt's questions

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's own signature)
        return 0 if parent.isValid() else len(self._identifiers)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return len(Column)

    def flags(self, index: Index) -> Qt.ItemFlag:
        base = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        structure = self.structure(index)
        if index.column() == Column.NAME and structure is not None and not structure.locked:
            return base | Qt.ItemFlag.ItemIsEditable
        return base

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        structure = self.structure(index)
        if structure is None:
            return None
        column = Column(index.column())
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            if column == Column.NAME:
                return structure.name
            if column == Column.VOLUME:
                return volume_text(self._volumes.get(structure.identifier))
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._explained(structure, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column == Column.VOLUME:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        structure = self.structure(index)
        if structure is None or index.column() != Column.NAME or str(value).strip() == structure.name:
            return False
        return not self._session.do(ChangeStructure(structure.identifier, name=str(value)))

    def _explained(self, structure: Structure, column: Column) -> str:
        if column == Column.VOLUME:
            words = volume_text(self._volumes.get(structure.identifier))
            return f"{words}, surface model {self._session.case.surface_model}"
        if column == Column.STATE:
            word, meaning = STATE_WORDS[structure.state]
            marks = [PROVISIONAL_WARNING] if is_provisional(self._session.case, structure) else []
            return "\n".join([f"{word}: {meaning}", *marks, *structure.warnings])
        if column == Column.EYE:
            return "Hide" if self._session.viewing.visible(structure.identifier) else "Show"
        if column == Column.LOCK:
            return "Unlock" if structure.locked else "Lock against editing"
        if column == Column.COLOUR:
            return "Change the colour"
        return f"{structure.name} ({structure.interpreted_type or 'no type'}), double click to look at it, F2 to rename"
