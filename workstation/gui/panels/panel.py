"""What all panels share: a title, 16 px around, cards, and an empty state that teaches and begins."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workstation.gui.fields import ElidedButton, ElidedLabel, label, restyle
from workstation.gui.glyph_label import GlyphLabel
from workstation.gui.icons import icon
from workstation.gui.session import Session


class Panel(QScrollArea):
    """One step's panel: a column that scrolls when it does not fit."""

    title = ""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget()
        self.column = QVBoxLayout(inside)
        self.column.setContentsMargins(16, 12, 16, 12)
        self.column.setSpacing(8)
        self.heading = label(self.title, "title")
        self.column.addWidget(self.heading)
        self.setWidget(inside)
        inside.installEventFilter(self)

    def minimumSizeHint(self) -> QSize:
        """As wide as what is in it needs: there is no scrolling sideways."""
        wanted = super().minimumSizeHint()
        width = self.widget().minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(max(wanted.width(), width), wanted.height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def shown(self) -> None:
        """Called when the panel comes to the front."""


class DockedPanel(Panel):
    """A panel in a dock, whose title bar names it: a sentence and a button while there is nothing to work on.

    empty: those two. content: everything else, shown in their place; parts are added to `body`.
    """

    def __init__(self, session: Session, empty: EmptyState) -> None:
        super().__init__(session)
        self.heading.hide()
        self.column.setContentsMargins(12, 8, 12, 8)
        self.empty, self.content = empty, QWidget()
        self.body = QVBoxLayout(self.content)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(8)
        self.column.addWidget(self.empty)
        self.column.addWidget(self.content)
        self.column.addStretch(1)


class Card(QFrame):
    """A raised box with a column of things."""

    def __init__(self, spacing: int = 4) -> None:
        super().__init__()
        self.setObjectName("card")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(12, 8, 8, 8)
        self.column.setSpacing(spacing)


class EmptyState(Card):
    """One sentence that says what a panel is for, and the one button that begins."""

    def __init__(self, picture: str, sentence: str, button: str, begin: Callable[[], object]) -> None:
        super().__init__(12)
        self.column.setContentsMargins(16, 16, 16, 16)
        self.column.addWidget(GlyphLabel(picture, 32, "muted"))
        self.sentence = label(sentence, "muted", wrap=True)
        self.column.addWidget(self.sentence)
        self.button = primary(button, begin)
        self.column.addWidget(self.button)


class Segments(QWidget):
    """A row of exclusive actions, such as Auto, Add and Erase."""

    def __init__(self, actions: list[QAction]) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.buttons = []
        group = QButtonGroup(self)
        group.setExclusive(False)  # the action group already is
        for action in actions:
            button = QToolButton()
            button.setDefaultAction(action)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            restyle(button, kind="segment")
            row.addWidget(button)
            group.addButton(button)
            self.buttons.append(button)


def heading(text: str) -> QLabel:
    """The title of a part of a panel; it may hold the name of a structure, however long."""
    made = ElidedLabel("heading")
    made.setText(text)
    return made


def line() -> QFrame:
    """A thin line between parts."""
    made = QFrame()
    made.setObjectName("line")
    return made


def primary(text: str, action: Callable[[], object], picture: str = "") -> QPushButton:
    """The one button that goes on."""
    button = ElidedButton(text)
    if picture:
        button.setIcon(icon(picture, "on_accent"))
    restyle(button, kind="primary")
    button.clicked.connect(lambda: action())
    return button


def plain(text: str, action: Callable[[], object], picture: str = "", tooltip: str = "") -> QPushButton:
    """An ordinary button."""
    button = ElidedButton(text)
    if picture:
        button.setIcon(icon(picture))
    if tooltip:
        button.setToolTip(tooltip)
    button.clicked.connect(lambda: action())
    return button


def small(picture: str, tooltip: str, action: Callable[[], object]) -> QToolButton:
    """A button of one icon."""
    button = QToolButton()
    button.setIcon(icon(picture))
    button.setToolTip(tooltip)
    button.setAccessibleName(tooltip)
    button.clicked.connect(lambda: action())
    return button


def named(text: str, widget: QWidget, width_px: int = 72) -> QHBoxLayout:
    """A row: what it is called at the left, the field at the right."""
    row = QHBoxLayout()
    row.setSpacing(8)
    words = label(text, "muted")
    words.setFixedWidth(width_px)
    words.setBuddy(widget)
    row.addWidget(words, 0, Qt.AlignmentFlag.AlignTop)
    words.setContentsMargins(0, 6, 0, 0)
    row.addWidget(widget, 1)
    return row


def choice() -> QComboBox:
    """A drop-down list that never widens its panel, and that the wheel passes over."""
    made = _CalmComboBox()
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    made.setMinimumContentsLength(6)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return made


class _CalmComboBox(QComboBox):
    def paintEvent(self, event: QPaintEvent) -> None:
        """As every list, but a name that does not fit ends in "…" (Qt cuts through its letters)."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        shown = self.currentText() or self.placeholderText()
        option.currentText = self.fontMetrics().elidedText(shown, Qt.TextElideMode.ElideRight, field.width() - 4)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def wheelEvent(self, event: object) -> None:
        """Scrolling the panel must not change a value in passing."""
        event.ignore()  # type: ignore[attr-defined]


def fill_choice(box: QComboBox, entries: list[tuple[str, str]], chosen: str) -> None:
    """Put (text, key) entries into a list and choose one without telling anybody."""
    present = [(box.itemText(i), box.itemData(i)) for i in range(box.count())]
    box.blockSignals(True)
    if present != entries:
        box.clear()
        for text, key in entries:
            box.addItem(text, key)
    box.setCurrentIndex(max(-1, box.findData(chosen)))
    box.blockSignals(False)


def clear_layout(layout: QLayout) -> None:
    """Take everything out of a layout and delete it."""
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()
        elif item.layout():
            clear_layout(item.layout())
