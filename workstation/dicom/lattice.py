"""From slice positions to a lattice of voxels: even, tilted, with missing planes, or uneven (PS3.3 C.7.6.2.1.1).

The true positions are kept beside the lattice. Spacing is never averaged over an uneven stack: readers that do
move planes by centimetres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.dicom.errors import DicomError
from workstation.geometry.grid import Grid

Float = NDArray[np.float64]

SAME_PLACE_MM = 0.01
LATERAL_NOISE_MM = 0.05
MOST_PLANES_PER_SLICE = 4


@dataclass(frozen=True, eq=False)
class Arrangement:
    """Where a stack's voxels lie.

    grid: its k axis ascends along `grid.normal`; it is sheared for a tilted gantry.
    lower: (k,) acquired slice at or below each plane of the grid; weight: (k,) share of the slice above it, 0 where
        the plane is an acquired one. exact: every plane is an acquired slice, in order.
    positions_mm: (n,) true projections of the acquired slices on the normal, ascending.
    """

    grid: Grid
    lower: NDArray[np.int64]
    weight: Float
    positions_mm: Float
    exact: bool
    warnings: tuple[str, ...] = ()


def normal_of(orientation: tuple[float, ...]) -> Float:
    """(3,) unit normal of slices from the six numbers of their orientation."""
    n = np.cross(orientation[:3], orientation[3:])
    unit: Float = n / np.linalg.norm(n)
    return unit


def arrange(
    positions_mm: Float,
    orientation: tuple[float, ...],
    spacing_mm: tuple[float, float],
    size: tuple[int, int],
    thickness_mm: float,
) -> Arrangement:
    """The lattice of slices at `positions_mm` (n, 3), sorted along their normal, none at the same place.

    spacing_mm: (between rows, between columns); size: (columns, rows). thickness_mm serves a single slice only.
    Raises DicomError when they form no volume.
    """
    points = np.asarray(positions_mm, dtype=np.float64)
    normal = normal_of(orientation)
    along = points @ normal
    if len(points) == 1:
        return _single(points, along, orientation, spacing_mm, size, thickness_mm)
    axis = _stack_axis(points, along, normal, min(spacing_mm))
    step, index, even = _steps(along)
    if even:
        step = float(along[-1] - along[0]) / int(index[-1])
        lower, weight, count = _planes_on_lattice(index)
    else:
        lower, weight, count = _planes_between(along, step)
    if count > MOST_PLANES_PER_SLICE * len(points) + 16:
        raise DicomError(
            f"has {len(points)} slices scattered over {along[-1] - along[0]:.0f} mm with steps from "
            f"{np.diff(along).min():.2f} to {np.diff(along).max():.2f} mm, which form no volume"
        )
    grid = _grid(points[0], orientation, axis * step, spacing_mm, (*size, count))
    exact = count == len(points) and not weight.any()
    return Arrangement(grid, lower, weight, along, exact, _warnings(along, index, even, step, axis, normal))


def _grid(
    origin: Float, orientation: tuple[float, ...], step: Float, spacing: tuple[float, float], size: tuple[int, int, int]
) -> Grid:
    length = float(np.linalg.norm(step))
    direction = np.column_stack([orientation[:3], orientation[3:], step / length])
    return Grid(origin, (spacing[1], spacing[0], length), direction, size)


def _single(
    points: Float, along: Float, orientation: tuple[float, ...], spacing: tuple[float, float], size: tuple[int, int],
    thickness: float,
) -> Arrangement:  # fmt: skip
    if not 0 < thickness <= 1000:
        raise DicomError("is a single slice without a Slice Thickness, so it is no volume")
    grid = _grid(points[0], orientation, normal_of(orientation) * thickness, spacing, (*size, 1))
    warning = f"a single slice; {thickness:g} mm thick as its Slice Thickness says"
    return Arrangement(grid, np.zeros(1, np.int64), np.zeros(1), along, True, (warning,))


def _stack_axis(points: Float, along: Float, normal: Float, pixel_mm: float) -> Float:
    """The vector from slice to slice per millimetre along the normal: the normal itself, or sheared by a tilt."""
    axis: Float = (points[-1] - points[0]) / (along[-1] - along[0])
    sideways = points - points[0] - np.outer(along - along[0], axis)
    worst = float(np.linalg.norm(sideways, axis=1).max())
    if worst > max(LATERAL_NOISE_MM, 0.15 * pixel_mm):
        raise DicomError(f"has slices that are shifted sideways against each other by up to {worst:.2f} mm")
    drift = (axis - normal) * (along[-1] - along[0])
    if np.linalg.norm(axis) > 2:
        raise DicomError("has slices that are shifted sideways by more than their distance, so they form no volume")
    return normal if np.linalg.norm(drift) <= LATERAL_NOISE_MM else axis


def _steps(along: Float) -> tuple[float, NDArray[np.int64], bool]:
    """The finest step, each slice's index on a lattice of it, and whether all lie on that lattice."""
    gaps = np.diff(along)
    finest = float(gaps.min())
    base = float(np.median(gaps[gaps <= 1.25 * finest]))
    index = np.concatenate([[0], np.cumsum(np.maximum(1, np.rint(gaps / base)))]).astype(np.int64)
    centred = index - index.mean()
    fitted = float(centred @ along / (centred @ centred))
    residual = np.abs(along - along.mean() - fitted * centred).max()
    tolerance = min(max(0.055, 0.02 * base), 0.2 * base)
    return finest, index, bool(residual <= tolerance)


