"""The rows of the list of measurements: colour, name, value, eye, and what takes one away."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from workstation.case.measurement_commands import ChangeMeasurement
from workstation.gui.icons import icon
from workstation.gui.session import Session
from workstation.measurements.measurement import WORDS, Measurement
from workstation.measurements.words import sides_words, size_words

Index = QModelIndex | QPersistentModelIndex

_NOWHERE = QModelIndex()
SWATCH_PX = 12


class Column(IntEnum):
    """From left to right."""

    COLOUR = 0
    NAME = 1
    VALUE = 2
    EYE = 3
    DELETE = 4


class MeasurementModel(QAbstractTableModel):
    """The case's measurements, newest last, as they are in mid-drag too."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._keys: list[str] = []
        self.refresh()

    def refresh(self) -> None:
        """Look at the case again."""
        keys = list(self._session.case.measurements)
        if keys != self._keys:
            self.beginResetModel()
            self._keys = keys
            self.endResetModel()
        elif keys:
            self.dataChanged.emit(self.index(0, 0), self.index(len(keys) - 1, len(Column) - 1))

    def identifier(self, row: int) -> str:
        """Of the measurement in a row, "" for none."""
        return self._keys[row] if 0 <= row < len(self._keys) else ""

    def row_of(self, identifier: str) -> int:
        """Row of a measurement, -1 for none."""
        return self._keys.index(identifier) if identifier in self._keys else -1

    def measurement(self, index: Index) -> Measurement | None:
        """The measurement of a cell."""
        return self._session.desk.measuring.current(self.identifier(index.row())) if index.isValid() else None

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._keys)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(Column)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == Column.NAME else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        measurement = self.measurement(index)
        if measurement is None:
            return None
        column = Column(index.column())
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return {Column.NAME: measurement.name, Column.VALUE: size_words(measurement)}.get(column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column == Column.VALUE:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.DecorationRole:
            return self._picture(column, measurement)
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tooltip(column, measurement)
        return None

    def _picture(self, column: Column, measurement: Measurement) -> object:
        if column == Column.COLOUR:
            return _swatch(QColor(*measurement.color))
        if column == Column.EYE:
            shown = self._session.viewing.visible(measurement.identifier)
            return icon("eye", "text") if shown else icon("eye-slash", "disabled")
        return icon("trash", "muted") if column == Column.DELETE else None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        measurement = self.measurement(index)
        if measurement is None or role != Qt.ItemDataRole.EditRole or str(value).strip() == measurement.name:
            return False
        return not self._session.do(ChangeMeasurement(measurement.identifier, name=str(value)))


def _tooltip(column: Column, measurement: Measurement) -> str:
    if column == Column.EYE:
        return "Show or hide it in the views"
    if column == Column.DELETE:
        return "Delete it; undo brings it back"
    words = (WORDS[measurement.kind], size_words(measurement), sides_words(measurement))
    return " · ".join(word for word in words if word)


def _swatch(color: QColor) -> QPixmap:
    picture = QPixmap(SWATCH_PX, SWATCH_PX)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor(0, 0, 0, 120))
    painter.setBrush(color)
    painter.drawEllipse(1, 1, SWATCH_PX - 3, SWATCH_PX - 3)
    painter.end()
    return picture
