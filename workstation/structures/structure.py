"""The value types of a contoured structure: rings per plane at full precision, kept exactly as they came.

Nothing here computes. A `Structure` is replaced, never changed; see `workstation.case` for who replaces it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.evidence_recipe import EvidenceRecipe
from workstation.structures.recipe import Recipe

Float = NDArray[np.float64]
Color = tuple[int, int, int]

POSITION_TOLERANCE_MM = 0.01
"""Two drawn planes closer than this are the same plane (imported positions carry rounding noise)."""


@dataclass(frozen=True)
class ImageReference:
    """One item of Contour Image Sequence (PS3.3 C.8.8.6): the slice that a ring was drawn on."""

    sop_class_uid: str
    sop_instance_uid: str
    frame_number: int | None = None


@dataclass(frozen=True)
class ImportedRing:
    """A contour item exactly as another system sent it, so that an unedited plane leaves bit for bit.

    contour_data: the text of Contour Data (3006,0050), backslashes and spaces as received.
    geometric_type: CLOSED_PLANAR, CLOSEDPLANAR_XOR, OPEN_PLANAR, POINT …
    number: Contour Number (3006,0048) where one was given.
    """

    contour_data: str
    geometric_type: str
    images: tuple[ImageReference, ...] = ()
    number: int | None = None
    attached: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class PlanarContours:
    """What is drawn on one plane of a stack.

    position_mm: distance of the plane from the stack's origin along its normal.
    region: the closed rings, in the stack's (u, v) millimetres.
    imported: the rings' original items while nobody has edited this plane, else empty.
    """

    position_mm: float
    region: Region
    imported: tuple[ImportedRing, ...] = ()


@dataclass(frozen=True, eq=False)
class ContourStack:
    """Parallel drawn planes, sorted by position.

    plane: the frame that ring coordinates and positions refer to (its own origin is position 0).
    slice_spacing_mm: nominal distance between neighbouring slices of the image drawn on. Where the stack evidently has
        a wider step of its own (drawn on every second slice), that step counts: a gap wider than 1.5 times it is a gap
        of the structure, not a missing drawing; see `surface_model.typical_step_mm`.
    slices: drawn planes with at least one ring, ascending in position.
    """

    plane: Plane
    slice_spacing_mm: float
    slices: tuple[PlanarContours, ...] = ()

    @property
    def positions_mm(self) -> Float:
        """(n,) positions of the drawn planes."""
        return np.array([s.position_mm for s in self.slices], dtype=np.float64)

    @property
    def contour_count(self) -> int:
        """Number of rings on all planes."""
        return sum(len(s.region.rings) for s in self.slices)

    def find(self, position_mm: float, tolerance_mm: float = POSITION_TOLERANCE_MM) -> PlanarContours | None:
        """The drawn plane at a position, or None."""
        positions = self.positions_mm
        i = int(np.searchsorted(positions, position_mm - tolerance_mm))
        if i < len(positions) and abs(positions[i] - position_mm) <= tolerance_mm:
            return self.slices[i]
        return None

    def region_at(self, position_mm: float) -> Region:
        """The region drawn at a position; empty where nothing is drawn."""
        found = self.find(position_mm)
        return found.region if found else Region()

    def replaced(self, changes: Iterable[PlanarContours]) -> ContourStack:
        """The stack with some planes replaced, added, or (when their region is empty) removed."""
        new = list(changes)
        positions = np.array([c.position_mm for c in new], dtype=np.float64)
        kept = [
            s for s in self.slices if not len(new) or np.abs(positions - s.position_mm).min() > POSITION_TOLERANCE_MM
        ]
        kept += [c for c in new if c.region]
        return replace(self, slices=tuple(sorted(kept, key=lambda s: s.position_mm)))

    def bounds_mm(self) -> tuple[Float, Float] | None:
        """Lower and upper (u, v, w) corner over all rings, or None when nothing is drawn."""
        return self._bounds_mm

    @cached_property
    def _bounds_mm(self) -> tuple[Float, Float] | None:
        boxes = [(s.region.bounds(), s.position_mm) for s in self.slices if s.region.point_count]
        if not boxes:
            return None
        low = np.array([min(b[0] for b, _ in boxes), min(b[1] for b, _ in boxes), min(w for _, w in boxes)])
        high = np.array([max(b[2] for b, _ in boxes), max(b[3] for b, _ in boxes), max(w for _, w in boxes)])
        low.setflags(write=False)
        high.setflags(write=False)
        return low, high


class State(StrEnum):
    """What a person must know about a structure before trusting it."""

    DRAWN = "drawn"  # by hand or imported
    CURRENT = "current"  # derived, and up to date
    STALE = "stale"  # derived, an input changed while it could not be recomputed
    OVERRIDDEN = "overridden"  # derived once, then edited by hand
    PROPOSAL = "proposal"  # not yet accepted by a person


@dataclass(frozen=True, eq=False)
class Structure:
    """One region of interest.

    identifier: stable inside a case and its file. number: ROI Number (3006,0022).
    interpreted_type: RT ROI Interpreted Type (3006,00A4): GTV, CTV, PTV, ORGAN, EXTERNAL, AVOIDANCE, … or "".
    evidence: how it was found in the phases of an examination, where it was.
    loose: contour items that are no closed ring on the stack's planes (points, open lines, rings on planes of
        another orientation, rings of one or two points): kept and exported as they came.
    """

    identifier: str
    number: int
    name: str
    stack: ContourStack
    color: Color = (255, 59, 48)
    interpreted_type: str = ""
    frame_of_reference_uid: str = ""
    recipe: Recipe | None = None
    state: State = State.DRAWN
    locked: bool = False
    loose: tuple[ImportedRing, ...] = ()
    generation_algorithm: str = ""
    warnings: tuple[str, ...] = field(default=())
    evidence: EvidenceRecipe | None = None

    def with_stack(self, stack: ContourStack, state: State | None = None) -> Structure:
        """The same structure with other contours."""
        return replace(self, stack=stack, state=self.state if state is None else state)
