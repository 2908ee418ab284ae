"""A first slice, shown while the rest is still being read."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from workstation.gui.reading import Preview


class PreviewPage(QWidget):
    """One grey picture in the right proportions on black, and words that say what it is."""

    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._image: QImage | None = None
        self._ratio = 1.0
        self.words = ""

    def show_preview(self, preview: Preview) -> None:
        """Show another picture."""
        height, width = preview.grey.shape
        data = preview.grey.tobytes()
        self._image = QImage(data, width, height, width, QImage.Format.Format_Grayscale8).copy()
        self._ratio = (width * preview.pixel_mm[1]) / max(1e-6, height * preview.pixel_mm[0])
        self.words = preview.words
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0))
        if self._image is None:
            return
        room_w, room_h = self.width() - 32.0, self.height() - 64.0
        width = min(room_w, room_h * self._ratio)
        height = width / self._ratio
        area = QRectF((self.width() - width) / 2, (self.height() - height) / 2 - 8, width, height)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(area, self._image)
        painter.setPen(QColor("#c9ced4"))
        words = QRectF(0, self.height() - 40.0, self.width(), 32.0)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, self.words)
