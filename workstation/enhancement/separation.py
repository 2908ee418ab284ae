"""From one click in a vascular tumour to what belongs to it, and how well that is told from flowing blood.

The courses of tumour and flow are read from the patient's own phases, every voxel is explained by them, and what is
tumour for more than a half and hangs together with the click is the candidate. Where the tumour's course is that of
vessels, too, nothing is offered: the phases do not separate them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.enhancement.cautions import ALWAYS, edge_cautions, threshold_cautions, timing_cautions
from workstation.enhancement.flow import VEIN_NAME, Course, course_at, course_in, flows_beside
from workstation.enhancement.judging import judge_regions
from workstation.enhancement.maps import EvidenceMap
from workstation.enhancement.phase_stack import PhaseStack
from workstation.enhancement.regions import Mask, connected_to, opened, touched
from workstation.enhancement.separability import SEPARATES, Judged
from workstation.enhancement.shaping import near_seeds, shaped
from workstation.enhancement.unmixing import SURFACE, Shares, shares_of
from workstation.enhancement.weighting import Difference, is_usual
from workstation.jobs.progress import Progress, silent

Float = NDArray[np.float64]

BOX_MM = 50.0
"""Half the side of the box around the click in which the tumour is looked for."""
CORE_SHARE = 0.75
ROUNDS = 2
ELSEWHERE_SHARE, ELSEWHERE_CC = 0.2, 0.8
"""As much of the tumour's course elsewhere, beside what was grown, means that it is no course of its own."""
ELSEWHERE_CORE = 0.8
LEAST_CC = 0.2
"""Less is no tumour that could be told from noise."""
LEAST_ENHANCEMENT = 0.1
"""Rise of the signal over that before contrast, as a share of it; less is what motion and noise do to any tissue."""
SHARE_NAME = "share of tumour"
SHARE_FORMULA = "share of the tumour's course in each voxel, least squares without negative shares"
ALIKE_DEG = 3.0
"""Courses that differ by less are the same."""
INSTEAD = "Contour on T2, MRA and bone CT."


@dataclass(frozen=True, eq=False)
class Separation:
    """What one click found, on the stack's grid.

    tumour, flows: their courses. shares: of every voxel. region: (k, j, i) the candidate, empty where nothing
    separates. flow_region: (k, j, i) the flow that lies against it. evidence: ranked, the best first. separable:
    whether the phases tell tumour from flow. sentence: what that means, in words. warnings: what one should know.
    seed_kji: (3,) fractional index of the click. allowed: (k, j, i) where the tumour can be.
    """

    stack: PhaseStack
    tumour: Course
    flows: tuple[Course, ...]
    shares: Shares | None
    region: Mask
    flow_region: Mask
    evidence: tuple[Judged, ...]
    separable: bool
    sentence: str
    seed_kji: Float
    allowed: Mask
    warnings: tuple[str, ...] = field(default=())

    @property
    def volume_cc(self) -> float:
        """Of the candidate's voxels."""
        return float(np.count_nonzero(self.region)) * self.stack.grid.voxel_volume_cc


