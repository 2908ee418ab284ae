"""Registration by landmarks, and what pairs of landmarks say about any registration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from workstation.fusion.landmark_fit import LEAST_PAIRS, LandmarkFit, errors_under, fit_rigid
from workstation.fusion.landmarks import LandmarkPair
from workstation.fusion.registration import Registration, RegistrationError
from workstation.geometry.transform import Transform
from workstation.images.naming import name_of_volume
from workstation.images.volume import Volume

Float = NDArray[np.float64]

SMALLEST_TOLERANCE_MM, FAILED_MM = 2.0, 5.0
"""TG-132: the target registration error stays below the largest voxel side (2 to 3 mm), 5 mm at most."""


@dataclass(frozen=True, eq=False)
class LandmarkErrors:
    """How far pairs end apart under a registration (TRE).

    pairs: n complete pairs, fixed and moving as in the registration. vectors_mm: (n, 3) from each moving landmark to
    where the registration takes its fixed one, in the moving frame.
    """

    pairs: tuple[LandmarkPair, ...]
    vectors_mm: Float

    @property
    def errors_mm(self) -> Float:
        """(n,) lengths."""
        lengths: Float = np.linalg.norm(self.vectors_mm, axis=1)
        return lengths

    def as_quality(self) -> dict[str, Any]:
        """For `Registration.quality["landmarks"]`: count, tre_mm (mean, max) and the error of each pair."""
        found = self.errors_mm
        whole: dict[str, Any] = {"count": len(self.pairs), "pairs": _each(self.pairs, found)}
        if len(found):
            whole["tre_mm"] = {"mean": round(float(found.mean()), 3), "max": round(float(found.max()), 3)}
        return whole


def pairs_between(pairs: Iterable[LandmarkPair], fixed_uid: str, moving_uid: str) -> tuple[LandmarkPair, ...]:
    """Those between two frames of reference, by number; pairs set the other way round are turned.

    A pair that names no frames (from a file) is taken to lie in these.
    """
    found = []
    for pair in pairs:
        frames = pair.fixed_frame_uid or fixed_uid, pair.moving_frame_uid or moving_uid
        if frames == (fixed_uid, moving_uid):
            found.append(replace(pair, fixed_frame_uid=fixed_uid, moving_frame_uid=moving_uid))
        elif frames == (moving_uid, fixed_uid):
            found.append(pair.turned())
    return tuple(sorted(found, key=lambda pair: pair.number))


def fit_pairs(pairs: Sequence[LandmarkPair]) -> LandmarkFit:
    """The rigid fit of the complete pairs among those given. Raises RegistrationError where none is possible."""
    used = [pair for pair in pairs if pair.complete]
    if len(used) < LEAST_PAIRS:
        placed = {0: "none is", 1: "one is", 2: "two are"}[len(used)]
        raise RegistrationError(f"At least three pairs of landmarks must be placed in both images; {placed}")
    fixed = [pair.fixed_mm for pair in used if pair.fixed_mm is not None]
    moving = [pair.moving_mm for pair in used if pair.moving_mm is not None]
    return fit_rigid(fixed, moving, [pair.number for pair in used])


def register_landmarks(pairs: Iterable[LandmarkPair], fixed: Volume, moving: Volume) -> Registration:
    """The rigid registration that brings the complete pairs between two images together by least squares.

    pairs: points in mm in the frames of reference of the two images, either way round; pairs of other frames don't
    count. Raises RegistrationError for fewer than three, for pairs on a line, and for an image without a frame.
    `quality["landmarks"]` holds the count, fre_mm, the error of each pair, and, from four pairs on, leave_one_out_mm
    (RMS) and tre_mm (mean, max): each pair predicted from the others, which the verdict follows (TG-132).
    """
    for image in (fixed, moving):
        if not image.frame_of_reference_uid:
            raise RegistrationError(
                f"{name_of_volume(image)} names no frame of reference, so a registration can't refer to it"
            )
    between = pairs_between(pairs, fixed.frame_of_reference_uid, moving.frame_of_reference_uid)
    used = tuple(pair for pair in between if pair.complete)
    fit = fit_pairs(used)
    return Registration(
        identifier=str(uuid4()),
        fixed_frame_uid=fixed.frame_of_reference_uid,
        moving_frame_uid=moving.frame_of_reference_uid,
        fixed_to_moving=fit.transform,
        method=f"landmarks, {len(used)} pairs",
        quality=_quality(fit, used, tolerance_mm(fixed, moving)),
    )


def landmark_errors(registration: Registration, pairs: Iterable[LandmarkPair]) -> LandmarkErrors:
    """How far the complete pairs between a registration's two frames end apart under it; bent or not."""
    between = pairs_between(pairs, registration.fixed_frame_uid, registration.moving_frame_uid)
    used = tuple(pair for pair in between if pair.complete)
    if not used:
        return LandmarkErrors((), np.empty((0, 3)))
    fixed, moving = np.array([pair.fixed_mm for pair in used]), np.array([pair.moving_mm for pair in used])
    return LandmarkErrors(used, registration.fixed_to_moving.apply(fixed) - moving)


