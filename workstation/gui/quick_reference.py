"""F1: every key and gesture on one page, made from the same table as the menus."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from workstation.gui.actions import GESTURES, MENUS, SPECS
from workstation.gui.fields import label


def rows() -> list[tuple[str, list[tuple[str, str]]]]:
    """Sections of (what, keys): the gestures of the views, then the actions with shortcuts, menu by menu."""
    sections: list[tuple[str, list[tuple[str, str]]]] = [("In the views", list(GESTURES))]
    for menu in MENUS:
        entries = [
            (spec.text.replace("&", "").removesuffix("…"), ", ".join(_native(key) for key in spec.shortcuts))
            for spec in SPECS
            if spec.menu == menu and spec.shortcuts
        ]
        if entries:
            sections.append((menu.replace("&", ""), entries))
    return sections


def _native(keys: str) -> str:
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


class QuickReference(QDialog):
    """A window beside the work: it does not block it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Quick reference")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        columns = QHBoxLayout()
        columns.setSpacing(40)
        sections = rows()
        for part in (sections[:1], sections[1:4], sections[4:]):
            column = QVBoxLayout()
            column.setSpacing(16)
            for title, entries in part:
                column.addLayout(self._section(title, entries))
            column.addStretch(1)
            columns.addLayout(column)
        inside = QWidget()
        inside.setLayout(columns)
        columns.setContentsMargins(24, 16, 24, 16)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)
        room = parent.screen().availableGeometry() if parent.screen() else None
        wanted = inside.sizeHint()
        width, height = wanted.width() + 24, wanted.height() + 8
        if room is not None:
            width, height = min(width, room.width() - 40), min(height, room.height() - 80)
        self.resize(width, height)

    def _section(self, title: str, entries: list[tuple[str, str]]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(4)
        grid.addWidget(label(title, "title"), 0, 0, 1, 2)
        for row, (what, keys) in enumerate(entries, start=1):
            grid.addWidget(label(what), row, 0)
            grid.addWidget(label(keys, "muted"), row, 1)
        return grid
