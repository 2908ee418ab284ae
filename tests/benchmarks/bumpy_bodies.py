"""A bumpy tumour and a long nodal volume to measure with: 47 and about 640 cc on slices of 1.5 mm."""

from __future__ import annotations

import numpy as np

from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.structure import ContourStack, PlanarContours

SPACING_MM = 1.5
SIZES = {"GTV 47 cc": (47.0, 1.0), "nodal 640 cc": (640.0, 1.8)}


def unknown(stack: ContourStack) -> ContourStack:
    """The same contours as new objects, about which nothing is kept from earlier questions."""
    slices = (PlanarContours(drawn.position_mm, Region(drawn.region.rings)) for drawn in stack.slices)
    return ContourStack(stack.plane, stack.slice_spacing_mm, tuple(slices))


def bumpy(volume_cc: float, elongation: float, vertex_step_mm: float = 1.5) -> ContourStack:
    """A star-shaped body with lobes of 3, 5 and 11 periods that turn along its length."""
    phases = np.random.default_rng(0).uniform(0, 2 * np.pi, 3)
    radius = (volume_cc * 1000 * 0.75 / np.pi / elongation) ** (1 / 3)
    slices = []
    for k in range(-int(radius * elongation / SPACING_MM), int(radius * elongation / SPACING_MM) + 1):
        z = k * SPACING_MM
        size = radius * np.sqrt(max(1 - (z / (radius * elongation)) ** 2, 0.0))
        if size < 2.0:
            continue
        t = np.linspace(0, 2 * np.pi, max(12, int(2 * np.pi * size / vertex_step_mm)), endpoint=False)
        bumps = 0.12 * np.sin(3 * t + phases[0] + z / 9) + 0.08 * np.sin(5 * t + phases[1] - z / 7)
        r = size * (1 + bumps + 0.04 * np.sin(11 * t + phases[2] + z / 5))
        slices.append(PlanarContours(z, Region([np.c_[r * np.cos(t), r * np.sin(t)]])))
    return ContourStack(Plane.axial(), SPACING_MM, tuple(slices))