def tolerance_mm(fixed: Volume, moving: Volume) -> float:
    """What a target registration error may be: the largest side of a voxel of either image, at least 2 mm (TG-132)."""
    return max(SMALLEST_TOLERANCE_MM, *map(float, fixed.grid.spacing_mm), *map(float, moving.grid.spacing_mm))


def verdict_of(fit: LandmarkFit, tolerance: float) -> tuple[str, list[str]]:
    """ "good", "doubtful" or "failed", and why in sentences. tolerance: mm, see `tolerance_mm`."""
    reasons = list(fit.warnings)
    checked = fit.leave_one_out_rms_mm
    told = "Pairs predicted from the others end" if np.isfinite(checked) else "The pairs end"
    error = checked if np.isfinite(checked) else fit.fre_mm
    worst = max(FAILED_MM, 2 * tolerance)
    if error > tolerance:
        limit = worst if error > worst else tolerance
        reasons.insert(0, f"{told} {error:.1f} mm apart; {limit:.1f} mm is the limit")
    mirrored = any("mirrored" in warning for warning in fit.warnings)
    if error > worst or mirrored:
        return "failed", reasons
    return ("doubtful" if reasons else "good"), reasons


def _quality(fit: LandmarkFit, pairs: tuple[LandmarkPair, ...], tolerance: float) -> dict[str, Any]:
    landmarks: dict[str, Any] = {
        "count": len(pairs),
        "fre_mm": round(fit.fre_mm, 3),
        "fitted": True,
        "pairs": _each(pairs, fit.errors_mm),
    }
    left_out = fit.leave_one_out_mm[np.isfinite(fit.leave_one_out_mm)]
    if len(left_out):
        landmarks["leave_one_out_mm"] = round(fit.leave_one_out_rms_mm, 3)
        landmarks["tre_mm"] = {"mean": round(float(left_out.mean()), 3), "max": round(float(left_out.max()), 3)}
    before = errors_under(Transform.identity(), fit.fixed_mm, fit.moving_mm)
    verdict, reasons = verdict_of(fit, tolerance)
    return {
        "metric": "minus the RMS distance of the landmarks, mm",
        "metric_start": round(-float(np.sqrt(np.mean(before**2))), 3),
        "metric_end": round(-fit.fre_mm, 3),
        "landmarks": landmarks,
        "verdict": verdict,
        "reasons": reasons,
    }


def _each(pairs: Sequence[LandmarkPair], errors_mm: Float) -> list[dict[str, Any]]:
    return [
        {"number": pair.number, "name": pair.name, "error_mm": round(float(error), 3)}
        for pair, error in zip(pairs, errors_mm, strict=True)
    ]
