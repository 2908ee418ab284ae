"""Which structure is meant by a click."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from workstation.geometry.region import Region, ring_area_mm2
from workstation.view.contour_scene import Contour


def structure_at(
    contours: Mapping[str, Contour], point: tuple[float, float], reach_mm: float, inside: bool = True
) -> str:
    """The structure at a point (u, v) in mm, "" for none.

    A line within `reach_mm` wins, the nearest of them; else, where `inside` counts, the smallest area that the point
    lies in, so that a GTV can be picked inside its PTV.
    """
    nearest = {name: _distance_mm(contour, point) for name, contour in contours.items()}
    close = [name for name, distance in nearest.items() if distance <= reach_mm]
    if close:
        return min(close, key=lambda name: nearest[name])
    if not inside:
        return ""
    regions = {name: _region(contour) for name, contour in contours.items()}
    around = [name for name, region in regions.items() if region.contains([point])[0]]
    return min(around, key=lambda name: sum(abs(ring_area_mm2(r)) for r in regions[name].rings), default="")


def _region(contour: Contour) -> Region:
    return Region([contour.points[a:b] for a, b in zip(contour.starts[:-1], contour.starts[1:], strict=True)])


def _distance_mm(contour: Contour, point: tuple[float, float]) -> float:
    """Distance of a point to the nearest edge of all rings."""
    best = np.inf
    for a, b in zip(contour.starts[:-1], contour.starts[1:], strict=True):
        ring = contour.points[a:b] - np.array(point)
        edge = np.roll(ring, -1, axis=0) - ring
        square = np.maximum((edge**2).sum(1), 1e-12)
        along = np.clip(-(ring * edge).sum(1) / square, 0.0, 1.0)
        best = min(best, float(np.linalg.norm(ring + along[:, None] * edge, axis=1).min()))
    return best
