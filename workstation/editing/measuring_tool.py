"""The measuring tools: set the points of a distance, angle, region or profile, or take hold of one that is there.

They need no structure and change none.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from workstation.case.errors import CaseError
from workstation.case.measurement_commands import AddMeasurement, ChangeMeasurement, RemoveMeasurement
from workstation.editing.desk import Desk
from workstation.editing.measurement_grip import Grip, grip_at
from workstation.editing.pointer import Pointer
from workstation.editing.tool import Outline
from workstation.geometry.plane import Plane
from workstation.measurements.measurement import (
    ANGLE,
    DISTANCE,
    ELLIPSE,
    FREEHAND,
    POINTS,
    PROFILE,
    RECTANGLE,
    WORDS,
    Measurement,
    new_measurement,
)
from workstation.measurements.shapes import corners_uv, is_line_of, line_uv

Float = NDArray[np.float64]

CLICK_PIXELS = 3.0
"""A press that moves less than this is a click: the next point is set by another one."""
FREEHAND_PIXELS = 2.0
SMALLEST_AREA_MM2 = 0.01
SAME_PLANE_MM = 0.01

_HOW = {
    DISTANCE: "Drag from end to end, or click both",
    PROFILE: "Drag along the line, or click both ends",
    ANGLE: "Click an arm's end, the corner, the other arm's end",
    ELLIPSE: "Drag from corner to corner · Shift makes a circle",
    RECTANGLE: "Drag from corner to corner · Shift makes a square",
    FREEHAND: "Drag around the region",
}


class MeasuringTool:
    """Sets measurements of one kind; points and lines of all kinds can be dragged with it."""

    draws = False
    """It puts nothing into the structure."""

    def __init__(self, kind: str) -> None:
        self.kind = self.key = kind
        self.label = WORDS[kind]
        self._plane: Plane | None = None
        self._points: list[Float] = []
        self._now: Float | None = None
        self._pressed = False
        self._pixel_mm = 0.5
        self._grip: Grip | None = None
        self._hover: Pointer | None = None

    def hint(self) -> str:
        """The bindings, for the status bar."""
        return f"{_HOW[self.kind]} · drag points or lines to change (Alt: begin there) · Del deletes · Esc cancels"

    # ------------------------------------------------------------------ the hand

    def press(self, desk: Desk, pointer: Pointer) -> bool:
        """The first or next point, or hold of a measurement that lies there (with Alt, a new one over it)."""
        self._hover, self._pixel_mm = pointer, pointer.pixel_mm
        if self._plane is None:
            self._grip = None if pointer.erase else grip_at(desk.measuring, pointer)
            if self._grip is not None:
                desk.measuring.selected = self._grip.measurement.identifier
                return True
            self._plane, self._points = pointer.plane, [self._place(pointer.plane, pointer)]
        elif not _same_plane(self._plane, pointer.plane):
            desk.refused.emit("The measurement lies on another slice: go back to finish it, or press Esc to drop it")
            return True
        self._pressed, self._now = True, self._constrained(pointer)
        return True

    def move(self, desk: Desk, pointer: Pointer) -> bool:
        """Live: the point that is set, or what is held."""
        self._hover, self._pixel_mm = pointer, pointer.pixel_mm
        if self._grip is not None:
            if pointer.pressed and self._still_there(desk, self._grip.measurement):
                desk.measuring.in_hand = self._grip.moved_to(pointer)
            return True
        if self._plane is None or not _same_plane(self._plane, pointer.plane):
            return False
        self._now = self._constrained(pointer)
        if self.kind == FREEHAND and self._pressed and self._far(self._points[-1], FREEHAND_PIXELS):
            self._points.append(self._now)
        return True

    def release(self, desk: Desk, pointer: Pointer) -> bool:
        """The point stays; the last one makes a measurement of them, one step of the history."""
        self._hover = pointer
        if self._grip is not None:
            if desk.measuring.in_hand is not None and self._still_there(desk, self._grip.measurement):
                desk.measuring.in_hand = self._grip.moved_to(pointer)
            self._drop_held(desk)
            return True
        if self._plane is None or not self._pressed:
            return False
        self._pressed = False
        if not _same_plane(self._plane, pointer.plane):
            return True
        self._now = self._constrained(pointer)
        if self.kind == FREEHAND:
            self._keep(desk)
            return True
        if self._far(self._points[-1], CLICK_PIXELS):
            self._points.append(self._now)
        if len(self._points) == POINTS[self.kind]:
            self._keep(desk)
        return True

    def double_click(self, desk: Desk, pointer: Pointer) -> bool:
        """Two quick clicks are two points."""
        return False

    def key_pressed(self, desk: Desk, name: str) -> bool:
        """Esc drops what is half done, Backspace or x its last point; Delete takes away a measurement."""
        if name == "Escape":
            busy = self._plane is not None or self._grip is not None
            self.cancel(desk)
            return busy
        if self._plane is not None and name in ("Backspace", "x"):
            self._points = self._points[:-1]
            if not self._points:
                self.cancel(desk)
            return True
        if name in ("Delete", "Backspace") and self._plane is None and self._grip is None:
            return self._delete(desk)
        return False

    def cancel(self, desk: Desk) -> None:
        """Drop what is half done; what is held goes back to where it was."""
        self._forget()
        self._grip = None
        desk.measuring.in_hand = None

    def outlines(self, desk: Desk, plane: Plane) -> list[Outline]:
        """What is being set, with its numbers, on the plane that it is set on."""
        if self._plane is None or not _same_plane(self._plane, plane):
            return []
        measurement = self._so_far(desk)
        corners = np.array([*self._points, *([] if self._now is None else [self._now])])
        if measurement is None:
            points = plane.to_plane(self._plane.to_patient(corners))[:, :2]
            return [Outline(points, False, "measure"), Outline(points[: len(self._points)], False, "handle")]
        line = plane.to_plane(measurement.plane.to_patient(line_uv(measurement)))[:, :2]
        label = "\n".join(desk.measuring.words(measurement))
        closed = not is_line_of(self.kind)
        found = [Outline(line, closed, "measure", label=label, color=measurement.color)]
        if self.kind != FREEHAND:
            held = plane.to_plane(measurement.points_mm)[:, :2]
            found.append(Outline(held, False, "handle", color=measurement.color))
        return found

    # ------------------------------------------------------------------ setting a new one

    def _place(self, plane: Plane, pointer: Pointer) -> Float:
        return np.asarray(plane.to_plane(pointer.position_mm)[:2])

    def _constrained(self, pointer: Pointer) -> Float:
        """The pointer in the measurement's plane; with Shift, where both sides are equally long."""
        assert self._plane is not None
        place = self._place(self._plane, pointer)
        if not pointer.shift or self.kind not in (ELLIPSE, RECTANGLE) or not self._points:
            return place
        sides = place - self._points[0]
        longer = float(np.abs(sides).max())
        return np.asarray(self._points[0] + np.where(sides < 0, -longer, longer))

    def _far(self, other: Float, pixels: float) -> bool:
        return self._now is not None and float(np.hypot(*(self._now - other))) > pixels * self._pixel_mm

    def _so_far(self, desk: Desk) -> Measurement | None:
        """A measurement of the points so far, with the pointer as the last one; None while that isn't one."""
        if self._plane is None or self._now is None:
            return None
        points = [*self._points]
        if len(points) < POINTS.get(self.kind, len(points) + 1) and not np.array_equal(points[-1], self._now):
            points.append(self._now)
        wanted = POINTS.get(self.kind)
        if len(points) != wanted if wanted else len(points) < 3:
            return None
        measuring = desk.measuring
        made = new_measurement(
            self.kind, self._plane.to_patient(np.array(points)), self._plane, measuring.frame_of_reference_uid,
            desk.case.measurements.values(), measuring.shown_images(),
        )  # fmt: skip
        # without an identifier it is nobody's yet, and says no name
        return replace(made, identifier="")

    def _keep(self, desk: Desk) -> None:
        """Put it into the case, unless it is nothing; what is refused is said and dropped."""
        made = self._so_far(desk)
        self._forget()
        if made is None or _is_nothing(made):
            return
        numbered = new_measurement(
            made.kind, made.points_mm, made.plane, made.frame_of_reference_uid,
            desk.case.measurements.values(), made.image_keys,
        )  # fmt: skip
        self._do(desk, AddMeasurement(numbered))

    def _forget(self) -> None:
        self._plane, self._points, self._now, self._pressed = None, [], None, False

    # ------------------------------------------------------------------ changing one that is there

    def _drop_held(self, desk: Desk) -> None:
        grip, self._grip = self._grip, None
        moved, desk.measuring.in_hand = desk.measuring.in_hand, None
        if grip is None or moved is None or not self._still_there(desk, grip.measurement):
            return
        if _is_nothing(moved):
            desk.refused.emit(f"{moved.name} would have no size left: it stays as it was")
            return
        self._do(desk, ChangeMeasurement(moved.identifier, points_mm=moved.points_mm))

    def _still_there(self, desk: Desk, measurement: Measurement) -> bool:
        """Undo in mid-drag may have taken it away or changed it."""
        return desk.case.measurements.get(measurement.identifier) is measurement

    def _delete(self, desk: Desk) -> bool:
        """Take away the measurement under the pointer, else the chosen one."""
        under = grip_at(desk.measuring, self._hover) if self._hover is not None else None
        identifier = under.measurement.identifier if under is not None else desk.measuring.selected
        if not identifier:
            return False
        self._do(desk, RemoveMeasurement(identifier))
        return True

    def _do(self, desk: Desk, command: AddMeasurement | ChangeMeasurement | RemoveMeasurement) -> None:
        try:
            desk.case.do(command)
        except CaseError as error:
            desk.refused.emit(str(error))


def measuring_tools() -> dict[str, MeasuringTool]:
    """One tool for each kind, by its key."""
    return {kind: MeasuringTool(kind) for kind in WORDS}


def _is_nothing(measurement: Measurement) -> bool:
    """Whether a measurement has no length, no arm or no area."""
    if measurement.kind == ANGLE:
        arms = np.linalg.norm(measurement.points_mm[[0, 2]] - measurement.points_mm[1], axis=1)
        return bool(arms.min() < 1e-6)
    if not measurement.is_region:
        return measurement.length_mm < 1e-6
    low, high = corners_uv(measurement).min(axis=0), corners_uv(measurement).max(axis=0)
    return bool(np.prod(high - low) < SMALLEST_AREA_MM2)


def _same_plane(first: Plane, second: Plane) -> bool:
    return first.is_parallel_to(second) and bool(abs(first.to_plane(second.origin_mm)[2]) < SAME_PLANE_MM)
