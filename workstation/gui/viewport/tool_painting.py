"""The tool in hand, painted over the finished slice at every repaint."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
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
        paint_label(painter, outline, points, shown)


def paint_label(
    painter: QPainter,
    outline: Outline,
    points: NDArray[np.float64],
    color: QColor,
    taken: Sequence[QRectF] = (),
) -> QRectF:
    """An outline's words on a dark ground beside it, the first line in its colour; the place that they take.

    points: (n, 2) the outline in logical pixels. taken: places of other labels, which this one gives way to.
    """
    lines = outline.label.split("\n")
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    metrics = QFontMetricsF(painter.font())
    width = max(metrics.horizontalAdvance(text) for text in lines) + 2 * LABEL_PAD
    height = metrics.height() * len(lines) + LABEL_PAD
    place = _free_place(outline, points, QSizeF(width, height), QRectF(painter.viewport()), taken)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(LABEL_GROUND)
    painter.drawRoundedRect(place, 3.0, 3.0)
    for number, text in enumerate(lines):
        painter.setPen(color if number == 0 else LABEL_TEXT)
        baseline = place.top() + metrics.ascent() + number * metrics.height() + 1
        painter.drawText(QPointF(place.left() + LABEL_PAD, baseline), text)
    return place


def _free_place(
    outline: Outline, points: NDArray[np.float64], size: QSizeF, area: QRectF, taken: Sequence[QRectF]
) -> QRectF:
    """Beside the outline, within the view, over no other label where that can be."""
    wanted = [_within(place, area) for place in _places(outline, points, size)]
    for place in wanted:
        if not any(place.intersects(other) for other in taken):
            return place
    place = wanted[0]
    for _ in taken:  # below whatever is in the way
        below = max((other.bottom() for other in taken if other.intersects(place)), default=None)
        if below is None:
            return place
        place = QRectF(place.left(), below + 1.0, place.width(), place.height())
    return _within(place, area)


def _places(outline: Outline, points: NDArray[np.float64], size: QSizeF) -> list[QRectF]:
    """Where a label would stand best: at the right, then at the left, below and above.

    Beside a closed line as a whole; beside the named point of an open one.
    """
    if outline.closed:
        (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    else:
        left, top = right, bottom = points[outline.label_point].tolist()
    width, height, gap = size.width(), size.height(), LABEL_GAP
    middle_x, middle_y = (left + right - width) / 2, (top + bottom - height) / 2
    corners = (
        (right + gap, middle_y),
        (left - gap - width, middle_y),
        (middle_x, bottom + gap),
        (middle_x, top - gap - height),
        (right + gap, bottom),
        (right + gap, top - height),
        (left - gap - width, bottom),
        (left - gap - width, top - height),
    )
    return [QRectF(x, y, width, height) for x, y in corners]


def _within(place: QRectF, area: QRectF) -> QRectF:
    left = min(max(place.left(), area.left()), max(area.right() - place.width(), area.left()))
    top = min(max(place.top(), area.top()), max(area.bottom() - place.height(), area.top()))
    return QRectF(left, top, place.width(), place.height())
