"""The small row of buttons at the lower edge of the 3D view: six sides to look from, and the bone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from workstation.gui.viewport.annotations import QUIET
from workstation.view.volume_camera import SIDES

_NAMES = {"A": "anterior", "P": "posterior", "L": "left", "R": "right", "S": "superior", "I": "inferior"}


def add_side_buttons(
    view: QWidget, look_from: Callable[[str], None], show_bone: Callable[[bool], None]
) -> QToolButton:
    """Lay the buttons over a view; returns the one for the bone, checked and hidden."""
    row = QHBoxLayout(view)
    row.setContentsMargins(6, 6, 6, 6)
    row.setSpacing(2)
    row.addStretch(1)
    for side in SIDES:
        button = _button(view, side, f"Look from the patient's {_NAMES[side]} side ({side})")
        button.clicked.connect(partial(look_from, side))
        row.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
    bone = _button(view, "Bone", "Show the planning CT's bone behind the structures")
    bone.setCheckable(True)
    bone.setChecked(True)
    bone.setVisible(False)
    bone.toggled.connect(show_bone)
    row.addWidget(bone, 0, Qt.AlignmentFlag.AlignBottom)
    return bone


def _button(view: QWidget, text: str, tip: str) -> QToolButton:
    button = QToolButton(view, text=text, autoRaise=True, focusPolicy=Qt.FocusPolicy.NoFocus)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setCursor(Qt.CursorShape.ArrowCursor)
    button.setStyleSheet(
        f"QToolButton {{ color: {QUIET.name()}; background: rgba(255,255,255,18); border: none; padding: 2px 6px;"
        " border-radius: 3px; }"
        " QToolButton:hover, QToolButton:checked { color: white; background: rgba(255,255,255,46); }"
    )
    return button
