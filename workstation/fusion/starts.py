"""Where a rigid registration may begin, and the search for the best place where nothing is known.

The search tries turns evenly spread over all there are (M. Alexa, "Super-Fibonacci spirals", CVPR 2022), so that a
patient who lies turned by 40 degrees, or feet first in an image that says head first, is found as well.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from workstation.fusion.agreement import THREADS, Agreement, Picture, Pose, Samples, rotation_of
from workstation.fusion.climbing import Climb, Pace, climb
from workstation.fusion.preparation import Prepared
from workstation.fusion.sampling import samples_of, scattered
from workstation.fusion.search_kernels import information_of_poses
from workstation.geometry.transform import Transform
from workstation.jobs.progress import Progress, part

Float = NDArray[np.float64]

TURNS = 800
"""Each turn there is lies within about 25 degrees of one of them."""
SHIFT_MM = 40.0
GRID_STEP_MM, GRID_REACH_MM = 30.0, 120.0
SHIFTS, BEST_UPRIGHT = 7, 12
QUICK_MM, FULL_MM = 12.0, 8.0
FEW, MORE = 2000, 12000
SEARCH_BINS = 16
BLOCK = 500
FEWEST_INSIDE, FULL_INSIDE = 0.3, 0.6
TRIED_ROUGHLY = 400
PUSHES = ((0.3, 0.6, 120, 10.0), (0.6, 0.7, 50, 15.0), (0.7, 0.75, 16, 20.0))
"""Of each round: its part of the progress, how many of the climbed go on, and how far (mm) they lie apart."""
WORDS = "Climbing from the best ways to begin"
ROUGH = Pace(longest_mm=25.0, done_mm=1.0, steps=8)
FULL = Pace(longest_mm=16.0, done_mm=0.1, steps=80)
FAR_TURN_DEG = 80.0
FAR_RISE = 1.04
"""A turn further than this from the images' own geometry must agree better by this factor to be believed."""
SMALLEST_OVERLAP = 0.3
OVERLAP_POINTS = 6000


@dataclass(frozen=True, eq=False)
class Start:
    """A map fixed to moving to begin with. name: where it comes from, for people."""

    name: str
    transform: Transform


@dataclass(frozen=True, eq=False)
class Found:
    """A start that was climbed from, and where that led. score: agreement, less where few samples meet."""

    name: str
    climb: Climb
    score: float


Tried = tuple[float, str, Pose]
"""Score, where the start came from, and where it has led so far."""


@dataclass(frozen=True, eq=False)
class Arena:
    """The pair as it is searched, on a coarse level: with few samples for a look, with more for a climb.

    expected: share of the samples that lie in the moving image when all is well.
    """

    quick: Agreement
    full: Agreement
    expected: float

    @staticmethod
    def of(fixed: Prepared, moving: Prepared, pool: ThreadPoolExecutor, seed: int) -> Arena:
        """For two images, compared over the whole body by mutual information."""
        more = samples_of(fixed.at(FULL_MM), fixed.body, MORE, seed)
        few = samples_of(fixed.at(QUICK_MM), fixed.body, FEW, seed, more.pivot_mm)
        quick = Agreement(few, moving.at(QUICK_MM), "mutual-information", None)
        full = Agreement(more, moving.at(FULL_MM), "mutual-information", pool)
        return Arena(quick, full, min(1.0, moving.body.volume_mm3 / fixed.body.volume_mm3))

    @property
    def samples(self) -> Samples:
        """Those of the climbs."""
        return self.full.samples

    def pose(self, transform: Transform) -> Pose:
        """A map about the samples' pivot."""
        return Pose.of(transform, self.samples.pivot_mm)

    def apart_mm(self, one: Pose, other: Pose) -> float:
        """How far two poses lie apart over the samples, roughly."""
        return _apart(one, other, self.samples.radius_mm)

    def climbed(self, name: str, pose: Pose) -> Found:
        """Where a pose leads."""
        there = climb(self.full, pose, FULL)
        near = turn_deg(there.pose.turn) < FAR_TURN_DEG
        return Found(name, there, self.score(there.value, there.inside) * (FAR_RISE if near else 1.0))

    def score(self, value: float, inside: float) -> float:
        """Agreement, less where few samples meet: two corners of air agree, too."""
        share = inside / max(self.expected, 1e-6)
        return 0.0 if share < FEWEST_INSIDE else value * min(1.0, share / FULL_INSIDE)


def middles(fixed: Prepared, moving: Prepared) -> list[Start]:
    """The bodies' and the images' own middles on each other."""
    return [
        Start("centre", Transform.from_rigid(moving.body.middle_mm - fixed.body.middle_mm)),
        Start("centre", Transform.from_rigid(moving.centre_mm - fixed.centre_mm)),
    ]


def searched(arena: Arena, fixed: Prepared, moving: Prepared, known: list[Start], progress: Progress) -> list[Found]:
    """Where the most promising of all ways to begin lead, best first.

    All are looked at, some climbed a little, a few to the end. known: starts worth a climb in any case.
    """
    poses = _all_poses(arena, fixed, moving)
    scores = _scores(arena, poses, part(progress, 0.0, 0.3))
    tried = [(1.0, start.name, arena.pose(start.transform)) for start in known]
    tried += [(float(scores[n]), "search", poses[n]) for n in _best_of_each_turn(scores) if scores[n] > 0]
    tried = tried[:TRIED_ROUGHLY]
    for begin, end, keep, apart_mm in PUSHES:
        tried = _pushed(arena, tried, part(progress, begin, end))
        tried = _distinct(tried, arena.samples.radius_mm, apart_mm, keep)
    found: list[Found] = []
    for n, (_, name, pose) in enumerate(tried):
        progress(0.75 + 0.25 * n / len(tried), WORDS)
        found.append(arena.climbed(name, pose))
    return sorted((f for f in found if f.score > 0 and f.climb.limit != "reach"), key=lambda one: -one.score)


