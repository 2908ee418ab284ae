"""How well two images agree under a rigid map, how that changes with the map's six numbers, at scattered samples.

The samples lie at random points between the voxels' centres, so that no agreement is won or lost by the two lattices
falling onto each other (a known fault of mutual information on grids: J. Tsao, IEEE TMI 22:1235, 2003).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workstation.fusion import correlation_kernels, matching_kernels, mutual_information_kernels
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform

Float = NDArray[np.float64]
Single = NDArray[np.float32]
Metric = Literal["mutual-information", "correlation", "local-correlation"]

METRIC_NAMES: dict[Metric, str] = {
    "mutual-information": "Mattes mutual information, nats",
    "correlation": "normalised correlation",
    "local-correlation": "normalised correlation of local contrast",
}
BINS = 32
THREADS = 2
WORTH_SHARING = 12000
"""Fewer samples are done sooner by one thread than handed out."""


def in_parts(count: int, parts: int) -> list[tuple[int, int]]:
    """0..count cut into that many pieces of one size, as (begin, end)."""
    return list(pairwise(int(edge) for edge in np.linspace(0, count, parts + 1)))


@dataclass(frozen=True, eq=False)
class Picture:
    """Values (k, j, i) float32 in 0..1 on a grid."""

    values: Single
    grid: Grid


@dataclass(frozen=True, eq=False)
class Samples:
    """Points of the fixed image at which the images are compared.

    pivot_mm: (3,) the point turned about. points: (n, 3) float32 mm from the pivot. values: (n,) float32 in 0..1.
    bins: (n,) uint8, the values' histogram bins. radius_mm: root mean square distance from the pivot.
    """

    pivot_mm: Float
    points: Single
    values: Single
    bins: NDArray[np.uint8]
    radius_mm: float

    @staticmethod
    def about(pivot_mm: Float, points_mm: Float, values: Single) -> Samples:
        """Samples at patient points (n, 3), turned about a given point."""
        points = np.empty(points_mm.shape, np.float32)
        radius = max(float(np.sqrt(matching_kernels.relative(points_mm, pivot_mm, points))), 1.0)
        bins = np.minimum(values * BINS, BINS - 1).astype(np.uint8)
        return Samples(pivot_mm, points, np.ascontiguousarray(values, dtype=np.float32), bins, radius)

    def mirrored(self) -> Samples:
        """The same, with left and right exchanged about the pivot."""
        return replace(self, points=np.ascontiguousarray(self.points * np.array([-1, 1, 1], np.float32)))

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.points)


@dataclass(frozen=True, eq=False)
class Pose:
    """A rigid map as it is climbed on: x goes to turn (x - pivot) + centre; turn (3, 3), centre (3,) in mm."""

    turn: Float
    centre_mm: Float

    @staticmethod
    def of(transform: Transform, pivot_mm: Float) -> Pose:
        """A transform (its nearest rotation) about a pivot."""
        u, _, vt = np.linalg.svd(transform.matrix[:3, :3])
        return Pose(u @ np.diag([1.0, 1.0, float(np.sign(np.linalg.det(u @ vt)))]) @ vt, transform.apply(pivot_mm))

    def transform(self, pivot_mm: Float) -> Transform:
        """The map of patient points."""
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = self.turn, self.centre_mm - self.turn @ pivot_mm
        return Transform(matrix)

    def moved(self, step: Float, radius_mm: float) -> Pose:
        """After a step: (6,) a turn in mm at the radius, and a shift in mm."""
        return Pose(rotation_of(step[:3] / radius_mm) @ self.turn, self.centre_mm + step[3:])


def rotation_of(vector_rad: Float) -> Float:
    """(3, 3) rotation about a vector by its length in radians (Rodrigues)."""
    angle = float(np.linalg.norm(vector_rad))
    x, y, z = vector_rad
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    if angle < 1e-8:
        found: Float = np.eye(3) + cross + cross @ cross / 2
        return found
    turned: Float = np.eye(3) + np.sin(angle) / angle * cross + (1 - np.cos(angle)) / angle**2 * (cross @ cross)
    return turned


@dataclass(frozen=True, eq=False)
class Finding:
    """Agreement at one pose (more is better), its gradient (6,) and a stand-in for its curvature (6, 6).

    inside: share of the samples that fall into the moving image.
    """

    value: float
    gradient: Float
    curvature: Float
    inside: float


class Agreement:
    """Compares two images at samples of the fixed one; holds the buffers, so it is used by one thread at a time."""

    def __init__(self, samples: Samples, moving: Picture, metric: Metric, pool: ThreadPoolExecutor | None) -> None:
        self.samples, self.moving, self.metric = samples, moving, metric
        self._pool = pool if samples.count >= WORTH_SHARING else None
        n, parts = samples.count, THREADS if self._pool else 1
        self._parts = in_parts(n, parts)
        self._values, self._weights = np.empty(n, np.float32), np.empty(n, np.float32)
        self._slopes = np.empty((n, 3), np.float32)
        self._stiffness = 1.0
        self._to_index = np.ascontiguousarray(moving.grid.inverse_matrix[:3, :3])

    def value(self, pose: Pose) -> tuple[float, float]:
        """Agreement, and the share of samples inside, without their changes."""
        self._look_up(pose)
        value, count, _ = self._measure()
        return value, count / max(self.samples.count, 1)

    def at(self, pose: Pose) -> Finding:
        """Agreement at a pose and how it changes."""
        self._look_up(pose)
        value, count, weigh = self._measure()
        weigh()
        gradients, curvatures = np.zeros((len(self._parts), 6)), np.zeros((len(self._parts), 6, 6))
        even = self.metric != "mutual-information"

        def add(part: int, begin: int, end: int) -> None:
            s = self.samples
            matching_kernels.sum_forces(
                s.points, pose.turn, s.radius_mm, self._values, self._slopes, self._weights, even,
                gradients[part], curvatures[part], begin, end,
            )  # fmt: skip

        self._each(add)
        count = max(count, 1.0)
        curvature = curvatures.sum(0) / count * (self._stiffness if even else 1.0)
        return Finding(value, gradients.sum(0) / count, curvature, count / max(self.samples.count, 1))

    def information_table(self, pose: Pose) -> Float:
        """(fixed bins, moving bins): log p(f, m) / (p(f) p(m)) of the values that meet at a pose."""
        self._look_up(pose)
        counts, table = self._counts(), np.empty((BINS, BINS))
        mutual_information_kernels.information(counts, table)
        share: Float = counts.sum(1, keepdims=True) / max(counts.sum(), 1.0)
        return np.where(counts > 0, table - np.log(np.maximum(share, 1e-12)), 0.0)

    def _look_up(self, pose: Pose) -> None:
        offset = self.moving.grid.to_index(pose.centre_mm)
        turn = np.ascontiguousarray(pose.turn)

        def one(part: int, begin: int, end: int) -> None:
            matching_kernels.look_up(
                self.samples.points, turn, self._to_index, offset, self.moving.values, self._values, self._slopes,
                begin, end,
            )  # fmt: skip

        self._each(one)

    def _measure(self) -> tuple[float, float, Callable[[], None]]:
        """Value, how many samples count, and what fills the weights."""
        return self._information() if self.metric == "mutual-information" else self._correlation()

    def _counts(self) -> Float:
        counts = np.empty((len(self._parts), BINS, BINS))

        def count(part: int, begin: int, end: int) -> None:
            mutual_information_kernels.joint_histogram(self.samples.bins, self._values, counts[part], begin, end)

        self._each(count)
        total: Float = counts.sum(0)
        return total

    def _information(self) -> tuple[float, float, Callable[[], None]]:
        counts, table = self._counts(), np.empty((BINS, BINS))
        value = mutual_information_kernels.information(counts, table)

        def weigh() -> None:
            self._each(
                lambda part, begin, end: mutual_information_kernels.information_weights(
                    self.samples.bins, self._values, table, self._weights, begin, end
                )
            )

        return value, float(counts.sum()), weigh

    def _correlation(self) -> tuple[float, float, Callable[[], None]]:
        sums = np.empty((len(self._parts), 6))

        def add(part: int, begin: int, end: int) -> None:
            correlation_kernels.pair_sums(self.samples.values, self._values, sums[part], begin, end)

        self._each(add)
        n, f, m, ff, mm, fm = sums.sum(0)
        n = max(n, 1.0)
        mean_f, mean_m = f / n, m / n
        of_f, of_m = np.sqrt(max(ff / n - mean_f**2, 1e-12)), np.sqrt(max(mm / n - mean_m**2, 1e-12))
        value = float((fm / n - mean_f * mean_m) / (of_f * of_m))
        self._stiffness = max(value, 0.05) / of_m**2
        a, b = 1.0 / (of_f * of_m), -value / of_m**2

        def weigh() -> None:
            self._each(
                lambda part, begin, end: correlation_kernels.linear_weights(
                    self.samples.values, self._values, a, b, -a * mean_f - b * mean_m, self._weights, begin, end
                )
            )

        return value, float(n), weigh

    def _each(self, work: Callable[[int, int, int], None]) -> None:
        """Do each part of the samples, the first one here."""
        if self._pool is None:
            work(0, *self._parts[0])
            return
        waiting = [self._pool.submit(work, n, *part) for n, part in enumerate(self._parts) if n]
        work(0, *self._parts[0])
        for one in waiting:
            one.result()
