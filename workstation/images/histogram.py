"""How often each value occurs in an image, counted slice by slice so that nothing large is copied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.images.volume import Volume
from workstation.images.windows import padding_values
from workstation.jobs.progress import Progress, silent

BINS = 256
_INT16 = 1 << 16
SHOWN_SHARE = 0.0002
"""A tail this small (of all voxels) does not widen the range that is drawn: one metal clip would flatten the rest."""


@dataclass(frozen=True, eq=False)
class Histogram:
    """edges: (n + 1,) values in the image's unit, ascending and evenly spaced. counts: (n,) voxels between them.

    shown: the range (low, high) that holds all but the rarest values.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    shown: tuple[float, float]

    @property
    def total(self) -> int:
        """Voxels counted."""
        return int(self.counts.sum())


def histogram_of_volume(volume: Volume, progress: Progress = silent) -> Histogram:
    """Of every voxel that is finite and no padding; about 0.2 s for 50 million."""
    if volume.voxels.dtype == np.int16:
        return _of_integers(volume, progress)
    low, high = _range_of(volume)
    counts = np.zeros(BINS, np.int64)
    for k, plane in enumerate(volume.voxels):
        progress(k / len(volume.voxels), "Counting values")
        counts += _binned(_counted(plane, volume), low, high)
    progress(1.0, "Values counted")
    return _histogram(np.linspace(low, high, BINS + 1), counts)


def histogram_of_values(values: NDArray[Any]) -> Histogram | None:
    """Of finite values of any shape, such as those of a visible slice; None where there is none."""
    seen = np.asarray(values, np.float64).ravel()
    seen = seen[np.isfinite(seen)]
    if not len(seen):
        return None
    low, high = float(seen.min()), float(seen.max())
    high = high if high > low else low + 1.0
    return _histogram(np.linspace(low, high, BINS + 1), _binned(seen, low, high))


def _binned(values: NDArray[Any], low: float, high: float) -> NDArray[np.int64]:
    """(BINS,) how many of the values lie in each of as many equal parts of low to high."""
    place = (values.astype(np.float64) - low) * (BINS / (high - low))
    counts: NDArray[np.int64] = np.bincount(np.minimum(place.astype(np.int64), BINS - 1), minlength=BINS)
    return counts


def _of_integers(volume: Volume, progress: Progress) -> Histogram:
    """Every one of the 65536 values counted by itself, then as many neighbours together as there are to draw."""
    each = np.zeros(_INT16, np.int64)
    for k, plane in enumerate(volume.voxels):
        progress(k / len(volume.voxels), "Counting values")
        # As unsigned, negative values follow the positive ones.
        each += np.bincount(np.ascontiguousarray(plane).view(np.uint16).ravel(), minlength=_INT16)
    progress(1.0, "Values counted")
    each = np.roll(each, _INT16 // 2)
    for value in padding_values(volume):
        if -32768 <= value <= 32767 and each.sum() > each[int(value) + 32768]:
            each[int(value) + 32768] = 0
    present = np.flatnonzero(each)
    low, high = int(present[0]), int(present[-1])
    step = max(1, -(-(high - low + 1) // BINS))
    bins = -(-(high - low + 1) // step)
    padded = np.zeros(bins * step, np.int64)
    padded[: high - low + 1] = each[low : high + 1]
    edges = low - 32768 - 0.5 + step * np.arange(bins + 1)
    return _histogram(edges, padded.reshape(bins, step).sum(axis=1))


def _range_of(volume: Volume) -> tuple[float, float]:
    """Lowest and highest counted value; 0 and 1 where there is none."""
    ends = [(float(v.min()), float(v.max())) for v in (_counted(p, volume) for p in volume.voxels) if len(v)]
    low, high = (min(e[0] for e in ends), max(e[1] for e in ends)) if ends else (0.0, 1.0)
    return low, high if high > low else low + 1.0


def _counted(plane: NDArray[Any], volume: Volume) -> NDArray[Any]:
    values: NDArray[Any] = plane[np.isfinite(plane)]
    for padding in padding_values(volume):
        values = values[values != padding]
    return values


def _histogram(edges: NDArray[Any], counts: NDArray[np.int64]) -> Histogram:
    share = np.cumsum(counts) / max(1, counts.sum())
    first = int(np.searchsorted(share, SHOWN_SHARE, side="right"))
    last = int(np.searchsorted(share, 1.0 - SHOWN_SHARE))
    edges = np.asarray(edges, np.float64)
    last = min(max(last, first), len(counts) - 1)
    return Histogram(edges, counts, (float(edges[first]), float(edges[last + 1])))
