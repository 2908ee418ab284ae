"""What a shape drawn on any shown plane covers on the planes that a structure is drawn on.

On a plane parallel to the slices it is the shape itself, on the slice that is looked at. On any other plane (sagittal,
coronal, oblique) the shown plane is as thick as the voxels across it: each slice gets the shape's chords at its
height, as strips of that thickness. The strips end at the borders of the voxel columns, so that drawing on
neighbouring planes makes one piece, without gap or seam.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.case.case import Case
from workstation.case.errors import CaseError
from workstation.case.slices import nearest_mm
from workstation.geometry.grid import Grid
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.planar import union

Float = NDArray[np.float64]
Footprint = dict[float, Region]
"""Regions in the stack's (u, v) mm by position of the plane."""

ALIGNED_DEG = 0.1

FLATTEST_DEG = 9.9
"""A plane tilted less against the slices would cut them in bands many times as wide as they are thick."""

SEAM_MM = 1e-5
"""Strips reach this far into their neighbours: borders that differ in the last digit would never grow together."""


@dataclass(frozen=True, eq=False)
class Canvas:
    """A shown plane over a structure's planes.

    stack_plane: the frame of the structure. view: the shown plane, in the structure's frame of reference.
    positions_mm: (n,) where the structure can be drawn. spacing_mm: between slices. grid: of the image drawn on.
    """

    stack_plane: Plane
    view: Plane
    positions_mm: Float
    spacing_mm: float
    grid: Grid | None

    @property
    def is_parallel(self) -> bool:
        """Whether the shown plane is one of the slices (not a cut across them)."""
        return self.view.is_parallel_to(self.stack_plane)

    def slice_mm(self) -> float:
        """Position of the slice that a parallel plane shows; raises CaseError where there is none."""
        shown = float(self.stack_plane.to_plane(self.view.origin_mm)[2])
        nearest = nearest_mm(self.positions_mm, shown)
        if abs(nearest - shown) > 0.75 * self.spacing_mm:
            raise CaseError("There is no slice here to draw on: the image ends before")
        return nearest

    def footprint(self, shape: Region) -> Footprint:
        """What a shape (u, v mm of the shown plane) covers on the structure's planes."""
        if not shape.point_count:
            return {}
        if self.is_parallel:
            return {self.slice_mm(): self.to_stack(shape)}
        return _across(self, shape)

    def to_stack(self, shape: Region) -> Region:
        """A shape of a parallel shown plane in the coordinates of the structure's planes."""
        return Region([self.points_to_stack(ring)[:, :2] for ring in shape.rings])

    def points_to_stack(self, points: Float) -> Float:
        """Points (n, 2) of the shown plane as (u, v, w) (n, 3) of the structure's frame."""
        return self.stack_plane.to_plane(self.view.to_patient(points))


def canvas_for(case: Case, identifier: str, view: Plane) -> Canvas:
    """The canvas of a structure under a shown plane; raises CaseError when nothing can be drawn there."""
    structure = case.structures[identifier]
    own = case.plane_in_frame_of(identifier, view)
    if own is None:
        raise CaseError(f"{structure.name} {why_not_here(case, identifier)}")
    positions = case.positions_mm(identifier)
    if not len(positions):
        raise CaseError("There is no image to draw on: open one first")
    _refuse_flat(own, structure.stack.plane)
    grid = case.planning.grid if case.planning is not None else None
    return Canvas(structure.stack.plane, own, positions, structure.stack.slice_spacing_mm, grid)


def why_not_here(case: Case, identifier: str) -> str:
    """Why a structure of another frame of reference can't be drawn on the planning image, in words."""
    here = case.planning.frame_of_reference_uid if case.planning is not None else ""
    if case.transform(here, case.structures[identifier].frame_of_reference_uid) is None:
        return "belongs to another image, and no registration says where that lies"
    return (
        "belongs to an image that a deformable registration brings over: draw on it while that image is the planning "
        "image, or carry the structure over with 'workstation apply' first"
    )


def _refuse_flat(view: Plane, slices: Plane) -> None:
    tilt_deg = float(np.degrees(np.arccos(min(1.0, abs(float(view.normal @ slices.normal))))))
    if not view.is_parallel_to(slices) and tilt_deg < FLATTEST_DEG:
        raise CaseError(
            f"This plane is tilted by {tilt_deg:.0f}° against the slices that contours lie on, too little to draw "
            "across them: straighten the planes"
        )


