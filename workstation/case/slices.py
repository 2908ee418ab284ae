"""The planes that structures are drawn on: the acquired slices of the planning image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.plane import Plane
from workstation.images.volume import Volume
from workstation.structures.structure import POSITION_TOLERANCE_MM, ContourStack

Float = NDArray[np.float64]


def drawing_plane(image: Volume) -> Plane:
    """The frame of new contours: rows and columns of the image at the patient's origin.

    Positions along its normal are therefore the projections that `Volume.slice_positions_mm` holds; for an axial
    CT the plane coordinates are x and y and the position is z, as in an exported contour.
    """
    return Plane((0.0, 0.0, 0.0), image.grid.direction[:, 0], image.grid.direction[:, 1])


def slice_spacing_mm(image: Volume) -> float:
    """The usual distance between neighbouring acquired slices; the grid's own where there is one slice only."""
    positions = image.slice_positions_mm
    if len(positions) < 2:
        return float(image.grid.spacing_mm[2])
    return float(np.median(np.diff(positions)))


def empty_stack_on(image: Volume) -> ContourStack:
    """A stack on the slices of an image, with nothing drawn."""
    return ContourStack(drawing_plane(image), slice_spacing_mm(image))


def same_frame(first: Plane, second: Plane, tolerance_mm: float = POSITION_TOLERANCE_MM) -> bool:
    """Whether plane coordinates mean the same in both frames, to `tolerance_mm` half a metre from the origin."""
    turned = float(np.abs(first.axes - second.axes).max()) * 500.0
    moved = float(np.abs(first.origin_mm - second.origin_mm).max())
    return max(turned, moved) <= tolerance_mm


def positions_for(stack: ContourStack, image_positions_mm: Float) -> Float:
    """(n,) positions where a structure can be drawn, ascending: its drawn planes, and the image's between them.

    An image plane within half a slice of a drawn one is that drawn one: a structure that came on planes between
    the slices is edited on its own planes and does not get a second set in between.
    """
    drawn = stack.positions_mm
    if not len(drawn):
        return image_positions_mm
    if not len(image_positions_mm):
        return drawn
    distance = np.abs(image_positions_mm[:, None] - drawn[None, :]).min(1)
    free = image_positions_mm[distance > 0.5 * stack.slice_spacing_mm - POSITION_TOLERANCE_MM]
    return np.sort(np.concatenate([drawn, free]))


def nearest_mm(positions_mm: Float, position_mm: float) -> float:
    """The position nearest to another one; of two equally near ones the lower."""
    return float(positions_mm[int(np.argmin(np.abs(positions_mm - position_mm)))])
