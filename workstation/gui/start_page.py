"""What the window shows before a case is open: how to begin, and what was open last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from workstation.gui.fields import breakable, label, restyle
from workstation.gui.glyph_label import GlyphLabel
from workstation.gui.icons import icon
from workstation.gui.resources import resource
from workstation.gui.theme import text_scale

WIDTH_PX = 720


@dataclass(frozen=True)
class RecentEntry:
    """One line of the list of recent cases; `missing` when the file is not where it was."""

    path: str
    title: str
    detail: str
    missing: bool = False


class StartPage(QWidget):
    """The page. recent_chosen: path of a recent case."""

    recent_chosen = Signal(str)

    def __init__(self, open_folder: QAction, open_files: QAction, open_example: QAction) -> None:
        super().__init__()
        self.setObjectName("startPage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout()
        column.setSpacing(16)
        column.addLayout(self._title())
        self.drop_zone = self._drop_zone(open_folder, open_files, open_example)
        column.addWidget(self.drop_zone)
        self._recent_title = label("Recent cases", "heading")
        column.addSpacing(8)
        column.addWidget(self._recent_title)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(4)
        column.addLayout(self._recent)
        self.note = label("", "muted", wrap=True)
        self.note.hide()
        column.addWidget(self.note)
        column.addStretch(1)
        self.preparing = label("", "muted")
        column.addWidget(self.preparing)
        column.addWidget(label("Research and teaching software: not a medical device.", "muted"))
        frame = QWidget()
        frame.setLayout(column)
        frame.setMaximumWidth(round(WIDTH_PX * text_scale()))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(32, 64, 32, 24)
        layout.addStretch(1)
        layout.addWidget(frame, 4)
        layout.addStretch(1)
        self.show_recent(())

    def _title(self) -> QHBoxLayout:
        picture = QLabel()
        picture.setPixmap(QIcon(str(resource("icons", "application.svg"))).pixmap(64, 64))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(label("Workstation", "product"))
        words.addWidget(label("Contouring and image fusion for radiotherapy", "muted"))
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(picture)
        row.addLayout(words)
        row.addStretch(1)
        return row

    def _drop_zone(self, open_folder: QAction, open_files: QAction, open_example: QAction) -> QFrame:
        zone = QFrame()
        zone.setObjectName("dropZone")
        picture = GlyphLabel("stack", 40, "muted")
        sentence = label("Drop a folder, files or a zip here: CT, MR, PET, structure sets, registrations", wrap=True)
        sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        self.buttons = [self._button(open_folder, "primary"), self._button(open_files), self._button(open_example)]
        for button in self.buttons:
            row.addWidget(button)
        row.addStretch(1)
        layout = QVBoxLayout(zone)
        layout.setContentsMargins(24, 32, 24, 32)
        layout.setSpacing(16)
        layout.addWidget(picture, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(sentence)
        layout.addLayout(row)
        return zone

    def _button(self, action: QAction, kind: str = "") -> QPushButton:
        button = QPushButton(icon(str(action.property("icon_name")), "on_accent" if kind == "primary" else ""), "")
        button.setText(action.text().replace("&", ""))
        button.setToolTip(action.toolTip())
        restyle(button, kind=kind)
        button.clicked.connect(action.trigger)
        return button

    def show_recent(self, entries: Sequence[RecentEntry]) -> None:
        """Fill the list of recent cases."""
        while self._recent.count():
            widget = self._recent.takeAt(0).widget()
            if widget:
                widget.deleteLater()
        self._recent_title.setVisible(bool(entries))
        self.recent_buttons: list[QPushButton] = []
        for entry in entries:
            row, button = self._recent_row(entry)
            self._recent.addWidget(row)
            self.recent_buttons.append(button)

    def _recent_row(self, entry: RecentEntry) -> tuple[QWidget, QPushButton]:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        button = QPushButton(icon("file-text", "disabled" if entry.missing else "accent"), entry.title)
        restyle(button, kind="link")
        button.setToolTip(entry.path)
        button.setEnabled(not entry.missing)
        button.clicked.connect(lambda: self.recent_chosen.emit(entry.path))
        detail = label("not found: " + entry.detail if entry.missing else entry.detail, "muted")
        detail.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        detail.setToolTip(entry.path)
        layout.addWidget(button)
        layout.addWidget(detail, 1)
        return row, button

    def show_drop(self, active: bool) -> None:
        """Highlight the place to drop on while something is dragged over the window."""
        restyle(self.drop_zone, active=active)

    def show_preparing(self, sentence: str) -> None:
        """What the program still prepares behind the page ("" when it is ready)."""
        self.preparing.setText(sentence)

    def show_note(self, sentence: str) -> None:
        """One quiet sentence about the last case ("" for none)."""
        self.note.setText(breakable(sentence))
        self.note.setVisible(bool(sentence))
