"""Keeps derived structures in step with what they are derived from, in the middle of a stroke too.

The geometry is `LiveTargets`' work (workstation.targets.live), which computes only what is asked for and only where
something changed. This module tells it what changed, by comparing what it was given with what the case now
contains, and says which structures are current and which became stale and why.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from workstation.case.contents import Contents
from workstation.case.dependence import downstream
from workstation.case.slices import drawing_plane, same_frame, slice_spacing_mm
from workstation.case.staleness import made_stale, stale_reason, without_stale_reason
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.images.volume import Volume
from workstation.structures.recipe import Recipe
from workstation.structures.structure import ContourStack, PlanarContours, State, Structure
from workstation.structures.surface_model import DEFAULT_SURFACE_MODEL
from workstation.targets.live import LiveTargets

GEOMETRY_ERRORS = (ValueError, ArithmeticError)
"""What the geometry raises for contours that it can't compute with (its exception families are ValueErrors)."""

LOCKED = "it is locked, so it did not follow a change upstream"

LARGEST_GROWTH_MM = 60.0
"""How far beyond the drawn planes structures can be derived where no image says where the slices are."""


class Following:
    """The derived side of a case: what `LiveTargets` holds, compared with what the case contains."""

    def __init__(self) -> None:
        self._live: LiveTargets | None = None
        self._frame_uid = ""
        self._made_for: tuple[Volume | None, str] = (None, DEFAULT_SURFACE_MODEL)
        self._given: dict[str, ContourStack] = {}
        self._recipes: dict[str, Recipe] = {}

    # ------------------------------------------------------------------ settling

    def adopt(self, contents: Contents) -> None:
        """Take over contents whose derived structures are known to be up to date, without recomputing them."""
        self._prepare(contents)
        for identifier in {*self._given, *self._recipes, *contents.structures}:
            self._sync(identifier, contents.structures.get(identifier))

    def settle(self, before: Contents, after: Contents, restoring: bool = False) -> Contents:
        """The contents `after` with every derived structure recomputed, or marked stale with the reason.

        before: the contents that were settled last. restoring: `after` is a state that was settled once (undo,
        redo), so structures that follow are recomputed but none becomes stale or current on this occasion.
        """
        rebuilt = self._prepare(after)
        changed = _touched(before, after)
        for identifier in {*before.structures, *after.structures} if rebuilt else changed:
            self._sync(identifier, after.structures.get(identifier))
        affected = {*changed, *downstream(after.structures, changed)}
        for identifier in downstream(after.structures, {*after.structures, *changed}):
            structure = after.structures[identifier]
            if not (rebuilt or identifier in affected) or (restoring and structure.state is not State.CURRENT):
                continue
            after = after.with_structure(self._recomputed(before, after, structure, restoring))
        return after

    def _prepare(self, contents: Contents) -> bool:
        """Start afresh when the planes or the surface model changed; True when that was so."""
        key = (contents.planning, contents.surface_model)
        if key == self._made_for and (self._live is not None or not contents.structures):
            return False
        self._made_for = key
        self._given.clear()
        self._recipes.clear()
        self._frame_uid = contents.planning.frame_of_reference_uid if contents.planning else ""
        frame = _frame_of(contents)
        self._live = LiveTargets(*frame, contents.surface_model) if frame else None
        return True

    def _recomputed(self, before: Contents, contents: Contents, structure: Structure, restoring: bool) -> Structure:
        reason = LOCKED if structure.locked and not restoring else self._obstacle(before, contents, structure)
        if not reason:
            try:
                self._sync(structure.identifier, replace(structure, state=State.CURRENT))
                return _current(structure, self.stack(structure.identifier))
            except GEOMETRY_ERRORS as error:
                reason = str(error)
        stale = made_stale(structure, reason)
        self._sync(structure.identifier, stale)
        return stale

    def _obstacle(self, before: Contents, contents: Contents, structure: Structure) -> str:
        """Why a structure can't follow its recipe now, "" when nothing stands in the way."""
        for identifier in structure.recipe.inputs if structure.recipe else ():
            source = contents.structures.get(identifier)
            if source is None:
                gone = before.structures.get(identifier)
                return f"{gone.name} was removed" if gone else stale_reason(structure) or "its source was removed"
            if source.state is State.STALE:
                return f"{source.name}, which it is made from, is not up to date"
            if not self.knows(identifier):
                return f"{source.name}, which it is made from, belongs to another image"
        return ""

    # ------------------------------------------------------------------ strokes

    def detach(self, structure: Structure) -> None:
        """A structure is about to be edited by hand: if it was derived, it now is what is drawn."""
        by_hand = structure if structure.recipe is None else replace(structure, state=State.OVERRIDDEN)
        self._sync(structure.identifier, by_hand)

    def change(self, identifier: str, slices: Iterable[PlanarContours]) -> None:
        """Planes of a drawn structure as they are at this moment of a stroke."""
        planes = tuple(slices)
        if self._live is not None and identifier in self._given:
            self._live.change(identifier, planes)
            self._given[identifier] = self._live.stack(identifier)

    def restore(self, structure: Structure) -> None:
        """Back to how the case has it, after a stroke was cancelled."""
        self._sync(structure.identifier, structure)

    # ------------------------------------------------------------------ asking

    def knows(self, identifier: str) -> bool:
        """Whether the live side has the structure (one in another frame of reference is not followed)."""
        return identifier in self._given or identifier in self._recipes

    def derives(self, identifier: str) -> bool:
        """Whether the structure's contours come from its recipe now."""
        return identifier in self._recipes

    def drawn(self, identifier: str) -> ContourStack | None:
        """A drawn structure's contours as they are now; None for one that is derived or not known."""
        return self._given.get(identifier)

    def region(self, identifier: str, position_mm: float) -> Region:
        """What a derived structure has on one of the image's planes now; raises one of GEOMETRY_ERRORS."""
        return self._known().region(identifier, position_mm)

    def section(self, identifier: str, plane: Plane) -> Region:
        """A known structure cut by any plane now, in that plane's (u, v) mm; raises one of GEOMETRY_ERRORS."""
        return self._known().section(identifier, plane)

    def stack(self, identifier: str) -> ContourStack:
        """A known structure's complete contours now; raises one of GEOMETRY_ERRORS."""
        return self._known().stack(identifier)

    def volume_cc(self, identifier: str) -> float:
        """A known structure's volume now, in cc; raises one of GEOMETRY_ERRORS."""
        return self._known().volume_cc(identifier)

    def _known(self) -> LiveTargets:
        assert self._live is not None  # it knows no structure otherwise, and callers ask `knows` first
        return self._live

    # ------------------------------------------------------------------ what the live side was given

    def _sync(self, identifier: str, structure: Structure | None) -> None:
        """Tell the live side what it does not know yet about one structure."""
        if self._live is None:
            return
        if structure is not None and structure.state is State.CURRENT and structure.recipe is not None:
            self._give_recipe(self._live, identifier, structure.recipe)
        elif structure is not None and self._shares_frame(structure):
            self._give_stack(self._live, identifier, structure.stack)
        elif self.knows(identifier):
            self._live.remove(identifier)
            self._given.pop(identifier, None)
            self._recipes.pop(identifier, None)

    def _shares_frame(self, structure: Structure) -> bool:
        there = structure.frame_of_reference_uid
        return not there or not self._frame_uid or there == self._frame_uid

    def _give_recipe(self, live: LiveTargets, identifier: str, recipe: Recipe) -> None:
        if self._recipes.get(identifier) != recipe:
            live.set_recipe(identifier, recipe)
        self._recipes[identifier] = recipe
        self._given.pop(identifier, None)

    def _give_stack(self, live: LiveTargets, identifier: str, stack: ContourStack) -> None:
        given = self._given.get(identifier)
        self._recipes.pop(identifier, None)
        if given is None or given.plane is not stack.plane or given.slice_spacing_mm != stack.slice_spacing_mm:
            live.set_stack(identifier, stack)
        elif planes := changed_planes(given, stack):
            live.change(identifier, planes)
        self._given[identifier] = stack


