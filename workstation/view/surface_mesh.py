"""Smooth surfaces for the 3D view: of a structure from its distance field, of bone from a coarsened CT.

Flying edges (Schroeder, Maynard, Geveci 2015) on the signed distance's zero level: sub-voxel, so that a sphere
looks like one and not like stairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkImageData, vtkPolyData
from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D, vtkPolyDataNormals

from workstation.geometry.deformation import Deformation
from workstation.geometry.grid import Grid
from workstation.images.volume import Volume
from workstation.images.windows import is_ct
from workstation.structures.field import distance_field
from workstation.structures.structure import ContourStack
from workstation.structures.surface_model import StackSource
from workstation.view.volume_couch import without_couch
from workstation.view.volume_reduction import reduced_volume

Float = NDArray[np.float64]

# The step that surfaces are sampled at while something moves, and when it rests, and how many triangles one may have:
# a wall thinner than twice the step gets holes. Software rendering draws about 10,000 triangles in a millisecond.
COARSE_STEP_MM, COARSE_TRIANGLES = 4.0, 10_000
FINE_STEP_MM, FINE_TRIANGLES = 1.6, 60_000
USUAL_COUNT = 20
"""With more structures than this each gets fewer triangles."""
# Of a round body, for an area of one squared step of its drawn sides.
_TRIANGLES_PER_SQUARED_STEP = 3.9
SMALLEST_STEP_MM = 0.6
LARGEST_STEP_MM = 6.0
_FEWEST_CELLS = {True: 28.0, False: 12.0}

BONE_HU = 250.0
BONE_VOXEL_MM = 2.5
BONE_TRIANGLES = 40_000
COARSE_BONE_TRIANGLES = 14_000
MOST_COARSENINGS = 4


@dataclass(frozen=True, eq=False)
class SurfaceMesh:
    """Triangles with normals, and the (4, 4) matrix that takes their coordinates to patient millimetres."""

    triangles: vtkPolyData
    to_patient: Float

    @property
    def triangle_count(self) -> int:
        """How many triangles there are to draw."""
        return int(self.triangles.GetNumberOfPolys())

    def bounds_mm(self) -> tuple[Float, Float]:
        """Lower and upper patient corner (x, y, z) of the box around the surface."""
        x0, x1, y0, y1, z0, z1 = self.triangles.GetBounds()
        corners = np.array([[x, y, z, 1.0] for x in (x0, x1) for y in (y0, y1) for z in (z0, z1)])
        placed = (corners @ self.to_patient.T)[:, :3]
        return placed.min(0), placed.max(0)


def step_for(stack: ContourStack, fine: bool, count: int = 1) -> float:
    """The step in mm that a structure's surface is sampled at, one of `count` structures that are shown together."""
    area = side_area_mm2(stack)
    crowd = max(1.0, count / USUAL_COUNT)
    wanted, most = (FINE_STEP_MM, FINE_TRIANGLES) if fine else (COARSE_STEP_MM, COARSE_TRIANGLES)
    affordable = np.sqrt(_TRIANGLES_PER_SQUARED_STEP * area * crowd / most)
    return float(np.clip(max(wanted * np.sqrt(crowd), affordable), *_smallest_steps(stack, fine)))


def _smallest_steps(stack: ContourStack, fine: bool) -> tuple[float, float]:
    """A small body (a cochlea, a lens) is sampled as finely as makes it round."""
    bounds = stack.bounds_mm()
    smallest = SMALLEST_STEP_MM if fine else 2 * SMALLEST_STEP_MM
    if bounds is None:
        return smallest, LARGEST_STEP_MM
    edge = float(np.cbrt((bounds[1] - bounds[0] + stack.slice_spacing_mm).prod()))
    return smallest, float(np.clip(edge / _FEWEST_CELLS[fine], smallest, LARGEST_STEP_MM))


def side_area_mm2(stack: ContourStack) -> float:
    """The area of a structure's drawn sides: length of all rings times the distance of slices."""
    rings = [ring for planar in stack.slices for ring in planar.region.rings if len(ring) > 1]
    length = sum(float(np.hypot(*(np.roll(ring, -1, axis=0) - ring).T).sum()) for ring in rings)
    return length * stack.slice_spacing_mm


