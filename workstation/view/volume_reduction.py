"""An image made small enough to be ray-cast without a GPU: means over blocks of voxels, about two millimetres wide.

A second copy of the image at full size is never held: the reduction walks through it slab by slab.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.images.volume import Volume
from workstation.images.windows import is_ct
from workstation.jobs.progress import Progress, silent
from workstation.view.volume_reduction_kernels import binomial

Float = NDArray[np.float64]

VOXEL_MM = 2.2
LARGEST_VOXELS = 16_000_000
CT_RANGE_HU = (-1024.0, 3071.0)
CT_TISSUE_HU = -400.0
LEVELS = 4095.0
BOX_STEP = 3


@dataclass(frozen=True, eq=False)
class ReducedVolume:
    """A coarse image for looking at.

    levels: int16 [k, j, i], 0 to 4095: `low + level * step` is the value in the image's unit.
    to_patient: (4, 4) takes (i, j, k) to patient millimetres of the image's own frame; right-handed.
    floor: the value above which something is there: for the box around it.
    """

    levels: NDArray[np.int16]
    to_patient: Float
    low: float
    step: float
    floor: float

    @property
    def voxel_mm(self) -> float:
        """The smallest edge of a voxel."""
        return float(np.linalg.norm(self.to_patient[:3, :3], axis=0).min())

    def level_of(self, value: float) -> float:
        """The level of a value in the image's unit."""
        return (value - self.low) / self.step

    def tissue_box_mm(self, to_shown: Float | None = None) -> tuple[Float, Float]:
        """Lower and upper patient corner of the part of the lattice in which something is there.

        to_shown: (4, 4) from the image's frame of reference to that of the corners; None where they are the same.
        """
        there = self.levels[::BOX_STEP, ::BOX_STEP, ::BOX_STEP] > self.level_of(self.floor)
        ends = []
        for axis in (2, 1, 0):
            # A few bright voxels of noise are no patient.
            share = there.mean(tuple(other for other in range(3) if other != axis))
            filled = np.flatnonzero(share > 0.01)
            first, last = (filled[0], filled[-1]) if len(filled) else (0, len(share) - 1)
            most = self.levels.shape[axis] - 1
            ends.append((max(0, BOX_STEP * (first - 1) + 1), min(BOX_STEP * (last + 1) - 1, most)))
        corners = np.array([[*(ends[a][b >> a & 1] for a in range(3)), 1.0] for b in range(8)])
        placed = corners @ (self.to_patient if to_shown is None else to_shown @ self.to_patient).T
        return placed[:, :3].min(0), placed[:, :3].max(0)

    def corners_mm(self) -> Float:
        """(8, 3) patient points of the outermost voxels' centres."""
        upper = np.array(self.levels.shape[::-1]) - 1.0
        corners = np.array([[*(upper * [b & 1, b >> 1 & 1, b >> 2 & 1]), 1.0] for b in range(8)])
        return np.asarray((corners @ self.to_patient.T)[:, :3])


def reduced_volume(volume: Volume, voxel_mm: float = VOXEL_MM, progress: Progress = silent) -> ReducedVolume:
    """Means over blocks that are at most about `voxel_mm` wide; blocks grow where that were still too many voxels."""
    blocks = _blocks(volume, voxel_mm)
    low, high = _range(volume)
    step = (high - low) / LEVELS
    levels = _block_levels(volume.voxels, blocks, low, step, progress)
    scale = np.eye(4)
    scale[:3, :3] = np.diag(np.array(blocks[::-1], dtype=np.float64))
    # A block's centre lies half a block, less half a voxel, behind its first voxel.
    scale[:3, 3] = (np.array(blocks[::-1]) - 1) / 2.0
    to_patient = volume.grid.matrix @ scale
    if np.linalg.det(to_patient[:3, :3]) < 0:
        # Shading turns inside out on a mirrored lattice.
        to_patient = to_patient @ np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, -1, len(levels) - 1], [0, 0, 0, 1.0]])
        levels = np.ascontiguousarray(levels[::-1])
    floor = CT_TISSUE_HU if is_ct(volume) else low + 0.1 * (high - low)
    return ReducedVolume(levels, to_patient, low, step, floor)


def _blocks(volume: Volume, voxel_mm: float) -> tuple[int, int, int]:
    """Voxels (k, j, i) that become one."""
    while True:
        wide = np.maximum(1, np.rint(voxel_mm / volume.grid.spacing_mm)).astype(int)[::-1]
        wide = np.minimum(wide, volume.voxels.shape)
        if np.prod(np.array(volume.voxels.shape) // wide) <= LARGEST_VOXELS:
            k, j, i = (int(n) for n in wide)
            return k, j, i
        voxel_mm *= 1.2


def _range(volume: Volume) -> tuple[float, float]:
    """The values that 0 and 4095 stand for: Hounsfield's range for CT, otherwise from the least to the 99.95 %."""
    if is_ct(volume):
        return CT_RANGE_HU
    every = max(1, round((volume.voxels.size / 500_000) ** (1 / 3)))
    some = volume.voxels[::every, ::every, ::every]
    some = some[np.isfinite(some)].astype(np.float64)
    if not len(some):
        return 0.0, 1.0
    low, high = float(some.min()), float(np.percentile(some, 99.95))
    return low, high if high > low else low + 1.0


def _block_levels(
    voxels: NDArray[Any], block: tuple[int, int, int], low: float, step: float, progress: Progress
) -> NDArray[np.int16]:
    """Levels of the means over blocks (k, j, i); a rest that fills no block is left out, what is not finite is low."""
    count = [max(1, n // b) for n, b in zip(voxels.shape, block, strict=True)]
    levels = np.empty(count, np.int16)
    for k in range(count[0]):
        progress(k / count[0], "Preparing the 3D picture of the image")
        slab = voxels[k * block[0] : (k + 1) * block[0], : count[1] * block[1], : count[2] * block[2]]
        total = np.zeros((count[1], count[2]), np.float32)
        # Strided sums are several times quicker than a mean over short axes.
        for row in range(block[1]):
            for column in range(block[2]):
                total += slab[:, row :: block[1], column :: block[2]].sum(0, dtype=np.float32)
        mean = (total / np.float32(np.prod(block)) - np.float32(low)) / np.float32(step)
        mean = np.nan_to_num(mean, nan=0.0, posinf=LEVELS, neginf=0.0)
        levels[k] = np.clip(np.rint(mean), 0, LEVELS)
    return levels


def smoothed(image: ReducedVolume) -> ReducedVolume:
    """The same image through a binomial filter (1 2 1) along each axis: noise falls to a quarter, edges stay put."""
    return replace(image, levels=binomial(image.levels))
