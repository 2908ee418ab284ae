"""Where a registration is judged: the patient's body in the fixed image, or a part of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.fusion.preparation import Body, prepare
from workstation.fusion.registration import RegistrationError
from workstation.geometry.deformation import SpatialMap
from workstation.geometry.mask import Mask
from workstation.images.volume import Volume

Float = NDArray[np.float64]

MOST_POINTS = 60_000


def judged_region(fixed: Volume, region: Mask | None = None) -> Body:
    """The region given, else the body. RegistrationError for an empty region, or an image in which none is found."""
    if region is None:
        return prepare(fixed, "fixed").body
    if not region.voxels.any():
        raise RegistrationError("The quality of a registration can't be judged in an empty region")
    return Body(region.grid.box(region.start, region.voxels.shape[::-1]), region.voxels)


def some_points_mm(body: Body, most: int = MOST_POINTS) -> Float:
    """(n, 3) centres of the region's voxels in mm, thinned out evenly to at most so many."""
    index = np.argwhere(body.inside)[:, ::-1]
    step = -(-len(index) // most)
    return body.grid.to_patient(index[::step])


def reached(moving: Volume, spatial_map: SpatialMap, points_mm: Float) -> Float:
    """Those of the points (n, 3) that come to lie in the moving image."""
    return points_mm[moving.grid.contains(spatial_map.apply(points_mm))]
