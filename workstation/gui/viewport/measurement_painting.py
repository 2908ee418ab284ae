"""Stored measurements with their numbers, painted over a slice on which they lie, dim on the slices beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from workstation.editing.measuring import Measuring
from workstation.editing.tool import Outline
from workstation.geometry.plane import Plane
from workstation.gui.viewport.tool_painting import paint_label, paint_outline
from workstation.measurements.measurement import ANGLE, Measurement
from workstation.measurements.shapes import arc_uv, corners_uv, handles_uv, is_line_of, line_uv
from workstation.view.picture_frame import PictureFrame

if TYPE_CHECKING:
    from workstation.gui.viewport.slice_view import SliceView

BESIDE = 3.0
"""A measurement is hinted at on slices up to this many half thicknesses away: the two next ones."""

ARC_PX = 22.0
MARKER_PX = 5.0


def paint_measurements(painter: QPainter, view: SliceView, frame: PictureFrame) -> None:
    """Everything that was measured on the shown plane (frame in logical pixels), unless contours are hidden."""
    if view.desk is None or not view.case.measurements or view.viewing.hide_all or not view.linked:
        return
    measuring = view.desk.measuring
    reach_mm = measuring.reach_mm(frame.plane)
    held = not getattr(view.viewing.tool, "draws", True)
    painter.setFont(view.font())
    labelled = []
    for measurement in measuring.shown():
        selected, color = measurement.identifier == measuring.selected, QColor(*measurement.color)
        drawn = outlines_of(
            measuring, measurement, frame.plane, reach_mm, held, selected, frame.pixel_mm, view.image_key
        )
        for outline in drawn:
            points = frame.to_pixels(outline.points)
            paint_outline(painter, replace(outline, label=""), points, color)
            if outline.label:
                labelled.append((outline, points, color))
    taken: list[QRectF] = []
    for outline, points, color in reversed(labelled):  # the chosen one has the first choice of place
        taken.append(paint_label(painter, outline, points, color, taken))
    _paint_marker(painter, measuring, frame, reach_mm)


def outlines_of(
    measuring: Measuring,
    measurement: Measurement,
    plane: Plane,
    reach_mm: float,
    held: bool = False,
    selected: bool = False,
    pixel_mm: float = 0.5,
    image_key: str = "",
) -> list[Outline]:
    """How a measurement looks on a plane of the shown frame: nothing further away than the next slice.

    reach_mm: how near counts as on the plane. held: whether a measuring tool is in hand, so that points are shown.
    image_key: the image that is shown alone, which is named first.
    """
    own, color = measurement.plane, measurement.color
    line = measuring.points_on(measurement, plane, own.to_patient(line_uv(measurement)))
    if line is None:
        return []
    away_mm = float(np.abs(line[:, 2]).max())
    if away_mm > BESIDE * reach_mm + 1e-6:
        return []
    closed = not is_line_of(measurement.kind)
    if away_mm > reach_mm + 1e-6:
        return [Outline(line[:, :2], closed, "measure-off", color=color)]
    label = "\n".join(measuring.words(measurement, short=not selected, first=image_key))
    corner = 1 if measurement.kind == ANGLE else -1
    found = [Outline(line[:, :2], closed, "measure", label=label, label_point=corner, color=color)]
    if measurement.kind == ANGLE:
        arc = own.to_patient(arc_uv(corners_uv(measurement), ARC_PX * pixel_mm))
        arc_on = measuring.points_on(measurement, plane, arc)
        assert arc_on is not None
        found.insert(0, Outline(arc_on[:, :2], False, "measure", color=color))
    if held or selected:
        grips = measuring.points_on(measurement, plane, own.to_patient(handles_uv(measurement)))
        assert grips is not None
        found.append(Outline(grips[:, :2], False, "handle", color=color))
    return found


def _paint_marker(painter: QPainter, measuring: Measuring, frame: PictureFrame, reach_mm: float) -> None:
    """The point of a profile that is pointed at in its plot."""
    measurement, point = measuring.current(measuring.selected), measuring.marked_mm
    if measurement is None or point is None:
        return
    place = measuring.points_on(measurement, frame.plane, point[None])
    if place is None or abs(place[0, 2]) > reach_mm + 1e-6:
        return
    x, y = frame.to_pixels(place[:, :2])[0].tolist()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(QColor(0, 0, 0, 180), 4.0), QPen(QColor("#ffffff"), 2.0)):
        painter.setPen(pen)
        painter.drawEllipse(QPointF(x, y), MARKER_PX, MARKER_PX)
