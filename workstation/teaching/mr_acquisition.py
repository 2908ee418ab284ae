"""Takes T1-weighted MR phases of a modelled head: partial volume, coil shading and Rician noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.jobs.progress import Progress, silent
from workstation.teaching.model_sampling import edge_mm, picture
from workstation.teaching.shapes import PackedModel

Float32 = NDArray[np.float32]

EDGE_MM = 1.3
SHADING_TERMS = 9


def acquire_mr(
    model: PackedModel,
    grid: Grid,
    mr_to_model: Transform,
    table: NDArray[np.float64],
    shading: NDArray[np.float64],
    noise_sd: float,
    seed: np.random.SeedSequence,
    progress: Progress = silent,
    sentence: str = "Scanning the MR",
) -> NDArray[np.int16]:
    """(k, j, i) int16 signals of a phase, 0 and up.

    table: (tissues, 2) signal and its texture, see `contrast.mr_table`. shading: (9,) coefficients, see
    `shading_coefficients`. noise_sd: deviation of each channel's noise, in scanner units.
    """
    seeds = seed.spawn(grid.size[2])

    def finish(image: Float32, k: int) -> None:
        image *= _shading_of_slice(grid, shading, k)
        noise = np.random.default_rng(seeds[k]).standard_normal((2, *image.shape), dtype=np.float32)
        noise *= np.float32(noise_sd)
        np.hypot(image + noise[0], noise[1], out=image)

    values = picture(model, grid, mr_to_model, table, edge_mm(grid, EDGE_MM), finish, progress, sentence)
    np.rint(values, out=values)
    np.clip(values, 0, 32767, out=values)
    return values.astype(np.int16)


def shading_coefficients(rng: np.random.Generator, shading: float) -> NDArray[np.float64]:
    """(9,) coefficients of a quadratic sensitivity of the coil whose extremes lie about `shading` (a share) from 1."""
    c = rng.uniform(-1, 1, SHADING_TERMS)
    c[3:] *= 0.6
    scaled: NDArray[np.float64] = shading * 1.9 / np.abs(c).sum() * c
    return scaled


def _shading_of_slice(grid: Grid, coefficients: NDArray[np.float64], k: int) -> Float32:
    """(j, i) float32 factor on slice k: a quadratic in coordinates from -1 to 1 across the grid."""
    x = np.linspace(-1, 1, grid.size[0])[None, :]
    y = np.linspace(-1, 1, grid.size[1])[:, None]
    z = 2 * k / max(grid.size[2] - 1, 1) - 1
    a = coefficients
    field = a[0] * x + a[1] * y + a[2] * z + a[3] * x * x + a[4] * y * y + a[5] * z * z
    field = field + a[6] * x * y + a[7] * y * z + a[8] * x * z
    factor: Float32 = np.exp(np.broadcast_to(field, (grid.size[1], grid.size[0]))).astype(np.float32)
    return factor
