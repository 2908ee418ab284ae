"""What is written on a slice can be read, wherever the crosshair runs and however long a name is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from tests.gui.viewport_scene import ct, mr
from workstation.geometry.plane import Plane
from workstation.gui.viewport.annotations import annotations_of, line_within, paint_side_letters
from workstation.gui.viewport.crosshair import Crosshair, paint_crosshair
from workstation.view.picture_frame import PictureFrame
from workstation.view.slice_scene import Layer, SliceScene

LONG = ("CT RCCTPET_THORAX_CONTRAST_dag0_of_a_very_long_protocol", "  C 40 W 400")


@pytest.mark.parametrize("room", [180.0, 260.0, 400.0])
def test_a_long_name_gives_way_to_its_window(qapp: object, room: float) -> None:
    metrics = QFontMetricsF(QFont())
    words = line_within(LONG, metrics, room)
    assert words.endswith("C 40 W 400") and words.startswith("CT") and "…" in words
    assert metrics.horizontalAdvance(words) <= room


def test_where_there_is_no_room_for_both_the_name_stays(qapp: object) -> None:
    words = line_within(LONG, QFontMetricsF(QFont()), 90.0)
    assert words.startswith("CT RC") and words.endswith("…")


def test_a_short_name_stands_whole(qapp: object) -> None:
    assert line_within(("CT Head", "  C 40 W 400"), QFontMetricsF(QFont()), 400.0) == "CT Head  C 40 W 400"


def test_letters_stand_out_from_a_crosshair_that_runs_through_them(qapp: object) -> None:
    picture = QImage(200, 200, QImage.Format.Format_RGB32)
    picture.fill(QColor("black"))
    painter = QPainter(picture)
    area = QRectF(picture.rect())
    paint_crosshair(painter, area, Crosshair(100.0, 100.0))
    paint_side_letters(painter, area, Plane.coronal(), QFont())
    painter.end()
    # right above and right below the "I" at the lower edge the line is dimmed, and it is bright further up
    bright = [QColor(picture.pixel(100, y)).lightness() for y in range(120, 200)]
    letter = max(range(70, len(bright)), key=lambda n: bright[n])
    assert bright[10] > 150 > 80 > min(bright[letter - 14 : letter])


def test_narrow_windows_keep_the_digits_that_they_are_told_apart_by(qapp: object) -> None:
    uptake = replace(mr(), modality="PT", description="PET", unit="GML")
    scene = SliceScene()
    scene.base = Layer(uptake, window=(1.25, 2.5))
    frame = PictureFrame(Plane.axial(), (0.0, 0.0), 1.0, 40, 40)
    assert annotations_of(scene, frame, "").lines == (("PT PET", "  C 1.25 W 2.5"),)


def test_an_image_is_called_on_a_slice_as_in_lists(qapp: object) -> None:
    scene = SliceScene()
    scene.base = Layer(replace(ct(), description="CT Head"), window=(40.0, 400.0))
    frame = PictureFrame(Plane.axial(), (0.0, 0.0), 1.0, 40, 40)
    assert annotations_of(scene, frame, "").lines == (("CT Head", "  C 40 W 400"),)
