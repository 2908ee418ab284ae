"""What runs in the background while a tumour is told from flow: plain functions, from the choices made to a result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workstation.case.errors import CaseError
from workstation.editing.separating import TUMOUR, VEIN, Found, Sample, Separating
from workstation.enhancement.alignment import AlignedPhase, align_phases
from workstation.enhancement.candidate import contours_of
from workstation.enhancement.growing import Grower, Grown, brightness, grower_on, region_as_grown, suggested_threshold
from workstation.enhancement.judging import judge_regions
from workstation.enhancement.maps import EvidenceMap, evidence_maps
from workstation.enhancement.phase_stack import PhaseStack, stack_phases
from workstation.enhancement.regions import Mask, ball_around, opened
from workstation.enhancement.separability import COMBINATION, Judged, combination, roc
from workstation.enhancement.subtraction import Subtraction, subtract
from workstation.enhancement.unmixing import SURFACE
from workstation.geometry.transform import Transform
from workstation.gui.evidence_window import window_of
from workstation.images.phase_times import Phase
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, part, silent
from workstation.structures.evidence_recipe import fingerprint
from workstation.structures.structure import ContourStack, Structure

if TYPE_CHECKING:
    from workstation.case.case import Case
    from workstation.geometry.deformation import SpatialMap

Float = NDArray[np.float64]

SHARE_MAP = "share of tumour"
SHARE_LEVELS = (0.2, 0.8)
FEWEST_VOXELS = 20
MOST_ROCS = 6


@dataclass(frozen=True, eq=False)
class SeparationWish:
    """The choices of one run. Points and strokes are in the planning image's frame of reference."""

    phases: tuple[Phase, ...]
    reference: Phase
    planning: Volume
    link: SpatialMap
    chain: tuple[str, ...]
    seed_mm: Float
    strokes: tuple[Sample, ...] = ()
    vein: Structure | None = None
    barriers: tuple[Structure, ...] = ()
    normalise: Structure | None = None
    aligned: tuple[AlignedPhase, ...] = ()
    shading: str = "ratio"


def wish_of(case: Case, separating: Separating) -> SeparationWish:
    """The choices as they stand; CaseError says what is missing."""
    reason = separating.why_not()
    planning, reference, link, seed_mm = case.planning, separating.reference, separating.link(), separating.seed_mm
    if reason or planning is None or reference is None or link is None or seed_mm is None:
        raise CaseError(reason or "There is nothing to separate yet")
    structures = case.structures
    phases = separating.used_phases
    known = {id(a.phase.volume): a for a in separating.aligned}
    base = known.get(id(reference.volume))
    if base is None or not base.to_phase.is_identity():
        known = {}  # they were laid onto another phase
    aligned = tuple(replace(known[id(p.volume)], phase=p) for p in phases if id(p.volume) in known)
    chain = case.chain(planning.frame_of_reference_uid, reference.volume.frame_of_reference_uid)
    return SeparationWish(
        phases, reference, planning, link, tuple(each.identifier for each in chain), seed_mm, separating.samples,
        structures.get(separating.vein_structure),
        tuple(structures[key] for key in separating.barriers if key in structures),
        structures.get(separating.normalise), aligned if len(aligned) == len(phases) else (), separating.shading,
    )  # fmt: skip


def align_as_wished(phases: Sequence[Phase], reference: Phase, progress: Progress = silent) -> tuple[AlignedPhase, ...]:
    """Lay the phases onto the reference."""
    return align_phases(phases, reference, progress)


