"""The tool that moves and turns the fused image: drag inside the ring to move, on it or beyond to turn.

The ring lies around the pivot, so that it can be seen what turning leaves where it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.case.errors import CaseError
from workstation.editing.desk import Desk
from workstation.editing.pointer import Pointer
from workstation.editing.tool import Outline
from workstation.geometry.deformation import SpatialMap
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform

Float = NDArray[np.float64]

RING_PIXELS = 110.0
TURN_FROM = 0.86
"""Share of the ring's radius from which a drag turns."""
FINE = 0.1
RING_COLOR = (255, 204, 0)
POINTS = 73


class PlacingTool:
    """Moves and turns the fused image on the planning image in the plane of the view that is dragged in."""

    key = "place"
    label = "Move the fused image"
    draws = False
    """It puts nothing into a structure."""

    def __init__(self) -> None:
        self._start: Transform | None = None
        self._link: SpatialMap | None = None
        self._nudged = ""
        self._turning = False
        self._travelled = (0.0, 0.0)
        self._angle_deg = 0.0
        self._last: Pointer | None = None

    def hint(self) -> str:
        """The bindings, for the status bar."""
        return (
            "drag in the ring moves, on it or beyond turns · arrows move, Alt+arrows turn · Shift: finely · "
            "Esc cancels · wheel: slices"
        )

    # ------------------------------------------------------------------ the hand

    def press(self, desk: Desk, pointer: Pointer) -> bool:
        """Take hold of the image."""
        self.rest(desk)
        try:
            self._start, self._link = desk.placing.begun(), desk.placing.link()
        except CaseError as error:
            desk.refused.emit(str(error))
            self._start = None
            return True
        self._last = pointer
        self._travelled, self._angle_deg = (0.0, 0.0), 0.0
        self._turning = _distance(desk, pointer) >= TURN_FROM * RING_PIXELS * pointer.pixel_mm
        return True

    def move(self, desk: Desk, pointer: Pointer) -> bool:
        """The image follows, in all views."""
        if self._start is None or self._last is None or not pointer.pressed:
            return False
        if not self._still_there(desk):
            return True
        share = FINE if pointer.shift else 1.0
        if self._turning:
            self._angle_deg += share * _angle_between_deg(desk, self._last, pointer)
        else:
            du, dv = pointer.u_mm - self._last.u_mm, pointer.v_mm - self._last.v_mm
            self._travelled = self._travelled[0] + share * du, self._travelled[1] + share * dv
        self._last = pointer
        desk.placing.show(self._now(desk, self._start, pointer.plane))
        return True

    def release(self, desk: Desk, pointer: Pointer) -> bool:
        """What was moved stays, as one step."""
        if self._start is None or self._last is None or not self._still_there(desk):
            return False
        start, self._start = self._start, None
        if self._travelled == (0.0, 0.0) and self._angle_deg == 0.0:
            desk.placing.show(None)
            return True
        self._keep(desk, self._now(desk, start, pointer.plane), "Turn by hand" if self._turning else "Move by hand")
        return True

    def double_click(self, desk: Desk, pointer: Pointer) -> bool:
        """Two quick drags are two drags."""
        return False

    def key_pressed(self, desk: Desk, name: str) -> bool:
        """Esc lets go without a change."""
        if name == "Escape" and (self._start is not None or self._nudged):
            self.cancel(desk)
            return True
        return False

    def nudge(
        self, desk: Desk, plane: Plane, towards: tuple[int, int, int], fine: bool = False, turn: bool = False
    ) -> None:
        """A step of a key in the plane of a view: `placing.step` mm or degrees, a tenth of it where `fine`.

        towards: (right, down, away from the viewer), each -1, 0 or 1; turning counts clockwise on screen. What is
        moved so is tried until `rest`: a key that is held makes one step of the case.
        """
        if self._start is not None:
            return
        words = "Turn by hand" if turn else "Move by hand"
        if self._nudged != words:
            self.rest(desk)
        placing = desk.placing
        size = placing.step * (FINE if fine else 1.0)
        try:
            start = placing.begun()
        except CaseError as error:
            desk.refused.emit(str(error))
            return
        if turn:
            made = placing.turned(start, plane.normal, (towards[0] or towards[1]) * size, placing.pivot_mm)
        else:
            made = placing.moved(start, np.array(towards) @ plane.axes * size)
        placing.show(made)
        self._nudged = words

    def rest(self, desk: Desk) -> bool:
        """The keys are let go: what they have moved stays, as one step; False where they have moved nothing."""
        words, self._nudged = self._nudged, ""
        trial = desk.placing.trial
        if words and trial is not None:
            self._keep(desk, trial.map, words)
        return bool(words)

    def cancel(self, desk: Desk) -> None:
        """Drop what is half done."""
        self._start, self._nudged = None, ""
        desk.placing.show(None)

    def _keep(self, desk: Desk, spatial_map: SpatialMap, words: str) -> None:
        try:
            desk.placing.keep(spatial_map, words)
        except CaseError as error:
            desk.placing.show(None)
            desk.refused.emit(str(error))

    def _still_there(self, desk: Desk) -> bool:
        """Undo in mid-drag may have changed what the image was taken from: then there is nothing to drag on."""
        if desk.placing.link() is not self._link:
            self._start = None
        return self._start is not None

    def _now(self, desk: Desk, start: Transform, plane: Plane) -> Transform:
        placing = desk.placing
        if self._turning:
            return placing.turned(start, plane.normal, self._angle_deg, desk.placing.pivot_mm)
        return placing.moved(start, self._travelled[0] * plane.u + self._travelled[1] * plane.v)

    # ------------------------------------------------------------------ what is painted

    def outlines(self, desk: Desk, plane: Plane) -> list[Outline]:
        """The ring and the pivot where nothing says how large pixels are."""
        return self.outlines_at(desk, plane, 0.5)

    def outlines_at(self, desk: Desk, plane: Plane, pixel_mm: float) -> list[Outline]:
        """The ring around the pivot, as large on every screen as the hand finds it, and the pivot."""
        if desk.placing.why_not():
            return []
        u, v, _ = plane.to_plane(desk.placing.pivot_mm)
        angles = np.linspace(0.0, 2 * np.pi, POINTS)
        circle = np.column_stack([np.cos(angles), np.sin(angles)])
        words = ""
        if self._start is not None and self._last is not None and self._last.plane.is_parallel_to(plane):
            words = (
                f"{self._angle_deg:+.1f}°" if self._turning else f"{float(np.hypot(*self._travelled)):.1f} mm"
            )
        ring = Outline(circle * RING_PIXELS * pixel_mm + (u, v), True, "measure", label=words, color=RING_COLOR)
        dot = Outline(circle[::6] * 4.0 * pixel_mm + (u, v), True, "measure", color=RING_COLOR)
        return [ring, dot]


def _offset(desk: Desk, pointer: Pointer) -> Float:
    """(2,) from the pivot to the pointer, in mm of the view's plane."""
    u, v, _ = pointer.plane.to_plane(desk.placing.pivot_mm)
    return np.array([pointer.u_mm - u, pointer.v_mm - v])


def _distance(desk: Desk, pointer: Pointer) -> float:
    return float(np.linalg.norm(_offset(desk, pointer)))


def _angle_between_deg(desk: Desk, before: Pointer, after: Pointer) -> float:
    """How far the pointer went around the pivot, from u towards v."""
    (a, b), (c, d) = _offset(desk, before), _offset(desk, after)
    return float(np.degrees(np.arctan2(a * d - b * c, a * c + b * d)))
