# mypy: disable-error-code="no-untyped-call"
"""How a displacement fades out towards the surface of a structure, so that nothing outside of it moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its own name for itself)
from numpy.typing import NDArray

from workstation.fusion.itk_images import image_on
from workstation.fusion.registration import RegistrationError
from workstation.geometry.grid import Grid
from workstation.geometry.mask import Mask

Float = NDArray[np.float64]
Single = NDArray[np.float32]

FADE_MM = 12.0
SHARE_OF_DEPTH = 0.5


@dataclass(frozen=True, eq=False)
class Fade:
    """Depth (mm, k, j, i float32, 0 outside) below a structure's surface, on a grid around it.

    beyond_mm: down to this depth nothing moves.
    """

    grid: Grid
    depth_mm: Single
    beyond_mm: float

    @staticmethod
    def inside(mask: Mask, beyond_mm: float) -> Fade:
        """Of a mask on any grid. RegistrationError where it holds nothing."""
        if not mask.voxels.any():
            raise RegistrationError("Deformable registration is not possible: the structure to stay inside of is empty")
        places = np.argwhere(mask.voxels)
        low, high = places.min(0) - 1, places.max(0) + 2
        padded = np.zeros(high - low, np.uint8)
        cut = mask.voxels[tuple(slice(a + 1, b - 1) for a, b in zip(low, high, strict=True))]
        padded[1:-1, 1:-1, 1:-1] = cut
        grid = mask.grid.box(np.array(mask.start) + low[::-1], padded.shape[::-1])
        distance = sitk.SignedMaurerDistanceMap(
            image_on(grid, padded), insideIsPositive=True, squaredDistance=False, useImageSpacing=True
        )
        # It counts from the centres of the outermost voxels inside, so it is rather too little than too much.
        depth = sitk.GetArrayFromImage(distance)
        return Fade(grid, np.where(padded > 0, np.maximum(depth, 0.0), 0.0).astype(np.float32), beyond_mm)

    @property
    def width_mm(self) -> float:
        """Over which it fades: less in a thin structure."""
        return min(FADE_MM, SHARE_OF_DEPTH * max(float(self.depth_mm.max()) - self.beyond_mm, 0.0))

    def box_mm(self, rim_mm: float) -> Float:
        """(8, 3) corners of the structure's box with a rim."""
        steps = np.ceil(rim_mm / self.grid.spacing_mm).astype(int)
        return self.grid.box(-steps, np.array(self.grid.size) + 2 * steps).corners_mm()

    def on(self, grid: Grid) -> Single:
        """(k, j, i) float32 factors 0..1 of the displacement at the nodes of a grid."""
        depth = sitk.Resample(
            image_on(self.grid, self.depth_mm), image_on(grid, np.zeros(grid.shape, np.uint8)), sitk.Transform(),
            sitk.sitkLinear, 0.0, sitk.sitkFloat32,
        )  # fmt: skip
        t = np.clip((sitk.GetArrayFromImage(depth) - self.beyond_mm) / max(self.width_mm, 1e-3), 0.0, 1.0)
        found: Single = (t * t * (3 - 2 * t)).astype(np.float32)
        return found
