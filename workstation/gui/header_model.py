"""The rows of a header as a table: all of them or those that differ between slices, with the hits of a search."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QColor, QFont

from workstation.gui.theme import current_theme

if TYPE_CHECKING:
    from workstation.dicom.header_listing import HeaderRow

INDENT = "    "
HIT_ALPHA, CURRENT_ALPHA = 55, 120
Index = QModelIndex | QPersistentModelIndex


class Column(IntEnum):
    """What stands in which column."""

    DIFFERS = 0
    TAG = 1
    NAME = 2
    VR = 3
    VALUE = 4


TITLES = {
    Column.DIFFERS: "",
    Column.TAG: "Tag",
    Column.NAME: "Name",
    Column.VR: "VR",
    Column.VALUE: "Value",
}


class HeaderModel(QAbstractTableModel):
    """hits: numbers of the shown rows that the search found, ascending."""

    def __init__(self) -> None:
        super().__init__()
        self._all: tuple[HeaderRow, ...] = ()
        self._shown: list[HeaderRow] = []
        self._differing: frozenset[str] = frozenset()
        self._only_differing = False
        self._text = ""
        self.hits: list[int] = []

    @property
    def rows(self) -> Sequence[HeaderRow]:
        """What is shown now."""
        return self._shown

    def show_rows(self, rows: Sequence[HeaderRow]) -> None:
        """Turn to another header; search and filter stay."""
        self._all = tuple(rows)
        self._renew()

    def show_differing(self, paths: frozenset[str], only: bool) -> None:
        """Mark what differs between slices, and (only) leave all else out."""
        self._differing, self._only_differing = paths, only
        self._renew()

    def search(self, text: str) -> None:
        """Find rows; the table itself stays as it is."""
        self._text = text
        self._find()
        if self._shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._shown) - 1, len(Column) - 1))

    def row_of(self, path: str) -> int:
        """The shown row of a path, -1 when it is not there."""
        return next((n for n, row in enumerate(self._shown) if row.path == path), -1)

    def text(self, number: int) -> str:
        """A row as it is copied: its columns with tabs between, nested ones indented."""
        row = self._shown[number]
        return "\t".join((INDENT * row.depth + row.tag, row.name, row.vr, row.value))

    def _renew(self) -> None:
        self.beginResetModel()
        if self._only_differing:
            self._shown = [row for row in self._all if row.path in self._differing]
        else:
            self._shown = list(self._all)
        self._find()
        self.endResetModel()

    def _find(self) -> None:
        self.hits = [n for n, row in enumerate(self._shown) if row.matches(self._text)]

    # ------------------------------------------------------------------ for the view

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's own signature)
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return TITLES[Column(section)]
        if section == Column.DIFFERS and role == Qt.ItemDataRole.ToolTipRole:
            return "≠ marks what is not the same in all slices"
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self._shown[index.row()], Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._display(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, column)
        if role == Qt.ItemDataRole.BackgroundRole and self._text and row.matches(self._text):
            return _faint(current_theme().accent, HIT_ALPHA)
        if role == Qt.ItemDataRole.ForegroundRole and (column in (Column.TAG, Column.VR) or not (row.tag or row.value)):
            return QBrush(QColor(current_theme().muted))
        if role == Qt.ItemDataRole.ForegroundRole and column == Column.DIFFERS:
            return QBrush(QColor(current_theme().caution))
        if role == Qt.ItemDataRole.FontRole and row.vr == "" and row.depth == 0:
            font = QFont()
            font.setBold(True)
            return font
        return None

    def _display(self, row: HeaderRow, column: Column) -> str:
        texts = {
            Column.DIFFERS: "≠" if row.path in self._differing else "",
            Column.TAG: row.tag,
            Column.NAME: INDENT * row.depth + row.name,
            Column.VR: row.vr,
            Column.VALUE: row.value,
        }
        return texts[column]

    def _tip(self, row: HeaderRow, column: Column) -> str:
        if column == Column.DIFFERS and row.path in self._differing:
            return "Not the same in all slices"
        if column == Column.NAME and row.keyword:
            return row.keyword
        return row.value if column == Column.VALUE else row.path


def _faint(colour: str, alpha: int) -> QBrush:
    made = QColor(colour)
    made.setAlpha(alpha)
    return QBrush(made)
