"""The polygon: click corners or draw freehand, close it, and it is added to the structure or cut out of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.editing.desk import Desk
from workstation.editing.footprint import canvas_for
from workstation.editing.pointer import Pointer
from workstation.editing.stroke_rule import StrokeRule
from workstation.editing.tool import Outline
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.drawn_points import thin_new_points
from workstation.structures.planar import area_mm2, difference, polygon_of, region_of, union
from workstation.structures.structure import PlanarContours

CLOSING_PIXELS = 8.0
FREEHAND_PIXELS = 2.0
SAME_PLANE_MM = 0.01


class Polygon:
    """Nothing reaches the case before the polygon is closed; then it is one step of the history."""

    key = "polygon"
    label = "Polygon"

    def __init__(self) -> None:
        self._plane: Plane | None = None
        self._corners: list[tuple[float, float]] = []
        self._hover: tuple[float, float] | None = None
        self._erase = False
        self._pressed = False

    def hint(self) -> str:
        """The bindings, for the status bar."""
        return (
            "Click corners or drag freehand · double click, Enter or the first corner closes · x drops the last · "
            "Alt cuts · Esc cancels"
        )

    def press(self, desk: Desk, pointer: Pointer) -> bool:
        """A corner; on the first corner, the end."""
        if self._plane is None:
            self._plane, self._erase = pointer.plane, pointer.erase
        point = self._point(pointer)
        if point is None:
            desk.refused.emit("The polygon lies on another slice: go back to close it, or press Esc to drop it")
            return True
        self._pressed = True
        if len(self._corners) >= 3 and self._near_first(point, pointer):
            self._close(desk)
        else:
            self._add(point)
        return True

    def move(self, desk: Desk, pointer: Pointer) -> bool:
        """Freehand while pressed, a rubber band otherwise."""
        point = self._point(pointer)
        self._hover = point
        if point is None or not self._corners:
            return False
        if pointer.pressed and self._pressed:
            last = np.array(self._corners[-1])
            if np.hypot(*(np.array(point) - last)) >= FREEHAND_PIXELS * pointer.pixel_mm:
                self._add(point)
        return True

    def release(self, desk: Desk, pointer: Pointer) -> bool:
        """Freehand that came back to its beginning is closed."""
        point, was_pressed = self._point(pointer), self._pressed
        self._pressed = False
        if was_pressed and point is not None and len(self._corners) > 8 and self._near_first(point, pointer):
            self._close(desk)
        return was_pressed

    def double_click(self, desk: Desk, pointer: Pointer) -> bool:
        """Close; the first press of the double click has set the last corner."""
        self._pressed = False
        return self._close(desk)

    def key_pressed(self, desk: Desk, name: str) -> bool:
        """Enter closes, x drops the last corner, Esc everything."""
        if not self._corners:
            return False
        if name in ("Enter", "Return"):
            return self._close(desk)
        if name == "Escape":
            self.cancel(desk)
            return True
        if name.lower() == "x":
            self._corners.pop()
            if not self._corners:
                self.cancel(desk)
            return True
        return False

    def cancel(self, desk: Desk) -> None:
        """Drop the polygon."""
        self._plane, self._corners, self._hover = None, [], None
        self._pressed = False

    def outlines(self, desk: Desk, plane: Plane) -> list[Outline]:
        """The line so far with its corners, on the plane that it is drawn on."""
        if self._plane is None or not _same_plane(self._plane, plane):
            return []
        points = [*self._corners, *([self._hover] if self._hover and not self._pressed else [])]
        line = plane.to_plane(self._plane.to_patient(np.array(points)))[:, :2]
        erasing = self._erase or desk.rule == "erase"
        corners = line[: len(self._corners)]
        return [Outline(line, False, "rubber", erasing), Outline(corners, False, "handle", erasing)]

    def _add(self, point: tuple[float, float]) -> None:
        if not self._corners or point != self._corners[-1]:
            self._corners.append(point)

    def _point(self, pointer: Pointer) -> tuple[float, float] | None:
        """The pointer in the polygon's plane; None when another plane is shown."""
        if self._plane is None or not _same_plane(self._plane, pointer.plane):
            return None
        u, v, _ = self._plane.to_plane(pointer.position_mm)
        return float(u), float(v)

    def _near_first(self, point: tuple[float, float], pointer: Pointer) -> bool:
        away = np.hypot(*(np.array(point) - self._corners[0]))
        return bool(away <= CLOSING_PIXELS * pointer.pixel_mm)

    def _close(self, desk: Desk) -> bool:
        plane, corners = self._plane, np.array(self._corners)
        if plane is None or len(corners) < 3:
            return bool(len(corners))
        shape = region_of(polygon_of(Region([corners])))
        if area_mm2(shape) < 0.01:
            desk.refused.emit("The polygon encloses nothing: add corners, or press Esc to drop it")
            return True
        if _apply(desk, plane, corners, shape, self._erase):
            self.cancel(desk)
        return True


def _apply(desk: Desk, plane: Plane, corners: NDArray[np.float64], shape: Region, erase: bool) -> bool:
    """Put a closed shape into the active structure; False when it was refused."""
    stroke = desk.begin("Draw")
    if stroke is None:
        return False
    try:
        canvas = canvas_for(desk.case, stroke.identifier, plane)
        rule = StrokeRule(desk.case.section(stroke.identifier, plane), corners[0], desk.rule, erase)
        rule.touches(shape)
        footprint = canvas.footprint(shape)
        combine = difference if rule.erases else union
        stroke.label = "Cut" if rule.erases else "Draw"
        changed = []
        for position, covered in footprint.items():
            before = stroke.before(position)
            changed.append(PlanarContours(position, thin_new_points(combine(before, covered), before)))
        stroke.set(changed)
    except ValueError as error:
        stroke.cancel()
        desk.refused.emit(str(error))
        return False
    desk.finish(stroke)
    return True


def _same_plane(first: Plane, second: Plane) -> bool:
    return first.is_parallel_to(second) and bool(abs(first.to_plane(second.origin_mm)[2]) < SAME_PLANE_MM)
