"""Every map, and the best combination of phases, judged by how well it tells known tumour from known flow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workstation.enhancement.maps import EvidenceMap, evidence_maps
from workstation.enhancement.phase_stack import PhaseStack
from workstation.enhancement.regions import Mask
from workstation.enhancement.separability import SEPARATES, Judged, combination, judged

Float = NDArray[np.float64]

FEWEST_VOXELS = 10
"""A region of fewer says nothing."""
WORTH_COMBINING = 1.25
"""What is made of all phases has to be better than a map of two by this factor to be placed before it."""


def judge_regions(
    stack: PhaseStack, tumour: Sequence[Mask], flow: Sequence[Mask], extra: Sequence[EvidenceMap] = ()
) -> tuple[Judged, ...]:
    """Judge all evidence, the best first; empty where there is not enough of both kinds.

    tumour, flow: (k, j, i) voxels of each stroke or region. extra: maps beside those of the stack: weighted
    differences, or what is made of all phases.
    The combination of phases is judged on regions that it was not made from. Ranked by d', but a map of two phases that
    is nearly as good goes before what all phases are needed for, and maps of times, whose spread is that of the
    timetable, come after the signals that separate.
    """
    ones = [mask for mask in tumour if np.count_nonzero(mask) >= FEWEST_VOXELS]
    others = [mask for mask in flow if np.count_nonzero(mask) >= FEWEST_VOXELS]
    if not ones or not others:
        return ()
    all_of_one, all_of_other = np.logical_or.reduce(ones), np.logical_or.reduce(others)
    maps = evidence_maps(stack)
    found = [
        judged(each.name, each.values[all_of_one].astype(np.float64), each.values[all_of_other].astype(np.float64))
        for each in (*maps, *extra)
    ]
    found.append(combination(*([samples_of(stack, mask) for mask in kind] for kind in (ones, others)))[1])
    stepped = {each.name for each in maps if each.stepped}
    simple = {each.name for each in maps} | {each.name for each in extra if each.weights}

    def order(each: Judged) -> tuple[bool, float]:
        first = each.evidence not in stepped and each.d_prime >= SEPARATES
        return not first, -each.d_prime / (1.0 if each.evidence in simple else WORTH_COMBINING)

    return tuple(sorted(found, key=order))


def samples_of(stack: PhaseStack, mask: Mask) -> Float:
    """(n, p) signals of a region's voxels in all phases."""
    return np.asarray(stack.signals[:, mask].T, dtype=np.float64)