def separate_as_wished(wish: SeparationWish, progress: Progress = silent) -> Found:
    """Align what is not aligned, separate, and prepare everything that is looked at afterwards."""
    veins = [sample for sample in wish.strokes if sample.kind == VEIN]
    made = subtract(
        wish.phases, wish.seed_mm, vein_mm=veins[-1].points_mm[0] if veins else None,
        vein=wish.vein.stack if wish.vein is not None else None, reference=wish.reference, planning=wish.planning,
        to_reference=wish.link, barriers=[each.stack for each in wish.barriers],
        normalise=wish.normalise.stack if wish.normalise is not None else None, aligned=wish.aligned or None,
        shading=wish.shading, progress=part(progress, 0.0, 0.8),
    )  # fmt: skip
    progress(0.8, "Comparing the evidence")
    maps = {each.name: each for each in made.maps()}
    regions = _regions(made, wish)
    mixed = _combination(made.stack, regions)
    if mixed is not None:
        maps[mixed.name] = mixed
    judged = _judged(made, maps, regions)
    growers = _growers(made, maps, regions, part(progress, 0.85, 1.0))
    separation, flow = made.separation, None
    if separation.separable and separation.shares is not None:
        flow = region_as_grown(
            made.stack.grid, separation.shares.shares[1:-1].sum(axis=0), separation.flow_region, SURFACE
        )
    taken = [each for each in (wish.vein, *wish.barriers, wish.normalise) if each is not None]
    return Found(
        made, wish.link, wish.planning.key, wish.seed_mm, maps, judged, _rocs(maps, regions, judged),
        {name: window_of(each) for name, each in maps.items()}, growers, flow,
        wish.chain, tuple((each.identifier, fingerprint(each.stack)) for each in taken),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Regions:
    """Voxels (k, j, i) of which it is known what they are, each region by itself."""

    tumour: tuple[Mask, ...]
    flow: tuple[Mask, ...]

    @property
    def both(self) -> bool:
        """Whether there is anything to compare."""
        return bool(self.tumour) and bool(self.flow)


def _regions(made: Subtraction, wish: SeparationWish) -> Regions:
    """The strokes where there are some of both kinds, else what was grown and the flow that was found."""
    stack, separation = made.stack, made.separation
    drawn = [
        tuple(sampled(stack, wish.link, sample) for sample in wish.strokes if sample.kind == kind)
        for kind in (TUMOUR, VEIN)
    ]
    enough = [[mask for mask in kind if np.count_nonzero(mask) >= FEWEST_VOXELS] for kind in drawn]
    if len(enough[0]) > 1 and enough[1]:
        return Regions(tuple(enough[0]), tuple(enough[1]))
    flows = tuple(flow.where for flow in separation.flows[:1] if np.count_nonzero(flow.where) >= FEWEST_VOXELS)
    inside = separation.region
    core = opened(inside, float(stack.grid.spacing_mm.max()), stack.grid.spacing_mm) if inside.any() else inside
    for mask in (core, inside, separation.tumour.where):
        if np.count_nonzero(mask) >= FEWEST_VOXELS:
            return Regions((mask,), flows)
    return Regions((), flows)


def sampled(stack: PhaseStack, link: SpatialMap, sample: Sample) -> Mask:
    """The voxels (k, j, i) of a stroke in the planning image's frame."""
    found = np.zeros(stack.grid.shape, bool)
    for point in stack.grid.to_index(link.apply(sample.points_mm)).reshape(-1, 3)[:, ::-1]:
        if ((point > -1) & (point < np.array(stack.grid.shape))).all():
            found |= ball_around(point, sample.radius_mm, stack.grid.spacing_mm, stack.grid.shape)
    return found & stack.covered


def _combination(stack: PhaseStack, regions: Regions) -> EvidenceMap | None:
    """The linear combination of all phases that tells tumour from flow best, as a map in units of its noise."""
    if not regions.both:
        return None
    samples = [
        [stack.signals[:, mask].T.astype(np.float64) for mask in kind] for kind in (regions.tumour, regions.flow)
    ]
    weights, _ = combination(samples[0], samples[1])
    noise = float(np.linalg.norm(weights * stack.noise))
    if not np.isfinite(weights).all() or noise <= 0:
        return None
    weights = weights / noise
    middle = 0.5 * sum(float(np.median(np.vstack(kind) @ weights)) for kind in samples)
    values = np.tensordot(weights.astype(np.float32), stack.signals, axes=1) - np.float32(middle)
    terms = " ".join(f"{w:+.3g} S({name})" for w, name in zip(weights, stack.names, strict=True))
    return EvidenceMap(COMBINATION, f"{terms}, in units of its noise", "noise", values, ("flow", "tumour"))


def _judged(made: Subtraction, maps: dict[str, EvidenceMap], regions: Regions) -> tuple[Judged, ...]:
    if SHARE_MAP not in maps or not regions.both:  # no share is shown where nothing separates
        return made.separation.evidence
    return judge_regions(made.stack, regions.tumour, regions.flow, [maps[SHARE_MAP]])


def _rocs(maps: dict[str, EvidenceMap], regions: Regions, judged: Sequence[Judged]) -> dict[str, tuple[Float, Float]]:
    if not regions.both:
        return {}
    tumour, flow = np.logical_or.reduce(regions.tumour), np.logical_or.reduce(regions.flow)
    found = {}
    for each in [j for j in judged if j.evidence in maps][:MOST_ROCS]:
        values = maps[each.evidence].values
        sign = 1.0 if each.higher_in_tumour else -1.0
        one, other = (sign * values[mask].astype(np.float64) for mask in (tumour, flow))
        found[each.evidence] = roc(one[np.isfinite(one)], other[np.isfinite(other)])
    return found


def _growers(
    made: Subtraction, maps: dict[str, EvidenceMap], regions: Regions, progress: Progress
) -> dict[str, tuple[Grower, float]]:
    """For every map something that grows on it, with the threshold half way between tumour and flow."""
    separation, stack = made.separation, made.stack
    shares = separation.shares
    if not separation.separable or shares is None or not regions.both:
        return {}
    stopped = separation.allowed & (shares.shares[1:-1].sum(axis=0) < np.maximum(shares.tumour, SURFACE))
    tumour, flow = np.logical_or.reduce(regions.tumour), np.logical_or.reduce(regions.flow)
    bright = brightness(stack, separation.tumour)
    found: dict[str, tuple[Grower, float]] = {}
    for number, (name, each) in enumerate(maps.items()):
        progress(number / len(maps), "Preparing what grows")
        if name == SHARE_MAP:
            low, high = SHARE_LEVELS
            grower = grower_on(
                each, stack.grid, separation.allowed, separation.seed_kji, higher=True, lowest=low, highest=high
            )
            found[name] = grower, SURFACE
            continue
        ones, others = each.values[tumour].astype(np.float64), each.values[flow].astype(np.float64)
        ones, others = ones[np.isfinite(ones)], others[np.isfinite(others)]
        if len(ones) < FEWEST_VOXELS or len(others) < FEWEST_VOXELS:
            continue
        ends = float(np.median(ones)), float(np.median(others))
        threshold = suggested_threshold(ones, others)
        reach = 0.35 * abs(ends[0] - ends[1])
        if reach <= 0:
            continue
        grower = grower_on(
            each, stack.grid, stopped, separation.seed_kji, higher=ends[0] > ends[1],
            lowest=threshold - reach, highest=threshold + reach, bright=bright,
        )  # fmt: skip
        found[name] = grower, threshold
    for grower, threshold in found.values():
        grower.at(threshold)  # is asked for first, and on the window's thread
    return found


def contours_as_wished(
    grown: Grown, found: Found, planning: Volume, progress: Progress = silent
) -> tuple[ContourStack, ContourStack]:
    """The proposal, and the vein beside it, drawn on the planning image's slices."""
    progress(0.0, "Drawing on the planning image")
    tumour = contours_of(grown.field, grown.grid, planning, found.link)
    progress(1.0, "Drawn")
    return tumour, found.subtraction.vein


def map_before_alignment(found: Found, name: str, progress: Progress = silent) -> EvidenceMap:
    """A map as it would be without the alignment of the phases: where they moved, edges are bright and dark."""
    made = found.subtraction
    progress(0.0, "Looking the phases up where the scanner placed them")
    unmoved = [replace(each, to_phase=Transform.identity()) for each in made.aligned]
    stack = stack_phases(
        unmoved, made.stack.grid, made.stack.frame_of_reference_uid, gains=made.stack.gains,
        progress=part(progress, 0.0, 0.7),
    )  # fmt: skip
    for each in evidence_maps(stack):
        if each.name == name:
            return each
    return found.maps[name]
