"""A window beside the work: everything that is stored about an image, slice by slice, searched as one types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from workstation.dicom.image_header import HeaderSource, compare_headers, find_headers, read_header_at
from workstation.gui.fields import ElidedLabel, SliderField, label
from workstation.gui.header_model import Column, HeaderModel
from workstation.gui.jobs.runner import JobRunner
from workstation.gui.panels.panel import choice, fill_choice, plain, small
from workstation.gui.sentences import sentence_of
from workstation.gui.session import Session

if TYPE_CHECKING:
    from workstation.dicom.header_listing import HeaderListing
    from workstation.images.volume import Volume

SIZE_PX = (920, 720)
COLUMN_PX = {Column.DIFFERS: 24, Column.TAG: 104, Column.NAME: 300, Column.VR: 40}
READING, COMPARING = "header", "header comparison"


class SearchLine(QLineEdit):
    """stepped: 1 at Enter, -1 at Shift+Enter."""

    stepped = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setPlaceholderText("Find a tag, name or value")
        self.setAccessibleName("Find")
        self.setClearButtonEnabled(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on, and does not press the dialog's button."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.stepped.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        else:
            super().keyPressEvent(event)


class HeaderWindow(QDialog):
    """Does not block anything. `show_image` turns it to an image of the case."""

    def __init__(self, session: Session, runner: JobRunner, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._runner = session, runner
        self._volume: Volume | None = None
        self._source = HeaderSource()
        self._differing: frozenset[str] = frozenset()
        self.setWindowTitle("Image header")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*SIZE_PX)
        self.model = HeaderModel()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addLayout(self._top())
        self.place = ElidedLabel("muted")
        column.addWidget(self.place)
        column.addLayout(self._search_row())
        column.addWidget(self._table(), 1)
        self.note = label("", "caution", wrap=True)
        self.note.hide()
        column.addWidget(self.note)
        column.addLayout(self._bottom())
        session.images_changed.connect(self._list_images)
        self.finished.connect(self._stop)
        QShortcut(QKeySequence.StandardKey.Find, self, self.search.setFocus)
        self._list_images()
        self.search.setFocus()

    # ------------------------------------------------------------------ making

    def _top(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.images = choice()
        self.images.setAccessibleName("Image")
        self.images.activated.connect(lambda _index: self.show_image(self.images.currentData()))
        row.addWidget(self.images, 1)
        self.slice = SliderField("", 1, 1, "Slice")
        self._slice_place = QHBoxLayout()
        self._slice_place.addWidget(self.slice)
        row.addWidget(label("Slice", "muted"))
        row.addLayout(self._slice_place, 1)
        return row

    def _search_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        self.search = SearchLine()
        self.search.textChanged.connect(self._search)
        self.search.stepped.connect(self._step)
        self.found = label("", "muted")
        self.found.setMinimumWidth(self.fontMetrics().horizontalAdvance("No match at all"))
        self.previous = small("caret-up", "Previous match (Shift+Enter)", lambda: self._step(-1))
        self.next = small("caret-down", "Next match (Enter)", lambda: self._step(1))
        self.only_differing = QCheckBox("Only what differs between slices")
        self.only_differing.toggled.connect(lambda _on: self._mark())
        row.addWidget(self.search, 1)
        row.addWidget(self.previous)
        row.addWidget(self.next)
        row.addWidget(self.found)
        row.addWidget(self.only_differing)
        return row

    def _table(self) -> QTableView:
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setAccessibleName("Header")
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setWordWrap(False)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        header = self.table.horizontalHeader()
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(Column.DIFFERS, QHeaderView.ResizeMode.Fixed)
        header.setMinimumSectionSize(COLUMN_PX[Column.DIFFERS])
        for which, width in COLUMN_PX.items():
            self.table.setColumnWidth(which, width)
        self.table.setColumnWidth(Column.TAG, self.fontMetrics().horizontalAdvance("(0000,0000)") + 24)
        here = Qt.ShortcutContext.WidgetShortcut
        QShortcut(QKeySequence.StandardKey.Copy, self.table, self.copy_rows, context=here)
        return self.table

    def _bottom(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.copy = plain("Copy selected rows", self.copy_rows, "copy", "Onto the clipboard (Ctrl+C)")
        self.copy_everything = plain("Copy all", self.copy_all, "copy", "Every row that is shown, onto the clipboard")
        self.comparing = label("", "muted")
        for widget in (self.copy, self.copy_everything, self.comparing):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(plain("Close", self.close))
        return row

    # ------------------------------------------------------------------ which image, which slice

    def show_image(self, key: str) -> None:
        """Turn to an image of the case; what is open of another one is forgotten."""
        volume = self._session.case.images.get(key)
        if volume is None or volume is self._volume:
            return
        self._volume, self._source, self._differing = volume, HeaderSource(), frozenset()
        self._list_images()
        self.model.show_rows(())
        self._mark()
        self.comparing.setText("")
        self._say("")
        self._runner.start("Looking for headers", find_headers, volume, then=self._found, lane=READING)

    def _list_images(self) -> None:
        entries = [(self._session.image_name(key), key) for key in self._session.case.images]
        fill_choice(self.images, entries, self._volume.key if self._volume is not None else "")

    def _found(self, source: HeaderSource) -> None:
        if not isValid(self):
            return
        self._source = source
        self._make_slider(len(source.places))
        if not source.places:
            self.place.setText("")
            self.model.show_rows(source.known)
            self._say(source.note)
            self._tell_found()
            return
        self.slice.set_value(1 + self._slice_looked_at())
        self._read_slice()
        if len(source.places) > 1:
            self.comparing.setText("Comparing the slices…")
            self._runner.start(
                "Comparing headers", compare_headers, source.places, then=self._compared, failed=self._not_compared,
                lane=COMPARING,
            )  # fmt: skip

    def _make_slider(self, count: int) -> None:
        """A slider from 1 to the number of slices; there is nothing to slide for a single one."""
        self._slice_place.removeWidget(self.slice)
        self.slice.hide()
        self.slice.deleteLater()
        self.slice = SliderField("", 1, max(1, count), "Slice")
        self.slice.setEnabled(count > 1)
        self.slice.changed.connect(lambda _value: self._read_slice())
        self._slice_place.addWidget(self.slice)

    def _slice_looked_at(self) -> int:
        """The slice that the crosshair lies in or nearest to; the middle one where the image is not registered."""
        volume, case = self._volume, self._session.case
        positions = np.array([place.position_mm for place in self._source.places])
        planning = case.planning
        to_image = None
        if volume is not None and planning is not None:
            to_image = case.transform(planning.frame_of_reference_uid, volume.frame_of_reference_uid)
        if volume is None or (to_image is None and volume is not planning):
            return len(positions) // 2
        point = self._session.viewing.crosshair_mm
        point = point if to_image is None else to_image.apply(point)
        return int(np.argmin(np.abs(positions - float(point @ volume.grid.normal))))

    def _read_slice(self) -> None:
        number = round(self.slice.value()) - 1
        if not 0 <= number < len(self._source.places):
            return
        place = self._source.places[number]
        frame = "" if place.frame_number is None else f"frame {place.frame_number} of "
        self.place.setText(
            f"Slice {number + 1} of {len(self._source.places)}, {place.position_mm:+.1f} mm: {frame}{place.source.name}"
        )
        self._runner.start("Reading a header", read_header_at, place, then=self._read, lane=READING)

    def _read(self, listing: HeaderListing) -> None:
        if not isValid(self):
            return
        chosen = self.table.currentIndex()
        path = self.model.rows[chosen.row()].path if chosen.isValid() else ""
        scrolled = self.table.verticalScrollBar().value()
        self.model.show_rows(listing.rows)
        row = self.model.row_of(path)
        if row >= 0:
            self.table.selectRow(row)
        self.table.verticalScrollBar().setValue(scrolled)
        self._say(listing.note)
        self._tell_found()

    # ------------------------------------------------------------------ what differs

    def _compared(self, differing: frozenset[str]) -> None:
        if not isValid(self):
            return
        self._differing = differing
        self.comparing.setText(f"≠ marks {len(differing)} attributes that differ between slices")
        self._mark()

    def _not_compared(self, error: Exception) -> None:
        if isValid(self):
            self.comparing.setText(f"The slices could not be compared. {sentence_of(error)}")

    def _mark(self) -> None:
        known = bool(self._differing)
        self.only_differing.setEnabled(known)
        self.model.show_differing(self._differing, known and self.only_differing.isChecked())
        self._tell_found()

    # ------------------------------------------------------------------ searching

    def _search(self, text: str) -> None:
        self.model.search(text)
        current = self.table.currentIndex().row()
        if self.model.hits and current not in self.model.hits:
            self._go_to(next((n for n in self.model.hits if n >= max(current, 0)), self.model.hits[0]))
        self._tell_found()

    def _step(self, direction: int) -> None:
        """To the next (1) or previous (-1) match, from the end back to the beginning."""
        hits, current = self.model.hits, self.table.currentIndex().row()
        if not hits:
            return
        ahead = [n for n in hits if n > current] if direction > 0 else [n for n in reversed(hits) if n < current]
        self._go_to(ahead[0] if ahead else hits[0 if direction > 0 else -1])
        self._tell_found()

    def _go_to(self, row: int) -> None:
        self.table.selectRow(row)
        self.table.setCurrentIndex(self.model.index(row, Column.NAME))
        self.table.scrollTo(self.model.index(row, Column.TAG), QAbstractItemView.ScrollHint.EnsureVisible)

    def _tell_found(self) -> None:
        hits, current = self.model.hits, self.table.currentIndex().row()
        if not self.search.text().strip():
            words = f"{self.model.rowCount()} rows"
        elif not hits:
            words = "No match"
        elif current in hits:
            words = f"{hits.index(current) + 1} of {len(hits)}"
        else:
            words = f"{len(hits)} found"
        self.found.setText(words)
        for button in (self.previous, self.next):
            button.setEnabled(bool(hits))

    # ------------------------------------------------------------------ copying and leaving

    def copy_rows(self) -> None:
        """The selected rows onto the clipboard, columns with tabs between."""
        self._copy(sorted({index.row() for index in self.table.selectionModel().selectedRows()}))

    def copy_all(self) -> None:
        """Every row that is shown onto the clipboard."""
        self._copy(list(range(self.model.rowCount())))

    def _copy(self, rows: list[int]) -> None:
        if rows:
            QApplication.clipboard().setText("\n".join(self.model.text(row) for row in rows))

    def _say(self, sentence: str) -> None:
        self.note.setText(sentence)
        self.note.setVisible(bool(sentence))

    def _stop(self) -> None:
        """Nobody waits any more for what is being read."""
        for job in self._runner.jobs:
            if job.lane in (READING, COMPARING):
                self._runner.cancel(job)
