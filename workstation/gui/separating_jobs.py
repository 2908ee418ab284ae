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
from workstation.enhancement.separability import COMBINATION, Judged, combination, judged, roc
from workstation.enhancement.separation import SHARE_NAME, weighted_maps
from workstation.enhancement.subtraction import Subtraction, subtract
from workstation.enhancement.unmixing import SURFACE, shares_of
from workstation.enhancement.weighting import Difference, is_usual
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
    difference: Difference | None = None
    basis: tuple[object, ...] = ()


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
        separating.difference, separating.basis(),
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
        shading=wish.shading, differences=_possible(wish), progress=part(progress, 0.0, 0.8),
    )  # fmt: skip
    progress(0.8, "Comparing the evidence")
    maps = {each.name: each for each in made.maps()}
    regions = _regions(made, wish)
    mixed = _combination(made.stack, regions)
    if mixed is not None:
        maps[mixed.name] = mixed
    ranked = _judged(made, maps, regions)
    growers = _growers(made, maps, regions, part(progress, 0.85, 1.0))
    separation, flow = made.separation, None
    if separation.separable and separation.shares is not None:
        flow = region_as_grown(
            made.stack.grid, separation.shares.shares[1:-1].sum(axis=0), separation.flow_region, SURFACE
        )
    taken = [each for each in (wish.vein, *wish.barriers, wish.normalise) if each is not None]
    return Found(
        made, wish.link, wish.planning.key, wish.seed_mm, maps, ranked, regions.compared, _rocs(maps, regions, ranked),
        {name: window_of(each) for name, each in maps.items()}, growers, flow,
        wish.chain, tuple((each.identifier, fingerprint(each.stack)) for each in taken), wish.basis,
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

    @property
    def compared(self) -> tuple[Mask, Mask] | None:
        """All of the tumour, and all of the flow; None without both."""
        return (np.logical_or.reduce(self.tumour), np.logical_or.reduce(self.flow)) if self.both else None


def _possible(wish: SeparationWish) -> tuple[Difference, ...]:
    """The wished difference where both of its phases count."""
    names, own = {phase.name for phase in wish.phases}, wish.difference
    return (own,) if own is not None and {own.late, own.early} <= names else ()


def with_difference(found: Found, own: Difference, progress: Progress = silent) -> Found:
    """The result with a weighted difference among its maps, in the place of an earlier one.

    Raises EnhancementError where the difference can't be made.
    """
    progress(0.0, "Subtracting the phases")
    made = found.subtraction
    before = {each.name for each in made.differences if not is_usual(made.stack, each.name)}
    flow = found.compared[1] if found.compared is not None else None
    if flow is None and made.separation.flows:
        flow = made.separation.flows[0].where
    own = own.resolved(made.stack, flow)
    each = own.of(made.stack)
    made = replace(made, differences=(own,))
    if is_usual(made.stack, each.name):
        each = found.maps[each.name]
    maps = {name: known for name, known in found.maps.items() if name not in before} | {each.name: each}
    ranked = [known for known in found.judged if known.evidence in maps or known.evidence == COMBINATION]
    rocs = {name: known for name, known in found.rocs.items() if name in maps}
    growers = {name: known for name, known in found.growers.items() if name in maps}
    if found.compared is not None and each.name not in {known.evidence for known in ranked}:
        tumour, flow = (each.values[mask].astype(np.float64) for mask in found.compared)
        mine = judged(each.name, tumour, flow)
        place = next((n for n, known in enumerate(ranked) if known.d_prime < mine.d_prime), len(ranked))
        ranked.insert(place, mine)
        rocs[each.name] = _roc_of(each, mine, found.compared)
        if found.growers and (grower := _grower_on(each, made, found.compared)) is not None:
            growers[each.name] = grower
    progress(1.0, "Subtracted")
    windows = {**found.windows, each.name: window_of(each)}
    return replace(
        found, subtraction=made, maps=maps, judged=tuple(ranked), rocs=rocs, growers=growers, windows=windows
    )


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
    kept = tuple(float(w) for w in weights)
    formula = f"{terms}, in units of its noise"
    return EvidenceMap(COMBINATION, formula, "noise", values, ("flow", "tumour"), weights=kept)


def _judged(made: Subtraction, maps: dict[str, EvidenceMap], regions: Regions) -> tuple[Judged, ...]:
    if SHARE_NAME not in maps or not regions.both:  # no share is shown where nothing separates
        return made.separation.evidence
    weighted = weighted_maps(made.stack, made.differences, made.separation.flows)
    return judge_regions(made.stack, regions.tumour, regions.flow, [*weighted, maps[SHARE_NAME]])


def _rocs(maps: dict[str, EvidenceMap], regions: Regions, ranked: Sequence[Judged]) -> dict[str, tuple[Float, Float]]:
    if regions.compared is None:
        return {}
    best = [j for j in ranked if j.evidence in maps][:MOST_ROCS]
    return {each.evidence: _roc_of(maps[each.evidence], each, regions.compared) for each in best}


def _roc_of(each: EvidenceMap, told: Judged, compared: tuple[Mask, Mask]) -> tuple[Float, Float]:
    sign = 1.0 if told.higher_in_tumour else -1.0
    one, other = (sign * each.values[mask].astype(np.float64) for mask in compared)
    return roc(one[np.isfinite(one)], other[np.isfinite(other)])


def _growers(
    made: Subtraction, maps: dict[str, EvidenceMap], regions: Regions, progress: Progress
) -> dict[str, tuple[Grower, float]]:
    """For every map something that grows on it, with the threshold half way between tumour and flow."""
    if not made.separation.separable or made.separation.shares is None or regions.compared is None:
        return {}
    found: dict[str, tuple[Grower, float]] = {}
    for number, (name, each) in enumerate(maps.items()):
        progress(number / len(maps), "Preparing what grows")
        grower = _grower_on(each, made, regions.compared)
        if grower is not None:
            found[name] = grower
    return found


def _grower_on(each: EvidenceMap, made: Subtraction, compared: tuple[Mask, Mask]) -> tuple[Grower, float] | None:
    """What grows on a map, with its threshold; None where the map does not tell the two apart."""
    separation, grid = made.separation, made.stack.grid
    shares = separation.shares
    assert shares is not None
    if each.name == SHARE_NAME:
        low, high = SHARE_LEVELS
        grower = grower_on(each, grid, separation.allowed, separation.seed_kji, higher=True, lowest=low, highest=high)
        threshold = SURFACE
    else:
        ones, others = (each.values[mask].astype(np.float64) for mask in compared)
        ones, others = ones[np.isfinite(ones)], others[np.isfinite(others)]
        if len(ones) < FEWEST_VOXELS or len(others) < FEWEST_VOXELS:
            return None
        ends = float(np.median(ones)), float(np.median(others))
        threshold, reach = suggested_threshold(ones, others), 0.35 * abs(ends[0] - ends[1])
        if reach <= 0:
            return None
        stopped = separation.allowed & (shares.shares[1:-1].sum(axis=0) < np.maximum(shares.tumour, SURFACE))
        grower = grower_on(
            each, grid, stopped, separation.seed_kji, higher=ends[0] > ends[1], lowest=threshold - reach,
            highest=threshold + reach, bright=brightness(made.stack, separation.tumour),
        )  # fmt: skip
    grower.at(threshold)  # is asked for first, and on the window's thread
    return grower, threshold


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
    usual = next((each for each in evidence_maps(stack) if each.name == name), None)
    if usual is not None:
        return usual
    before = found.maps[name]
    if name == SHARE_NAME:
        separation = made.separation
        return replace(before, values=shares_of(stack, separation.tumour, list(separation.flows)).tumour)
    # A sum of the signals: what it is of those of the unaligned phases, with the same factor and the same constant.
    factor, constant = _line(before, made.stack)
    weights = np.array(before.weights, dtype=np.float32)
    values = np.float32(factor) * np.tensordot(weights, stack.signals, axes=1) + np.float32(constant)
    return replace(before, values=values)


def _line(each: EvidenceMap, stack: PhaseStack) -> tuple[float, float]:
    """Factor and constant between a map and the sum of the signals that it is."""
    total = np.tensordot(np.array(each.weights), stack.signals.reshape(len(stack.signals), -1)[:, ::101], axes=1)
    factor, constant = np.polyfit(total, each.values.ravel()[::101].astype(np.float64), 1)
    return float(factor), float(constant)
