"""How a displacement field changes volume everywhere, and whether it folds: its Jacobian determinant by cells."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.fusion.bspline import THREADS, each_slab
from workstation.fusion.jacobian_kernels import cell_determinants
from workstation.geometry.deformation import DisplacementField

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FieldJacobian:
    """det(dT/dx) of x + u(x) at the corners of a field's cells: 1 keeps volume, 0 and less is folded.

    least: (k - 1, j - 1, i - 1) float32, the smallest of each cell. largest: of all.
    """

    least: NDArray[np.float32]
    largest: float

    @property
    def smallest(self) -> float:
        """Of all cells."""
        return float(self.least.min())

    @property
    def folded_fraction(self) -> float:
        """Share of the cells in which a corner is folded."""
        return float(np.mean(self.least <= 0))

    def figures(self) -> dict[str, float]:
        """{"min", "max", "folded_fraction"} of the whole field."""
        return {
            "min": round(self.smallest, 4),
            "max": round(self.largest, 4),
            "folded_fraction": self.folded_fraction,
        }


def field_jacobian(field: DisplacementField) -> FieldJacobian:
    """The determinants of a field in all its cells; of a field with one node along an axis there are none: 1.

    >>> from workstation.geometry.grid import Grid
    >>> grid = Grid((0, 0, 0), (2, 2, 2), np.eye(3), (3, 3, 3))
    >>> grow = 0.1 * grid.to_patient(np.stack(np.meshgrid(*[np.arange(3)] * 3, indexing="ij"), -1)[..., ::-1])
    >>> round(field_jacobian(DisplacementField(grid, grow)).smallest, 4)
    1.331
    """
    with ThreadPoolExecutor(THREADS) as pool:
        return jacobian_of(field.displacement_mm, field.grid.inverse_matrix[:3, :3], pool)


def jacobian_of(values: NDArray[np.float32], to_index: Float, pool: ThreadPoolExecutor | None) -> FieldJacobian:
    """The same of displacements (k, j, i, 3) in mm; to_index: (3, 3) mm to index (i, j, k)."""
    shape = tuple(n - 1 for n in values.shape[:3])
    if min(shape) < 1:
        return FieldJacobian(np.ones((1, 1, 1), np.float32), 1.0)
    least, matrix = np.empty(shape, np.float32), np.ascontiguousarray(to_index)
    most = [-np.inf] * THREADS

    def work(part: int, begin: int, end: int) -> None:
        most[part] = cell_determinants(values, matrix, least, begin, end)

    each_slab(pool, shape[0], work)
    return FieldJacobian(least, float(max(most)))