def structure_mesh(
    stack: ContourStack,
    step_mm: float,
    surface_model: str,
    to_shown: Float | Deformation | None = None,
    source: StackSource | None = None,
) -> SurfaceMesh | None:
    """The surface of a structure by its surface model; None when nothing is drawn.

    to_shown: from the structure's frame of reference to the one that is shown, (4, 4) or a map that bends; None where
        they are the same.
    source: the stack's prepared shapes, where the caller keeps them.
    """
    if stack.bounds_mm() is None:
        return None
    field = distance_field(stack, step_mm, surface_model, source=source)
    triangles = _level(-field.values, np.asarray(field.spacing_mm), np.asarray(field.origin_mm), 0.0)
    to_patient = np.eye(4)
    to_patient[:3, :3] = stack.plane.axes.T
    to_patient[:3, 3] = stack.plane.origin_mm
    mesh = SurfaceMesh(triangles, to_patient)
    if to_shown is None:
        return mesh
    if isinstance(to_shown, Deformation):
        return bent_mesh(mesh, to_shown)
    return SurfaceMesh(triangles, to_shown @ to_patient)


def field_mesh(field: NDArray[np.float32], grid: Grid, to_shown: Float | Deformation) -> SurfaceMesh:
    """The zero of a field (k, j, i) on a grid's voxels, which is negative inside; closed at the grid's border.

    to_shown: from the grid's frame of reference to the one that is shown, (4, 4) or a map that bends.
    """
    outside = float(np.abs(field).max(initial=1.0))
    padded = np.pad(field, 1, constant_values=outside)
    spacing = grid.spacing_mm
    placed = np.eye(4)
    placed[:3, :3] = grid.matrix[:3, :3] / spacing
    placed[:3, 3] = grid.origin_mm
    mesh = SurfaceMesh(_level(-padded, spacing, -spacing, 0.0), placed)
    if isinstance(to_shown, Deformation):
        return bent_mesh(mesh, to_shown)
    return SurfaceMesh(mesh.triangles, to_shown @ placed)


def bent_mesh(mesh: SurfaceMesh, to_shown: Deformation) -> SurfaceMesh:
    """A surface taken through a map that bends, corner by corner."""
    corners = vtk_to_numpy(mesh.triangles.GetPoints().GetData())  # type: ignore[no-untyped-call]
    corners = corners.astype(np.float64)
    placed = to_shown.apply(corners @ mesh.to_patient[:3, :3].T + mesh.to_patient[:3, 3])
    points = vtkPoints()
    points.SetData(numpy_to_vtk(placed.astype(np.float32), deep=True))  # type: ignore[no-untyped-call]
    made = vtkPolyData()
    made.SetPoints(points)
    made.SetPolys(mesh.triangles.GetPolys())
    normals = vtkPolyDataNormals()
    normals.SetInputData(made)
    normals.SplittingOff()
    normals.ConsistencyOff()
    normals.Update()
    return SurfaceMesh(normals.GetOutput(), np.eye(4))


def bone_mesh(volume: Volume, threshold: float = BONE_HU, triangles: int = BONE_TRIANGLES) -> SurfaceMesh:
    """The surface at a threshold of a coarsened CT, about so many triangles at most: context, no measurement."""
    voxel_mm = BONE_VOXEL_MM
    mesh = _threshold_mesh(volume, threshold, voxel_mm)
    for _ in range(MOST_COARSENINGS):
        excess = mesh.triangle_count / triangles
        if excess <= 1.2:
            break
        voxel_mm *= max(1.25, excess**0.5)
        mesh = _threshold_mesh(volume, threshold, voxel_mm)
    return mesh


def _threshold_mesh(volume: Volume, threshold: float, voxel_mm: float) -> SurfaceMesh:
    reduced = reduced_volume(volume, voxel_mm)
    reduced = without_couch(reduced) if is_ct(volume) else reduced
    # The image's border closes the surface where it is cut.
    padded = np.pad(reduced.levels, 1, constant_values=0)
    # Triangles in millimetres along the image's own axes, so that lengths and normals are true.
    lengths = np.linalg.norm(reduced.to_patient[:3, :3], axis=0)
    triangles = _level(padded, lengths, -lengths, reduced.level_of(threshold))
    placed = np.eye(4)
    placed[:3, :3] = reduced.to_patient[:3, :3] / lengths
    placed[:3, 3] = reduced.to_patient[:3, 3]
    return SurfaceMesh(triangles, placed)


def _level(values: NDArray[Any], spacing: Float, origin: Float, level: float) -> vtkPolyData:
    """The surface of a level in a field (w, v, u), facing the lower values, with normals."""
    field = np.ascontiguousarray(values, dtype=np.float32)
    image = vtkImageData()
    image.SetDimensions(*field.shape[::-1])
    image.SetSpacing(*spacing)
    image.SetOrigin(*origin)
    image.GetPointData().SetScalars(numpy_to_vtk(field.ravel(), deep=False))  # type: ignore[no-untyped-call]
    edges = vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, level)
    edges.ComputeNormalsOn()
    edges.ComputeGradientsOff()
    edges.ComputeScalarsOff()
    edges.Update()
    surface = vtkPolyData()
    surface.ShallowCopy(edges.GetOutput())
    return surface
