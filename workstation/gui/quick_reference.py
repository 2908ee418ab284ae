"""F1: every key and gesture on one page, with the keys as they are now; to search, to print and to keep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workstation.gui.actions import GESTURES, MENUS, SPECS
from workstation.gui.fields import label, restyle
from workstation.gui.icons import icon
from workstation.gui.reference_page import Section, page_layout, paint, write_pdf

COLUMNS = 3
BESIDE_PX = 64
"""What the window needs beside its columns."""


def rows(keys_of: Callable[[str], Sequence[str]] | None = None) -> list[Section]:
    """Sections of (what, keys): the gestures of the views, then the actions with shortcuts, menu by menu.

    keys_of: the keys of an action by its name, None for those of the table.
    """
    sections: list[Section] = [("In the views", list(GESTURES))]
    for menu in MENUS:
        entries = []
        for spec in SPECS:
            keys = spec.shortcuts if keys_of is None else keys_of(spec.name)
            if spec.menu == menu and keys:
                what = spec.text.replace("&", "").removesuffix("…")
                entries.append((what, ", ".join(_native(key) for key in keys)))
        if entries:
            sections.append((menu.replace("&", ""), entries))
    return sections


def _native(keys: str) -> str:
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def columns_of(sections: Sequence[Section], number: int = COLUMNS) -> list[list[Section]]:
    """The sections in columns of about one height, in order."""
    heights = [len(entries) + 2 for _title, entries in sections]
    columns: list[list[Section]] = [[] for _ in range(number)]
    limit, column, filled = sum(heights) / number, 0, 0.0
    for section, height in zip(sections, heights, strict=True):
        if columns[column] and filled + height / 2 > limit and column < number - 1:
            column, filled = column + 1, 0.0
        columns[column].append(section)
        filled += height
    return columns


class QuickReference(QDialog):
    """A window beside the work: it does not block it."""

    def __init__(self, parent: QWidget, keys_of: Callable[[str], Sequence[str]] | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Quick reference")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._sections = rows(keys_of)
        inside = self._columns_for(parent)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(inside)
        self.nothing = label("", "muted")
        self.nothing.setContentsMargins(24, 0, 24, 8)
        self.nothing.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 12, 0, 0)
        layout.addLayout(self._top())
        layout.addWidget(self.nothing)
        layout.addWidget(area, 1)
        self._take_room(parent, inside.sizeHint().width() + 24, inside.sizeHint().height() + 72)
        self.search.setFocus()

    def _take_room(self, parent: QWidget, width: int, height: int) -> None:
        room = parent.screen().availableGeometry() if parent.screen() else None
        if room is not None:
            width, height = min(width, room.width() - 40), min(height, room.height() - 80)
        self.resize(width, height)

    def _top(self) -> QHBoxLayout:
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find a key or what it does")
        self.search.setAccessibleName("Find a key or what it does")
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(360)
        self.search.textChanged.connect(self._find)
        self.pdf = self._button("file-pdf", "Save as PDF…", self._ask_pdf)
        self.printing = self._button("printer", "Print…", self._ask_printer)
        row = QHBoxLayout()
        row.setContentsMargins(24, 0, 24, 0)
        row.addWidget(self.search, 1)
        row.addStretch(1)
        row.addWidget(self.pdf)
        row.addWidget(self.printing)
        return row

    def _button(self, picture: str, text: str, run: Callable[[], None]) -> QPushButton:
        button = QPushButton(icon(picture), text)
        button.setAutoDefault(False)
        button.clicked.connect(run)
        return button

    def _columns_for(self, parent: QWidget) -> QWidget:
        """As many columns as the screen has room for."""
        room = parent.screen().availableGeometry().width() if parent.screen() else 0
        for number in range(COLUMNS, 1, -1):
            inside = self._columns(number)
            if inside.sizeHint().width() + BESIDE_PX <= room:
                return inside
            inside.deleteLater()
        return self._columns(1)

    def _columns(self, number: int) -> QWidget:
        self._lines: list[tuple[QLabel, QLabel, str]] = []
        self._titles: list[tuple[QLabel, int, int]] = []
        columns = QHBoxLayout()
        columns.setSpacing(40)
        for part in columns_of(self._sections, number):
            column = QVBoxLayout()
            column.setSpacing(16)
            for title, entries in part:
                column.addLayout(self._section(title, entries))
            column.addStretch(1)
            columns.addLayout(column)
        inside = QWidget()
        inside.setLayout(columns)
        columns.setContentsMargins(24, 12, 24, 16)
        return inside

    def _section(self, title: str, entries: Sequence[tuple[str, str]]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(4)
        heading = label(title, "title")
        grid.addWidget(heading, 0, 0, 1, 2)
        begin = len(self._lines)
        for row, (what, keys) in enumerate(entries, start=1):
            left, right = label(what), label(keys, "muted")
            grid.addWidget(left, row, 0)
            grid.addWidget(right, row, 1)
            self._lines.append((left, right, f"{what} {keys}".casefold()))
        self._titles.append((heading, begin, len(self._lines)))
        return grid

    # ------------------------------------------------------------------ searching

    @property
    def shown(self) -> list[tuple[str, str]]:
        """The (what, keys) that are shown now."""
        return [(left.text(), right.text()) for left, right, _ in self._lines if not left.isHidden()]

    def _find(self, text: str) -> None:
        words = text.casefold().split()
        for left, right, searched in self._lines:
            fits = all(word in searched for word in words)
            left.setVisible(fits)
            right.setVisible(fits)
        for heading, begin, end in self._titles:
            heading.setVisible(any(not left.isHidden() for left, _, _ in self._lines[begin:end]))
        self._say("" if self.shown else f"No key or gesture is about “{text}”.", "muted")

    def _say(self, sentence: str, kind: str) -> None:
        restyle(self.nothing, kind=kind)
        self.nothing.setText(sentence)
        self.nothing.setVisible(bool(sentence))

    # ------------------------------------------------------------------ on paper

    def _ask_pdf(self) -> None:
        start = str(Path.home() / "keys and gestures.pdf")
        chosen, _ = QFileDialog.getSaveFileName(self, "Save the quick reference", start, "PDF (*.pdf)")
        if chosen:
            self.save_pdf(Path(chosen))

    def save_pdf(self, path: Path) -> None:
        """Write one A4 page; says where it lies, or why it can't be written."""
        target = path if path.suffix.lower() == ".pdf" else path.with_name(path.name + ".pdf")
        try:
            write_pdf(target, self._sections)
        except OSError as error:
            self._say(f"{target} can't be written: {error.strerror or error}. Choose another place.", "reason")
        else:
            self._say(f"Saved as {target}", "good")

    def _ask_printer(self) -> None:
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setPageLayout(page_layout())
        dialog = QPrintDialog(printer, self)
        dialog.setWindowTitle("Print the quick reference")
        if dialog.exec() == QDialog.DialogCode.Accepted and not paint(printer, self._sections):
            self._say("The printer can't be reached. Save the page as a PDF instead.", "reason")
