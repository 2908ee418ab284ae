"""The tool in hand, painted over the finished slice at every repaint."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from workstation.editing.tool import Outline

ERASING = QColor("#ff4fd8")


def paint_outline(painter: QPainter, outline: Outline, points: NDArray[np.float64], color: QColor) -> None:
    """One outline of a tool; points (n, 2) are logical pixels."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    shown = ERASING if outline.erasing else color
    corners = [QPointF(x, y) for x, y in points.tolist()]
    if outline.style == "handle":
        painter.setPen(QPen(QColor(0, 0, 0, 180), 1.0))
        painter.setBrush(shown)
        for corner in corners:
            painter.drawRect(QRectF(corner.x() - 3, corner.y() - 3, 6, 6))
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = QPen(QColor(0, 0, 0, 140), 3.0)
    line = QPen(shown, 1.5)
    if outline.style == "proposal":
        line.setStyle(Qt.PenStyle.DashDotLine)
    for each in (pen, line):
        painter.setPen(each)
        if outline.closed:
            painter.drawPolygon(QPolygonF(corners))
        else:
            painter.drawPolyline(QPolygonF(corners))
