"""Spatial Registration objects (DICOM PS3.3 A.39, C.20.2): read as relations between frames of reference, written.

Direction. DICOM's matrix takes points of the item's own frame INTO the registered frame, which is the Frame of
Reference of the object itself; several matrices of an item are applied in the order listed. Our `Registration`
maps fixed to moving, so for a moving item it is the inverse of that item's matrix.

Precision. Matrix elements are decimal strings of at most 16 characters: rotations keep 13 decimals, shifts of
hundreds of millimetres 11. A rigid map comes back within 1e-9 (mm, or per unit); on reading, a rotation is made
exactly orthonormal again.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.dicom.errors import DicomError
from workstation.dicom.header import read_header
from workstation.dicom.objects import damage_refused, parse
from workstation.dicom.registration_write import SOP_CLASS, write_registration
from workstation.dicom.source import Source
from workstation.dicom.tags import Tag
from workstation.fusion.registration import Registration
from workstation.geometry.errors import GeometryError
from workstation.geometry.transform import Transform

__all__ = ["orthonormal", "read_registrations", "write_registration"]

ORTHONORMAL_TOLERANCE = 1e-3

Matrix = NDArray[np.float64]


def read_registrations(path: str | os.PathLike[str] | Source) -> list[Registration]:
    """The relations that a Spatial Registration file states, each from its fixed frame to one moving frame.

    The fixed frame is the object's own Frame of Reference when it is one of the registered frames (or when no
    item is given for it); otherwise the first item's. Raises DicomError when the file can't be read, is no Spatial
    Registration, or relates nothing.
    """
    source = path if isinstance(path, Source) else Source(os.fspath(path))
    try:
        with damage_refused():
            return _registrations(source)
    except DicomError as error:
        raise DicomError(f"{source.name} {error}") from error


def _registrations(source: Source) -> list[Registration]:
    with source.opened() as opened:
        header = read_header(opened)
    if header.text(Tag.SOP_CLASS_UID) != SOP_CLASS:
        raise DicomError("is no Spatial Registration")
    dataset = parse(source, header)
    listed = dataset.get("RegistrationSequence") or ()
    items = [(str(item.get("FrameOfReferenceUID", "")), _item_matrix(item)) for item in listed]
    fixed_uid, fixed_matrix = _fixed(header.text(Tag.FRAME_OF_REFERENCE_UID), items)
    label = str(dataset.get("ContentDescription") or dataset.get("ContentLabel") or "")[:64]
    method = f"from DICOM file: {label}" if label else "from DICOM file"
    found: list[Registration] = []
    for frame_uid, matrix in items:
        if not frame_uid or frame_uid == fixed_uid:
            continue
        transform = Transform(np.linalg.inv(matrix) @ fixed_matrix)
        quality = {"rigid": transform.is_rigid()}
        identifier = header.text(Tag.SOP_INSTANCE_UID) + (f"#{len(found) + 1}" if found else "")
        found.append(Registration(identifier, fixed_uid, frame_uid, transform, method, quality))
    if not found:
        raise DicomError("relates no two different frames of reference")
    return found


def _fixed(own_uid: str, items: list[tuple[str, Matrix]]) -> tuple[str, Matrix]:
    """The frame that counts as fixed, and the matrix from it into the registered frame."""
    if not items:
        raise DicomError("holds no registered frames")
    for frame_uid, matrix in items:
        if frame_uid and frame_uid == own_uid:
            return frame_uid, matrix
    if own_uid and len(items) == 1:
        return own_uid, np.eye(4)
    for frame_uid, matrix in items:
        if frame_uid and np.allclose(matrix, np.eye(4), atol=1e-9):
            return frame_uid, matrix
    first = next(((uid, matrix) for uid, matrix in items if uid), None)
    if first is None:
        raise DicomError("does not name the frames of reference that it relates")
    return first


def _item_matrix(item: Any) -> Matrix:
    """(4, 4) matrix of one registered frame: its matrices multiplied in the order in which they apply."""
    total: Matrix = np.eye(4)
    for registration in item.get("MatrixRegistrationSequence") or ():
        for step in registration.get("MatrixSequence") or ():
            total = _matrix(step) @ total
    return total


def _matrix(step: Any) -> Matrix:
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
