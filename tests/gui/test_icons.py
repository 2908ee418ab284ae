"""Icons are sharp on every screen and never of another theme."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QApplication

from tests.gui.viewport_scene import pixels
from workstation.gui.glyph_label import GlyphLabel
from workstation.gui.icons import IconError, icon
from workstation.gui.theme import DARK, LIGHT, apply_theme


@pytest.mark.parametrize("scale", [1.0, 1.25, 1.5, 2.0])
def test_a_scaled_screen_gets_as_many_points_as_it_has(qapp: QApplication, scale: float) -> None:
    picture = icon("ruler").pixmap(QSize(16, 16), scale, QIcon.Mode.Normal, QIcon.State.Off)
    assert picture.size() == QSize(round(16 * scale), round(16 * scale))
    assert picture.devicePixelRatio() == scale
    image = picture.toImage()
    drawn = [
        (x, y) for x in range(image.width()) for y in range(image.height()) if image.pixelColor(x, y).alpha() > 100
    ]
    assert max(x for x, _ in drawn) > 0.7 * image.width(), "the whole picture is used"
    assert max(y for _, y in drawn) > 0.7 * image.height()


def test_a_glyph_beside_text_is_painted_in_the_theme_of_now(qapp: QApplication, qtbot: object) -> None:
    glyph = GlyphLabel("circle-fill", 40, "good")
    qtbot.addWidget(glyph)  # type: ignore[attr-defined]
    glyph.show()
    assert glyph.size() == QSize(40, 40)
    for theme in (DARK, LIGHT, DARK):
        apply_theme(qapp, theme.name)
        middle = pixels(glyph)[20, 20]
        wanted = QColor(theme.good)
        assert np.abs(middle - [wanted.red(), wanted.green(), wanted.blue()]).max() <= 2, theme.name


def test_an_icon_that_is_not_there_is_told_by_its_name() -> None:
    with pytest.raises(IconError, match="no-such-thing"):
        icon("no-such-thing")


def test_an_icon_of_no_size_is_an_empty_picture(qapp: QApplication, qtlog: Any) -> None:
    size = QSize(0, 16)
    assert icon("x").pixmap(size, 1.0, QIcon.Mode.Normal, QIcon.State.Off).isNull()
    assert not [record for record in qtlog.records if "QPainter" in record.message]
