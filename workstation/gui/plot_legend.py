"""The names of a plot's curves below it, each behind a piece of its line, in as many rows as they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workstation.gui.theme import current_theme, text_scale

STROKE_PX, GAP_PX, BETWEEN_PX = 16, 5, 12
SMALL_PX = 11


@dataclass(frozen=True)
class Entry:
    """A name with its line. figure: what stands at the right end, such as "AUC 0.98"; such entries get own rows."""

    name: str
    color: QColor
    style: Qt.PenStyle = Qt.PenStyle.SolidLine
    width: float = 2.0
    figure: str = ""


class PlotLegend(QWidget):
    """Entries side by side, broken into rows; its height follows from its width."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: tuple[Entry, ...] = ()
        self._places: list[QRectF] = []
        font = self.font()
        font.setPixelSize(round(SMALL_PX * text_scale()))
        self.setFont(font)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Other names; nothing happens where they are the same ones."""
        if tuple(entries) != self._entries:
            self._entries = tuple(entries)
            self.setAccessibleName(", ".join(f"{each.name} {each.figure}".strip() for each in entries))
            self._lay_out()

    def sizeHint(self) -> QSize:
        rows = round(self._places[-1].bottom()) if self._places else 0
        return QSize(120, rows)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        metrics, room = self.fontMetrics(), float(max(self.width(), 60))
        row_px = float(metrics.height() + 2)
        self._places, x, y = [], 0.0, 0.0
        for entry in self._entries:
            width = min(room, STROKE_PX + GAP_PX + metrics.horizontalAdvance(entry.name) + 1.0)
            if x and (entry.figure or x + width > room):
                x, y = 0.0, y + row_px
            self._places.append(QRectF(x, y, room if entry.figure else width, row_px))
            x += width + BETWEEN_PX
        if self.sizeHint().height() != self.height():
            self.setFixedHeight(max(self.sizeHint().height(), 1))
        self.setToolTip("\n".join(f"{each.name}  {each.figure}".strip() for each in self._entries))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), current_theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for entry, place in zip(self._entries, self._places, strict=True):
            middle = place.center().y()
            painter.setPen(QPen(entry.color, entry.width, entry.style))
            painter.drawLine(QPointF(place.left(), middle), QPointF(place.left() + STROKE_PX, middle))
            text = place.adjusted(STROKE_PX + GAP_PX, 0, 0, 0)
            painter.setPen(QColor(theme.text))
            if entry.figure:
                painter.drawText(text, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, entry.figure)
                text.setRight(text.right() - self.fontMetrics().horizontalAdvance(entry.figure) - GAP_PX)
            name = self.fontMetrics().elidedText(entry.name, Qt.TextElideMode.ElideRight, round(text.width()) + 1)
            painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
