"""The structure list, always in sight: colour, name, volume, state, eye and lock of every structure."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QColor, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QHBoxLayout,
    QMenu,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workstation.case.commands import ChangeStructure, RemoveStructure
from workstation.gui.fields import label
from workstation.gui.icons import icon
from workstation.gui.row_list import lay_out_rows
from workstation.gui.session import Session
from workstation.gui.structure_delegate import ROW_HEIGHT_PX, StructureDelegate
from workstation.gui.structure_model import Column, StructureModel

_WIDTHS = {Column.COLOUR: 28, Column.VOLUME: 84, Column.STATE: 26, Column.EYE: 28, Column.LOCK: 28}


class StructureTable(QTableView):
    """The table itself: one click on a symbol switches it, a double click looks at the structure."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.rows = StructureModel(session, self)
        self.setModel(self.rows)
        self.setItemDelegate(StructureDelegate(session, self))
        self.setMouseTracking(True)
        lay_out_rows(self, "Structures", ROW_HEIGHT_PX, _WIDTHS, Column.NAME)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Letters belong to the window (H held hides all contours): there is no search by typing here."""
        if event.text().isalpha() and self.state() != QAbstractItemView.State.EditingState:
            event.ignore()
        else:
            super().keyPressEvent(event)


class StructureList(QWidget):
    """Title, table and what stands there while there is nothing. looked_at: centre the views on a structure."""

    looked_at = Signal(str)

    def __init__(self, session: Session, actions: dict[str, QAction]) -> None:
        super().__init__()
        self._session = session
        self._actions = actions
        self.table = StructureTable(session)
        self.model = self.table.rows
        self._model_name = label("", "muted")
        teach = "Structures appear here with their volumes. Make the first one with + above."
        self._empty = label(teach, "muted", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        self.header = self._title()
        layout.addWidget(self._empty)
        layout.addWidget(self.table, 1)
        layout.addStretch()  # takes the room while there is no table
        self._empty.setContentsMargins(16, 0, 16, 8)
        self.table.clicked.connect(self._clicked)
        self.table.doubleClicked.connect(self._double_clicked)
        self.table.customContextMenuRequested.connect(self.show_menu)
        self.table.selectionModel().currentChanged.connect(lambda index, _old: self._make_active(index))
        session.listing_changed.connect(self._refresh)
        session.active_changed.connect(self._show_active)
        session.history_changed.connect(self._refresh)
        self._refresh()

    def _title(self) -> QWidget:
        """For the title bar of the panel: the surface model, and the button that makes a structure."""
        header = QWidget()
        row = QHBoxLayout(header)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._model_name)
        add = QToolButton()
        add.setDefaultAction(self._actions["new_structure"])
        row.addWidget(add)
        return header

    def _refresh(self) -> None:
        model = self._session.case.surface_model
        self._model_name.setText(model)
        self._model_name.setToolTip(
            f"Volumes use the surface model “{model}”: what lies between two drawn slices and beyond the last one. "
            "It is chosen in Review."
        )
        empty = not self._session.case.structures
        self._empty.setVisible(empty)
        self.table.setVisible(not empty)
        self._show_active()

    def _show_active(self) -> None:
        row = self.model.row_of(self._session.desk.active or "")
        if row >= 0 and self.table.currentIndex().row() != row:
            self.table.setCurrentIndex(self.model.index(row, Column.NAME))
        self.table.viewport().update()

    def _make_active(self, index: QModelIndex) -> None:
        identifier = self.model.identifier(index.row())
        if identifier and identifier != self._session.desk.active:
            self._session.desk.active = identifier

    def _clicked(self, index: QModelIndex) -> None:
        structure = self.model.structure(index)
        if structure is None:
            return
        if index.column() == Column.EYE:
            viewing = self._session.viewing
            viewing.set_visible(structure.identifier, not viewing.visible(structure.identifier))
        elif index.column() == Column.LOCK:
            self._session.do(ChangeStructure(structure.identifier, locked=not structure.locked))
        elif index.column() == Column.COLOUR:
            self.choose_colour(structure.identifier)

    def _double_clicked(self, index: QModelIndex) -> None:
        if index.column() in (Column.NAME, Column.VOLUME):
            self.looked_at.emit(self.model.identifier(index.row()))

    def rename(self, identifier: str) -> None:
        """Open the name of a structure for editing where it stands."""
        row = self.model.row_of(identifier)
        structure = self._session.case.structures.get(identifier)
        if row < 0 or structure is None:
            return
        if structure.locked:
            self._session.refused.emit(f"{structure.name} is locked: unlock it in the structure list to rename it")
            return
        self.table.setFocus()
        self.table.edit(self.model.index(row, Column.NAME))

    def choose_colour(self, identifier: str) -> None:
        """Ask for another colour; the change can be undone."""
        structure = self._session.case.structures[identifier]
        dialog = QColorDialog(QColor(*structure.color), self)
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.setWindowTitle(f"Colour of {structure.name}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(
            lambda c: self._session.do(ChangeStructure(identifier, color=(c.red(), c.green(), c.blue())))
        )
        dialog.open()

    def show_menu(self, place: QPoint) -> None:
        """The context menu of the structure under the pointer."""
        structure = self.model.structure(self.table.indexAt(place))
        if structure is not None:
            menu = self.menu_for(structure.identifier)
            menu.popup(self.table.viewport().mapToGlobal(place))

    def menu_for(self, identifier: str) -> QMenu:
        """What can be done with a structure."""
        structure = self._session.case.structures[identifier]
        self._session.desk.active = identifier
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self._actions["centre"])
        menu.addAction(icon("pencil-simple"), "Rename", lambda: self.rename(identifier))
        menu.addAction(icon("palette"), "Colour…", lambda: self.choose_colour(identifier))
        menu.addAction(icon("eye"), "Show only this", lambda: self._show_only(identifier))
        menu.addAction(icon("eye"), "Show all", lambda: self._show_only(""))
        menu.addSeparator()
        word = "Unlock" if structure.locked else "Lock"
        menu.addAction(
            icon("lock-simple"),
            word,
            lambda: self._session.do(ChangeStructure(identifier, locked=not structure.locked)),
        )
        menu.addAction(icon("trash"), "Delete", lambda: self._session.do(RemoveStructure(identifier)))
        return menu

    def _show_only(self, identifier: str) -> None:
        for key in self._session.case.structures:
            self._session.viewing.set_visible(key, not identifier or key == identifier)
