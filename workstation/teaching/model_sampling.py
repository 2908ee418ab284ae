"""Samples a packed model on a grid: its picture in one table of tissues, or the field of some of its bodies.

Slabs of slices go to a few threads (the kernels release the interpreter); every voxel depends on its own place only,
so the result does not depend on how many there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.jobs.progress import Progress, silent
from workstation.teaching.shape_kernels import BLOCK, fill_field, paint
from workstation.teaching.shapes import PackedModel

Float = NDArray[np.float64]
Finish = Callable[[NDArray[np.float32], int], None]

THREADS = max(1, min(4, os.cpu_count() or 1))


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    """Threads that are told to stop early when the work is cancelled."""
    pool = ThreadPoolExecutor(THREADS)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def picture(
    model: PackedModel,
    grid: Grid,
    grid_to_model: Transform,
    table: Float,
    softness_mm: float,
    finish: Finish,
    progress: Progress = silent,
    sentence: str = "Sampling",
) -> NDArray[np.float32]:
    """(k, j, i) float32 values of `table` (tissues, 2) on the grid, edges `softness_mm` wide.

    finish: called as finish(slice (j, i), k) for each painted slice, to add noise in place.
    progress: may raise Cancelled; slabs under way are finished first.
    """
    out = np.zeros(grid.shape, dtype=np.float32)
    to_model = index_to_model(grid, grid_to_model)
    numbers, sizes = model.layer_numbers, model.layer_sizes

    def slab(first: int) -> None:
        last = min(first + BLOCK, len(out))
        paint(out, first, last, to_model, softness_mm, *_arrays(model), numbers, sizes, table)
        for k in range(first, last):
            finish(out[k], k)

    _in_slabs(slab, len(out), progress, sentence)
    return out


def field(
    model: PackedModel, grid: Grid, grid_to_model: Transform, united: Sequence[str], removed: Sequence[str]
) -> NDArray[np.float32]:
    """(k, j, i) float32 field in mm of the union of bodies without others on the grid; negative inside."""
    out = np.zeros(grid.shape, dtype=np.float32)
    to_model = index_to_model(grid, grid_to_model)
    plus = np.array([model.index[name] for name in united], dtype=np.int64)
    minus = np.array([model.index[name] for name in removed], dtype=np.int64)

    def slab(first: int) -> None:
        fill_field(out, first, min(first + BLOCK, len(out)), to_model, *_arrays(model), plus, minus)

    _in_slabs(slab, len(out), silent, "")
    return out


def edge_mm(grid: Grid, sharpest_mm: float) -> float:
    """How wide an edge is on a grid: the scanner's own sharpness, or most of a voxel where that is more."""
    return max(sharpest_mm, 0.8 * float(grid.spacing_mm[:2].max()))


def index_to_model(grid: Grid, grid_to_model: Transform) -> Float:
    """(3, 4) matrix that takes an index (i, j, k) of the grid to a point of the model."""
    return np.ascontiguousarray((grid_to_model.matrix @ grid.matrix)[:3])


def _arrays(
    model: PackedModel,
) -> tuple[Float, Float, NDArray[np.int64], Float, Float, NDArray[np.float32]]:
    return model.parts, model.part_boxes, model.ranges, model.shapes, model.clips, model.noise


def _in_slabs(slab: Callable[[int], None], slices: int, progress: Progress, sentence: str) -> None:
    with _pool() as pool:
        running = [pool.submit(slab, first) for first in range(0, slices, BLOCK)]
        for n, work in enumerate(running):
            work.result()
            progress((n + 1) / len(running), sentence)
