"""Where a picture lies in patient space: the one place where pixels and plane millimetres meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.errors import GeometryError
from workstation.geometry.plane import Plane

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PictureFrame:
    """A rectangle of square pixels on a plane.

    Pixel coordinates (x, y) are continuous: pixel (0, 0) covers 0..1, its centre is (0.5, 0.5), y points down.
    The plane's u runs along a row to the right, its v down a column.

    centre_mm: (u, v) in the middle of the picture. pixel_mm: side of a pixel. width, height: in pixels.
    """

    plane: Plane
    centre_mm: tuple[float, float]
    pixel_mm: float
    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1 or not self.pixel_mm > 0:
            raise GeometryError("A picture needs at least one pixel, and pixels of a positive size in mm")

    def to_plane(self, pixels: ArrayLike) -> Float:
        """Plane points (..., 2) in mm of pixel coordinates (..., 2)."""
        middle = np.array([self.width, self.height]) / 2
        points: Float = (np.asarray(pixels, dtype=np.float64) - middle) * self.pixel_mm + np.array(self.centre_mm)
        return points

    def to_pixels(self, uv_mm: ArrayLike) -> Float:
        """Pixel coordinates (..., 2) of plane points (..., 2) in mm."""
        middle = np.array([self.width, self.height]) / 2
        pixels: Float = (np.asarray(uv_mm, dtype=np.float64) - np.array(self.centre_mm)) / self.pixel_mm + middle
        return pixels

    def patient_start_and_steps(self) -> tuple[Float, Float, Float]:
        """The patient point of the first pixel's centre, and the steps (3,) in mm along a row and down a column."""
        start = self.plane.to_patient(self.to_plane((0.5, 0.5)))
        return start, self.plane.u * self.pixel_mm, self.plane.v * self.pixel_mm

    def scaled(self, factor: float) -> PictureFrame:
        """The same rectangle in pixels `factor` times as large (rounded to whole pixels)."""
        width, height = max(1, round(self.width / factor)), max(1, round(self.height / factor))
        return PictureFrame(self.plane, self.centre_mm, self.pixel_mm * factor, width, height)

    @property
    def key(self) -> tuple[float | int, ...]:
        """Equal for two frames exactly when they show the same pixels of the same plane."""
        p = self.plane
        return (*p.origin_mm, *p.u, *p.v, *self.centre_mm, self.pixel_mm, self.width, self.height)
