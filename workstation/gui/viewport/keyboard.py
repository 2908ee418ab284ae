"""The keys of slice views, and whether somebody is typing: then a view must not take the keyboard away."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit

PAGE_SLICES = 5

STEPS = {
    Qt.Key.Key_Up: 1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Down: -1,
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_PageUp: PAGE_SLICES,
    Qt.Key.Key_PageDown: -PAGE_SLICES,
}
"""Slices that a key goes away from the viewer."""
TOOL_KEYS = {
    Qt.Key.Key_Return: "Enter",
    Qt.Key.Key_Enter: "Enter",
    Qt.Key.Key_Escape: "Escape",
    Qt.Key.Key_X: "x",
    Qt.Key.Key_BracketLeft: "[",
    Qt.Key.Key_BracketRight: "]",
    Qt.Key.Key_Backspace: "Backspace",
    Qt.Key.Key_Delete: "Delete",
}
"""What tools call the keys that are theirs."""

_FIELDS = (QLineEdit, QAbstractSpinBox, QComboBox, QTextEdit, QPlainTextEdit)


def somebody_types() -> bool:
    """True while the keyboard belongs to a field."""
    return isinstance(QApplication.focusWidget(), _FIELDS)
