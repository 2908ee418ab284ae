"""A graph of derived structures that follows a stroke: only what the stroke can reach is computed again.

Each derived plane remembers exactly which planes of its inputs it has read. It is valid as long as asking for them
again gives the same objects; that makes an incremental result equal to a fresh one by construction, because a plane's
computation is a function of what it reads and of nothing else (the idea of self-adjusting computation, Acar 2005).
"""

from __future__ import annotations

from collections.abc import Iterable
from threading import RLock

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.recipe import Margin, Recipe
from workstation.structures.section import PARALLEL_DEG, height_section, in_plane, model_section
from workstation.structures.structure import ContourStack, PlanarContours
from workstation.structures.surface_model import DEFAULT_SURFACE_MODEL, checked_model
from workstation.structures.volume import source_volume_cc
from workstation.targets.errors import TargetError
from workstation.targets.nodes import DerivedNode, DrawnNode, Node, node_stack

Float = NDArray[np.float64]


class LiveTargets:
    """Drawn and derived structures on the planes of one planning image.

    plane, slice_spacing_mm: frame and spacing of the planning image's slices, as in ContourStack.
    positions_mm: planes that derived structures are computed on.
    """

    def __init__(
        self,
        plane: Plane,
        slice_spacing_mm: float,
        positions_mm: ArrayLike,
        surface_model: str = DEFAULT_SURFACE_MODEL,
    ) -> None:
        self._plane = plane
        self._spacing_mm = float(slice_spacing_mm)
        self._positions: Float = np.unique(np.asarray(positions_mm, dtype=np.float64))
        self._model = checked_model(surface_model)
        self._nodes: dict[str, Node] = {}
        self._limits: dict[tuple[str, float], DerivedNode] = {}
        self._recipes: dict[str, Recipe] = {}
        self._revision = 0
        self._lock = RLock()

    # ------------------------------------------------------------------ what changes

    def set_stack(self, identifier: str, stack: ContourStack) -> None:
        """Give a structure its drawn contours, whatever it was before."""
        with self._lock:
            self._revision += 1
            self._recipes.pop(identifier, None)
            node = self._nodes.get(identifier)
            if isinstance(node, DrawnNode):
                node.set_stack(stack)
            else:
                self._nodes[identifier] = DrawnNode(self._plane, self._spacing_mm, self._positions, self._model, stack)

    def change(self, identifier: str, slices: Iterable[PlanarContours]) -> None:
        """Replace some drawn planes (an empty region removes one); raises TargetError for a derived structure."""
        with self._lock:
            node = self._node(identifier)
            if not isinstance(node, DrawnNode):
                raise TargetError("A derived structure follows its inputs; its planes can't be changed by themselves")
            self._revision += 1
            node.change(slices)

    def set_recipe(self, identifier: str, recipe: Recipe | None) -> None:
        """Derive a structure by a recipe, or (None) keep what it is now as if it had been drawn.

        Raises TargetError where the structure would depend on itself.
        """
        with self._lock:
            if recipe is None:
                self.set_stack(identifier, self.stack(identifier))
                return
            self._refuse_circle(identifier, recipe)
            self._revision += 1
            self._recipes[identifier] = recipe
            self._nodes[identifier] = DerivedNode(self, recipe)

    def remove(self, identifier: str) -> None:
        """Forget a structure; what is derived from it can't be computed until it is back."""
        with self._lock:
            self._revision += 1
            self._nodes.pop(identifier, None)
            self._recipes.pop(identifier, None)
            self._limits = {key: node for key, node in self._limits.items() if key[0] != identifier}

    # ------------------------------------------------------------------ what is asked

    def region(self, identifier: str, position_mm: float) -> Region:
        """The structure on the plane at a position: computed now if need be, and for this plane only."""
        with self._lock:
            return height_section(self._node(identifier), float(position_mm), self._model)

    def section(self, identifier: str, plane: Plane) -> Region:
        """What any plane cuts out of the structure, in the plane's own (u, v) mm."""
        with self._lock:
            node = self._node(identifier)
            if self._plane.is_parallel_to(plane, PARALLEL_DEG):
                z = float(self._plane.to_plane(plane.origin_mm)[2])
                return in_plane(height_section(node, z, self._model), self._plane.moved(z), plane)
            return model_section(node, self._plane, plane, self._model)

    def stack(self, identifier: str) -> ContourStack:
        """The whole structure, complete and current."""
        with self._lock:
            return node_stack(self._node(identifier), self._plane, self._spacing_mm)

    def volume_cc(self, identifier: str) -> float:
        """Volume in cm³ under the surface model."""
        with self._lock:
            return source_volume_cc(self._node(identifier), self._model)

    def downstream(self, identifier: str) -> tuple[str, ...]:
        """Every structure derived from this one, directly or not, inputs before what is made of them."""
        with self._lock:
            order: list[str] = []
            reached = {identifier}
            waiting = dict(self._recipes)
            progress = True
            while progress:
                progress = False
                for name, recipe in list(waiting.items()):
                    if reached.isdisjoint(recipe.inputs) or any(
                        other in waiting and self._depends(other, reached) for other in recipe.inputs
                    ):
                        continue
                    order.append(name)
                    reached.add(name)
                    del waiting[name]
                    progress = True
            return tuple(order)

    # ------------------------------------------------------------------ for the nodes

    @property
    def plane(self) -> Plane:
        """Frame of the planning image's slices."""
        return self._plane

    @property
    def slice_spacing_mm(self) -> float:
        """Nominal distance between the planning image's slices."""
        return self._spacing_mm

    @property
    def positions_mm(self) -> Float:
        """(n,) planes that derived structures are computed on."""
        return self._positions

    @property
    def surface_model(self) -> str:
        """Name of the surface model."""
        return self._model

    @property
    def revision(self) -> int:
        """Counts changes, so that one question checks each plane once."""
        return self._revision

    def source(self, identifier: str, margin_mm: float = 0.0) -> Node:
        """A structure, or the structure grown or shrunk evenly (a limit with a margin of its own)."""
        if margin_mm == 0.0:
            return self._node(identifier)
        key = (identifier, margin_mm)
        if key not in self._limits:
            self._limits[key] = DerivedNode(self, Recipe(identifier, Margin.uniform(margin_mm)))
        return self._limits[key]

    def _node(self, identifier: str) -> Node:
        node = self._nodes.get(identifier)
        if node is None:
            raise TargetError("A structure that a target depends on is not there (any more); choose another one")
        return node

    def _depends(self, identifier: str, on: set[str]) -> bool:
        recipe = self._recipes.get(identifier)
        return recipe is not None and any(name in on or self._depends(name, on) for name in recipe.inputs)

    def _refuse_circle(self, identifier: str, recipe: Recipe) -> None:
        if any(name == identifier or self._depends(name, {identifier}) for name in recipe.inputs):
            raise TargetError("This recipe goes round in a circle: the structure would be derived from itself")
