"""The About box: version, licence, and what this program is not."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from workstation import __version__
from workstation.gui.fields import label
from workstation.gui.resources import resource
from workstation.gui.theme import text_scale

WIDTH_PX = 480
NOT_A_DEVICE = (
    "Research and teaching software: not a medical device. It must not be used to decide about the treatment of a "
    "patient unless a qualified person checks every result by other means."
)


class About(QDialog):
    """A small window beside the work."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("About")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        picture = QLabel()
        picture.setPixmap(QIcon(str(resource("icons", "application.svg"))).pixmap(64, 64))
        words = QVBoxLayout()
        words.setSpacing(8)
        words.addWidget(label(f"Workstation {__version__}", "title"))
        words.addWidget(label("Contouring and image fusion for radiotherapy. MIT licence.", wrap=True))
        words.addWidget(label(NOT_A_DEVICE, "caution", wrap=True))
        words.addWidget(label("Icons: Phosphor (MIT), by way of qtawesome.", "muted", wrap=True))
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 24, 24, 24)
        row.setSpacing(24)
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        width = round(WIDTH_PX * text_scale())
        self.resize(width, row.totalHeightForWidth(width))
