# mypy: disable-error-code="no-untyped-call"
"""Rigid registration of two images of one patient, of the same or of different modality.

Mattes mutual information, climbed on a coarse and a fine level from the best of several starts, then climbed again
from beside the answer: how far apart the two answers lie is told as the repeatability.
"""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import uuid4

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its own name for itself)
from numpy.typing import NDArray

from workstation.fusion.descent import Level, Pair, Result, descend, information_at
from workstation.fusion.preparation import Prepared, mask_image, prepare
from workstation.fusion.registration import Registration, RegistrationError
from workstation.fusion.starts import SMALLEST_OVERLAP, candidates, overlap
from workstation.geometry.mask import Mask
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, part, silent

Float = NDArray[np.float64]

SEED = 20260112
COARSE = Level(spacing_mm=4.0, samples=20000, iterations=80, first_step_mm=2.0, last_step_mm=0.02)
FINE = Level(spacing_mm=2.0, samples=70000, iterations=50, first_step_mm=0.6, last_step_mm=0.004)
TRIED_STARTS = 3
ATTEMPTS = 3
NUDGE_MM, NUDGE_DEG = 0.7, 0.5
GOOD_REPEATABILITY_MM = 0.5
LEAST_INFORMATION = 0.1
FALLEN = 0.005
"""Mutual information (nats) by which an answer may lie below its start before it counts as worse: sampling noise."""


def register_rigid(
    fixed: Volume,
    moving: Volume,
    *,
    start: Transform | None = None,
    region: Mask | None = None,
    progress: Progress = silent,
) -> Registration:
    """Find the rigid map that takes points of the fixed image to the same anatomy in the moving one.

    start: first guess, fixed to moving; without one, identity where both share a frame of reference, else the best
        of several. region: on any grid in the fixed frame; the fine step compares only there (a target and the bone
        around it, say) instead of the whole body.
    progress: may raise Cancelled.
    Raises RegistrationError, in one sentence, for images that can't be registered and for a result that agrees less
    than the start did. `quality` holds mutual information before and after (nats), iterations, the overlap of the
    bodies, the repeatability in mm (mean over the compared region), the shift and angles, and a `verdict`: "good"
    or "doubtful" with its `reasons`.
    """
    progress(0.0, "Preparing the fixed image")
    one = prepare(fixed, "fixed")
    progress(0.12, "Preparing the moving image")
    other = prepare(moving, "moving")
    where = one.body if region is None else _region(region)
    same_frame = bool(fixed.frame_of_reference_uid) and fixed.frame_of_reference_uid == moving.frame_of_reference_uid
    coarse, chosen = _coarse(one, other, start, same_frame, part(progress, 0.2, 0.5))
    pair = Pair.of(one, other, where, FINE)
    result, apart_mm = _confirmed(pair, one, coarse.transform, part(progress, 0.5, 0.97))
    before = information_at(pair, chosen, SEED + 2)
    after = information_at(pair, result.transform, SEED + 2)
    if after < before - FALLEN:
        raise RegistrationError(
            "The registration failed: the images agree less after it than before; give it a better start by hand"
        )
    quality = _quality(one, other, result, coarse.iterations, before, after, apart_mm)
    progress(1.0, "Registered")
    return Registration(
        identifier=str(uuid4()),
        fixed_frame_uid=fixed.frame_of_reference_uid,
        moving_frame_uid=moving.frame_of_reference_uid,
        fixed_to_moving=result.transform,
        method="rigid, Mattes mutual information",
        quality=quality,
    )


