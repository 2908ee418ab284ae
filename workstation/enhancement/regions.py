"""What is done with masks of voxels while a target is grown: connected to a seed, closed, without holes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.enhancement.region_kernels import dilate, grow

Mask = NDArray[np.bool_]
Float = NDArray[np.float64]


def box_of(mask: Mask, pad: int = 0) -> tuple[slice, slice, slice] | None:
    """Slices (k, j, i) of the smallest box around a mask, wider by some voxels where there are any; None if empty."""
    ends = []
    for axis in range(3):
        other = tuple(a for a in range(3) if a != axis)
        along = np.flatnonzero(mask.any(axis=other))
        if not len(along):
            return None
        ends.append(slice(max(0, int(along[0]) - pad), min(mask.shape[axis], int(along[-1]) + pad + 1)))
    return ends[0], ends[1], ends[2]


def connected_to(mask: Mask, seeds_kji: NDArray[np.int64]) -> Mask:
    """The part of a mask (k, j, i) that hangs together with seeds (n, 3), by faces of voxels."""
    out = np.empty(mask.shape, bool)
    grow(np.ascontiguousarray(mask), np.atleast_2d(np.asarray(seeds_kji, dtype=np.int64)), out)
    return out


def without_holes(mask: Mask) -> Mask:
    """The mask with everything filled that the outside can't reach."""
    padded = np.pad(~mask, 1, constant_values=True)
    outside = connected_to(padded, np.zeros((1, 3), np.int64))
    return ~outside[1:-1, 1:-1, 1:-1]


def grown(mask: Mask, radius_mm: float, spacing_mm: Float) -> Mask:
    """Every voxel within a radius of the mask. spacing_mm: (3,) along i, j, k, as a grid has it."""
    out = np.empty(mask.shape, bool)
    dilate(np.ascontiguousarray(mask), float(radius_mm), np.ascontiguousarray(spacing_mm[::-1]), out)
    return out


def shrunk(mask: Mask, radius_mm: float, spacing_mm: Float) -> Mask:
    """The voxels of the mask further than a radius from everything else; beyond the border counts as mask."""
    return ~grown(~mask, radius_mm, spacing_mm)


def closed(mask: Mask, radius_mm: float, spacing_mm: Float) -> Mask:
    """The mask with gaps bridged that a ball of this radius does not fit into."""
    pad = int(np.ceil(radius_mm / float(np.min(spacing_mm)))) + 1
    wide = np.pad(mask, pad)
    whole = shrunk(grown(wide, radius_mm, spacing_mm), radius_mm, spacing_mm)
    inner = slice(pad, -pad)
    return whole[inner, inner, inner] | mask


def opened(mask: Mask, radius_mm: float, spacing_mm: Float) -> Mask:
    """The parts of the mask that a ball of this radius fits into."""
    return grown(shrunk(mask, radius_mm, spacing_mm), radius_mm, spacing_mm) & mask


def ball_around(centre_kji: Float, radius_mm: float, spacing_mm: Float, shape: tuple[int, ...]) -> Mask:
    """The voxels whose centres lie within a radius of a fractional index (k, j, i); at least the nearest one."""
    found = np.zeros(shape, bool)
    axes, box = [], []
    for centre, spacing, count in zip(centre_kji, spacing_mm[::-1], shape, strict=True):
        first = min(max(0, int(np.ceil(centre - radius_mm / spacing))), count)
        stop = max(first, min(count, int(np.floor(centre + radius_mm / spacing)) + 1))
        axes.append((np.arange(first, stop) - centre) * spacing)
        box.append(slice(first, stop))
    far = axes[0][:, None, None] ** 2 + axes[1][None, :, None] ** 2 + axes[2][None, None, :] ** 2
    found[tuple(box)] = far <= radius_mm**2
    nearest = tuple(int(np.clip(round(float(c)), 0, n - 1)) for c, n in zip(centre_kji, shape, strict=True))
    found[nearest] = True
    return found


def touched(mask: Mask) -> Mask:
    """The mask and the voxels that touch it, corners included."""
    found = mask.copy()
    for axis in range(3):
        ahead, behind = found.copy(), found.copy()
        upper, lower = [slice(None)] * 3, [slice(None)] * 3
        upper[axis], lower[axis] = slice(1, None), slice(None, -1)
        ahead[tuple(upper)] |= found[tuple(lower)]
        behind[tuple(lower)] |= found[tuple(upper)]
        found = ahead | behind
    return found
