"""Explaining the signals of a voxel over the phases as a sum of few known courses, none of them negative; compiled."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

MOST_COURSES = 5

Float = NDArray[np.float64]


def inverses_of_subsets(courses: Float) -> tuple[NDArray[np.int64], Float]:
    """Every subset of courses with the matrix that fits signals to it by least squares.

    courses: (phases, n). Returns (2^n - 1,) bit masks and (2^n - 1, n, phases) matrices, rows of courses that are not
    in the subset zero.
    """
    phases, count = courses.shape
    masks = np.arange(1, 1 << count, dtype=np.int64)
    inverses = np.zeros((len(masks), count, phases))
    for row, mask in enumerate(masks.tolist()):
        chosen = [n for n in range(count) if mask >> n & 1]
        inverses[row, chosen] = np.linalg.pinv(courses[:, chosen])
    return masks, inverses


@numba.njit(cache=True, nogil=True)
def unmix(signals, courses, masks, inverses, shares, misfit):  # type: ignore[no-untyped-def]
    """Shares of each course in each voxel: the least-squares solution without negative shares, found by trying all.

    signals : (phases, n) float32. courses : (phases, c) float64. masks, inverses : of `inverses_of_subsets`.
    shares : (c, n) float32 and misfit : (n,) float32, root mean square over the phases; both are filled.
    """
    phases, count = signals.shape
    number = courses.shape[1]
    held, best_held = np.zeros(number), np.zeros(number)
    for v in range(count):
        total = 0.0
        for p in range(phases):
            total += signals[p, v] * signals[p, v]
        best = total
        best_held[:] = 0.0
        for s in range(len(masks)):
            mask = masks[s]
            fine = True
            for c in range(number):
                value = 0.0
                if mask >> c & 1:
                    for p in range(phases):
                        value += inverses[s, c, p] * signals[p, v]
                    if value < 0.0:
                        fine = False
                        break
                held[c] = value
            if not fine:
                continue
            rest = 0.0
            for p in range(phases):
                explained = 0.0
                for c in range(number):
                    explained += courses[p, c] * held[c]
                rest += (signals[p, v] - explained) ** 2
            if rest < best:
                best = rest
                best_held[:] = held
        for c in range(number):
            shares[c, v] = best_held[c]
        misfit[v] = np.sqrt(best / phases)


def warm_up() -> None:
    """Compile every kernel."""
    courses = np.eye(2)
    masks, inverses = inverses_of_subsets(courses)
    unmix(np.ones((2, 1), np.float32), courses, masks, inverses, np.zeros((2, 1), np.float32), np.zeros(1, np.float32))
