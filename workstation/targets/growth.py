"""A margin seen from a stack: half-axes towards the stack's own directions instead of the patient's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workstation.geometry.plane import Plane
from workstation.structures.lattice_field import Bounds, Lattice
from workstation.structures.recipe import Margin
from workstation.targets.errors import TargetError

ALIGNED_DEG = 2.0
"""Stacks turned by less than this against the patient's axes take the six directions as their own."""

_LEAST_MM = 1e-3  # stands for a margin of zero in one direction


@dataclass(frozen=True)
class Growth:
    """Half-axes in mm of the margin's (half-)ellipsoid towards +u, -u, +v, -v, +w and -w of a stack, all positive."""

    half_axes_mm: tuple[float, float, float, float, float, float]
    shrinks: bool

    @property
    def even_in_plane(self) -> bool:
        """Whether the four directions in the plane are equal, so that plain distances in millimetres do."""
        return len(set(self.half_axes_mm[:4])) == 1

    @property
    def scale(self) -> float:
        """What takes a field's values to units of the margin."""
        return 1.0 / self.half_axes_mm[0] if self.even_in_plane else 1.0

    @property
    def steepest(self) -> float:
        """The largest slope of a field in units of the margin per mm."""
        return 1.0 / min(self.half_axes_mm[:4])

    def lattice(self, step_mm: float) -> Lattice:
        """Where fields for this margin are sampled."""
        if self.even_in_plane:
            return Lattice(step_mm)
        right, left, up, down = (1.0 / axis for axis in self.half_axes_mm[:4])
        return Lattice(step_mm, (right, left, up, down))

    def field_reach_mm(self, step_mm: float) -> Bounds:
        """How far beyond the rings fields must be known: the margin where it grows, and two lattice steps."""
        plus_u, minus_u, plus_v, minus_v = (0.0,) * 4 if self.shrinks else self.half_axes_mm[:4]
        pad = 2.0 * step_mm
        return minus_u + pad, minus_v + pad, plus_u + pad, plus_v + pad

    @property
    def above_mm(self) -> float:
        """How far above a body's point its margin counts: towards +w when growing, -w (from outside) when shrinking."""
        return self.half_axes_mm[5] if self.shrinks else self.half_axes_mm[4]

    @property
    def below_mm(self) -> float:
        """How far below a body's point its margin counts."""
        return self.half_axes_mm[4] if self.shrinks else self.half_axes_mm[5]


def growth_on(plane: Plane, margin: Margin) -> Growth | None:
    """The margin towards the plane's axes; None where it is unequal and the plane lies oblique to the patient.

    Raises TargetError for a margin of zero in all directions, which grows nothing.
    """
    right, left, anterior, posterior, superior, inferior = (abs(v) for v in margin.values)
    if max(right, left, anterior, posterior, superior, inferior) == 0:
        raise TargetError("A margin of 0 mm in all directions neither grows nor shrinks anything")
    if margin.is_uniform:
        return Growth((abs(margin.right),) * 6, margin.shrinks)
    # LPS: +x left, +y posterior, +z superior
    towards = ((left, right), (posterior, anterior), (superior, inferior))
    axes: list[float] = []
    for direction in (plane.u, plane.v, plane.normal):
        axis = int(np.argmax(np.abs(direction)))
        if np.degrees(np.arccos(min(1.0, abs(float(direction[axis]))))) > ALIGNED_DEG:
            return None
        plus, minus = towards[axis] if direction[axis] > 0 else towards[axis][::-1]
        axes += [max(plus, _LEAST_MM), max(minus, _LEAST_MM)]
    return Growth((axes[0], axes[1], axes[2], axes[3], axes[4], axes[5]), margin.shrinks)
