"""Signed distances on a lattice, block by block: nobody pays for blocks that no question touches."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from workstation.structures.sample_kernels import mark_sampled
from workstation.structures.signed_distance_kernels import BLOCK, keep_blocks, signed_distance, signed_gauge

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


class Patch:
    """Values (rows, columns) float32 from lattice point (column0, row0) on, of which some blocks may be missing."""

    __slots__ = ("column0", "known", "row0", "values")

    def __init__(
        self, values: NDArray[np.float32], column0: int, row0: int, known: NDArray[np.uint8] | None = None
    ) -> None:
        """known: (block rows, block columns), one for each block that has its values; None: all have."""
        self.values, self.column0, self.row0, self.known = values, column0, row0, known

    @property
    def box(self) -> Box:
        """First column and row, end column and row."""
        rows, columns = self.values.shape
        return self.column0, self.row0, self.column0 + columns, self.row0 + rows


class Field:
    """Signed distances of one outline on one lattice, negative inside, in a box that grows when a larger one is needed.

    Plain distances appear block by block when they are asked for, and never change then: because a lattice point's
    value does not depend on the box, two threads that ask at once compute the same.
    """

    __slots__ = ("_lattice", "_outline", "_patch")

    def __init__(self, outline: Outline, lattice: Lattice, box: Box) -> None:
        self._outline = outline
        self._lattice = lattice
        self._patch = self._new_patch(box)

    @property
    def box(self) -> Box:
        """First column and row, end column and row."""
        return self._patch.box

    @property
    def values(self) -> NDArray[np.float32]:
        """All values (rows, columns) of the box."""
        return self.complete().values

    def cover(self, box: Box) -> None:
        """Make room for at least a box."""
        before = self._patch
        if holds(before.box, box):
            return
        patch = self._new_patch(union_box(before.box, box))
        if patch.known is not None:
            rows, columns = before.values.shape
            known = before.known
            if known is None:
                known = np.ones((-(-rows // BLOCK), -(-columns // BLOCK)), dtype=np.uint8)
            row, column = before.row0 - patch.row0, before.column0 - patch.column0
            keep_blocks(before.values, known, row, column, patch.values, patch.known)
        self._patch = patch

    def complete(self) -> Patch:
        """The box with all its values."""
        patch = self._patch
        known = patch.known
        if known is not None:
            self._fill(patch, known, (known == 0).astype(np.uint8))
            patch.known = None
        return patch

    def on_plane(
        self, shape: tuple[int, int], points: tuple[Float, Float, Float], low_mm: float, high_mm: float
    ) -> Patch:
        """The box with those values that a plane's points between two heights lie among.

        shape: rows and columns of the points; points: first one, and steps along columns and rows, (u, v, w) in mm.
        """
        patch = self._patch
        known = patch.known
        if known is None:
            return patch
        if points[1][2] == 0.0 and points[2][2] == 0.0:
            return self.complete()
        rows, columns = patch.values.shape
        placed = np.array([self._lattice.step_mm, patch.column0, patch.row0, columns, rows], dtype=np.float64)
        wanted = np.zeros(known.shape, dtype=np.uint8)
        if mark_sampled(shape[0], shape[1], *points, placed, np.array([low_mm, high_mm]), known, wanted):
            self._fill(patch, known, wanted)
        return patch

    def _fill(self, patch: Patch, known: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> None:
        signed_distance(*self._outline, patch.column0, patch.row0, self._lattice.step_mm, wanted, patch.values)
        np.maximum(known, wanted, out=known)

    def _new_patch(self, box: Box) -> Patch:
        rows, columns, step = box[3] - box[1], box[2] - box[0], self._lattice.step_mm
        values = np.empty((rows, columns), dtype=np.float32)
        if self._lattice.weights is None:
            known = np.zeros((-(-rows // BLOCK), -(-columns // BLOCK)), dtype=np.uint8)
            return Patch(values, box[0], box[1], known)
        weights = np.array(self._lattice.weights, dtype=np.float64)
        signed_gauge(*self._outline, box[0], box[1], step, weights, values)
        return Patch(values, box[0], box[1])
