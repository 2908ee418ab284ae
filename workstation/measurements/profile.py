"""The values of images along a straight line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.deformation import SpatialMap
from workstation.geometry.errors import GeometryError
from workstation.images.volume import Volume
from workstation.measurements.sampling import values_at

Float = NDArray[np.float64]

STEPS_PER_PIXEL = 2.0
MOST_STEPS = 20_000


@dataclass(frozen=True, eq=False)
class Profile:
    """Values along a line.

    positions_mm: (n,) from the first point. points_mm: (n, 3) patient points, in the frame of the line's ends.
    values: (n,) of each image by its key, NaN outside of it. units: of each image.
    """

    positions_mm: Float
    points_mm: Float
    values: Mapping[str, Float]
    units: Mapping[str, str]


def line_profile(
    start_mm: ArrayLike,
    end_mm: ArrayLike,
    images: Mapping[str, Volume],
    to_images: Mapping[str, SpatialMap] | None = None,
) -> Profile:
    """The values of images along the line from one patient point (3,) to another, trilinear.

    Steps are equal, and at most half the smallest spacing of the finest image (coarser only beyond 20,000 of them).
    to_images: takes the points to each image's frame of reference; an image without one is in theirs.
    Raises GeometryError for points that are not finite or the same.
    """
    start, end = np.asarray(start_mm, dtype=np.float64), np.asarray(end_mm, dtype=np.float64)
    if start.shape != (3,) or end.shape != (3,) or not (np.isfinite(start).all() and np.isfinite(end).all()):
        raise GeometryError("A line profile needs two finite points (x, y, z) in mm")
    length_mm = float(np.linalg.norm(end - start))
    if length_mm <= 0:
        raise GeometryError("A line profile needs two different points")
    finest_mm = min((float(v.grid.spacing_mm.min()) for v in images.values()), default=1.0)
    steps = int(np.clip(np.ceil(length_mm * STEPS_PER_PIXEL / finest_mm - 1e-9), 1, MOST_STEPS))
    share = np.linspace(0.0, 1.0, steps + 1)
    points = start + share[:, None] * (end - start)
    links = to_images or {}
    values = {key: values_at(volume, points, links.get(key)) for key, volume in images.items()}
    return Profile(share * length_mm, points, values, {key: volume.unit for key, volume in images.items()})
