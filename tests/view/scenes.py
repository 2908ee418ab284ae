"""Volumes whose content tells where one is: for pictures that must not be mirrored or shifted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.grid import Grid
from workstation.images.volume import Volume


def rotation(rx_deg: float, ry_deg: float, rz_deg: float) -> NDArray[np.float64]:
    """(3, 3) Rz Ry Rx."""
    a, b, c = np.radians([rx_deg, ry_deg, rz_deg])
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def centred_grid(direction: ArrayLike, spacing_mm: ArrayLike, size: tuple[int, int, int]) -> Grid:
    """A grid whose middle is the patient's origin."""
    axes = np.asarray(direction, dtype=float)
    half = axes @ (np.asarray(spacing_mm, dtype=float) * (np.array(size) - 1) / 2)
    return Grid(-half, spacing_mm, axes, size)


def noise_volume(grid: Grid, dtype: Any = np.int16, seed: int = 0) -> Volume:
    """Every voxel another value."""
    rng = np.random.default_rng(seed)
    return Volume("noise", rng.integers(-1000, 2000, grid.shape).astype(dtype), grid, frame_of_reference_uid="F")


DIRECTIONS = {
    "L": (1.0, 0.0, 0.0),
    "R": (-1.0, 0.0, 0.0),
    "P": (0.0, 1.0, 0.0),
    "A": (0.0, -1.0, 0.0),
    "S": (0.0, 0.0, 1.0),
    "I": (0.0, 0.0, -1.0),
}
MARKS = {"L": 100, "R": 200, "P": 300, "A": 400, "S": 500, "I": 600}
MARK_MM = 40.0


def marked_volume(grid: Grid, key: str = "marked", modality: str = "CT") -> Volume:
    """Zero, with a ball of its own value 40 mm from the patient's origin in each of the six directions."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.size), indexing="ij"), -1)
    points = grid.to_patient(index)
    voxels = np.zeros(grid.size, np.int16)
    for letter, direction in DIRECTIONS.items():
        distance = np.linalg.norm(points - MARK_MM * np.array(direction), axis=-1)
        voxels[distance < 7.0] = MARKS[letter]
    return Volume(
        key,
        np.ascontiguousarray(voxels.transpose(2, 1, 0)),
        grid,
        modality=modality,
        unit="HU",
        description="six marks",
        frame_of_reference_uid="F",
    )


# Acquisitions as they come from scanners: the axes i (columns), j (rows), k (slices) as columns of the matrix.
ACQUISITIONS = {
    "head-first axial": np.eye(3),
    "slices from head to feet": np.diag([1.0, 1.0, -1.0]),
    "feet-first prone": np.array([[-1.0, 0, 0], [0, -1.0, 0], [0, 0, 1.0]]),
    "sagittal": np.array([[0, 0, 1.0], [1.0, 0, 0], [0, -1.0, 0]]),
    "sagittal from the left": np.array([[0, 0, -1.0], [1.0, 0, 0], [0, -1.0, 0]]),
    "coronal": np.array([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]]),
    "oblique axial": rotation(14, -9, 11),
    "oblique sagittal": rotation(8, 6, -12) @ np.array([[0, 0, 1.0], [1.0, 0, 0], [0, -1.0, 0]]),
}
