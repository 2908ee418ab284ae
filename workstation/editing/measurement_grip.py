"""Taking hold of a measurement that is there already: of one of its points, of its line, or of a ring to bend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.editing.measuring import Measuring
from workstation.editing.pointer import Pointer
from workstation.measurements.measurement import FREEHAND, Measurement
from workstation.measurements.shapes import bent, corners_uv, handles_uv, is_line_of, line_uv, with_handle_at

Float = NDArray[np.float64]

HANDLE_PIXELS = 8.0
LINE_PIXELS = 5.0
WHOLE, BENT = -1, -2


@dataclass(frozen=True, eq=False)
class Grip:
    """A hold on a measurement.

    handle: number of the point that is held; `WHOLE` for its line, `BENT` for a point of a freehand ring.
    start: (2,) where it was taken, in (u, v) mm of the measurement's own plane. corner: of the ring, nearest to that.
    """

    measurement: Measurement
    handle: int
    start: Float
    corner: int = 0

    def moved_to(self, pointer: Pointer) -> Measurement:
        """The measurement with what is held brought to the pointer."""
        plane = self.measurement.plane
        place = plane.to_plane(pointer.position_mm)[:2]
        corners = corners_uv(self.measurement)
        if self.handle == WHOLE:
            moved = corners + (place - self.start)
        elif self.handle == BENT:
            moved = bent(corners, self.corner, place - self.start)
        else:
            moved = with_handle_at(self.measurement.kind, corners, self.handle, place)
        return self.measurement.with_points(plane.to_patient(moved))


def grip_at(measuring: Measuring, pointer: Pointer) -> Grip | None:
    """What the pointer can take hold of: points before lines, the chosen measurement before others, the newest next."""
    on_plane = [m for m in measuring.shown() if _lies_on(measuring, m, pointer)][::-1]
    return _handle_at(on_plane, pointer) or _line_at(on_plane, pointer)


def _lies_on(measuring: Measuring, measurement: Measurement, pointer: Pointer) -> bool:
    if not measuring.is_native(measurement) or not measurement.plane.is_parallel_to(pointer.plane):
        return False
    away_mm = abs(float(pointer.plane.to_plane(measurement.plane.origin_mm)[2]))
    return away_mm <= measuring.reach_mm(pointer.plane)


def _handle_at(measurements: Iterable[Measurement], pointer: Pointer) -> Grip | None:
    for measurement in measurements:
        place = measurement.plane.to_plane(pointer.position_mm)[:2]
        away = np.hypot(*(handles_uv(measurement) - place).T)
        nearest = int(np.argmin(away))
        if away[nearest] <= HANDLE_PIXELS * pointer.pixel_mm:
            return Grip(measurement, nearest, place)
    return None


def _line_at(measurements: Iterable[Measurement], pointer: Pointer) -> Grip | None:
    for measurement in measurements:
        place = measurement.plane.to_plane(pointer.position_mm)[:2]
        line = line_uv(measurement)
        if distance_to_line(line, place, closed=not is_line_of(measurement.kind)) > LINE_PIXELS * pointer.pixel_mm:
            continue
        if measurement.kind == FREEHAND:
            return Grip(measurement, BENT, place, int(np.argmin(np.hypot(*(line - place).T))))
        return Grip(measurement, WHOLE, place)
    return None


def distance_to_line(line: Float, place: Float, *, closed: bool) -> float:
    """How far a place (2,) lies from a line (n, 2), in the line's units."""
    ends = np.roll(line, -1, axis=0) if closed else line[1:]
    starts = line if closed else line[:-1]
    along = ends - starts
    length = np.maximum((along**2).sum(axis=1), 1e-12)
    share = np.clip(((place - starts) * along).sum(axis=1) / length, 0.0, 1.0)
    return float(np.hypot(*(starts + share[:, None] * along - place).T).min())
