"""The tool that sets landmarks: a click on each image makes a pair, a drag moves a landmark.

Which image is meant is told by the view: one that shows the moving image alone sets its side, one that shows the
planning image alone the other; in a fused view the sides take turns.
"""

from __future__ import annotations

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

REACH_PIXELS = 9.0
NEAR_MM = 4.0
"""A landmark this near to the shown slice can be taken hold of."""


class LandmarkTool:
    """Sets and moves landmarks."""

    key = "landmark"
    label = "Landmarks"
    draws = False
    """It puts nothing into a structure."""
    works_unlinked = True
    """It works on an image that nothing links to the planning image, too."""

    def __init__(self) -> None:
        self._held: tuple[LandmarkPair, str] | None = None
        self._moved = False

    def hint(self) -> str:
        """The bindings, for the status bar."""
        return (
            "click the same point in both images (in a fused view the sides take turns) · drag moves · Del deletes · "
            "Esc cancels"
        )

    def press(self, desk: Desk, pointer: Pointer) -> bool:
        """Take hold of a landmark, or set the next one."""
        grip = self._near(desk, pointer)
        self._held, self._moved = grip, False
        if grip is not None:
            desk.landmarking.selected = grip[0].identifier
            return True
        try:
            side = self._side(desk, pointer)
            desk.landmarking.place(side, self._point(desk, pointer, side))
        except CaseError as error:
            desk.refused.emit(str(error))
        return True

    def move(self, desk: Desk, pointer: Pointer) -> bool:
        """What is held follows."""
        if self._held is None or not pointer.pressed:
            return False
        pair, side = self._held
        self._moved = True
        try:
            desk.landmarking.hold(with_point(pair, side, self._point(desk, pointer, side)))
        except CaseError as error:
            desk.refused.emit(str(error))
        return True

    def release(self, desk: Desk, pointer: Pointer) -> bool:
        """What was moved stays, as one step."""
        held, self._held = desk.landmarking.held, None
        if held is not None and self._moved:
            desk.landmarking.keep(held)
        return True

    def double_click(self, desk: Desk, pointer: Pointer) -> bool:
        """Two quick clicks are two clicks."""
        return False

    def key_pressed(self, desk: Desk, name: str) -> bool:
        """Delete takes the chosen pair out, Esc lets go."""
        if name in ("Delete", "Backspace"):
            return desk.landmarking.remove_selected()
        if name == "Escape" and self._held is not None:
            self.cancel(desk)
            return True
        return False

    def cancel(self, desk: Desk) -> None:
        """Leave the landmarks as they were."""
        self._held = None
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

    def _near(self, desk: Desk, pointer: Pointer) -> tuple[LandmarkPair, str] | None:
        """The landmark under the pointer and its side."""
        reach_mm = REACH_PIXELS * pointer.pixel_mm
        best: tuple[float, LandmarkPair, str] | None = None
        for pair in desk.landmarking.pairs:
            for side, point in seen_points(desk, pair, pointer.image_key, pointer.linked):
                u, v, w = pointer.plane.to_plane(point)
                away = float(np.hypot(u - pointer.u_mm, v - pointer.v_mm))
                if abs(w) <= NEAR_MM and away <= reach_mm and (best is None or away < best[0]):
                    best = away, pair, side
        return None if best is None else (best[1], best[2])


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
    link = desk.placing.shown
    if link is not None and (fixed is None or image_key != fixed.key):
        found.append((MOVING, link.inverse().apply(pair.moving_mm)))
    return found
