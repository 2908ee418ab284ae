"""Signed distances on a lattice, block by block: nobody pays for blocks that no question touches."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from workstation.structures.sample_kernels import mark_sampled
from workstation.structures.signed_distance_kernels import BLOCK, keep_blocks, signed_distance

Float = NDArray[np.float64]
Bounds = tuple[float, float, float, float]
Box = tuple[int, int, int, int]
Outline = tuple[Float, NDArray[np.int64], Float]
"""Vertices (n, 2), ring starts (rings + 1,) and edges (m, 4) as `signed_distance` takes them."""


@dataclass(frozen=True)
class Lattice:
    """Where a field is sampled and what distance means there.

    step_mm: between lattice points; point (column, row) lies at (column, row) * step_mm in the stack's (u, v).
    weights: None for millimetres, else reciprocal half-axes towards +u, -u, +v, -v (a gauge without unit).
    """

    step_mm: float
    weights: tuple[float, float, float, float] | None = None

    @property
    def least_unit(self) -> float:
        """What one millimetre is at least, in the fields' unit."""
        return 1.0 if self.weights is None else min(self.weights)

    def box(self, bounds: Bounds, reach: Bounds) -> Box:
        """First column and row and end column and row, whole blocks, of `bounds` grown by `reach` mm on each side.

        bounds: (u_min, v_min, u_max, v_max); reach: how far beyond each of the four, in the same order.
        """
        block_mm = BLOCK * self.step_mm
        return (
            floor((bounds[0] - reach[0]) / block_mm) * BLOCK,
            floor((bounds[1] - reach[1]) / block_mm) * BLOCK,
            ceil((bounds[2] + reach[2]) / block_mm) * BLOCK,
            ceil((bounds[3] + reach[3]) / block_mm) * BLOCK,
        )


def union_bounds(first: Bounds, second: Bounds) -> Bounds:
    """Bounds around both."""
    return (
        min(first[0], second[0]),
        min(first[1], second[1]),
        max(first[2], second[2]),
        max(first[3], second[3]),
    )


def union_box(first: Box, second: Box) -> Box:
    """The box around both."""
    return min(first[0], second[0]), min(first[1], second[1]), max(first[2], second[2]), max(first[3], second[3])


def holds(outer: Box, inner: Box) -> bool:
    """Whether one box lies within another."""
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]


class Field:
    """Signed distances (rows, columns) float32, negative inside, from lattice point (column0, row0) on.

    Values appear when they are asked for and never change then, so that a field may be shared between threads: two
    that ask at once compute the same.
    """

    __slots__ = ("_known", "_outline", "_step_mm", "_values", "column0", "row0")

    def __init__(self, values: NDArray[np.float32], column0: int, row0: int) -> None:
        """A field that is complete."""
        self._values = values
        self.column0, self.row0 = column0, row0
        self._outline: Outline | None = None
        self._known: NDArray[np.uint8] = np.empty((0, 0), dtype=np.uint8)
        self._step_mm = 1.0

    @staticmethod
    def of(outline: Outline, step_mm: float, box: Box, before: Field | None = None) -> Field:
        """A field of plain distances with nothing known yet, but for what a smaller one `before` has in its box."""
        rows, columns = box[3] - box[1], box[2] - box[0]
        field = Field(np.empty((rows, columns), dtype=np.float32), box[0], box[1])
        field._outline, field._step_mm = outline, step_mm
        field._known = np.zeros((-(-rows // BLOCK), -(-columns // BLOCK)), dtype=np.uint8)
        if before is not None:
            known = before._known if before._outline is not None else np.ones(before._blocks, dtype=np.uint8)
            row, column = before.row0 - box[1], before.column0 - box[0]
            keep_blocks(before._values, known, row, column, field._values, field._known)
        return field

    @property
    def _blocks(self) -> tuple[int, int]:
        rows, columns = self._values.shape
        return -(-rows // BLOCK), -(-columns // BLOCK)

    @property
    def box(self) -> Box:
        """First column and row, end column and row."""
        rows, columns = self._values.shape
        return self.column0, self.row0, self.column0 + columns, self.row0 + rows

    @property
    def values(self) -> NDArray[np.float32]:
        """All values."""
        outline = self._outline
        if outline is not None:
            self._fill(outline, (self._known == 0).astype(np.uint8))
            self._outline = None
        return self._values

    def on_plane(
        self, shape: tuple[int, int], points: tuple[Float, Float, Float], low_mm: float, high_mm: float
    ) -> NDArray[np.float32]:
        """The array of values, of which those are valid that a plane's points between two heights lie among.

        shape: rows and columns of the points; points: first one, and steps along columns and rows, (u, v, w) in mm.
        """
        outline = self._outline
        if outline is None:
            return self._values
        if points[1][2] == 0.0 and points[2][2] == 0.0:
            return self.values
        rows, columns = self._values.shape
        placed = np.array([self._step_mm, self.column0, self.row0, columns, rows], dtype=np.float64)
        wanted = np.zeros(self._known.shape, dtype=np.uint8)
        if mark_sampled(shape[0], shape[1], *points, placed, np.array([low_mm, high_mm]), self._known, wanted):
            self._fill(outline, wanted)
        return self._values

    def _fill(self, outline: Outline, wanted: NDArray[np.uint8]) -> None:
        signed_distance(*outline, self.column0, self.row0, self._step_mm, wanted, self._values)
        np.maximum(self._known, wanted, out=self._known)
