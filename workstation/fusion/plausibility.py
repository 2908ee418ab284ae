"""Whether two images that were laid onto each other can be the same anatomy at all.

A metric's value says little: noise, a wrong patient and a mirrored image all have a best position. But where two
images do show one rigid body, every part of it is content where it lies. Each block of the fixed image is shifted by
itself, under the relation of values that the whole pair has taught (its joint histogram); how far the blocks would
rather lie tells how far the anatomies differ.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.fusion.agreement import BINS, THREADS, Agreement, Picture, Pose, Samples, in_parts
from workstation.fusion.climbing import Pace, climb
from workstation.fusion.mutual_information_kernels import PADDING
from workstation.fusion.plausibility_kernels import block_scores

Float = NDArray[np.float64]

BLOCKS = 90
SMALLEST_BLOCK_MM, BLOCK_OF_A_SMALL_REGION_MM = 36.0, 25.0
SMALL_REGION_MM3 = 2e5
FEWEST_SAMPLES = 150
LONGEST_REACH_MM, SHORTEST_REACH_MM, STEP_MM = 10.0, 5.0, 2.5
REACH_SHARE = 0.12
"""A thin image would lose too many samples over its faces: they are shifted by no more than this share of it."""
SURE_NATS = 10.0
"""A block is asked only if one step more would cost it so much likelihood: it must hold an edge in each direction."""
WORTH_NATS = 5.0
"""A block that would gain less than this lies well where it is."""
MIRROR_PACE = Pace(longest_mm=8.0, done_mm=0.1, steps=25)


@dataclass(frozen=True, eq=False)
class LocalShifts:
    """How far (mm) each block that can tell would rather lie, 0 where it is content; blocks: how many were asked."""

    lengths_mm: Float
    blocks: int

    @property
    def median_mm(self) -> float:
        """Half the blocks are more content than this; infinite where no block can tell."""
        return float(np.median(self.lengths_mm)) if len(self.lengths_mm) else float("inf")

    @property
    def upper_mm(self) -> float:
        """Four of five blocks are more content than this."""
        return float(np.percentile(self.lengths_mm, 80)) if len(self.lengths_mm) else float("inf")

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        if not len(self.lengths_mm):
            return {"median": None, "p80": None, "blocks": 0}
        return {"median": round(self.median_mm, 2), "p80": round(self.upper_mm, 2), "blocks": len(self.lengths_mm)}


def local_shifts(agreement: Agreement, pose: Pose, volume_mm3: float) -> LocalShifts:
    """Shift every block of the fixed image by itself up to 10 mm each way, around a pose.

    volume_mm3: of what is compared; it is cut into about 90 blocks.
    """
    smallest = BLOCK_OF_A_SMALL_REGION_MM if volume_mm3 < SMALL_REGION_MM3 else SMALLEST_BLOCK_MM
    side_mm = max(smallest, (volume_mm3 / BLOCKS) ** (1 / 3))
    samples, order, starts = _by_block(agreement.samples, side_mm)
    shifts = _shifts(agreement.moving)
    table = _shrunk(agreement.information_table(pose))
    count = len(starts) - 1
    scores, inside = np.zeros((count, len(shifts))), np.zeros(count)
    points, bins = np.ascontiguousarray(samples.points[order]), np.ascontiguousarray(samples.bins[order])
    moving = agreement.moving
    to_index = np.ascontiguousarray(moving.grid.inverse_matrix[:3, :3])
    offset, turn = moving.grid.to_index(pose.centre_mm), np.ascontiguousarray(pose.turn)

    def work(begin: int, end: int) -> None:
        block_scores(
            points, bins, starts, turn, to_index, offset, shifts, moving.values, table, scores, inside, begin, end
        )

    with ThreadPoolExecutor(THREADS) as pool:
        for job in [pool.submit(work, *blocks) for blocks in in_parts(count, 4 * THREADS)]:
            job.result()
    used = np.diff(starts) * inside
    # Samples between the same voxels tell the same: no block knows more than its voxels do.
    known = np.minimum(used, side_mm**3 / (1000 * moving.grid.voxel_volume_cc))
    return _lengths(scores, used, known, shifts)


@dataclass(frozen=True, eq=False)
class Mirrored:
    """What exchanging left and right of the fixed image would do. rise: agreement by this factor.

    content: whether the parts of the image would be content with it: then one of the images is mirrored.
    """

    rise: float
    content: bool


def mirrored_fit(agreement: Agreement, pose: Pose, volume_mm3: float, pool: ThreadPoolExecutor | None) -> Mirrored:
    """The best agreement near a pose if left and right of the fixed image were exchanged."""
    value, _ = agreement.value(pose)
    mirrored = Agreement(agreement.samples.mirrored(), agreement.moving, agreement.metric, pool)
    there = climb(mirrored, pose, MIRROR_PACE)
    rise = there.value / max(value, 1e-6)
    if rise <= 1.0:
        return Mirrored(rise, False)
    return Mirrored(rise, local_shifts(mirrored, there.pose, volume_mm3).median_mm < STEP_MM)


def _by_block(samples: Samples, side_mm: float) -> tuple[Samples, NDArray[np.intp], NDArray[np.int64]]:
    """Samples, their order by block, and where each block with enough of them starts."""
    cell = np.floor(samples.points / side_mm).astype(np.int64)
    cell -= cell.min(0)
    size = cell.max(0) + 1
    number = (cell[:, 2] * size[1] + cell[:, 1]) * size[0] + cell[:, 0]
    _, inverse, counts = np.unique(number, return_inverse=True, return_counts=True)
    enough = counts >= FEWEST_SAMPLES
    order = np.argsort(inverse, kind="stable")
    order = order[enough[inverse[order]]]
    starts = np.concatenate([[0], np.cumsum(counts[enough])]).astype(np.int64)
    return samples, order, starts


def _shifts(moving: Picture) -> Float:
    """(m, 3) shifts in mm on a cube around none."""
    thinnest = float((np.array(moving.grid.size) * moving.grid.spacing_mm).min())
    reach = np.clip(REACH_SHARE * thinnest, SHORTEST_REACH_MM, LONGEST_REACH_MM) // STEP_MM * STEP_MM
    axis = np.arange(-reach, reach + 1e-6, STEP_MM)
    return np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)


def _shrunk(table: Float) -> Float:
    """The table's columns that the values 0..1 fall into, without the window's rim: 0 is the first, 1 the last."""
    return np.ascontiguousarray(table[:, 1 : BINS - PADDING + 2])


def _lengths(scores: Float, used: Float, known: Float, shifts: Float) -> LocalShifts:
    """The best shift of each block that can tell one."""
    side = round(len(shifts) ** (1 / 3))
    found = []
    for score, count, telling in zip(scores, used, known, strict=True):
        if count < FEWEST_SAMPLES:
            continue
        best = int(score.argmax())
        cube, at = score.reshape(side, side, side), np.unravel_index(best, (side,) * 3)
        if telling * _least_fall(cube, at) >= SURE_NATS:
            gains = telling * (score[best] - score[len(shifts) // 2]) >= WORTH_NATS
            found.append(float(np.linalg.norm(shifts[best])) if gains else 0.0)
    return LocalShifts(np.array(found), len(scores))


def _least_fall(cube: Float, at: tuple[np.intp, ...]) -> float:
    """By how much the score falls, at least, one step from its peak along any axis."""
    falls = []
    for axis in range(3):
        for step in (-1, 1):
            place = [int(p) for p in at]
            place[axis] += step
            if 0 <= place[axis] < cube.shape[axis]:
                falls.append(float(cube[at] - cube[tuple(place)]))
    return min(falls)
