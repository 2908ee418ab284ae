"""Which images a (Deformable) Spatial Registration moves, and which it leaves in place (DICOM PS3.3 C.20.2, C.20.3).

Between frames of reference nobody needs this. Within one, where phases of an examination are moved onto each other,
only the images that an item names say which side is which.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from workstation.dicom.errors import DicomError
from workstation.dicom.header import read_header
from workstation.dicom.objects import damage_refused, parse
from workstation.dicom.registration_matrix import matrix_of
from workstation.dicom.source import Source


def images_named(path: str | os.PathLike[str]) -> tuple[frozenset[str], frozenset[str]]:
    """SOP Instance UIDs of the images that are moved, and of those that stay. DicomError where it can't be read."""
    source = Source(os.fspath(path))
    moved: set[str] = set()
    still: set[str] = set()
    try:
        with damage_refused():
            with source.opened() as opened:
                header = read_header(opened)
            dataset = parse(source, header)
            for keyword in ("RegistrationSequence", "DeformableRegistrationSequence"):
                for item in dataset.get(keyword) or ():
                    (moved if _moves(item) else still).update(_images(item))
    except DicomError as error:
        raise DicomError(f"{source.name} {error}") from error
    return frozenset(moved - still), frozenset(still - moved)


def _images(item: Any) -> Iterator[str]:
    for image in item.get("ReferencedImageSequence") or ():
        yield str(image.get("ReferencedSOPInstanceUID", ""))


def _moves(item: Any) -> bool:
    if item.get("DeformableRegistrationGridSequence"):
        return True
    return any(not np.allclose(matrix_of(step), np.eye(4), atol=1e-9) for step in _steps(item))


def _steps(item: Any) -> Iterator[Any]:
    for registration in item.get("MatrixRegistrationSequence") or ():
        yield from registration.get("MatrixSequence") or ()
    for keyword in ("PreDeformationMatrixRegistrationSequence", "PostDeformationMatrixRegistrationSequence"):
        yield from item.get(keyword) or ()
