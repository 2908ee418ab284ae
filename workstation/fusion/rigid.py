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
from workstation.fusion.regions import Part
from workstation.fusion.registration import Registration, RegistrationError
from workstation.fusion.rigid_judging import GOOD_REPEATABILITY_MM, Case, figures_of, judged
from workstation.fusion.rigid_pair import RigidPair, prepared_pair
from workstation.fusion.starts import Arena, Found, Start, middles, overlap, searched
from workstation.fusion.watching import Step, Watch, silent_watch
from workstation.geometry.mask import Mask
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, part, silent

Float = NDArray[np.float64]
StartMethod = Literal["auto", "frame", "centre", "search"]

SEED = 20260112
NUDGE_MM, NUDGE_DEG = 0.7, 0.5
LEAST_OVERLAP = 0.02
ELSEWHERE_MM = 10.0
"""A position this far from the best one is another one."""
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
        each other, "search" tries turns and shifts of every size; "auto" begins with the frame (and, where it is not
        shared, the middles) and searches only if the anatomy does not agree where that leads.
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
    with ThreadPoolExecutor(THREADS) as pool:
        pair = prepared_pair(
            fixed, moving, Part(region, box_mm, bone, lungs), pool, part(progress, 0.0, 0.18)
        )  # fmt: skip
        begin = start if start is None or not pair.swapped else start.inverse()
        heard = _swapped(watch) if pair.swapped else watch
        result = _Work(pair, begin, start_method, metric, heard).run(part(progress, 0.18, 0.98))
        found = pair.outward(result.transform)
        quality = result.quality | figures_of(found, pair)
    progress(1.0, "Registered")
    return Registration(
        identifier=str(uuid4()),
        fixed_frame_uid=fixed.frame_of_reference_uid,
        moving_frame_uid=moving.frame_of_reference_uid,
        fixed_to_moving=found,
        method=f"rigid, {METRIC_NAMES[pair.metric].split(',')[0]}",
        quality=quality,
    )


def _swapped(watch: Watch) -> Watch:
    """Tells of a registration that goes from the moving image to the fixed one."""

    def inner(step: Step) -> None:
        watch(replace(step, fixed_to_moving=step.fixed_to_moving.inverse() if step.fixed_to_moving else None))

    return inner


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
    metric: Literal["auto"] | Metric
    watch: Watch

    def run(self, progress: Progress) -> _Answer:
        """Begin, climb, check, judge; search where what is known leads nowhere that fits."""
        may_search = self.method == "auto" and self.start is None
        try:
            begun = self._begin(part(progress, 0.0, 0.3))
            answer = self._finish(begun, part(progress, 0.3, 0.5 if may_search else 1.0))
        except RegistrationError:
            if not may_search or self.pair.same_frame:
                raise
            return self._finish(self._search(part(progress, 0.5, 0.75)), part(progress, 0.75, 1.0))
        if not may_search or answer.quality["verdict"] == "good":
            return answer
        try:
            again = self._finish(self._search(part(progress, 0.5, 0.75)), part(progress, 0.75, 1.0))
        except RegistrationError:
            return answer  # it stands with its doubts, and says them
        return again if self._better(again, answer) else answer

    # ------------------------------------------------------------------ to begin

    def _begin(self, progress: Progress) -> _Begun:
        if self.start is not None:
            return self._from(self.start, "given", progress)
        if self.method == "frame" or (self.method == "auto" and self.pair.same_frame):
            return self._from(Transform.identity(), "frame", progress)
        if self.method == "search":
            return self._search(progress)
        return self._known(progress)

    def _from(self, start: Transform, name: str, progress: Progress) -> _Begun:
        """Coarse climb over the body from one start; none where a start was given for one region."""
        one, other = self.pair.fixed, self.pair.moving
        if overlap(one, other, start) <= LEAST_OVERLAP:
            raise RegistrationError(f"Registration is not possible: {one.name} and {other.name} do not overlap")
        if name == "given" and self.pair.region is not one.body:
            return _Begun(name, start, 0)
        ascent = self.pair.ascend(start, [8.0], SEED, progress, self.watch, whole=True)
        return _Begun(name, ascent.transform, ascent.steps)

    def _known(self, progress: Progress) -> _Begun:
        """The best of what the images' geometry suggests: their middles on each other, and where they say they lie."""
        starts = middles(self.pair.fixed, self.pair.moving)
        if self.method == "auto":
            starts.insert(0, Start("frame", Transform.identity()))
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

    def _better(self, one: _Answer, other: _Answer) -> bool:
        """Whether a searched answer beats the known one: by its verdict, or, against a shared frame, clearly."""
        ranks = {"good": 2, "doubtful": 1, "failed": 0}
        a, b = one.quality, other.quality
        if not self.pair.same_frame:
            if a["verdict"] != b["verdict"]:
                return ranks[a["verdict"]] > ranks[b["verdict"]]
            return bool(a["metric"] != b["metric"] or a["metric_end"] >= b["metric_end"])
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
        apart_mm = pair.apart_mm(fine.transform, again.transform, finest, SEED)
        transform = fine.transform
        if apart_mm <= GOOD_REPEATABILITY_MM:
            transform = self._middle(fine.transform, again.transform, finest)
        progress(0.75, "Judging the result")
        steps = begun.steps + first.steps + fine.steps + again.steps
        case = Case(
            transform, self.start, begun.name, begun.rival, steps, apart_mm, finest,
            tuple(a.limit for a in (first, fine, again) if a.limit),
        )  # fmt: skip
        return _Answer(transform, judged(pair, case, SEED + 1))

    def _nudged(self, transform: Transform) -> Transform:
        shift = NUDGE_MM / np.sqrt(3) * np.array([1.0, -1.0, 1.0])
        turn = NUDGE_DEG * np.array([-1.0, 1.0, 1.0])
        middle = self.pair.region.middle_mm
        return transform.after(Transform.from_rigid(shift, turn, middle))

    def _middle(self, one: Transform, other: Transform, level: float) -> Transform:
        """Half way between two maps that lie close to each other."""
        pivot = self.pair.agreement(level, SEED).samples.pivot_mm
        a, b = Pose.of(one, pivot), Pose.of(other, pivot)
        turn = b.turn @ a.turn.T
        half = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]]) / 4
        return Pose(rotation_of(half) @ a.turn, (a.centre_mm + b.centre_mm) / 2).transform(pivot)
