"""Nodes of the graph of live targets: drawn planes, and planes that are derived when asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.recipe import Recipe
from workstation.structures.section import PARALLEL_DEG, height_section, in_plane, section
from workstation.structures.slice_shape import SliceShape
from workstation.structures.structure import POSITION_TOLERANCE_MM, ContourStack, PlanarContours
from workstation.structures.surface_model import Layout, typical_step_mm
from workstation.targets.derive import cropped
from workstation.targets.growth import Growth, growth_on
from workstation.targets.margin import expand
from workstation.targets.margin_slice import MarginBody

Float = NDArray[np.float64]


class Node(Protocol):
    """A source of shapes that can say whether its planes still lie where they lay.

    layout: an object that is replaced whenever positions_mm or step_mm change.
    """

    @property
    def positions_mm(self) -> Float: ...

    @property
    def step_mm(self) -> float: ...

    @property
    def layout(self) -> Layout: ...

    def shape(self, index: int) -> SliceShape | None:
        """The shape at a position, current; None where nothing is enclosed."""
        ...


class Graph(Protocol):
    """What a derived node needs of the graph it belongs to."""

    @property
    def plane(self) -> Plane: ...

    @property
    def slice_spacing_mm(self) -> float: ...

    @property
    def positions_mm(self) -> Float: ...

    @property
    def surface_model(self) -> str: ...

    @property
    def revision(self) -> int: ...

    def source(self, identifier: str, margin_mm: float = 0.0) -> Node: ...


def node_stack(node: Node, plane: Plane, slice_spacing_mm: float) -> ContourStack:
    """All planes of a node as a stack."""
    if isinstance(node, DrawnNode):
        return node.stack
    shapes = ((float(z), node.shape(i)) for i, z in enumerate(node.positions_mm))
    slices = tuple(PlanarContours(z, shape.region) for z, shape in shapes if shape is not None)
    return ContourStack(plane, slice_spacing_mm, slices)


class DrawnNode:
    """Drawn planes, by position: those of the planning image and whatever others the structure was drawn on."""

    def __init__(
        self, plane: Plane, slice_spacing_mm: float, lattice: Float, surface_model: str, stack: ContourStack
    ) -> None:
        self._plane = plane
        self._spacing_mm = slice_spacing_mm
        self._lattice = lattice
        self._model = surface_model
        self.positions_mm: Float = lattice
        self.step_mm = slice_spacing_mm
        self.layout = Layout()
        self._regions: dict[int, Region] = {}
        self._shapes: dict[int, SliceShape | None] = {}
        self.set_stack(stack)

    def shape(self, index: int) -> SliceShape | None:
        """The shape at a position; None where nothing is enclosed."""
        if index not in self._shapes and index in self._regions:
            shape = SliceShape(self._regions[index])
            self._shapes[index] = shape if shape.encloses else None
        return self._shapes.get(index)

    def set_stack(self, stack: ContourStack) -> None:
        """Replace everything; planes with the same region object keep their shapes."""
        self.stack = stack
        self._fill(self._in_frame(stack))

    def change(self, slices: Iterable[PlanarContours]) -> None:
        """Replace some planes."""
        self.set_stack(self.stack.replaced(slices))

    def _in_frame(self, stack: ContourStack) -> dict[float, Region]:
        """Regions by position in the graph's frame: the rings themselves, or sections where planes are not parallel."""
        own, frame = stack.plane, self._plane
        offset = frame.to_plane(own.origin_mm)
        same_axes = np.allclose(own.axes, frame.axes, atol=1e-9)
        if same_axes and np.abs(offset).max() <= 1e-6:
            return {drawn.position_mm: drawn.region for drawn in stack.slices}
        if own.is_parallel_to(frame, PARALLEL_DEG):
            sign = 1.0 if own.normal @ frame.normal > 0 else -1.0
            places = ((float(offset[2]) + sign * drawn.position_mm, drawn) for drawn in stack.slices)
            return {
                z: in_plane(drawn.region, own.moved(drawn.position_mm), frame.moved(z)) for z, drawn in places
            }
        cut = ((float(z), section(stack, frame.moved(float(z)), self._model)) for z in self._lattice)
        return {z: region for z, region in cut if region}

    def _fill(self, regions: dict[float, Region]) -> None:
        drawn = np.array(sorted(regions), dtype=np.float64)
        positions = _joined_positions(self._lattice, drawn)
        step = typical_step_mm(drawn, self._spacing_mm)
        if not np.array_equal(positions, self.positions_mm) or step != self.step_mm:
            self.layout = Layout()
        # Shapes are made when somebody asks: opening a structure set must not wait for a thousand of them.
        known = {id(self._regions[index]): shape for index, shape in self._shapes.items()}
        self._regions = {int(np.argmin(np.abs(positions - z))): region for z, region in regions.items()}
        places = self._regions.items()
        self._shapes = {index: known[id(region)] for index, region in places if id(region) in known}
        self.positions_mm, self.step_mm = positions, step


