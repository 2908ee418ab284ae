"""A drag in progress: shown live, undone by cancelling, and one step of the history when it is committed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from workstation.case.commands import EditContours
from workstation.geometry.region import Region
from workstation.structures.structure import POSITION_TOLERANCE_MM, ContourStack, PlanarContours

if TYPE_CHECKING:
    from workstation.case.case import Case


class Stroke:
    """Made by `Case.begin_stroke`. Ends with `commit` or `cancel`; afterwards it does nothing any more.

    identifier: the structure that is edited. label: how the step is called in the history.
    """

    def __init__(self, case: Case, identifier: str, label: str) -> None:
        self.identifier = identifier
        self.label = label
        self._case = case
        self.structure = case.structures[identifier]
        """The structure as it was when the stroke began."""
        self._before = self.structure.stack
        self._planes: dict[float, PlanarContours] = {}
        self._active = True

    @property
    def active(self) -> bool:
        """Whether the stroke still goes on (undo and other commands on the structure end it)."""
        return self._active

    @property
    def stack(self) -> ContourStack:
        """The structure's contours as they are at this moment of the stroke."""
        return self._before.replaced(self._planes.values())

    def before(self, position_mm: float) -> Region:
        """What was drawn at a position when the stroke began."""
        return self._before.region_at(position_mm)

    def set(self, slices: Iterable[PlanarContours]) -> None:
        """Show planes as they are now. Replaces what this stroke set before on the same planes, keeps the others."""
        if not self._active:
            return
        changed = [self._settled(drawn) for drawn in slices]
        for drawn in changed:
            self._planes[drawn.position_mm] = drawn
        if changed:
            self._case.stroke_changed(self, changed)

    def commit(self) -> bool:
        """Make one undoable step of it. False when nothing was changed; raises CaseError as `Case.do` does."""
        if not self._active:
            return False
        self._active = False
        planes = [drawn for drawn in self._planes.values() if drawn is not self._before.find(drawn.position_mm)]
        planes = [drawn for drawn in planes if drawn.region or self._before.find(drawn.position_mm)]
        command = EditContours(self.identifier, tuple(planes), self.label) if planes else None
        return self._case.stroke_ended(self, command)

    def cancel(self) -> None:
        """Leave everything as it was before the stroke."""
        if self._active:
            self._active = False
            self._case.stroke_ended(self, None)

    def _settled(self, drawn: PlanarContours) -> PlanarContours:
        """On the exact position of the plane that is there already, and that very plane when nothing differs."""
        known = self._before.find(drawn.position_mm)
        if known is not None:
            if same_rings(known.region, drawn.region):
                return known
            return PlanarContours(known.position_mm, drawn.region)
        for position in self._planes:
            if abs(position - drawn.position_mm) <= POSITION_TOLERANCE_MM:
                return PlanarContours(position, drawn.region)
        return PlanarContours(drawn.position_mm, drawn.region)


def same_rings(first: Region, second: Region) -> bool:
    """Whether both have the same rings, point by point and in the same order."""
    return first is second or (
        len(first.rings) == len(second.rings)
        and all(np.array_equal(a, b) for a, b in zip(first.rings, second.rings, strict=True))
    )
