"""Fields that say in place, in red, why an input can't be taken; numbers with units; a slider with its number."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

SHORTEST_BUTTON_PX = 40
ICON_GAP_PX = 4
"""What Qt leaves between the icon and the text of a button."""


def restyle(widget: QWidget, **properties: object) -> None:
    """Set style properties such as kind="good" and let the style sheet see them."""
    if all(widget.property(name) == value for name, value in properties.items()):
        return
    for name, value in properties.items():
        widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


class WrappedLabel(QLabel):
    """A paragraph. It asks for one line at least; its real height follows from the width that it gets.

    (Qt's own answer is the height at the narrowest possible width, which would make windows grow.)
    """

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self.fontMetrics().height())


def breakable(text: str) -> str:
    """A text that may also be broken after underscores: series and files are often one long word."""
    return text.replace("_", "_\u200b")


def label(text: str = "", kind: str = "", wrap: bool = False) -> QLabel:
    """A text of one of the kinds that the style sheet knows."""
    made = WrappedLabel(text) if wrap else QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if kind:
        made.setProperty("kind", kind)
    return made


class ElidedLabel(QLabel):
    """One line that ends in "…" where it does not fit; the whole text is its tooltip."""

    def __init__(self, kind: str = "", shortest_px: int = 24) -> None:
        super().__init__()
        self._shortest_px = shortest_px
        self.setTextFormat(Qt.TextFormat.PlainText)
        if kind:
            self.setProperty("kind", kind)

    def minimumSizeHint(self) -> QSize:
        wanted = super().minimumSizeHint()
        return QSize(min(wanted.width(), self._shortest_px), wanted.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        room = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        self.setToolTip(self.text() if text != self.text() else "")
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(room, int(self.alignment()) | int(Qt.TextFlag.TextSingleLine), text)


class ElidedButton(QPushButton):
    """A button whose text ends in "…" where it does not fit, instead of making its panel wider."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        wanted = super().minimumSizeHint()
        return QSize(min(wanted.width(), SHORTEST_BUTTON_PX), wanted.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        if self.width() < self.sizeHint().width():
            room = self.style().subElementRect(QStyle.SubElement.SE_PushButtonContents, option, self).width()
            if not option.icon.isNull():
                room -= option.iconSize.width() + ICON_GAP_PX
            option.text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, max(room, 0))
        QStylePainter(self).drawControl(QStyle.ControlElement.CE_PushButton, option)


class CheckedLine(QWidget):
    """A line of text, checked while it is typed; the reason stands below it in red.

    check: returns "" or the reason why the text can't be taken.
    committed: a new, valid text was entered (Enter, or the field was left).
    """

    committed = Signal(str)

    def __init__(self, check: Callable[[str], str] | None = None, placeholder: str = "") -> None:
        super().__init__()
        self._check = check or (lambda text: "")
        self._last = ""
        self.line = QLineEdit()
        self.line.setPlaceholderText(placeholder)
        self.reason = label(kind="reason", wrap=True)
        self.reason.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.line)
        layout.addWidget(self.reason)
        self.line.textEdited.connect(lambda _text: self.validate())
        self.line.editingFinished.connect(self._commit)
        self.setFocusProxy(self.line)

    def text(self) -> str:
        """The text, without spaces around it."""
        return self.line.text().strip()

    def set_text(self, text: str) -> None:
        """Show a text without telling anybody; a field that is being typed in is left alone."""
        self._last = text
        if not (self.line.hasFocus() and self.line.isModified()):
            self.line.setText(text)
            self.show_reason("")

    def validate(self) -> bool:
        """Whether the text can be taken; shows the reason when not."""
        reason = self._check(self.text())
        self.show_reason(reason)
        return not reason

    def show_reason(self, reason: str) -> None:
        """Mark the field as wrong, or, with "", as right."""
        restyle(self.line, invalid=bool(reason))
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))

    def _commit(self) -> None:
        if self.text() != self._last and self.validate():
            self._last = self.text()
            self.line.setModified(False)
            self.committed.emit(self._last)


