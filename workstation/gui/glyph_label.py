"""An icon that stands beside text: sharp on every screen, and in the colours of the present theme."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workstation.gui.icons import icon


class GlyphLabel(QWidget):
    """One icon of the family, `size_px` wide and high; painted anew in each theme, so that none is left over."""

    def __init__(self, name: str, size_px: int, colour: str = "") -> None:
        super().__init__()
        self._icon, self._size_px = icon(name, colour), size_px
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(self._size_px, self._size_px)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        place = QRect(0, (self.height() - self._size_px) // 2, self._size_px, self._size_px)
        self._icon.paint(QPainter(self), place, Qt.AlignmentFlag.AlignCenter)
