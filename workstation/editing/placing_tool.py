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
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform

Float = NDArray[np.float64]

RING_PIXELS = 110.0
TURN_FROM = 0.86
"""Share of the ring's radius from which a drag turns."""
FINE = 0.1
STEP_MM, STEP_DEG = 1.0, 1.0
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
        self._from: Pointer | None = None
        self._turning = False
        self._travelled = (0.0, 0.0)
        self._angle_deg = 0.0
        self._last: Pointer | None = None
        self._pixel_mm = 0.0

    def hint(self) -> str:
        """The bindings, for the status bar."""
        return (
            "drag inside the ring moves, on it turns · Shift: fine · arrows 1 mm, Alt+arrows 1°, with Shift 0.1 · "
            "Esc cancels · wheel steps through slices"
        )

    # ------------------------------------------------------------------ the hand

    def press(self, desk: Desk, pointer: Pointer) -> bool:
        """Take hold of the image."""
        self._pixel_mm = pointer.pixel_mm
        try:
            self._start = desk.placing.begun()
        except CaseError as error:
            desk.refused.emit(str(error))
            self._start = None
            return True
        self._from = self._last = pointer
        self._travelled, self._angle_deg = (0.0, 0.0), 0.0
        self._turning = _distance(desk, pointer) >= TURN_FROM * RING_PIXELS * pointer.pixel_mm
        return True

    def move(self, desk: Desk, pointer: Pointer) -> bool:
        """The image follows, in all views."""
        seen_anew = pointer.pixel_mm != self._pixel_mm
        self._pixel_mm = pointer.pixel_mm
        if self._start is None or self._last is None or not pointer.pressed:
            return seen_anew
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
        if self._start is None or self._last is None:
            return False
        start, self._start = self._start, None
        if self._travelled == (0.0, 0.0) and self._angle_deg == 0.0:
            desk.placing.show(None)
            return True
        words = "Turn by hand" if self._turning else "Move by hand"
        try:
            desk.placing.keep(self._now(desk, start, pointer.plane), words)
        except CaseError as error:
            desk.placing.show(None)
            desk.refused.emit(str(error))
        return True

    def double_click(self, desk: Desk, pointer: Pointer) -> bool:
        """Two quick drags are two drags."""
        return False

    def key_pressed(self, desk: Desk, name: str) -> bool:
        """Esc lets go without a change."""
        if name == "Escape" and self._start is not None:
            self.cancel(desk)
            return True
        return False

    def nudge(self, desk: Desk, plane: Plane, right: int, down: int, fine: bool, turn: bool) -> None:
        """A step with the arrow keys in the plane of a view: 1 mm or 1 degree, a tenth of it where `fine`.

        right, down: -1, 0 or 1; turning counts clockwise on screen.
        """
        size = FINE if fine else 1.0
        placing = desk.placing
        try:
            start = placing.begun()
            if turn:
                angle_deg = (right or down) * STEP_DEG * size
                made = placing.turned(start, plane.normal, angle_deg, placing.pivot_mm)
            else:
                made = placing.moved(start, (right * plane.u + down * plane.v) * STEP_MM * size)
            placing.keep(made, "Turn by hand" if turn else "Move by hand")
        except CaseError as error:
            desk.refused.emit(str(error))

    def cancel(self, desk: Desk) -> None:
        """Drop what is half done."""
        self._start = None
        desk.placing.show(None)

    def _now(self, desk: Desk, start: Transform, plane: Plane) -> Transform:
        placing = desk.placing
        if self._turning:
            return placing.turned(start, plane.normal, self._angle_deg, desk.placing.pivot_mm)
        return placing.moved(start, self._travelled[0] * plane.u + self._travelled[1] * plane.v)

    # ------------------------------------------------------------------ what is painted

    def outlines(self, desk: Desk, plane: Plane) -> list[Outline]:
        """The ring around the pivot, and the pivot."""
        if desk.placing.why_not():
            return []
        u, v, _ = plane.to_plane(desk.placing.pivot_mm)
        pixel_mm = self._pixel_mm or 0.5
        angles = np.linspace(0.0, 2 * np.pi, POINTS)
        circle = np.column_stack([np.cos(angles), np.sin(angles)])
        words = ""
        if self._start is not None:
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
