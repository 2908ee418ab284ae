"""The facts that a command comes down to: what stood somewhere before, what stands there after.

Three kinds are enough for everything that a case contains, which keeps undo and the journal of the case file
flat: a change is undone by applying it the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from workstation.case.contents import Contents
from workstation.case.errors import CaseError
from workstation.fusion.registration import Registration
from workstation.geometry.deformation import Deformation
from workstation.images.volume import Volume
from workstation.measurements.measurement import Measurement
from workstation.structures.structure import ContourStack, ImportedRing, PlanarContours, State, Structure

_SMALL = 500
"""Bytes that an entry without arrays is counted as."""


@dataclass(frozen=True, eq=False)
class EntryReplaced:
    """An entry of a table was added (before is None), taken out (after is None) or replaced.

    table: "images", "structures", "registrations", "measurements" or "landmarks".
    position: where in its list an entry that comes back goes.
    keeps_contours: a structure's contours are not part of this change; it keeps those it has when applied.
    """

    table: str
    key: str
    before: Any | None
    after: Any | None
    position: int | None = None
    keeps_contours: bool = False

    def apply(self, contents: Contents) -> Contents:
        """The contents after this change."""
        entry = self.after
        if self.keeps_contours and entry is not None:
            entry = replace(entry, stack=contents.structures[self.key].stack)
        return contents.with_entry(self.table, self.key, entry, self.position)

    def inverse(self) -> EntryReplaced:
        """The change that takes this one back."""
        return replace(self, before=self.after, after=self.before)

    @property
    def bytes_used(self) -> int:
        """Memory that only this change keeps alive."""
        if self.keeps_contours:
            return _SMALL
        return _entry_bytes(self.before, taken_out=self.after is None) + _entry_bytes(self.after, taken_out=False)


@dataclass(frozen=True, eq=False)
class ContoursReplaced:
    """Some planes of one structure were drawn anew.

    before, after: the planes at the same positions; a plane on which nothing is drawn has an empty region.
    """

    identifier: str
    before: tuple[PlanarContours, ...]
    after: tuple[PlanarContours, ...]

    def apply(self, contents: Contents) -> Contents:
        """The contents after this change."""
        structure = contents.structures[self.identifier]
        return contents.with_structure(structure.with_stack(structure.stack.replaced(self.after)))

    def inverse(self) -> ContoursReplaced:
        """The change that takes this one back."""
        return replace(self, before=self.after, after=self.before)

    @property
    def bytes_used(self) -> int:
        """Memory of both versions of the planes."""
        return _SMALL + contours_bytes(self.before) + contours_bytes(self.after)


@dataclass(frozen=True, eq=False)
class SettingReplaced:
    """The planning image ("planning_key"), the "surface_model" or the "structure_order" was replaced."""

    name: str
    before: Any
    after: Any

    def apply(self, contents: Contents) -> Contents:
        """The contents after this change."""
        if self.name == "structure_order":
            return contents.reordered(tuple(self.after))
        if self.name not in ("planning_key", "surface_model"):
            raise CaseError(f"A case has no setting {self.name!r}")
        return replace(contents, **{self.name: self.after})

    def inverse(self) -> SettingReplaced:
        """The change that takes this one back."""
        return replace(self, before=self.after, after=self.before)

    @property
    def bytes_used(self) -> int:
        """Hardly any."""
        return _SMALL


Change = EntryReplaced | ContoursReplaced | SettingReplaced


def apply_all(changes: Iterable[Change], contents: Contents) -> Contents:
    """The contents after several changes, one after the other."""
    for change in changes:
        contents = change.apply(contents)
    return contents


def structure_replaced(before: Structure, after: Structure) -> EntryReplaced:
    """A structure that got other properties; its contours are stored only where they matter.

    They matter when they differ, and when a derived structure stops or starts following its source: while it
    follows, its contours come from its recipe and may have been recomputed since.
    """
    follows = before.state is State.CURRENT, after.state is State.CURRENT
    keeps = before.stack is after.stack and follows[0] == follows[1]
    return EntryReplaced("structures", after.identifier, before, after, keeps_contours=keeps)


def contours_bytes(slices: Iterable[PlanarContours]) -> int:
    """Memory of drawn planes: their points and the text they were imported with."""
    total = 0
    for drawn in slices:
        total += 200 + sum(ring.nbytes + 100 for ring in drawn.region.rings) + _text_bytes(drawn.imported)
    return total


def stack_bytes(stack: ContourStack) -> int:
    """Memory of all planes of a stack."""
    return contours_bytes(stack.slices)


def _text_bytes(rings: Iterable[ImportedRing]) -> int:
    return sum(len(ring.contour_data) + 200 for ring in rings)


def _entry_bytes(entry: Any | None, taken_out: bool) -> int:
    if isinstance(entry, Structure):
        return _SMALL + stack_bytes(entry.stack) + _text_bytes(entry.loose)
    if isinstance(entry, Volume) and taken_out:  # an image in the case is held by the case, not by its history
        return _SMALL + int(entry.voxels.nbytes)
    if isinstance(entry, Registration) and isinstance(entry.fixed_to_moving, Deformation):
        return _SMALL + sum(field.displacement_mm.nbytes for field in entry.fixed_to_moving.fields)
    if isinstance(entry, Measurement):
        return _SMALL + int(entry.points_mm.nbytes)
    return _SMALL
