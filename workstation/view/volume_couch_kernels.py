"""Connected pieces of a mask, compiled."""

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


def warm_up() -> None:
    """Compile (or load from the cache)."""
    label_pieces(np.ones((2, 2, 2), np.bool_))
