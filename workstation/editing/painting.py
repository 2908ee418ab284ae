"""A stroke with a round brush: what was covered, united with or taken from what was drawn, plane by plane.

Each move redoes only the last few millimetres of the way: what lies behind is settled as soon as a chunk of the way
is full, so a move costs the same at the end of a long stroke as at its beginning.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.case.stroke import Stroke
from workstation.editing.footprint import Canvas, Footprint, merged
from workstation.editing.stroke_rule import StrokeRule
from workstation.geometry.region import Region
from workstation.structures.drawn_points import thin_new_points
from workstation.structures.planar import difference, swept_disc, union
from workstation.structures.structure import PlanarContours
from workstation.structures.swept_ball import swept_ball

Float = NDArray[np.float64]

CHUNK_POINTS = 8


class Painting:
    """One press of the brush, from the press to the release."""

    def __init__(self, stroke: Stroke, canvas: Canvas, rule: StrokeRule, ball: bool) -> None:
        self.stroke = stroke
        self.canvas = canvas
        self.rule = rule
        self._ball = ball
        self._settled: dict[float, Region] = {}
        self._shown: dict[float, Region] = {}
        """What the chunk makes of the settled planes."""
        self._way: list[tuple[Float, float]] = []
        self._chunk: list[Float] = []
        self._radius_mm = 0.0

    def move(self, point: ArrayLike, radius_mm: float) -> None:
        """The brush came to a point (u, v) mm of the shown plane, with this radius."""
        here = np.asarray(point, dtype=np.float64)
        if self._chunk and abs(radius_mm - self._radius_mm) > 0.05 * self._radius_mm:
            self._close_chunk()
        if not self._chunk or len(self._chunk) == 1:
            self._radius_mm = radius_mm
        self._chunk.append(here)
        self._way.append((here, self._radius_mm))
        if self.rule.is_open and self.rule.touches(swept_disc(np.array(self._chunk[-2:]), self._radius_mm)):
            self._begin_again()
        else:
            self._shown = self._results(self._footprint(np.array(self._chunk), self._radius_mm))
            self._show(self._shown)
        if len(self._chunk) >= CHUNK_POINTS:
            self._close_chunk()

    def _close_chunk(self) -> None:
        """What the chunk has made stays; the next one begins where it ends."""
        self._settled |= self._shown
        self._chunk = self._chunk[-1:]

    def _begin_again(self) -> None:
        """The stroke has become a cut: take all of its way from what was there before it."""
        self.stroke.label = "Cut"
        touched = set(self._settled) | set(self._footprint(np.array(self._chunk), self._radius_mm))
        self._settled = {}
        covered: Footprint = {}
        for radius in dict.fromkeys(radius for _, radius in self._way):
            points = np.array([point for point, each in self._way if each == radius])
            covered = merged(covered, self._footprint(points, radius))
        undone = {position: self.stroke.before(position) for position in touched}
        self._settled = undone | self._results(covered)
        self._shown = {}
        self._show(self._settled)
        self._chunk = self._chunk[-1:]

    def _footprint(self, points: Float, radius_mm: float) -> Footprint:
        if not self._ball:
            return self.canvas.footprint(swept_disc(points, radius_mm))
        path = self.canvas.points_to_stack(points)
        if self.canvas.is_parallel:
            path[:, 2] = self.canvas.slice_mm()
        return swept_ball(path, radius_mm, self.canvas.positions_mm)

    def _results(self, footprint: Footprint) -> dict[float, Region]:
        return {position: self._drawn(position, covered) for position, covered in footprint.items()}

    def _drawn(self, position: float, covered: Region) -> Region:
        before = self._settled[position] if position in self._settled else self.stroke.before(position)
        combined = difference(before, covered) if self.rule.erases else union(before, covered)
        return thin_new_points(combined, before)

    def _show(self, results: dict[float, Region]) -> None:
        self.stroke.set(PlanarContours(position, region) for position, region in results.items())
