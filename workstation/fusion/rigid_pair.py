"""Two prepared images and the part of them that is compared, with the climbs that rigid registration is made of."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workstation.fusion.agreement import METRIC_NAMES, Agreement, Finding, Metric, Pose
from workstation.fusion.climbing import Climb, Pace, climb
from workstation.fusion.preparation import Body, Prepared, prepare, shows_hounsfield_units
from workstation.fusion.regions import Part, compared_part
from workstation.fusion.sampling import samples_of
from workstation.fusion.watching import Step, Watch
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress

Float = NDArray[np.float64]

SAMPLES = {8.0: 12000, 4.0: 40000, 2.0: 150000, 1.0: 400000}
"""How many points are compared at each level of the pyramid (mm)."""
SAMPLES_PER_VOXEL = 2.0
"""A small region, or one of large voxels, gets fewer."""
LEAST_SAMPLES = 4000
STEPS = 60
REACH_MM = 200.0
WORDS = "Registering"
MUCH_SMALLER = 0.5
"""A moving image that shows so much less is the one that is sampled: then all samples meet something all the time."""
LIKE_CORRELATION = 0.85
"""Two images of one modality whose values are as proportional as this are compared by correlation."""


@dataclass(frozen=True, eq=False)
class Ascent:
    """Where a way through the levels led. limit: which limit stopped it, "" when it arrived."""

    transform: Transform
    steps: int
    limit: str = ""


@dataclass(eq=False)
class RigidPair:
    """What stays the same while one pair is registered.

    fixed: the image that is sampled; where swapped, it is the caller's moving image. region: where it is compared.
    part_words: what the region is called.
    """

    fixed: Prepared
    moving: Prepared
    region: Body
    pool: ThreadPoolExecutor
    metric: Metric = "mutual-information"
    part_words: str = "body"
    swapped: bool = False
    _agreements: dict[tuple[float, int, Metric, bool], Agreement] = field(default_factory=dict)

    @property
    def same_frame(self) -> bool:
        """Whether both images name one frame of reference."""
        uid = self.fixed.volume.frame_of_reference_uid
        return bool(uid) and uid == self.moving.volume.frame_of_reference_uid

    def outward(self, transform: Transform) -> Transform:
        """A map of this pair as one from the caller's fixed image to the caller's moving image."""
        return transform.inverse() if self.swapped else transform

    def levels(self, coarsest_mm: float) -> list[float]:
        """The levels that differ for this pair, coarsest first."""
        wanted = sorted((s for s in SAMPLES if s <= coarsest_mm), reverse=True)
        return [s for n, s in enumerate(wanted) if n in (0, len(wanted) - 1) or not self._same(wanted[n - 1], s)]

    def _same(self, one: float, other: float) -> bool:
        return self.fixed.at(one) is self.fixed.at(other) and self.moving.at(one) is self.moving.at(other)

    def agreement(self, level_mm: float, seed: int, metric: Metric | None = None, whole: bool = False) -> Agreement:
        """The comparison at a level, with its samples drawn by a seed; whole: over the body, not only the region."""
        key = (level_mm, seed, metric or self.metric, whole)
        if key not in self._agreements:
            region = self.fixed.body if whole else self.region
            local = key[2] == "local-correlation"
            picture = self.fixed.contrast_at(level_mm) if local else self.fixed.at(level_mm)
            other = self.moving.contrast_at(level_mm) if local else self.moving.at(level_mm)
            voxels = region.volume_mm3 / (1000 * picture.grid.voxel_volume_cc)
            count = int(min(SAMPLES[level_mm], max(LEAST_SAMPLES, voxels * SAMPLES_PER_VOXEL)))
            samples = samples_of(picture, region, count, seed)
            self._agreements[key] = Agreement(samples, other, key[2], self.pool)
        return self._agreements[key]

    def forget(self) -> None:
        """Let go of the comparisons' memory."""
        self._agreements.clear()

    def ascend(
        self, start: Transform, levels: list[float], seed: int, progress: Progress, watch: Watch, words: str = "",
        whole: bool = False,
    ) -> Ascent:  # fmt: skip
        """Climb through levels, coarsest first. whole: over the body, not only the region."""
        transform, steps, limit = start, 0, ""
        for n, level in enumerate(levels):
            share = _Share(progress, n, len(levels))
            there = self.climb(transform, level, seed, share, watch, words, whole)
            pivot = self.agreement(level, seed, None, whole).samples.pivot_mm
            transform, steps, limit = there.pose.transform(pivot), steps + there.steps, there.limit
        return Ascent(transform, steps, limit)

    def climb(
        self, start: Transform, level_mm: float, seed: int, progress: Progress, watch: Watch, words: str, whole: bool
    ) -> Climb:
        """One climb at one level."""
        agreement = self.agreement(level_mm, seed, None, whole)
        pivot, name = agreement.samples.pivot_mm, METRIC_NAMES[self.metric].split(",")[0]

        stage = f"{level_mm:g} mm, {words.lower()}" if words else f"{level_mm:g} mm"

        def heard(number: int, finding: Finding, pose: Pose) -> None:
            sentence = f"{words or WORDS} at {level_mm:g} mm, step {number}: {name} {finding.value:.3f}"
            progress(min(1.0, number / 20), sentence)
            watch(Step(stage, number, finding.value, pose.transform(pivot)))

        pace = Pace(2 * level_mm, 0.01 * level_mm, STEPS, REACH_MM)
        return climb(agreement, Pose.of(start, pivot), pace, heard)

    def value(self, transform: Transform, level_mm: float, seed: int) -> tuple[float, float]:
        """Agreement under a map, and the share of samples inside of the moving image."""
        agreement = self.agreement(level_mm, seed)
        return agreement.value(Pose.of(transform, agreement.samples.pivot_mm))

    def apart_mm(self, one: Transform, other: Transform, level_mm: float, seed: int) -> float:
        """Mean distance (mm) between two maps over the compared points."""
        samples = self.agreement(level_mm, seed).samples
        points = samples.points[:: max(1, samples.count // 2000)] + samples.pivot_mm
        return float(np.linalg.norm(one.apply(points) - other.apply(points), axis=1).mean())

    def choose_metric(self, transform: Transform) -> None:
        """Correlation for images of one modality whose values prove to be proportional under a map.

        Two CT whose values are not (lungs that breathe, scatter of a cone beam) are compared by their local contrast.
        """
        if self.fixed.volume.modality != self.moving.volume.modality:
            return
        agreement = self.agreement(4.0, 1, "correlation")
        value, _ = agreement.value(Pose.of(transform, agreement.samples.pivot_mm))
        if value >= LIKE_CORRELATION:
            self.metric = "correlation"
        elif shows_hounsfield_units(self.fixed.volume) and shows_hounsfield_units(self.moving.volume):
            self.metric = "local-correlation"


def prepared_pair(
    fixed: Volume, moving: Volume, part: Part, pool: ThreadPoolExecutor, progress: Progress
) -> RigidPair:
    """Both images made comparable, or RegistrationError for those that can't be registered."""
    progress(0.0, "Preparing the fixed image")
    one = prepare(fixed, "fixed")
    progress(0.45, "Preparing the moving image")
    other = prepare(moving, "moving")
    progress(0.9, "Preparing the region")
    where, words = compared_part(one, other, part)
    if where is one.body and other.body.volume_mm3 < MUCH_SMALLER * one.body.volume_mm3:
        return RigidPair(other, one, other.body, pool, part_words=words, swapped=True)
    return RigidPair(one, other, where, pool, part_words=words)


@dataclass(frozen=True)
class _Share:
    """One of several equal parts of a progress."""

    whole: Progress
    number: int
    count: int

    def __call__(self, fraction: float, sentence: str) -> None:
        self.whole((self.number + fraction) / self.count, sentence)