def _joined_positions(lattice: Float, drawn: Float) -> Float:
    """The lattice and those drawn positions that are none of its planes, ascending."""
    if not len(lattice) or not len(drawn):
        return lattice if len(lattice) else drawn
    places = np.clip(np.searchsorted(lattice, drawn), 1, max(len(lattice) - 1, 1))
    above = lattice[np.minimum(places, len(lattice) - 1)]
    near = np.minimum(np.abs(drawn - lattice[places - 1]), np.abs(drawn - above))
    extra = drawn[near > POSITION_TOLERANCE_MM]
    return np.sort(np.concatenate([lattice, extra])) if len(extra) else lattice


@dataclass
class _Read:
    """A node as one computation has seen it: a source that notes what it was asked for."""

    node: Node
    layout: Layout
    shapes: dict[int, SliceShape | None] = field(default_factory=dict)

    @property
    def positions_mm(self) -> Float:
        return self.node.positions_mm

    @property
    def step_mm(self) -> float:
        return self.node.step_mm

    def shape(self, index: int) -> SliceShape | None:
        """The shape at a position, noted."""
        if index not in self.shapes:
            self.shapes[index] = self.node.shape(index)
        return self.shapes[index]

    def is_current(self, node: Node) -> bool:
        """Whether asking again would give the same."""
        if self.node is not node or self.layout is not node.layout:
            return False
        ask = node.shape
        for i, shape in self.shapes.items():  # noqa: SIM110 (asked thousands of times a move: twice as fast as all())
            if ask(i) is not shape:
                return False
        return True


@dataclass
class _Entry:
    """A derived plane and all that it was made of."""

    reads: list[tuple[str, float, _Read]]
    shape: SliceShape | None
    revision: int


def _same_rings(first: Region, second: Region) -> bool:
    """Whether two regions are equal to the last bit."""
    return len(first.rings) == len(second.rings) and all(map(np.array_equal, first.rings, second.rings))


class DerivedNode:
    """Planes derived by a recipe, each when it is asked for and again only when something that it has read changed."""

    def __init__(self, graph: Graph, recipe: Recipe) -> None:
        self._graph = graph
        self._recipe = recipe
        self._entries: dict[int, _Entry] = {}
        self._zero = max(map(abs, recipe.margin.values)) == 0
        self._growth: Growth | None = None if self._zero else growth_on(graph.plane, recipe.margin)
        self.positions_mm: Float = graph.positions_mm
        self.step_mm = typical_step_mm(graph.positions_mm, graph.slice_spacing_mm)
        self.layout = Layout()

    def shape(self, index: int) -> SliceShape | None:
        """The derived shape at a position, current; None where nothing is left."""
        entry = self._entries.get(index)
        revision = self._graph.revision
        if entry is not None and entry.revision == revision:
            return entry.shape
        if entry is not None and self._is_current(entry):
            entry.revision = revision
            return entry.shape
        reads: list[tuple[str, float, _Read]] = []
        region = self._region(float(self.positions_mm[index]), reads)
        if entry is not None and entry.shape is not None and _same_rings(entry.shape.region, region):
            shape: SliceShape | None = entry.shape  # so that nothing that hangs below is computed again
        else:
            shape = SliceShape(region) if region else None
            if shape is not None and not shape.encloses:
                shape = None
        self._entries[index] = _Entry(reads, shape, revision)
        return shape

    def _is_current(self, entry: _Entry) -> bool:
        source = self._graph.source
        for name, margin, read in entry.reads:  # noqa: SIM110
            if not read.is_current(source(name, margin)):
                return False
        return True

    def _read(self, identifier: str, margin_mm: float, reads: list[tuple[str, float, _Read]]) -> _Read:
        node = self._graph.source(identifier, margin_mm)
        read = _Read(node, node.layout)
        reads.append((identifier, margin_mm, read))
        return read

    def _region(self, z_mm: float, reads: list[tuple[str, float, _Read]]) -> Region:
        """The plane at a height, noting everything that is looked at."""
        recipe, model = self._recipe, self._graph.surface_model
        region = self._grown(self._read(recipe.source_identifier, 0.0, reads), z_mm)
        for limits, keep_inside in ((recipe.crop_to, True), (recipe.avoid, False)):
            for limit in limits:
                if not region:
                    return region
                read = self._read(limit.structure_identifier, limit.margin_mm, reads)
                region = cropped(region, height_section(read, z_mm, model), keep_inside)
        return region

    def _grown(self, source: _Read, z_mm: float) -> Region:
        if self._zero:
            return height_section(source, z_mm, self._graph.surface_model)
        if self._growth is not None:
            return MarginBody(source, self._growth, self._graph.surface_model).region(z_mm)
        stack = node_stack(source, self._graph.plane, self._graph.slice_spacing_mm)
        if not stack.slices:
            return Region()
        return expand(stack, self._recipe.margin, [z_mm], self._graph.surface_model).region_at(z_mm)
