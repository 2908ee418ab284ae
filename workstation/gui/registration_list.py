"""The registrations between two images: which counts, how it was made, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workstation.fusion.registration import Registration
from workstation.gui.fields import label
from workstation.gui.glyph_label import GlyphLabel
from workstation.gui.panels.panel import Card, clear_layout, small
from workstation.gui.session import Session

LIGHTS = {"good": ("check-circle", "good"), "doubtful": ("warning", "caution"), "failed": ("warning-octagon", "danger")}
UNJUDGED = ("circle", "muted")


class RegistrationList(QWidget):
    """One card for each registration of the pair, the one in use first.

    do: called with what a button stands for ("use", "remove", "accept", "withdraw") and the registration.
    """

    def __init__(self, session: Session, do: Callable[[str, Registration], object]) -> None:
        super().__init__()
        self._session, self._do = session, do
        self._shown: tuple[int, ...] = ()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(6)
        self.cards: list[RegistrationCard] = []

    def refresh(self) -> None:
        """Show the registrations of the pair; whatever is the same stays."""
        found = self._session.desk.placing.registrations[::-1]
        shown = tuple(id(each) for each in found)
        if shown == self._shown:
            return
        self._shown = shown
        clear_layout(self.column)
        self.cards = [RegistrationCard(each, number == 0, self._do) for number, each in enumerate(found)]
        for card in self.cards:
            self.column.addWidget(card)


class RegistrationCard(Card):
    """One registration."""

    def __init__(self, registration: Registration, in_use: bool, do: Callable[[str, Registration], object]) -> None:
        super().__init__(4)
        self.registration = registration
        row = QHBoxLayout()
        row.setSpacing(8)
        picture, colour = LIGHTS.get(str(registration.quality.get("verdict", "")), UNJUDGED)
        self.light = GlyphLabel(picture, 18, colour)
        row.addWidget(self.light, 0, Qt.AlignmentFlag.AlignTop)
        self.words = label(words_of(registration, in_use), wrap=True)
        row.addWidget(self.words, 1)
        self.buttons = {}
        for name, glyph, tip in buttons_of(registration, in_use):
            button = small(glyph, tip, lambda name=name: do(name, registration))
            self.buttons[name] = button
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self.column.addLayout(row)


def words_of(registration: Registration, in_use: bool) -> str:
    """What it is in one or two lines."""
    state = "In use" if in_use else "Older"
    made = registration.method[:1].upper() + registration.method[1:]
    if registration.provisional:
        accepted = "provisional: nobody has accepted it"
    else:
        when = registration.accepted_at.replace("T", " ")[:16]
        accepted = f"accepted by {registration.accepted_by}" + (f", {when}" if when else "")
    return f"{state} · {registration.kind}\n{made}; {accepted}."


def buttons_of(registration: Registration, in_use: bool) -> list[tuple[str, str, str]]:
    """(name, icon, tooltip) of what can be done with it."""
    found = []
    if not in_use:
        found.append(("use", "arrow-line-up", "Use this one: it becomes the newest"))
    if not registration.provisional:
        found.append(("withdraw", "arrow-counter-clockwise", "Withdraw the acceptance"))
    found.append(("remove", "trash", "Remove this registration (undo brings it back)"))
    return found
