"""Climbs to the bend at which two images agree best: Gauss and Newton's steps on the control points of a level.

The curvature of the agreement is kept as one tensor per small block of voxels, so that solving for a step costs little
beside looking at the images once (conjugate gradients, preconditioned by the diagonal).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workstation.fusion import deformable_kernels as kernels
from workstation.fusion.bspline import THREADS, Along, Lattice, each_slab, flat
from workstation.fusion.deformable_metrics import Judged, Measure

Float = NDArray[np.float64]
Single = NDArray[np.float32]

BLOCKS_PER_CELL = 3
SOLVED, MOST_SOLVING = 0.1, 15
DAMPING = 1e-3
HALVINGS = 3
DONE_SHARE = 0.02
"""A level is done when a step moves no control point by more than this share of a voxel, in the 99th percentile."""


@dataclass(frozen=True, eq=False)
class LevelImages:
    """What one level of the pyramid compares.

    fixed, moving: (k, j, i) float32 in 0..1, UNKNOWN where nothing is known. known: uint8, the fixed voxels that count.
    spacing_mm: (3,) of the fixed voxels (k, j, i). places_mm: of their centres along each axis (k, j, i), from the
    lattice's corner. straight (3, 4), turn (3, 3): as `deformable_kernels.bend` wants them. to_index: (3, 3), mm
    to fixed index (i, j, k). fade: as there.
    """

    fixed: Single
    moving: Single
    known: NDArray[np.uint8]
    spacing_mm: Float
    places_mm: tuple[Float, Float, Float]
    straight: Float
    turn: Float
    to_index: Float
    fade: Single = field(default_factory=lambda: np.zeros((0, 0, 0), np.float32))


@dataclass(frozen=True, eq=False)
class Look:
    """How the images agree at some coefficients: cost (less is better) and, of the metric alone, `judged`."""

    cost: float
    judged: Judged


class Level:
    """One level: holds the buffers; used by one thread at a time."""

    def __init__(
        self,
        images: LevelImages,
        lattice: Lattice,
        measure: Measure,
        stiffness: float,
        pool: ThreadPoolExecutor | None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self.images, self.lattice, self.measure, self.stiffness = images, lattice, measure, stiffness
        self._pool, self._beat = pool, beat
        shape = images.fixed.shape
        self._warped, self._force, self._worth = (np.empty(shape, np.float32) for _ in range(3))
        self._slopes = np.empty((*shape, 3), np.float32)
        self._voxel = float(np.prod(images.spacing_mm))
        self._count, self._weight = 0.0, self._voxel
        self._splines = flat(_three(lattice, images.places_mm))
        wanted = np.round(lattice.spacing_mm / BLOCKS_PER_CELL / images.spacing_mm).astype(np.int64)
        self._block = np.maximum(1, wanted)
        self._middles = flat(_three(lattice, (self._block_places(0), self._block_places(1), self._block_places(2))))
        k, of_k, j, of_j, i, of_i = self._middles
        self._squared = (k, of_k**2, j, of_j**2, i, of_i**2)
        self._blocks = tuple(int(-(-n // b)) for n, b in zip(shape, self._block, strict=True))

    def _block_places(self, axis: int) -> Float:
        places, size = self.images.places_mm[axis], int(self._block[axis])
        starts = np.arange(0, len(places), size)
        return np.array([places[s : s + size].mean() for s in starts])

    def look(self, coefficients: Float) -> Look:
        """Agreement and cost; the forces stay in the buffers until the next look."""
        at = self.images
        each_slab(
            self._pool, len(at.fixed),
            lambda _, a, b: kernels.bend(
                coefficients, *self._splines, at.fade, at.straight, at.turn, at.moving, at.known, self._warped,
                self._slopes, a, b,
            ),
        )  # fmt: skip
        self._beat()
        judged = self.measure(at.fixed, self._warped, self._slopes, self._force, self._worth)
        self._beat()
        bending = 0.5 * _dot(coefficients, self.lattice.bent(coefficients, self.stiffness))
        # In the mean, so that nothing is won or lost by voxels that leave the moving image.
        self._count = self._count or judged.count
        self._weight = self._voxel * self._count / max(judged.count, 1.0)
        return Look(bending - judged.likelihood * self._weight, judged)

    def slope(self, coefficients: Float) -> tuple[Float, Float]:
        """Change of the cost with the coefficients, of the last look, and the blocks' tensors of its curvature."""
        out = np.zeros((THREADS, *self.lattice.shape))
        tensors = np.zeros((*self._blocks, 6))
        each_slab(
            self._pool, len(self._force),
            lambda part, a, b: kernels.gather(
                self._force, self._worth, self._slopes, self.images.fade, *self._splines, self._block, out[part],
                tensors, a, b,
            ),
            int(self._block[0]),
        )  # fmt: skip
        self._beat()
        down = self.lattice.bent(coefficients, self.stiffness) - self._weight * out.sum(0)
        return down, tensors * self._weight

    def step(self, coefficients: Float) -> Float:
        """The change of the coefficients that Gauss and Newton propose after the last look."""
        down, tensors = self.slope(coefficients)
        diagonal = np.zeros_like(down)
        kernels.tensor_diagonal(tensors, *self._squared, diagonal, 0, len(tensors))
        damping = DAMPING * float(diagonal.mean()) + 1e-12
        bend, stretch = self.lattice.stiffness(self.stiffness)
        diagonal += 6 * np.trace(bend) + 8 * (bend.sum() - np.trace(bend)) / 2 + 2 * stretch.sum() + damping

        def product(x: Float) -> Float:
            # Too short to be worth handing out to threads.
            out = self.lattice.bent(x, self.stiffness) + damping * x
            kernels.tensor_product(x, tensors, *self._middles, out, 0, len(tensors))
            self._beat()
            return out

        return solved(product, -down, diagonal)


