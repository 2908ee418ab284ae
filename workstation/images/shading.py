# mypy: disable-error-code="no-untyped-call"
"""How unevenly a coil sees: the smooth field that an MR's signals are multiplied by (N4).

N. J. Tustison et al., IEEE Trans Med Imaging 29:1310 (2010), as SimpleITK has it: fitted on every fourth voxel, its
logarithm evaluated on all.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its own name for itself)
from numpy.typing import NDArray

from workstation.images.errors import ImageError
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, silent

SHRINK = 4
ITERATIONS = (50, 50, 30)
AIR_SHARE = 0.1
"""Of the bright tissue's signal: what is darker does not tell a coil's sensitivity."""
LEAST_TISSUE = 500
"""Fewer voxels on the coarse grid say nothing of a smooth field."""


def shading_of(volume: Volume, progress: Progress = silent) -> NDArray[np.float32]:
    """(k, j, i) what each voxel's signal has been multiplied by; 1 in the geometric mean over the tissue.

    ImageError where there is too little tissue to tell.
    """
    voxels = np.ascontiguousarray(volume.voxels, dtype=np.float32)
    tissue = voxels > AIR_SHARE * float(np.percentile(voxels, 99))
    factors = [max(1, min(SHRINK, n // 8)) for n in volume.grid.size]
    if np.count_nonzero(tissue) < LEAST_TISSUE * int(np.prod(factors)):
        raise ImageError("There is too little tissue in the image to tell how unevenly the coil sees")
    progress(0.0, "Fitting the coil's shading")
    image, mask = _image(volume, voxels), _image(volume, tissue.astype(np.uint8))
    corrector = sitk.N4BiasFieldCorrectionImageFilter()
    corrector.SetMaximumNumberOfIterations(list(ITERATIONS))
    corrector.Execute(sitk.Shrink(image, factors), sitk.Shrink(mask, factors))
    logarithm = sitk.GetArrayFromImage(corrector.GetLogBiasFieldAsImage(image))
    progress(1.0, "The coil's shading is known")
    found: NDArray[np.float32] = np.exp(logarithm - logarithm[tissue].mean()).astype(np.float32)
    return found


def _image(volume: Volume, values: NDArray[np.float32] | NDArray[np.uint8]) -> sitk.Image:
    """Where the lattice lies does not matter to the fit, its spacing does."""
    image = sitk.GetImageFromArray(values)
    image.SetSpacing([float(v) for v in volume.grid.spacing_mm])
    return image
