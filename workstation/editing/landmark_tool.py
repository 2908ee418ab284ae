"""The tool that sets landmarks: a click on each image makes a pair, a drag moves a landmark.

Which image is meant is told by the view: one that shows the moving image alone sets its side, one that shows the
planning image alone the other; in a fused view the sides take turns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from workstation.case.errors import CaseError
from workstation.editing.desk import Desk
from workstation.editing.landmarking import FIXED, MOVING, with_point
from workstation.editing.pointer import Pointer
from workstation.editing.tool import Outline
from workstation.fusion.landmarks import LandmarkPair
from workstation.geometry.plane import Plane

Float = NDArray[np.float64]

REACH_PIXELS, TREMBLE_PIXELS = 9.0, 2.5
NEAR_MM = 4.0
"""A landmark this near to the shown slice can be taken hold of."""


@dataclass(frozen=True, eq=False)
class Grip:
    """A hold on one side of a pair.

    offset_mm: (u, v, w) from the hand to the landmark, w only within the slice: one beside it is brought onto it.
    taken_mm: (u, v) where the hand was.
    """

    pair: LandmarkPair
    side: str
    offset_mm: tuple[float, float, float]
    taken_mm: tuple[float, float]

    def away_mm(self, pointer: Pointer) -> float:
        """How far the hand has gone."""
        return math.hypot(pointer.u_mm - self.taken_mm[0], pointer.v_mm - self.taken_mm[1])

    def aimed(self, pointer: Pointer) -> Pointer:
        """The pointer where the landmark is: what was taken beside its middle does not jump."""
        u, v, w = self.offset_mm
        return replace(pointer, plane=pointer.plane.moved(w), u_mm=pointer.u_mm + u, v_mm=pointer.v_mm + v)


class LandmarkTool:
    """Sets and moves landmarks."""

    key = "landmark"
    label = "Landmarks"
    draws = False
    """It puts nothing into a structure."""
    works_unlinked = True
    """It works on an image that nothing links to the planning image, too."""

    def __init__(self) -> None:
        self._grip: Grip | None = None
        self._moved = False

    def hint(self) -> str:
        """The bindings, for the status bar."""
        return (
            "click the same point in both images (in a fused view the sides take turns) · drag moves · Del deletes · "
            "Esc cancels"
        )

    def press(self, desk: Desk, pointer: Pointer) -> bool:
        """Take hold of a landmark, or set the next one."""
        self._grip, self._moved = self._near(desk, pointer), False
        if self._grip is None:
            self._set(desk, pointer)
        return True

    def move(self, desk: Desk, pointer: Pointer) -> bool:
        """What is held follows, once the hand has gone further than a click trembles."""
        grip = self._grip
        if grip is None or not pointer.pressed or not desk.landmarking.has(grip.pair):
            return False
        if not self._moved and grip.away_mm(pointer) < TREMBLE_PIXELS * pointer.pixel_mm:
            return False
        self._moved = True
        desk.landmarking.selected = grip.pair.identifier
        try:
            point = self._point(desk, grip.aimed(pointer), grip.side)
        except CaseError as error:
            desk.refused.emit(str(error))
        else:
            desk.landmarking.hold(with_point(grip.pair, grip.side, point), grip.side)
        return True

    def release(self, desk: Desk, pointer: Pointer) -> bool:
        """What was moved stays, as one step. A click chooses the pair; on a chosen one it sets the side it lacks."""
        grip, held, self._grip = self._grip, desk.landmarking.held, None
        if grip is None or not desk.landmarking.has(grip.pair):
            return True  # nothing was held, or it was undone meanwhile
        if self._moved:
            if held is not None:
                desk.landmarking.keep(held)
        elif desk.landmarking.selected == grip.pair.identifier and not grip.pair.complete:
            self._set(desk, pointer, unless=grip.side)
        else:
            desk.landmarking.selected = grip.pair.identifier
        return True

    def _set(self, desk: Desk, pointer: Pointer, unless: str = "") -> None:
        """Set the next landmark here. unless: a side that must stay as it is."""
        try:
            side = self._side(desk, pointer)
            if side != unless:
                desk.landmarking.place(side, self._point(desk, pointer, side))
        except CaseError as error:
            desk.refused.emit(str(error))

    def double_click(self, desk: Desk, pointer: Pointer) -> bool:
        """Two quick clicks are two clicks."""
        return False

    def key_pressed(self, desk: Desk, name: str) -> bool:
        """Delete takes the chosen pair out, Esc lets go."""
        if name in ("Delete", "Backspace"):
            return desk.landmarking.remove_selected()
        if name == "Escape" and self._grip is not None:
            self.cancel(desk)
            return True
        return False

    def cancel(self, desk: Desk) -> None:
        """Leave the landmarks as they were."""
        self._grip = None
        desk.landmarking.hold(None)

    def outlines(self, desk: Desk, plane: Plane) -> list[Outline]:
        """Landmarks are painted by the views, with the tool in hand or without."""
        return []

    # ------------------------------------------------------------------ whose point it is

    def _side(self, desk: Desk, pointer: Pointer) -> str:
        placing = desk.placing
        if not pointer.image_key:
            return desk.landmarking.side
        if pointer.image_key == placing.moving_key:
            return MOVING
        if placing.fixed is not None and pointer.image_key == placing.fixed.key:
            return FIXED
        raise CaseError("This view shows neither of the two images: choose it in the Registration panel first")

    def _point(self, desk: Desk, pointer: Pointer, side: str) -> Float:
        """The patient point under the pointer in the side's own frame."""
        point = pointer.position_mm
        if side == FIXED:
            if not pointer.linked:
                raise CaseError("This view shows the other image: click the planning image")
            return point
        if not pointer.linked:
            return point
        link = desk.placing.shown
        if link is None:
            raise CaseError(
                "The images are not registered yet: show them side by side (F8) and click the point in each of them"
            )
        return link.apply(point)

    def _near(self, desk: Desk, pointer: Pointer) -> Grip | None:
        """The landmark under the pointer; of two that lie as near, the chosen pair's."""
        reach_mm, slice_mm = REACH_PIXELS * pointer.pixel_mm, desk.measuring.reach_mm(pointer.plane)
        found: list[tuple[float, bool, Grip]] = []
        for pair in desk.landmarking.pairs:
            for side, point in seen_points(desk, pair, pointer.image_key, pointer.linked):
                u, v, w = pointer.plane.to_plane(point).tolist()
                away_mm = math.hypot(u - pointer.u_mm, v - pointer.v_mm)
                if abs(w) <= NEAR_MM and away_mm <= reach_mm:
                    offset = u - pointer.u_mm, v - pointer.v_mm, w if abs(w) < slice_mm + 1e-6 else 0.0
                    grip = Grip(pair, side, offset, (pointer.u_mm, pointer.v_mm))
                    found.append((away_mm, pair.identifier != desk.landmarking.selected, grip))
        return min(found, key=lambda entry: entry[:2])[2] if found else None


def seen_points(desk: Desk, pair: LandmarkPair, image_key: str, linked: bool) -> list[tuple[str, Float]]:
    """(side, point) of a pair where a view shows them, in the frame that its planes are given in.

    image_key: the image that the view shows alone. linked: whether its planes are the planning image's.
    """
    found: list[tuple[str, Float]] = []
    if pair.fixed_mm is not None and linked and image_key != desk.placing.moving_key:
        found.append((FIXED, pair.fixed_mm))
    if pair.moving_mm is None:
        return found
    fixed = desk.placing.fixed
    if not linked:
        return [(MOVING, pair.moving_mm)] if image_key == desk.placing.moving_key else found
    laid = desk.landmarking.on_fixed(pair)
    if laid is not None and (fixed is None or image_key != fixed.key):
        found.append((MOVING, laid))
    return found
