"""Takes a planning CT of a modelled head: partial volume, point spread, noise, and the table under the head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.jobs.progress import Progress, silent
from workstation.teaching.model_sampling import edge_mm, picture
from workstation.teaching.shapes import PackedModel
from workstation.teaching.tissues import ct_table

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

NOISE_HU = 26.0
"""Deviation of the white noise before the point spread; about 11 HU are left after it."""
EDGE_MM = 1.0
TABLE_TOP_MM = 103.0
TABLE_THICKNESS_MM = 52.0
TABLE_HALF_WIDTH_MM = 190.0


def acquire_ct(
    model: PackedModel,
    grid: Grid,
    ct_to_model: Transform,
    seed: np.random.SeedSequence,
    progress: Progress = silent,
) -> NDArray[np.int16]:
    """(k, j, i) int16 CT numbers in HU on an axial grid, -1024 to 3071; the same seed gives the same noise."""
    table = _table_profile(grid)
    seeds = seed.spawn(grid.size[2])

    def finish(image: Float32, k: int) -> None:
        np.maximum(image, table, out=image)
        noise = np.random.default_rng(seeds[k]).standard_normal(image.shape, dtype=np.float32)
        image += np.float32(NOISE_HU) * noise
        _spread(image)

    sentence = "Scanning the planning CT"
    values = picture(model, grid, ct_to_model, ct_table(), edge_mm(grid, EDGE_MM), finish, progress, sentence)
    np.rint(values, out=values)
    np.clip(values, -1024, 3071, out=values)
    return values.astype(np.int16)


def _spread(image: Float32) -> None:
    """In-plane point spread of the scanner: about a third of a pixel, in place."""
    for axis in (0, 1):
        a = np.moveaxis(image, axis, 0)
        inner = np.float32(0.58) * a[1:-1] + np.float32(0.21) * (a[:-2] + a[2:])
        a[1:-1] = inner


def _table_profile(grid: Grid) -> Float32:
    """(j, i) float32 CT numbers of the table, the same on every slice: a foam core in a thin shell, and a headrest."""
    i, j = np.arange(grid.size[0]), np.arange(grid.size[1])
    x = (grid.origin_mm[0] + grid.spacing_mm[0] * i)[None, :]
    y = (grid.origin_mm[1] + grid.spacing_mm[1] * j)[:, None]
    middle = TABLE_TOP_MM + TABLE_THICKNESS_MM / 2 + 12
    core = _rounded(x, y - middle, TABLE_HALF_WIDTH_MM, TABLE_THICKNESS_MM / 2, 24.0)
    rest = _rounded(x, y - (TABLE_TOP_MM + 6.5), 92.0, 5.0, 4.0)
    out = np.full((len(j), len(i)), -1000.0)
    for distance, shell_hu, core_hu, shell_mm in ((core, -180.0, -955.0, 2.4), (rest, -650.0, -930.0, 1.5)):
        inside, core_share = _step(-distance), _step(-distance - shell_mm)
        out = np.maximum(out, -1000 + inside * (shell_hu + 1000) - core_share * (shell_hu - core_hu))
    return out.astype(np.float32)


def _rounded(x: Float, y: Float, half_x: float, half_y: float, corner: float) -> Float:
    """Signed distance (mm) of points to a rounded rectangle around the origin."""
    qx, qy = np.abs(x) - half_x + corner, np.abs(y) - half_y + corner
    outside: Float = np.hypot(np.maximum(qx, 0), np.maximum(qy, 0))
    return outside + np.minimum(np.maximum(qx, qy), 0) - corner


def _step(depth_mm: Float) -> Float:
    return np.clip(depth_mm / EDGE_MM + 0.5, 0.0, 1.0)
