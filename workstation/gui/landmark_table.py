"""The list of pairs of landmarks: number, name, what is placed, and how far the pair ends apart after the fit."""

from __future__ import annotations

from dataclasses import replace
from enum import IntEnum

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from workstation.case.registration_commands import PutLandmark
from workstation.fusion.landmark_fit import LandmarkFit
from workstation.fusion.landmark_registration import tolerance_mm
from workstation.fusion.landmarks import LandmarkPair
from workstation.gui.session import Session
from workstation.gui.theme import current_theme

ROW_PX, MOST_ROWS = 26, 8
PLACED, MISSING, WORST = "✓", "–", "▲"
_OWN_KEYS = (Qt.Key.Key_F2, Qt.Key.Key_Delete)


class Column(IntEnum):
    """From left to right."""

    NUMBER = 0
    NAME = 1
    FIXED = 2
    MOVING = 3
    ERROR = 4


HEADERS = {
    Column.NUMBER: ("", "What the pair is called in the views"),
    Column.NAME: ("Name", "The anatomy in words; a double click changes it"),
    Column.FIXED: ("Fixed", "Whether it is placed on the planning image"),
    Column.MOVING: ("Moving", "Whether it is placed on the image to register"),
    Column.ERROR: ("mm", "How far the pair ends apart when all are fitted; ▲ the furthest"),
}
_WIDTHS_PX = {Column.NUMBER: 26, Column.FIXED: 46, Column.MOVING: 54, Column.ERROR: 58}


class LandmarkTable(QTableWidget):
    """The list. A double click names a pair, or, beside the name, goes to it; Delete deletes it."""

    def __init__(self, session: Session) -> None:
        super().__init__(0, len(Column))
        self._session, self._filling = session, False
        self.setAccessibleName("Pairs of landmarks")
        for column, (text, tip) in HEADERS.items():
            item = QTableWidgetItem(text)
            item.setToolTip(tip)
            self.setHorizontalHeaderItem(column, item)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_PX)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(20)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        for column, width_px in _WIDTHS_PX.items():
            # large type needs more room than the least
            needed = header.fontMetrics().horizontalAdvance(HEADERS[column][0]) + 14
            self.setColumnWidth(column, max(width_px, needed))
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.currentCellChanged.connect(self._choose)
        self.cellDoubleClicked.connect(self._go_to)
        self.itemChanged.connect(self._renamed)

    def identifier(self, row: int) -> str:
        """Of the pair in a row, "" where there is none."""
        item = self.item(row, Column.NUMBER)
        return "" if item is None else str(item.data(Qt.ItemDataRole.UserRole))

    def show_pairs(self, pairs: tuple[LandmarkPair, ...], fit: LandmarkFit | None) -> None:
        """List pairs in their order; fit: of the complete ones among them."""
        self._filling = True
        errors = iter(() if fit is None else fit.errors_mm.tolist())
        worst = None if fit is None else float(fit.errors_mm.max())
        self.setRowCount(len(pairs))
        for row, pair in enumerate(pairs):
            error = next(errors, None) if pair.complete else None
            mark = f"{WORST} " if error is not None and error == worst and len(pairs) > 3 and error > 0.05 else ""
            texts = (
                str(pair.number), pair.name, PLACED if pair.fixed_mm is not None else MISSING,
                PLACED if pair.moving_mm is not None else MISSING, "" if error is None else f"{mark}{error:.1f}",
            )  # fmt: skip
            for column, text in zip(Column, texts, strict=True):
                self._put(row, column, text, pair, error)
        chosen = [n for n, pair in enumerate(pairs) if pair.identifier == self._session.desk.landmarking.selected]
        if chosen and chosen[0] != self.currentRow():
            self.setCurrentCell(chosen[0], max(self.currentColumn(), 0))
        elif not chosen:
            self.setCurrentCell(-1, -1)
        self.setFixedHeight(ROW_PX * (min(len(pairs), MOST_ROWS) + 1) + 6)
        self._filling = False

    def _put(self, row: int, column: Column, text: str, pair: LandmarkPair, error_mm: float | None) -> None:
        item = self.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            self.setItem(row, column, item)
        item.setText(text)
        item.setData(Qt.ItemDataRole.UserRole, pair.identifier)
        editable = Qt.ItemFlag.ItemIsEditable if column == Column.NAME else Qt.ItemFlag.NoItemFlags
        item.setFlags(Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | editable)
        item.setForeground(QColor(self._color(error_mm if column == Column.ERROR else None)))
        item.setToolTip(text if column == Column.NAME else HEADERS[column][1])
        right = Qt.AlignmentFlag.AlignRight if column == Column.ERROR else Qt.AlignmentFlag.AlignHCenter
        if column != Column.NAME:
            item.setTextAlignment(right | Qt.AlignmentFlag.AlignVCenter)

    def _color(self, error_mm: float | None) -> str:
        """Within half of what a target may be off, within all of it, beyond."""
        theme, placing = current_theme(), self._session.desk.placing
        if error_mm is None or placing.fixed is None or placing.moving is None:
            return theme.text
        limit = tolerance_mm(placing.fixed, placing.moving)
        return theme.good if error_mm <= limit / 2 else theme.caution if error_mm <= limit else theme.danger

    def event(self, event: QEvent) -> bool:
        """Delete and F2 are the list's own while it has the keyboard."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _OWN_KEYS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete deletes, F2 renames; letters belong to the window: there is no search by typing here."""
        editing = self.state() == QAbstractItemView.State.EditingState
        if event.key() == Qt.Key.Key_Delete and not editing:
            self._session.attempt(self._session.desk.landmarking.remove_selected)
        elif event.key() == Qt.Key.Key_F2 and not editing and self.currentRow() >= 0:
            self.editItem(self.item(self.currentRow(), Column.NAME))
        elif event.text().isalpha() and not editing:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _choose(self, row: int, _column: int, _old_row: int, _old_column: int) -> None:
        if not self._filling and row >= 0:
            self._session.desk.landmarking.selected = self.identifier(row)

    def _go_to(self, row: int, column: int) -> None:
        if column != Column.NAME:
            self._session.desk.landmarking.look_at(self.identifier(row))

    def _renamed(self, item: QTableWidgetItem) -> None:
        if self._filling or item.column() != Column.NAME:
            return
        pair = self._session.case.landmarks.get(self.identifier(item.row()))
        if pair is not None and pair.name != item.text().strip():
            self._session.do(PutLandmark(replace(pair, name=item.text().strip())))
