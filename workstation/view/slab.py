"""Thick slices: all that lies within some millimetres of a plane in one picture.

Mean: the average along the plane's normal (less noise). Maximum and minimum: intensity projections (MIP, minIP; Wallis
et al., IEEE Trans. Med. Imaging 8, 1989), which show vessels and airways as a whole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

MEAN, MAXIMUM, MINIMUM = "mean", "maximum", "minimum"
SLAB_MODES = (MEAN, MAXIMUM, MINIMUM)
THICKEST_MM = 500.0
"""A projection of a whole trunk still fits."""


@dataclass(frozen=True)
class Slab:
    """How thick a shown slice is, with the plane in its middle; raises ValueError for what can't be.

    thickness_mm: 0 for a thin slice. mode: one of `SLAB_MODES`.
    """

    thickness_mm: float = 0.0
    mode: str = MEAN

    def __post_init__(self) -> None:
        if self.mode not in SLAB_MODES:
            raise ValueError(f"There is no slab mode called {self.mode!r}; choose one of {', '.join(SLAB_MODES)}")
        if not 0 <= self.thickness_mm <= THICKEST_MM:
            raise ValueError(f"A slab is 0 to {THICKEST_MM:g} mm thick, not {self.thickness_mm:g} mm")

    @property
    def key(self) -> tuple[float, int]:
        """Equal for two slabs exactly when they show the same."""
        return (self.thickness_mm, SLAB_MODES.index(self.mode) if self.thickness_mm > 0 else 0)

    def offsets_mm(self, step_mm: float) -> tuple[Float, Float]:
        """Distances (n,) from the plane to sample at, at most `step_mm` apart, and their weights (n,) in a mean.

        The outermost ones lie on the slab's faces and count half (trapezoidal rule), so that what changes evenly
        keeps its exact mean. One of them is the plane itself, wherever the slab begins.
        """
        if self.thickness_mm <= 0:
            return np.zeros(1), np.ones(1)
        half_count = max(1, math.ceil(self.thickness_mm / 2 / step_mm - 1e-9))
        offsets = np.linspace(-self.thickness_mm / 2, self.thickness_mm / 2, 2 * half_count + 1)
        weights = np.ones(len(offsets))
        weights[[0, -1]] = 0.5
        return offsets, weights


Places = tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]


def line_samples(centre: float, half: float, count: int) -> Places:
    """Where a slab meets an axis of voxels, and what each place counts.

    Between two voxel centres an image is a straight line. So its extremes over the slab lie on centres or on the
    slab's faces, and its exact mean is a weighted sum of the same places (trapezoids between them).

    Parameters
    ----------
    centre, half : index of the slab's middle plane and half its thickness in voxels.
    count : voxels along the axis; half a voxel beyond the outermost centres still belongs to the image.

    Returns
    -------
    planes : (n,) int64 the voxel plane at or before each place; empty where the slab misses the image.
    fractions : (n,) float32 how far each place lies towards the next plane, 0 to below 1.
    weights : (n,) float32 share of each place in the mean; they add up to 1.
    """
    low, high = max(centre - half, -0.5), min(centre + half, count - 0.5)
    if high < low:
        return np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.float32)
    inner = np.arange(math.ceil(low + 1e-4), math.floor(high - 1e-4) + 1, dtype=np.float64)
    places = np.concatenate([[low], inner, [high]])
    gaps = np.diff(places)
    weights = np.zeros(len(places))
    weights[:-1] += gaps / 2
    weights[1:] += gaps / 2
    total = weights.sum()
    weights = weights / total if total > 0 else np.full(len(places), 1 / len(places))
    # In the border's half voxel the outermost centre's value holds.
    held = np.clip(places, 0.0, count - 1.0)
    planes = np.floor(held + 1e-4).astype(np.int64)
    fractions = np.maximum(held - planes, 0.0)
    fractions[fractions < 1e-4] = 0.0
    return planes, fractions.astype(np.float32), weights.astype(np.float32)


def plane_shares(
    planes: NDArray[np.int64], fractions: NDArray[np.float32], weights: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Voxel planes (m,) and their shares (m,) of the mean over places as `line_samples` gives them."""
    numbers = np.concatenate([planes, planes + 1])
    shares = np.concatenate([weights * (1 - fractions), weights * fractions])
    unique, place = np.unique(numbers, return_inverse=True)
    total = np.bincount(place, shares, len(unique))
    needed = total > 0
    return unique[needed], total[needed].astype(np.float32)
