"""The Jacobian determinant of a map: how it changes volume locally, and whether it folds."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.deformation import Deformation, FieldStep, SpatialMap
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform

Float = NDArray[np.float64]

REACH_MM = 0.05
MOST_POINTS = 3_000_000
AT_ONCE = 200_000


def jacobian_determinant(spatial_map: SpatialMap, points_mm: ArrayLike, reach_mm: float = REACH_MM) -> Float:
    """(n,) det(dT/dx) at patient points (n, 3): 1 keeps volume, 0 and less is folded.

    reach_mm: half the distance over which the derivative is taken; short, so that it stays within a field's cell.

    >>> jacobian_determinant(Transform(np.diag([1.1, 0.9, 1.0, 1.0])), [[3.0, 4.0, 5.0]]).round(4).tolist()
    [0.99]
    """
    points = np.asarray(points_mm, dtype=np.float64)
    if isinstance(spatial_map, Transform):
        return np.full(len(points), float(np.linalg.det(spatial_map.matrix[:3, :3])))
    found = np.empty(len(points))
    for begin in range(0, len(points), AT_ONCE):
        found[begin : begin + AT_ONCE] = _determinants(spatial_map, points[begin : begin + AT_ONCE], reach_mm)
    return found


def jacobian_figures(spatial_map: SpatialMap, points_mm: ArrayLike) -> dict[str, float]:
    """{"min", "mean", "max", "folded_fraction"} of the determinant at points (n, 3)."""
    found = jacobian_determinant(spatial_map, points_mm)
    return {
        "min": round(float(found.min()), 4),
        "mean": round(float(found.mean()), 4),
        "max": round(float(found.max()), 4),
        "folded_fraction": float(np.mean(found <= 0)),
    }


def cell_centres_mm(spatial_map: SpatialMap) -> Float:
    """(n, 3) the middles of the cells of the first field that a point of the fixed frame meets; none of an affine map.

    There the derivatives of a trilinear field are taken, so that no fold between samples is missed. Fields larger
    than three million cells are thinned out evenly.
    """
    grid = _first_grid(spatial_map)
    if grid is None or min(grid.size) < 2:
        return np.empty((0, 3))
    step = max(1, int(np.ceil((np.prod(np.array(grid.size, float)) / MOST_POINTS) ** (1 / 3))))
    axes = [np.arange(0, n - 1, step) + 0.5 for n in grid.size]
    k, j, i = np.meshgrid(axes[2], axes[1], axes[0], indexing="ij")
    return grid.to_patient(np.stack([i.ravel(), j.ravel(), k.ravel()], axis=-1))


def _first_grid(spatial_map: SpatialMap) -> Grid | None:
    """The lattice of a field that is met before any other step; None where there is none."""
    if not isinstance(spatial_map, Deformation) or not spatial_map.steps:
        return None
    first = spatial_map.steps[0]
    return first.field.grid if isinstance(first, FieldStep) else None


def _determinants(spatial_map: SpatialMap, points: Float, reach_mm: float) -> Float:
    columns = []
    for axis in range(3):
        arm = np.zeros(3)
        arm[axis] = reach_mm
        columns.append((spatial_map.apply(points + arm) - spatial_map.apply(points - arm)) / (2 * reach_mm))
    found: Float = np.linalg.det(np.stack(columns, axis=-1))
    return found