def _planes_on_lattice(index: NDArray[np.int64]) -> tuple[NDArray[np.int64], Float, int]:
    count = int(index[-1]) + 1
    planes = np.arange(count)
    lower = np.searchsorted(index, planes, side="right").astype(np.int64) - 1
    upper = np.minimum(lower + 1, len(index) - 1)
    width = np.maximum(index[upper] - index[lower], 1)
    return lower, (planes - index[lower]) / width, count


def _planes_between(along: Float, step: float) -> tuple[NDArray[np.int64], Float, int]:
    """Planes every `step` from the first slice to the one nearest to the last; beyond it the last slice is held."""
    count = round(float(along[-1] - along[0]) / step) + 1
    planes = np.minimum(along[0] + step * np.arange(count), along[-1])
    lower = np.clip(np.searchsorted(along, planes + 1e-6, side="right") - 1, 0, len(along) - 1).astype(np.int64)
    upper = np.minimum(lower + 1, len(along) - 1)
    width = np.where(upper > lower, along[upper] - along[lower], 1.0)
    weight = np.clip((planes - along[lower]) / width, 0.0, 1.0)
    weight[np.abs(planes - along[lower]) < 1e-3] = 0.0
    return lower, weight, count


def _warnings(
    along: Float, index: NDArray[np.int64], even: bool, step: float, axis: Float, normal: Float
) -> tuple[str, ...]:
    found = []
    tilt_deg = float(np.degrees(np.arccos(min(1.0, 1 / float(np.linalg.norm(axis))))))
    if axis is not normal and tilt_deg > 0.05:
        found.append(f"the gantry was tilted by {tilt_deg:.1f}°: the voxels lie on a sheared grid")
    missing = int(index[-1]) + 1 - len(index)
    if even and missing:
        absent = np.setdiff1d(np.arange(int(index[-1]) + 1), index) * step + along[0]
        found.append(f"{missing} slice{'s' if missing > 1 else ''} missing at {_listed(absent)} mm: interpolated there")
    elif not even:
        gaps = np.diff(along)
        found.append(
            f"slices are unevenly spaced ({gaps.min():.2f} to {gaps.max():.2f} mm): "
            f"shown interpolated every {step:.2f} mm, drawn on the true slices"
        )
    return tuple(found)


def _listed(values: Float, most: int = 8) -> str:
    shown = ", ".join(f"{v:.2f}" for v in values[:most])
    return shown if len(values) <= most else f"{shown} … {values[-1]:.2f}"
