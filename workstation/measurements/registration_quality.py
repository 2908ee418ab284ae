"""Measures everything that can be known about a registration, and judges it by the tolerances of TG-132."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.fusion.landmark_fit import LEAST_PAIRS
from workstation.fusion.landmark_registration import fit_pairs, landmark_errors, pairs_between
from workstation.fusion.landmarks import LandmarkPair
from workstation.fusion.map_figures import affine_part
from workstation.fusion.preparation import Body
from workstation.fusion.quality.consistency import inverse_consistency_mm, map_back
from workstation.fusion.quality.couch import IEC_OF_LPS, in_couch_terms, in_patient_terms
from workstation.fusion.quality.displacement import bending_mm, displacement_mm
from workstation.fusion.quality.jacobian import jacobian_figures
from workstation.fusion.quality.region import judged_region, reached, some_points_mm
from workstation.fusion.quality.tolerance import Tolerances, judge
from workstation.fusion.registration import Registration, RegistrationError
from workstation.fusion.rigid import register_rigid
from workstation.fusion.stability import stability as repeated
from workstation.geometry.deformation import SpatialMap
from workstation.geometry.mask import Mask
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, part, silent
from workstation.structures.agreement import structure_agreement
from workstation.structures.structure import Structure

Float = NDArray[np.float64]

LEAST_FOR_EXPECTED = LEAST_PAIRS + 1
_SUFFIX = re.compile(r"[_ ](\d+|ct|cbct|mr|pt|pet|us)$")


def assess(
    registration: Registration,
    fixed: Volume,
    moving: Volume,
    *,
    landmarks: Iterable[LandmarkPair] = (),
    structures_fixed: Sequence[Structure] = (),
    structures_moving: Sequence[Structure] = (),
    region: Mask | None = None,
    reverse: Registration | None = None,
    backwards: bool = False,
    stability: dict[str, Any] | None = None,
    target_mm: ArrayLike | None = None,
    centre_mm: ArrayLike | None = None,
    tolerances: Tolerances | None = None,
    progress: Progress = silent,
) -> Registration:
    """The same registration, rigid or bent, with its `quality` completed and judged.

    landmarks: pairs between the two frames. structures: of each image; those of one name are compared (without regard
    to capitals; "GTV_2" and "GTV_MR" are the GTV of the other image), the moving ones looked up through the map.
    region: where displacements count, on any grid in the fixed frame; the body by default. reverse: the same images
    registered the other way round; with `backwards` a rigid one is registered so now. stability: as
    `fusion.stability.stability` tells; with target_mm, a fixed point (3,), it is measured there for a rigid one,
    which repeats the registration. centre_mm: what the six degrees turn about, the middle of the fixed image by
    default. tolerances: by the images' voxels by default. Raises RegistrationError for images of other frames.

    Adds "displacement_mm" (of a bent one: beyond its rigid part), "moved_mm" and "jacobian" (bent ones), "landmarks",
    "structures", "inverse_consistency_mm", "stability_mm", "six_degrees", "engine" (verdict and reasons as found),
    "attempts" (sentences: what was tried and led nowhere), and the whole "verdict" with "reasons", "passed" and
    "unmeasured"; what is not measured now is kept from before. Points in mm, LPS, fixed frame.
    """
    _require_frames(registration, fixed, moving)
    quality, whole = dict(registration.quality), registration.fixed_to_moving
    quality.setdefault("engine", {k: quality[k] for k in ("verdict", "reasons") if k in quality})
    progress(0.0, "Finding the body")
    body = judged_region(fixed, region)
    points = some_points_mm(body)
    progress(0.15, "Measuring displacements")
    quality.update(_of_map(whole, body, points))
    centre = fixed.grid.centre_mm if centre_mm is None else np.asarray(centre_mm, dtype=np.float64)
    quality["six_degrees"] = six_degrees(whole, centre, fixed.patient_position)
    checks = _landmarks(registration, landmarks, centre if target_mm is None else target_mm)
    if checks is not None:
        quality["landmarks"] = checks
    compared = _structures(whole, structures_fixed, structures_moving, registration, part(progress, 0.25, 0.4))
    if compared:
        quality["structures"] = compared
    images = _Images(registration, fixed, moving)
    if reverse is None and backwards and registration.kind != "deformable":
        reverse = images.registered_backwards(part(progress, 0.4, 0.55))
    if reverse is not None:
        seen = reached(moving, whole, points)
        quality["inverse_consistency_mm"] = inverse_consistency_mm(whole, map_back(registration, reverse), seen)
    if stability is None and target_mm is not None and registration.kind != "deformable":
        stability = images.repeated(target_mm, part(progress, 0.55, 0.98))
    if stability is not None:
        quality["stability_mm"] = stability
    if images.tried:
        quality["attempts"] = images.attempts
    found = judge(quality, registration.kind, tolerances or Tolerances.for_images(fixed, moving))
    quality.update(
        verdict=found.verdict, reasons=found.reasons, passed=found.passed, unmeasured=found.unmeasured
    )
    progress(1.0, "Measured")
    return replace(registration, quality=quality)


assess_registration = assess
"""What it is called where its name stands alone, as in `from workstation import assess_registration`."""


def six_degrees(whole: SpatialMap, centre_mm: ArrayLike, patient_position: str) -> dict[str, Any]:
    """{"patient": …, "couch": … or None, "correction": …} of a map's rigid part about a point; see quality.couch.

    couch is None where the image does not say how the patient lies. correction: the inverse, in the same terms.
    """
    straight = affine_part(whole)
    back = straight.inverse()
    known = patient_position in IEC_OF_LPS
    return {
        "patient": in_patient_terms(straight, centre_mm).as_dict(),
        "couch": in_couch_terms(straight, centre_mm, patient_position).as_dict() if known else None,
        "correction": {
            "patient": in_patient_terms(back, centre_mm).as_dict(),
            "couch": in_couch_terms(back, centre_mm, patient_position).as_dict() if known else None,
        },
        "patient_position": patient_position,
    }


@dataclass(eq=False)
class _Images:
    """The images of a registration, registered again; what leads nowhere is a finding and noted in words."""

    registration: Registration
    fixed: Volume
    moving: Volume
    tried: bool = False
    attempts: list[str] = field(default_factory=list)

    def registered_backwards(self, progress: Progress) -> Registration | None:
        self.tried = True
        try:
            return register_rigid(self.moving, self.fixed, progress=progress)
        except RegistrationError as error:
            self.attempts.append(f"Registered backwards it leads nowhere: {str(error).rstrip('.')}.")
            return None

    def repeated(self, target_mm: ArrayLike, progress: Progress) -> dict[str, Any] | None:
        self.tried = True
        try:
            return repeated(self.fixed, self.moving, self.registration, target_mm, progress=progress)
        except RegistrationError as error:
            self.attempts.append(f"Repeated it leads nowhere: {str(error).rstrip('.')}.")
            return None


def _require_frames(registration: Registration, fixed: Volume, moving: Volume) -> None:
    for uid, volume, side in (
        (registration.fixed_frame_uid, fixed, "fixed"), (registration.moving_frame_uid, moving, "moving"),
    ):  # fmt: skip
        if uid != volume.frame_of_reference_uid:
            raise RegistrationError(f"The {side} image lies in another frame of reference than the registration")


def _of_map(whole: SpatialMap, body: Body, points: Float) -> dict[str, Any]:
    """Displacements (of a bent map beyond its rigid part, and of the whole), and the Jacobian of a bent one."""
    bend = bending_mm(whole, points)
    if bend is None:
        return {"displacement_mm": displacement_mm(whole, points)}
    return {
        "displacement_mm": bend,
        "moved_mm": displacement_mm(whole, points),
        "jacobian": jacobian_figures(whole, points, body.holds),
    }


def _landmarks(
    registration: Registration, landmarks: Iterable[LandmarkPair], target_mm: ArrayLike
) -> dict[str, Any] | None:
    """What the pairs say; those that the registration was fitted to can't judge it and are left as the fit told."""
    frames = registration.fixed_frame_uid, registration.moving_frame_uid
    pairs = [pair for pair in pairs_between(landmarks, *frames) if pair.complete]
    before = registration.quality.get("landmarks") or {}
    if before.get("fitted"):
        used = {row["number"] for row in before.get("pairs", ())}
        others = [pair for pair in pairs if pair.number not in used]
        if not others:
            return None
        measured = landmark_errors(registration, others).as_quality()
        return {**before, "fitted": False, "checked_by": len(others), "tre_mm": measured["tre_mm"]}
    if not pairs:
        return None
    found = landmark_errors(registration, pairs).as_quality()
    if len(pairs) >= LEAST_FOR_EXPECTED:
        found |= _expected(pairs, target_mm)
    return found


