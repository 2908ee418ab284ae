"""Maps between frames of reference that bend space, and chains of them with affine ones (DICOM PS3.3 C.20.3).

A chain is kept as its steps and evaluated point by point, so that nothing is resampled twice, and its inverse is the
steps turned round: an inverted field is solved, not approximated by another field.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.deformation_kernels import displace, displace_back
from workstation.geometry.errors import GeometryError
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DisplacementField:
    """Displacements on a lattice: takes a patient point x to x + u(x).

    displacement_mm: (k, j, i, 3) float32, the shift (x, y, z) in patient mm at each node of `grid`; interpolated
        trilinearly between nodes. Beyond the outermost nodes the border's displacement holds.
    """

    grid: Grid
    displacement_mm: NDArray[np.float32]

    def __init__(self, grid: Grid, displacement_mm: ArrayLike) -> None:
        values = np.array(displacement_mm, dtype=np.float32, order="C")
        if values.shape != (*grid.shape, 3):
            wanted = (*grid.shape, 3)
            raise GeometryError(f"A displacement field on this grid has the shape {wanted}, not {values.shape}")
        if not np.isfinite(values).all():
            raise GeometryError("A displacement field contains values that are no numbers")
        values.setflags(write=False)
        object.__setattr__(self, "grid", grid)
        object.__setattr__(self, "displacement_mm", values)

    def at(self, points_mm: ArrayLike) -> Float:
        """Displacements (..., 3) in mm at patient points (..., 3)."""
        points = np.asarray(points_mm, dtype=np.float64)
        return FieldStep(self).apply(points) - points


@dataclass(frozen=True, eq=False)
class FieldStep:
    """One bending step of a chain: a field, or (inverted) the way back through it."""

    field: DisplacementField
    inverted: bool = False

    def apply(self, points_mm: ArrayLike) -> Float:
        """Mapped points (..., 3) of points (..., 3) in mm."""
        points = np.asarray(points_mm, dtype=np.float64)
        flat = np.ascontiguousarray(points.reshape(-1, 3))
        out = np.empty_like(flat)
        kernel = displace_back if self.inverted else displace
        kernel(self.field.displacement_mm, self.field.grid.inverse_matrix, flat, out)
        return out.reshape(points.shape)

    def inverse(self) -> FieldStep:
        """The way back."""
        return FieldStep(self.field, not self.inverted)


@dataclass(frozen=True, eq=False)
class Deformation:
    """Affine and bending steps, applied first to last, to patient points (x, y, z) in mm.

    A deformable registration is `Deformation((FieldStep(field), rigid))`: fixed point x to rigid(x + u(x)).
    """

    steps: tuple[Transform | FieldStep, ...]

    def __init__(self, steps: Iterable[Transform | FieldStep]) -> None:
        object.__setattr__(self, "steps", _simplified(steps))

    def apply(self, points_mm: ArrayLike) -> Float:
        """Mapped points (..., 3) of points (..., 3)."""
        points = np.asarray(points_mm, dtype=np.float64)
        for step in self.steps:
            points = step.apply(points)
        return points

    def inverse(self) -> Deformation:
        """The map back: every step turned round, in reverse order."""
        return Deformation(step.inverse() for step in reversed(self.steps))

    def after(self, first: SpatialMap) -> SpatialMap:
        """The map that does `first`, then this one."""
        return chained((first, self))

    @property
    def fields(self) -> tuple[DisplacementField, ...]:
        """The displacement fields among the steps, in order."""
        return tuple(step.field for step in self.steps if isinstance(step, FieldStep))

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same map, another after any change (SHA-256, hexadecimal)."""
        digest = hashlib.sha256()
        for step in self.steps:
            if isinstance(step, Transform):
                digest.update(step.matrix.tobytes())
            else:
                digest.update(b"-" if step.inverted else b"+")
                digest.update(step.field.grid.matrix.tobytes())
                digest.update(str(step.field.grid.size).encode())
                digest.update(step.field.displacement_mm.tobytes())
        return digest.hexdigest()

    def is_rigid(self, tolerance: float = 1e-4) -> bool:
        """Never: it bends space."""
        return False

    def is_identity(self, tolerance_mm: float = 1e-9) -> bool:
        """Whether nothing is left to be done."""
        return not self.steps

    def affine_at(self, point_mm: ArrayLike, reach_mm: float = 0.5) -> Transform:
        """The affine map that is closest to this one around a patient point (3,).

        reach_mm: how far to each side the derivative looks.
        """
        centre = np.asarray(point_mm, dtype=np.float64)
        there = self.apply(centre)
        arms = np.concatenate([np.eye(3), -np.eye(3)]) * reach_mm
        moved = self.apply(centre + arms)
        matrix = np.eye(4)
        matrix[:3, :3] = (moved[:3] - moved[3:]).T / (2 * reach_mm)
        matrix[:3, 3] = there - matrix[:3, :3] @ centre
        return Transform(matrix)


SpatialMap = Transform | Deformation


def chained(maps: Iterable[SpatialMap]) -> SpatialMap:
    """One map that applies several, first to last; affine where all of them are."""
    steps: list[Transform | FieldStep] = []
    for each in maps:
        steps += [each] if isinstance(each, Transform) else each.steps
    simple = _simplified(steps)
    if not simple:
        return Transform.identity()
    if len(simple) == 1 and isinstance(simple[0], Transform):
        return simple[0]
    return Deformation(simple)


def is_affine(spatial_map: SpatialMap) -> bool:
    """Whether a map keeps planes plane and lines straight."""
    return isinstance(spatial_map, Transform)


def affine_near(spatial_map: SpatialMap, point_mm: ArrayLike) -> Transform:
    """The map itself where it is affine, else its best affine likeness around a patient point (3,)."""
    return spatial_map if isinstance(spatial_map, Transform) else spatial_map.affine_at(point_mm)


def sampled_on(spatial_map: SpatialMap, grid: Grid) -> DisplacementField:
    """The whole map as one displacement field on a lattice: u(x) = map(x) - x at each node."""
    slices, rows, columns = grid.shape
    values = np.empty((slices, rows, columns, 3), np.float32)
    j, i = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    for k in range(slices):
        points = grid.to_patient(np.stack([i, j, np.full_like(i, k)], axis=-1))
        values[k] = spatial_map.apply(points) - points
    return DisplacementField(grid, values)


def _simplified(steps: Iterable[Transform | FieldStep]) -> tuple[Transform | FieldStep, ...]:
    """The steps with neighbouring affine ones multiplied, and what undoes itself left out."""
    kept: list[Transform | FieldStep] = []
    for step in steps:
        last = kept[-1] if kept else None
        if isinstance(step, Transform) and isinstance(last, Transform):
            kept[-1] = Transform(step.matrix @ last.matrix)
        elif isinstance(step, FieldStep) and isinstance(last, FieldStep) and _undoes(step, last):
            kept.pop()
            continue
        elif not (isinstance(step, Transform) and step.is_identity()):
            kept.append(step)
            continue
        merged = kept[-1] if kept else None
        if isinstance(merged, Transform) and merged.is_identity(1e-12):
            kept.pop()
    return tuple(kept)


def _undoes(second: FieldStep, first: FieldStep) -> bool:
    return second.field is first.field and second.inverted != first.inverted
