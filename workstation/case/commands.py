"""Everything that a person can do to a case. A command says what is wanted; `changes` finds what that comes down to.

Commands are plain values. `Case.do` runs one: it asks for the changes, applies them, lets derived structures
follow, and keeps the changes as one step that can be undone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Protocol

from workstation.case.changes import Change, ContoursReplaced, EntryReplaced, SettingReplaced, structure_replaced
from workstation.case.contents import Contents
from workstation.case.dependence import refuse_circle
from workstation.case.errors import CaseError
from workstation.case.names import free_name
from workstation.case.staleness import without_stale_reason
from workstation.fusion.registration import Registration
from workstation.geometry.region import Region
from workstation.images.volume import Volume
from workstation.structures.recipe import Recipe
from workstation.structures.structure import Color, PlanarContours, State, Structure
from workstation.structures.volume import SURFACE_MODELS


class Command(Protocol):
    """Something to do to a case, with a name that people understand."""

    def label(self, contents: Contents) -> str:
        """What undo will be offered for: "Paint GTV"."""
        ...

    def changes(self, contents: Contents) -> list[Change]:
        """What it comes down to on these contents; raises CaseError when it can't be done. May be empty."""
        ...


@dataclass(frozen=True, eq=False)
class AddImage:
    """Put an image into the case. The first one becomes the planning image."""

    image: Volume

    def label(self, contents: Contents) -> str:
        return f"Open {self.image.description or self.image.modality or 'image'}"

    def changes(self, contents: Contents) -> list[Change]:
        if self.image.key in contents.images:
            raise CaseError(f"The image {self.image.description or self.image.key} is already part of this case")
        made: list[Change] = [EntryReplaced("images", self.image.key, None, self.image)]
        if contents.planning is None:
            made.append(SettingReplaced("planning_key", contents.planning_key, self.image.key))
        return made


@dataclass(frozen=True)
class RemoveImage:
    """Take an image out of the case. Structures stay."""

    key: str

    def label(self, contents: Contents) -> str:
        return f"Remove {contents.images[self.key].description or 'image'}"

    def changes(self, contents: Contents) -> list[Change]:
        image = _image(contents, self.key)
        made: list[Change] = []
        if self.key == contents.planning_key:
            others = [key for key in contents.images if key != self.key]
            alike = [k for k in others if contents.images[k].frame_of_reference_uid == image.frame_of_reference_uid]
            made.append(SettingReplaced("planning_key", self.key, next(iter([*alike, *others]), "")))
        position = list(contents.images).index(self.key)
        return [*made, EntryReplaced("images", self.key, image, None, position)]


@dataclass(frozen=True)
class ChoosePlanningImage:
    """Say which image structures are drawn on."""

    key: str

    def label(self, contents: Contents) -> str:
        return f"Plan on {contents.images[self.key].description or 'image'}"

    def changes(self, contents: Contents) -> list[Change]:
        _image(contents, self.key)
        if self.key == contents.planning_key:
            return []
        return [SettingReplaced("planning_key", contents.planning_key, self.key)]


@dataclass(frozen=True, eq=False)
class AddStructure:
    """Put a structure into the list, at its end or at `position`."""

    structure: Structure
    position: int | None = None

    def label(self, contents: Contents) -> str:
        return f"Add {self.structure.name}"

    def changes(self, contents: Contents) -> list[Change]:
        new = self.structure
        if new.identifier in contents.structures:
            raise CaseError(f"{new.name} is already part of this case")
        _refuse_taken_name(contents, new.identifier, new.name)
        if new.recipe is not None:
            _refuse_unknown_inputs(contents, new.name, new.recipe)
            refuse_circle(contents.structures, new.identifier, new.name, new.recipe)
        return [EntryReplaced("structures", new.identifier, None, new, self.position)]


@dataclass(frozen=True)
class RemoveStructure:
    """Take a structure out. What was derived from it stays as it is and becomes stale."""

    identifier: str

    def label(self, contents: Contents) -> str:
        return f"Remove {contents.structures[self.identifier].name}"

    def changes(self, contents: Contents) -> list[Change]:
        structure = editable(contents, self.identifier)
        position = list(contents.structures).index(self.identifier)
        return [EntryReplaced("structures", self.identifier, structure, None, position)]


