"""How well a bent image agrees with the fixed one, as forces on its values: differences, correlation, information."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from workstation.fusion import deformable_metric_kernels as kernels
from workstation.fusion.bspline import THREADS, each_slab

Float = NDArray[np.float64]
Single = NDArray[np.float32]
DeformableMetric = Literal["squares", "correlation", "mutual-information"]

NAMES: dict[DeformableMetric, str] = {
    "squares": "squared differences, robust, negative, in noise variances",
    "correlation": "local normalised correlation",
    "mutual-information": "Mattes mutual information, nats",
}
OUTLYING = 3.0
UNEXPLAINED = 0.05
FEWEST_SHARE = 0.3
SMOOTHING = np.array([0.06, 0.24, 0.4, 0.24, 0.06])
LEAST_PROBABILITY = 1e-7


@dataclass(frozen=True, eq=False)
class Judged:
    """likelihood: its sum over the voxels that count. agreement: their mean in the metric's unit. count: of voxels."""

    likelihood: float
    agreement: float
    count: float


class Measure(Protocol):
    """Fills force and worth (k, j, i) float32 for a fixed and a bent picture; slopes as `deformable_kernels.bend`."""

    def __call__(self, fixed: Single, warped: Single, slopes: Single, force: Single, worth: Single) -> Judged: ...


def measure_for(
    metric: DeformableMetric, window: tuple[int, int, int], noise: float, to_index: Float,
    pool: ThreadPoolExecutor | None,
) -> Measure:  # fmt: skip
    """The measure of a metric.

    window: half of a correlation window (k, j, i). noise: deviation of the values 0..1 that says nothing. to_index:
    (3, 3), mm to index (i, j, k) of the fixed picture.
    """
    if metric == "squares":
        return _Squares(noise, pool)
    if metric == "correlation":
        return _Correlation(window, noise, to_index, pool)
    return _Information(pool)


def _summed(pool: ThreadPoolExecutor | None, count: int, work: Callable[[int, int], tuple[float, ...]]) -> list[float]:
    """The sums over slabs of what work(begin, end) returns."""
    found: list[tuple[float, ...]] = [()] * THREADS

    def one(part: int, begin: int, end: int) -> None:
        found[part] = work(begin, end)

    each_slab(pool, count, one)
    return [float(sum(values)) for values in zip(*(f for f in found if f), strict=True)]


@dataclass(eq=False)
class _Squares:
    """The deviation is learnt at the first look of a level and held, so that steps can be compared."""

    noise: float
    pool: ThreadPoolExecutor | None
    deviation: float = 0.0

    def __call__(self, fixed: Single, warped: Single, slopes: Single, force: Single, worth: Single) -> Judged:
        if not self.deviation:
            self.deviation = max(self._spread(fixed, warped), self.noise)
        total, count = _summed(
            self.pool, len(fixed),
            lambda a, b: kernels.difference_terms(fixed, warped, self.deviation, OUTLYING, force, worth, a, b),
        )  # fmt: skip
        return Judged(total, total / max(count, 1.0), count)

    def _spread(self, fixed: Single, warped: Single) -> float:
        counts = np.zeros(4096)
        kernels.differences_histogram(fixed, warped, float(len(counts)), counts, 0, len(fixed))
        if not counts.any():
            return 1.0
        return 1.48 * (float(np.searchsorted(np.cumsum(counts), counts.sum() / 2)) + 0.5) / len(counts)


@dataclass(eq=False)
class _Correlation:
    window: tuple[int, int, int]
    noise: float
    to_index: Float
    pool: ThreadPoolExecutor | None
    sums: tuple[Single, ...] = ()

    def __call__(self, fixed: Single, warped: Single, slopes: Single, force: Single, worth: Single) -> Judged:
        if not self.sums:
            self.sums = tuple(np.empty(fixed.shape, np.float32) for _ in range(6))
            self.fixed_slopes = np.empty((*fixed.shape, 3), np.float32)
            each_slab(
                self.pool, len(fixed),
                lambda _, a, b: kernels.picture_slopes(fixed, self.to_index, self.fixed_slopes, a, b),
            )  # fmt: skip
        half = np.array(self.window, np.int64)

        def products(part: int, begin: int, end: int) -> None:
            for which in range(begin, end):
                kernels.pair_products(fixed, warped, which, self.sums[which])
                kernels.window_sums(self.sums[which], half)

        each_slab(self.pool, 6, products)
        fewest = FEWEST_SHARE * float(np.prod(2 * half + 1))
        total, agreement, count = _summed(
            self.pool, len(fixed),
            lambda a, b: kernels.correlation_terms(
                fixed, warped, self.sums, self.noise**2, UNEXPLAINED, fewest, self.fixed_slopes, slopes, force, worth,
                a, b,
            ),
        )  # fmt: skip
        return Judged(total, agreement / max(count, 1.0), count)


@dataclass(eq=False)
class _Information:
    pool: ThreadPoolExecutor | None

    def __call__(self, fixed: Single, warped: Single, slopes: Single, force: Single, worth: Single) -> Judged:
        counts = np.zeros((THREADS, kernels.BINS, kernels.BINS))
        each_slab(self.pool, len(fixed), lambda part, a, b: kernels.value_pairs(fixed, warped, counts[part], a, b))
        table, trust = information_tables(counts.sum(0))
        total, count = _summed(
            self.pool, len(fixed),
            lambda a, b: kernels.information_terms(fixed, warped, table, trust, force, worth, a, b),
        )  # fmt: skip
        return Judged(total, total / max(count, 1.0), count)


def information_tables(counts: Float) -> tuple[Float, Float]:
    """log p(f, m) / (p(f) p(m)) of a joint histogram, smoothed, and what the moving value is worth at each pair.

    The worth is the squared change of the table with the moving value (0..1), in the mean over the moving values that
    a fixed one meets (Fisher's information), and never less than half of it at the place itself.
    """
    smooth = counts
    for axis in range(2):
        smooth = np.apply_along_axis(lambda line: np.convolve(line, SMOOTHING, mode="same"), axis, smooth)
    p = smooth / max(float(smooth.sum()), 1.0) + LEAST_PROBABILITY
    p /= p.sum()
    table = np.log(p / (p.sum(1, keepdims=True) * p.sum(0, keepdims=True)))
    change = np.gradient(table, axis=1) * (kernels.BINS - 3)
    mean = (p * change**2).sum(1, keepdims=True) / p.sum(1, keepdims=True)
    return table, np.maximum(mean, 0.5 * change**2)
