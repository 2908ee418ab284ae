"""Icons of one family (Phosphor, MIT, as shipped with qtawesome), painted in the colours of the present theme.

qtawesome itself takes 150 ms to import, most of a fast start; its font and its table of names are all that is
needed, so they are read directly. A glyph is painted when it is shown, in the palette's colour at that moment:
switching the theme repaints every icon.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.util import find_spec
from math import ceil
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap

from workstation.gui.theme import Theme, current_theme

FAMILY = "phosphor"


class IconError(LookupError):
    """An icon that the family does not have."""


@lru_cache(maxsize=1)
def glyphs() -> dict[str, str]:
    """The character of every icon by its name, such as "paint-brush"."""
    table = json.loads(_font_file("-charmap-*.json").read_text(encoding="utf-8"))
    return {name: chr(int(code, 16)) for name, code in table.items()}


@lru_cache(maxsize=1)
def _font_family() -> str:
    number = QFontDatabase.addApplicationFont(str(_font_file("-[0-9]*.ttf")))
    families = QFontDatabase.applicationFontFamilies(number) if number >= 0 else []
    if not families:
        raise IconError("The icon font of qtawesome can't be loaded; install the program's dependencies again")
    return families[0]


def _font_file(pattern: str) -> Path:
    spec = find_spec("qtawesome")
    folders = list(spec.submodule_search_locations or []) if spec else []
    found = [path for folder in folders for path in sorted(Path(folder, "fonts").glob(FAMILY + pattern))]
    if not found:
        raise IconError("The icon font of qtawesome is missing; install the program's dependencies again")
    return found[-1]


def icon(name: str, colour: str = "", checked: str = "on_accent") -> QIcon:
    """An icon that follows the theme. `colour` names a colour of the theme ("good", "caution" …) or is "#rrggbb".

    checked: the colour while its button is on, or its menu entry chosen.
    """
    if name not in glyphs():
        raise IconError(f"There is no icon named {name!r}")
    return QIcon(_GlyphEngine(name, colour, checked))


def pixmap(name: str, size_px: int, colour: str = "") -> QPixmap:
    """The icon as a picture, for labels."""
    return icon(name, colour).pixmap(QSize(size_px, size_px))


class _GlyphEngine(QIconEngine):
    """Paints one character of the icon font."""

    def __init__(self, name: str, colour: str, checked: str) -> None:
        super().__init__()
        self._name = name
        self._colour = colour
        self._checked = checked

    def clone(self) -> QIconEngine:
        return _GlyphEngine(self._name, self._colour, self._checked)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        font = QFont(_font_family())
        font.setPixelSize(max(1, round(min(rect.width(), rect.height()) * 0.94)))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        painter.setFont(font)
        painter.setPen(self._pen(current_theme(), mode, state))
        painter.drawText(QRectF(rect), Qt.AlignmentFlag.AlignCenter, glyphs()[self._name])
        painter.restore()

    def _pen(self, theme: Theme, mode: QIcon.Mode, state: QIcon.State) -> QColor:
        if mode == QIcon.Mode.Disabled:
            return QColor(theme.disabled)
        if self._colour:
            return QColor(getattr(theme, self._colour, self._colour))
        if mode == QIcon.Mode.Selected or state == QIcon.State.On:
            return QColor(getattr(theme, self._checked, self._checked))
        return QColor(theme.text)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        """size: in the window's pixels; scale: how many of the screen's there are to each of them."""
        picture = QPixmap(QSize(ceil(size.width() * scale), ceil(size.height() * scale)))
        if picture.isNull():
            return picture  # a button that is squeezed to nothing asks for an icon of no size
        picture.setDevicePixelRatio(scale)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return picture