def _expected(pairs: Sequence[LandmarkPair], target_mm: ArrayLike) -> dict[str, Any]:
    """What a fit of these pairs would be worth at the target (Fitzpatrick); nothing where they lie on a line."""
    try:
        fit = fit_pairs(pairs)
    except RegistrationError:
        return {}
    expected = float(fit.expected_tre_mm(target_mm))
    if not np.isfinite(expected):
        return {}
    return {"fle_mm": round(fit.fle_mm, 3), "expected_tre_mm": round(expected, 3)}


def _structures(
    whole: SpatialMap,
    of_fixed: Sequence[Structure],
    of_moving: Sequence[Structure],
    registration: Registration,
    progress: Progress,
) -> list[dict[str, Any]]:
    """Each structure that both images carry."""
    pairs = same_structures(
        _drawn(of_fixed, registration.fixed_frame_uid), _drawn(of_moving, registration.moving_frame_uid)
    )
    rows = []
    for n, (one, other) in enumerate(pairs):
        share = part(progress, n / len(pairs), (n + 1) / len(pairs))
        share(0.0, f"Comparing {one.name}")
        rows.append(structure_agreement(one.stack, other.stack, whole, progress=share).as_dict(one.name))
    return rows


def same_structures(
    of_fixed: Sequence[Structure], of_moving: Sequence[Structure]
) -> list[tuple[Structure, Structure]]:
    """Pairs of what is called the same in two lists; a suffix that tells images apart (_2, _MR) may differ.

    In a case names are unique: the GTV that comes with a second image is called GTV_2 there.
    """
    left = list(of_moving)
    found: dict[str, tuple[Structure, Structure]] = {}
    for suffix_may_differ in (False, True):
        for one in of_fixed:
            match = next((other for other in left if _same(one, other, suffix_may_differ)), None)
            if match is not None and one.identifier not in found:
                left.remove(match)
                found[one.identifier] = (one, match)
    return [found[s.identifier] for s in of_fixed if s.identifier in found]


def _same(one: Structure, other: Structure, suffix_may_differ: bool) -> bool:
    if one is other:
        return False
    a, b = one.name.strip().casefold(), other.name.strip().casefold()
    return a == b or (suffix_may_differ and (_SUFFIX.sub("", a) == b or a == _SUFFIX.sub("", b)))


def _drawn(structures: Sequence[Structure], frame_uid: str) -> list[Structure]:
    return [s for s in structures if s.stack.slices and s.frame_of_reference_uid in ("", frame_uid)]
