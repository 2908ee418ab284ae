"""Where the fixed image is compared: random points in the body or in a region, never just on voxel centres."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.fusion.agreement import Picture, Samples
from workstation.fusion.matching_kernels import OUTSIDE, look_up, relative, scatter
from workstation.fusion.preparation import Body
from workstation.fusion.registration import RegistrationError

Float = NDArray[np.float64]


def scattered(region: Body, count: int, seed: int) -> Float:
    """(about count, 3) patient points in mm, even over the region and random within: the same for the same seed.

    Every voxel of the region gets the same number of points, or every n-th voxel gets one, in memory order: points
    that follow each other lie near each other, which is what makes looking up quick.
    """
    random = np.random.default_rng(seed)
    places = np.flatnonzero(region.inside)
    if not len(places):
        raise RegistrationError("Registration is not possible: the region is empty")
    steps = (np.arange(count) + random.random(count)) * (len(places) / count)
    chosen = places[np.minimum(steps.astype(np.int64), len(places) - 1)]
    _, rows, columns = region.inside.shape
    points = np.empty((count, 3))
    scatter(chosen, rows, columns, random.random((count, 3), np.float32), np.array(region.grid.matrix), points)
    return points


def samples_of(
    picture: Picture, region: Body, count: int, seed: int, pivot_mm: Float | None = None
) -> Samples:
    """Samples of a picture at scattered points of a region, turned about their middle or a given point.

    RegistrationError where none lies in the picture.
    """
    points = scattered(region, count, seed)
    values = values_at(picture, points)
    inside = values != OUTSIDE
    if not inside.any():
        raise RegistrationError("Registration is not possible: the region lies outside of the fixed image")
    points = points[inside]
    return Samples.about(points.mean(0) if pivot_mm is None else pivot_mm, points, values[inside])


def values_at(picture: Picture, points_mm: Float) -> NDArray[np.float32]:
    """(n,) float32 trilinear values at patient points (n, 3); OUTSIDE beyond the picture."""
    middle = points_mm.mean(0)
    points = np.empty(points_mm.shape, np.float32)
    relative(points_mm, middle, points)
    values, slopes = np.empty(len(points), np.float32), np.empty((len(points), 3), np.float32)
    to_index = np.ascontiguousarray(picture.grid.inverse_matrix[:3, :3])
    offset = picture.grid.to_index(middle)
    look_up(points, np.eye(3), to_index, offset, picture.values, values, slopes, 0, len(points))
    return values
