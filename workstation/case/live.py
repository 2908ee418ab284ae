"""The one place where the case meets the geometry of derived structures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.recipe import Recipe
from workstation.structures.structure import ContourStack, PlanarContours

GEOMETRY_ERRORS = (ValueError, ArithmeticError)


class Live(Protocol):
    """What the case asks of `workstation.targets.live.LiveTargets`."""

    def set_stack(self, identifier: str, stack: ContourStack) -> None: ...
    def change(self, identifier: str, slices: Iterable[PlanarContours]) -> None: ...
    def set_recipe(self, identifier: str, recipe: Recipe | None) -> None: ...
    def remove(self, identifier: str) -> None: ...
    def region(self, identifier: str, position_mm: float) -> Region: ...
    def section(self, identifier: str, plane: Plane) -> Region: ...
    def stack(self, identifier: str) -> ContourStack: ...
    def volume_cc(self, identifier: str) -> float: ...


class DrawnOnly:
    """Drawn structures without derived ones."""

    def __init__(self) -> None:
        self._stacks: dict[str, ContourStack] = {}
        self._recipes: dict[str, Recipe] = {}

    def set_stack(self, identifier: str, stack: ContourStack) -> None:
        self._stacks[identifier] = stack

    def change(self, identifier: str, slices: Iterable[PlanarContours]) -> None:
        self._stacks[identifier] = self._stacks[identifier].replaced(slices)

    def set_recipe(self, identifier: str, recipe: Recipe | None) -> None:
        if recipe is None:
            self._recipes.pop(identifier, None)
        else:
            self._recipes[identifier] = recipe

    def remove(self, identifier: str) -> None:
        self._stacks.pop(identifier, None)
        self._recipes.pop(identifier, None)

    def region(self, identifier: str, position_mm: float) -> Region:
        return self.stack(identifier).region_at(position_mm)

    def section(self, identifier: str, plane: Plane) -> Region:
        return section_of(self.stack(identifier), plane, "")

    def stack(self, identifier: str) -> ContourStack:
        if identifier in self._recipes:
            return self.stack(self._recipes[identifier].source_identifier)
        return self._stacks[identifier]

    def volume_cc(self, identifier: str) -> float:
        return volume_cc_of(self.stack(identifier), "")


def live_targets(plane: Plane, spacing_mm: float, positions_mm: NDArray[np.float64], surface_model: str) -> Live:
    """The live geometry on the planes of an image."""
    return DrawnOnly()


def section_of(stack: ContourStack, plane: Plane, surface_model: str) -> Region:
    """A stack cut by a plane, in the plane's (u, v) mm."""
    if not plane.is_parallel_to(stack.plane) or not stack.slices:
        return Region()
    position = float(stack.plane.to_plane(plane.origin_mm)[2])
    nearest = stack.slices[int(np.argmin(np.abs(stack.positions_mm - position)))]
    if abs(nearest.position_mm - position) > 0.5 * stack.slice_spacing_mm:
        return Region()
    points = [stack.plane.to_patient(ring, nearest.position_mm) for ring in nearest.region.rings]
    return Region([plane.to_plane(ring)[:, :2] for ring in points])


def volume_cc_of(stack: ContourStack, surface_model: str) -> float:
    """The volume of a stack in cc."""
    from workstation.structures.planar import area_mm2

    return sum(area_mm2(drawn.region) for drawn in stack.slices) * stack.slice_spacing_mm / 1000.0
