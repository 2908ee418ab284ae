"""Matrices of registration objects (DICOM PS3.3 C.20.2.1.1), read with the rounding that others write them with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.dicom.errors import DicomError
from workstation.geometry.errors import GeometryError
from workstation.geometry.transform import Transform

ORTHONORMAL_TOLERANCE = 1e-3

Matrix = NDArray[np.float64]


def matrix_of(step: Any) -> Matrix:
    """(4, 4) matrix of an item; raises DicomError for one that is no transformation of space."""
    values = step.get("FrameOfReferenceTransformationMatrix")
    try:
        matrix = np.array([float(v) for v in values or ()], dtype=np.float64)
        transform = Transform(matrix)
    except (GeometryError, TypeError, ValueError) as error:
        raise DicomError("holds a matrix that is no transformation of space (4 rows of 4, the last 0 0 0 1)") from error
    kind = str(step.get("FrameOfReferenceTransformationMatrixType", ""))
    return orthonormal(transform.matrix) if kind in ("RIGID", "") else np.array(transform.matrix)


def orthonormal(matrix: Matrix) -> Matrix:
    """The matrix with its rotation made exactly orthonormal, where it is one but for the rounding of its digits."""
    rotation = matrix[:3, :3]
    u, scales, vt = np.linalg.svd(rotation)
    result = np.array(matrix)
    if np.abs(scales - 1).max() <= ORTHONORMAL_TOLERANCE:
        result[:3, :3] = u @ vt
    return result
