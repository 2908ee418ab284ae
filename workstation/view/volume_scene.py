"""Surfaces and a ray-cast image, rendered off screen by VTK and handed over as a picture.

No window, no event loop, no multisampling. Images are cast by `vtkFixedPointVolumeRayCastMapper`: without a GPU it is
12 to 20 times quicker than the OpenGL one (0.14 s against 2.3 s for a skull at 700 x 500 on two cores).
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import vtkmodules.vtkRenderingOpenGL2
import vtkmodules.vtkRenderingVolumeOpenGL2  # noqa: F401  (both register the implementation of what follows)
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkCommonDataModel import vtkPlane
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkProperty, vtkRenderer, vtkRenderWindow

from workstation.structures.structure import Color
from workstation.view.errors import ViewError
from workstation.view.surface_mesh import SurfaceMesh
from workstation.view.volume_camera import VolumeCamera
from workstation.view.volume_casting import CastImage
from workstation.view.volume_clip import ClipPlane
from workstation.view.volume_drivers import load_drivers, prefer_off_screen
from workstation.view.volume_picking import Pick, Target, pick_at
from workstation.view.volume_presets import VolumePreset
from workstation.view.volume_reduction import ReducedVolume

Float = NDArray[np.float64]

NO_GRAPHICS = "3D needs OpenGL, which this computer does not offer; everything else works without it."

BREATH_S = 0.002
CLIPPING_MM = 2000.0
BACKDROP, SOLID, SHELLS = range(3)


@dataclass(frozen=True)
class SurfaceLook:
    """How a surface is shown. Opaque ones are drawn first, then by ascending `order`: shells from inside out.

    backdrop: context that must never hide a target: painted behind everything else wherever it lies, unless the
    scene is told to keep depths. whole: the scene's clip planes leave it alone.
    """

    color: Color
    opacity: float = 1.0
    order: int = 0
    backdrop: bool = False
    whole: bool = False


_PLAIN = SurfaceLook((255, 255, 255))


@dataclass(frozen=True)
class Detail:
    """How exactly a picture is made.

    fine: fine meshes where there are any, otherwise the coarse ones where there are any.
    ray_step: distance of samples along a ray in voxels. ray_pixels: edge of the square of pixels that shares a ray.
    """

    fine: bool = True
    ray_step: float = 0.5
    ray_pixels: float = 1.0


FULL = Detail()


class VolumeScene:
    """Named surfaces, at most one image, and the picture of them. All calls on one thread (OpenGL's).

    Raises ViewError when there is no OpenGL at all.
    """

    def __init__(self) -> None:
        if prefer_off_screen():
            load_drivers()
        self._window = vtkRenderWindow()
        # VTK keeps Python to itself in each of these calls; in between the window gets a breath.
        time.sleep(BREATH_S)
        if not self._window.SupportsOpenGL():
            raise ViewError(NO_GRAPHICS)
        time.sleep(BREATH_S)
        self._window.SetShowWindow(False)
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(0)
        self._window.SetAlphaBitPlanes(1)
        self._renderers = _layers(self._window)
        self._surfaces: dict[str, _Surface] = {}
        self._looks: dict[str, SurfaceLook] = {}
        self._image: CastImage | None = None
        self._image_look: tuple[VolumePreset, Float | None] | None = None
        self._clips: tuple[ClipPlane, ...] = ()
        self._vtk_clips: list[vtkPlane] = []
        self._keeps_depth = False
        self._pixels = vtkUnsignedCharArray()
        self._order_stale = False

    # ------------------------------------------------------------------------------------------------ surfaces

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
        self._dress(name)
        self._order_stale = True

    def set_look(self, name: str, look: SurfaceLook) -> None:
        """Colour and opacity of a surface, which may be yet to come."""
        if self._looks.get(name) != look:
            self._looks[name] = look
            self._order_stale = True
            self._dress(name)

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

    # ---------------------------------------------------------------------------------------- image and clipping

    def set_image(
        self, image: ReducedVolume | None, preset: VolumePreset | None = None, to_shown: Float | None = None
    ) -> None:
        """Cast an image with a preset behind the surfaces; None for none.

        to_shown: (4, 4) from the image's frame of reference to the shown one; None where they are the same.
        """
        if image is None or preset is None:
            self._image, self._image_look, self._order_stale = None, None, True
            return
        if self._image is None or self._image.reduced is not image:
            self._image, self._image_look, self._order_stale = CastImage(image), None, True
            self._image.set_clips(self._vtk_clips)
        look = (preset, to_shown)
        if self._image_look is None or self._image_look[0] != preset:
            self._image.set_preset(preset)
        self._image.place(to_shown)
        self._image_look = look

    def set_clips(self, planes: Iterable[ClipPlane]) -> None:
        """Cut everything that is not `whole`; only what all planes keep stays. At most six."""
        self._clips = tuple(planes)
        self._vtk_clips = [_vtk_plane(plane) for plane in self._clips]
        for name in self._surfaces:
            self._dress(name)
        if self._image is not None:
            self._image.set_clips(self._vtk_clips)

    def set_keeps_depth(self, keeps: bool) -> None:
        """Whether context in front of a solid surface hides it; otherwise surfaces shine through (as at first)."""
        if keeps != self._keeps_depth:
            self._keeps_depth, self._order_stale = bool(keeps), True

    # ------------------------------------------------------------------------------------------------- pictures

    def picture(
        self,
        camera: VolumeCamera,
        width: int,
        height: int,
        detail: Detail = FULL,
        ground: Color | None = (0, 0, 0),
    ) -> NDArray[np.uint8]:
        """Render (height, width, 4) uint8 RGBA, first row on top; a new array each time.

        ground: the colour behind everything; None leaves it clear, colours are then multiplied by their alpha.
        """
        for surface in self._surfaces.values():
            surface.show(detail.fine)
        if self._order_stale:
            self._sort()
        if self._image is not None:
            self._image.set_detail(detail.ray_step, detail.ray_pixels)
        behind = self._renderers[BACKDROP]
        behind.SetBackground(*(c / 255.0 for c in ground or (0, 0, 0)))
        behind.SetBackgroundAlpha(0.0 if ground is None else 1.0)
        if tuple(self._window.GetSize()) != (width, height):
            self._window.SetSize(width, height)
        self._aim(camera, height)
        self._window.Render()
        # The stub of this call misses its in-place form.
        self._window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 0, self._pixels)  # type: ignore[call-overload]
        rows = vtk_to_numpy(self._pixels).reshape(height, width, 4)  # type: ignore[no-untyped-call]
        picture = np.ascontiguousarray(rows[::-1])
        if ground is not None:
            picture[..., 3] = 255
        return picture

    def abort(self) -> None:
        """Have the picture in work end soon, unfinished: the one call that may come from another thread."""
        self._window.SetAbortRender(1)

    def pick(self, camera: VolumeCamera, x: float, y: float, width: int, height: int) -> Pick | None:
        """What lies under a pixel (x, y; y down) of a picture of that size, or None."""
        targets = [
            Target(name, surface.mesh(True), look.opacity, look.backdrop, () if look.whole else self._clips)
            for name, surface in self._surfaces.items()
            if surface.visible
            for look in (self._looks.get(name, _PLAIN),)
        ]
        image = None
        if self._image is not None and self._image_look is not None:
            image = (self._image.reduced, self._image_look[0], self._image_look[1], self._clips)
        return pick_at(camera, (x - width / 2, height / 2 - y), targets, image, self._keeps_depth)

    def close(self) -> None:
        """Give the graphics memory back while the context still exists."""
        for renderer in self._renderers:
            renderer.RemoveAllViewProps()
        self._window.Finalize()

    # ------------------------------------------------------------------------------------------------ privately

    def _aim(self, camera: VolumeCamera, height: int) -> None:
        eye = camera.focus_mm + camera.axes[2] * CLIPPING_MM
        vtk_camera = self._renderers[SOLID].GetActiveCamera()
        vtk_camera.ParallelProjectionOn()
        vtk_camera.SetFocalPoint(*camera.focus_mm)
        vtk_camera.SetPosition(*eye)
        vtk_camera.SetViewUp(*camera.axes[1])
        vtk_camera.SetParallelScale(camera.pixel_mm * height / 2)
        vtk_camera.SetClippingRange(1.0, 2 * CLIPPING_MM)

    def _sort(self) -> None:
        """VTK draws translucent actors in the order in which they were added."""

        def place(name: str) -> tuple[bool, int]:
            look = self._looks.get(name, _PLAIN)
            return look.opacity < 1.0, look.order

        for renderer in self._renderers:
            renderer.RemoveAllViewProps()
        context = SOLID if self._keeps_depth else BACKDROP
        for name in sorted(self._surfaces, key=place):
            look = self._looks.get(name, _PLAIN)
            layer = context if look.backdrop else SHELLS if look.opacity < 1.0 else SOLID
            for actor in self._surfaces[name].actors.values():
                self._renderers[layer].AddActor(actor)
        if self._image is not None:
            self._image.set_stops_at_surfaces(self._keeps_depth)
            self._renderers[context].AddVolume(self._image.prop)
        self._order_stale = False

    def _dress(self, name: str) -> None:
        look = self._looks.get(name, _PLAIN)
        surface = self._surfaces.get(name)
        for actor in surface.actors.values() if surface is not None else ():
            _color(actor, look)
            mapper = actor.GetMapper()
            mapper.RemoveAllClippingPlanes()
            for plane in () if look.whole else self._vtk_clips:
                mapper.AddClippingPlane(plane)


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


def _layers(window: vtkRenderWindow) -> tuple[vtkRenderer, ...]:
    """Context, solid surfaces, shells: painted one over the other by one camera.

    Context has a depth of its own; shells are hidden by the solid surfaces in front of them.
    """
    window.SetNumberOfLayers(3)
    renderers = tuple(vtkRenderer() for _ in range(3))
    for layer, renderer in enumerate(renderers):
        renderer.SetLayer(layer)
        renderer.SetActiveCamera(renderers[SOLID].GetActiveCamera())
        window.AddRenderer(renderer)
    renderers[SHELLS].PreserveDepthBufferOn()
    return renderers


def _vtk_plane(plane: ClipPlane) -> vtkPlane:
    made = vtkPlane()
    made.SetOrigin(*plane.point_mm)
    made.SetNormal(*plane.kept)
    return made


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


def _color(actor: vtkActor, look: SurfaceLook) -> None:
    surface = actor.GetProperty()
    color = [c / 255.0 for c in look.color]
    surface.SetColor(*color)
    surface.SetOpacity(look.opacity)
    surface.SetAmbient(0.18)
    surface.SetDiffuse(0.82)
    surface.SetSpecular(0.15)
    surface.SetSpecularPower(20.0)
    # The far side of a shell would only muddy what it encloses.
    surface.SetBackfaceCulling(look.opacity < 1.0)
    if look.opacity == 1.0:
        # Where a solid body is cut open one looks at its inside: evenly lit, it reads as the face of the cut.
        inside = vtkProperty()
        inside.SetColor(*(0.75 * c for c in color))
        inside.SetAmbient(1.0)
        inside.SetDiffuse(0.0)
        actor.SetBackfaceProperty(inside)
    else:
        actor.SetBackfaceProperty(None)  # type: ignore[arg-type]
