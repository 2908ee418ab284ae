# mypy: disable-error-code="no-untyped-call"
"""What a deformable registration compares at each level: both images coarser and smoother, and where they count."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its own name for itself)
from numpy.typing import NDArray

from workstation.fusion.bspline import each_slab
from workstation.fusion.deformable_climb import LevelImages
from workstation.fusion.deformable_fade import Fade
from workstation.fusion.preparation import Body, Curve, Prepared, shows_hounsfield_units
from workstation.fusion.reduction_kernels import reduce_through
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume

Float = NDArray[np.float64]
Single = NDArray[np.float32]
Whole = NDArray[np.int64]

CT_LOW_HU, CT_HIGH_HU = -1000.0, 600.0
TABLE = 4096
SMOOTHING_VOXELS = 0.7
MOST_VOXELS = 2.6e6
FINEST_MM = 1.5
RIM_MM = 10.0


@dataclass(frozen=True, eq=False)
class Box:
    """Where the bend is sought: voxels of the fixed grid, first and size (i, j, k)."""

    grid: Grid
    first: NDArray[np.int64]
    size: NDArray[np.int64]

    @staticmethod
    def around(grid: Grid, body: Body, fade: Fade | None) -> Box:
        """The body's box; of what fades out around a structure, that structure's with a rim."""
        points = body.points_mm() if fade is None else fade.box_mm(RIM_MM)
        index = grid.to_index(points)
        first = np.clip(np.floor(index.min(0)), 0, np.array(grid.size) - 4).astype(np.int64)
        last = np.clip(np.ceil(index.max(0)), first + 3, np.array(grid.size) - 1).astype(np.int64)
        return Box(grid, first, last - first + 1)

    @property
    def size_mm(self) -> Float:
        """(k, j, i) between its outer faces."""
        found: Float = (self.size * self.grid.spacing_mm)[::-1]
        return found

    def places_mm(self, axis: int, index: Float) -> Float:
        """Along an axis (k, j, i): from the box's corner to voxels (n,) of the fixed grid; fractions allowed."""
        a = 2 - axis
        found: Float = (index - self.first[a] + 0.5) * self.grid.spacing_mm[a]
        return found

    def finest_mm(self) -> float:
        """The finest voxels that are worth the time."""
        return max(FINEST_MM, float(np.cbrt(np.prod(self.size_mm) / MOST_VOXELS)))


def linear_curve(volume: Volume) -> Curve:
    """Values to 0..1 without a bend: of a CT from air to spongy bone, else between the percentiles 0.5 and 99.7."""
    if shows_hounsfield_units(volume):
        low, high = CT_LOW_HU, CT_HIGH_HU
    else:
        step = max(1, round((volume.voxels.size / 200_000) ** (1 / 3)))
        seen = volume.voxels[::step, ::step, ::step].astype(np.float32)
        low, high = float(np.percentile(seen, 0.5)), float(np.percentile(seen, 99.7))
        if high <= low:
            low, high = float(seen.min()), float(seen.max()) + 1e-6
    return Curve(low, TABLE / (high - low), ((np.arange(TABLE) + 0.5) / TABLE).astype(np.float32))


@dataclass(frozen=True, eq=False)
class Sources:
    """Both images and how their values are brought to 0..1."""

    fixed: Prepared
    moving: Prepared
    fixed_curve: Curve
    moving_curve: Curve
    box: Box
    start: Transform
    fade: Fade | None
    pool: ThreadPoolExecutor | None

    def level(self, spacing_mm: float, beat: Callable[[], None] = lambda: None) -> LevelImages:
        """Both images at about that spacing; beat: called in between."""
        grid, box = self.fixed.volume.grid, self.box
        steps = _steps(grid, spacing_mm, box.size)
        counts = box.size // steps
        fixed = self._reduced(self.fixed.volume, self.fixed_curve, box.first, steps, counts)
        beat()
        whole = np.array(self.moving.volume.grid.size)
        moving_steps = _steps(self.moving.volume.grid, spacing_mm, whole)
        moving = self._reduced(
            self.moving.volume, self.moving_curve, np.zeros(3, np.int64), moving_steps, whole // moving_steps
        )
        beat()
        own = Grid(grid.to_patient(box.first + (steps - 1) / 2), grid.spacing_mm * steps, grid.direction, counts)
        other = self.moving.volume.grid
        to_moving = Grid(
            other.to_patient((moving_steps - 1) / 2), other.spacing_mm * moving_steps, other.direction,
            whole // moving_steps,
        ).inverse_matrix  # fmt: skip
        straight = (to_moving @ self.start.matrix @ own.matrix)[:3]
        index = [box.first[a] + (steps[a] - 1) / 2 + np.arange(counts[a]) * steps[a] for a in (2, 1, 0)]
        return LevelImages(
            fixed=fixed,
            moving=moving,
            known=held(self.fixed.body, own),
            spacing_mm=np.ascontiguousarray(own.spacing_mm[::-1]),
            places_mm=tuple(box.places_mm(axis, index[axis]) for axis in range(3)),  # type: ignore[arg-type]
            straight=np.ascontiguousarray(straight),
            turn=np.ascontiguousarray(to_moving[:3, :3] @ self.start.matrix[:3, :3]),
            to_index=np.ascontiguousarray(own.inverse_matrix[:3, :3]),
            **({} if self.fade is None else {"fade": self.fade.on(own)}),
        )

    def _reduced(self, volume: Volume, curve: Curve, first: Whole, steps: Whole, counts: Whole) -> Single:
        """Means over boxes of voxels, a little smoothed."""
        voxels = np.ascontiguousarray(volume.voxels).view()
        voxels.setflags(write=False)
        out = np.empty(tuple(int(n) for n in counts[::-1]), np.float32)
        begin, boxes = np.ascontiguousarray(first[::-1]), np.ascontiguousarray(steps[::-1])
        low, scale = np.float32(curve.low), np.float32(curve.scale)
        each_slab(
            self.pool,
            len(out),
            lambda _, a, b: reduce_through(voxels, begin, boxes, low, scale, curve.table, out, a, b),
        )
        smooth = sitk.SmoothingRecursiveGaussian(sitk.GetImageFromArray(out), [SMOOTHING_VOXELS] * 3)
        found: Single = np.clip(sitk.GetArrayFromImage(smooth), 0.0, 1.0)
        return found


def _steps(grid: Grid, spacing_mm: float, size: NDArray[np.int64]) -> NDArray[np.int64]:
    """Voxels (i, j, k) that make one of about that spacing; at least four remain along each axis."""
    wanted = np.maximum(1, np.round(spacing_mm / grid.spacing_mm)).astype(np.int64)
    return np.minimum(wanted, np.maximum(1, size // 4))


def held(body: Body, grid: Grid) -> NDArray[np.uint8]:
    """(k, j, i) 1 where a voxel of a grid lies in the body; both have the same axes."""
    index = []
    for axis in range(3):
        points = np.zeros((grid.size[axis], 3))
        points[:, axis] = np.arange(grid.size[axis])
        nearest = np.rint(body.grid.to_index(grid.to_patient(points))[:, axis]).astype(np.int64)
        # The body ends with its coarse grid, that is short of the image by less than one of its voxels.
        index.append(np.clip(nearest, 0, body.grid.size[axis] - 1))
    return body.inside[np.ix_(index[2], index[1], index[0])].astype(np.uint8)