@dataclass(frozen=True)
class MoveStructure:
    """Put a structure at another place in the list."""

    identifier: str
    position: int

    def label(self, contents: Contents) -> str:
        return f"Move {contents.structures[self.identifier].name}"

    def changes(self, contents: Contents) -> list[Change]:
        _structure(contents, self.identifier)
        before = tuple(contents.structures)
        order = [key for key in before if key != self.identifier]
        order.insert(max(0, self.position), self.identifier)
        return [SettingReplaced("structure_order", before, tuple(order))] if tuple(order) != before else []


@dataclass(frozen=True, eq=False)
class EditContours:
    """Draw planes of a structure anew; an empty region clears its plane. A derived structure becomes overridden.

    The planes that are given lose the text they were imported with, all others keep it.
    """

    identifier: str
    slices: tuple[PlanarContours, ...]
    what: str = "Edit"

    def label(self, contents: Contents) -> str:
        return f"{self.what} {contents.structures[self.identifier].name}"

    def changes(self, contents: Contents) -> list[Change]:
        structure = editable(contents, self.identifier)
        before = tuple(_drawn(structure, drawn.position_mm) for drawn in self.slices)
        made: list[Change] = []
        if structure.recipe is not None and structure.state in (State.CURRENT, State.STALE):
            made.append(structure_replaced(structure, _by_hand(structure)))
        if self.slices:
            made.append(ContoursReplaced(self.identifier, before, self.slices))
        return made


@dataclass(frozen=True)
class SetRecipe:
    """Derive a structure from others, or change how. Its contours follow the recipe from now on."""

    identifier: str
    recipe: Recipe

    def label(self, contents: Contents) -> str:
        return f"Derive {contents.structures[self.identifier].name}"

    def changes(self, contents: Contents) -> list[Change]:
        structure = editable(contents, self.identifier)
        _refuse_unknown_inputs(contents, structure.name, self.recipe)
        refuse_circle(contents.structures, self.identifier, structure.name, self.recipe)
        if structure.state is State.CURRENT and structure.recipe == self.recipe:
            return []
        after = replace(structure, recipe=self.recipe, state=State.CURRENT)
        return [EntryReplaced("structures", self.identifier, structure, after)]


@dataclass(frozen=True)
class Rederive:
    """Drop what was edited by hand and follow the kept recipe again."""

    identifier: str

    def label(self, contents: Contents) -> str:
        return f"Derive {contents.structures[self.identifier].name} again"

    def changes(self, contents: Contents) -> list[Change]:
        structure = editable(contents, self.identifier)
        if structure.recipe is None:
            raise CaseError(f"{structure.name} was drawn, not derived: there is nothing to derive it from again")
        return SetRecipe(self.identifier, structure.recipe).changes(contents)


@dataclass(frozen=True)
class StopFollowing:
    """Make a derived structure an ordinary drawn one, with the contours that it has now."""

    identifier: str

    def label(self, contents: Contents) -> str:
        return f"Detach {contents.structures[self.identifier].name}"

    def changes(self, contents: Contents) -> list[Change]:
        structure = editable(contents, self.identifier)
        if structure.recipe is None:
            return []
        after = replace(_by_hand(structure), recipe=None, state=State.DRAWN)
        return [structure_replaced(structure, after)]


@dataclass(frozen=True, eq=False)
class Override:
    """Replace a derived structure's planes by drawn ones; its recipe is kept for `Rederive`."""

    identifier: str
    slices: tuple[PlanarContours, ...]

    def label(self, contents: Contents) -> str:
        return f"Override {contents.structures[self.identifier].name}"

    def changes(self, contents: Contents) -> list[Change]:
        structure = editable(contents, self.identifier)
        if structure.recipe is None:
            raise CaseError(f"{structure.name} was drawn, not derived: edit it instead of overriding it")
        return EditContours(self.identifier, self.slices).changes(contents)