def separate(
    stack: PhaseStack,
    tumour_mm: ArrayLike,
    vein_mm: ArrayLike | None = None,
    *,
    vein: Mask | None = None,
    barrier: Mask | None = None,
    phases: Sequence[int] | None = None,
    differences: Sequence[Difference] = (),
    threshold: float = SURFACE,
    progress: Progress = silent,
) -> Separation:
    """Separate the tumour that was clicked from flowing blood.

    tumour_mm, vein_mm: (3,) points of the stack's frame of reference. vein: (k, j, i) voxels of a vein that was drawn.
    barrier: (k, j, i) voxels that the tumour can't be, such as bone. phases: numbers of those that count.
    differences: that are judged beside all other evidence. threshold: share of tumour from which a voxel belongs to it.
    """
    progress(0.0, "Reading the tumour's course")
    seed = stack.grid.to_index(tumour_mm)[::-1]
    own = course_at(stack, "tumour", seed)
    allowed = stack.covered if barrier is None else stack.covered & ~barrier
    place = np.rint(seed).astype(np.int64)
    refused = _wrong_click(stack, own, place, barrier, vein)
    flows = [] if refused or stack.before is None else _flows(stack, own, vein_mm, vein)
    refused = refused or _not_told(stack, own, flows)
    if refused:
        return _nothing(stack, own, flows, None, (), refused, seed, allowed)
    for number in range(ROUNDS):
        progress(0.2 + 0.3 * number, "Explaining every voxel")
        shares = shares_of(stack, own, flows, phases)
        region = _grown(stack, shares, threshold, allowed, place)
        core = region & (shares.tumour > CORE_SHARE)
        if np.count_nonzero(core) > 20:
            own = course_in(stack, "tumour", core)
            flows = _flows(stack, own, vein_mm, vein) or flows
    progress(0.8, "Growing the tumour")
    elsewhere_cc = _elsewhere_cc(stack, shares, region)
    region = shaped(region, place, stack.grid) & allowed
    weighted = weighted_maps(stack, differences, flows)
    evidence = _judge(stack, shares, region, flows, weighted)
    sentence, separable = _verdict(stack, region, evidence, elsewhere_cc, flows)
    if not separable:
        return _nothing(stack, own, flows, shares, evidence, sentence, seed, allowed)
    flow_region = _flow_region(stack, shares, region)
    progress(1.0, "Separated")
    found = [
        *timing_cautions(stack, own, flows), *threshold_cautions(region, shares.tumour, threshold),
        *edge_cautions(region, place, stack.grid), ALWAYS,
    ]  # fmt: skip
    return Separation(
        stack, own, tuple(flows), shares, region, flow_region, evidence, True, sentence, seed, allowed, tuple(found)
    )


def _grown(stack: PhaseStack, shares: Shares, threshold: float, allowed: Mask, place: NDArray[np.int64]) -> Mask:
    """What is tumour for more than the threshold and hangs together with the click."""
    tumour_like = shares.tumour > threshold
    return connected_to(tumour_like & allowed, near_seeds(tumour_like, place, stack.grid))


def _wrong_click(
    stack: PhaseStack, own: Course, place: NDArray[np.int64], barrier: Mask | None, vein: Mask | None
) -> str:
    """Why the click can't be in a tumour that is told apart by its contrast, "" where it can."""
    if barrier is not None and barrier[tuple(place)]:
        return "The click lies in a structure that the tumour can't be: click elsewhere, or leave that structure out."
    if vein is not None and vein[tuple(place)]:
        return "The click lies in the structure that was named as the vein: click in the tumour, or name another vein."
    if stack.before is not None:
        gain = float(own.enhancement(stack.before)[list(stack.after)].max(initial=0.0))
        share = gain / max(abs(float(own.signal[stack.before])), 1e-6)
        if share < LEAST_ENHANCEMENT:
            return f"What was clicked takes up no contrast (its signal rises by {share:.0%}): click in the tumour."
    return ""


def _not_told(stack: PhaseStack, own: Course, flows: Sequence[Course]) -> str:
    """Why the courses alone can't tell the tumour from flow, "" where they may."""
    if stack.before is None:
        words = "No phase before contrast: tumour can't be told from tissue that does not enhance."
    elif any(flow.name == VEIN_NAME and _angle_deg(stack, flow, own) < ALIKE_DEG for flow in flows):
        words = "No phase separates: the vein runs the clicked point's course."
    elif not flows:
        words = "No phase separates: no vessel runs another course than the clicked point."
    else:
        return ""
    return f"{words} {INSTEAD}"


def _flows(stack: PhaseStack, own: Course, vein_mm: ArrayLike | None, vein: Mask | None) -> list[Course]:
    """The vein that was pointed at first, then what else there is."""
    found = flows_beside(stack, own)
    told = None
    if vein is not None and vein.any():
        told = course_in(stack, VEIN_NAME, vein)
    elif vein_mm is not None:
        told = course_at(stack, VEIN_NAME, stack.grid.to_index(vein_mm)[::-1])
    if told is None:
        return found
    return [told, *(flow for flow in found if _angle_deg(stack, flow, told) > 12.0)]


