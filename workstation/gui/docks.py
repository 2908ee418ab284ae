"""The views with panels around them: each panel can be moved, tabbed, floated and closed, and comes back."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QSizePolicy,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workstation.gui.fields import ElidedLabel
from workstation.gui.glyph_label import GlyphLabel
from workstation.gui.icons import icon

log = logging.getLogger(__name__)

TITLE_PX = 24
ICON_PX = 14
STATE_VERSION = 1
"""Raised when a kept arrangement would no longer make sense; one of another version is ignored."""

AREAS = {
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "top": Qt.DockWidgetArea.TopDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}


class DockTitle(QFrame):
    """The quiet line that a panel is dragged by: its name, what the panel adds, float, close."""

    def __init__(self, dock: Dock, picture: str) -> None:
        super().__init__(dock)
        self.setObjectName("dockTitle")
        self.setMinimumHeight(TITLE_PX)
        self.setToolTip("Drag to another side, onto another panel, or out of the window; double click floats it")
        self._dock = dock
        self.text = ElidedLabel("dock")
        self.text.setText(dock.windowTitle())
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 0, 4, 0)
        self._row.setSpacing(4)
        self._row.addWidget(GlyphLabel(picture, ICON_PX, "muted"))
        self._row.addSpacing(2)
        self._row.addWidget(self.text, 1)
        self.float_button = self._button("arrow-square-out", "Float", self._toggle_floating)
        self.close_button = self._button("x", "Close", dock.close)
        dock.windowTitleChanged.connect(self.text.setText)
        dock.topLevelChanged.connect(self._show_floating)

    def add(self, widget: QWidget) -> None:
        """Put something of the panel's own before the buttons."""
        self._row.insertWidget(self._row.indexOf(self.float_button), widget)

    def _button(self, picture: str, word: str, run: Callable[[], object]) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(picture, "muted"))
        button.setIconSize(QSize(ICON_PX, ICON_PX))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolTip(f"{word} this panel")
        button.setAccessibleName(f"{word} {self._dock.windowTitle()}")
        button.clicked.connect(run)
        self._row.addWidget(button)
        return button

    def _toggle_floating(self) -> None:
        self._dock.setFloating(not self._dock.isFloating())

    def _show_floating(self, floating: bool) -> None:
        self.float_button.setIcon(icon("arrow-square-in" if floating else "arrow-square-out", "muted"))
        self.float_button.setToolTip("Put this panel back" if floating else "Float this panel")


