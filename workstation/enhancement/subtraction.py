"""The whole way from the phases of an examination to a candidate: align, compare, separate, draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.enhancement.alignment import AlignedPhase, align_phases
from workstation.enhancement.candidate import contours_of, level_field
from workstation.enhancement.errors import EnhancementError
from workstation.enhancement.flow import SEED_RADIUS_MM
from workstation.enhancement.maps import EvidenceMap, evidence_maps
from workstation.enhancement.phase_stack import PhaseStack, stack_phases
from workstation.enhancement.separation import (
    BOX_MM,
    SHARE_FORMULA,
    SHARE_NAME,
    Separation,
    separate,
    weighted_maps,
)
from workstation.enhancement.unmixing import SURFACE
from workstation.enhancement.weighting import Difference
from workstation.geometry.deformation import SpatialMap
from workstation.geometry.grid import Grid
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform
from workstation.images.phase_times import Phase
from workstation.images.shading import shading_of
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, part, silent
from workstation.structures.carried import carried_stack, planes_of
from workstation.structures.rasterise import mask_of
from workstation.structures.structure import ContourStack

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Subtraction:
    """What was found. tumour, vein: contours on the planes of `target`, empty where nothing separates.

    reference: the phase that the others were laid onto. differences: weighted ones that were asked for.
    """

    target: Volume
    reference: Phase
    aligned: tuple[AlignedPhase, ...]
    separation: Separation
    tumour: ContourStack
    vein: ContourStack
    differences: tuple[Difference, ...] = ()

    @property
    def stack(self) -> PhaseStack:
        """The phases around the click, on one grid and one scale."""
        return self.separation.stack

    def maps(self) -> list[EvidenceMap]:
        """Every map of the stack, weighted differences, and the share of tumour where it is told from flow."""
        found = [*evidence_maps(self.stack), *weighted_maps(self.stack, self.differences, self.separation.flows)]
        shares = self.separation.shares
        if shares is not None and self.separation.separable:
            found.append(EvidenceMap(SHARE_NAME, SHARE_FORMULA, "", shares.tumour, ("", "tumour")))
        return found


def subtract(
    phases: Sequence[Phase],
    tumour_mm: ArrayLike,
    *,
    vein_mm: ArrayLike | None = None,
    vein: ContourStack | None = None,
    reference: Phase | None = None,
    planning: Volume | None = None,
    to_reference: SpatialMap | None = None,
    barriers: Sequence[ContourStack] = (),
    normalise: ContourStack | None = None,
    shading: Literal["ratio", "n4"] = "ratio",
    chosen: Sequence[str] = (),
    differences: Sequence[Difference] = (),
    threshold: float = SURFACE,
    aligned: Sequence[AlignedPhase] | None = None,
    progress: Progress = silent,
) -> Subtraction:
    """Separate the clicked tumour from flowing blood and draw it.

    phases: of one examination, in the order of time. tumour_mm, vein_mm: (3,) points, and vein, barriers, normalise:
    contours, in the frame of the planning image where there is one, else of the reference phase. barriers: what the
    tumour can't be, such as bone. normalise: tissue that tells the phases' scale, such as muscle; never the vein.
    shading: "ratio" leaves it to courses and ratios, which don't depend on it, "n4" takes it out of the signals first.
    reference: what the others are aligned with, by default the one before contrast. to_reference: the planning image's
    frame to the reference phase's. chosen: names of the phases that count, all by default. differences: weighted
    differences of two phases that are judged beside all other evidence. aligned: where that was done before.
    A phase whose alignment is not to be trusted is left out, and a warning says so.
    Raises EnhancementError for fewer than two phases, a point outside of the images, or no link to the planning image.
    """
    base = reference or reference_of(phases)
    target = planning or base.volume
    link = _link(base.volume, planning, to_reference)
    point = link.apply(np.asarray(tumour_mm, dtype=np.float64))
    vein_point = None if vein_mm is None else link.apply(np.asarray(vein_mm, dtype=np.float64))
    _check_points(base.volume.grid, (point, tumour_mm), (vein_point, vein_mm))
    if len(set(chosen)) < len(chosen):
        raise EnhancementError(f"{chosen[0]!r} is both the early and the delayed phase: name two phases")
    done = tuple(aligned) if aligned is not None else align_phases(phases, base, part(progress, 0.0, 0.6))
    trusted = _trusted(done, base)
    grid = box_around(base.volume.grid, point)
    stack = stack_phases(
        trusted, grid, base.volume.frame_of_reference_uid, reference_tissue=_tissue(normalise, link, grid),
        shading=_shading(base.volume) if shading == "n4" else None, progress=part(progress, 0.6, 0.75),
    )  # fmt: skip
    found = separate(
        stack, point, vein_point, vein=_mask(vein, link, grid), barrier=_barrier(barriers, link, grid),
        phases=_numbers_of(chosen, stack), differences=differences, threshold=threshold,
        progress=part(progress, 0.75, 0.95),
    )  # fmt: skip
    refused = tuple(f"Left out: {each.doubt}." for each in done if each not in trusted)
    gaps = tuple(f"{each.phase.name}: {words}." for each in trusted for words in each.phase.volume.warnings)
    found = replace(found, warnings=(*refused, *gaps, *found.warnings))
    tumour, vein_found = _drawn(found, threshold, target, link)
    progress(1.0, "Separated")
    return Subtraction(target, base, done, found, tumour, vein_found, tuple(differences))


def _numbers_of(chosen: Sequence[str], stack: PhaseStack) -> list[int] | None:
    """Numbers of the chosen phases and of the one before contrast; None for all."""
    missing = [name for name in chosen if name not in stack.names]
    if missing:
        raise EnhancementError(f"There is no phase called {missing[0]!r}: there are {', '.join(stack.names)}")
    return [n for n, name in enumerate(stack.names) if name in chosen or n == stack.before] if chosen else None


def _drawn(found: Separation, threshold: float, target: Volume, link: SpatialMap) -> tuple[ContourStack, ContourStack]:
    """The candidate and the flow beside it on the target's slices; empty where nothing separates."""
    plane, _, spacing_mm = planes_of(target)
    empty = ContourStack(plane, spacing_mm)
    if not found.separable or found.shares is None:
        return empty, empty
    grid, flow = found.stack.grid, found.shares.shares[1:-1].sum(axis=0)
    return (
        contours_of(level_field(found.shares.tumour, threshold, found.region), grid, target, link),
        contours_of(level_field(flow, SURFACE, found.flow_region), grid, target, link),
    )