def thickness_mm(view: Plane, grid: Grid | None, otherwise_mm: float) -> tuple[float, float]:
    """How far the shown plane's voxels reach below and above it along its normal, in mm; the sum is their width.

    On a plane along the voxels these are the borders of the column that the plane lies in. On an oblique one the
    width is that of the lattice in the direction of the normal, in steps from the middle of the image.
    """
    if grid is None:
        return -0.5 * otherwise_mm, 0.5 * otherwise_mm
    along = grid.direction.T @ view.normal
    axis = int(np.argmax(np.abs(along)))
    if np.abs(along[axis]) >= np.cos(np.radians(ALIGNED_DEG)):
        offset = float(grid.to_index(view.origin_mm)[axis])
        column = np.floor(offset + 0.5)
        width, sign = float(grid.spacing_mm[axis]), float(np.sign(along[axis]))
        ends = np.sort(sign * width * np.array([column - 0.5 - offset, column + 0.5 - offset]))
        return float(ends[0]), float(ends[1])
    width = float(1.0 / np.linalg.norm(along / grid.spacing_mm))
    offset = float((view.origin_mm - grid.centre_mm) @ view.normal)
    below = np.floor(offset / width + 0.5) * width - 0.5 * width - offset
    return float(below), float(below + width)


def _across(canvas: Canvas, shape: Region) -> Footprint:
    stack, view = canvas.stack_plane, canvas.view
    along = np.cross(stack.normal, view.normal)
    along /= np.linalg.norm(along)
    rise = np.cross(view.normal, along)  # in the shown plane, up the slices
    across = np.cross(stack.normal, along)  # in the slice, across the shown plane
    rings = [(view.to_patient(ring) - view.origin_mm) @ np.stack([along, rise]).T for ring in shape.rings]
    height = (canvas.positions_mm - stack.to_plane(view.origin_mm)[2]) / float(rise @ stack.normal)
    below, above = thickness_mm(view, canvas.grid, canvas.spacing_mm)
    ends = np.array([below - SEAM_MM, above + SEAM_MM]) / float(across @ view.normal)
    strips: Footprint = {}
    for index, chords in _chords(rings, height):
        centre = view.origin_mm + height[index] * rise
        corners = [
            [centre + a * along + e * across for a, e in ((a0, ends[0]), (a1, ends[0]), (a1, ends[1]), (a0, ends[1]))]
            for a0, a1 in chords
        ]
        strips[float(canvas.positions_mm[index])] = Region([stack.to_plane(ring)[:, :2] for ring in corners])
    return strips


def _chords(rings: list[Float], heights: Float) -> list[tuple[int, Float]]:
    """Index of each height that the rings (along, up) reach, with the (n, 2) intervals inside them there.

    A shape that lies between two heights has its whole width at the nearer one: a small brush is never lost.
    """
    points = np.concatenate(rings)
    low, high = points[:, 1].min(), points[:, 1].max()
    reached = np.flatnonzero((heights >= low) & (heights <= high))
    found = [(int(index), _crossings(rings, float(heights[index]))) for index in reached]
    found = [(index, chords) for index, chords in found if len(chords)]
    if found:
        return found
    nearest = int(np.argmin(np.abs(heights - 0.5 * (low + high))))
    if abs(heights[nearest] - 0.5 * (low + high)) > 0.75 * _step(heights):
        return []
    return [(nearest, np.array([[points[:, 0].min(), points[:, 0].max()]]))]


def _crossings(rings: list[Float], height: float) -> Float:
    crossed = []
    for ring in rings:
        (a0, b0), (a1, b1) = ring.T, np.roll(ring, -1, axis=0).T
        spans = (b0 > height) != (b1 > height)
        crossed.append((a0 + (height - b0) * (a1 - a0) / np.where(b1 == b0, 1.0, b1 - b0))[spans])
    intervals = np.sort(np.concatenate(crossed)).reshape(-1, 2)
    wide: Float = intervals[intervals[:, 1] - intervals[:, 0] > 1e-6]
    return wide


def _step(heights: Float) -> float:
    return float(np.median(np.abs(np.diff(heights)))) if len(heights) > 1 else np.inf


def merged(first: Footprint, second: Footprint) -> Footprint:
    """What either footprint covers."""
    out = dict(first)
    for position, region in second.items():
        out[position] = union(out[position], region) if position in out else region
    return out
