"""Rigid registration of two images of one patient, of the same or of different modality.

Mattes mutual information, or correlation where two images of one modality are proportional, climbed through a pyramid
from the best of all ways to begin, then climbed again from beside the answer with other samples: how far apart the
two answers lie is told as the repeatability, the answer is the middle of both.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import uuid4

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.fusion.agreement import METRIC_NAMES, THREADS, Metric, Pose, rotation_of
from workstation.fusion.plausibility import LocalShifts, local_shifts, mirror_agreement
from workstation.fusion.preparation import Body, Prepared, prepare, shows_hounsfield_units
from workstation.fusion.regions import compared_region, lungs_of
from workstation.fusion.registration import Registration, RegistrationError
from workstation.fusion.rigid_pair import Ascent, RigidPair
from workstation.fusion.starts import SMALLEST_OVERLAP, Arena, Found, Start, middles, overlap, searched
from workstation.fusion.watching import Step, Watch, silent_watch
from workstation.geometry.mask import Mask
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, part, silent

Float = NDArray[np.float64]
StartMethod = Literal["auto", "frame", "centre", "search"]

SEED = 20260112
NUDGE_MM, NUDGE_DEG = 0.7, 0.5
GOOD_REPEATABILITY_MM = 0.5
LEAST_AGREEMENT: dict[Metric, float] = {"mutual-information": 0.05, "correlation": 0.3, "local-correlation": 0.15}
LEAST_OVERLAP = 0.02
FALLEN = 0.005
"""Agreement by which an answer may lie below its start before it counts as worse: sampling noise."""
GOOD_LOCAL_MM, GOOD_LOCAL_UPPER_MM = 2.0, 4.5
FEWEST_BLOCKS = 6
MIRROR_RISE = 1.02
EQUAL_SHARE = 0.97
"""Another position that agrees this well makes the best one doubtful."""
ELSEWHERE_MM = 10.0
MUCH_SMALLER = 0.5
"""A moving image that shows so much less is the one that is sampled: then all samples meet something all the time."""
FAR_IN_ONE_FRAME_MM = 20.0
SURE_CORRELATION = 0.9
BEATS_THE_FRAME = 1.1
"""By this factor a searched answer must agree better than the one that a shared frame of reference led to."""


def register_rigid(
    fixed: Volume,
    moving: Volume,
    *,
    start: Transform | None = None,
    start_method: StartMethod = "auto",
    region: Mask | None = None,
    box_mm: ArrayLike | None = None,
    bone: bool = False,
    lungs: bool | None = None,
    metric: Literal["auto"] | Metric = "auto",
    progress: Progress = silent,
    watch: Watch = silent_watch,
) -> Registration:
    """Find the rigid map that takes points of the fixed image to the same anatomy in the moving one.

    start: first guess, fixed to moving, for example placed by hand: only the nearest best agreement is sought.
    start_method, without one: "frame" begins where the images' own geometry puts them, "centre" with their middles on
        each other, "search" tries turns and shifts of every size; "auto" believes a shared frame of reference as long
        as the anatomy agrees there, and searches otherwise.
    region, box_mm ((2, 3) patient mm), bone (of a CT): the fine levels compare only there; several: what they share.
    lungs: where none of these is asked for, compare inside the lungs of a CT, which move against the chest wall; by
        default done for two CTs of which the fixed one is mostly lung.
    metric: "auto" takes correlation for proportional images of one modality, else mutual information.
    progress: may raise Cancelled; watch: gets every step.
    Raises RegistrationError, in one sentence, for images that can't be registered and for a result that agrees less
    than the start did. `quality` (JSON values) holds "metric" with its name and unit, "metric_start", "metric_end",
    "iterations", "samples", "start", "region", "overlap", "repeatability_mm" (mean over the region), "local_shift_mm"
    (how far parts of the anatomy would rather lie), "shift_mm" at the body's middle, "rotation_deg", and a "verdict"
    ("good", "doubtful", "failed") with its "reasons".
    """
    progress(0.0, "Preparing the fixed image")
    one = prepare(fixed, "fixed")
    progress(0.08, "Preparing the moving image")
    other = prepare(moving, "moving")
    progress(0.16, "Preparing the region")
    where, where_words = _compared(one, other, region, box_mm, bone, lungs)
    same_frame = _same_frame(fixed, moving)
    backwards = where is one.body and other.body.volume_mm3 < MUCH_SMALLER * one.body.volume_mm3
    with ThreadPoolExecutor(THREADS) as pool:
        if backwards:
            pair = RigidPair(other, one, other.body, pool)
            start_back = None if start is None else start.inverse()
            result = _Work(pair, start_back, start_method, same_frame, metric, _backwards(watch)).run(
                part(progress, 0.18, 0.98)
            )
        else:
            pair = RigidPair(one, other, where, pool)
            result = _Work(pair, start, start_method, same_frame, metric, watch).run(part(progress, 0.18, 0.98))
    found = result.transform.inverse() if backwards else result.transform
    middle = one.body.middle_mm
    quality = result.quality | {
        "region": where_words,
        "sampled": "moving" if backwards else "fixed",
        "shift_mm": [round(float(v), 2) for v in found.translation_mm(middle)],
        "rotation_deg": [round(float(v), 2) for v in found.rotation_deg()],
    }
    progress(1.0, "Registered")
    return Registration(
        identifier=str(uuid4()),
        fixed_frame_uid=fixed.frame_of_reference_uid,
        moving_frame_uid=moving.frame_of_reference_uid,
        fixed_to_moving=found,
        method=f"rigid, {METRIC_NAMES[pair.metric].split(',')[0]}",
        quality=quality,
    )


def _same_frame(fixed: Volume, moving: Volume) -> bool:
    return bool(fixed.frame_of_reference_uid) and fixed.frame_of_reference_uid == moving.frame_of_reference_uid


def _backwards(watch: Watch) -> Watch:
    """Tells of a registration that goes from the moving image to the fixed one."""

    def inner(step: Step) -> None:
        watch(replace(step, fixed_to_moving=step.fixed_to_moving.inverse() if step.fixed_to_moving else None))

    return inner


def _compared(
    one: Prepared, other: Prepared, region: Mask | None, box_mm: ArrayLike | None, bone: bool, lungs: bool | None
) -> tuple[Body, str]:
    """Where the fixed image is compared, and what that is called."""
    names = (("region", region is not None), ("box", box_mm is not None), ("bone", bone))
    asked = " and ".join(name for name, is_asked in names if is_asked)
    if asked or lungs is False:
        return compared_region(one, region, box_mm, bone), asked or "body"
    if lungs or shows_hounsfield_units(other.volume):
        found = lungs_of(one)
        if found is not None:
            return found, "lungs"
    if lungs:
        raise RegistrationError(f"Registration on the lungs is not possible: {one.name} is no CT that is mostly lung")
    return one.body, "body"


@dataclass(frozen=True, eq=False)
class _Answer:
    transform: Transform
    quality: dict[str, Any]


@dataclass(frozen=True, eq=False)
class _Begun:
    """Where the coarse part ended. rival: how well the best other position agrees, as a share of this one's."""

    name: str
    transform: Transform
    steps: int
    rival: float = 0.0


