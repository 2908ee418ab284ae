"""Surfaces lie where the bodies are, in every frame, and stay small enough to turn."""

from __future__ import annotations

import numpy as np
import pytest
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkFiltersCore import vtkFeatureEdges

from tests.view.bodies import ball
from tests.view.scenes import centred_grid, rotation
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.structures.structure import ContourStack, PlanarContours
from workstation.view.surface_mesh import (
    BONE_TRIANGLES,
    FINE_TRIANGLES,
    SurfaceMesh,
    bone_mesh,
    field_mesh,
    step_for,
    structure_mesh,
)


def points_of(mesh: SurfaceMesh) -> np.ndarray:
    points = vtk_to_numpy(mesh.triangles.GetPoints().GetData()).astype(float)
    return points @ mesh.to_patient[:3, :3].T + mesh.to_patient[:3, 3]


def outward_share(mesh: SurfaceMesh, centre: tuple[float, float, float]) -> float:
    """Share of triangles whose corners run counter-clockwise seen from outside, as culling needs them."""
    corners = vtk_to_numpy(mesh.triangles.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    a, b, c = (points_of(mesh)[corners[:, n]] for n in range(3))
    normal = np.cross(b - a, c - a)
    # Slivers have no direction.
    large = np.linalg.norm(normal, axis=1) > 1e-4
    return float((((a - np.array(centre)) * normal).sum(1) > 0)[large].mean())


@pytest.mark.parametrize("fine", [False, True])
def test_a_balls_surface_is_smooth_and_faces_outwards(fine: bool) -> None:
    stack = ball((10, -20, 30), 18.0)
    mesh = structure_mesh(stack, step_for(stack, fine), "linear-tapered")
    distance = np.linalg.norm(points_of(mesh) - (10, -20, 30), axis=1)
    assert abs(distance.mean() - 18) < 0.12 and np.abs(distance - 18).max() < (0.8 if fine else 1.6)
    assert outward_share(mesh, (10, -20, 30)) > 0.99
    assert mesh.triangle_count == pytest.approx(6500 if fine else 1400, rel=0.4)


def test_large_and_many_structures_are_sampled_as_coarsely_as_can_be_afforded_and_small_ones_stay_round() -> None:
    lung = structure_mesh(ball((0, 0, 0), 110.0), step_for(ball((0, 0, 0), 110.0), True), "linear-tapered")
    assert lung.triangle_count == pytest.approx(FINE_TRIANGLES, rel=0.3)
    middling = ball((0, 0, 0), 60.0)
    assert step_for(middling, True, 80) == pytest.approx(2 * step_for(middling, True, 20))
    assert step_for(middling, True) < step_for(middling, False)
    lens = structure_mesh(ball((0, 0, 0), 4.0), step_for(ball((0, 0, 0), 4.0), False), "linear-tapered")
    assert lens.triangle_count > 200


def test_a_thin_wall_has_no_holes() -> None:
    """A skull of 5 mm: the fine surface closes inside and outside, as a coarser one would not."""
    outer, inner = ball((0, 0, 0), 70.0), ball((0, 0, 0), 65.0)
    wall = outer.replaced(
        PlanarContours(s.position_mm, Region([*s.region.rings, *inner.region_at(s.position_mm).rings]))
        for s in outer.slices
    )
    mesh = structure_mesh(wall, step_for(wall, True, 14), "linear-tapered")
    distance = np.linalg.norm(points_of(mesh), axis=1)
    assert np.abs(np.abs(distance - 67.5) - 2.5).max() < 1.6
    edges = vtkFeatureEdges(boundary_edges=True, feature_edges=False, non_manifold_edges=False, manifold_edges=False)
    edges.SetInputData(mesh.triangles)
    edges.Update()
    assert edges.GetOutput().GetNumberOfCells() == 0


def test_oblique_stacks_and_other_frames_of_reference_are_placed() -> None:
    plane = Plane((5, 6, 7), rotation(20, 30, 40)[0], rotation(20, 30, 40)[1])
    move = Transform.from_rigid((10, 0, -5), (5, 10, 15))
    mesh = structure_mesh(ball((0, 0, 0), 15.0, plane=plane), 1.0, "linear-tapered", move.matrix)
    centre = move.apply((5, 6, 7))
    assert np.linalg.norm(points_of(mesh) - centre, axis=1) == pytest.approx(15.0, abs=0.8)
    low, high = mesh.bounds_mm()
    assert (low < centre - 14).all() and (high > centre + 14).all()


def test_nothing_drawn_has_no_surface() -> None:
    assert structure_mesh(ContourStack(Plane.axial(), 2.0), 1.0, "linear-tapered") is None


@pytest.mark.parametrize("direction", [np.eye(3), np.diag([1.0, 1.0, -1.0]), rotation(10, 20, 30)])
def test_bone_lies_where_the_ct_has_it_and_faces_outwards(direction: np.ndarray) -> None:
    grid = centred_grid(direction, (1.0, 1.0, 2.0), (80, 80, 40))
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.size), indexing="ij"), -1)
    distance = np.linalg.norm(grid.to_patient(index) - (5, -3, 4), axis=-1)
    voxels = np.where(distance < 25, 1000, -1000).astype(np.int16).transpose(2, 1, 0)
    mesh = bone_mesh(Volume("ct", np.ascontiguousarray(voxels), grid, "CT"))
    assert np.linalg.norm(points_of(mesh) - (5, -3, 4), axis=1) == pytest.approx(25.0, abs=1.6)
    assert outward_share(mesh, (5, -3, 4)) > 0.98


def test_noisy_bone_is_made_coarser_until_it_can_be_turned() -> None:
    rng = np.random.default_rng(0)
    voxels = rng.integers(-3000, 3000, (60, 200, 200)).astype(np.int16)
    mesh = bone_mesh(Volume("ct", voxels, centred_grid(np.eye(3), (1, 1, 1), (200, 200, 60)), "CT"), 200.0)
    assert mesh.triangle_count < 2 * BONE_TRIANGLES


def test_a_field_s_surface_lies_where_the_field_is_zero_and_faces_outwards() -> None:
    grid = centred_grid(rotation(20, -10, 30), (0.8, 1.1, 1.9), (50, 40, 24))
    k, j, i = np.indices(grid.shape)
    points = grid.to_patient(np.stack([i, j, k], axis=-1).astype(float))
    centre, radius = np.array([3.0, -2.0, 1.0]), 12.0
    field = (np.linalg.norm(points - centre, axis=-1) - radius).astype(np.float32)
    shift = Transform.from_rigid((5.0, 0.0, 0.0), (0, 0, 40))
    mesh = field_mesh(field, grid, shift.matrix)
    away = points_of(mesh) - shift.apply(centre)
    assert np.linalg.norm(away, axis=1) == pytest.approx(radius, abs=0.15)
    normals = vtk_to_numpy(mesh.triangles.GetPointData().GetNormals()) @ mesh.to_patient[:3, :3].T
    assert (np.einsum("nc,nc->n", normals, away) > 0).all()
    cut = field_mesh(field[:, :, :25], grid.box((0, 0, 0), (25, 40, 24)), np.eye(4))
    edges = vtkFeatureEdges()
    edges.SetInputData(cut.triangles)
    edges.BoundaryEdgesOn()
    edges.FeatureEdgesOff()
    edges.ManifoldEdgesOff()
    edges.Update()
    assert cut.triangle_count and not edges.GetOutput().GetNumberOfCells(), "closed where the grid ends"
