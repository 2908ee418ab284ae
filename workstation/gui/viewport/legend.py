"""Words about structures on a slice: the legend with colours and volumes, and the name under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from workstation.gui.viewport.annotations import EDGE, SHADOW, TEXT
from workstation.structures.structure import Color

SAMPLE_PX = 18.0
TAG_GROUND = QColor(16, 18, 20, 215)


@dataclass(frozen=True)
class LegendEntry:
    """One structure: its line's colour, width and pattern, its name, and its volume in words ("" where not known)."""

    color: Color
    width: float
    pattern: tuple[float, ...]
    name: str
    volume: str


def paint_legend(painter: QPainter, area: QRectF, entries: Sequence[LegendEntry], font: QFont) -> None:
    """List structures at the upper left; those that there is no room for are counted."""
    if not entries:
        return
    metrics = QFontMetricsF(font)
    row = metrics.height() + 2
    room = max(1, int((area.height() * 0.6 - 2 * EDGE) / row))
    shown = entries if len(entries) <= room else entries[: room - 1]
    lines = [_words(entry) for entry in shown]
    if len(shown) < len(entries):
        lines.append((f"and {len(entries) - len(shown)} more", ""))
    widest = max(metrics.horizontalAdvance(a) + metrics.horizontalAdvance(b) for a, b in lines)
    widest = min(widest + 16, area.width() / 2)
    ground = QRectF(area.left() + EDGE, area.top() + EDGE, SAMPLE_PX + 14 + widest, row * len(lines) + 8)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(TAG_GROUND)
    painter.drawRoundedRect(ground, 4, 4)
    painter.setFont(font)
    for number, (name, volume) in enumerate(lines):
        middle = ground.top() + 4 + row * (number + 0.5)
        if number < len(shown):
            _paint_sample(painter, QPointF(ground.left() + 6, middle), shown[number])
        base = middle + metrics.capHeight() / 2
        left, right = ground.left() + SAMPLE_PX + 12, ground.right() - 6
        taken = metrics.horizontalAdvance(volume)
        painter.setPen(TEXT)
        kept = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, right - left - taken - 6)
        painter.drawText(QPointF(left, base), kept)
        painter.drawText(QPointF(right - taken, base), volume)


def _words(entry: LegendEntry) -> tuple[str, str]:
    return entry.name, entry.volume


def _paint_sample(painter: QPainter, left: QPointF, entry: LegendEntry) -> None:
    pen = QPen(QColor(*entry.color), entry.width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if entry.pattern:
        pen.setDashPattern([length / entry.width for length in entry.pattern])
    painter.setPen(pen)
    painter.drawLine(left, left + QPointF(SAMPLE_PX, 0))


def paint_name(painter: QPainter, area: QRectF, place: QPointF, entry: LegendEntry, font: QFont) -> None:
    """A small tag beside the cursor."""
    metrics = QFontMetricsF(font)
    words = "  ".join(part for part in (entry.name, entry.volume) if part)
    width, height = metrics.horizontalAdvance(words) + 22, metrics.height() + 6
    left = min(place.x() + 14, area.right() - width - 2)
    top = place.y() + 16 if place.y() + 16 + height < area.bottom() else place.y() - 10 - height
    ground = QRectF(max(left, area.left() + 2), top, width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(SHADOW, 1))
    painter.setBrush(TAG_GROUND)
    painter.drawRoundedRect(ground, 4, 4)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(*entry.color))
    painter.drawEllipse(QPointF(ground.left() + 9, ground.center().y()), 4, 4)
    painter.setFont(font)
    painter.setPen(TEXT)
    painter.drawText(QPointF(ground.left() + 17, ground.center().y() + metrics.capHeight() / 2), words)