class NumberField(QWidget):
    """A number with its unit, editable where it stands: typed, by arrow keys, or by the wheel while in focus.

    changed: a new valid number was entered.
    """

    changed = Signal(float)

    def __init__(
        self,
        unit: str,
        lowest: float,
        highest: float,
        step: float = 1.0,
        decimals: int = 1,
        name: str = "",
        width_px: int = 64,
    ) -> None:
        super().__init__()
        self._lowest, self._highest, self._step, self._decimals = lowest, highest, step, decimals
        self._unit, self._name = unit, name or "The value"
        self._value = lowest
        self.line = QLineEdit()
        self.line.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.line.setMinimumWidth(44)
        self.line.setMaximumWidth(width_px)
        self.line.setAccessibleName(name)
        self.line.installEventFilter(self)
        self.reason = label(kind="reason", wrap=True)
        self.reason.hide()
        self._lay_out()
        self.line.textEdited.connect(lambda _text: self._show_reason())
        self.line.editingFinished.connect(self._commit)
        self.setFocusProxy(self.line)
        self.set_value(lowest)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.line)
        row.addWidget(label(self._unit, "muted"))
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self.reason)

    def value(self) -> float:
        """The last valid number."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show a number without telling anybody; a field that is being typed in is left alone."""
        self._value = float(value)
        if not (self.line.hasFocus() and self.line.isModified()):
            self.line.setText(self._written(self._value))
            self._show_reason()

    def is_valid(self) -> bool:
        """Whether what stands in the field is a number that can be taken."""
        return not self._reason()

    def _written(self, value: float) -> str:
        """The value with one sensible precision, and never less than was typed."""
        text = f"{value:.{self._decimals}f}"
        return text if math.isclose(float(text), value, abs_tol=1e-9) else f"{value:g}"

    def _parsed(self) -> float | None:
        try:
            value = float(self.line.text().strip().replace(",", ".").removesuffix(self._unit).strip() or "nan")
        except ValueError:
            return None
        return value if math.isfinite(value) else None

    def _reason(self) -> str:
        value = self._parsed()
        if value is None:
            return f"{self._name} must be a number in {self._unit}" if self._unit else f"{self._name} must be a number"
        if not self._lowest <= value <= self._highest:
            return f"{self._name} must lie between {self._lowest:g} and {self._highest:g} {self._unit}".strip()
        return ""

    def _show_reason(self) -> None:
        reason = self._reason()
        restyle(self.line, invalid=bool(reason))
        self.line.setToolTip(reason)
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))

    def _commit(self) -> None:
        value = self._parsed()
        if self._reason() or value is None:
            return
        self.line.setModified(False)
        self.line.setText(self._written(value))
        if not math.isclose(value, self._value, abs_tol=1e-9):
            self._value = value
            self.changed.emit(value)

    def _step_by(self, steps: float) -> None:
        value = min(self._highest, max(self._lowest, (self._parsed() or self._value) + steps * self._step))
        self.line.setText(self._written(value))
        self._show_reason()
        self._commit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow keys step; the wheel steps only while the field has the focus, so that scrolling changes nothing."""
        steps = {Qt.Key.Key_Up: 1.0, Qt.Key.Key_Down: -1.0}
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in steps:
            self._step_by(steps[Qt.Key(event.key())])
            return True
        if isinstance(event, QWheelEvent) and self.line.hasFocus():
            self._step_by(event.angleDelta().y() / 120.0)
            return True
        return super().eventFilter(watched, event)


class SliderField(QWidget):
    """A slider that always has its number field. changed: the person chose another value."""

    changed = Signal(float)

    def __init__(self, unit: str, lowest: float, highest: float, name: str, step: float = 1.0) -> None:
        super().__init__()
        self._step = step
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(round(lowest / step), round(highest / step))
        self.slider.setMinimumWidth(72)
        self.slider.setAccessibleName(name)
        self.slider.setToolTip(name)
        self.number = NumberField(unit, lowest, highest, step, 0 if step >= 1 else 1, name, 52)
        self.number.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.number)
        self.slider.valueChanged.connect(self._slid)
        self.number.changed.connect(self._typed)

    def value(self) -> float:
        """The present value."""
        return self.number.value()

    def set_value(self, value: float) -> None:
        """Show a value without telling anybody."""
        self.slider.blockSignals(True)
        self.slider.setValue(round(value / self._step))
        self.slider.blockSignals(False)
        self.number.set_value(value)

    def _slid(self, position: int) -> None:
        self.number.set_value(position * self._step)
        self.changed.emit(position * self._step)

    def _typed(self, value: float) -> None:
        self.set_value(value)
        self.changed.emit(value)