@dataclass(frozen=True)
class ChangeStructure:
    """Give a structure another name, type, colour or lock; None leaves a property as it is.

    A locked structure accepts nothing but being unlocked.
    """

    identifier: str
    name: str | None = None
    interpreted_type: str | None = None
    color: Color | None = None
    locked: bool | None = None

    def label(self, contents: Contents) -> str:
        name = contents.structures[self.identifier].name
        if self.name is not None:
            return f"Rename {name} to {self.name}"
        if self.locked is not None:
            return f"{'Lock' if self.locked else 'Unlock'} {name}"
        return f"Change {name}"

    def changes(self, contents: Contents) -> list[Change]:
        structure = _structure(contents, self.identifier)
        if structure.locked and self.locked is not False:
            raise CaseError(locked_sentence(structure))
        wanted = {
            "name": self.name.strip() if self.name is not None else None,
            "interpreted_type": self.interpreted_type,
            "color": self.color,
            "locked": self.locked,
        }
        given = {key: value for key, value in wanted.items() if value is not None and value != getattr(structure, key)}
        if "name" in given:
            _refuse_taken_name(contents, self.identifier, str(given["name"]))
        if not given:
            return []
        return [structure_replaced(structure, replace(structure, **given))]  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class AddRegistration:
    """Put a registration into the case, or replace the one with the same identifier (as when it is accepted)."""

    registration: Registration

    def label(self, contents: Contents) -> str:
        return "Change registration" if self.registration.identifier in contents.registrations else "Add registration"

    def changes(self, contents: Contents) -> list[Change]:
        key = self.registration.identifier
        try:
            json.dumps(self.registration.quality)
        except (TypeError, ValueError) as error:
            raise CaseError(f"The quality figures of a registration must be plain numbers and text: {error}") from error
        return [EntryReplaced("registrations", key, contents.registrations.get(key), self.registration)]


@dataclass(frozen=True)
class RemoveRegistration:
    """Take a registration out of the case."""

    identifier: str

    def label(self, contents: Contents) -> str:
        return "Remove registration"

    def changes(self, contents: Contents) -> list[Change]:
        found = contents.registrations.get(self.identifier)
        if found is None:
            raise CaseError("That registration is not part of this case")
        position = list(contents.registrations).index(self.identifier)
        return [EntryReplaced("registrations", self.identifier, found, None, position)]


@dataclass(frozen=True)
class SetSurfaceModel:
    """Choose what lies between two drawn slices and beyond the last one; every volume and margin follows."""

    surface_model: str

    def label(self, contents: Contents) -> str:
        return f"Surface model {self.surface_model}"

    def changes(self, contents: Contents) -> list[Change]:
        if self.surface_model not in SURFACE_MODELS:
            raise CaseError(f"There is no surface model {self.surface_model!r}: choose {', '.join(SURFACE_MODELS)}")
        if self.surface_model == contents.surface_model:
            return []
        return [SettingReplaced("surface_model", contents.surface_model, self.surface_model)]


@dataclass(frozen=True, eq=False)
class Together:
    """Several commands as one step, such as an imported structure set."""

    what: str
    commands: tuple[Command, ...]

    def label(self, contents: Contents) -> str:
        return self.what

    def changes(self, contents: Contents) -> list[Change]:
        made: list[Change] = []
        for command in self.commands:
            for change in command.changes(contents):
                contents = change.apply(contents)
                made.append(change)
        return made


def editable(contents: Contents, identifier: str) -> Structure:
    """The structure, or CaseError saying why it can't be edited."""
    structure = _structure(contents, identifier)
    if structure.locked:
        raise CaseError(locked_sentence(structure))
    return structure


def locked_sentence(structure: Structure) -> str:
    """Why a locked structure refuses, and what to do."""
    return f"{structure.name} is locked: unlock it in the structure list to change it"


def _structure(contents: Contents, identifier: str) -> Structure:
    found = contents.structures.get(identifier)
    if found is None:
        raise CaseError("That structure is not part of this case any more")
    return found


def _image(contents: Contents, key: str) -> Volume:
    found = contents.images.get(key)
    if found is None:
        raise CaseError("That image is not part of this case any more")
    return found


def _drawn(structure: Structure, position_mm: float) -> PlanarContours:
    return structure.stack.find(position_mm) or PlanarContours(position_mm, Region())


def _by_hand(structure: Structure) -> Structure:
    return replace(without_stale_reason(structure), state=State.OVERRIDDEN)


def _refuse_taken_name(contents: Contents, identifier: str, name: str) -> None:
    if not name.strip():
        raise CaseError("A structure needs a name")
    taken = {item.name for key, item in contents.structures.items() if key != identifier}
    if name in taken:
        raise CaseError(f"There is already a structure called {name}: call it {free_name(taken, name)}")


def _refuse_unknown_inputs(contents: Contents, name: str, recipe: Recipe) -> None:
    if any(identifier not in contents.structures for identifier in recipe.inputs):
        raise CaseError(f"{name} can't be derived from a structure that is not part of this case")