def box_around(grid: Grid, point_mm: Float, half_mm: float = BOX_MM) -> Grid:
    """The part of a lattice within a box around a point."""
    index = grid.to_index(point_mm)
    reach = np.ceil(half_mm / grid.spacing_mm)
    low = np.maximum(np.floor(index - reach), 0).astype(int)
    high = np.minimum(np.ceil(index + reach), np.array(grid.size) - 1).astype(int)
    return grid.box(low, high - low + 1)


def reference_of(phases: Sequence[Phase]) -> Phase:
    """What the others are aligned with unless somebody chooses: the phase before contrast, else the first."""
    if len(phases) < 2:
        raise EnhancementError("A subtraction needs at least two phases of one examination")
    return next((phase for phase in phases if phase.name.startswith("pre")), phases[0])


def _link(reference: Volume, planning: Volume | None, to_reference: SpatialMap | None) -> SpatialMap:
    if planning is None or planning is reference:
        return Transform.identity()
    if to_reference is not None:
        return to_reference
    shared = planning.frame_of_reference_uid
    if shared and shared == reference.frame_of_reference_uid:
        return Transform.identity()
    raise EnhancementError("Nothing links the phases to the planning image: register them first")


def _check_points(
    grid: Grid, tumour: tuple[Float, ArrayLike], vein: tuple[Float | None, ArrayLike | None]
) -> None:
    """Of each point: where it lies in the phases' frame, and as it was given."""
    for (point, given), what in ((tumour, "tumour"), (vein, "vein")):
        if point is not None and not (np.isfinite(point).all() and grid.contains(point)):
            place = ", ".join(f"{value:.1f}" for value in np.asarray(given, dtype=np.float64).tolist())
            raise EnhancementError(
                f"The point in the {what} ({place} mm) lies outside of the phases: choose a point within their images"
            )
    if vein[0] is not None and float(np.linalg.norm(vein[0] - tumour[0])) < SEED_RADIUS_MM:
        raise EnhancementError("The points in the tumour and in the vein lie at the same place: choose another vein")


def _trusted(aligned: Sequence[AlignedPhase], reference: Phase) -> tuple[AlignedPhase, ...]:
    """The phases that lie where they should; EnhancementError where the reference is left alone."""
    kept = tuple(each for each in aligned if not each.doubt or each.phase.volume is reference.volume)
    if len(kept) < 2:
        doubts = "; ".join(each.doubt for each in aligned if each.doubt)
        raise EnhancementError(f"Fewer than two phases lie on each other ({doubts}): align them by hand")
    return kept


def _shading(volume: Volume) -> Volume:
    """Of the reference phase, as an image of its frame of reference."""
    return replace(volume, voxels=shading_of(volume))


def _barrier(barriers: Sequence[ContourStack], link: SpatialMap, grid: Grid) -> NDArray[np.bool_] | None:
    """(k, j, i) voxels of anything that the tumour can't be."""
    found = [mask for mask in (_mask(each, link, grid) for each in barriers) if mask is not None]
    return np.logical_or.reduce(found) if found else None


def _tissue(contours: ContourStack | None, link: SpatialMap, grid: Grid) -> NDArray[np.bool_] | None:
    if contours is None:
        return None
    found = _mask(contours, link, grid)
    if found is None or not found.any():
        raise EnhancementError("The structure that is to tell the phases' scale does not lie near the click")
    return found


def _mask(contours: ContourStack | None, link: SpatialMap, grid: Grid) -> NDArray[np.bool_] | None:
    """(k, j, i) voxels of contours of the planning image's frame on the stack's grid."""
    if contours is None or not contours.slices:
        return None
    if not isinstance(link, Transform):
        heights_mm = grid.to_patient([[0, 0, k] for k in range(grid.size[2])]) @ grid.normal
        plane = Plane((0.0, 0.0, 0.0), grid.direction[:, 0], grid.direction[:, 1])
        carried = carried_stack(contours, link.inverse(), (plane, heights_mm, float(grid.spacing_mm[2])))
        return mask_of(carried, grid).full()
    back = link.inverse().matrix @ grid.matrix
    spacing = np.linalg.norm(back[:3, :3], axis=0)
    there = Grid(back[:3, 3], spacing, back[:3, :3] / spacing, grid.size)
    return mask_of(contours, there).full()
