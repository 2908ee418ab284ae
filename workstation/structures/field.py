"""The sub-voxel 3D field of a structure, from which smooth surfaces are made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.jobs.progress import Progress, silent
from workstation.structures.body import Body
from workstation.structures.errors import StructureError
from workstation.structures.lattice_field import Lattice
from workstation.structures.section import sample_body, source_bounds
from workstation.structures.structure import ContourStack
from workstation.structures.surface_model import DEFAULT_SURFACE_MODEL, StackSource

_FAR = np.float32(1e3)


@dataclass(frozen=True, eq=False)
class DistanceField:
    """Signed distances on a regular lattice of a stack's frame.

    values: float32 [w, v, u] in mm, negative inside; the zero level is the surface.
    origin_mm: (u, v, w) of values[0, 0, 0] in the stack's frame. spacing_mm: (u, v, w).
    """

    values: NDArray[np.float32]
    origin_mm: tuple[float, float, float]
    spacing_mm: tuple[float, float, float]


def distance_field(
    stack: ContourStack,
    step_mm: float,
    surface_model: str = DEFAULT_SURFACE_MODEL,
    progress: Progress = silent,
    source: StackSource | None = None,
) -> DistanceField:
    """The structure's 3D model as a field on a lattice of `step_mm`, two steps larger than the body on every side.

    The distance is the in-plane one (sections blend by it), and towards blunt ends the height above them: its zero
    level is exact, its slope is not 1 everywhere. source: the stack's shapes, where the caller keeps them for the next
    question (preparing them is most of the work). Raises StructureError where nothing is drawn.
    """
    source = source or StackSource(stack)
    everything = source_bounds(source)
    if everything is None:
        raise StructureError("A structure with no closed contours has no surface")
    if not step_mm > 0:
        raise StructureError(f"The step of a distance field must be positive, not {step_mm!r} mm")
    bounds, low_mm, high_mm = everything
    low = np.floor(np.array([bounds[0], bounds[1], low_mm]) / step_mm).astype(int) - 2
    high = np.ceil(np.array([bounds[2], bounds[3], high_mm]) / step_mm).astype(int) + 2
    columns, rows, planes = (int(n) for n in high - low + 1)
    values = np.full((planes, rows, columns), _FAR, dtype=np.float32)
    body = Body(source, surface_model, Lattice(min(step_mm, 1.0)), (2.0 * step_mm,) * 4)
    origin = low * step_mm
    along_u, along_v = np.array([step_mm, 0.0, 0.0]), np.array([0.0, step_mm, 0.0])
    for k in range(planes):
        progress(k / planes, "Sampling the structure")
        sample_body(values[k], body, origin + np.array([0.0, 0.0, k * step_mm]), along_u, along_v)
    u, v, w = (float(x) for x in origin)
    return DistanceField(values, (u, v, w), (step_mm, step_mm, step_mm))
