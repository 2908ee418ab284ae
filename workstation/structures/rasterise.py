"""Masks of structures: a voxel belongs to a structure when its centre lies inside, and nothing else counts.

Slices of the grid that are parallel to the drawn planes take the drawn plane in whose slab they lie (half the way to
the drawn neighbours, half a slice where there is none); on a grid that lies otherwise, each slice is filled with the
structure's section through it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.grid import Grid
from workstation.geometry.mask import Mask
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.body import Body
from workstation.structures.lattice_field import Lattice
from workstation.structures.rasterise_kernels import fill_even_odd
from workstation.structures.section import sample_body, section
from workstation.structures.structure import ContourStack
from workstation.structures.surface_model import DEFAULT_SURFACE_MODEL, StackSource, link_mm, typical_step_mm

Float = NDArray[np.float64]

PARALLEL_TOLERANCE_DEG = 0.1
"""Slices tilted less against the drawn planes count as parallel: 0.4 mm over half a body's width of 250 mm."""

_SAME_PLACE_MM = 1e-6
_SAME_DIRECTION = 1e-9
_FAR = np.float32(1e3)
_REACH_MM = (2.0, 2.0, 2.0, 2.0)


def mask_of(stack: ContourStack, grid: Grid, surface_model: str | None = None) -> Mask:
    """The voxels of `grid` whose centres lie inside the structure, by the even-odd rule, in a box cut to the grid.

    With `surface_model` None a slice parallel to the drawn planes takes the rings of the plane whose slab it lies in.
    With the name of a surface model (`workstation.structures.volume`) slices between drawn planes take that model's
    section instead. Grids that lie otherwise are filled from the 3D model ("linear-tapered" by default).
    Raises StructureError for an unknown model.
    """
    slice_plane = Plane(grid.origin_mm, grid.direction[:, 0], grid.direction[:, 1])
    if not slice_plane.is_parallel_to(stack.plane, PARALLEL_TOLERANCE_DEG):
        return _sampled(stack, grid, surface_model or DEFAULT_SURFACE_MODEL)
    if surface_model is None:
        return _filled(_drawn_slices(stack, grid), stack.plane, grid)
    return _filled(_sections(stack, grid, slice_plane, surface_model), slice_plane, grid)


def slab_bounds_mm(stack: ContourStack) -> Float:
    """(n, 2) lower (included) and upper (excluded) end along the normal of each drawn plane's slab.

    Half the way to the drawn neighbour; half a step where the neighbour is further than
    `link_mm` of the structure's own step, or absent: as the surface models join planes.
    """
    positions = stack.positions_mm
    if not len(positions):
        return np.empty((0, 2))
    step = typical_step_mm(positions, stack.slice_spacing_mm)
    gaps = np.diff(positions)
    half = np.where(gaps <= link_mm(step), gaps / 2, step / 2)
    below = np.concatenate([[step / 2], half])
    above = np.concatenate([half, [step / 2]])
    return np.column_stack([positions - below, positions + above])


@dataclass(frozen=True, eq=False)
class _Slice:
    """What fills slice k of the grid: rings in the (u, v) of a frame that is parallel to it, at height w_mm."""

    k: int
    region: Region
    w_mm: float


def _drawn_slices(stack: ContourStack, grid: Grid) -> list[_Slice]:
    bounds = slab_bounds_mm(stack)
    if not len(bounds):
        return []
    places = stack.plane.to_plane(_first_centres(grid))[:, 2]
    drawn = np.searchsorted(bounds[:, 0], places + _SAME_PLACE_MM, side="right") - 1
    held = (drawn >= 0) & (places < bounds[drawn, 1] - _SAME_PLACE_MM)
    return [_Slice(int(k), stack.slices[drawn[k]].region, float(places[k])) for k in np.flatnonzero(held)]


def _sections(stack: ContourStack, grid: Grid, plane: Plane, surface_model: str) -> list[_Slice]:
    box = _box_in(stack, grid)
    if box is None:
        return []
    places = plane.to_plane(_first_centres(grid))[:, 2].tolist()
    reached = range(int(box[0][2]), int(box[1][2]))
    return [_Slice(k, section(stack, plane.moved(places[k]), surface_model), places[k]) for k in reached]


def _sampled(stack: ContourStack, grid: Grid, surface_model: str) -> Mask:
    """Where the model's signed distance is negative at the voxels' centres."""
    source = StackSource(stack)
    box = _box_in(stack, grid)
    if box is None:
        return Mask(grid, (0, 0, 0), np.zeros((0, 0, 0), dtype=bool))
    start, end = box
    i, j, k = (int(n) for n in end - start)
    body = Body(source, surface_model, Lattice(float(np.clip(grid.spacing_mm.min(), 0.5, 1.0))), _REACH_MM)
    frame, along = stack.plane, stack.plane.axes @ (grid.direction * grid.spacing_mm)
    voxels = np.zeros((k, j, i), dtype=bool)
    values = np.empty((j, i), dtype=np.float32)
    for layer in range(k):
        values.fill(_FAR)
        first = frame.to_plane(grid.to_patient(start + np.array([0, 0, layer])))
        sample_body(values, body, first, np.ascontiguousarray(along[:, 0]), np.ascontiguousarray(along[:, 1]))
        np.less(values, 0.0, out=voxels[layer])
    return Mask(grid, (int(start[0]), int(start[1]), int(start[2])), voxels)


