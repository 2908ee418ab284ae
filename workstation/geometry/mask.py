"""A voxel mask that keeps only the box it occupies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.errors import GeometryError
from workstation.geometry.grid import Grid


@dataclass(frozen=True, eq=False)
class Mask:
    """Voxels (k, j, i) of dtype bool inside a box of a larger grid.

    `start` is the box's first index (i, j, k) on `grid`; everything outside the box is False.
    """

    grid: Grid
    start: tuple[int, int, int]
    voxels: NDArray[np.bool_]

    def __post_init__(self) -> None:
        if self.voxels.ndim != 3 or self.voxels.dtype != np.bool_:
            raise GeometryError("A mask needs a three-dimensional array of bool")

    def full(self) -> NDArray[np.bool_]:
        """The whole array (k, j, i) on the grid; parts of the box outside the grid are cut."""
        out = np.zeros(self.grid.shape, dtype=bool)
        target, source = [], []
        for axis in range(3):
            first, count, limit = self.start[2 - axis], self.voxels.shape[axis], self.grid.shape[axis]
            low, high = max(first, 0), min(first + count, limit)
            if high <= low:
                return out
            target.append(slice(low, high))
            source.append(slice(low - first, high - first))
        out[tuple(target)] = self.voxels[tuple(source)]
        return out

    @property
    def volume_cc(self) -> float:
        """Number of voxels times their volume."""
        return float(np.count_nonzero(self.voxels)) * self.grid.voxel_volume_cc
