"""The couch taken out of a CT that is to be looked at: it would hide the patient's back.

A body is thick, a couch is thin plates: what remains of the tissue after an opening is body; of what lies outside it,
pieces that are large in two directions are couch. Ears, fingers and tubes stay. For looking only, nothing is measured.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from workstation.images.volume import Volume
from workstation.images.windows import is_ct
from workstation.jobs.progress import Progress, silent
from workstation.view.volume_presets import SKIN, voxel_mm_of
from workstation.view.volume_reduction import ReducedVolume, reduced_volume, smoothed
from workstation.view.volume_reduction_kernels import cleared, label_pieces, piece_boxes

Mask = NDArray[np.bool_]

CELL_MM = 5.0
TISSUE_HU = -300.0
FOAM_HU = -750.0
THICKNESS_CELLS = 2
"""Twice so many cells is the thickness of a plate that is no body."""
SMALLEST_BODY_SHARE = 0.08
PLATE_MM = 150.0


def without_couch(image: ReducedVolume) -> ReducedVolume:
    """The same CT with air where a couch lies."""
    edges = np.linalg.norm(image.to_patient[:3, :3], axis=0)[::-1]
    k, j, i = (max(1, round(float(CELL_MM / edge))) for edge in edges)
    thick = image.levels[::k, ::j, ::i] > image.level_of(TISSUE_HU)
    body = _filled(_grown(_largest(_shrunk(thick, THICKNESS_CELLS)), THICKNESS_CELLS + 1))
    if not body.any():
        return image
    # Shells of a millimetre or two must not slip between the cells.
    couch = _plates(_any_of(image.levels > image.level_of(FOAM_HU), (k, j, i)) & ~body, edges * (k, j, i))
    if not couch.any():
        return image
    couch = _grown(couch, 1) & ~body
    return replace(image, levels=cleared(image.levels, couch, np.array([k, j, i])))


def _any_of(mask: Mask, cells: tuple[int, int, int]) -> Mask:
    """Whether anything in a block of voxels belongs to a mask."""
    found = mask
    for axis, size in enumerate(cells):
        starts = np.arange(0, mask.shape[axis], size)
        found = np.logical_or.reduceat(found, starts, axis=axis)
    return found


def _filled(mask: Mask) -> Mask:
    """With what a slice of any direction encloses: lungs and airways."""
    filled = mask.copy()
    for axis in range(3):
        slices = np.moveaxis(mask, axis, 0)
        for number, each in enumerate(slices):
            labels = label_pieces(np.ascontiguousarray(~each[None]))[0]
            rim = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
            np.moveaxis(filled, axis, 0)[number] |= ~np.isin(labels, rim) & (labels > 0)
    return filled


def _largest(mask: Mask) -> Mask:
    """The pieces that are no crumbs beside the largest."""
    labels, boxes = _pieces(mask)
    sizes = boxes[:, 6]
    kept: Mask = (sizes >= SMALLEST_BODY_SHARE * sizes.max()) & (sizes > 0)
    return kept[labels]


def _plates(mask: Mask, cell_mm: NDArray[np.float64]) -> Mask:
    """The pieces that are large in two directions at least."""
    labels, boxes = _pieces(mask)
    large = (boxes[:, 3:6] - boxes[:, :3] + 1) * cell_mm > PLATE_MM
    plates: Mask = (large.sum(1) >= 2) & (boxes[:, 6] > 0)
    return plates[labels]


def _pieces(mask: Mask) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Labels of the pieces of a mask, and their boxes and sizes by label (what is outside has none)."""
    labels = label_pieces(np.ascontiguousarray(mask))
    boxes = piece_boxes(labels, int(labels.max(initial=0)))
    boxes[0, 6] = 0
    return labels, boxes


def _shrunk(mask: Mask, cells: int) -> Mask:
    """Cells whose neighbours up to so many steps away (by faces, within the image) all belong to the mask."""
    return ~_grown(~mask, cells)


def _grown(mask: Mask, cells: int) -> Mask:
    for _ in range(cells):
        grown = mask.copy()
        for axis in range(3):
            upper, lower = [slice(None)] * 3, [slice(None)] * 3
            upper[axis], lower[axis] = slice(1, None), slice(None, -1)
            grown[tuple(upper)] |= mask[tuple(lower)]
            grown[tuple(lower)] |= mask[tuple(upper)]
        mask = grown
    return mask


def reduced_for_casting(volume: Volume, context: str, progress: Progress = silent) -> ReducedVolume:
    """An image small enough to be cast as a context: a CT without its couch, for the skin without its noise."""
    reduced = reduced_volume(volume, voxel_mm_of(context), progress)
    reduced = without_couch(reduced) if is_ct(volume) else reduced
    # Twice: what a cut lays open is shaded by its slopes, and in even tissue those are noise.
    return smoothed(smoothed(reduced)) if context == SKIN else reduced
