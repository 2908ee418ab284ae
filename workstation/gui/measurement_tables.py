"""The two tables of the panel of measurements: the list of them, and the figures of one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QTableWidget, QTableWidgetItem

from workstation.case.measurement_commands import RemoveMeasurement
from workstation.gui.measurement_figures import ROWS, RULES, Figures
from workstation.gui.measurement_model import Column, MeasurementModel
from workstation.gui.row_list import lay_out_rows
from workstation.gui.session import Session
from workstation.images.volume import Volume

ROW_PX = 28
FIGURE_ROW_PX = 22
FIGURE_PX = 76
_WIDTHS = {Column.COLOUR: 24, Column.VALUE: 84, Column.EYE: 28, Column.DELETE: 28}
_OWN_KEYS = (Qt.Key.Key_F2, Qt.Key.Key_Delete)


class MeasurementTable(QTableView):
    """The list: a click on a symbol switches it, a double click looks at the measurement, F2 renames it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.rows = MeasurementModel(session, self)
        self.setModel(self.rows)
        lay_out_rows(self, "Measurements", ROW_PX, _WIDTHS, Column.NAME)
        self.clicked.connect(self._clicked)
        self.doubleClicked.connect(self._double_clicked)

    def chosen(self) -> str:
        """Identifier of the row that is marked."""
        return self.rows.identifier(self.currentIndex().row())

    def rename(self, identifier: str) -> None:
        """Open a name for editing where it stands."""
        row = self.rows.row_of(identifier)
        if row >= 0:
            self.setFocus()
            self.edit(self.rows.index(row, Column.NAME))

    def event(self, event: QEvent) -> bool:
        """F2 renames what is chosen here, and no structure."""
        if event.type() == QEvent.Type.ShortcutOverride and event.key() in _OWN_KEYS and self.chosen():
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete deletes, F2 renames; letters belong to the window: there is no search by typing here."""
        editing = self.state() == QAbstractItemView.State.EditingState
        if event.key() == Qt.Key.Key_Delete and not editing and self.chosen():
            self._session.do(RemoveMeasurement(self.chosen()))
        elif event.key() == Qt.Key.Key_F2 and not editing:
            self.rename(self.chosen())
        elif event.text().isalpha() and not editing:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _clicked(self, index: QModelIndex) -> None:
        identifier = self.rows.identifier(index.row())
        if index.column() == Column.EYE:
            viewing = self._session.viewing
            viewing.set_visible(identifier, not viewing.visible(identifier))
        elif index.column() == Column.DELETE:
            self._session.do(RemoveMeasurement(identifier))

    def _double_clicked(self, index: QModelIndex) -> None:
        if index.column() in (Column.COLOUR, Column.NAME, Column.VALUE):
            self.look_at(self.rows.identifier(index.row()))

    def look_at(self, identifier: str) -> None:
        """Bring a measurement to the middle of the views."""
        if identifier and not self._session.desk.measuring.look_at(identifier):
            self._session.refused.emit("Nothing says where that measurement lies in the planning image: register first")


class FigureTable(QTableWidget):
    """Figures line by line: what it is, then one column for each image."""

    def __init__(self) -> None:
        super().__init__(len(ROWS), 1)
        self.setFrameShape(QTableWidget.Shape.NoFrame)
        self.setShowGrid(False)
        self.setAccessibleName("Figures")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(FIGURE_ROW_PX)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        header.setMinimumSectionSize(FIGURE_PX)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setColumnWidth(0, FIGURE_PX)
        self.setHorizontalHeaderItem(0, QTableWidgetItem(""))
        for row, (name, _) in enumerate(ROWS):
            self.setItem(row, 0, QTableWidgetItem(name))

    def show_figures(self, figures: Figures, images: list[Volume], names: dict[str, str], waiting: str) -> None:
        """Fill the table. waiting: stands where figures are still to come."""
        self.setColumnCount(1 + len(images))
        for column, image in enumerate(images, start=1):
            head = QTableWidgetItem(names[image.key])
            head.setToolTip(image.description)
            self.setHorizontalHeaderItem(column, head)
            found = figures.get(image.key)
            for row, (_, words) in enumerate(ROWS):
                item = QTableWidgetItem(words(found) if found is not None else (waiting if row == 0 else ""))
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                if found is not None:
                    item.setToolTip(RULES.get(found.rule, ""))
                self.setItem(row, column, item)
        bar = self.horizontalScrollBar().sizeHint().height() if len(images) > 3 else 0
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + FIGURE_ROW_PX * len(ROWS) + bar + 4)

    def rows(self) -> list[list[str]]:
        """As text, the images' names first."""
        columns = range(self.columnCount())
        head = [self.horizontalHeaderItem(column).text() for column in columns]
        return [head, *([self.item(row, column).text() for column in columns] for row in range(self.rowCount()))]
