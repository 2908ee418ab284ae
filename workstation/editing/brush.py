"""The round brush, in millimetres on the patient: on slices, across them, or as a ball through them."""

from __future__ import annotations

import numpy as np

from workstation.editing.desk import Desk
from workstation.editing.footprint import canvas_for
from workstation.editing.painting import Painting
from workstation.editing.pointer import Pointer
from workstation.editing.stroke_rule import StrokeRule
from workstation.editing.tool import Outline
from workstation.geometry.plane import Plane

SAME_PLANE_MM = 0.01


class Brush:
    """Paints while the button is down. With `erasing` it is the eraser: the same brush that only takes away."""

    def __init__(self, erasing: bool = False) -> None:
        self.key = "eraser" if erasing else "brush"
        self.label = "Eraser" if erasing else "Brush"
        self._erasing = erasing
        self._painting: Painting | None = None
        self._hover: Pointer | None = None

    def hint(self) -> str:
        """The bindings, for the status bar."""
        if self._erasing:
            return "Drag to erase · [ ] or Shift+wheel radius · Esc cancels the stroke"
        return (
            "Drag to paint: from inside extends, from outside cuts or begins a new piece · "
            "Alt erases · [ ] or Shift+wheel radius · Esc cancels the stroke"
        )

    def press(self, desk: Desk, pointer: Pointer) -> bool:
        """Begin a stroke; when the structure refuses, the desk says why."""
        self.cancel(desk)
        self._begin(desk, pointer, desk.rule, self._erasing or pointer.erase)
        return True

    def move(self, desk: Desk, pointer: Pointer) -> bool:
        """Paint, or only show the brush. Where the shown plane was changed in mid-stroke, go on on the new one."""
        self._hover = pointer
        painting = self._painting
        if painting is None or not pointer.pressed:
            return painting is not None
        if not painting.stroke.active:  # undo, or a command on the structure, has ended it
            self._painting = None
        elif _same_plane(desk, painting, pointer):
            self._paint(desk, pointer)
        else:
            self._painting = None
            desk.finish(painting.stroke)
            self._begin(desk, pointer, "add", painting.rule.erases)
        return True

    def release(self, desk: Desk, pointer: Pointer) -> bool:
        """End the stroke: one step of the history."""
        self._hover = pointer
        painting, self._painting = self._painting, None
        if painting is None:
            return False
        desk.finish(painting.stroke)
        return True

    def double_click(self, desk: Desk, pointer: Pointer) -> bool:
        """As a press: dabbing quickly is no double click."""
        return self.press(desk, pointer)

    def key_pressed(self, desk: Desk, name: str) -> bool:
        """Radius by brackets; Esc drops the stroke."""
        if name in ("[", "]"):
            desk.step_brush(1 if name == "]" else -1)
            return True
        if name == "Escape" and self._painting is not None:
            self.cancel(desk)
            return True
        return False

    def cancel(self, desk: Desk) -> None:
        """Drop the stroke in progress."""
        painting, self._painting = self._painting, None
        if painting is not None:
            painting.stroke.cancel()

    def outlines(self, desk: Desk, plane: Plane) -> list[Outline]:
        """The brush under the pointer: a circle on the plane it is on, a ball's section on the others."""
        if self._hover is None:
            return []
        u, v, w = plane.to_plane(self._hover.position_mm)
        on_plane = plane.is_parallel_to(self._hover.plane) and abs(w) < SAME_PLANE_MM
        radius_mm = self._radius_mm(desk, self._hover)
        if desk.ball and abs(w) < radius_mm:
            radius_mm = float(np.sqrt(radius_mm**2 - w**2))
        elif not on_plane:
            return []
        angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)
        circle = np.column_stack([u + radius_mm * np.cos(angle), v + radius_mm * np.sin(angle)])
        return [Outline(circle, True, "brush", self._looks_erasing(desk, self._hover))]

    def _begin(self, desk: Desk, pointer: Pointer, rule: str, erase: bool) -> None:
        self._hover = pointer
        stroke = desk.begin("Erase" if erase or rule == "erase" else "Paint")
        if stroke is None:
            return
        try:
            canvas = canvas_for(desk.case, stroke.identifier, pointer.plane)
            shown = desk.case.section(stroke.identifier, pointer.plane)
            decided = StrokeRule(shown, (pointer.u_mm, pointer.v_mm), rule, erase)
            self._painting = Painting(stroke, canvas, decided, desk.ball)
        except ValueError as error:
            stroke.cancel()
            desk.refused.emit(str(error))
            return
        self._paint(desk, pointer)

    def _paint(self, desk: Desk, pointer: Pointer) -> None:
        painting = self._painting
        own = desk.case.plane_in_frame_of(painting.stroke.identifier, pointer.plane) if painting else None
        if painting is None or own is None:
            return
        point = painting.canvas.view.to_plane(own.to_patient((pointer.u_mm, pointer.v_mm)))[:2]
        try:
            painting.move(point, self._radius_mm(desk, pointer))
        except ValueError as error:  # the geometry refused: leave the case as it was and say so
            self.cancel(desk)
            desk.refused.emit(str(error))

    def _radius_mm(self, desk: Desk, pointer: Pointer) -> float:
        if not desk.pressure_sets_radius:
            return desk.brush_radius_mm
        return desk.brush_radius_mm * min(max(pointer.pressure, 0.15), 1.0)

    def _looks_erasing(self, desk: Desk, pointer: Pointer) -> bool:
        if self._painting is not None:
            return self._painting.rule.erases
        return self._erasing or pointer.erase or desk.rule == "erase"


def _same_plane(desk: Desk, painting: Painting, pointer: Pointer) -> bool:
    own = desk.case.plane_in_frame_of(painting.stroke.identifier, pointer.plane)
    view = painting.canvas.view
    if own is None or not np.allclose(own.axes, view.axes, atol=1e-6):
        return False
    return bool(abs(view.to_plane(own.origin_mm)[2]) < SAME_PLANE_MM)
