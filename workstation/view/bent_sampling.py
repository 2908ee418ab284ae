"""A volume on a plane that is seen through a map which bends (a deformable registration)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.deformation import Deformation
from workstation.geometry.grid import Grid
from workstation.view.bent_kernels import gather, sample_bent
from workstation.view.picture_frame import PictureFrame
from workstation.view.slab import MAXIMUM, MEAN, Slab

NODE_SHARE = 0.4
"""The map is worked out at nodes this share of its field's spacing apart."""
MOST_PIXELS = 8


def sample_bent_grid(
    grid: Grid, flat: NDArray[Any], frame: PictureFrame, out: NDArray[np.float32], to_image: Deformation, slab: Slab
) -> None:
    """Fill `out` (height, width) with interpolated values of a lattice; NaN outside.

    Arguments as in `workstation.view.slice_scene.sample_grid`.
    """
    count = np.array(grid.size, dtype=np.int64)
    step = node_step(frame, to_image)
    if slab.thickness_mm <= 0:
        sample_bent(flat, count, _nodes(grid, frame, out.shape, to_image, step, 0.0), step, out)
        return
    offsets_mm, weights = slab.offsets_mm(float(grid.spacing_mm.min()))
    sign = 0 if slab.mode == MEAN else 1 if slab.mode == MAXIMUM else -1
    sheet, total = np.empty_like(out), np.zeros_like(out)
    out[:] = 0.0
    for offset_mm, weight in zip(offsets_mm.tolist(), weights.tolist(), strict=True):
        sample_bent(flat, count, _nodes(grid, frame, out.shape, to_image, step, offset_mm), step, sheet)
        gather(sheet, np.float32(weight), sign, out, total)
    there = total > 0
    if sign == 0:
        np.divide(out, total, out=out, where=there)
    out[~there] = np.nan


def node_step(frame: PictureFrame, to_image: Deformation) -> int:
    """Pixels between the nodes at which the map is worked out."""
    finest = min((float(field.grid.spacing_mm.min()) for field in to_image.fields), default=4.0)
    return int(np.clip(NODE_SHARE * finest / frame.pixel_mm, 1, MOST_PIXELS))


def _nodes(
    grid: Grid, frame: PictureFrame, shape: tuple[int, ...], to_image: Deformation, step: int, offset_mm: float
) -> NDArray[np.float64]:
    """(rows, columns, 3) indices of the lattice at every `step`-th pixel of a sheet beside the plane."""
    start_mm, along_mm, down_mm = frame.patient_start_and_steps()
    rows, columns = (np.arange((n - 1) // step + 2) * step for n in shape)
    points = start_mm + offset_mm * frame.plane.normal
    points = points + rows[:, None, None] * down_mm + columns[None, :, None] * along_mm
    return np.ascontiguousarray(grid.to_index(to_image.apply(points)))