def _angle_deg(stack: PhaseStack, one: Course, other: Course) -> float:
    after = list(stack.after)
    a, b = one.enhancement(stack.before)[after], other.enhancement(stack.before)[after]
    cosine = float(a @ b) / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-9)
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def _elsewhere_cc(stack: PhaseStack, shares: Shares, region: Mask) -> float:
    """How much of the tumour's course there is beside what was grown, in lumps and not in specks."""
    rest = (shares.tumour > ELSEWHERE_CORE) & ~touched(touched(region)) & stack.covered
    lumps = opened(rest, 1.5 * float(stack.grid.spacing_mm.max()) * 0.9, stack.grid.spacing_mm)
    return float(np.count_nonzero(lumps)) * stack.grid.voxel_volume_cc


def weighted_maps(
    stack: PhaseStack, differences: Sequence[Difference], flows: Sequence[Course]
) -> tuple[EvidenceMap, ...]:
    """The maps of weighted differences; those that every stack has anyway are left out.

    flows: the vein first. Without any, a difference that is to cancel the vein is left out, too.
    """
    vein = flows[0].where if flows else None
    made = [each.of(stack, vein) for each in differences if each.weight is not None or vein is not None]
    return tuple(each for each in made if not is_usual(stack, each.name))


def _judge(
    stack: PhaseStack, shares: Shares, region: Mask, flows: Sequence[Course], weighted: Sequence[EvidenceMap]
) -> tuple[Judged, ...]:
    """Every map, the combination of phases and the share of tumour, on tumour and flow of this patient."""
    inside = opened(region, float(stack.grid.spacing_mm.max()), stack.grid.spacing_mm)
    inside = inside if np.count_nonzero(inside) > 30 else region
    flow = flows[0].where
    if np.count_nonzero(inside) < 10 or np.count_nonzero(flow) < 10:
        return ()
    share = EvidenceMap(SHARE_NAME, SHARE_FORMULA, "", shares.tumour, ("", "tumour"))
    return judge_regions(stack, [inside], [flow], [*weighted, share])


def _verdict(
    stack: PhaseStack, region: Mask, evidence: tuple[Judged, ...], elsewhere_cc: float, flows: Sequence[Course]
) -> tuple[str, bool]:
    volume_cc = float(np.count_nonzero(region)) * stack.grid.voxel_volume_cc
    if not region.any():
        return "Nothing hangs together with the click: click in the tumour, away from its edge.", False
    if volume_cc < LEAST_CC:
        words = f"Only {volume_cc:.2f} cc run the clicked point's course"
        return f"{words}: click in the tumour, away from its edge.", False
    if elsewhere_cc > max(ELSEWHERE_CC, ELSEWHERE_SHARE * volume_cc):
        words = f"No phase separates: {elsewhere_cc:.1f} cc elsewhere run the clicked point's course, as vessels do."
        return f"{words} {INSTEAD}", False
    border = np.zeros(region.shape, bool)
    border[[0, -1]] = border[:, [0, -1]] = border[:, :, [0, -1]] = True
    if (region & border).any():
        words = (
            "No phase separates: what runs the clicked point's course has no end within 5 cm, as vessels have not. "
            "If a vessel was clicked, click in the tumour."
        )
        return f"{words} {INSTEAD}", False
    best = evidence[0] if evidence else None
    if best is None or best.d_prime < SEPARATES:
        return f"No phase separates tumour from flow. {INSTEAD}", False
    return f"{best.evidence[:1].upper()}{best.evidence[1:]} separates, d' {best.d_prime:.1f}.", True


def _flow_region(stack: PhaseStack, shares: Shares, region: Mask) -> Mask:
    """The flow that lies against the candidate."""
    flow = (shares.shares[1 : 1 + len(shares.courses) - 2].sum(axis=0) > SURFACE) & stack.covered & ~region
    near = np.argwhere(flow & touched(touched(region)))
    return connected_to(flow, near) if len(near) else np.zeros_like(region)


def _nothing(
    stack: PhaseStack, own: Course, flows: Sequence[Course], shares: Shares | None, evidence: tuple[Judged, ...],
    sentence: str, seed_kji: Float, allowed: Mask,
) -> Separation:  # fmt: skip
    empty = np.zeros(stack.grid.shape, bool)
    found = (*(timing_cautions(stack, own, flows) if flows else ()), ALWAYS)
    return Separation(
        stack, own, tuple(flows), shares, empty, empty, evidence, False, sentence, seed_kji, allowed, found
    )
