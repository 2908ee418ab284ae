"""The peer of the views: the same fused slices in VTK's own Qt widget, each drawn by VTK alone.

vtkImageResliceMapper layers in a vtkImageStack and one actor for each structure's contours, in a
QVTKRenderWindowInteractor of 700 x 500 for each plane. It needs an X server.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from workstation.geometry.plane import Plane

# Camera direction and view up of each plane, looked at as our views do.
_CAMERAS = {
    "axial": ((0, 0, -1000), (0, -1, 0)),
    "sagittal": ((1000, 0, 0), (0, 0, 1)),
    "coronal": ((0, -1000, 0), (0, 0, 1)),
}
_PLANES = {"axial": Plane.axial, "sagittal": Plane.sagittal, "coronal": Plane.coronal}
_AXES = {"axial": 2, "sagittal": 0, "coronal": 1}


class QvtkView:
    """One fused slice. position_mm: of the plane along its axis."""

    def __init__(self, case: Any, orientation: str) -> None:
        import vtkmodules.qt

        vtkmodules.qt.PyQtImpl = "PySide6"
        import vtkmodules.vtkInteractionStyle
        import vtkmodules.vtkRenderingOpenGL2
        from vtkmodules.qt.QVTKRenderWindowInteractor import QVTKRenderWindowInteractor
        from vtkmodules.vtkRenderingCore import vtkRenderer

        self.case, self.orientation = case, orientation
        self.widget = QVTKRenderWindowInteractor()
        self.widget.resize(700, 500)
        self.window = self.widget.GetRenderWindow()
        self.window.SetMultiSamples(0)
        renderer = vtkRenderer()
        self.window.AddRenderer(renderer)
        self.looks: list[Any] = []
        self.planes: list[Any] = []
        renderer.AddViewProp(self._images())
        self.mappers = {key: self._contour(renderer, structure.color) for key, structure in case.structures.items()}
        camera = renderer.GetActiveCamera()
        camera.ParallelProjectionOn()
        position, up = _CAMERAS[orientation]
        camera.SetPosition(*position)
        camera.SetFocalPoint(0, 0, 0)
        camera.SetViewUp(*up)
        camera.SetParallelScale(255)
        camera.SetClippingRange(500, 1500)
        self.widget.Initialize()
        self.widget.show()
        self.position_mm = 0.0

    def _images(self) -> Any:
        from vtkmodules.vtkCommonDataModel import vtkPlane
        from vtkmodules.vtkRenderingCore import vtkImageSlice
        from vtkmodules.vtkRenderingImage import vtkImageResliceMapper, vtkImageStack

        stack = vtkImageStack()
        for number, key in enumerate(("ct", "mr")):
            mapper, plane, image_slice = vtkImageResliceMapper(), vtkPlane(), vtkImageSlice()
            mapper.SetInputData(self._image(self.case.images[key]))
            plane.SetNormal(*(1.0 if axis == _AXES[self.orientation] else 0.0 for axis in range(3)))
            mapper.SetSlicePlane(plane)
            image_slice.SetMapper(mapper)
            look = image_slice.GetProperty()
            look.SetColorWindow((400, 900)[number])
            look.SetColorLevel((40, 450)[number])
            look.SetLayerNumber(number)
            look.SetOpacity((1.0, 0.4)[number])
            stack.AddImage(image_slice)
            self.planes.append(plane)
            self.looks.append(look)
        return stack

    def _image(self, volume: Any) -> Any:
        from vtkmodules.util.numpy_support import numpy_to_vtk
        from vtkmodules.vtkCommonDataModel import vtkImageData

        image = vtkImageData()
        image.SetDimensions(*volume.grid.size)
        image.SetSpacing(*volume.grid.spacing_mm)
        to_shown = self.case.transform(volume.frame_of_reference_uid, "A")
        direction = to_shown.matrix[:3, :3] @ volume.grid.direction
        image.SetOrigin(*to_shown.apply(volume.grid.origin_mm))
        image.SetDirectionMatrix(*direction.ravel())
        image.GetPointData().SetScalars(numpy_to_vtk(volume.voxels.ravel(), deep=False))
        return image

    def _contour(self, renderer: Any, color: tuple[int, int, int]) -> Any:
        from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

        mapper, actor = vtkPolyDataMapper(), vtkActor()
        actor.SetMapper(mapper)
        actor.GetProperty().SetColor(*(c / 255 for c in color))
        actor.GetProperty().SetLineWidth(2)
        actor.GetProperty().LightingOff()
        renderer.AddActor(actor)
        return mapper

    def show(self, position_mm: float) -> None:
        """Another plane: images, contours, render."""
        from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
        from vtkmodules.vtkCommonCore import vtkPoints
        from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

        self.position_mm = position_mm
        axis = _AXES[self.orientation]
        for plane in self.planes:
            plane.SetOrigin(*(position_mm if n == axis else 0.0 for n in range(3)))
        shown = _PLANES[self.orientation](position_mm)
        # Contours lie a millimetre in front of the images.
        before = shown.moved(-1.0)
        for identifier, mapper in self.mappers.items():
            data = vtkPolyData()
            region = self.case.section(identifier, shown)
            if region.rings:
                ring = region.rings[0]
                points, lines = vtkPoints(), vtkCellArray()
                points.SetData(numpy_to_vtk(before.to_patient(ring).astype(np.float32), deep=True))
                ids = np.r_[np.arange(len(ring)), 0].astype(np.int64)
                offsets = np.array([0, len(ids)], np.int64)
                lines.SetData(numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(ids, deep=True))
                data.SetPoints(points)
                data.SetLines(lines)
            mapper.SetInputData(data)
        self.window.Render()

    def fade(self, opacity: float) -> None:
        """Another opacity of the fused image."""
        self.looks[1].SetOpacity(opacity)
        self.window.Render()


class QvtkViews:
    """The three fused slices together."""

    def __init__(self, case: Any) -> None:
        from PySide6.QtWidgets import QApplication

        self.process = QApplication.processEvents
        self.views = {name: QvtkView(case, name) for name in ("axial", "sagittal", "coronal")}
        self.point(np.zeros(3))

    def point(self, point_mm: Any) -> float:
        """Seconds until all three views show another point."""
        started = time.perf_counter()
        for name, view in self.views.items():
            view.show(float(point_mm[_AXES[name]]))
        self.process()
        return time.perf_counter() - started

    def step(self, name: str, position_mm: float) -> float:
        """Seconds until one view shows another plane."""
        started = time.perf_counter()
        self.views[name].show(position_mm)
        self.process()
        return time.perf_counter() - started

    def fade(self, opacity: float) -> float:
        """Seconds until all three views show another opacity."""
        started = time.perf_counter()
        for view in self.views.values():
            view.fade(opacity)
        self.process()
        return time.perf_counter() - started
