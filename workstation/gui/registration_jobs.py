"""What runs in the background while images are registered: plain functions, from the choices of a panel to a result.

Each of them measures what it found, so that quality is always shown and stored with the registration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.fusion.landmarks import LandmarkPair
from workstation.fusion.registration import Registration
from workstation.fusion.rigid import register_rigid
from workstation.fusion.watching import Watch, silent_watch
from workstation.geometry.grid import Grid
from workstation.geometry.mask import Mask
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, part, silent
from workstation.measurements.registration_quality import assess
from workstation.structures.rasterise import mask_of
from workstation.structures.structure import Structure

Float = NDArray[np.float64]

BODY, BONE, BOX, STRUCTURE, AROUND = "body", "bone", "box", "structure", "around"
"""What is compared: all, bone of the CT, a box at the crosshair, a structure, a box around a structure."""
BOX_MM, AROUND_MM = 100.0, 20.0
AUTO, FRAME, CENTRE, SEARCH, PRESENT = "auto", "frame", "centre", "search", "present"
"""Where a rigid registration begins."""


@dataclass(frozen=True, eq=False)
class Checks:
    """What a result is measured by, beside the images themselves."""

    landmarks: tuple[LandmarkPair, ...] = ()
    structures_fixed: tuple[Structure, ...] = ()
    structures_moving: tuple[Structure, ...] = ()


NO_CHECKS = Checks()


@dataclass(frozen=True, eq=False)
class RigidWish:
    """The choices of an automatic rigid registration.

    start: one of auto, frame, centre, search, present; `present` is where that begins. region: what is compared;
    structure: for "structure" and "around"; point_mm: the middle of the box. metric: see `register_rigid`.
    """

    start: str = AUTO
    present: Transform | None = None
    region: str = BODY
    structure: Structure | None = None
    point_mm: Float = field(default_factory=lambda: np.zeros(3))
    metric: str = "auto"


@dataclass(frozen=True, eq=False)
class DeformableWish:
    """The choices of a deformable registration.

    start: the rigid map that it goes on from. inside: outside of this structure nothing is deformed. spacing_mm:
    between control points, None for what suits the images. stiffness: 1 as usual. diffeomorphic: kept from folding.
    """

    start: Transform | None = None
    metric: str = "auto"
    spacing_mm: float | None = None
    stiffness: float = 1.0
    inside: Structure | None = None
    diffeomorphic: bool = True


def register_as_wished(
    fixed: Volume,
    moving: Volume,
    wish: RigidWish,
    checks: Checks = NO_CHECKS,
    *,
    watch: Watch = silent_watch,
    progress: Progress = silent,
) -> Registration:
    """Register rigidly and measure the result."""
    options: dict[str, Any] = {"metric": wish.metric}
    if wish.start == PRESENT and wish.present is not None:
        options["start"] = wish.present
    elif wish.start != PRESENT:
        options["start_method"] = wish.start
    if wish.region == BONE:
        options["bone"] = True
    elif wish.region == BOX:
        options["box_mm"] = np.array([wish.point_mm - BOX_MM / 2, wish.point_mm + BOX_MM / 2])
    elif wish.region == AROUND and wish.structure is not None:
        options["box_mm"] = box_around(wish.structure)
    elif wish.region == STRUCTURE and wish.structure is not None:
        options["region"] = mask_in(wish.structure, fixed.grid)
    made = register_rigid(fixed, moving, progress=part(progress, 0.0, 0.85), watch=watch, **options)
    return measured(made, fixed, moving, checks, progress=part(progress, 0.85, 1.0))


def deform_as_wished(
    fixed: Volume,
    moving: Volume,
    wish: DeformableWish,
    checks: Checks = NO_CHECKS,
    *,
    watch: Watch = silent_watch,
    progress: Progress = silent,
) -> Registration:
    """Register by a deformation and measure the result."""
    from workstation.fusion.deformable import register_deformable

    options: dict[str, Any] = {"metric": wish.metric, "diffeomorphic": wish.diffeomorphic, "stiffness": wish.stiffness}
    if wish.spacing_mm is not None:
        options["spacing_mm"] = wish.spacing_mm
    if wish.inside is not None:
        options["inside"] = mask_in(wish.inside, fixed.grid)
    made = register_deformable(
        fixed, moving, start=wish.start, progress=part(progress, 0.0, 0.9), watch=watch, **options
    )
    return measured(made, fixed, moving, checks, progress=part(progress, 0.9, 1.0))


def register_phases(
    reference: Volume, phases: Sequence[Volume], progress: Progress = silent
) -> list[tuple[Volume, Registration]]:
    """Register every phase of an examination rigidly onto one of them, from where the scanner placed them."""
    found = []
    for number, phase in enumerate(phases):
        step = part(progress, number / len(phases), (number + 1) / len(phases))
        words = f"Phase {number + 1} of {len(phases)}"
        made = register_rigid(
            reference, phase, start_method=FRAME, progress=lambda f, s, step=step, words=words: step(f, f"{words}: {s}")
        )
        found.append((phase, measured(made, reference, phase)))
    return found


def measured(
    made: Registration, fixed: Volume, moving: Volume, checks: Checks = NO_CHECKS, *, progress: Progress = silent
) -> Registration:
    """The registration with its quality measured by everything that there is to measure it by."""
    return assess(
        made, fixed, moving, landmarks=checks.landmarks, structures_fixed=checks.structures_fixed,
        structures_moving=checks.structures_moving, progress=progress,
    )  # fmt: skip


def box_around(structure: Structure) -> Float:
    """(2, 3) patient corners of a structure's box with some room around; RegistrationError is left to the engine."""
    bounds = structure.stack.bounds_mm()
    if bounds is None:
        return np.zeros((2, 3))
    corners = np.array([[bounds[b >> a & 1][a] for a in range(3)] for b in range(8)])
    placed = structure.stack.plane.origin_mm + corners @ structure.stack.plane.axes
    return np.array([placed.min(0) - AROUND_MM, placed.max(0) + AROUND_MM])


def mask_in(structure: Structure, grid: Grid) -> Mask:
    """The voxels of a structure on a grid."""
    return mask_of(structure.stack, grid)


def drawn_on(structures: Sequence[Structure], image: Volume) -> tuple[Structure, ...]:
    """Those structures that have contours in an image's frame of reference."""
    uid = image.frame_of_reference_uid
    return tuple(s for s in structures if s.stack.slices and uid and s.frame_of_reference_uid == uid)