def _box_in(stack: ContourStack, grid: Grid) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """First and last + 1 index (i, j, k) of the grid's part that the structure's box reaches; None where nowhere."""
    bounds = stack.bounds_mm()
    if bounds is None:
        return None
    margin = np.array([0.0, 0.0, typical_step_mm(stack.positions_mm, stack.slice_spacing_mm)])
    sides = zip(bounds[0] - margin, bounds[1] + margin, strict=True)
    corners = np.array(list(product(*sides))) @ stack.plane.axes + stack.plane.origin_mm
    reached = grid.to_index(corners)
    size = np.array(grid.size)
    start = np.clip(np.floor(reached.min(axis=0)), 0, size).astype(np.int64)
    end = np.clip(np.ceil(reached.max(axis=0)) + 1, 0, size).astype(np.int64)
    return (start, end) if (end > start).all() else None


def _first_centres(grid: Grid) -> Float:
    """(slices, 3) patient points of the voxels (0, 0, k)."""
    indices = np.zeros((grid.size[2], 3))
    indices[:, 2] = np.arange(grid.size[2])
    return grid.to_patient(indices)


@dataclass(frozen=True, eq=False)
class _Lattice:
    """Ascending centres of the grid's columns and rows, and how points of a frame get into their units.

    Where the grid's axes are the frame's own, the units are the frame's millimetres, so that a vertex that lies
    exactly on a row of voxel centres is not moved off it by rounding; elsewhere they are indices.
    """

    frame: Plane
    grid: Grid
    columns: Float
    rows: Float
    column_axis: int | None  # which of (u, v) runs along the columns; None: neither
    flips: tuple[bool, bool]
    shear_mm: Float  # (slices, 2) how far each slice is shifted in (u, v) against the first: a tilted gantry

    @staticmethod
    def of(frame: Plane, grid: Grid) -> _Lattice:
        columns, rows = np.arange(grid.size[0], dtype=np.float64), np.arange(grid.size[1], dtype=np.float64)
        corners = frame.to_plane(_first_centres(grid))[:, :2]
        shear = corners - corners[0]
        shear[np.abs(shear) < _SAME_PLACE_MM] = 0.0
        turn = np.abs(frame.axes[:2] @ grid.direction[:, :2])
        for axis, order in ((0, np.eye(2)), (1, np.eye(2)[::-1])):
            if np.abs(turn - order).max() < _SAME_DIRECTION:
                along = np.column_stack([columns, np.zeros((len(columns), 2))])
                across = np.column_stack([np.zeros(len(rows)), rows, np.zeros(len(rows))])
                x = frame.to_plane(grid.to_patient(along))[:, axis]
                y = frame.to_plane(grid.to_patient(across))[:, 1 - axis]
                flips = bool(x[-1] < x[0]), bool(y[-1] < y[0])
                return _Lattice(frame, grid, np.sort(x), np.sort(y), axis, flips, shear)
        return _Lattice(frame, grid, columns, rows, None, (False, False), shear)

    def rings(self, item: _Slice) -> list[Float]:
        """The rings (n, 2) of a slice in the lattice's units."""
        rings = item.region.rings
        if self.column_axis is None:
            return [self.grid.to_index(self.frame.to_patient(ring, item.w_mm))[:, :2] for ring in rings]
        shear = self.shear_mm[item.k]
        shifted = [ring - shear for ring in rings] if shear.any() else list(rings)
        return shifted if self.column_axis == 0 else [ring[:, ::-1] for ring in shifted]


def _filled(slices: list[_Slice], frame: Plane, grid: Grid) -> Mask:
    """Fill every slice's rings inside the smallest box of the grid that holds them all."""
    nothing = Mask(grid, (0, 0, 0), np.zeros((0, 0, 0), dtype=bool))
    if not slices:
        return nothing
    lattice = _Lattice.of(frame, grid)
    rings = [(item.k, ring) for item in slices for ring in lattice.rings(item) if len(ring) >= 3]
    if not rings:
        return nothing
    points = np.ascontiguousarray(np.concatenate([ring for _, ring in rings]))
    starts = np.concatenate([[0], np.cumsum([len(ring) for _, ring in rings])]).astype(np.int64)
    in_slice = np.array([k for k, _ in rings], dtype=np.int64)
    (x0, y0), (x1, y1), k0 = points.min(axis=0), points.max(axis=0), int(in_slice.min())
    i0, i1 = np.searchsorted(lattice.columns, x0, "left"), np.searchsorted(lattice.columns, x1, "right")
    j0, j1 = np.searchsorted(lattice.rows, y0, "left"), np.searchsorted(lattice.rows, y1, "right")
    voxels = np.zeros((int(in_slice.max()) - k0 + 1, j1 - j0, i1 - i0), dtype=np.uint8)
    fill_even_odd(points, starts, in_slice - k0, lattice.columns[i0:i1], lattice.rows[j0:j1], voxels)
    if lattice.flips[0]:
        voxels, i0 = voxels[:, :, ::-1], grid.size[0] - i1
    if lattice.flips[1]:
        voxels, j0 = voxels[:, ::-1], grid.size[1] - j1
    return Mask(grid, (int(i0), int(j0), k0), np.ascontiguousarray(voxels).view(np.bool_))
