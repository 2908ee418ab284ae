"""Small images that differ by a bend which is known exactly: a ball of textured tissue with bone in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

from workstation.geometry.grid import Grid
from workstation.images.volume import Volume

Float = NDArray[np.float64]

GRID = Grid((-68, -66, -60), (2.8, 2.8, 3.0), np.eye(3), (50, 48, 41))
RADIUS_MM = 52.0


@dataclass(frozen=True, eq=False)
class Pair:
    """fixed(x) = moving(x + u(x)); points_mm: (n, 3) inside the ball, true_mm: (n, 3) their displacements."""

    fixed: Volume
    moving: Volume
    points_mm: Float
    true_mm: Float


def volume(values: Float, modality: str = "CT", frame: str = "1.2.3") -> Volume:
    return Volume(modality, values.astype(np.float32), GRID, modality=modality, frame_of_reference_uid=frame)


def nodes() -> Float:
    k, j, i = np.meshgrid(*(np.arange(n) for n in GRID.shape), indexing="ij")
    return GRID.to_patient(np.stack([i, j, k], -1))


def bend(points_mm: Float, amount_mm: float) -> Float:
    """A smooth bend, up to about `amount_mm` long."""
    x, y, z = np.moveaxis(points_mm / 25.0, -1, 0)
    waves = [np.sin(y) * np.cos(0.7 * z), np.sin(0.8 * x + 0.5) * np.cos(z), np.cos(x) * np.sin(0.9 * y + 0.3)]
    return amount_mm / 1.7 * np.stack(waves, -1)


def anatomy(points_mm: Float, seed: int = 5) -> tuple[Float, Float]:
    """CT values, and those of an MR of the same tissues, at patient points."""
    rng = np.random.default_rng(seed)
    texture = np.zeros(points_mm.shape[:-1])
    for _ in range(24):
        wave = rng.normal(size=3)
        wave *= 2 * np.pi / rng.uniform(14, 26) / np.linalg.norm(wave)
        texture += np.sin(points_mm @ wave + rng.uniform(0, 6))
    texture /= texture.std()
    radius = np.linalg.norm(points_mm, axis=-1)
    soft = np.where(texture > 0.6, 80.0, np.where(texture < -0.6, -60.0, 20.0)) + 12 * texture
    other = np.where(texture > 0.6, 120.0, np.where(texture < -0.6, 380.0, 240.0)) + 8 * texture
    shell = (radius > 0.8 * RADIUS_MM) & (radius < 0.9 * RADIUS_MM)
    outside = radius > RADIUS_MM
    ct = np.where(outside, -1000.0, np.where(shell, 500.0, soft))
    return ct, np.where(outside, 5.0, np.where(shell, 30.0, other))


def pair(amount_mm: float = 6.0, modality: str = "CT", noise: float = 8.0) -> Pair:
    """A CT, and the unbent one of the given modality."""
    at, rng = nodes(), np.random.default_rng(8)
    u = bend(at, amount_mm)
    fixed = _blurred(anatomy(at + u)[0]) + rng.normal(0, noise, GRID.shape)
    moving = _blurred(anatomy(at)[0 if modality == "CT" else 1]) + rng.normal(0, noise, GRID.shape)
    inside = (np.linalg.norm(at + u, axis=-1) < 0.95 * RADIUS_MM) & (np.linalg.norm(at, axis=-1) < RADIUS_MM)
    points = at[inside][::7]
    return Pair(volume(fixed), volume(moving, modality), points, bend(points, amount_mm))


def _blurred(values: Float) -> Float:
    image = sitk.DiscreteGaussian(sitk.GetImageFromArray(values.astype(np.float32)), 0.6)
    return sitk.GetArrayFromImage(image).astype(np.float64)
