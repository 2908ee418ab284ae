"""CTV and PTV that follow a brush: what each move costs in the shown slice, in the other views, and for everything."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from tests.benchmarks.bumpy_bodies import SIZES, SPACING_MM, bumpy
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.planar import difference, simplify, swept_disc, union
from workstation.structures.recipe import Limit, Margin, Recipe
from workstation.structures.structure import ContourStack, PlanarContours
from workstation.targets.live import LiveTargets

MOVES = 60
POSITIONS = np.arange(-100, 101) * SPACING_MM
NAMES = ("gtv", "ctv", "ptv")
LIMIT_MS = {"GTV 47 cc": 16.0, "nodal 640 cc": 33.0}

ASKED: dict[str, Callable[[LiveTargets, float], object]] = {
    "shown axial slice": lambda targets, z: [targets.region(name, z) for name in NAMES],
    "sagittal section": lambda targets, z: [targets.section(name, Plane.sagittal(3.0)) for name in NAMES],
    "coronal section": lambda targets, z: [targets.section(name, Plane.coronal(3.0)) for name in NAMES],
    "complete stacks": lambda targets, z: [targets.stack(name) for name in NAMES],
    "volumes": lambda targets, z: [targets.volume_cc(name) for name in NAMES],
}


def targets_of(stack: ContourStack) -> LiveTargets:
    targets = LiveTargets(Plane.axial(), SPACING_MM, POSITIONS)
    targets.set_stack("gtv", stack)
    t = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    edge = stack.bounds_mm()[1][0]
    bone = Region([np.c_[edge + 2 + 12 * np.cos(t), 12 * np.sin(t)]])
    targets.set_stack(
        "bone", ContourStack(Plane.axial(), SPACING_MM, tuple(PlanarContours(float(z), bone) for z in POSITIONS))
    )
    targets.set_recipe("ctv", Recipe("gtv", Margin.uniform(5), avoid=(Limit("bone"),)))
    targets.set_recipe("ptv", Recipe("ctv", Margin.uniform(3)))
    targets.stack("ptv")
    return targets


def brush(region: Region):
    """The region after each of a brush's moves along its rim: a third added, a third erased, a third added."""
    points = region.rings[0]
    centre, radius = points.mean(0), np.hypot(*(points - points.mean(0)).T).mean()
    last = centre + np.array([radius, 0.0])
    for move in range(1, MOVES + 1):
        angle = 2.0 * move / radius
        here = centre + (radius + 3 * np.sin(move / 9)) * np.array([np.cos(angle), np.sin(angle)])
        sweep = swept_disc([last, here], 6.0)
        region = union(region, sweep) if (move * 3 // MOVES) % 2 == 0 else difference(region, sweep)
        if move % 10 == 0:
            region = simplify(region, 0.02)
        last = here
        yield region


@pytest.mark.parametrize("name", SIZES)
def test_a_brush_move(name):
    stack = bumpy(*SIZES[name])
    z = stack.slices[len(stack.slices) // 2].position_mm
    print(f"\n{name}: CTV = GTV + 5 mm - bone, PTV = CTV + 3 mm; ms for each of {MOVES} moves (exact, not a preview)")
    print(f"{'':22s}{'median':>8s}{'p95':>8s}{'cpu median':>12s}{'cpu p95':>9s}")
    for label, ask in ASKED.items():
        targets = targets_of(stack)
        wall, processor = [], []
        for region in brush(stack.region_at(z)):
            begin, begin_processor = time.perf_counter(), time.process_time()
            targets.change("gtv", [PlanarContours(z, region)])
            ask(targets, z)
            wall.append(1e3 * (time.perf_counter() - begin))
            processor.append(1e3 * (time.process_time() - begin_processor))
        row = [np.median(wall[2:]), np.percentile(wall[2:], 95), np.median(processor[2:])]
        print(f"{label:22s}{row[0]:8.1f}{row[1]:8.1f}{row[2]:12.1f}{np.percentile(processor[2:], 95):9.1f}")
        if label == "shown axial slice":
            assert np.percentile(processor[2:], 95) <= LIMIT_MS[name]
