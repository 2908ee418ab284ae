"""What a rigid registration says about itself: figures, a verdict, and its reasons in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workstation.fusion.agreement import METRIC_NAMES, Metric, Pose
from workstation.fusion.plausibility import SMALL_REGION_MM3, LocalShifts, Mirrored, local_shifts, mirrored_fit
from workstation.fusion.registration import RegistrationError
from workstation.fusion.rigid_pair import RigidPair
from workstation.fusion.starts import SMALLEST_OVERLAP, overlap
from workstation.geometry.transform import Transform

GOOD_REPEATABILITY_MM = 0.5
LEAST_AGREEMENT: dict[Metric, float] = {"mutual-information": 0.05, "correlation": 0.3, "local-correlation": 0.15}
LEAST_INSIDE = 0.02
FALLEN = 0.005
"""Agreement by which an answer may lie below its start before it counts as worse: sampling noise."""
GOOD_LOCAL_MM, GOOD_LOCAL_UPPER_MM = 2.0, 6.0
FEWEST_BLOCKS, FEWEST_BLOCKS_OF_A_REGION = 6, 3
SURE_CORRELATION = 0.9
"""Images as proportional as this belong together even if few of their parts can tell."""
MIRROR_RISE = 1.02
EQUAL_SHARE = 0.97
"""Another position that agrees this well makes the best one doubtful."""
FAR_IN_ONE_FRAME_MM = 20.0
JUDGED_MM, JUDGED_IN_A_SMALL_REGION_MM = 4.0, 2.0


@dataclass(frozen=True, eq=False)
class Case:
    """An answer to judge. start: the one that was given. begun: what it began with. limits: what stopped a climb.

    rival: how well the best other position agrees, as a share. apart_mm: how far a second run ended from the first.
    finest_mm: the level at which agreement is told.
    """

    transform: Transform
    start: Transform | None
    begun: str
    rival: float
    steps: int
    apart_mm: float
    finest_mm: float
    limits: tuple[str, ...]


def judged(pair: RigidPair, case: Case, seed: int) -> dict[str, Any]:
    """Quality as JSON values; RegistrationError where the images agree less than before."""
    before, _ = pair.value(case.start or Transform.identity(), case.finest_mm, seed)
    after, inside = pair.value(case.transform, case.finest_mm, seed)
    if after < before - FALLEN:
        raise RegistrationError(
            "The registration failed: the images agree less after it than before; give it a better start by hand"
        )
    local, mirrored = _plausibility(pair, case.transform, seed)
    common = overlap(pair.fixed, pair.moving, case.transform)
    reasons = [
        *_reasons_of_the_climb(case),
        *_reasons_of_the_anatomy(pair, after, local, mirrored),
        *_reasons_of_the_place(pair, case, common, seed),
    ]
    failed = bool(case.limits) or inside < LEAST_INSIDE
    return {
        "metric": METRIC_NAMES[pair.metric],
        "metric_start": round(before, 4),
        "metric_end": round(after, 4),
        "iterations": case.steps,
        "samples": pair.agreement(case.finest_mm, seed).samples.count,
        "start": case.begun,
        "overlap": round(common, 3),
        "repeatability_mm": round(case.apart_mm, 3),
        "local_shift_mm": local.as_dict(),
        "verdict": "failed" if failed else "doubtful" if reasons else "good",
        "reasons": reasons,
    }


def figures_of(transform: Transform, pair: RigidPair) -> dict[str, Any]:
    """What is told of the map itself. transform: the caller's fixed to the caller's moving image."""
    middle = (pair.moving if pair.swapped else pair.fixed).body.middle_mm
    return {
        "region": pair.part_words,
        "sampled": "moving" if pair.swapped else "fixed",
        "shift_mm": [round(float(v), 2) for v in transform.translation_mm(middle)],
        "rotation_deg": [round(float(v), 2) for v in transform.rotation_deg()],
    }


def _plausibility(pair: RigidPair, transform: Transform, seed: int) -> tuple[LocalShifts, Mirrored]:
    """How far parts would rather lie, and how the mirrored image would agree."""
    level = JUDGED_MM if pair.region.volume_mm3 > SMALL_REGION_MM3 else JUDGED_IN_A_SMALL_REGION_MM
    agreement = pair.agreement(level, seed + 1)
    local = local_shifts(agreement, Pose.of(transform, agreement.samples.pivot_mm), pair.region.volume_mm3)
    body = pair.agreement(JUDGED_MM, seed + 1, "mutual-information", whole=True)
    pose = Pose.of(transform, body.samples.pivot_mm)
    return local, mirrored_fit(body, pose, pair.fixed.body.volume_mm3, pair.pool)


def _reasons_of_the_climb(case: Case) -> list[str]:
    reasons = []
    if case.limits:
        words = " and ".join(sorted(set(case.limits)))
        reasons.append(f"the search for the best agreement was stopped by its limit of {words}")
    if case.apart_mm > GOOD_REPEATABILITY_MM:
        reasons.append(f"a second run from beside the answer ended {case.apart_mm:.1f} mm away")
    return reasons


def _reasons_of_the_anatomy(pair: RigidPair, after: float, local: LocalShifts, mirrored: Mirrored) -> list[str]:
    metric = pair.metric
    fewest = FEWEST_BLOCKS if pair.region is pair.fixed.body else FEWEST_BLOCKS_OF_A_REGION
    if after < LEAST_AGREEMENT[metric]:
        return ["the images have little in common"]
    reasons = []
    if mirrored.rise > MIRROR_RISE and mirrored.content:
        reasons.append("the images fit better with left and right exchanged: one of them may be mirrored")
    elif mirrored.rise > MIRROR_RISE:
        reasons.append("the images agree no better than with left and right exchanged")
    if len(local.lengths_mm) < fewest:
        if metric != "correlation" or after < SURE_CORRELATION:
            reasons.append("too few parts of the images show enough to tell whether they fit")
    elif local.median_mm > GOOD_LOCAL_MM:
        reasons.append(
            f"the anatomies differ: half of the image would rather lie {local.median_mm:.0f} mm or more elsewhere"
        )
    elif local.upper_mm > GOOD_LOCAL_UPPER_MM:
        reasons.append(
            f"the anatomy is not rigid: a fifth of it would rather lie {local.upper_mm:.0f} mm or more elsewhere"
        )
    return reasons


def _reasons_of_the_place(pair: RigidPair, case: Case, common: float, seed: int) -> list[str]:
    reasons = []
    if common < SMALLEST_OVERLAP:
        reasons.append("the bodies overlap little")
    if case.rival > EQUAL_SHARE:
        reasons.append("another position agrees nearly as well")
    moved_mm = pair.apart_mm(Transform.identity(), case.transform, case.finest_mm, seed)
    if pair.same_frame and case.start is None and moved_mm > FAR_IN_ONE_FRAME_MM:
        reasons.append(f"the images name one frame of reference, and yet the answer lies {moved_mm:.0f} mm from it")
    return reasons
