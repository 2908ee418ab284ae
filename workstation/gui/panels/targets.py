"""Targets: structures that are derived from others and follow every stroke, with their recipes in words."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout

from workstation.gui.fields import breakable, label, restyle
from workstation.gui.icons import pixmap
from workstation.gui.panels.panel import Card, EmptyState, Panel, clear_layout, heading, plain
from workstation.gui.panels.recipe_editor import RecipeEditor, recipe_text
from workstation.gui.session import Session
from workstation.gui.structure_model import STATE_WORDS, StructureModel, volume_text
from workstation.structures.recipe import Margin
from workstation.structures.structure import State, Structure

CTV_MARGIN_MM = 5.0
PTV_MARGIN_MM = 3.0

_STATE_KINDS = {State.CURRENT: ("check-circle", "good"), State.STALE: ("warning", "caution")}


class TargetCard(Card):
    """One derived structure. chosen: it was clicked."""

    chosen = Signal(str)

    def __init__(self, identifier: str) -> None:
        super().__init__(2)
        self.identifier = identifier
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._swatch = QLabel()
        self.name = heading("")
        self.volume = label("", "")
        self._state = QLabel()
        self.recipe = label("", "muted", wrap=True)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._swatch)
        top.addWidget(self.name, 1)
        top.addWidget(self.volume)
        top.addWidget(self._state)
        self.column.addLayout(top)
        self.column.addWidget(self.recipe)

    def show_structure(self, structure: Structure, recipe: str, volume_cc: float | None, selected: bool) -> None:
        """Name, recipe and state as they are now."""
        self._swatch.setPixmap(pixmap("circle-fill", 16, "#{:02x}{:02x}{:02x}".format(*structure.color)))
        self.name.setText(structure.name)
        self.show_volume(volume_cc)
        word, meaning = STATE_WORDS[structure.state]
        picture, colour = _STATE_KINDS.get(structure.state, ("pencil-line", "caution"))
        self._state.setPixmap(pixmap(picture, 18, colour))
        self._state.setToolTip(f"{word}: {meaning}")
        self.recipe.setText(f"= {breakable(recipe)}" + ("" if structure.state is State.CURRENT else f"  ({word})"))
        restyle(self, selected=selected)

    def show_volume(self, volume_cc: float | None) -> None:
        """The volume, which follows the brush."""
        self.volume.setText(volume_text(volume_cc))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit(self.identifier)
        event.accept()

    def keyPressEvent(self, event: object) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):  # type: ignore[attr-defined]
            self.chosen.emit(self.identifier)
        else:
            super().keyPressEvent(event)  # type: ignore[arg-type]


class TargetsPanel(Panel):
    """The panel. contour_wanted: there is nothing to derive from yet."""

    title = "Targets"
    contour_wanted = Signal()

    def __init__(self, session: Session, model: StructureModel) -> None:
        super().__init__(session)
        self._model = model
        self.nothing = EmptyState(
            "target",
            "Targets such as CTV and PTV are made from other structures by margins, and follow every stroke. "
            "Draw a GTV first.",
            "Draw a GTV",
            self.contour_wanted.emit,
        )
        self.first = EmptyState(
            "target",
            "A target is a structure plus a margin, cropped by others. It follows every stroke, in all views.",
            "",
            self.begin_suggested,
        )
        self.column.addWidget(self.nothing)
        self.column.addWidget(self.first)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(8)
        self.column.addLayout(self._cards)
        self.add_button = plain("", self.begin_suggested, "plus")
        self.other_button = plain("New target…", self.begin_other, "plus", "A target with a recipe of your own")
        for button in (self.add_button, self.other_button):
            self.column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        self.editor = RecipeEditor(session)
        self.editor.hide()
        self.editor.finished.connect(self._draft_ended)
        self.column.addWidget(self.editor)
        self.column.addStretch(1)
        self.cards: dict[str, TargetCard] = {}
        session.listing_changed.connect(self.refresh)
        session.history_changed.connect(self.refresh)
        session.active_changed.connect(self._follow_active)
        model.volumes_changed.connect(self._show_volumes)
        self.refresh()

    def targets(self) -> list[Structure]:
        """Structures with a recipe."""
        return [s for s in self.session.case.structures.values() if s.recipe is not None]

    # ------------------------------------------------------------------ showing

    def refresh(self) -> None:
        """Show what the case has now."""
        structures, targets = self.session.case.structures, self.targets()
        wanted = [t.identifier for t in targets]
        if wanted != list(self.cards):
            self._make_cards(wanted)
        drafting = self.editor.isVisibleTo(self) and not self.editor.identifier
        if self.editor.identifier and self.editor.identifier not in wanted:
            self.editor.hide()
        elif self.editor.identifier and self.editor.isVisibleTo(self):
            self.editor.edit(self.editor.identifier)
        self.nothing.setVisible(not structures)
        self.first.setVisible(bool(structures) and not targets and not drafting)
        for button in (self.add_button, self.other_button):
            button.setVisible(bool(targets) and not drafting)
        suggestion = self._suggestion()
        if suggestion is None:
            self.add_button.hide()
        else:
            name, _, source, margin_mm = suggestion
            text = f"{name} = {structures[source].name} + {margin_mm:g} mm"
            self.add_button.setText(text)
            self.add_button.setToolTip(f"Make {text}")
            self.first.button.setText(f"Make {text}")
        self._show_cards()

    def _make_cards(self, identifiers: list[str]) -> None:
        clear_layout(self._cards)
        self.cards = {}
        for identifier in identifiers:
            card = TargetCard(identifier)
            card.chosen.connect(self.choose)
            self.cards[identifier] = card
            self._cards.addWidget(card)

    def _show_cards(self) -> None:
        editing = self.editor.identifier if self.editor.isVisibleTo(self) else ""
        for identifier, card in self.cards.items():
            structure = self.session.case.structures[identifier]
            if structure.recipe is not None:
                recipe = recipe_text(self.session, structure.recipe)
                card.show_structure(structure, recipe, self._model.volume_cc(identifier), identifier == editing)

    def _show_volumes(self) -> None:
        for identifier, card in self.cards.items():
            card.show_volume(self._model.volume_cc(identifier))

    # ------------------------------------------------------------------ choosing and making

    def choose(self, identifier: str) -> None:
        """Edit a target."""
        self.editor.edit(identifier)
        self.editor.show()
        self.refresh()
        self.ensureWidgetVisible(self.editor)

    def _follow_active(self) -> None:
        active = self.session.active
        drafting = self.editor.isVisibleTo(self) and not self.editor.identifier
        if active is not None and active.recipe is not None and not drafting:
            self.choose(active.identifier)

    def begin_suggested(self) -> None:
        """Make the target that comes next: a CTV of the GTV, a PTV of the CTV."""
        suggestion = self._suggestion()
        if suggestion is None:
            self.begin_other()
            return
        name, kind, source, margin_mm = suggestion
        self.editor.begin_draft(name, kind, source, Margin.uniform(margin_mm))
        self.editor.create()

    def begin_other(self) -> None:
        """Offer an empty recipe."""
        active = self.session.active or next(iter(self.session.case.structures.values()))
        self.editor.begin_draft(f"{active.name}_exp", "", active.identifier, Margin.uniform(CTV_MARGIN_MM))
        self.editor.show()
        self.refresh()
        self.editor.name.line.setFocus()
        self.editor.name.line.selectAll()

    def _suggestion(self) -> tuple[str, str, str, float] | None:
        """(name, type, source, margin in mm) of the target that is most likely wanted next, if any is."""
        structures = self.session.case.structures
        by_type = {s.interpreted_type: key for key, s in reversed(structures.items())}
        if "PTV" in by_type and "CTV" in by_type:
            return None
        if "CTV" in by_type:
            return "PTV", "PTV", by_type["CTV"], PTV_MARGIN_MM
        source = by_type.get("GTV") or self.session.desk.active or next(iter(structures), "")
        return ("CTV", "CTV", source, CTV_MARGIN_MM) if source else None

    def _draft_ended(self, identifier: str) -> None:
        if identifier:
            self.choose(identifier)
        else:
            self.editor.hide()
            self.refresh()
