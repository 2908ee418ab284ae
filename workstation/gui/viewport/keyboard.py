"""Whether somebody is typing: then a view must not take the keyboard away."""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit

_FIELDS = (QLineEdit, QAbstractSpinBox, QComboBox, QTextEdit, QPlainTextEdit)


def somebody_types() -> bool:
    """True while the keyboard belongs to a field."""
    return isinstance(QApplication.focusWidget(), _FIELDS)
