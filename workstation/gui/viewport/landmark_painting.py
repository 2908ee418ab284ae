"""Numbered pairs of landmarks, painted over a slice: filled on the planning image, a ring on the other, joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from workstation.editing.landmark_tool import NEAR_MM, seen_points
from workstation.editing.landmarking import FIXED
from workstation.fusion.landmarks import LandmarkPair
from workstation.gui.viewport.loupe import paint_loupe
from workstation.view.picture_frame import PictureFrame

if TYPE_CHECKING:
    from workstation.gui.viewport.slice_view import SliceView

RADIUS_PX, CHOSEN_PX = 4.5, 7.0
FIXED_COLOR, MOVING_COLOR = QColor("#ffd60a"), QColor("#64d2ff")
FAR_MM = 12.0
"""Further from the slice than this a landmark isn't hinted at any more."""
GROUND = QColor(0, 0, 0, 170)


Place = tuple[str, QPointF, float]
"""Side, place on screen, and how strongly it is painted."""


def paint_landmarks(painter: QPainter, view: SliceView, frame: PictureFrame, picture: QImage | None = None) -> None:
    """Every landmark near the shown plane (frame in logical pixels), while landmarks are set or looked at.

    picture: the slice itself, in the view that a hand is in: what is dragged there is seen in a loupe.
    """
    desk = view.desk
    if desk is None or view.viewing.hide_all or not view.case.landmarks:
        return
    tool = view.viewing.tool
    if not desk.landmarking.shown and (tool is None or tool.key != "landmark"):
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(view.font())
    for pair in desk.landmarking.pairs:
        chosen = pair.identifier == desk.landmarking.selected
        places = _places(view, frame, pair)
        if len(places) == 2:
            painter.setPen(QPen(QColor(255, 255, 255, 200), 1.2))
            painter.drawLine(places[0][1], places[1][1])
        for side, place, strength in places:
            _paint_point(painter, side, place, strength, chosen)
        if places:
            _paint_number(painter, places[0][1], str(pair.number), places[0][2])
    held, held_side = desk.landmarking.held, desk.landmarking.held_side
    if held is None or picture is None:
        return
    for side, place, _ in _places(view, frame, held):
        if side == held_side:
            paint_loupe(painter, QRectF(view.rect()), picture, place)


def _places(view: SliceView, frame: PictureFrame, pair: LandmarkPair) -> list[Place]:
    """Where the sides of a pair lie on the slice, those near enough."""
    assert view.desk is not None
    places = []
    for side, point in seen_points(view.desk, pair, view.image_key, view.linked):
        u, v, w = frame.plane.to_plane(point).tolist()
        if abs(w) <= FAR_MM:
            x, y = frame.to_pixels((u, v)).tolist()
            places.append((side, QPointF(x, y), 1.0 if abs(w) <= NEAR_MM else 0.45))
    return places


def _paint_point(painter: QPainter, side: str, place: QPointF, strength: float, chosen: bool) -> None:
    color = QColor(FIXED_COLOR if side == FIXED else MOVING_COLOR)
    color.setAlphaF(strength)
    radius = CHOSEN_PX if chosen else RADIUS_PX
    painter.setPen(QPen(GROUND, 3.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(place, radius, radius)
    painter.setPen(QPen(color, 1.6))
    if side == FIXED:
        painter.setBrush(color)
        painter.drawEllipse(place, radius - 2.0, radius - 2.0)
        painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(place, radius, radius)


def _paint_number(painter: QPainter, place: QPointF, number: str, strength: float) -> None:
    at = place + QPointF(9.0, -6.0)
    painter.setPen(GROUND)
    painter.drawText(at + QPointF(1.0, 1.0), number)
    color = QColor("#ffffff")
    color.setAlphaF(strength)
    painter.setPen(color)
    painter.drawText(at, number)