def _pushed(arena: Arena, tried: list[Tried], progress: Progress) -> list[Tried]:
    """After a few steps of each, best first."""
    pushed: list[Tried] = []
    for n, (_, name, pose) in enumerate(tried):
        if n % 8 == 0:
            progress(n / len(tried), WORDS)
        there = climb(arena.quick, pose, ROUGH)
        score = arena.score(there.value, there.inside)
        if score > 0:
            pushed.append((score, name, there.pose))
    return sorted(pushed, key=lambda one: -one[0])


def _best_of_each_turn(scores: Float) -> list[int]:
    """Which poses to climb from, best first: of each turn only the best shift, so that none takes all the places."""
    turns = TURNS + 3
    turned = scores[: turns * SHIFTS].reshape(turns, SHIFTS)
    best = list(np.arange(turns) * SHIFTS + turned.argmax(1))
    upright = np.argsort(-scores[turns * SHIFTS :], kind="stable")[:BEST_UPRIGHT] + turns * SHIFTS
    return sorted((int(n) for n in [*best, *upright]), key=lambda n: -scores[n])


def _all_poses(arena: Arena, fixed: Prepared, moving: Prepared) -> list[Pose]:
    """Every kind of turn with the bodies' middles on each other or beside, and the upright one shifted every way."""
    from_middle = arena.samples.pivot_mm - fixed.body.middle_mm
    there = moving.body.middle_mm
    beside = [np.zeros(3), *(sign * SHIFT_MM * axis for axis in np.eye(3) for sign in (-1.0, 1.0))]
    found = [Pose(turn, there + turn @ (from_middle + step)) for turn in all_turns() for step in beside]
    reach = np.arange(-GRID_REACH_MM, GRID_REACH_MM + 1, GRID_STEP_MM)
    found += [Pose(np.eye(3), there + from_middle + np.array(step)) for step in product(reach, reach, reach)]
    return found


def all_turns() -> list[Float]:
    """Rotations (3, 3) spread evenly over all, and those by 180 degrees about the patient's axes."""
    n = np.arange(TURNS) + 0.5
    share, around = n / TURNS, 2 * np.pi * n
    a, b = around / np.sqrt(2.0), around / 1.533751168755204288118041
    r, s = np.sqrt(share), np.sqrt(1 - share)
    quaternions = np.column_stack([r * np.sin(a), r * np.cos(a), s * np.sin(b), s * np.cos(b)])
    halves = [rotation_of(np.pi * axis) for axis in np.eye(3)]
    return [*halves, *(_rotation(q) for q in quaternions)]


def _rotation(q: Float) -> Float:
    x, y, z, w = q
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ])


def _scores(arena: Arena, poses: list[Pose], progress: Progress) -> Float:
    """Of each pose, from few samples and the nearest voxels."""
    samples, moving = arena.quick.samples, arena.quick.moving
    to_index = moving.grid.inverse_matrix[:3, :3]
    turns, centres = np.array([p.turn for p in poses]), np.array([p.centre_mm for p in poses])
    matrices = np.ascontiguousarray(to_index @ turns, dtype=np.float32)
    offsets = np.ascontiguousarray(moving.grid.to_index(centres), dtype=np.float32)
    image, bins = _binned(moving), (samples.values * (SEARCH_BINS - 0.001)).astype(np.uint8)
    found, inside = np.zeros(len(poses)), np.zeros(len(poses))

    def work(begin: int, end: int) -> None:
        counts = np.empty((SEARCH_BINS, SEARCH_BINS))
        information_of_poses(samples.points, bins, matrices, offsets, image, counts, found, inside, begin, end)

    with ThreadPoolExecutor(THREADS) as pool:
        blocks = [(n, min(n + BLOCK, len(poses))) for n in range(0, len(poses), BLOCK)]
        jobs = [pool.submit(work, *block) for block in blocks]
        try:
            for n, job in enumerate(jobs):
                progress(0.4 * n / len(jobs), f"Comparing {len(poses)} ways to begin")
                job.result()
        finally:
            for job in jobs:
                job.cancel()
    return np.array([arena.score(value, share) for value, share in zip(found, inside, strict=True)])


def _binned(picture: Picture) -> NDArray[np.uint8]:
    return (np.clip(picture.values, 0, 1) * (SEARCH_BINS - 0.001)).astype(np.uint8)


def _distinct(tried: list[Tried], radius_mm: float, apart_mm: float, most: int) -> list[Tried]:
    """The first of those that do not lie close to a better one."""
    kept: list[Tried] = []
    for one in tried:
        if all(_apart(one[2], other[2], radius_mm) > apart_mm for other in kept):
            kept.append(one)
            if len(kept) == most:
                break
    return kept


def _apart(one: Pose, other: Pose, radius_mm: float) -> float:
    turn = np.radians(turn_deg(one.turn @ other.turn.T))
    return float(np.linalg.norm(one.centre_mm - other.centre_mm) + turn * radius_mm)


def turn_deg(turn: Float) -> float:
    """The angle of a rotation (3, 3) about its own axis."""
    return float(np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))))


def overlap(fixed: Prepared, moving: Prepared, transform: Transform) -> float:
    """Share of the smaller body that lies in the other one under a map fixed to moving, 0..1."""
    points = scattered(fixed.body, OVERLAP_POINTS, 7)
    common = float(moving.body.holds(transform.apply(points)).mean()) * fixed.body.volume_mm3
    return min(1.0, common / max(min(fixed.body.volume_mm3, moving.body.volume_mm3), 1e-9))
