"""How far a map moves the points of a region, and how a bent one stretches them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.fusion.map_figures import affine_part
from workstation.geometry.deformation import SpatialMap, is_affine

Float = NDArray[np.float64]


def spread(lengths_mm: Float) -> dict[str, float]:
    """Of lengths (n,): min, mean, 95th percentile and max, rounded to a micrometre."""
    figures = {
        "min": lengths_mm.min(), "mean": lengths_mm.mean(), "p95": np.percentile(lengths_mm, 95),
        "max": lengths_mm.max(),
    }  # fmt: skip
    return {name: round(float(value), 3) for name, value in figures.items()}


def displacement_mm(spatial_map: SpatialMap, points_mm: ArrayLike) -> dict[str, float]:
    """How far points (n, 3) are moved: min, mean, p95, max."""
    points = np.asarray(points_mm, dtype=np.float64)
    return spread(np.linalg.norm(spatial_map.apply(points) - points, axis=1))


def bending_mm(spatial_map: SpatialMap, points_mm: ArrayLike) -> dict[str, Any] | None:
    """The same of what a deformable map does beyond its own affine part; None of an affine one."""
    if is_affine(spatial_map):
        return None
    points = np.asarray(points_mm, dtype=np.float64)
    straight = affine_part(spatial_map).apply(points)
    return spread(np.linalg.norm(spatial_map.apply(points) - straight, axis=1))
