"""Every map, and the best combination of phases, judged by how well it tells known tumour from known flow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workstation.enhancement.maps import EvidenceMap, evidence_maps
from workstation.enhancement.phase_stack import PhaseStack
from workstation.enhancement.regions import Mask
from workstation.enhancement.separability import Judged, combination, judged

Float = NDArray[np.float64]

FEWEST_VOXELS = 10
"""A region of fewer says nothing."""


def judge_regions(
    stack: PhaseStack, tumour: Sequence[Mask], flow: Sequence[Mask], extra: Sequence[EvidenceMap] = ()
) -> tuple[Judged, ...]:
    """Judge all evidence, the best first; empty where there is not enough of both kinds.

    tumour, flow: (k, j, i) voxels of each stroke or region. extra: maps beside those of the stack. The combination of
    phases is judged on regions that it was not made from.
    """
    ones = [mask for mask in tumour if np.count_nonzero(mask) >= FEWEST_VOXELS]
    others = [mask for mask in flow if np.count_nonzero(mask) >= FEWEST_VOXELS]
    if not ones or not others:
        return ()
    all_of_one, all_of_other = np.logical_or.reduce(ones), np.logical_or.reduce(others)
    found = [
        judged(each.name, each.values[all_of_one].astype(np.float64), each.values[all_of_other].astype(np.float64))
        for each in (*evidence_maps(stack), *extra)
    ]
    found.append(combination(*([samples_of(stack, mask) for mask in kind] for kind in (ones, others)))[1])
    return tuple(sorted(found, key=lambda each: -each.d_prime))


def samples_of(stack: PhaseStack, mask: Mask) -> Float:
    """(n, p) signals of a region's voxels in all phases."""
    return np.asarray(stack.signals[:, mask].T, dtype=np.float64)
