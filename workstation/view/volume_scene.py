"""Surfaces rendered off screen by VTK and handed over as a picture; no window, no event loop, no multisampling."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  (registers the implementation of what follows)
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkRenderer, vtkRenderWindow

from workstation.structures.structure import Color
from workstation.view.errors import ViewError
from workstation.view.surface_mesh import SurfaceMesh
from workstation.view.volume_camera import VolumeCamera

Float = NDArray[np.float64]

NO_GRAPHICS = "3D needs OpenGL, which this computer does not offer; everything else works without it."

CLIPPING_MM = 2000.0


@dataclass(frozen=True)
class SurfaceLook:
    """How a surface is shown. Opaque ones are drawn first, then by ascending `order`: shells from inside out.

    backdrop: painted first, behind everything else wherever it lies: context that must never hide a target.
    """

    color: Color
    opacity: float = 1.0
    order: int = 0
    backdrop: bool = False


class VolumeScene:
    """Named surfaces and the picture of them. All calls on one thread (OpenGL's).

    Raises ViewError when there is no OpenGL at all.
    """

    def __init__(self) -> None:
        # VTK would first try an X server and complain about its absence.
        if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
            os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
        self._window = vtkRenderWindow()
        self._window.SetShowWindow(False)
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(0)
        self._renderer = vtkRenderer()
        self._renderer.SetBackground(0.0, 0.0, 0.0)
        self._backdrop = vtkRenderer()
        self._backdrop.SetActiveCamera(self._renderer.GetActiveCamera())
        # Layers are painted one over the other, each with a depth of its own.
        self._window.SetNumberOfLayers(2)
        self._renderer.SetLayer(1)
        self._window.AddRenderer(self._backdrop)
        self._window.AddRenderer(self._renderer)
        self._surfaces: dict[str, _Surface] = {}
        self._looks: dict[str, SurfaceLook] = {}
        self._pixels = vtkUnsignedCharArray()
        self._order_stale = False
        if not self._window.SupportsOpenGL():
            raise ViewError(NO_GRAPHICS)

    def names(self) -> tuple[str, ...]:
        """The surfaces there are, shown or not."""
        return tuple(self._surfaces)

    def triangle_count(self, fine: bool = True) -> int:
        """Triangles of all surfaces as they are shown fine or coarse."""
        return sum(surface.mesh(fine).triangle_count for surface in self._surfaces.values() if surface.visible)

    def set_mesh(self, name: str, mesh: SurfaceMesh, fine: bool = True) -> None:
        """Add a surface or replace it. A new coarse mesh makes the fine one out of date and takes it away."""
        surface = self._surfaces.setdefault(name, _Surface())
        if not fine:
            surface.actors.pop(True, None)
            surface.meshes.pop(True, None)
        surface.meshes[fine] = mesh
        surface.actors[fine] = _actor_of(mesh)
        _dress(surface.actors[fine], self._looks.get(name))
        self._order_stale = True

    def set_look(self, name: str, look: SurfaceLook) -> None:
        """Colour and opacity of a surface, which may be yet to come."""
        if self._looks.get(name) != look:
            self._looks[name] = look
            self._order_stale = True
            for actor in self._surfaces.get(name, _Surface()).actors.values():
                _dress(actor, look)

    def set_visible(self, name: str, visible: bool) -> None:
        """Show or hide a surface; nothing happens when it is not there."""
        if name in self._surfaces:
            self._surfaces[name].visible = bool(visible)

    def remove(self, name: str) -> None:
        """Take a surface away; nothing happens when it is not there."""
        if self._surfaces.pop(name, None) is not None:
            self._order_stale = True

    def bounds_mm(self, names: Iterable[str] | None = None) -> tuple[Float, Float] | None:
        """Lower and upper patient corner of what is shown (of all surfaces, or of the named ones), or None."""
        wanted = self._surfaces if names is None else [name for name in names if name in self._surfaces]
        shown = [self._surfaces[name] for name in wanted if self._surfaces[name].visible]
        boxes = [surface.mesh(True).bounds_mm() for surface in shown if surface.mesh(True).triangle_count]
        if not boxes:
            return None
        return np.min([low for low, _ in boxes], axis=0), np.max([high for _, high in boxes], axis=0)

    def picture(self, camera: VolumeCamera, width: int, height: int, fine: bool = True) -> NDArray[np.uint8]:
        """Render (height, width, 4) uint8 RGBA, first row on top; a new array each time.

        fine: show fine meshes where there are any; otherwise the coarse ones where there are any.
        """
        for surface in self._surfaces.values():
            surface.show(fine)
        if self._order_stale:
            self._sort()
        if tuple(self._window.GetSize()) != (width, height):
            self._window.SetSize(width, height)
        self._aim(camera, height)
        self._window.Render()
        # The stub of this call misses its in-place form.
        self._window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 0, self._pixels)  # type: ignore[call-overload]
        rows = vtk_to_numpy(self._pixels).reshape(height, width, 4)  # type: ignore[no-untyped-call]
        picture = np.ascontiguousarray(rows[::-1])
        picture[..., 3] = 255
        return picture

    def close(self) -> None:
        """Give the graphics memory back while the context still exists."""
        self._window.Finalize()

    def _aim(self, camera: VolumeCamera, height: int) -> None:
        eye = camera.focus_mm + camera.axes[2] * CLIPPING_MM
        vtk_camera = self._renderer.GetActiveCamera()
        vtk_camera.ParallelProjectionOn()
        vtk_camera.SetFocalPoint(*camera.focus_mm)
        vtk_camera.SetPosition(*eye)
        vtk_camera.SetViewUp(*camera.axes[1])
        vtk_camera.SetParallelScale(camera.pixel_mm * height / 2)
        vtk_camera.SetClippingRange(1.0, 2 * CLIPPING_MM)

    def _sort(self) -> None:
        """VTK draws translucent actors in the order in which they were added."""
        nothing = SurfaceLook((255, 255, 255))

        def place(name: str) -> tuple[bool, int]:
            look = self._looks.get(name, nothing)
            return look.opacity < 1.0, look.order

        self._renderer.RemoveAllViewProps()
        self._backdrop.RemoveAllViewProps()
        for name in sorted(self._surfaces, key=place):
            renderer = self._backdrop if self._looks.get(name, nothing).backdrop else self._renderer
            for actor in self._surfaces[name].actors.values():
                renderer.AddActor(actor)
        self._order_stale = False


class _Surface:
    """One surface in up to two degrees of detail: False coarse, True fine."""

    def __init__(self) -> None:
        self.actors: dict[bool, vtkActor] = {}
        self.meshes: dict[bool, SurfaceMesh] = {}
        self.visible = True

    def mesh(self, fine: bool) -> SurfaceMesh:
        """The mesh of a detail, or the other one when it is all there is."""
        return self.meshes[fine] if fine in self.meshes else self.meshes[not fine]

    def show(self, fine: bool) -> None:
        wanted = fine if fine in self.actors else not fine
        for detail, actor in self.actors.items():
            actor.SetVisibility(self.visible and detail == wanted)


def _actor_of(mesh: SurfaceMesh) -> vtkActor:
    mapper = vtkPolyDataMapper()
    mapper.ScalarVisibilityOff()
    mapper.SetInputData(mesh.triangles)
    matrix = vtkMatrix4x4()
    matrix.DeepCopy(mesh.to_patient.ravel().tolist())
    actor = vtkActor()
    actor.SetMapper(mapper)
    actor.SetUserMatrix(matrix)
    return actor


def _dress(actor: vtkActor, look: SurfaceLook | None) -> None:
    if look is None:
        return
    surface = actor.GetProperty()
    surface.SetColor(*(c / 255.0 for c in look.color))
    surface.SetOpacity(look.opacity)
    surface.SetAmbient(0.18)
    surface.SetDiffuse(0.82)
    surface.SetSpecular(0.15)
    surface.SetSpecularPower(20.0)
    # The far side of a shell would only muddy what it encloses.
    surface.SetBackfaceCulling(look.opacity < 1.0)
