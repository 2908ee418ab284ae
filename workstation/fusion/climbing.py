"""Climbs to the nearest best agreement: a quasi-Newton search over the six numbers of a rigid map.

BFGS (J. Nocedal and S. Wright, Numerical Optimization, chapter 6) on the turning group: each step is taken about
where the last one ended. It begins with the curvature that the samples themselves tell (Gauss-Newton for correlation,
the Fisher information of the values for mutual information), which leaves few steps to be done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.fusion.agreement import Agreement, Finding, Pose

Float = NDArray[np.float64]
Heard = Callable[[int, Finding, Pose], None]

ENOUGH_RISE = 1e-4
SHORTEST_SHARE = 1 / 64


@dataclass(frozen=True)
class Pace:
    """How a climb goes. longest_mm: no step is longer. done_mm: it ends when steps get shorter than this.

    steps: no more of them. reach_mm: it gives up this far from where it began.
    """

    longest_mm: float
    done_mm: float
    steps: int = 60
    reach_mm: float = 200.0


@dataclass(frozen=True, eq=False)
class Climb:
    """Where a climb ended. limit: which limit stopped it ("" when it arrived): "steps" or "reach"."""

    pose: Pose
    value: float
    inside: float
    steps: int
    limit: str = ""


def climb(agreement: Agreement, start: Pose, pace: Pace, heard: Heard = lambda number, finding, pose: None) -> Climb:
    """Climb from a pose; `heard` is told each step (its number from 1), and may raise to stop."""
    radius = agreement.samples.radius_mm
    pose, here = start, agreement.at(start)
    inverse = _inverse(here.curvature)
    for number in range(1, pace.steps + 1):
        heard(number, here, pose)
        step = inverse @ here.gradient
        if step @ here.gradient <= 0:
            inverse = _inverse(here.curvature)
            step = inverse @ here.gradient
        step *= min(1.0, pace.longest_mm / max(float(np.linalg.norm(step)), 1e-12))
        taken = _step(agreement, pose, here, step, radius, pace.done_mm)
        if taken is None:
            return Climb(pose, here.value, here.inside, number)
        share, pose, there = taken
        step = np.asarray(share * step, dtype=np.float64)
        change = here.gradient - there.gradient
        inverse = _updated(inverse, step, change)
        here = there
        if float(np.linalg.norm(step)) < pace.done_mm:
            return Climb(pose, here.value, here.inside, number)
        if float(np.linalg.norm(pose.centre_mm - start.centre_mm)) > pace.reach_mm:
            return Climb(pose, here.value, here.inside, number, "reach")
    return Climb(pose, here.value, here.inside, pace.steps, "steps")


def _step(
    agreement: Agreement, pose: Pose, here: Finding, step: Float, radius: float, done_mm: float
) -> tuple[float, Pose, Finding] | None:
    """The share of a step that raises agreement enough, found by parabolas; None where none does."""
    slope = float(step @ here.gradient)
    length = float(np.linalg.norm(step))
    share = 1.0
    while share * length > 0.25 * done_mm and share >= SHORTEST_SHARE:
        tried = pose.moved(share * step, radius)
        there = agreement.at(tried)
        rise = there.value - here.value
        if rise >= ENOUGH_RISE * share * slope and there.inside > 0.5 * here.inside:
            return share, tried, there
        best = slope * share * share / max(2 * (slope * share - rise), 1e-30)
        share = float(np.clip(best, 0.1 * share, 0.5 * share))
    return None


def _inverse(curvature: Float) -> Float:
    """Of the curvature, made safe where the samples say nothing about a direction."""
    scale = max(float(np.trace(curvature)) / 6, 1e-12)
    return np.asarray(np.linalg.inv(curvature + 1e-3 * scale * np.eye(6)), dtype=np.float64)


def _updated(inverse: Float, step: Float, change: Float) -> Float:
    """The inverse curvature after a step and what it did to the gradient (BFGS)."""
    along = float(step @ change)
    if along <= 1e-10 * float(np.linalg.norm(step)) * float(np.linalg.norm(change)):
        return inverse
    left = np.eye(6) - np.outer(step, change) / along
    updated: Float = left @ inverse @ left.T + np.outer(step, step) / along
    return updated
