"""The Jacobian determinant of a map: how it changes volume locally, and whether it folds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.fusion.jacobian import field_jacobian
from workstation.geometry.deformation import FieldStep, SpatialMap
from workstation.geometry.transform import Transform

Float = NDArray[np.float64]

REACH_MM = 0.05
AT_ONCE = 200_000

Holds = Callable[[Float], NDArray[np.bool_]]


def everywhere(points_mm: Float) -> NDArray[np.bool_]:
    """A region without end."""
    return np.ones(len(points_mm), dtype=bool)


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


def jacobian_figures(spatial_map: SpatialMap, points_mm: ArrayLike, holds: Holds = everywhere) -> dict[str, float]:
    """{"min", "mean", "max", "folded_fraction"} of the determinant in a region.

    points_mm: (n, 3) points of it; holds: tells of points (m, 3) whether they lie in it. Where the map is a field and
    an affine step (a deformable registration), every cell of the field is looked at, at its corners, so that no fold
    between the points is missed: "min" and "folded_fraction" (then of cells) are of these.
    """
    found = jacobian_determinant(spatial_map, points_mm)
    least, folded = float(found.min()), float(np.mean(found <= 0))
    cells = _least_of_cells(spatial_map, holds)
    if len(cells):
        least, folded = min(least, float(cells.min())), float(np.mean(cells <= 0))
    return {
        "min": round(least, 4),
        "mean": round(float(found.mean()), 4),
        "max": round(float(found.max()), 4),
        "folded_fraction": folded,
    }


def _least_of_cells(spatial_map: SpatialMap, holds: Holds) -> Float:
    """(m,) least determinant of each cell of the field whose middle lies in the region; none for other maps."""
    steps = () if isinstance(spatial_map, Transform) else spatial_map.steps
    if not steps or not isinstance(steps[0], FieldStep) or steps[0].inverted:
        return np.empty(0)
    rest = [step for step in steps[1:] if isinstance(step, Transform)]
    if len(rest) != len(steps) - 1:
        return np.empty(0)
    scale = float(np.prod([np.linalg.det(step.matrix[:3, :3]) for step in rest]))
    field = steps[0].field
    least = field_jacobian(field).least
    if least.shape != tuple(n - 1 for n in field.grid.shape):
        return np.empty(0)
    j, i = np.meshgrid(np.arange(least.shape[1]), np.arange(least.shape[2]), indexing="ij")
    kept = []
    for k, values in enumerate(least):
        middles = field.grid.to_patient(np.stack([i.ravel(), j.ravel(), np.full(i.size, k)], axis=-1) + 0.5)
        kept.append(values.ravel()[holds(middles)])
    return np.concatenate(kept).astype(np.float64) * scale


def _determinants(spatial_map: SpatialMap, points: Float, reach_mm: float) -> Float:
    columns = []
    for axis in range(3):
        arm = np.zeros(3)
        arm[axis] = reach_mm
        columns.append((spatial_map.apply(points + arm) - spatial_map.apply(points - arm)) / (2 * reach_mm))
    found: Float = np.linalg.det(np.stack(columns, axis=-1))
    return found
