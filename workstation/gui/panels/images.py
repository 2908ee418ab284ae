"""Images: what was opened, with sizes and warnings; which image is planned on; what was left out, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout

from workstation.case.commands import ChoosePlanningImage, RemoveImage
from workstation.gui.fields import breakable, label, restyle
from workstation.gui.panels.panel import Card, Panel, clear_layout, heading, plain, small
from workstation.gui.session import Session
from workstation.images.naming import image_title
from workstation.images.volume import Volume

if TYPE_CHECKING:
    from workstation.dicom.entry import SeriesEntry

MOST_SHOWN_SKIPPED = 200


class ImagesPanel(Panel):
    """The panel. load_wanted: the entry of a series that was found but not loaded."""

    title = "Images"
    load_wanted = Signal(object)

    def __init__(self, session: Session, actions: dict[str, QAction]) -> None:
        super().__init__(session)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(8)
        self.column.addLayout(self._cards)
        row = QHBoxLayout()
        row.addWidget(plain("Open more…", actions["open_folder"].trigger, "folder-open"))
        row.addStretch(1)
        self.column.addLayout(row)
        self._found = QVBoxLayout()
        self._found.setSpacing(8)
        self.column.addLayout(self._found)
        self._skipped = QVBoxLayout()
        self._skipped.setSpacing(4)
        self.column.addLayout(self._skipped)
        self.column.addStretch(1)
        session.images_changed.connect(self.refresh)
        session.display_changed.connect(self._show_choices)
        session.found_changed.connect(self.refresh)
        self.cards: dict[str, ImageCard] = {}
        self._shown: tuple[object, ...] = ()
        self.refresh()

    def refresh(self) -> None:
        """List what is there now."""
        case = self.session.case
        shown = (*case.images.values(), case.planning_key, *self.session.found, len(self.session.skipped))
        if shown == self._shown:
            return
        self._shown = shown
        clear_layout(self._cards)
        self.cards = {}
        for key, volume in case.images.items():
            card = ImageCard(self.session, volume, key == case.planning_key)
            self.cards[key] = card
            self._cards.addWidget(card)
        if not case.images:
            self._cards.addWidget(label("Nothing is loaded yet.", "muted", wrap=True))
        self._list_found()
        self._list_skipped()

    def _show_choices(self) -> None:
        for card in self.cards.values():
            card.show_choices()

    def _list_found(self) -> None:
        clear_layout(self._found)
        loaded = set(self.session.case.images)
        rest = [entry for entry in self.session.found if entry.key not in loaded]
        if rest:
            self._found.addWidget(heading("Found, not loaded"))
        for entry in rest:
            self._found.addWidget(FoundCard(entry, lambda e=entry: self.load_wanted.emit(e)))

    def _list_skipped(self) -> None:
        clear_layout(self._skipped)
        skipped = self.session.skipped
        if not skipped:
            return
        title = QToolButton()
        title.setText(f"Left out: {len(skipped)} {'file' if len(skipped) == 1 else 'files'} ▾")
        title.setCheckable(False)
        self._skipped.addWidget(title)
        words = label("\n\n".join(f"{_short(s.path)}\n{s.reason}" for s in skipped[:MOST_SHOWN_SKIPPED]), "muted", True)
        self._skipped.addWidget(words)
        words.setVisible(len(skipped) <= 5)
        title.clicked.connect(lambda: words.setVisible(not words.isVisible()))
        self.skipped_words = words


class ImageCard(Card):
    """One image of the case."""

    def __init__(self, session: Session, volume: Volume, planning: bool) -> None:
        super().__init__()
        self._session, self._volume, self._planning = session, volume, planning
        top = QHBoxLayout()
        name = label(breakable(session.image_name(volume.key)), "heading", wrap=True)
        top.addWidget(name, 1)
        words = "The image's header: everything that is stored about it, searchable (Ctrl+I: of the planning image)"
        self.header = small("identification-card", words, lambda: session.header_wanted.emit(volume.key))
        top.addWidget(self.header)
        top.addWidget(small("trash", "Take this image out of the case", lambda: session.do(RemoveImage(volume.key))))
        self.column.addLayout(top)
        self.column.addWidget(label(facts_of(volume.grid.size, tuple(volume.grid.spacing_mm)), "muted", True))
        for warning in volume.warnings:
            self.column.addWidget(label("▲ " + warning, "caution", wrap=True))
        row = QHBoxLayout()
        row.setSpacing(0)
        self.plan = self._button("Planning image", self._plan_on_it)
        self.overlay = self._button("Fused on top", self._lay_on_top)
        row.addWidget(self.plan)
        row.addWidget(self.overlay)
        row.addStretch(1)
        self.column.addLayout(row)
        self.show_choices()

    def _button(self, text: str, action: Callable[[], None]) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setCheckable(True)
        button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        restyle(button, kind="segment")
        button.clicked.connect(action)
        return button

    def show_choices(self) -> None:
        """Which part this image plays."""
        self.plan.setChecked(self._planning)
        self.overlay.setChecked(self._session.viewing.overlay_key == self._volume.key)
        self.overlay.setEnabled(not self._planning)
        restyle(self, selected=self._planning)

    def _plan_on_it(self) -> None:
        self._session.do(ChoosePlanningImage(self._volume.key))
        self.show_choices()

    def _lay_on_top(self) -> None:
        viewing = self._session.viewing
        viewing.overlay_key = "" if viewing.overlay_key == self._volume.key else self._volume.key
        self.show_choices()


class FoundCard(Card):
    """A series that was found but not loaded."""

    def __init__(self, entry: SeriesEntry, load: Callable[[], object]) -> None:
        super().__init__()
        grid = entry.arrangement.grid if entry.arrangement is not None else None
        name = image_title(entry.modality, entry.description, entry.acquisition, entry.study, grid)
        self.column.addWidget(label(breakable(name), wrap=True))
        self.column.addWidget(label(facts_of(entry.size, entry.spacing_mm), "muted", wrap=True))
        for warning in entry.warnings:
            self.column.addWidget(label("▲ " + warning, "caution", wrap=True))
        self.button = plain("Load", load, "download-simple")
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addStretch(1)
        self.column.addLayout(row)


def facts_of(size: tuple[int, int, int], spacing_mm: tuple[float, ...]) -> str:
    """ "512 × 512 × 120 · 0.8 × 0.8 × 1.5 mm"."""
    voxels = " × ".join(str(n) for n in size)
    distances = " × ".join(f"{round(float(s), 2):g}" for s in spacing_mm)
    return f"{voxels} · {distances} mm"


def _short(path: str) -> str:
    parts = path.replace("\\", "/").split("/")
    return "/".join(parts[-2:])
