"""One image as VTK casts rays through it on the processor."""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData, vtkPiecewiseFunction, vtkPlane
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkRenderingCore import vtkColorTransferFunction, vtkVolume, vtkVolumeProperty
from vtkmodules.vtkRenderingVolume import vtkFixedPointVolumeRayCastMapper

from workstation.view.volume_presets import VolumePreset
from workstation.view.volume_reduction import ReducedVolume

Float = NDArray[np.float64]

MOST_THREADS = 4
"""Rays are cast by this many threads at most, so that the rest of the program keeps a core."""


class CastImage:
    """A reduced image, how it looks and how exactly it is cast. `prop` goes into a renderer."""

    def __init__(self, reduced: ReducedVolume) -> None:
        self.reduced = reduced
        # Edges in millimetres along the image's own axes, so that lengths and slopes are true.
        self._edges = np.linalg.norm(reduced.to_patient[:3, :3], axis=0)
        self._mapper = vtkFixedPointVolumeRayCastMapper()
        self._mapper.SetNumberOfThreads(max(1, min(MOST_THREADS, os.cpu_count() or 1)))
        self._mapper.AutoAdjustSampleDistancesOff()
        self._mapper.LockSampleDistanceToInputSpacingOff()
        self._mapper.SetInputData(_image_data(reduced, self._edges))
        self.prop = vtkVolume()
        self.prop.SetMapper(self._mapper)
        self.place(None)

    def set_preset(self, preset: VolumePreset) -> None:
        """Opacities, colours and shading."""
        look = vtkVolumeProperty()
        look.SetInterpolationTypeToLinear()
        look.SetScalarOpacityUnitDistance(1.0)
        look.SetScalarOpacity(_piecewise((self.reduced.level_of(value), share) for value, share in preset.opacity))
        colors = vtkColorTransferFunction()
        for value, red, green, blue in preset.colors:
            colors.AddRGBPoint(self.reduced.level_of(value), red, green, blue)
        look.SetColor(colors)
        if preset.gradient:
            look.SetGradientOpacity(_piecewise((slope / self.reduced.step, f) for slope, f in preset.gradient))
        look.ShadeOn()
        look.SetAmbient(preset.ambient)
        look.SetDiffuse(preset.diffuse)
        look.SetSpecular(preset.specular)
        look.SetSpecularPower(preset.shininess)
        self.prop.SetProperty(look)

    def place(self, to_shown: Float | None) -> None:
        """Where the image lies: through a registration, or where it was acquired."""
        placed = np.eye(4)
        placed[:3, :3] = self.reduced.to_patient[:3, :3] / self._edges
        placed[:3, 3] = self.reduced.to_patient[:3, 3]
        matrix = vtkMatrix4x4()
        matrix.DeepCopy((placed if to_shown is None else to_shown @ placed).ravel().tolist())
        self.prop.SetUserMatrix(matrix)

    def set_clips(self, planes: Iterable[vtkPlane]) -> None:
        """Planes in patient millimetres that cut the image."""
        self._mapper.RemoveAllClippingPlanes()
        for plane in planes:
            self._mapper.AddClippingPlane(plane)

    def set_detail(self, ray_step: float, ray_pixels: float) -> None:
        """Samples every `ray_step` voxels, one ray for a square of `ray_pixels` pixels."""
        self._mapper.SetSampleDistance(ray_step * float(self._edges.min()))
        self._mapper.SetImageSampleDistance(ray_pixels)

    def set_stops_at_surfaces(self, stops: bool) -> None:
        """Whether rays end at solid surfaces of the same layer."""
        self._mapper.SetIntermixIntersectingGeometry(stops)


def _image_data(reduced: ReducedVolume, edges: Float) -> vtkImageData:
    image = vtkImageData()
    image.SetDimensions(*reduced.levels.shape[::-1])
    image.SetSpacing(*edges)
    # Not copied: the wrapper keeps the array alive.
    image.GetPointData().SetScalars(numpy_to_vtk(reduced.levels.ravel(), deep=False))  # type: ignore[no-untyped-call]
    return image


def _piecewise(stops: Iterable[tuple[float, float]]) -> vtkPiecewiseFunction:
    function = vtkPiecewiseFunction()
    for place, value in stops:
        function.AddPoint(place, value)
    return function
