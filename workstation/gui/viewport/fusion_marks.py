"""The line of the curtain and the rim of the spyglass: where they lie in a view, how they look, how they are held."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from workstation.view.fusion_look import CURTAIN, SPYGLASS, FusionLook
from workstation.view.picture_frame import PictureFrame

LINE = QColor("#e6e8ea")
SHADOW = QColor(0, 0, 0, 160)
REACH_PX = 6.0
GRIP_PX = 9.0


def curtain_place(look: FusionLook, width: int, height: int) -> float:
    """Where the curtain's line lies: x of an upright one, y of a level one."""
    return look.curtain * (width if look.curtain_upright else height)


def curtain_at(look: FusionLook, place: QPointF, width: int, height: int) -> float:
    """The share of the picture that the base has when the line is dragged to a place."""
    share = place.x() / max(width, 1) if look.curtain_upright else place.y() / max(height, 1)
    return min(max(share, 0.0), 1.0)


def on_curtain(look: FusionLook, place: QPointF, width: int, height: int) -> bool:
    """Whether a place is within reach of the curtain's line."""
    if look.mode != CURTAIN:
        return False
    across = place.x() if look.curtain_upright else place.y()
    return abs(across - curtain_place(look, width, height)) <= REACH_PX


def paint_fusion_marks(painter: QPainter, area: QRectF, frame: PictureFrame, look: FusionLook) -> None:
    """The curtain's line with a grip, or the spyglass's rim."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if look.mode == CURTAIN:
        _paint_curtain(painter, area, look)
    elif look.mode == SPYGLASS and look.spyglass_mm is not None:
        middle = QPointF(*frame.to_pixels(look.spyglass_mm))
        radius = look.spyglass_radius_mm / frame.pixel_mm
        for pen in (QPen(SHADOW, 3.0), QPen(LINE, 1.2)):
            painter.setPen(pen)
            painter.drawEllipse(middle, radius, radius)


def _paint_curtain(painter: QPainter, area: QRectF, look: FusionLook) -> None:
    at = curtain_place(look, round(area.width()), round(area.height()))
    if look.curtain_upright:
        start, end = QPointF(at, area.top()), QPointF(at, area.bottom())
        grip = QPointF(at, area.top() + 0.8 * area.height())
        arrows = ((-1, 0), (1, 0))
    else:
        start, end = QPointF(area.left(), at), QPointF(area.right(), at)
        grip = QPointF(area.left() + 0.8 * area.width(), at)
        arrows = ((0, -1), (0, 1))
    for pen in (QPen(SHADOW, 3.0), QPen(LINE, 1.2)):
        painter.setPen(pen)
        painter.drawLine(start, end)
    painter.setPen(QPen(SHADOW, 1.0))
    painter.setBrush(LINE)
    painter.drawEllipse(grip, GRIP_PX, GRIP_PX)
    painter.setPen(QPen(QColor("#1f2226"), 1.6))
    for dx, dy in arrows:
        tip = grip + QPointF(6 * dx, 6 * dy)
        for side in (-1, 1):
            painter.drawLine(tip, grip + QPointF(2.5 * dx + 3 * side * dy, 2.5 * dy + 3 * side * dx))
    painter.setBrush(Qt.BrushStyle.NoBrush)
