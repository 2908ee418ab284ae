"""Fuse: which image lies on which, how they are registered in words, and how strongly the upper one shows."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from workstation.fusion.registration import Registration
from workstation.gui.fields import label, restyle
from workstation.gui.fusion_fields import FusionAmount, FusionModes
from workstation.gui.glyph_label import GlyphLabel
from workstation.gui.icons import icon
from workstation.gui.panels.comparison import ComparisonTable
from workstation.gui.panels.panel import Card, EmptyState, Panel, choice, fill_choice, heading, named, plain, primary
from workstation.gui.panels.slab_field import SlabField
from workstation.gui.registration_list import LIGHTS
from workstation.gui.session import Session
from workstation.images.volume import Volume
from workstation.view.color_maps import NAMES as COLOUR_NAMES
from workstation.view.fusion_look import COLOUR, DIFFERENCE, EDGES, OVERLAY_COLORS

LIGHT_PX = 18
REGISTER = "Register automatically"


def links_between(session: Session, fixed: Volume, moving: Volume) -> list[Registration]:
    """Registrations that link exactly these two frames of reference, the newest last."""
    frames = {fixed.frame_of_reference_uid, moving.frame_of_reference_uid}
    return [r for r in session.case.registrations.values() if {r.fixed_frame_uid, r.moving_frame_uid} == frames]


def state_of(session: Session, fixed: Volume, moving: Volume) -> tuple[str, str]:
    """The registration state of an image on the planning image: (kind, sentence)."""
    if fixed.frame_of_reference_uid and fixed.frame_of_reference_uid == moving.frame_of_reference_uid:
        return "good", "Same frame of reference: it lies where the scanner says."
    if session.case.transform(fixed.frame_of_reference_uid, moving.frame_of_reference_uid) is None:
        return "danger", "Not registered: the two images can't be shown on each other yet."
    found = links_between(session, fixed, moving)
    if not found:
        if session.case.is_provisional(fixed.frame_of_reference_uid, moving.frame_of_reference_uid):
            return "caution", "Linked through other images' registrations, not all of them accepted: provisional."
        return "good", "Linked through other images' accepted registrations."
    if found[-1].accepted_by:
        return "good", f"Registered ({found[-1].method}), accepted by {found[-1].accepted_by}."
    return "caution", f"Registered ({found[-1].method}), not yet checked by a person: provisional."


def colour_names(mode: str) -> tuple[str, ...]:
    """The colour tables that a fusion mode offers."""
    return OVERLAY_COLORS if mode == COLOUR else COLOUR_NAMES


class FusePanel(Panel):
    """The panel. register_wanted: key of the image to register onto the planning image."""

    title = "Fuse"
    register_wanted = Signal(str)
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
        content.addWidget(self._registration_card(actions))
        self.column.addWidget(self._content)
        self.column.addStretch(1)
        for signal in (session.images_changed, session.registrations_changed, session.display_changed):
            signal.connect(self.refresh)
        session.registering.changed.connect(self.refresh)
        self.refresh()

    def _registration_card(self, actions: dict[str, QAction]) -> Card:
        card = Card(8)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.light = QStackedWidget()
        self.light.setFixedSize(LIGHT_PX, LIGHT_PX)
        for picture, colour in LIGHTS.values():
            self.light.addWidget(GlyphLabel(picture, LIGHT_PX, colour))
        self.state = label("", wrap=True)
        row.addWidget(self.light, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.state, 1)
        card.column.addLayout(row)
        self.quality = label("", "muted", wrap=True)
        self.register = primary("Register automatically", self._register, "magic-wand")
        self.accept = plain("Accept after checking", actions["accept_registration"].trigger, "check-circle")
        self.more = plain("Registration…", actions["dock_registration"].trigger, "intersect")
        self.more.setToolTip("By hand, by landmarks, deformable, quality in figures, export")
        self.load = plain("Load a registration file…", actions["load_registration"].trigger, "file-plus")
        for widget in (self.quality, self.register, self.accept, self.more, self.load):
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
        self.colours.setEnabled(bool(viewing.overlay_key) and viewing.mode not in (DIFFERENCE, EDGES))
        self.modes.setEnabled(bool(viewing.overlay_key))
        moving = session.overlay or others[0]
        self.comparison.show_pair(planning, moving)
        self._show_registration(planning, moving)

    def _show_registration(self, planning: Volume, moving: Volume) -> None:
        kind, sentence = state_of(self.session, planning, moving)
        found = links_between(self.session, planning, moving)
        newest = found[-1] if found else None
        restyle(self.state, kind=kind if kind != "danger" else "reason")
        self.state.setText(f"{self.session.image_name(moving.key)}: {sentence}")
        verdict = str(newest.quality.get("verdict", "")) if newest is not None else ""
        self.light.setVisible(verdict in LIGHTS)
        if verdict in LIGHTS:
            self.light.setCurrentIndex(list(LIGHTS).index(verdict))
        words = quality_words(newest)
        self.quality.setText(words)
        self.quality.setVisible(bool(words))
        running = self.session.registering.running
        same = planning.frame_of_reference_uid == moving.frame_of_reference_uid != ""
        self.register.setEnabled(not running)
        self.register.setText("Registering…" if running else "Register again" if found or same else REGISTER)
        restyle(self.register, kind="" if found or same else "primary")
        self.register.setIcon(icon("magic-wand", "" if found or same else "on_accent"))
        frames = planning.frame_of_reference_uid, moving.frame_of_reference_uid
        self.accept.setVisible(self.session.case.is_provisional(*frames))
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


def quality_words(registration: Registration | None) -> str:
    """The one thing to know of a registration's quality, besides its light."""
    if registration is None:
        return ""
    reasons = [str(reason) for reason in registration.quality.get("reasons", ())]
    if reasons:
        return "; ".join(reasons)[:1].upper() + "; ".join(reasons)[1:] + "."
    apart = registration.quality.get("repeatability_mm")
    return f"Two runs ended {apart:.2f} mm apart." if isinstance(apart, (int, float)) else ""
