"""The crosshair of a slice: where the other two planes cut it, and the handles by which those planes are turned."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

COLOR = QColor("#a6adb6")
SHADOW = QColor(0, 0, 0, 160)
GAP_PX = 12.0
HANDLE_PX = 5.0
REACH_PX = 10.0
HANDLE_AT = 0.36
"""Distance of the handles from the middle of the crosshair, as a share of the smaller side of the view."""

_LEVEL = ((1.0, 0.0), (0.0, 1.0))


@dataclass(frozen=True)
class Crosshair:
    """Two lines through a place in logical pixels; directions: unit vectors, y down."""

    x: float
    y: float
    directions: tuple[tuple[float, float], ...] = _LEVEL

    @property
    def is_level(self) -> bool:
        """Whether the lines run along the picture's sides."""
        return all(min(abs(dx), abs(dy)) < 1e-4 for dx, dy in self.directions)

    def handles(self, width: int, height: int) -> list[QPointF]:
        """Where the lines can be taken hold of: two places on each, those outside of the view left out."""
        reach = HANDLE_AT * min(width, height)
        places = [
            QPointF(self.x + sign * reach * dx, self.y + sign * reach * dy)
            for dx, dy in self.directions
            for sign in (-1, 1)
        ]
        inside = QRectF(0, 0, width, height).adjusted(HANDLE_PX, HANDLE_PX, -HANDLE_PX, -HANDLE_PX)
        return [place for place in places if inside.contains(place)]

    def handle_near(self, place: QPointF, width: int, height: int) -> bool:
        """Whether a place is within reach of a handle."""
        return any(QLineF(place, handle).length() <= REACH_PX for handle in self.handles(width, height))

    def angle_deg(self, place: QPointF) -> float:
        """Direction from the middle to a place, clockwise from the right."""
        return math.degrees(math.atan2(place.y() - self.y, place.x() - self.x))


def paint_crosshair(painter: QPainter, area: QRectF, lines: Crosshair) -> None:
    """Two lines, open around their middle so that they hide nothing there."""
    if lines.is_level:
        _paint_level(painter, area, lines.x, lines.y)
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    far = area.width() + area.height()
    for pen in (QPen(SHADOW, 2.5), QPen(COLOR, 1.2)):
        painter.setPen(pen)
        for dx, dy in lines.directions:
            for sign in (-1, 1):
                start = QPointF(lines.x + sign * GAP_PX * dx, lines.y + sign * GAP_PX * dy)
                painter.drawLine(start, QPointF(lines.x + sign * far * dx, lines.y + sign * far * dy))


def _paint_level(painter: QPainter, area: QRectF, x: float, y: float) -> None:
    # Opaque rectangles: many times as fast as translucent lines.
    for left, top, right, bottom in (
        (area.left(), y, x - GAP_PX, y + 1),
        (x + GAP_PX, y, area.right() + 1, y + 1),
        (x, area.top(), x + 1, y - GAP_PX),
        (x, y + GAP_PX, x + 1, area.bottom() + 1),
    ):
        if right > left and bottom > top:
            painter.fillRect(QRect(round(left), round(top), round(right - left), round(bottom - top)), COLOR)


def paint_handles(painter: QPainter, lines: Crosshair, width: int, height: int, held: bool) -> None:
    """Small rings on the lines; filled while one is held."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for place in lines.handles(width, height):
        painter.setPen(QPen(SHADOW, 3.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(place, HANDLE_PX, HANDLE_PX)
        painter.setPen(QPen(COLOR, 1.5))
        painter.setBrush(COLOR if held else SHADOW)
        painter.drawEllipse(place, HANDLE_PX, HANDLE_PX)
