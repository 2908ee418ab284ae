"""The steps of the work at the left: they change the panel and the tools, never the images."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout

from workstation.gui.theme import text_scale

WIDTH_PX = 58


class StepBar(QFrame):
    """One button for each step that is built, top to bottom in the order of the work."""

    def __init__(self, actions: list[QAction]) -> None:
        super().__init__()
        self.setObjectName("stepBar")
        self._width_px = round(WIDTH_PX * text_scale())
        self.setFixedWidth(self._width_px)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 1, 8)
        layout.setSpacing(4)
        self.buttons: dict[str, QToolButton] = {}
        for action in actions:
            button = self._button(action)
            layout.addWidget(button)
            self.buttons[str(action.data())] = button
        layout.addStretch(1)

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setIconSize(QSize(24, 24))
        button.setDefaultAction(action)
        button.setFixedWidth(self._width_px - 2)
        button.setMinimumHeight(56)
        return button
