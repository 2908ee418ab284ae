"""What lies under the cursor in the 3D view: a ray through the picture against triangles and voxels.

Without OpenGL: a surface that shines through shells can be picked though it wrote no depth where it was seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy

from workstation.view.surface_mesh import SurfaceMesh
from workstation.view.volume_camera import VolumeCamera
from workstation.view.volume_clip import ClipPlane
from workstation.view.volume_presets import VolumePreset
from workstation.view.volume_reduction import ReducedVolume

Float = NDArray[np.float64]
CastLook = tuple[ReducedVolume, VolumePreset, Float | None, tuple[ClipPlane, ...]]

SOLID_OPACITY = 0.45
"""A surface at least as opaque as this is what one means by a click, wherever shells lie before it."""
FAINT_OPACITY = 0.1
"""A surface fainter than this (the body's outline) is only meant where there is nothing else."""
SEEN_OPACITY = 0.5
"""A ray has reached an image's tissue where it has gathered this much."""


@dataclass(frozen=True)
class Pick:
    """A patient point (3,) in mm, and the name of the surface it lies on ("" for the ray-cast image)."""

    point_mm: Float
    name: str = ""


@dataclass(frozen=True)
class Target:
    """A surface that may be meant."""

    name: str
    mesh: SurfaceMesh
    opacity: float
    backdrop: bool
    clips: tuple[ClipPlane, ...] = ()


def pick_at(
    camera: VolumeCamera,
    place: tuple[float, float],
    targets: Sequence[Target],
    image: CastLook | None = None,
    keeps_depth: bool = False,
) -> Pick | None:
    """The point that is meant by a click, or None.

    place: pixels to the right of and above the picture's middle. keeps_depth: context may hide a surface.
    """
    origin = camera.focus_mm + camera.pixel_mm * (place[0] * camera.axes[0] + place[1] * camera.axes[1])
    found = [(depth, target) for target in targets if (depth := nearest_depth(camera, origin, target)) is not None]
    context = [(depth, target.name) for depth, target in found if target.backdrop]
    tissue = None if image is None else tissue_depth(camera, origin, *image)
    if tissue is not None:
        context.append((tissue, ""))
    front = max(context, default=None)
    meant = _meant([(depth, target) for depth, target in found if not target.backdrop])
    if meant is not None and (front is None or not keeps_depth or meant[0] >= front[0] - 1.0):
        return Pick(origin + meant[0] * camera.axes[2], meant[1].name)
    if front is not None:
        return Pick(origin + front[0] * camera.axes[2], front[1])
    return None


def _meant(found: Sequence[tuple[float, Target]]) -> tuple[float, Target] | None:
    """The nearest solid one, else the nearest that is not faint, else the nearest."""
    for least in (SOLID_OPACITY, FAINT_OPACITY, 0.0):
        enough = [each for each in found if each[1].opacity >= least]
        if enough:
            return max(enough, key=lambda each: each[0])
    return None


def nearest_depth(camera: VolumeCamera, origin: Float, target: Target) -> float | None:
    """Millimetres towards the viewer from `origin` to the nearest point of a surface on the ray, or None."""
    mesh = target.mesh
    if not mesh.triangle_count:
        return None
    points = vtk_to_numpy(mesh.triangles.GetPoints().GetData())  # type: ignore[no-untyped-call]
    corners = vtk_to_numpy(mesh.triangles.GetPolys().GetConnectivityArray())  # type: ignore[no-untyped-call]
    turn = camera.axes @ mesh.to_patient[:3, :3]
    placed = points @ turn.T.astype(np.float32) + (camera.axes @ (mesh.to_patient[:3, 3] - origin)).astype(np.float32)
    triangles = placed[corners.reshape(-1, 3)]
    low, high = triangles[..., :2].min(1), triangles[..., :2].max(1)
    near = triangles[((low <= 0) & (high >= 0)).all(1)].astype(np.float64)
    depths = _crossings(near)
    for plane in target.clips:
        depths = depths[plane.keeps(origin + depths[:, None] * camera.axes[2])]
    return float(depths.max()) if len(depths) else None


def _crossings(triangles: Float) -> Float:
    """Depths (n,) at which the axis x = y = 0 goes through triangles (m, 3, 3)."""
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    twice = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    flat = np.abs(twice) < 1e-12
    twice = np.where(flat, 1.0, twice)
    first = (b[:, 0] * c[:, 1] - c[:, 0] * b[:, 1]) / twice
    second = (c[:, 0] * a[:, 1] - a[:, 0] * c[:, 1]) / twice
    third = 1.0 - first - second
    inside = ~flat & (first >= -1e-9) & (second >= -1e-9) & (third >= -1e-9)
    depths: Float = (first * a[:, 2] + second * b[:, 2] + third * c[:, 2])[inside]
    return depths


def tissue_depth(
    camera: VolumeCamera,
    origin: Float,
    image: ReducedVolume,
    preset: VolumePreset,
    to_shown: Float | None,
    clips: Sequence[ClipPlane],
) -> float | None:
    """Millimetres towards the viewer from `origin` to where a ray through an image meets what one sees, or None."""
    placed = image.to_patient if to_shown is None else to_shown @ image.to_patient
    corners = image.corners_mm() if to_shown is None else image.corners_mm() @ to_shown[:3, :3].T + to_shown[:3, 3]
    reach = (corners - origin) @ camera.axes[2]
    step = image.voxel_mm / 2
    depths = np.arange(reach.max(), reach.min() - step, -step)
    points = origin + depths[:, None] * camera.axes[2]
    inverse = np.linalg.inv(placed)
    index = np.rint(points @ inverse[:3, :3].T + inverse[:3, 3]).astype(int)
    inside = ((index >= 0) & (index < image.levels.shape[::-1])).all(1)
    for plane in clips:
        inside &= plane.keeps(points)
    depths, index = depths[inside], index[inside]
    values = image.low + image.step * image.levels[index[:, 2], index[:, 1], index[:, 0]]
    stops = np.array(preset.opacity)
    gathered = 1.0 - np.cumprod((1.0 - np.interp(values, stops[:, 0], stops[:, 1])) ** step)
    seen = np.flatnonzero(gathered >= SEEN_OPACITY)
    return float(depths[seen[0]]) if len(seen) else None
