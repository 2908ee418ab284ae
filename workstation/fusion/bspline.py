"""A displacement that is smooth by its making: cubic B-splines on a lattice of control points over a box."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from workstation.fusion.bspline_kernels import displacements, stiffness_product

Float = NDArray[np.float64]
Along = tuple[NDArray[np.int64], Float]
"""Of n places along an axis: the first coefficient that counts (n,), and the weights of four (n, 4)."""

Whole = NDArray[np.int64]
Splines = tuple[Whole, Float, Whole, Float, Whole, Float]

THREADS = 2
REACH_MM = 60.0
"""Over this distance a displacement fades where nothing is seen: stretching is asked 1 / REACH_MM² of bending."""


@dataclass(frozen=True, eq=False)
class Lattice:
    """Control points over a box; arrays are (k, j, i), and so is all that is counted along axes here.

    cells: (3,) intervals along each axis. spacing_mm: (3,) their lengths. Places are mm from the box's lower corner
    along its axes; beyond the box the displacement of its rim holds.
    """

    cells: tuple[int, int, int]
    spacing_mm: Float

    @staticmethod
    def over(size_mm: Float, spacing_mm: float, halvings: int) -> Lattice:
        """The coarsest of a row of lattices over a box, of which the last, so often halved, has about that spacing."""
        cells = np.maximum(1, np.round(size_mm / (spacing_mm * 2**halvings))).astype(int)
        return Lattice((int(cells[0]), int(cells[1]), int(cells[2])), size_mm / cells)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Of the coefficients."""
        return self.cells[0] + 3, self.cells[1] + 3, self.cells[2] + 3, 3

    def along(self, axis: int, places_mm: Float) -> Along:
        """How coefficients mix at places (n,) along an axis."""
        t = np.clip(places_mm / self.spacing_mm[axis], 0.0, self.cells[axis])
        first = np.minimum(t.astype(np.int64), self.cells[axis] - 1)
        u = t - first
        share = np.stack(
            [(1 - u) ** 3, 3 * u**3 - 6 * u**2 + 4, -3 * u**3 + 3 * u**2 + 3 * u + 1, u**3], axis=-1
        ) / 6  # fmt: skip
        return first, np.ascontiguousarray(share)

    def halved(self, coefficients: Float) -> tuple[Lattice, Float]:
        """Twice as many control points along each axis, and coefficients that make the very same displacement."""
        finer = Lattice((2 * self.cells[0], 2 * self.cells[1], 2 * self.cells[2]), self.spacing_mm / 2)
        values = coefficients
        for axis in range(3):
            old = np.moveaxis(values, axis, 0)
            new = np.empty((2 * self.cells[axis] + 3, *old.shape[1:]))
            new[0::2] = (old[:-1] + old[1:]) / 2
            new[1::2] = (old[:-2] + 6 * old[1:-1] + old[2:]) / 8
            values = np.moveaxis(new, 0, axis)
        return finer, np.ascontiguousarray(values)

    def fitted(self, values: Float, along: tuple[Along, Along, Along]) -> Float:
        """Coefficients whose displacements at the places of three axes come closest to values (k, j, i, 3)."""
        found = values
        for axis, (first, share) in enumerate(along):
            mix = np.zeros((len(first), self.cells[axis] + 3))
            np.put_along_axis(mix, first[:, None] + np.arange(4), share, axis=1)
            found = np.moveaxis(np.tensordot(np.linalg.pinv(mix), found, axes=(1, axis)), 0, axis)
        return np.ascontiguousarray(found)

    def stiffness(self, amount: float) -> tuple[Float, Float]:
        """Prices of second differences (3, 3) and of first ones (3,), for `stiffness_product`; amount in mm²."""
        h, cell = self.spacing_mm, float(np.prod(self.spacing_mm))
        return amount * cell / np.outer(h, h) ** 2, amount * cell / (REACH_MM * h) ** 2

    def bent(self, coefficients: Float, amount: float) -> Float:
        """What stiffness makes of coefficients: the change of half their product with it."""
        out = np.empty_like(coefficients)
        stiffness_product(coefficients, *self.stiffness(amount), out)
        return out


def flat(along: tuple[Along, Along, Along]) -> Splines:
    """The splines of three axes in the order in which kernels want them."""
    (k, of_k), (j, of_j), (i, of_i) = along
    return k, of_k, j, of_j, i, of_i


def in_slabs(count: int, step: int = 1, parts: int = THREADS) -> list[tuple[int, int]]:
    """0..count cut into parts that begin at multiples of `step`, as (begin, end)."""
    edges = np.unique(np.minimum(np.round(np.linspace(0, -(-count // step), parts + 1)) * step, count).astype(int))
    return [(int(a), int(b)) for a, b in pairwise(edges)]


def each_slab(
    pool: ThreadPoolExecutor | None, count: int, work: Callable[[int, int, int], None], step: int = 1
) -> None:
    """Call work(part, begin, end) for each slab of slices, on the pool's threads."""
    slabs = in_slabs(count, step)
    if pool is None or len(slabs) == 1:
        for n, slab in enumerate(slabs):
            work(n, *slab)
        return
    waiting = [pool.submit(work, n, *slab) for n, slab in enumerate(slabs) if n]
    work(0, *slabs[0])
    for one in waiting:
        one.result()


def evaluated(
    lattice: Lattice, coefficients: Float, along: tuple[Along, Along, Along], pool: ThreadPoolExecutor | None
) -> NDArray[np.float32]:
    """(k, j, i, 3) float32 displacements at the places of three axes."""
    splines = flat(along)
    out = np.empty((*(len(first) for first, _ in along), 3), np.float32)
    each_slab(pool, len(out), lambda _, a, b: displacements(coefficients, *splines, out, a, b))
    return out