def changed_planes(before: ContourStack, after: ContourStack) -> list[PlanarContours]:
    """Planes of `after` that are not the very same objects in `before`, and empty ones where a plane is gone."""
    old = {drawn.position_mm: drawn for drawn in before.slices}
    new = {drawn.position_mm: drawn for drawn in after.slices}
    gone = [PlanarContours(position, Region()) for position in old if position not in new]
    return gone + [drawn for position, drawn in new.items() if old.get(position) is not drawn]


def _frame_of(contents: Contents) -> tuple[Plane, float, NDArray[np.float64]] | None:
    """Plane, spacing and positions to derive on: the planning image's slices.

    Without an image (its files are gone, say), slices like those of the first structure that has any.
    """
    if contents.planning is not None:
        image = contents.planning
        return drawing_plane(image), slice_spacing_mm(image), image.slice_positions_mm
    stacks = [structure.stack for structure in contents.structures.values() if structure.stack.slices]
    if not stacks:
        return None
    first, spacing_mm = stacks[0], stacks[0].slice_spacing_mm
    alike = [stack.positions_mm for stack in stacks if same_frame(stack.plane, first.plane)]
    drawn = np.unique(np.concatenate(alike))
    beyond = spacing_mm * np.arange(1, int(LARGEST_GROWTH_MM / spacing_mm) + 1)
    return first.plane, spacing_mm, np.concatenate([drawn[0] - beyond[::-1], drawn, drawn[-1] + beyond])


def _touched(before: Contents, after: Contents) -> set[str]:
    """Structures whose contours, recipe or state differ, and those that came or went; not those only renamed."""
    return {
        identifier
        for identifier in {*before.structures, *after.structures}
        if _differs(before.structures.get(identifier), after.structures.get(identifier))
    }


def _differs(before: Structure | None, after: Structure | None) -> bool:
    if before is after:
        return False
    if before is None or after is None:
        return True
    return (
        before.stack is not after.stack
        or before.recipe != after.recipe
        or before.state is not after.state
        or (before.locked and not after.locked and after.state is State.STALE)
    )


def _current(structure: Structure, stack: ContourStack) -> Structure:
    if structure.state is State.CURRENT and structure.stack is stack:
        return structure
    return replace(without_stale_reason(structure), stack=stack, state=State.CURRENT)
