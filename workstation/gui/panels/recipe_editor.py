"""Edits how one target is derived: a draft until it is created, from then on live with every change."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from workstation.case.commands import (
    AddStructure,
    ChangeStructure,
    Rederive,
    RemoveStructure,
    SetRecipe,
    StopFollowing,
    Together,
)
from workstation.case.dependence import downstream
from workstation.case.names import free_name
from workstation.case.new_structure import derived_structure
from workstation.gui.fields import CheckedLine, label
from workstation.gui.panels.contour import name_problem
from workstation.gui.panels.limits_field import LimitsField
from workstation.gui.panels.margin_field import MarginField
from workstation.gui.panels.panel import Card, choice, fill_choice, heading, named, plain, primary
from workstation.gui.panels.structure_types import TYPES, guessed_type
from workstation.gui.session import Session
from workstation.structures.recipe import Limit, Margin, Recipe
from workstation.structures.structure import State, Structure


def recipe_text(session: Session, recipe: Recipe) -> str:
    """The recipe in one line: "GTV + 5 mm, inside External −3 mm, clear of Brainstem by 2 mm"."""

    def name(identifier: str) -> str:
        structure = session.case.structures.get(identifier)
        return structure.name if structure else "a deleted structure"

    sign = "" if recipe.margin.is_uniform and recipe.margin.right < 0 else "+ "
    parts = [f"{name(recipe.source_identifier)} {sign}{recipe.margin.text().replace('-', '− ')}"]
    parts += [f"inside {name(item.structure_identifier)}{_by(item)}" for item in recipe.crop_to]
    parts += [f"clear of {name(item.structure_identifier)}{_by(item)}" for item in recipe.avoid]
    return ", ".join(parts)


def _by(limit: Limit) -> str:
    return f" {limit.margin_mm:+g} mm".replace("-", "−") if limit.margin_mm else ""


class RecipeEditor(Card):
    """The editor. finished: the draft was created (identifier) or dropped ("")."""

    finished = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__(8)
        self._session = session
        self._identifier = ""
        self.title = heading("")
        self.name = CheckedLine(self._name_problem, "Name, such as CTV")
        self.name.line.setAccessibleName("Name of the target")
        self.kind = choice()
        fill_choice(self.kind, list(TYPES), "")
        self.source = choice()
        self.source.setAccessibleName("Derived from")
        self.margin = MarginField()
        self.crop = LimitsField("inside", "Crop to…", "Stay inside a structure: −3 mm keeps 3 mm away from its surface")
        self.avoid = LimitsField(
            "clear of", "Avoid…", "Stay clear of a structure: 2 mm keeps 2 mm away from its surface"
        )
        self.reason = label("", "reason", wrap=True)
        self.reason.hide()
        self._lay_out()
        self.name.committed.connect(self._renamed)
        self.name.line.textEdited.connect(self._name_typed)
        self.kind.activated.connect(self._type_changed)
        self.source.activated.connect(lambda _i: self._recipe_changed())
        self.margin.changed.connect(lambda _m: self._recipe_changed())
        self.crop.changed.connect(self._recipe_changed)
        self.avoid.changed.connect(self._recipe_changed)

    def _lay_out(self) -> None:
        self.column.setContentsMargins(12, 12, 12, 12)
        self.column.addWidget(self.title)
        self.column.addLayout(named("Name", self.name, 64))
        self.column.addLayout(named("Type", self.kind, 64))
        self.column.addLayout(named("From", self.source, 64))
        self.column.addLayout(named("Margin", self.margin, 64))
        self.column.addWidget(self.crop)
        self.column.addWidget(self.avoid)
        self.column.addWidget(_row(self.crop.add_button, self.avoid.add_button))
        self.column.addWidget(self.reason)
        self.create_button = primary("Create", self.create, "plus")
        self.cancel_button = plain("Cancel", lambda: self.finished.emit(""))
        self._draft_buttons = _row(self.create_button, self.cancel_button)
        self.rederive_button = plain("Derive again", self._rederive, "arrows-clockwise", "Drop the edits by hand")
        self.detach_button = plain("Detach", self._detach, "link-break", "Keep the contours, stop following")
        self.delete_button = plain("Delete", self._delete, "trash")
        self._live_buttons = _row(self.detach_button, self.delete_button)
        self.column.addWidget(self._draft_buttons)
        self.column.addWidget(self.rederive_button)
        self.column.addWidget(self._live_buttons)

    # ------------------------------------------------------------------ what is edited

    @property
    def identifier(self) -> str:
        """The structure that is edited; "" while it is a draft."""
        return self._identifier

    def begin_draft(self, name: str, interpreted_type: str, source: str, margin: Margin) -> None:
        """Offer a new target with these values."""
        self._identifier = ""
        taken = [s.name for s in self._session.case.structures.values()]
        self.name.line.setModified(False)
        self.name.set_text(free_name(taken, name))
        fill_choice(self.kind, list(TYPES), interpreted_type)
        self._begin_anew()
        self._show_recipe(Recipe(source, margin))
        self.title.setText("New target")
        self._show_buttons(None)
        self._refuse("")

    def edit(self, identifier: str) -> None:
        """Edit a derived structure of the case, live."""
        structure = self._session.case.structures[identifier]
        if identifier != self._identifier:
            self.name.line.setModified(False)
            self._begin_anew()
            self._refuse("")
        self._identifier = identifier
        self.title.setText(f"How {structure.name} is made")
        self.name.set_text(structure.name)
        known = structure.interpreted_type in [key for _, key in TYPES]
        extra = [] if known else [(structure.interpreted_type.title(), structure.interpreted_type)]
        fill_choice(self.kind, [*TYPES, *extra], structure.interpreted_type)
        if structure.recipe is not None:
            self._show_recipe(structure.recipe)
        self._show_buttons(structure)

    def recipe(self) -> Recipe:
        """What stands in the fields."""
        return Recipe(
            str(self.source.currentData() or ""), self.margin.margin(), self.crop.limits(), self.avoid.limits()
        )

    def _begin_anew(self) -> None:
        """What was half entered for another target does not belong to this one."""
        self.margin.begin_anew()
        self.crop.drop_unfinished()
        self.avoid.drop_unfinished()

    def _show_recipe(self, recipe: Recipe) -> None:
        entries = self._possible_sources()
        fill_choice(self.source, entries, recipe.source_identifier)
        self.margin.set_margin(recipe.margin)
        self.crop.show_limits(entries, recipe.crop_to)
        self.avoid.show_limits(entries, recipe.avoid)

    def _possible_sources(self) -> list[tuple[str, str]]:
        """Everything that does not itself hang below this target."""
        structures = self._session.case.structures
        below = {self._identifier, *downstream(structures, [self._identifier])} if self._identifier else set()
        return [(s.name, key) for key, s in structures.items() if key not in below]

    def _show_buttons(self, structure: Structure | None) -> None:
        self._draft_buttons.setVisible(structure is None)
        self._live_buttons.setVisible(structure is not None)
        self.rederive_button.setVisible(structure is not None and structure.state in (State.OVERRIDDEN, State.STALE))
        locked = structure is not None and structure.locked
        fields = (self.name, self.kind, self.source, self.margin, self.crop, self.avoid)
        for widget in (*fields, self.rederive_button, self._live_buttons):
            widget.setEnabled(not locked)
        if locked and structure is not None:
            self._refuse(f"{structure.name} is locked: unlock it in the structure list to change it.")

    # ------------------------------------------------------------------ doing

    def create(self) -> None:
        """Make the target that the fields describe."""
        if not self.name.validate() or not self.margin.is_valid():
            return
        made: list[str] = []

        def add() -> None:
            case = self._session.case
            structure = derived_structure(case, self.name.text(), str(self.kind.currentData()), self.recipe())
            # below what it comes from, so that GTV, CTV and PTV stand together
            position = list(case.structures).index(self.recipe().source_identifier) + 1
            case.do(AddStructure(structure, position))
            made.append(structure.identifier)

        self._refuse(self._session.attempt(add))
        if made:
            self.finished.emit(made[0])

    def _recipe_changed(self) -> None:
        if self._identifier:
            self._refuse(self._session.do(SetRecipe(self._identifier, self.recipe())))

    def _name_problem(self, text: str) -> str:
        return name_problem(self._session, text, self._identifier)

    def _name_typed(self, text: str) -> None:
        if not self._identifier:
            self.kind.setCurrentIndex(max(0, self.kind.findData(guessed_type(text))))

    def _renamed(self, name: str) -> None:
        if not self._identifier:
            return
        commands = [ChangeStructure(self._identifier, name=name)]
        structure = self._session.case.structures[self._identifier]
        if structure.interpreted_type == guessed_type(structure.name) != guessed_type(name):
            commands.append(ChangeStructure(self._identifier, interpreted_type=guessed_type(name)))
        what = f"Rename {structure.name} to {name}"
        self._refuse(self._session.do(commands[0] if len(commands) == 1 else Together(what, tuple(commands))))

    def _type_changed(self) -> None:
        if self._identifier:
            kind = str(self.kind.currentData())
            self._refuse(self._session.do(ChangeStructure(self._identifier, interpreted_type=kind)))

    def _rederive(self) -> None:
        self._refuse(self._session.do(Rederive(self._identifier)))

    def _detach(self) -> None:
        self._refuse(self._session.do(StopFollowing(self._identifier)))

    def _delete(self) -> None:
        self._refuse(self._session.do(RemoveStructure(self._identifier)))

    def _refuse(self, reason: str) -> None:
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))


def _row(*buttons: QWidget) -> QWidget:
    holder = QWidget()
    layout = QHBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    for button in buttons:
        layout.addWidget(button)
    layout.addStretch(1)
    return holder
