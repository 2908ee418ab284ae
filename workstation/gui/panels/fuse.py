"""Fuse: which image lies on which, how they are registered in words, and how strongly the upper one shows."""

from __future__ import annotations

import getpass
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workstation.case.commands import AddRegistration, RemoveRegistration
from workstation.fusion.registration import Registration
from workstation.gui.fields import label, restyle
from workstation.gui.fusion_fields import FusionAmount, FusionModes
from workstation.gui.icons import icon
from workstation.gui.panels.comparison import ComparisonTable
from workstation.gui.panels.panel import Card, EmptyState, Panel, choice, fill_choice, heading, named, plain, primary
from workstation.gui.panels.slab_field import SlabField
from workstation.gui.session import Session
from workstation.images.volume import Volume
from workstation.view.color_maps import NAMES as COLOUR_NAMES
from workstation.view.fusion_look import COLOUR, DIFFERENCE, OVERLAY_COLORS


def links_between(session: Session, fixed: Volume, moving: Volume) -> list[Registration]:
    """Registrations that link exactly these two frames of reference, the newest last."""
    frames = {fixed.frame_of_reference_uid, moving.frame_of_reference_uid}
    return [r for r in session.case.registrations.values() if {r.fixed_frame_uid, r.moving_frame_uid} == frames]


def state_of(session: Session, fixed: Volume, moving: Volume) -> tuple[str, str]:
    """The registration state of an image on the planning image: (kind, sentence)."""
    if fixed.frame_of_reference_uid and fixed.frame_of_reference_uid == moving.frame_of_reference_uid:
        return "good", "Same frame of reference: nothing to register."
    if session.case.transform(fixed.frame_of_reference_uid, moving.frame_of_reference_uid) is None:
        return "danger", "Not registered: the two images can't be shown on each other yet."
    found = links_between(session, fixed, moving)
    if not found:
        return "caution", "Linked through other images' registrations."
    if found[-1].accepted_by:
        return "good", f"Registered ({found[-1].method}), accepted by {found[-1].accepted_by}."
    return "caution", f"Registered ({found[-1].method}), not yet checked by a person."


def colour_names(mode: str) -> tuple[str, ...]:
    """The colour tables that a fusion mode offers."""
    return OVERLAY_COLORS if mode == COLOUR else COLOUR_NAMES


_UNITS = {"mm": "mm", "deg": "°", "s": "s", "percent": "%"}


def quality_lines(quality: dict[str, Any]) -> list[str]:
    """Figures of a registration for people: "tre_mm": 0.4 becomes "tre 0.4 mm"."""
    lines = []
    for key, value in quality.items():
        name, _, end = key.rpartition("_")
        if isinstance(value, bool):
            lines.append(key.replace("_", " ") if value else f"not {key.replace('_', ' ')}")
            continue
        if isinstance(value, (list, tuple)) and not value:
            continue
        words, unit = (name, _UNITS[end]) if end in _UNITS and name else (key, "")
        lines.append(f"{words.replace('_', ' ')} {_shown(value)} {unit}".strip())
    return lines


def _shown(value: Any) -> str:
    if isinstance(value, (int, float)):
        return f"{value:.3g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(_shown(item) for item in value)
    return str(value)


