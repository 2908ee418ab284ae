"""A loupe: the slice around a place, magnified beside it, for setting a point to less than a pixel."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

RADIUS_PX, MAGNIFICATION = 64.0, 4.0
AWAY_PX = 92.0
RIM, CROSS, GROUND = QColor("#e6e8ea"), QColor(255, 214, 10, 220), QColor(0, 0, 0, 170)
GAP_PX, ARM_PX = 5.0, 22.0


def loupe_middle(area: QRectF, place: QPointF) -> QPointF:
    """Where a loupe for a place stands: up and to the right of it, or where there is room."""
    x = place.x() + AWAY_PX if place.x() + AWAY_PX + RADIUS_PX < area.right() else place.x() - AWAY_PX
    y = place.y() - AWAY_PX if place.y() - AWAY_PX - RADIUS_PX > area.top() else place.y() + AWAY_PX
    return QPointF(x, y)


def paint_loupe(painter: QPainter, area: QRectF, picture: QImage, place: QPointF) -> None:
    """The surroundings of a place of a picture that covers `area` (logical pixels), its middle marked."""
    middle = loupe_middle(area, place)
    if picture.isNull() or area.isEmpty():
        return
    target = QRectF(middle.x() - RADIUS_PX, middle.y() - RADIUS_PX, 2 * RADIUS_PX, 2 * RADIUS_PX)
    reach = RADIUS_PX / MAGNIFICATION
    across, along = picture.width() / area.width(), picture.height() / area.height()
    source = QRectF(
        (place.x() - reach - area.left()) * across, (place.y() - reach - area.top()) * along,
        2 * reach * across, 2 * reach * along,
    )  # fmt: skip
    glass = QPainterPath()
    glass.addEllipse(middle, RADIUS_PX, RADIUS_PX)
    painter.save()
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    painter.setClipPath(glass)
    painter.fillRect(target, QColor(0, 0, 0))
    painter.drawImage(target, picture, source)
    painter.setPen(QPen(CROSS, 1.2))
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        painter.drawLine(middle + QPointF(dx, dy) * GAP_PX, middle + QPointF(dx, dy) * ARM_PX)
    painter.setClipping(False)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((GROUND, 3.5), (RIM, 1.5)):
        painter.setPen(QPen(color, width))
        painter.drawEllipse(middle, RADIUS_PX, RADIUS_PX)
    painter.restore()
