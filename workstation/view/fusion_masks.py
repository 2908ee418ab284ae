"""Which pixels of a picture show the overlay: tiles, a side of a line, a circle, as (height, width) uint8, 1 or 0."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from workstation.view.picture_frame import PictureFrame

Chosen = NDArray[np.uint8]


def checkerboard(frame: PictureFrame, tile_mm: float) -> Chosen:
    """Square tiles counted from the patient's origin: they stay where they are when the picture is moved.

    The tile whose first corner lies on the origin, and every second one from there, shows the base.
    """
    plane = frame.plane
    u, v = frame.to_plane((0.5, 0.5))
    columns = float(plane.u @ plane.origin_mm + u) + frame.pixel_mm * np.arange(frame.width)
    rows = float(plane.v @ plane.origin_mm + v) + frame.pixel_mm * np.arange(frame.height)
    # Pixel centres may lie on an edge but for the rounding of matrix products.
    odd = [np.floor(places / tile_mm + 1e-6).astype(np.int64).astype(np.uint8) & 1 for places in (columns, rows)]
    return np.asarray(odd[1][:, None] ^ odd[0][None, :], dtype=np.uint8)


def curtain(frame: PictureFrame, share: float, upright: bool) -> Chosen:
    """The overlay right of an upright line, or below a level one, at a share of the picture's width or height."""
    chosen = np.zeros((frame.height, frame.width), np.uint8)
    length = frame.width if upright else frame.height
    # A pixel belongs to the side that its centre lies on.
    first = math.ceil(share * length - 0.5)
    if upright:
        chosen[:, first:] = 1
    else:
        chosen[first:] = 1
    return chosen


def spyglass(frame: PictureFrame, middle_mm: tuple[float, float] | None, radius_mm: float) -> Chosen:
    """The overlay within a circle on the plane around (u, v); nowhere for None."""
    chosen = np.zeros((frame.height, frame.width), np.uint8)
    if middle_mm is None:
        return chosen
    x, y = frame.to_pixels(middle_mm)
    radius = radius_mm / frame.pixel_mm
    for row in range(max(0, math.ceil(y - radius - 0.5)), min(frame.height, math.floor(y + radius - 0.5) + 1)):
        half = math.sqrt(max(radius**2 - (row + 0.5 - y) ** 2, 0.0))
        first, last = math.ceil(x - half - 0.5), math.floor(x + half - 0.5)
        chosen[row, max(first, 0) : max(last + 1, 0)] = 1
    return chosen
