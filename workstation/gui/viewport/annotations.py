"""What is written on a slice: orientation letters, scale bar, the images' names and windows, the colour bar.

Everything is drawn twice, dark and shifted by a pixel first, so that it can be read on bone and on air.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from workstation.geometry.orientation import direction_letters
from workstation.geometry.plane import Plane
from workstation.images.naming import name_of_volume
from workstation.images.windows import window_number, window_words
from workstation.view.fusion_look import (
    BLEND,
    CHECKERBOARD,
    COLOUR,
    CURTAIN,
    DIFFERENCE,
    EDGES,
    FLICKER,
    SPYGLASS,
    ColorBarLook,
    FusionLook,
    color_bar_of,
)
from workstation.view.picture_frame import PictureFrame
from workstation.view.slice_scene import Layer, SliceScene

TEXT = QColor("#e6e8ea")
QUIET = QColor("#aab0b8")
CAUTION = QColor("#f0b429")
PROVISIONAL = "provisional registration"
"""Under the name of an image, or as a caption, where a link that nobody has accepted is used."""
SHADOW = QColor(0, 0, 0, 200)
EDGE = 8.0
SHORTEST_NAME = 8  # characters of an image's name that its window must leave

_SCALE_STEPS_MM = (1, 2, 5, 10, 20, 50, 100, 200)


@dataclass(frozen=True)
class Annotations:
    """The words on one slice.

    lines: (name, window) of each image, at the lower left, the last one lowest; a name gives way where there is no
    room, its window stays. A line that is `PROVISIONAL` is a warning about the one above.
    note: a sentence in the middle.
    """

    plane: Plane
    pixel_mm: float
    lines: tuple[tuple[str, str], ...] = ()
    color_bar: ColorBarLook | None = None
    note: str = ""


def annotations_of(scene: SliceScene, frame: PictureFrame, note: str) -> Annotations:
    """The words on what a scene shows in a frame of logical pixels."""
    lines = []
    if scene.base is not None:
        lines += [_line_of(scene.base), *_marks(scene.base)]
    overlay = scene.overlay
    if overlay is not None:
        name, window = _line_of(overlay)
        lines += [(f"+ {name}", f"{window}  {amount_words(scene.look)}".rstrip()), *_marks(overlay)]
    if scene.slab.thickness_mm > 0:
        lines.append((f"{SLAB_WORDS[scene.slab.mode]} of {scene.slab.thickness_mm:g} mm", ""))
    return Annotations(frame.plane, frame.pixel_mm, tuple(lines), color_bar_of(scene.look, scene.base, overlay), note)


SLAB_WORDS = {"mean": "Mean", "maximum": "Maximum (MIP)", "minimum": "Minimum (minIP)"}


def amount_words(look: FusionLook) -> str:
    """How the overlay lies on the base, in a word or two."""
    sides = ("left", "right") if look.curtain_upright else ("above", "below")
    return {
        BLEND: f"{round(100 * look.opacity)} %",
        COLOUR: f"{round(100 * look.opacity)} %",
        CHECKERBOARD: f"tiles {look.tile_mm:.0f} mm",
        CURTAIN: sides[1],
        SPYGLASS: "in the circle",
        FLICKER: "shown now" if look.flicker_overlay else "hidden now",
        DIFFERENCE: "difference",
        EDGES: "edges",
    }[look.mode]


def _line_of(layer: Layer) -> tuple[str, str]:
    return name_of_volume(layer.volume), f"  {window_words(*layer.window)}"


def _marks(layer: Layer) -> list[tuple[str, str]]:
    return [(PROVISIONAL, "")] if layer.provisional else []


def side_letters(plane: Plane) -> dict[str, str]:
    """The patient directions at the picture's four sides.

    >>> side_letters(Plane.axial())
    {'left': 'R', 'right': 'L', 'top': 'A', 'bottom': 'P'}
    """
    return dict(_letters(tuple(plane.u.tolist()), tuple(plane.v.tolist())))


@lru_cache(maxsize=64)
def _letters(u: tuple[float, ...], v: tuple[float, ...]) -> dict[str, str]:
    sides = (("left", u, -1), ("right", u, 1), ("top", v, -1), ("bottom", v, 1))
    return {side: direction_letters([sign * x for x in axis]) for side, axis, sign in sides}


def paint_annotations(painter: QPainter, area: QRectF, what: Annotations, font: QFont) -> None:
    """Write on a slice that covers `area` (logical pixels)."""
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    if what.note:
        paint_note(painter, area, what.note, font)
    paint_side_letters(painter, area, what.plane, font)
    _paint_lines(painter, area, what.lines, font)
    _paint_scale(painter, area, what.pixel_mm, font)
    if what.color_bar is not None:
        _paint_color_bar(painter, area, what.color_bar, font)


def _text(painter: QPainter, place: QPointF, words: str, color: QColor = TEXT) -> None:
    painter.setPen(SHADOW)
    painter.drawText(place + QPointF(1, 1), words)
    painter.setPen(color)
    painter.drawText(place, words)


def paint_side_letters(painter: QPainter, area: QRectF, plane: Plane, font: QFont) -> None:
    """Name the patient directions at the four sides."""
    large = QFont(font)
    large.setPointSizeF(font.pointSizeF() * 1.25)
    large.setBold(True)
    painter.setFont(large)
    metrics = QFontMetricsF(large)
    letters, middle = side_letters(plane), area.center()
    height = metrics.capHeight()
    width = {side: metrics.horizontalAdvance(word) for side, word in letters.items()}
    places = {
        "left": QPointF(area.left() + EDGE, middle.y() + height / 2),
        "right": QPointF(area.right() - EDGE - width["right"], middle.y() + height / 2),
        "top": QPointF(middle.x() - width["top"] / 2, area.top() + EDGE + height),
        "bottom": QPointF(middle.x() - width["bottom"] / 2, area.bottom() - EDGE),
    }
    for side, place in places.items():
        # The crosshair often runs through: an "I" on its line could not be seen.
        ground = QRectF(place.x() - 3, place.y() - height - 3, width[side] + 6, height + 6)
        painter.fillRect(ground, SHADOW)
        _text(painter, place, letters[side])


def line_within(line: tuple[str, str], metrics: QFontMetricsF, room: float) -> str:
    """A name and its window in at most `room` pixels: the middle of the name gives way first, then the window."""
    name, window = line
    left = room - metrics.horizontalAdvance(window)
    if left < min(metrics.horizontalAdvance(name), SHORTEST_NAME * metrics.averageCharWidth()):
        return metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
    return metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, left) + window


def _paint_lines(painter: QPainter, area: QRectF, lines: tuple[tuple[str, str], ...], font: QFont) -> None:
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    # The letter in the middle of the lower edge needs its room.
    room = area.width() / 2 - 3 * EDGE
    y = area.bottom() - EDGE
    for line in reversed(lines):
        color = CAUTION if line[0] == PROVISIONAL else QUIET
        _text(painter, QPointF(area.left() + EDGE, y), line_within(line, metrics, room), color)
        y -= metrics.height()


def paint_caption(painter: QPainter, area: QRectF, words: str, font: QFont) -> None:
    """A warning at the lower left."""
    painter.setFont(font)
    kept = QFontMetricsF(font).elidedText(words, Qt.TextElideMode.ElideRight, area.width() / 2 - 3 * EDGE)
    _text(painter, QPointF(area.left() + EDGE, area.bottom() - EDGE), kept, CAUTION)


def _paint_scale(painter: QPainter, area: QRectF, pixel_mm: float, font: QFont) -> None:
    """A bar of a round length, at most a fifth of the width, at the lower right."""
    fitting = [step for step in _SCALE_STEPS_MM if step / pixel_mm <= max(area.width() / 5, 24)]
    if not fitting:
        return
    length_mm = fitting[-1]
    length = length_mm / pixel_mm
    right, y = area.right() - EDGE, area.bottom() - EDGE - 2
    words = f"{length_mm / 10:g} cm" if length_mm >= 10 else f"{length_mm} mm"
    painter.setFont(font)
    width = QFontMetricsF(font).horizontalAdvance(words)
    for shift, color in ((1.0, SHADOW), (0.0, TEXT)):
        left = right - length
        for bar in (
            QRectF(left, y, length + 1, 1),
            QRectF(left, y - 4, 1, 4),
            QRectF(right, y - 4, 1, 4),
        ):
            painter.fillRect(bar.translated(shift, shift).toAlignedRect(), color)
    _text(painter, QPointF(right - length / 2 - width / 2, y - 6), words)


def _paint_color_bar(painter: QPainter, area: QRectF, bar: ColorBarLook, font: QFont) -> None:
    """Upright at the right side above the scale bar, high values on top."""
    height = min(140.0, area.height() * 0.3)
    place = QRectF(area.right() - EDGE - 10, area.top() + EDGE + 20, 10, height)
    table = np.ascontiguousarray(bar.table[::-1].reshape(256, 1))
    image = QImage(table.data, 1, 256, 4, QImage.Format.Format_RGB32)
    painter.drawImage(place, image)
    painter.setPen(QPen(QUIET, 1.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(place)
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    unit = f" {bar.unit}" if bar.unit else ""
    low, high = (window_number(value, bar.upper - bar.lower) for value in (bar.lower, bar.upper))
    lower, upper = bar.ends
    rows = [
        (f"{high}{unit}", place.top() + metrics.ascent() / 2),
        (upper, place.top() + metrics.ascent() / 2 + metrics.height()),
        (lower, place.bottom() - metrics.height()),
        (f"{low}{unit}", place.bottom()),
    ]
    for words, y in rows:
        if words:
            _text(painter, QPointF(place.left() - 5 - metrics.horizontalAdvance(words), y), words, QUIET)


def paint_note(painter: QPainter, area: QRectF, note: str, font: QFont) -> None:
    """A quiet sentence in the middle."""
    painter.setFont(font)
    room = area.adjusted(3 * EDGE, 3 * EDGE, -3 * EDGE, -3 * EDGE)
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
    painter.setPen(SHADOW)
    painter.drawText(room.translated(1, 1), int(flags), note)
    painter.setPen(QUIET)
    painter.drawText(room, int(flags), note)