class FusePanel(Panel):
    """The panel. register_wanted: key of the image to register onto the planning image. load_wanted: read a REG."""

    title = "Fuse"
    register_wanted = Signal(str)
    load_wanted = Signal()
    open_wanted = Signal()

    def __init__(self, session: Session, actions: dict[str, QAction]) -> None:
        super().__init__(session)
        self.empty = EmptyState(
            "intersect",
            "Fusing lays a second image, such as an MR, over the planning CT. Open a second image of the patient.",
            "Open images…",
            self.open_wanted.emit,
        )
        self.column.addWidget(self.empty)
        self._content = QWidget()
        content = QVBoxLayout(self._content)
        content.setContentsMargins(0, 0, 0, 0)
        content.setSpacing(8)
        self.base = label("", wrap=True)
        content.addLayout(named("On", self.base))
        self.overlay = choice()
        self.overlay.setAccessibleName("Fused image")
        self.overlay.currentIndexChanged.connect(self._choose_overlay)
        content.addLayout(named("Fused", self.overlay))
        self.modes = FusionModes(actions)
        content.addWidget(self.modes)
        self.amount = FusionAmount(session)
        row = named("Opacity", self.amount)
        self.amount_name = row.itemAt(0).widget()
        self.amount.mode_shown.connect(self.amount_name.setText)
        content.addLayout(row)
        self.colours = choice()
        self.colours.setAccessibleName("Colours of the fused image")
        self.colours.currentIndexChanged.connect(self._choose_colours)
        content.addLayout(named("Colours", self.colours))
        self.slab = SlabField(session)
        content.addLayout(named("Slab", self.slab))
        self.compared_heading = heading("What the images disagree about")
        self.comparison = ComparisonTable(session)
        content.addWidget(self.compared_heading)
        content.addWidget(self.comparison)
        content.addWidget(heading("Registration"))
        content.addWidget(self._registration_card())
        self.column.addWidget(self._content)
        self.column.addStretch(1)
        for signal in (session.images_changed, session.registrations_changed, session.display_changed):
            signal.connect(self.refresh)
        self.refresh()

    def _registration_card(self) -> Card:
        card = Card(8)
        self.state = label("", wrap=True)
        self.quality = label("", "muted", wrap=True)
        self.register = primary("Register automatically", self._register, "magic-wand")
        self.accept = plain("Accept after checking", self._accept, "check-circle")
        self.remove = plain("Remove registration", self._remove, "trash")
        self.load = plain("Load a registration file…", self.load_wanted.emit, "file-plus")
        for widget in (self.state, self.quality, self.register, self.accept, self.remove, self.load):
            card.column.addWidget(widget)
        return card

    def others(self) -> list[Volume]:
        """Images that can lie on top."""
        return [v for key, v in self.session.case.images.items() if key != self.session.case.planning_key]

    def refresh(self) -> None:
        """Show who lies on whom now."""
        session, viewing = self.session, self.session.viewing
        planning, others = session.case.planning, self.others()
        self.empty.setVisible(planning is None or not others)
        self._content.setVisible(planning is not None and bool(others))
        if planning is None or not others:
            return
        self.base.setText(session.image_name(planning.key))
        entries = [("None", ""), *((session.image_name(v.key), v.key) for v in others)]
        fill_choice(self.overlay, entries, viewing.overlay_key)
        chosen = viewing.look.overlay_colors if viewing.mode == COLOUR else viewing.overlay_colors
        fill_choice(self.colours, [(name.capitalize(), name) for name in colour_names(viewing.mode)], chosen)
        self.colours.setEnabled(bool(viewing.overlay_key) and viewing.mode != DIFFERENCE)
        self.modes.setEnabled(bool(viewing.overlay_key))
        moving = session.overlay or others[0]
        self.comparison.show_pair(planning, moving)
        self._show_registration(planning, moving)

    def _show_registration(self, planning: Volume, moving: Volume) -> None:
        kind, sentence = state_of(self.session, planning, moving)
        found = links_between(self.session, planning, moving)
        restyle(self.state, kind=kind if kind != "danger" else "reason")
        self.state.setText(f"{self.session.image_name(moving.key)}: {sentence}")
        lines = quality_lines(found[-1].quality) if found else []
        self.quality.setText("\n".join(lines))
        self.quality.setVisible(bool(lines))
        same = planning.frame_of_reference_uid == moving.frame_of_reference_uid != ""
        self.register.setVisible(not same)
        self.register.setText("Register again" if found else "Register automatically")
        restyle(self.register, kind="" if found else "primary")
        self.register.setIcon(icon("magic-wand", "" if found else "on_accent"))
        self.accept.setVisible(bool(found) and not found[-1].accepted_by)
        self.remove.setVisible(bool(found))
        self._moving_key = moving.key

    def _choose_overlay(self) -> None:
        self.session.viewing.overlay_key = self.overlay.currentData() or ""

    def _choose_colours(self) -> None:
        viewing, name = self.session.viewing, self.colours.currentData()
        if viewing.mode == COLOUR:
            viewing.change_look(overlay_colors=name)
        else:
            viewing.overlay_colors = name

    def _register(self) -> None:
        self.register_wanted.emit(self._moving_key)

    def _accept(self) -> None:
        registration = self._newest()
        if registration is not None:
            self.session.do(AddRegistration(replace(registration, accepted_by=getpass.getuser())))

    def _remove(self) -> None:
        registration = self._newest()
        if registration is not None:
            self.session.do(RemoveRegistration(registration.identifier))

    def _newest(self) -> Registration | None:
        planning, moving = self.session.case.planning, self.session.case.images.get(self._moving_key)
        if planning is None or moving is None:
            return None
        found = links_between(self.session, planning, moving)
        return found[-1] if found else None
