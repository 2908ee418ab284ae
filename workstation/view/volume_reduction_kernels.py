"""Loops over the voxels of a reduced image, compiled: they let go of the interpreter, so that the window goes on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def label_pieces(mask: NDArray[Any]) -> NDArray[Any]:
    """Number, from 1, of the piece (joined by faces) that each cell [k, j, i] of a mask belongs to; 0 outside."""
    planes, rows, columns = mask.shape
    labels = np.zeros(mask.shape, np.int32)
    stack = np.empty((mask.size, 3), np.int32)
    piece = 0
    for k0 in range(planes):
        for j0 in range(rows):
            for i0 in range(columns):
                if not mask[k0, j0, i0] or labels[k0, j0, i0]:
                    continue
                piece += 1
                labels[k0, j0, i0] = piece
                stack[0, 0], stack[0, 1], stack[0, 2] = k0, j0, i0
                height = 1
                while height:
                    height -= 1
                    k, j, i = stack[height, 0], stack[height, 1], stack[height, 2]
                    for side in range(6):
                        kk = k + (side == 0) - (side == 1)
                        jj = j + (side == 2) - (side == 3)
                        ii = i + (side == 4) - (side == 5)
                        if not (0 <= kk < planes and 0 <= jj < rows and 0 <= ii < columns):
                            continue
                        if mask[kk, jj, ii] and not labels[kk, jj, ii]:
                            labels[kk, jj, ii] = piece
                            stack[height, 0], stack[height, 1], stack[height, 2] = kk, jj, ii
                            height += 1
    return labels


@njit(cache=True, nogil=True)
def piece_boxes(labels: NDArray[Any], count: int) -> NDArray[Any]:
    """(count + 1, 7) of each piece: lowest k, j, i, highest k, j, i, number of cells."""
    boxes = np.zeros((count + 1, 7), np.int64)
    boxes[:, :3] = 1 << 30
    planes, rows, columns = labels.shape
    for k in range(planes):
        for j in range(rows):
            for i in range(columns):
                box = boxes[labels[k, j, i]]
                box[0], box[1], box[2] = min(box[0], k), min(box[1], j), min(box[2], i)
                box[3], box[4], box[5] = max(box[3], k), max(box[4], j), max(box[5], i)
                box[6] += 1
    return boxes


@njit(cache=True, nogil=True)
def cleared(levels: NDArray[Any], cells: NDArray[Any], size: NDArray[Any]) -> NDArray[Any]:
    """Levels [k, j, i] with 0 in the cells (of `size` voxels) of a mask."""
    out = levels.copy()
    planes, rows, columns = levels.shape
    for k in range(planes):
        for j in range(rows):
            for i in range(columns):
                if cells[k // size[0], j // size[1], i // size[2]]:
                    out[k, j, i] = 0
    return out


@njit(cache=True, nogil=True)
def binomial(levels: NDArray[Any]) -> NDArray[Any]:
    """Levels [k, j, i] through the filter (1 2 1) / 4 along each axis; the border is its own neighbour."""
    planes, rows, columns = levels.shape
    out = np.empty_like(levels)
    flat = np.empty((3, rows, columns), np.float32)
    line = np.empty(columns, np.float32)
    for k in range(planes):
        for slot in range(3):
            plane = min(max(k + slot - 1, 0), planes - 1)
            if slot < 2 and 1 < k < planes - 1:
                flat[slot] = flat[slot + 1]
                continue
            for j in range(rows):
                above, below = max(j - 1, 0), min(j + 1, rows - 1)
                for i in range(columns):
                    line[i] = levels[plane, above, i] + 2 * levels[plane, j, i] + levels[plane, below, i]
                for i in range(columns):
                    left, right = line[max(i - 1, 0)], line[min(i + 1, columns - 1)]
                    flat[slot, j, i] = left + 2 * line[i] + right
        for j in range(rows):
            for i in range(columns):
                value = flat[0, j, i] + 2 * flat[1, j, i] + flat[2, j, i]
                out[k, j, i] = np.int16(np.floor(value / 64 + 0.5))
    return out


def warm_up() -> None:
    """Compile (or load from the cache)."""
    labels = label_pieces(np.ones((2, 2, 2), np.bool_))
    piece_boxes(labels, 1)
    levels = np.ones((2, 2, 2), np.int16)
    cleared(levels, np.ones((1, 1, 1), np.bool_), np.array([2, 2, 2]))
    binomial(levels)