def _coarse(
    one: Prepared, other: Prepared, start: Transform | None, same_frame: bool, progress: Progress
) -> tuple[Result, Transform]:
    """The best coarse answer, and the start that led to it."""
    pair = Pair.of(one, other, one.body, COARSE)
    starts = [start] if start is not None else candidates(one, other, same_frame)
    if not starts or (start is not None and overlap(one, other, start) <= 0.02):
        raise RegistrationError(f"Registration is not possible: {one.name} and {other.name} do not overlap")
    if len(starts) > TRIED_STARTS:
        progress(0.0, f"Comparing {len(starts)} ways to begin")
        starts = sorted(starts, key=lambda t: -information_at(pair, t, SEED))[:TRIED_STARTS]
    best: tuple[Result, Transform] | None = None
    for n, first in zip(count(), starts, strict=False):
        step = part(progress, n / len(starts), (n + 1) / len(starts))
        result = descend(pair, first, SEED, step, f"Registering at 4 mm, start {n + 1} of {len(starts)}")
        if best is None or result.information > best[0].information:
            best = result, first
    assert best is not None
    return best


def _confirmed(pair: Pair, one: Prepared, start: Transform, progress: Progress) -> tuple[Result, float]:
    """The fine answer, and how far (mm) a second climb from beside it ended from it.

    Where the two disagree, the climb goes on from the better one, a few times.
    """
    result = descend(pair, start, SEED, part(progress, 0.0, 0.4), "Registering at 2 mm")
    apart_mm = float("inf")
    for n in range(ATTEMPTS):
        step = part(progress, 0.4 + 0.6 * n / ATTEMPTS, 0.4 + 0.6 * (n + 1) / ATTEMPTS)
        again = descend(pair, _nudged(result.transform, one), SEED + 1 + n, step, "Checking the result")
        apart_mm = _apart_mm(pair, result.transform, again.transform)
        if apart_mm <= GOOD_REPEATABILITY_MM:
            break
        result = max(result, again, key=lambda r: r.information)
    return result, apart_mm


def _region(region: Mask) -> sitk.Image:
    """The region as an image on its own box."""
    size = region.voxels.shape[::-1]
    if not region.voxels.any():
        raise RegistrationError("Registration is not possible: the region is empty")
    return mask_image(region.grid.box(region.start, size), region.voxels)


def _nudged(transform: Transform, one: Prepared) -> Transform:
    shift = NUDGE_MM / np.sqrt(3) * np.array([1.0, -1.0, 1.0])
    turn = NUDGE_DEG * np.array([-1.0, 1.0, 1.0])
    return transform.after(Transform.from_rigid(shift, turn, one.centre_of_mass_mm))


def _apart_mm(pair: Pair, first: Transform, second: Transform) -> float:
    """Mean distance (mm) between two maps over the corners of the compared box."""
    size = pair.fixed.GetSize()
    corners = np.array([
        pair.fixed.TransformIndexToPhysicalPoint([(0, size[a] - 1)[b >> a & 1] for a in range(3)]) for b in range(8)
    ])
    return float(np.linalg.norm(first.apply(corners) - second.apply(corners), axis=1).mean())


def _quality(
    one: Prepared, other: Prepared, result: Result, coarse_iterations: int, before: float, after: float, apart_mm: float
) -> dict[str, Any]:
    common = overlap(one, other, result.transform)
    reasons = []
    if apart_mm > GOOD_REPEATABILITY_MM:
        reasons.append(f"a second run from beside the answer ended {apart_mm:.1f} mm away")
    if after < LEAST_INFORMATION:
        reasons.append("the images have little in common")
    if common < SMALLEST_OVERLAP:
        reasons.append("the bodies overlap little")
    shift, turn = result.transform.translation_mm(one.centre_of_mass_mm), result.transform.rotation_deg()
    return {
        "metric": "Mattes mutual information, nats",
        "metric_start": round(before, 4),
        "metric_end": round(after, 4),
        "iterations": coarse_iterations + result.iterations,
        "overlap": round(common, 3),
        "repeatability_mm": round(apart_mm, 3),
        "shift_mm": [round(float(v), 2) for v in shift],
        "rotation_deg": [round(float(v), 2) for v in turn],
        "verdict": "doubtful" if reasons else "good",
        "reasons": reasons,
    }