class Dock(QDockWidget):
    """One panel. Its content is made when it is first shown; `content` makes it at once.

    content_made: the content is there now.
    """

    content_made = Signal()

    def __init__(self, name: str, title: str, picture: str, make: Callable[[], QWidget], size: QSize) -> None:
        super().__init__(title)
        self.name = name
        self.setObjectName(f"dock_{name}")
        self._make = make
        self._content: QWidget | None = None
        self.holder = Holder(size)
        self.setWidget(self.holder)
        self.title = DockTitle(self, picture)
        self.setTitleBarWidget(self.title)
        self.visibilityChanged.connect(self._visibility_changed)

    @property
    def content(self) -> QWidget:
        """What the panel shows, made now if need be."""
        if self._content is None:
            self._content = self._make()
            self.holder.fill(self._content)
            self.content_made.emit()
        return self._content

    @property
    def in_front(self) -> bool:
        """Whether it can be seen: not closed, and no other tab over it."""
        return not self.isHidden() and not self.visibleRegion().isEmpty()

    def _visibility_changed(self, visible: bool) -> None:
        if visible and self._content is None:
            QTimer.singleShot(0, self, lambda: self.content)  # the window is painted first

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._pass_on(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        self._pass_on(event)

    def _pass_on(self, event: QKeyEvent) -> None:
        """A floating panel is a window of its own; the keys that are held belong to the window that it came from."""
        area = self.parentWidget()
        window = area.window() if area is not None and self.isFloating() else None
        if window is None or window is self:
            event.ignore()
        elif event.type() == QEvent.Type.KeyPress:
            window.keyPressEvent(event)
        else:
            window.keyReleaseEvent(event)


class Holder(QFrame):
    """Gives a content its room before it is made. size: wanted at first."""

    def __init__(self, size: QSize) -> None:
        super().__init__()
        self.setObjectName("dockContent")
        self._size = size
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def fill(self, content: QWidget) -> None:
        """Show a content."""
        self._column.addWidget(content)

    def sizeHint(self) -> QSize:
        return self._size


class DockArea(QMainWindow):
    """A middle and the panels around it. changed: a panel was shown, closed, raised, moved or floated."""

    changed = Signal()

    def __init__(self, middle: QWidget) -> None:
        super().__init__(None, Qt.WindowType.Widget)
        self.setObjectName("dockArea")
        self.setCentralWidget(middle)
        self.setDockOptions(QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.AllowTabbedDocks)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        for corner, side in (
            (Qt.Corner.TopRightCorner, "right"),
            (Qt.Corner.BottomRightCorner, "right"),
            (Qt.Corner.TopLeftCorner, "left"),
            (Qt.Corner.BottomLeftCorner, "left"),
        ):
            self.setCorner(corner, AREAS[side])
        self.docks: dict[str, Dock] = {}
        self._first: dict[str, tuple[str, str, bool]] = {}
        self._waiting: QByteArray | None = None
        self._settled = False
        self._lent: dict[str, tuple[int, int, int]] = {}
        """Widths in px: a panel's own, the one that it was lent, and the one until Qt has laid it out."""

    def add(self, dock: Dock, area: str, onto: str = "", shown: bool = True) -> None:
        """Put a panel in. onto: the panel that it is a tab of at first, "" for a place of its own."""
        self.docks[dock.name] = dock
        self._first[dock.name] = (area, onto, shown)
        self._place(dock)
        for signal in (dock.visibilityChanged, dock.topLevelChanged, dock.dockLocationChanged):
            signal.connect(lambda _value: self.changed.emit())

    def _place(self, dock: Dock) -> None:
        area, onto, shown = self._first[dock.name]
        self.addDockWidget(AREAS[area], dock)
        if onto:
            self.tabifyDockWidget(self.docks[onto], dock)
        dock.setVisible(shown)

    def reset(self) -> None:
        """Every panel where it was before anybody moved one."""
        for dock in self.docks.values():
            dock.setFloating(False)  # Qt leaves one that floats where it is
        for dock in self.docks.values():
            self.removeDockWidget(dock)
        for dock in self.docks.values():
            self._place(dock)
        self._share_out()
        for name, (_area, onto, _shown) in self._first.items():
            if not onto and not self.docks[name].isHidden():
                self.docks[name].raise_()
        self.changed.emit()

    def _share_out(self) -> None:
        """Give the panels the sizes that they want at first."""
        docks = [dock for name, dock in self.docks.items() if not self._first[name][1]]
        for side, direction in (("width", Qt.Orientation.Horizontal), ("height", Qt.Orientation.Vertical)):
            self.resizeDocks(docks, [getattr(dock.holder.sizeHint(), side)() for dock in docks], direction)

    def show_dock(self, name: str) -> QWidget:
        """Bring a panel to the front, made now if need be; its content."""
        dock = self.docks[name]
        content = dock.content
        dock.show()
        dock.raise_()
        return content

    def make_room(self, name: str, needed_px: int, before_px: int) -> None:
        """Lend a panel the width that it needs, and take it back when it needs it no more.

        before_px: how wide it was before it needed that (Qt may have made it wider already).
        """
        dock = self.docks[name]
        if not self._settled or dock.isFloating() or dock.isHidden():
            return
        own, *passing = self._lent.get(name, (before_px, before_px, before_px))
        if before_px not in passing:
            own = before_px  # a person has given it this width meanwhile
        wanted = max(own, needed_px)
        self._lent[name] = (own, wanted, dock.width())
        if wanted != dock.width():
            self.resizeDocks([dock], [wanted], Qt.Orientation.Horizontal)

    # ------------------------------------------------------------------ keeping

    def kept(self) -> QByteArray:
        """Where everything lies, to be restored later."""
        return self._waiting if self._waiting is not None else self.saveState(STATE_VERSION)

    def restore(self, state: QByteArray) -> None:
        """Put everything where it was, as soon as there is room; what can't be read is ignored."""
        self._waiting = state
        if self._settled:
            self._settle()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._settled:
            self._settled = True
            self._share_out()
            self._settle()

    def _settle(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not self.restoreState(waiting, STATE_VERSION):
            log.info("the kept arrangement of the panels is of another version")
