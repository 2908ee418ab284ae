"""A view under its title: what it shows, which image where that can be chosen, and buttons for its place."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from workstation.gui.fields import ElidedLabel
from workstation.gui.icons import icon
from workstation.gui.panels.panel import choice, fill_choice
from workstation.gui.viewport.slice_view import SliceView
from workstation.gui.viewport.volume_view import VolumeView
from workstation.view.slice_planes import ORIENTATIONS

TITLE_ICONS = "#aab0b8"
"""Titles lie on black in both themes."""

Entries = list[tuple[str, str]]


class ViewTitle(QWidget):
    """The thin line above a view. A double click gives the view the whole place or takes it back.

    image_chosen, orientation_chosen: of a view that can show others.
    """

    maximise_requested = Signal()
    window_requested = Signal()
    image_chosen = Signal(str)
    orientation_chosen = Signal(str)

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("view_title")
        self.setToolTip("Double click: this view alone, or all of them (space)")
        self.label = ElidedLabel()
        self.label.setText(text)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.images: QComboBox | None = None
        self.orientations: QComboBox | None = None
        self.button = self._tool("arrows-out-simple", f"Maximise the {text} view", "This view alone, or all (space)")
        self.button.clicked.connect(self.maximise_requested)
        self.window_button = self._tool("picture-in-picture", f"{text} in a window", "In a window of its own, or back")
        self.window_button.clicked.connect(self.window_requested)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 0, 2, 0)
        self._row.setSpacing(4)
        self._row.addWidget(self.label, 1)
        self._row.addWidget(self.window_button)
        self._row.addWidget(self.button)

    def _tool(self, picture: str, name: str, tip: str) -> QToolButton:
        button = QToolButton(self, autoRaise=True, focusPolicy=Qt.FocusPolicy.NoFocus)
        button.setIcon(icon(picture, TITLE_ICONS))
        button.setIconSize(QSize(14, 14))
        button.setAccessibleName(name)
        button.setToolTip(tip)
        return button

    def set_text(self, text: str) -> None:
        """What the view shows now."""
        self.label.setText(text)

    def offer(self, images: Entries, image: str, orientation: str) -> None:
        """Let another image ((text, key) entries, none for no choice) and another row of planes be chosen.

        orientation: the present one, "" for no choice.
        """
        if self.orientations is None:
            self.images, self.orientations = choice(), choice()
            self.images.setAccessibleName("Image in this view")
            self.orientations.setAccessibleName("Planes in this view")
            self.images.setMinimumContentsLength(14)
            self.orientations.setMinimumContentsLength(5)
            self._row.insertWidget(0, self.images)
            self._row.insertWidget(1, self.orientations)
            self.images.activated.connect(lambda _n: self.image_chosen.emit(self.images.currentData()))
            self.orientations.activated.connect(
                lambda _n: self.orientation_chosen.emit(self.orientations.currentData())
            )
        fill_choice(self.images, images, image)
        self.images.setVisible(bool(images))
        fill_choice(self.orientations, [(name, name) for name in ORIENTATIONS], orientation)
        self.orientations.setVisible(bool(orientation))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.maximise_requested.emit()


class ViewPane(QFrame):
    """A view under its title. caption: written there instead of the view's own title; "" for that."""

    def __init__(self, name: str, view: SliceView | VolumeView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.view = name, view
        self.caption = ""
        self.title = ViewTitle(view.title(), self)
        view.title_changed.connect(lambda _text: self.tell_title())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.title)
        column.addWidget(view, 1)

    def tell_title(self) -> None:
        """Write what the view shows above it."""
        self.title.set_text(self.caption or self.view.title())


class ViewWindow(QWidget):
    """A window that holds one view, on another monitor where there is one. closed: the view wants back."""

    closed = Signal(str)

    def __init__(self, pane: ViewPane, beside: QWidget) -> None:
        super().__init__(beside, Qt.WindowType.Window)
        self.pane = pane
        self.setObjectName("view_window")
        self.setWindowTitle(pane.name)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(pane)
        self.resize(900, 800)
        here = beside.screen()
        others = [screen for screen in QGuiApplication.screens() if screen is not here]
        if others:
            self.setGeometry(others[0].availableGeometry())

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closed.emit(self.pane.name)
        event.accept()
