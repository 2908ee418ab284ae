"""The tool in hand, painted over the finished slice at every repaint."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from workstation.editing.tool import Outline

ERASING = QColor("#ff4fd8")
LABEL_GROUND = QColor(0, 0, 0, 165)
LABEL_TEXT = QColor("#e6e8ea")
LABEL_GAP = 10.0
LABEL_PAD = 4.0


def paint_outline(painter: QPainter, outline: Outline, points: NDArray[np.float64], color: QColor) -> None:
    """One outline of a tool; points (n, 2) are logical pixels. color: where the outline has none of its own."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    shown = ERASING if outline.erasing else QColor(*outline.color) if outline.color else QColor(color)
    corners = [QPointF(x, y) for x, y in points.tolist()]
    if outline.style == "handle":
        painter.setPen(QPen(QColor(0, 0, 0, 180), 1.0))
        painter.setBrush(shown)
        for corner in corners:
            painter.drawRect(QRectF(corner.x() - 3, corner.y() - 3, 6, 6))
        return
    dim = outline.style == "measure-off"
    if dim:
        shown.setAlpha(150)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    line = QPen(shown, 1.5)
    if outline.style == "proposal":
        line.setStyle(Qt.PenStyle.DashDotLine)
    elif dim:
        line.setDashPattern([4.0, 4.0])
    for each in (line,) if dim else (QPen(QColor(0, 0, 0, 140), 3.0), line):
        painter.setPen(each)
        if outline.closed:
            painter.drawPolygon(QPolygonF(corners))
        else:
            painter.drawPolyline(QPolygonF(corners))
    if outline.label and corners:
        paint_label(painter, label_place(outline, points), outline.label.split("\n"), shown)


def label_place(outline: Outline, points: NDArray[np.float64]) -> QPointF:
    """Where a label stands: beside the rightmost point of a closed line, beside the named point of an open one."""
    number = int(np.argmax(points[:, 0])) if outline.closed else outline.label_point
    x, y = points[number].tolist()
    return QPointF(x + LABEL_GAP, y)


def paint_label(painter: QPainter, place: QPointF, lines: list[str], color: QColor) -> None:
    """Lines of text on a dark ground, their left middle at a place, kept within the view; the first in its colour."""
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    metrics = QFontMetricsF(painter.font())
    width = max(metrics.horizontalAdvance(text) for text in lines) + 2 * LABEL_PAD
    height = metrics.height() * len(lines) + LABEL_PAD
    area = QRectF(painter.viewport())
    left = min(max(place.x(), 0.0), max(area.width() - width, 0.0))
    top = min(max(place.y() - height / 2, 0.0), max(area.height() - height, 0.0))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(LABEL_GROUND)
    painter.drawRoundedRect(QRectF(left, top, width, height), 3.0, 3.0)
    for number, text in enumerate(lines):
        painter.setPen(color if number == 0 else LABEL_TEXT)
        painter.drawText(QPointF(left + LABEL_PAD, top + metrics.ascent() + number * metrics.height() + 1), text)
