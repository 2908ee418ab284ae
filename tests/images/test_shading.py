"""A coil's shading that was multiplied in is found, up to a factor."""

from __future__ import annotations

import numpy as np
import pytest

from workstation.geometry.grid import Grid
from workstation.images.errors import ImageError
from workstation.images.shading import shading_of
from workstation.images.volume import Volume

GRID = Grid((0, 0, 0), (2, 2, 2.5), np.eye(3), (64, 64, 40))


def shaded_head() -> tuple[Volume, np.ndarray, np.ndarray]:
    """An ellipsoid of three tissues, what it was multiplied by, and where it is."""
    k, j, i = (axis / n * 2 - 1 for axis, n in zip(np.indices(GRID.shape), GRID.shape, strict=True))
    body = k**2 + j**2 + i**2 < 0.8
    bright = np.sin(9 * i) * np.sin(8 * j) * np.sin(7 * k) > 0.2
    tissue = np.where(bright, 320.0, np.where(np.sin(11 * j) > 0, 240.0, 200.0))
    field = np.exp(0.25 * i + 0.15 * j - 0.2 * k * i)
    noise = np.random.default_rng(3).normal(0, 4, GRID.shape)
    voxels = np.where(body, tissue * field + noise, np.abs(noise)).astype(np.float32)
    return Volume("mr", voxels, GRID, "MR"), field, body


def test_the_field_is_found() -> None:
    volume, field, body = shaded_head()
    found = shading_of(volume)
    left = np.log(field / found)[body]
    assert left.std() < 0.25 * np.log(field)[body].std()
    assert found.dtype == np.float32 and found.shape == GRID.shape
    assert np.log(found)[body].mean() == pytest.approx(0.0, abs=0.02)


def test_too_little_tissue_is_said() -> None:
    voxels = np.zeros(GRID.shape, np.float32)
    voxels[:3] = 100
    with pytest.raises(ImageError, match="too little tissue"):
        shading_of(Volume("mr", voxels, GRID, "MR"))
