"""How much of each voxel behaves like tumour: its signals as a sum of tumour, flow and tissue without contrast.

Each share is one where a voxel is that tissue through and through and falls to a half where its border runs, whatever
lies beyond it: the level of a half is the tumour's surface, at sub-voxel precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.enhancement.flow import Course
from workstation.enhancement.phase_stack import PhaseStack
from workstation.enhancement.unmixing_kernels import MOST_COURSES, inverses_of_subsets, unmix

Single = NDArray[np.float32]
Float = NDArray[np.float64]

SURFACE = 0.5
"""Share of tumour in a voxel that its border runs through."""


@dataclass(frozen=True, eq=False)
class Shares:
    """courses: the tumour's first, then flow, then what does not enhance. shares: (c, k, j, i) float32, 0 and up.

    misfit: (k, j, i) what the courses leave unexplained, root mean square over the phases in units of noise.
    """

    courses: tuple[Course, ...]
    shares: Single
    misfit: Single

    @property
    def tumour(self) -> Single:
        """(k, j, i) share of the tumour's course."""
        found: Single = self.shares[0]
        return found


def shares_of(
    stack: PhaseStack, tumour: Course, flows: Sequence[Course], phases: Sequence[int] | None = None
) -> Shares:
    """Take every voxel's signals apart. phases: numbers of those that count; all by default."""
    chosen = list(range(len(stack.names))) if phases is None else list(phases)
    level = float(np.median(tumour.signal[chosen]) if stack.before is None else tumour.signal[stack.before])
    rest = Course("no contrast", np.full(len(stack.names), max(level, 1e-3)), np.zeros((0, 0, 0), bool))
    courses = (tumour, *list(flows)[: MOST_COURSES - 2], rest)
    # What a noise of one is the same in all phases then, so that a noisy phase does not rule.
    weights = 1.0 / np.maximum(stack.noise[chosen], 1e-6)
    matrix = np.stack([course.signal[chosen] * weights for course in courses], axis=1)
    signals = stack.signals[chosen].reshape(len(chosen), -1) * weights[:, None].astype(np.float32)
    shares = np.zeros((len(courses), signals.shape[1]), np.float32)
    misfit = np.zeros(signals.shape[1], np.float32)
    # An artery and a vein together can look like a tumour, and do not share a voxel but where their walls touch.
    flow_bits = ((1 << len(courses)) - 1) & ~1 & ~(1 << (len(courses) - 1))
    masks, inverses = inverses_of_subsets(matrix)
    fine = np.array([(mask & flow_bits).bit_count() <= 1 for mask in masks.tolist()])
    unmix(np.ascontiguousarray(signals, dtype=np.float32), matrix, masks[fine], inverses[fine], shares, misfit)
    shape = stack.grid.shape
    return Shares(courses, shares.reshape(len(courses), *shape), misfit.reshape(shape))
