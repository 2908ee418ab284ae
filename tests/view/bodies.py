"""Round bodies drawn on slices, for surfaces and outlines."""

from __future__ import annotations

import numpy as np

from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.structure import ContourStack, PlanarContours


def ball(
    centre: tuple[float, float, float], radius_mm: float, spacing_mm: float = 2.0, plane: Plane | None = None
) -> ContourStack:
    """A ball drawn on slices; centre in the stack's own (u, v, w)."""
    t = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    positions = (
        np.arange(np.ceil((centre[2] - radius_mm) / spacing_mm), (centre[2] + radius_mm) / spacing_mm) * spacing_mm
    )
    slices = []
    for position in positions:
        square = radius_mm**2 - (position - centre[2]) ** 2
        if square > 0.01:
            r = np.sqrt(square)
            ring = np.c_[centre[0] + r * np.cos(t), centre[1] + r * np.sin(t)]
            slices.append(PlanarContours(float(position), Region([ring])))
    return ContourStack(plane or Plane.axial(), spacing_mm, tuple(slices))
