"""The first cut across a structure nobody has asked about yet, and the ones after it: the built-in case at full size.

The peer cuts every drawn plane's polygon by the same line with shapely, which gives segments but no outline.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable

import numpy as np
import pytest
import shapely

from tests.benchmarks.bumpy_bodies import unknown
from workstation.geometry.plane import Plane
from workstation.structures.field import distance_field
from workstation.structures.planar import polygon_of
from workstation.structures.recipe import Limit, Margin, Recipe
from workstation.structures.section import section
from workstation.structures.structure import ContourStack
from workstation.targets.derive import derive
from workstation.teaching.glomus import glomus_case

KERNELS = ("ring", "area", "sample", "signed_distance", "trace")
LIMIT_MS = {"Bone": 300.0, "External": 100.0, "GTV": 30.0}
AGAIN_MS = {"Bone": 15.0, "External": 15.0, "GTV": 5.0}
ROUNDS = 5


@pytest.fixture(scope="module")
def structures() -> dict[str, ContourStack]:
    for name in KERNELS:
        importlib.import_module(f"workstation.structures.{name}_kernels").warm_up()
    return {structure.name: structure.stack for structure in glomus_case(0).structures}


def timed(run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    return 1e3 * (time.perf_counter() - begin)


def cut_polygons(stack: ContourStack, u_mm: float) -> list[object]:
    line = shapely.LineString([(u_mm, -1e3), (u_mm, 1e3)])
    return [shapely.intersection(polygon_of(drawn.region), line) for drawn in stack.slices]


def test_the_first_cut_and_the_next(structures: dict[str, ContourStack]) -> None:
    section(unknown(structures["Cochlea_L"]), Plane.sagittal(0.0))
    print(f"\n{'best of ' + str(ROUNDS) + ', ms':16s}{'first':>9s}{'again':>9s}{'elsewhere':>11s}{'shapely':>9s}")
    for name, limit_ms in LIMIT_MS.items():
        rows = []
        for _ in range(ROUNDS):
            stack = unknown(structures[name])
            low, high = stack.bounds_mm() or (np.zeros(3), np.zeros(3))
            u = float(low[0] + high[0]) / 2
            planes = Plane.sagittal(u), Plane.sagittal(u), Plane.sagittal(u + 7.3)
            times = [timed(lambda p=plane, s=stack: section(s, p)) for plane in planes]  # type: ignore[misc]
            rows.append([*times, timed(lambda s=stack, x=u: cut_polygons(s, x))])  # type: ignore[misc]
        first, again, elsewhere, peer = np.min(rows, axis=0)
        print(f"{name:16s}{first:9.1f}{again:9.1f}{elsewhere:11.1f}{peer:9.1f}   ratio {first / peer:.2f}")
        assert first <= limit_ms
        assert again <= AGAIN_MS[name]


def test_what_else_needs_the_bone(structures: dict[str, ContourStack]) -> None:
    positions = structures["External"].positions_mm
    recipe = Recipe("GTV", Margin.uniform(5), avoid=(Limit("Bone", 2.0),))
    fields, targets = [], []
    for _ in range(ROUNDS):
        stacks = {name: unknown(structures[name]) for name in ("GTV", "Bone")}
        targets.append(timed(lambda s=stacks: derive(recipe, s, positions)))  # type: ignore[misc]
        bone = unknown(structures["Bone"])
        fields.append(timed(lambda s=bone: distance_field(s, 1.5)))  # type: ignore[misc]
    print(f"\nGTV + 5 mm - (bone + 2 mm), first time: {min(targets):.0f} ms; field of the bone: {min(fields):.0f} ms")
    assert min(targets) <= 500.0
    assert min(fields) <= 500.0