def solved(product: Callable[[Float], Float], wanted: Float, diagonal: Float) -> Float:
    """x with product(x) = wanted, by conjugate gradients (product: linear, symmetric, positive)."""
    x = np.zeros_like(wanted)
    rest = wanted.copy()
    z = rest / diagonal
    direction, size = z.copy(), _dot(rest, z)
    enough = SOLVED**2 * size
    for _ in range(MOST_SOLVING):
        if size <= enough or size == 0.0:
            break
        image = product(direction)
        share = size / _dot(direction, image)
        x += share * direction
        rest -= share * image
        z = rest / diagonal
        after = _dot(rest, z)
        direction = z + (after / size) * direction
        size = after
    return x


def climb(
    level: Level, coefficients: Float, steps: int, after: Callable[[int, Look, Float], None],
    mended: Callable[[Float], Float] = lambda c: c,
) -> tuple[Float, Look]:  # fmt: skip
    """Up to so many steps from given coefficients; every one kept lowers the cost.

    after: called after each step with its number, how it looks, and the coefficients. mended: what is done to
    coefficients before they are looked at. Returns the best, and how it looks.
    """
    best = level.look(coefficients)
    longest = float(level.images.spacing_mm.max())
    for number in range(1, steps + 1):
        change = level.step(coefficients)
        lengths = np.sqrt((change**2).sum(-1))
        if lengths.max() > 1.5 * longest:
            change *= np.minimum(1.0, 1.5 * longest / np.maximum(lengths, 1e-12))[..., None]
        for _ in range(HALVINGS):
            tried = mended(coefficients + change)
            look = level.look(tried)
            if look.cost < best.cost:
                break
            change *= 0.5
        else:
            level.look(coefficients)
            break
        coefficients, best = tried, look
        after(number, look, coefficients)
        if float(np.percentile(lengths, 99)) < DONE_SHARE * longest:
            break
    return coefficients, best


def _three(lattice: Lattice, places_mm: tuple[Float, Float, Float]) -> tuple[Along, Along, Along]:
    k, j, i = places_mm
    return lattice.along(0, k), lattice.along(1, j), lattice.along(2, i)


def _dot(one: Float, other: Float) -> float:
    """Their product, without the threads of a library that would wait for each other on a busy machine."""
    return float((one * other).sum())
