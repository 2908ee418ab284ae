"""Axial, sagittal, coronal and 3D side by side, each of which can have the whole place to itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSplitter, QToolButton, QVBoxLayout, QWidget

from workstation.gui.viewing import Viewing
from workstation.gui.viewport.slice_view import SliceView
from workstation.gui.viewport.volume_view import VolumeView
from workstation.view.outlines import Outlines
from workstation.view.slice_planes import ORIENTATIONS

if TYPE_CHECKING:
    from workstation.case.case import Case
    from workstation.editing.desk import Desk

GAP = 2
VOLUME = "volume"


class ViewTitle(QWidget):
    """The thin line above a view: what it shows, and a button that gives it the whole place or takes it back."""

    maximise_requested = Signal()

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("view_title")
        self.setToolTip("Double click: this view alone, or all of them (space)")
        self.label = QLabel(text, self)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.button = QToolButton(self, text="⤢", autoRaise=True, focusPolicy=Qt.FocusPolicy.NoFocus)
        self.button.setAccessibleName(f"Maximise the {text} view")
        self.button.setToolTip("This view alone, or all of them (space)")
        self.button.clicked.connect(self.maximise_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 2, 0)
        row.addWidget(self.label, 1)
        row.addWidget(self.button)

    def set_text(self, text: str) -> None:
        """What the view shows now."""
        self.label.setText(text)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.maximise_requested.emit()


class ViewPane(QFrame):
    """A view under its title."""

    def __init__(self, name: str, view: SliceView | VolumeView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.view = name, view
        self.title = ViewTitle(view.title(), self)
        view.title_changed.connect(self.title.set_text)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.title)
        column.addWidget(view, 1)


class ViewGrid(QWidget):
    """Two by two views with movable borders. `views` holds them by name: "axial", "sagittal", "coronal", "volume"."""

    hovered = Signal(object)
    """A `Readout` of the view that the cursor is in, or None."""
    maximised_changed = Signal(str)
    """Name of the view that has the whole place, "" for all of them."""

    def __init__(self, case: Case, viewing: Viewing, desk: Desk | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewing, self.desk = viewing, desk
        self._tool = viewing.tool
        self.outlines = Outlines(case)
        self.destroyed.connect(self.outlines.stop)
        self.panes: dict[str, ViewPane] = {}
        for name in ORIENTATIONS:
            view = SliceView(case, viewing, desk, name, self.outlines)
            view.hovered.connect(self.hovered)
            self.panes[name] = ViewPane(name, view)
        self.panes[VOLUME] = ViewPane(VOLUME, VolumeView(case, viewing))
        self._maximised = ""
        for pane in self.panes.values():
            self._listen(pane)
        self._lay_out()
        viewing.tool_changed.connect(self._tool_changed)

    @property
    def views(self) -> dict[str, SliceView | VolumeView]:
        """The views by name."""
        return {name: pane.view for name, pane in self.panes.items()}

    @property
    def maximised(self) -> str:
        """Name of the view that has the whole place, "" for all of them."""
        return self._maximised

    def maximise(self, name: str) -> None:
        """Give one view the whole place; "", or the one that has it already, brings all of them back."""
        wanted = "" if name == self._maximised else name
        if wanted and wanted not in self.panes:
            raise KeyError(f"There is no view called {name!r}")
        self._maximised = wanted
        for each, pane in self.panes.items():
            pane.setVisible(not wanted or each == wanted)
        self._upper.setVisible(not wanted or wanted in ("axial", "sagittal"))
        self._lower.setVisible(not wanted or wanted in ("coronal", VOLUME))
        self.maximised_changed.emit(wanted)

    def fit(self) -> None:
        """Every view shows the whole image again."""
        for view in self.views.values():
            view.fit()

    def centre_on(self, point_mm: object) -> None:
        """Move the crosshair to a patient point (3,) and bring it to the middle of every view."""
        self.viewing.crosshair_mm = point_mm
        for name in ORIENTATIONS:
            self.panes[name].view.centre_on(point_mm)

    def _lay_out(self) -> None:
        self._upper, self._lower, whole = (
            QSplitter(Qt.Orientation.Horizontal),
            QSplitter(Qt.Orientation.Horizontal),
            QSplitter(Qt.Orientation.Vertical),
        )
        for splitter, names in ((self._upper, ("axial", "sagittal")), (self._lower, ("coronal", VOLUME))):
            for name in names:
                splitter.addWidget(self.panes[name])
        whole.addWidget(self._upper)
        whole.addWidget(self._lower)
        for splitter in (self._upper, self._lower, whole):
            splitter.setHandleWidth(GAP)
            splitter.setChildrenCollapsible(False)
            splitter.setSizes([1000, 1000])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(whole)

    def _listen(self, pane: ViewPane) -> None:
        pane.title.maximise_requested.connect(lambda: self.maximise(pane.name))
        pane.view.maximise_requested.connect(lambda: self.maximise(pane.name))

    def _tool_changed(self) -> None:
        """What the tool that was put down had half done is dropped."""
        if self._tool is not None and self.desk is not None:
            self._tool.cancel(self.desk)
        self._tool = self.viewing.tool
