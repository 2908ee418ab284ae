"""Which courses of contrast there are beside the tumour's: flowing blood, found by itself or pointed at.

A vein that washes out, or an artery that comes first, is as bright as the tumour but runs another course. Courses are
compared by their direction: enhancement over the phases, divided by its length, so that coil shading, and how much
contrast there is, do not count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.enhancement.phase_stack import PhaseStack
from workstation.enhancement.regions import Mask, ball_around

Float = NDArray[np.float64]

SEED_RADIUS_MM, SEED_VOXELS = 2.5, 15
AS_BRIGHT = 0.8
"""Enhancement of flow, as a share of the tumour's."""
APART_DEG = 8.0
"""Least angle between the courses of tumour and flow."""
APART_NOISES = 4.0
LEAST_CC = 0.15
MOST_FLOWS = 2
ROUNDS = 12
VEIN_NAME = "vein"
"""What a course is called that a person pointed at; those found are numbered."""


@dataclass(frozen=True, eq=False)
class Course:
    """A course of signal over the phases. signal: (n,). where: (k, j, i) the voxels that it was read from."""

    name: str
    signal: Float
    where: Mask

    def enhancement(self, before: int | None) -> Float:
        """(n,) above the phase before contrast."""
        return self.signal - (self.signal[before] if before is not None else 0.0)


def course_at(stack: PhaseStack, name: str, point_kji: Float, radius_mm: float = SEED_RADIUS_MM) -> Course:
    """The course around a fractional index (k, j, i): the median, which flow voids and edges in it do not change.

    On large voxels the ball is larger, so that there are some to take the median of.
    """
    some_mm = float(np.cbrt(SEED_VOXELS * 1000.0 * stack.grid.voxel_volume_cc * 3.0 / (4.0 * np.pi)))
    radius_mm = max(radius_mm, some_mm)
    where = ball_around(point_kji, radius_mm, stack.grid.spacing_mm, stack.grid.shape) & stack.covered
    return course_in(stack, name, where)


def course_in(stack: PhaseStack, name: str, where: Mask) -> Course:
    """The median course of a region (k, j, i)."""
    inside = stack.signals[:, where].astype(np.float64)
    return Course(name, np.median(inside, axis=1) if where.any() else np.zeros(len(stack.names)), where)


def flows_beside(stack: PhaseStack, tumour: Course) -> list[Course]:
    """Courses as bright as the tumour's that run otherwise, the largest first; none where there is none.

    Found by clustering the directions of bright enhancement that differ from the tumour's by more than noise explains.
    """
    after = list(stack.after)
    own = tumour.enhancement(stack.before)[after]
    size = float(np.linalg.norm(own))
    if size <= 0 or len(after) < 2:
        return []
    enhancement = stack.enhancement[after]
    lengths = np.sqrt(np.einsum("nkji,nkji->kji", enhancement, enhancement))
    bright = stack.covered & (lengths > AS_BRIGHT * size) & ~tumour.where
    if not bright.any():
        return []
    directions = (enhancement[:, bright] / lengths[bright]).T.astype(np.float64)
    noise = float(np.linalg.norm(stack.noise[after])) / (AS_BRIGHT * size)
    apart = max(np.radians(APART_DEG), APART_NOISES * noise / np.sqrt(len(after)))
    angles = np.arccos(np.clip(directions @ (own / size), -1.0, 1.0))
    other = angles > apart
    voxel_cc = stack.grid.voxel_volume_cc
    if np.count_nonzero(other) * voxel_cc < LEAST_CC:
        return []
    places = np.argwhere(bright)[other]
    return _clusters(stack, directions[other], places, voxel_cc)


def _clusters(stack: PhaseStack, directions: Float, places: NDArray[np.int64], voxel_cc: float) -> list[Course]:
    """Up to two groups of directions (n, m), by k-means on the sphere, begun with those that differ most."""
    first = directions.mean(axis=0)
    first /= np.linalg.norm(first)
    centres = [directions[np.argmin(directions @ first)]]
    centres.append(directions[np.argmin(directions @ centres[0])])
    means = np.array(centres[:MOST_FLOWS])
    labels = np.zeros(len(directions), dtype=np.int64)
    for _ in range(ROUNDS):
        labels = np.argmax(directions @ means.T, axis=1)
        for n in range(len(means)):
            if (labels == n).any():
                mean = directions[labels == n].mean(axis=0)
                means[n] = mean / np.linalg.norm(mean)
    if float(np.arccos(np.clip(means[0] @ means[-1], -1, 1))) < np.radians(APART_DEG):
        labels[:] = 0
    found = []
    for n in range(len(means)):
        own = labels == n
        if np.count_nonzero(own) * voxel_cc < LEAST_CC:
            continue
        where = np.zeros(stack.grid.shape, bool)
        core = own & (directions @ means[n] >= np.quantile(directions[own] @ means[n], 0.3))
        where[tuple(places[core].T)] = True
        found.append((np.count_nonzero(own), course_in(stack, "", where)))
    found.sort(key=lambda pair: -pair[0])
    return [Course(f"flow {n}", course.signal, course.where) for n, (_, course) in enumerate(found, start=1)]
