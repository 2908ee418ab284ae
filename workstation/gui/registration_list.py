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
IN_USE, OLDER = "In use", "Older"


class RegistrationList(QWidget):
    """One card for each registration of the pair, the one in use first.

    do: called with what a button stands for ("use", "remove", "accept", "withdraw") and the registration.
    """

    def __init__(self, session: Session, do: Callable[[str, Registration], object]) -> None:
        super().__init__()
        self._session, self._do = session, do
        self._shown: list[tuple[str, Registration]] = []
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(6)
        self.cards: list[RegistrationCard] = []

    def refresh(self) -> None:
        """Show the registrations of the pair, or those that link it through others; whatever is the same stays."""
        shown = self._entries()
        if shown == self._shown:
            return
        self._shown = shown
        clear_layout(self.column)
        self.cards = [RegistrationCard(each, state, self._do) for state, each in shown]
        for card in self.cards:
            self.column.addWidget(card)

    def _entries(self) -> list[tuple[str, Registration]]:
        """(what it is in this pair, registration)."""
        found = self._session.desk.placing.registrations[::-1]
        if found:
            return [(OLDER if number else IN_USE, each) for number, each in enumerate(found)]
        chain = self._session.registering.chain
        return [
            (f"Link {number} of {len(chain)}: {pair_words(self._session, each)}", each)
            for number, each in enumerate(chain, start=1)
        ]


class RegistrationCard(Card):
    """One registration."""

    def __init__(self, registration: Registration, state: str, do: Callable[[str, Registration], object]) -> None:
        super().__init__(4)
        self.registration = registration
        row = QHBoxLayout()
        row.setSpacing(8)
        picture, colour = LIGHTS.get(str(registration.quality.get("verdict", "")), UNJUDGED)
        self.light = GlyphLabel(picture, 18, colour)
        row.addWidget(self.light, 0, Qt.AlignmentFlag.AlignTop)
        self.words = label(words_of(registration, state), wrap=True)
        row.addWidget(self.words, 1)
        self.buttons = {}
        for name, glyph, tip in buttons_of(registration, state):
            button = small(glyph, tip, lambda name=name: do(name, registration))
            self.buttons[name] = button
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self.column.addLayout(row)


def pair_words(session: Session, registration: Registration) -> str:
    """Which image is registered onto which: "MR arterial onto CT"."""
    moving, fixed = registration.moving_frame_uid, registration.fixed_frame_uid
    return f"{frame_name(session, moving)} onto {frame_name(session, fixed)}"


def frame_name(session: Session, frame_uid: str) -> str:
    """A frame of reference by the first image that lies in it."""
    for key, volume in session.case.images.items():
        if volume.frame_of_reference_uid == frame_uid:
            return session.image_name(key)
    return "an image that is not open"


def words_of(registration: Registration, state: str) -> str:
    """What it is in one or two lines."""
    made = registration.method[:1].upper() + registration.method[1:]
    if registration.provisional:
        accepted = "provisional: nobody has accepted it"
    else:
        when = registration.accepted_at.replace("T", " ")[:16]
        accepted = f"accepted by {registration.accepted_by}" + (f", {when}" if when else "")
    return f"{state} · {registration.kind}\n{made}; {accepted}."


def buttons_of(registration: Registration, state: str) -> list[tuple[str, str, str]]:
    """(name, icon, tooltip) of what can be done with it."""
    found = []
    if state == OLDER:
        found.append(("use", "arrow-line-up", "Use this one: it becomes the newest"))
    if not registration.provisional:
        found.append(("withdraw", "arrow-counter-clockwise", "Withdraw the acceptance"))
    found.append(("remove", "trash", "Remove this registration (undo brings it back)"))
    return found
