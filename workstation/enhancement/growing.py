"""The tumour grown anew while a threshold moves: on any evidence, within the box that the loosest threshold reaches.

What the click hangs together with on the chosen evidence belongs to it, without what hangs on by a neck, with flow
voids bridged and holes filled; flow, bone and whatever else was ruled out stop it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from workstation.enhancement.candidate import level_field
from workstation.enhancement.flow import Course
from workstation.enhancement.maps import EvidenceMap
from workstation.enhancement.phase_stack import PhaseStack
from workstation.enhancement.regions import Mask, box_of, connected_to
from workstation.enhancement.shaping import near_seeds, shaped
from workstation.geometry.grid import Grid

Single = NDArray[np.float32]
Float = NDArray[np.float64]

HALF = np.float32(0.5)
PAD_VOXELS = 5
"""Room around what the loosest threshold reaches: closing looks that far."""
STEPS = 33


@dataclass(frozen=True, eq=False)
class Grown:
    """A region on a grid. region: (k, j, i). field: (k, j, i) float32, below zero in it, zero on its surface."""

    grid: Grid
    region: Mask
    field: Single

    @property
    def volume_cc(self) -> float:
        """Of its voxels."""
        return float(np.count_nonzero(self.region)) * self.grid.voxel_volume_cc

    @cached_property
    def box_kji(self) -> tuple[Float, Float] | None:
        """First and last voxel (k, j, i) of the region; None where it is empty."""
        box = box_of(self.region)
        if box is None:
            return None
        return np.array([float(a.start) for a in box]), np.array([float(a.stop - 1) for a in box])


@dataclass(eq=False)
class Grower:
    """Grows on one piece of evidence from one seed.

    scores: (k, j, i) float32 on the box's grid: how much of the evidence there is, larger in the tumour; not a number
    where there is none. sign: what the evidence's values were multiplied by for that.
    lowest, highest: thresholds between which it grows, in the evidence's own unit.
    """

    evidence: EvidenceMap
    higher: bool
    lowest: float
    highest: float
    grid: Grid
    scores: Single
    bright: Single | None
    allowed: Mask
    seed_kji: Float
    span: float
    reaches_border: bool
    _known: dict[float, Grown] = field(default_factory=dict)

    def at(self, threshold: float) -> Grown:
        """What belongs to the tumour at a threshold of the evidence."""
        found = self._known.get(threshold)
        if found is None:
            found = self._known[threshold] = self._grow(threshold)
            if len(self._known) > 4 * STEPS:
                self._known.pop(next(iter(self._known)))
        return found

    def volumes(self, count: int = STEPS) -> tuple[Float, Float]:
        """Thresholds (m,) and the volume at each (m,) in cc."""
        thresholds = np.linspace(self.lowest, self.highest, count)
        return thresholds, np.array([self._grow(float(t)).volume_cc for t in thresholds])

    def _grow(self, threshold: float) -> Grown:
        level = np.float32(threshold if self.higher else -threshold)
        mask = (self.scores > level) & self.allowed
        if self.bright is not None:
            mask &= self.bright > HALF
        place = np.rint(self.seed_kji).astype(np.int64)
        region = connected_to(mask, near_seeds(mask, place, self.grid))
        if region.any():
            region = shaped(region, place, self.grid) & self.allowed
        field = np.full(region.shape, HALF)
        box = box_of(region, 1)
        if box is not None:
            # Half a unit is the surface, so that any evidence is drawn as shares are.
            shares = HALF + (np.nan_to_num(self.scores[box], nan=-np.inf) - level) / np.float32(self.span)
            if self.bright is not None:
                shares = np.minimum(shares, self.bright[box])
            field[box] = level_field(np.clip(shares, 0, 1).astype(np.float32), 0.5, region[box])
        return Grown(self.grid, region, field)


def grower_on(
    evidence: EvidenceMap,
    grid: Grid,
    allowed: Mask,
    seed_kji: Float,
    *,
    higher: bool,
    lowest: float,
    highest: float,
    bright: Single | None = None,
) -> Grower:
    """Prepare growing on a map of a grid.

    allowed: (k, j, i) where the tumour can be. seed_kji: (3,) fractional index of the click. higher: whether the tumour
    has more of the evidence than flow. lowest, highest: the thresholds that will be asked for. bright: see `Grower`.
    """
    scores = np.ascontiguousarray(evidence.values if higher else -evidence.values, dtype=np.float32)
    loosest = lowest if higher else -highest
    with np.errstate(invalid="ignore"):
        reach = (scores > np.float32(loosest)) & allowed
    if bright is not None:
        reach &= bright > HALF
    place = np.rint(seed_kji).astype(np.int64)
    region = connected_to(reach, near_seeds(reach, place, grid))
    inside = np.argwhere(region) if region.any() else place[None]
    shape = np.array(grid.shape)
    low = np.maximum(inside.min(0) - PAD_VOXELS, 0)
    high = np.minimum(inside.max(0) + PAD_VOXELS + 1, shape)
    reaches = bool(region.any() and ((inside.min(0) == 0).any() or (inside.max(0) == shape - 1).any()))
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    part = grid.box(low[::-1], (high - low)[::-1])
    return Grower(
        evidence, higher, lowest, highest, part, np.ascontiguousarray(scores[box]),
        None if bright is None else np.ascontiguousarray(bright[box]), np.ascontiguousarray(allowed[box]),
        seed_kji - low, max(abs(highest - lowest), 1e-6), reaches,
    )  # fmt: skip


def brightness(stack: PhaseStack, tumour: Course) -> Single:
    """(k, j, i) how much each voxel enhances over all phases, as a share of the tumour's."""
    after = list(stack.after)
    own = float(np.linalg.norm(tumour.enhancement(stack.before)[after]))
    found: Single = np.sqrt(np.einsum("nkji,nkji->kji", *(stack.enhancement[after],) * 2)) / np.float32(max(own, 1e-6))
    return found


def region_as_grown(grid: Grid, shares: Single, region: Mask, level: float) -> Grown:
    """A region that was found already, such as the vein beside the tumour, cut out of its grid."""
    inside = np.argwhere(region)
    if not len(inside):
        return Grown(grid, region, np.full(region.shape, np.float32(level)))
    low = np.maximum(inside.min(0) - 2, 0)
    high = np.minimum(inside.max(0) + 3, np.array(region.shape))
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    part, found = np.ascontiguousarray(shares[box]), np.ascontiguousarray(region[box])
    return Grown(grid.box(low[::-1], (high - low)[::-1]), found, level_field(part, level, found))


def suggested_threshold(tumour: Float, flow: Float) -> float:
    """Half way between the medians of both kinds (n,), (m,), which is where a border runs through a voxel."""
    ones, others = tumour[np.isfinite(tumour)], flow[np.isfinite(flow)]
    if not len(ones) or not len(others):
        return 0.0
    return float(np.median(ones) + np.median(others)) / 2.0
