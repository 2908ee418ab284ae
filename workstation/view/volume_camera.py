"""How the 3D view looks at the patient: turned by drags like a ball in the hand, or straight from a side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]

# From which side one looks -> screen right and screen up, as patient directions (LPS).
_SIDES: dict[str, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "A": ((1, 0, 0), (0, 0, 1)),
    "P": ((-1, 0, 0), (0, 0, 1)),
    "L": ((0, 1, 0), (0, 0, 1)),
    "R": ((0, -1, 0), (0, 0, 1)),
    "S": ((-1, 0, 0), (0, -1, 0)),
    "I": ((1, 0, 0), (0, -1, 0)),
}
SIDES = tuple(_SIDES)
"""Anterior, posterior, left, right, superior, inferior."""

TURN_PER_PIXEL = 0.008
TURNING_ROOM = 0.75


@dataclass(frozen=True, eq=False)
class VolumeCamera:
    """A parallel projection.

    axes: (3, 3) rows are screen right, screen up and towards the viewer, as unit patient directions.
    focus_mm: (3,) the patient point in the middle. pixel_mm: side of a pixel.
    """

    axes: Float
    focus_mm: Float
    pixel_mm: float = 1.0

    @staticmethod
    def from_side(side: str, focus_mm: ArrayLike = (0, 0, 0), pixel_mm: float = 1.0) -> VolumeCamera:
        """Looking straight at one of `SIDES`; KeyError for another."""
        right, up = (np.array(axis, dtype=np.float64) for axis in _SIDES[side])
        return VolumeCamera(np.stack([right, up, np.cross(right, up)]), np.array(focus_mm, dtype=np.float64), pixel_mm)

    def turned(self, dx: float, dy: float) -> VolumeCamera:
        """As if the patient were a ball rolled by the cursor (pixels, y down)."""
        return self.rotated(TURN_PER_PIXEL * dx, TURN_PER_PIXEL * dy)

    def rotated(self, to_right: float, down: float) -> VolumeCamera:
        """The patient rolled by so many radians to the right and down, about one axis."""
        angle = float(np.hypot(to_right, down))
        if angle == 0.0:
            return self
        # Rolling to the right turns about screen up; rolling down turns about screen right.
        axis = np.array([down, to_right, 0.0]) / angle
        x, y, z = axis
        cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
        rotation = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
        axes = rotation @ self.axes
        # Rounding must not shear the camera after thousands of drags.
        right = axes[0] / np.linalg.norm(axes[0])
        up = axes[1] - right * (axes[1] @ right)
        up /= np.linalg.norm(up)
        return VolumeCamera(np.stack([right, up, np.cross(right, up)]), self.focus_mm, self.pixel_mm)

    def panned(self, dx: float, dy: float) -> VolumeCamera:
        """Moved with the cursor (pixels, y down)."""
        focus = self.focus_mm - self.axes[0] * dx * self.pixel_mm + self.axes[1] * dy * self.pixel_mm
        return VolumeCamera(self.axes, focus, self.pixel_mm)

    def zoomed(self, factor: float) -> VolumeCamera:
        """Enlarged `factor` times about the middle."""
        return VolumeCamera(self.axes, self.focus_mm, float(np.clip(self.pixel_mm / factor, 0.01, 50.0)))

    def fitted(self, low_mm: ArrayLike, high_mm: ArrayLike, width: int, height: int, least_mm: float) -> VolumeCamera:
        """Looking at the middle of a box (two patient corners), so that it fills a picture of that size.

        Some room is left for it to be turned. least_mm: what the smaller side of the picture shows at least.
        """
        low, high = np.asarray(low_mm, dtype=np.float64), np.asarray(high_mm, dtype=np.float64)
        across, up, _ = np.abs(self.axes) @ (high - low)
        diagonal = float(np.linalg.norm(high - low))
        shorter = max(TURNING_ROOM * diagonal, least_mm)
        pixel_mm = max(1.1 * across / width, 1.1 * up / height, shorter / min(width, height))
        return VolumeCamera(self.axes, (low + high) / 2, float(pixel_mm))

    def to_screen(self, points_mm: ArrayLike, width: int, height: int) -> Float:
        """Pixels (..., 2), y down, of patient points (..., 3) in a picture of that size."""
        offset = (np.asarray(points_mm, dtype=np.float64) - self.focus_mm) @ self.axes.T / self.pixel_mm
        screen: Float = offset[..., :2] * (1.0, -1.0) + (width / 2, height / 2)
        return screen
