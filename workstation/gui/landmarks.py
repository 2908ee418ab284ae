"""Where to look first, and where when a structure is pointed at (Qt-free)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.case.case import Case
from workstation.structures.structure import Structure

TARGET_TYPES = ("GTV", "CTV", "PTV")
"""What a person opens a case for, in this order."""

_SEARCHED = 31


def first_target(case: Case) -> str:
    """The structure to begin with: the first GTV with contours, else CTV, else PTV; "" where there is none."""
    for kind in TARGET_TYPES:
        for key, structure in case.structures.items():
            if structure.interpreted_type == kind and structure.stack.slices:
                return key
    return ""


def shown_middle(case: Case, identifier: str) -> NDArray[np.float64] | None:
    """`middle_of` a structure in the planning image's frame; None when it is empty or nothing links the frames."""
    structure = case.structures[identifier]
    point = middle_of(structure)
    here = case.planning.frame_of_reference_uid if case.planning is not None else ""
    there = structure.frame_of_reference_uid
    if point is None or not here or not there or here == there:
        return point
    link = case.transform(there, here)
    return None if link is None else link.apply([point])[0]


def middle_of(structure: Structure) -> NDArray[np.float64] | None:
    """A patient point (3,) inside a structure, near the middle of its middle drawn plane; None when it is empty.

    It is given in the structure's own frame of reference.
    """
    slices = [s for s in structure.stack.slices if s.region.point_count]
    if not slices:
        return None
    drawn = slices[len(slices) // 2]
    u0, v0, u1, v1 = drawn.region.bounds()
    middle = np.array([(u0 + u1) / 2, (v0 + v1) / 2])
    # The middle of a horseshoe lies outside of it: then the nearest of a grid of points that lies inside.
    u, v = np.meshgrid(np.linspace(u0, u1, _SEARCHED), np.linspace(v0, v1, _SEARCHED))
    places = np.concatenate([middle[None], np.column_stack([u.ravel(), v.ravel()])])
    inside = places[drawn.region.contains(places)]
    if len(inside):
        middle = inside[np.argmin(np.linalg.norm(inside - middle, axis=1))]
    point: NDArray[np.float64] = structure.stack.plane.to_patient(middle, drawn.position_mm)
    return point
