"""What a person should know before believing a separation: motion, timing, veins that do not behave, thresholds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workstation.enhancement.flow import VEIN_NAME, Course
from workstation.enhancement.phase_stack import PhaseStack
from workstation.enhancement.regions import Mask, box_of, shrunk
from workstation.geometry.grid import Grid

Single = NDArray[np.float32]
Float = NDArray[np.float64]

HELD = 0.9
"""A vein that still has as much of its largest enhancement in the last phase has not washed out."""
FILLED = 1 / 1.2
"""A vein that enhances as much beside the tumour in the first arterial phase has filled."""
VEINS_FILL_S = 13.0
"""Before this, only a vein that drains early has filled."""
UNSURE_SHARE, UNSURE_STEP = 0.2, 0.1
"""The threshold decides too much where a step of 0.1 up and down changes more of the volume than this share."""
ARRIVED_NOISES = 3.0
EDGE_MM = 2.0
"""A click nearer to the edge may have met what is no tumour only, and its course is mixed."""

ALWAYS = (
    "Delayed brightness is not specific to tumour: slow flow in the jugular bulb, scar and marrow retain signal, and "
    "paraganglioma washes out. Contour on all phases, T2, MRA and bone CT."
)


def timing_cautions(stack: PhaseStack, tumour: Course, flows: Sequence[Course]) -> list[str]:
    """Of phases too early, too late or too long for what they are to show, and of a vein that drains early."""
    after = list(stack.after)
    own = tumour.enhancement(stack.before)[after]
    courses = [flow.enhancement(stack.before)[after] for flow in flows]
    found = []
    vein = courses[0]
    if vein[-1] > HELD * vein.max():
        found.append("The flow does not wash out within these phases: later ones would tell more.")
    first = stack.aligned[after[0]].phase
    if not first.name.startswith("arterial"):
        return found
    if own[0] < ARRIVED_NOISES * float(stack.noise[after[0]]):
        found.append(f"The phase {first.name} came too early: the contrast had not reached the tumour.")
        return found
    vein = vein if flows[0].name == VEIN_NAME else _latest(courses)
    if vein[0] > FILLED * own[0]:
        found.append(_filled(first.name, first.time_s))
    return found


def threshold_cautions(region: Mask, shares: Single, threshold: float) -> list[str]:
    """Of a surface that is not sharp. region, shares: (k, j, i)."""
    count = max(1, int(np.count_nonzero(region)))
    looser, stricter = (np.count_nonzero(region & (shares > threshold + step)) for step in (-UNSURE_STEP, UNSURE_STEP))
    if looser - stricter > UNSURE_SHARE * count:
        return ["The threshold decides over more than 20 % of the volume."]
    return []


def edge_cautions(region: Mask, place: NDArray[np.int64], grid: Grid) -> list[str]:
    """Of a click (3,) (k, j, i) too near to the edge of what was grown from it."""
    box = box_of(region, int(np.ceil(EDGE_MM / float(grid.spacing_mm.min()))) + 1)
    if box is None:
        return []
    inside = shrunk(np.ascontiguousarray(region[box]), EDGE_MM, grid.spacing_mm)
    here = tuple(int(p) - part.start for p, part in zip(place, box, strict=True))
    if all(0 <= p < n for p, n in zip(here, inside.shape, strict=True)) and inside[here]:
        return []
    return [f"The click lies within {EDGE_MM:g} mm of the edge of what was found: one further inside is surer."]


def _latest(courses: Sequence[Float]) -> Float:
    """Of several kinds of flow the vein: an artery's first pass stands out more above what is left in the end."""
    return min(courses, key=lambda course: float(course[0] / max(float(course[-1]), 1e-6)))


def _filled(name: str, time_s: float | None) -> str:
    if time_s is not None and time_s <= VEINS_FILL_S:
        return (
            f"The vein has filled {time_s:.0f} s after the contrast, in the phase {name}: it is likely to drain the "
            "tumour early, and the arterial phase does not tell them apart."
        )
    return f"The arterial phase {name} came too late or took too long: the vein had filled (6 to 8 s can separate)."