@dataclass(eq=False)
class _Work:
    """One registration under way."""

    pair: RigidPair
    start: Transform | None
    method: StartMethod
    same_frame: bool
    metric: Literal["auto"] | Metric
    watch: Watch

    def run(self, progress: Progress) -> _Answer:
        """Begin, climb, check, judge."""
        begun = self._begin(part(progress, 0.0, 0.4))
        answer = self._finish(begun, part(progress, 0.4, 0.7))
        if self._should_search(begun, answer):
            try:
                again = self._finish(self._search(part(progress, 0.7, 0.85)), part(progress, 0.85, 1.0))
            except RegistrationError:
                return answer
            return again if self._better(again, answer) else answer
        return answer

    # ------------------------------------------------------------------ to begin

    def _begin(self, progress: Progress) -> _Begun:
        if self.start is not None:
            return self._from(self.start, "given", progress)
        if self.method == "frame" or (self.method == "auto" and self.same_frame):
            return self._from(Transform.identity(), "frame", progress)
        if self.method == "centre":
            return self._centred(progress)
        return self._search(progress)

    def _from(self, start: Transform, name: str, progress: Progress) -> _Begun:
        """Coarse climb from one start; in the region, if that is all that was asked for."""
        self._must_overlap(start)
        ascent = self.pair.ascend(start, [8.0], SEED, progress, self.watch, whole_above_mm=1.0)
        if name == "given" and self.pair.region is not self.pair.fixed.body:
            return _Begun(name, start, 0)
        return _Begun(name, ascent.transform, ascent.steps)

    def _centred(self, progress: Progress) -> _Begun:
        starts = middles(self.pair.fixed, self.pair.moving)
        arena = Arena.of(self.pair.fixed, self.pair.moving, self.pair.pool, SEED)
        found = []
        for n, start in enumerate(starts):
            progress(n / len(starts), "Climbing from the middles")
            found.append(arena.climbed(start.name, arena.pose(start.transform)))
        return self._best(arena, sorted(found, key=lambda f: -f.score))

    def _search(self, progress: Progress) -> _Begun:
        fixed, moving = self.pair.fixed, self.pair.moving
        arena = Arena.of(fixed, moving, self.pair.pool, SEED)
        known = [Start("frame", Transform.identity()), *middles(fixed, moving)]
        return self._best(arena, searched(arena, fixed, moving, known, progress))

    def _best(self, arena: Arena, found: list[Found]) -> _Begun:
        """The best of several climbs, and how good the best one elsewhere is."""
        found = [f for f in found if f.score > 0]
        if not found:
            raise RegistrationError("Registration is not possible: no position was found at which the two images agree")
        for n, one in enumerate(reversed(found)):
            self.watch(Step("search", n + 1, one.climb.value, one.climb.pose.transform(arena.samples.pivot_mm)))
        first = found[0]
        away = [f.score for f in found[1:] if arena.apart_mm(f.climb.pose, first.climb.pose) > ELSEWHERE_MM]
        rival = max(away, default=0.0) / first.score
        return _Begun(first.name, first.climb.pose.transform(arena.samples.pivot_mm), first.climb.steps, rival)

    def _must_overlap(self, start: Transform) -> None:
        one, other = self.pair.fixed, self.pair.moving
        if overlap(one, other, start) <= LEAST_OVERLAP:
            raise RegistrationError(f"Registration is not possible: {one.name} and {other.name} do not overlap")

    def _should_search(self, begun: _Begun, answer: _Answer) -> bool:
        return begun.name == "frame" and self.method == "auto" and answer.quality["verdict"] != "good"

    @staticmethod
    def _better(one: _Answer, other: _Answer) -> bool:
        """Whether a searched answer beats the one from the frame of reference: by what counts first."""
        ranks = {"good": 2, "doubtful": 1, "failed": 0}
        a, b = one.quality, other.quality
        clearly = a["metric"] == b["metric"] and a["metric_end"] > BEATS_THE_FRAME * b["metric_end"]
        return bool(clearly and ranks[a["verdict"]] >= ranks[b["verdict"]])

    # ------------------------------------------------------------------ to finish

    def _finish(self, begun: _Begun, progress: Progress) -> _Answer:
        pair = self.pair
        pair.metric = "mutual-information" if self.metric == "auto" else self.metric
        levels = pair.levels(4.0)
        first = pair.ascend(begun.transform, levels[:1], SEED, part(progress, 0.0, 0.2), self.watch)
        if self.metric == "auto":
            pair.choose_metric(first.transform)
        fine = pair.ascend(first.transform, levels[1:], SEED, part(progress, 0.2, 0.5), self.watch)
        finest = levels[-1]
        again = pair.ascend(
            self._nudged(fine.transform), [finest], SEED + 1, part(progress, 0.5, 0.7), self.watch, "Checking"
        )
        apart_mm = self._apart_mm(fine.transform, again.transform, finest)
        transform = fine.transform
        if apart_mm <= GOOD_REPEATABILITY_MM:
            transform = self._middle(fine.transform, again.transform, finest)
        progress(0.75, "Judging the result")
        steps = begun.steps + first.steps + fine.steps + again.steps
        return _Answer(transform, self._quality(begun, transform, steps, [first, fine, again], apart_mm, finest))

    def _nudged(self, transform: Transform) -> Transform:
        shift = NUDGE_MM / np.sqrt(3) * np.array([1.0, -1.0, 1.0])
        turn = NUDGE_DEG * np.array([-1.0, 1.0, 1.0])
        middle = self.pair.region.middle_mm
        return transform.after(Transform.from_rigid(shift, turn, middle))

    def _apart_mm(self, one: Transform, other: Transform, level: float) -> float:
        """Mean distance (mm) between two maps over the compared points."""
        samples = self.pair.agreement(level, SEED).samples
        points = samples.points[:: max(1, samples.count // 2000)] + samples.pivot_mm
        return float(np.linalg.norm(one.apply(points) - other.apply(points), axis=1).mean())

    def _middle(self, one: Transform, other: Transform, level: float) -> Transform:
        """Half way between two maps that lie close to each other."""
        pivot = self.pair.agreement(level, SEED).samples.pivot_mm
        a, b = Pose.of(one, pivot), Pose.of(other, pivot)
        turn = b.turn @ a.turn.T
        half = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]]) / 4
        return Pose(rotation_of(half) @ a.turn, (a.centre_mm + b.centre_mm) / 2).transform(pivot)

    # ------------------------------------------------------------------ to judge

    def _quality(
        self, begun: _Begun, transform: Transform, steps: int, ascents: list[Ascent], apart_mm: float, finest: float
    ) -> dict[str, Any]:
        pair = self.pair
        before, _ = pair.value(self.start or Transform.identity(), finest, SEED + 1)
        after, inside = pair.value(transform, finest, SEED + 1)
        if after < before - FALLEN:
            raise RegistrationError(
                "The registration failed: the images agree less after it than before; give it a better start by hand"
            )
        local, mirrored = self._plausibility(transform)
        common = overlap(pair.fixed, pair.moving, transform)
        reasons = self._reasons(after, apart_mm, common, local, mirrored, begun.rival)
        moved_mm = self._apart_mm(Transform.identity(), transform, finest)
        if self.same_frame and self.start is None and moved_mm > FAR_IN_ONE_FRAME_MM:
            reasons.append(f"the images name one frame of reference, and yet the answer lies {moved_mm:.0f} mm from it")
        limits = sorted({a.limit for a in ascents if a.limit})
        if limits:
            reasons.insert(0, "the search for the best agreement was stopped by its limit of " + " and ".join(limits))
        failed = bool(limits) or inside < LEAST_OVERLAP
        return {
            "metric": METRIC_NAMES[pair.metric],
            "metric_start": round(before, 4),
            "metric_end": round(after, 4),
            "iterations": steps,
            "samples": pair.agreement(finest, SEED).samples.count,
            "start": begun.name,
            "overlap": round(common, 3),
            "repeatability_mm": round(apart_mm, 3),
            "local_shift_mm": local.as_dict(),
            "verdict": "failed" if failed else "doubtful" if reasons else "good",
            "reasons": reasons,
        }

    def _plausibility(self, transform: Transform) -> tuple[LocalShifts, float]:
        """How far parts would rather lie, and how much better (factor) the mirrored image agrees."""
        level = 4.0 if self.pair.region is self.pair.fixed.body else 2.0
        agreement = self.pair.agreement(level, SEED + 3)
        pose = Pose.of(transform, agreement.samples.pivot_mm)
        local = local_shifts(agreement, pose, self.pair.region.volume_mm3)
        body = self.pair.agreement(4.0, SEED + 3, "mutual-information", whole=True)
        pose = Pose.of(transform, body.samples.pivot_mm)
        value, _ = body.value(pose)
        return local, mirror_agreement(body, pose, self.pair.pool) / max(value, 1e-6)

    def _reasons(
        self, after: float, apart_mm: float, common: float, local: LocalShifts, mirrored: float, rival: float
    ) -> list[str]:
        reasons = []
        if mirrored > MIRROR_RISE:
            reasons.append("the moving image fits better with left and right exchanged: it may be mirrored")
        if apart_mm > GOOD_REPEATABILITY_MM:
            reasons.append(f"a second run from beside the answer ended {apart_mm:.1f} mm away")
        if after < LEAST_AGREEMENT[self.pair.metric]:
            reasons.append("the images have little in common")
        elif len(local.lengths_mm) < FEWEST_BLOCKS:
            if self.pair.metric != "correlation" or after < SURE_CORRELATION:
                reasons.append("too few parts of the images show enough to tell whether they fit")
        elif local.median_mm > GOOD_LOCAL_MM:
            reasons.append(
                f"the anatomies differ: half of the image would rather lie {local.median_mm:.0f} mm or more elsewhere"
            )
        elif local.upper_mm > GOOD_LOCAL_UPPER_MM:
            reasons.append(
                f"the anatomy is not rigid: a fifth of it would rather lie {local.upper_mm:.0f} mm or more elsewhere"
            )
        if common < SMALLEST_OVERLAP:
            reasons.append("the bodies overlap little")
        if rival > EQUAL_SHARE:
            reasons.append("another position agrees nearly as well")
        return reasons
