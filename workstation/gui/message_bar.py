"""Messages above the views: one sentence each, never in the way, gone when they are answered or closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from workstation.gui.fields import label, restyle
from workstation.gui.glyph_label import GlyphLabel
from workstation.gui.icons import icon

Answer = tuple[str, Callable[[], None]]
"""A button below a message: its text, and what it does (the message then goes)."""

MOST_MESSAGES = 3

PASSING_KEYS = ("refused",)
"""What a tool would not do is said over the views, which stay where they are, and goes by itself."""
PASSING_MS = 7000
PASSING_ROOM_PX = 24
_ICONS = {"info": "info", "good": "check-circle", "caution": "warning", "danger": "warning-octagon"}
_COLOURS = {"info": "accent"}


class Message(QFrame):
    """One message."""

    def __init__(self, text: str, kind: str, answers: Sequence[Answer], key: str) -> None:
        super().__init__()
        self.setObjectName("message")
        self.key = key
        self.kind = kind
        restyle(self, kind=kind)
        picture = GlyphLabel(_ICONS[kind], 20, _COLOURS.get(kind, kind))
        self.sentence = label(text, wrap=True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.setSpacing(12)
        layout.addWidget(picture)
        layout.addWidget(self.sentence, 1)
        self.buttons = [self._button(*answer) for answer in answers]
        for button in self.buttons:
            layout.addWidget(button)
        close = QToolButton()
        close.setIcon(icon("x"))
        close.setToolTip("Close this message")
        close.setAccessibleName("Close this message")
        close.clicked.connect(self.go)
        layout.addWidget(close)
        self.close_button = close

    def _button(self, text: str, action: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)

        def answer() -> None:
            self.go()
            action()

        button.clicked.connect(answer)
        return button

    def go(self) -> None:
        """Take the message away."""
        self.hide()
        self.setParent(None)
        self.deleteLater()


class MessageBar(QWidget):
    """The strip that messages appear in; it has no height while there are none."""

    def __init__(self) -> None:
        super().__init__()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        self._passing: list[Message] = []

    def say(self, text: str, kind: str = "info", answers: Sequence[Answer] = (), key: str = "") -> Message:
        """Show a sentence; kind: info, good, caution or danger. A message of the same key or text is replaced."""
        for other in self.messages():
            if other.key == (key or text):
                other.go()
        message = Message(text, kind, answers, key or text)
        if message.key in PASSING_KEYS and self.parentWidget() is not None:
            self._float(message)
            return message
        self._layout.addWidget(message)
        unanswered = [m for m in self.messages() if not m.buttons]
        for older in unanswered[: max(0, len(self.messages()) - MOST_MESSAGES)]:
            older.go()
        return message

    def _float(self, message: Message) -> None:
        """Show a message at the lower edge of what this strip belongs to, for a while."""
        page = self.parentWidget()
        self._passing = [*self._still_passing(), message]
        message.setParent(page)
        message.layout().activate()
        words = message.fontMetrics().horizontalAdvance(message.sentence.text())
        width = min(words + 120, page.width() - 2 * PASSING_ROOM_PX)
        height = max(message.heightForWidth(width), message.minimumSizeHint().height())
        message.setGeometry((page.width() - width) // 2, page.height() - height - PASSING_ROOM_PX, width, height)
        message.show()
        message.raise_()
        timer = QTimer(message, singleShot=True, interval=PASSING_MS)
        timer.timeout.connect(message.go)
        timer.start()

    def messages(self) -> list[Message]:
        """What is shown now, oldest first."""
        items = [self._layout.itemAt(i).widget() for i in range(self._layout.count())]
        return [m for m in items if isinstance(m, Message)] + self._still_passing()

    def _still_passing(self) -> list[Message]:
        return [m for m in self._passing if isValid(m) and m.parent() is not None]

    def texts(self) -> list[str]:
        """The sentences shown now."""
        return [m.sentence.text() for m in self.messages()]

    def clear(self, key: str = "") -> None:
        """Take all messages away, or the one of a key."""
        for message in self.messages():
            if not key or message.key == key:
                message.go()
