"""Keeps a bend from folding: where volume nearly vanishes, its control points are drawn towards their neighbours.

Drawn long enough, they move alike and nothing folds; only if that is not enough the whole bend is made smaller, which
always ends it. So the answer is sure to be one to one.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.fusion.bspline import Along, Lattice, evaluated
from workstation.fusion.jacobian import FieldJacobian, jacobian_of

Float = NDArray[np.float64]
Single = NDArray[np.float32]

LEAST_VOLUME = 0.1
"""A cell may not shrink below this share of itself."""
ROUNDS, SWEEPS = 30, 2
SMALLER = 0.9


@dataclass(frozen=True, eq=False)
class Unfolding:
    """Watches a bend at the nodes of a test lattice.

    along: the splines of its nodes (k, j, i). to_index: (3, 3), mm to index (i, j, k) of it. fade: (k, j, i) float32
    factors of the displacement at the nodes, or None.
    """

    lattice: Lattice
    along: tuple[Along, Along, Along]
    to_index: Float
    fade: Single | None
    pool: ThreadPoolExecutor | None
    beat: Callable[[], None] = lambda: None

    def displacements(self, coefficients: Float) -> Single:
        """(k, j, i, 3) float32 mm at the nodes."""
        values = evaluated(self.lattice, coefficients, self.along, self.pool)
        if self.fade is not None:
            values *= self.fade[..., None]
        return values

    def jacobian(self, coefficients: Float) -> FieldJacobian:
        """How it changes volume."""
        return jacobian_of(self.displacements(coefficients), self.to_index, self.pool)

    def __call__(self, coefficients: Float) -> Float:
        """Coefficients as close to these as they can be without a fold; the same where there is none."""
        values = coefficients
        for _ in range(ROUNDS):
            folded = self.jacobian(values).least < LEAST_VOLUME
            self.beat()
            if not folded.any():
                return values
            values = _drawn(values, self._behind(folded))
        while (self.jacobian(values).least < LEAST_VOLUME).any():
            self.beat()
            values = values * SMALLER
        return values

    def _behind(self, cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(k, j, i) the control points that move any corner of these cells."""
        found = np.zeros(self.lattice.shape[:3], dtype=bool)
        place = np.argwhere(cells)
        for corner in range(8):
            at = [self.along[axis][0][place[:, axis] + (corner >> axis & 1)] for axis in range(3)]
            for n in range(64):
                found[at[0] + (n & 3), at[1] + (n >> 2 & 3), at[2] + (n >> 4)] = True
        return found


def _drawn(coefficients: Float, which: NDArray[np.bool_]) -> Float:
    """Some control points drawn half way to the mean of their neighbours, a few times."""
    values = coefficients
    for _ in range(SWEEPS):
        padded = np.pad(values, ((1, 1), (1, 1), (1, 1), (0, 0)), mode="edge")
        mean = (
            padded[2:, 1:-1, 1:-1] + padded[:-2, 1:-1, 1:-1] + padded[1:-1, 2:, 1:-1] + padded[1:-1, :-2, 1:-1]
            + padded[1:-1, 1:-1, 2:] + padded[1:-1, 1:-1, :-2]
        ) / 6  # fmt: skip
        values = np.where(which[..., None], (values + mean) / 2, values)
    return values
