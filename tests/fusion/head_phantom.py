"""A head in CT and MR whose relation is known: skull, brain with folds, sinuses, eyes, lesions, a neck with its spine.

Every tissue has its value in each modality; smooth random fields make each seed another patient. The CT gets noise
and a couch, the MR shading of 30 % and noise that can't be negative. Points are LPS mm around the head's middle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates, zoom

from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume

Float = NDArray[np.float64]

SIZE, SPACING_MM = (256, 256, 150), (1.0, 1.0, 1.2)
AIR, FAT, MUSCLE, BONE, GREY, WHITE, WATER, EYE, LESION, GLAND = range(10)
CT_VALUES = np.array([-1000, -90, 55, 950, 38, 30, 8, 15, 62, 20], np.float32)
MR_VALUES = np.array([5, 420, 190, 25, 230, 300, 90, 70, 360, 260], np.float32)


@dataclass(frozen=True, eq=False)
class Head:
    """One patient. tissue: (k, j, i) uint8 on the grid."""

    grid: Grid
    tissue: NDArray[np.uint8]

    @staticmethod
    def of(seed: int, coarser: int = 1) -> Head:
        """Another patient for every seed; coarser: voxels so many times as large."""
        size = [n // coarser for n in SIZE]
        spacing = np.array(SPACING_MM) * coarser
        origin = -(np.array(size) - 1) / 2 * spacing
        grid = Grid(origin, spacing, np.eye(3), size)
        return Head(grid, _tissue(grid, np.random.default_rng(seed)))

    def ct(self, seed: int = 2, *, couch: bool = True, noise: float = 15.0) -> Volume:
        """As a planning CT shows it."""
        values = gaussian_filter(CT_VALUES[self.tissue], 0.7)
        if couch:
            y = self.grid.to_patient([[0, j, 0] for j in range(self.grid.size[1])])[:, 1]
            values[:, (y > 108) & (y < 116), :] = 120
        values += np.random.default_rng(seed).normal(0, noise, values.shape).astype(np.float32)
        return Volume(key="ct", voxels=values, grid=self.grid, modality="CT")

    def mr(self, fixed_to_moving: Transform, seed: int = 3, noise: float = 12.0) -> Volume:
        """As an MR shows it in which a point x of the CT lies at fixed_to_moving(x)."""
        random = np.random.default_rng(seed)
        values = _resampled(gaussian_filter(MR_VALUES[self.tissue], 0.8), self.grid, fixed_to_moving)
        values *= np.exp(0.15 * smooth_field(self.grid, 75.0, random))
        real, imaginary = (random.normal(0, noise, values.shape) for _ in range(2))
        voxels = np.hypot(values + real, imaginary).astype(np.float32)
        return Volume(key="mr", voxels=voxels, grid=self.grid, modality="MR")

    def second_ct(self, fixed_to_moving: Transform, seed: int = 4) -> Volume:
        """Another CT, in which a point x of the first lies at fixed_to_moving(x)."""
        values = _resampled(gaussian_filter(CT_VALUES[self.tissue], 0.7), self.grid, fixed_to_moving)
        values += np.random.default_rng(seed).normal(0, 15.0, values.shape).astype(np.float32)
        return Volume(key="ct2", voxels=values, grid=self.grid, modality="CT")

    def points_mm(self, count: int = 1000) -> Float:
        """(count, 3) points inside of the head."""
        random = np.random.default_rng(9)
        index = np.argwhere(self.tissue > 0)
        return self.grid.to_patient(index[random.integers(0, len(index), count)][:, ::-1])


def random_rigid(seed: int, shift_mm: float, turn_deg: float) -> Transform:
    """A map with each shift and each angle at random up to so much."""
    random = np.random.default_rng(100 + seed)
    return Transform.from_rigid(random.uniform(-1, 1, 3) * shift_mm, random.uniform(-1, 1, 3) * turn_deg)


def error_mm(found: Transform, truth: Transform, points_mm: Float) -> Float:
    """(n,) distances of where both put each point."""
    return np.asarray(np.linalg.norm(found.apply(points_mm) - truth.apply(points_mm), axis=1))


def smooth_field(grid: Grid, feature_mm: float, random: np.random.Generator) -> NDArray[np.float32]:
    """(k, j, i) smooth noise of mean 0 and deviation 1 with features of a size."""
    lengths_mm = grid.spacing_mm[::-1] * grid.shape
    coarse = [max(4, round(float(length) / feature_mm) + 3) for length in lengths_mm]
    small = gaussian_filter(random.standard_normal(coarse), 0.7)
    large = zoom(small, [n / m for n, m in zip(grid.shape, coarse, strict=True)], order=3)
    return np.asarray(large[: grid.shape[0], : grid.shape[1], : grid.shape[2]] / large.std(), dtype=np.float32)


def _resampled(values: NDArray[np.float32], grid: Grid, fixed_to_moving: Transform) -> NDArray[np.float32]:
    """The image as it lies in the moving frame; the neck goes on where the image ends."""
    matrix = grid.inverse_matrix @ fixed_to_moving.inverse().matrix @ grid.matrix
    back = matrix[:3, :3][::-1, ::-1]
    k, j, i = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in grid.shape), indexing="ij", sparse=True)
    at = [back[a, 0] * k + back[a, 1] * j + back[a, 2] * i + matrix[2 - a, 3] for a in range(3)]
    return np.asarray(map_coordinates(values, at, order=1, mode="nearest"), dtype=np.float32)


def _tissue(grid: Grid, random: np.random.Generator) -> NDArray[np.uint8]:
    x, y, z = (
        (np.arange(grid.size[a]) * grid.spacing_mm[a] + grid.origin_mm[a]).astype(np.float32) for a in range(3)
    )
    x, y, z = x[None, None, :], y[None, :, None], z[:, None, None]
    sizes = ((40, 0.02), (9, 0.05), (14, 0.1))
    bumps, folds, deep = (np.float32(much) * smooth_field(grid, feature, random) for feature, much in sizes)

    def body(centre: tuple[float, ...], radii: tuple[float, ...], wobble: NDArray[np.float32] | float = 0.0) -> Float:
        """1 on the surface of an ellipsoid (x, y, z), less inside."""
        squares = [((c - m) / r) ** 2 for c, m, r in zip((x, y, z), centre, radii, strict=True)]
        return np.asarray(np.sqrt(squares[0] + squares[1] + squares[2]) + wobble)

    tissue = np.zeros(grid.shape, np.uint8)
    skin = np.minimum(body((0, 0, 18), (76, 98, 80), bumps), body((0, 20, -70), (58, 62, 60), bumps))
    tissue[skin < 1] = FAT
    tissue[skin < 0.95] = MUSCLE
    skull = body((0, 2, 20), (69, 90, 71), bumps)
    tissue[skull < 1] = BONE
    tissue[skull < 0.92] = WATER
    tissue[skull + 0.3 * folds < 0.89] = GREY
    tissue[skull + deep < 0.76] = WHITE
    for side in (-1, 1):
        tissue[body((12 * side, -4, 22), (6, 30, 12), folds) < 1] = WATER
        tissue[body((32 * side, -78, -12), (13, 13, 13)) < 1] = EYE
        tissue[body((24 * side, -62, -35), (11, 14, 15), folds) < 1] = AIR
        tissue[body((60 * side, 8, -45), (11, 14, 22), folds) < 1] = GLAND
    tissue[body((0, 25, -25), (36, 22, 22), folds) < 1] = GREY
    tissue[np.abs(body((0, -8, -60), (40, 28, 12)) - 1) < 0.1] = BONE
    tissue[body((0, 22, -60), (10, 9, 40)) < 1] = BONE
    tissue[body((0, 22, -62), (6, 5, 45)) < 1] = WATER
    tissue[body((0, -20, -62), (11, 9, 40), folds) < 1] = AIR
    for _ in range(14):
        place = random.uniform(-1, 1, 3) * (45, 60, 50) + (0, 0, 15)
        blob = body(tuple(place), tuple(random.uniform(3, 9, 3)), folds)
        tissue[(blob < 1) & (tissue > BONE)] = LESION
    return tissue
