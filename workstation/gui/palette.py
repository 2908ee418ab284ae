"""Ctrl+Shift+P: every action by its name, with its keys, and with the reason where it can't be run now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from workstation.gui.fields import label
from workstation.gui.palette_entries import Entry, entries_of
from workstation.gui.palette_search import found
from workstation.gui.theme import current_theme, text_scale

if TYPE_CHECKING:
    from workstation.gui.main_window import MainWindow

WIDTH_PX, HEIGHT_PX = 640, 420
GAP_PX, PAD_PX, ICON_PX = 8, 12, 18
ENTRY = Qt.ItemDataRole.UserRole
REMEMBERED = 12
"""How many actions come first because they were used last."""

Index = QModelIndex | QPersistentModelIndex


class Entries(QAbstractListModel):
    """The entries that are found, best first."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: list[Entry] = []

    def show(self, rows: list[Entry]) -> None:
        """Other rows."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.rows[index.row()]
        if role == ENTRY:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return entry.reason or entry.keys
        return None


class Line(QStyledItemDelegate):
    """Icon, title, where it lies; at the right its keys, or why it can't be run."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, option.fontMetrics.height() + 14)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Entry = index.data(ENTRY)
        theme = current_theme()
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(option.palette.brush(option.palette.ColorRole.Light))
            painter.drawRoundedRect(option.rect.adjusted(1, 0, -1, 0), 4, 4)
        room = option.rect.adjusted(PAD_PX - 4, 0, -PAD_PX + 4, 0)
        self._icon(painter, entry, room)
        room.setLeft(room.left() + ICON_PX + GAP_PX)
        shown = theme.disabled if entry.reason else theme.text
        right = entry.reason or entry.keys
        taken = _draw(painter, option, room, right, theme.caution if entry.reason else theme.muted, to_right=True)
        room.setRight(room.right() - taken - (2 * GAP_PX if taken else 0))
        taken = _draw(painter, option, room, entry.title, shown)
        room.setLeft(room.left() + taken + GAP_PX)
        _draw(painter, option, room, entry.place, theme.disabled if entry.reason else theme.muted)
        painter.restore()

    def _icon(self, painter: QPainter, entry: Entry, room: QRect) -> None:
        if entry.icon is None or entry.icon.isNull():
            return
        mode = entry.icon.Mode.Disabled if entry.reason else entry.icon.Mode.Normal
        where = QRect(room.left(), room.center().y() - ICON_PX // 2, ICON_PX, ICON_PX)
        entry.icon.paint(painter, where, Qt.AlignmentFlag.AlignCenter, mode)


def _draw(
    painter: QPainter, option: QStyleOptionViewItem, room: QRect, text: str, colour: str, to_right: bool = False
) -> int:
    """Draw a text in its room; returns the width in px that it took."""
    metrics: QFontMetrics = option.fontMetrics
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, room.width()))
    side = Qt.AlignmentFlag.AlignRight if to_right else Qt.AlignmentFlag.AlignLeft
    painter.setPen(colour)
    painter.drawText(room, int(side | Qt.AlignmentFlag.AlignVCenter), shown)
    return metrics.horizontalAdvance(shown)


class Palette(QFrame):
    """A list over the window that goes when something is chosen, Esc is pressed, or the eye goes elsewhere."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._before: QWidget | None = None
        self._entries: list[Entry] = []
        self.setObjectName("palette")
        self.line = QLineEdit()
        self.line.setPlaceholderText("Find an action, a structure or a window preset")
        self.line.setAccessibleName("Find an action")
        self.line.setClearButtonEnabled(True)
        self.model = Entries(self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(Line(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("What was found")
        self.list.clicked.connect(lambda index: self._choose(index.data(ENTRY)))
        self.nothing: QLabel = label("", "muted")
        self.nothing.setContentsMargins(PAD_PX, 4, PAD_PX, 8)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.line)
        column.addWidget(self.list, 1)
        column.addWidget(self.nothing)
        self.line.textChanged.connect(self._search)
        self.line.installEventFilter(self)
        window.installEventFilter(self)
        self.hide()

    @property
    def current(self) -> Entry | None:
        """The entry that Enter runs."""
        entry = self.list.currentIndex().data(ENTRY)
        return entry if isinstance(entry, Entry) else None

    def open(self) -> None:
        """Come up, with what was used last in front."""
        self._before = self._window.focusWidget()
        self._entries = entries_of(self._window)
        self.line.clear()
        self._search("")
        self._place()
        self._window.activateWindow()  # the keys may have been pressed in a panel that floats
        self.show()
        self.raise_()
        self.line.setFocus(Qt.FocusReason.PopupFocusReason)

    def leave(self) -> None:
        """Go, and give the keyboard back to whoever had it."""
        if self.isHidden():
            return
        self.hide()
        if self._before is not None:
            self._before.setFocus()
        self._before, self._entries = None, []

    def _place(self) -> None:
        top = self._window.menuWidget().height() + GAP_PX
        width = min(round(WIDTH_PX * text_scale()), self._window.width() - 2 * GAP_PX)
        height = min(HEIGHT_PX, self._needed_height(), self._window.height() - top - 2 * GAP_PX)
        self.setGeometry((self._window.width() - width) // 2, top, width, height)

    def _needed_height(self) -> int:
        """Of the line and of what was found: an empty sheet would hide the image for nothing."""
        rows = len(self.model.rows)
        below = rows * self.list.sizeHintForRow(0) + 2 if rows else self.nothing.sizeHint().height()
        margins = self.layout().contentsMargins()
        return self.line.sizeHint().height() + below + 2 * self.layout().spacing() + margins.top() + margins.bottom()

    def _search(self, text: str) -> None:
        rows = found(self._entries, text, self._used())
        self.model.show(rows)
        self.nothing.setText(f"Nothing is called “{text}”." if not rows else "")
        self.nothing.setVisible(not rows)
        if rows:
            self.list.setCurrentIndex(self.model.index(0))
            self.list.scrollToTop()
        self.list.setVisible(bool(rows))
        self._place()

    def _used(self) -> Sequence[str]:
        return self._window.files.settings.used_actions()

    def _choose(self, entry: Entry | None) -> None:
        """Run an entry; one that can't be run stays where it is, with its reason."""
        if entry is None or entry.reason:
            return
        self.leave()
        if entry.kept:
            used = [entry.name, *(name for name in self._used() if name != entry.name)]
            self._window.files.settings.set_used_actions(used[:REMEMBERED])
        entry.run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if watched is self._window:
            if kind == QEvent.Type.Resize and not self.isHidden():
                self._place()
            return False
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        if kind == QEvent.Type.FocusOut and self.isVisible():
            self._before = None  # the keyboard belongs to somebody else already
            self.leave()
        return False

    def _key(self, event: QKeyEvent) -> bool:
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: 8,
            Qt.Key.Key_PageUp: -8,
        }
        key = Qt.Key(event.key())
        if key in steps and self.model.rows:
            last = len(self.model.rows) - 1
            row = self.list.currentIndex().row()
            wrapped = {(0, -1): last, (last, 1): 0}.get((row, steps[key]), row + steps[key])
            self.list.setCurrentIndex(self.model.index(max(0, min(last, wrapped))))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.current)
        elif key == Qt.Key.Key_Escape:
            self.leave()
        else:
            return False
        return True
