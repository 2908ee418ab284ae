"""Spatial Registration objects (DICOM PS3.3 A.39, C.20.2): read as relations between frames of reference, written.

Direction. DICOM's matrix takes points of the item's own frame INTO the registered frame, which is the Frame of
Reference of the object itself; several matrices of an item are applied in the order listed. Our `Registration`
maps fixed to moving, so for a moving item it is the inverse of that item's matrix. A Deformable Spatial Registration
goes the other way: from the registered frame to the item's own (see `deformable_registration`).

Precision. Matrix elements are decimal strings of at most 16 characters: rotations keep 13 decimals, shifts of
hundreds of millimetres 11. A rigid map comes back within 1e-9 (mm, or per unit); on reading, a rotation is made
exactly orthonormal again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from workstation.dicom.deformable_registration import source_maps
from workstation.dicom.deformable_registration_write import DEFORMABLE_SOP_CLASS
from workstation.dicom.errors import DicomError
from workstation.dicom.header import Header, read_header
from workstation.dicom.objects import damage_refused, parse
from workstation.dicom.registration_matrix import Matrix, matrix_of, orthonormal
from workstation.dicom.registration_words import FIXED_SIDE, acceptance
from workstation.dicom.registration_write import SOP_CLASS, write_registration
from workstation.dicom.source import Source
from workstation.dicom.tags import Tag
from workstation.fusion.registration import Registration
from workstation.geometry.deformation import SpatialMap
from workstation.geometry.transform import Transform

__all__ = ["orthonormal", "read_registrations", "write_registration"]

FrameOfImage = Callable[[str], str]
Relation = tuple[str, str, SpatialMap, dict[str, Any]]
"""Fixed frame, moving frame, map from fixed to moving points, what is odd about it."""

RIGID_TOLERANCE = 2e-3
"""Of a length: what rounding to three decimals leaves."""


def read_registrations(
    path: str | os.PathLike[str] | Source, *, within_frames: bool = False, frame_of_image: FrameOfImage | None = None
) -> list[Registration]:
    """The relations that a (Deformable) Spatial Registration file states, each from its fixed frame to a moving one.

    The fixed frame is the object's own Frame of Reference when it is one of the registered frames (or when no
    item is given for it); otherwise the first item's. Ours come back with who accepted them; those of other systems
    have been accepted by nobody here.
    within_frames: return relations of a frame with itself, too (phases of one examination moved onto each other):
        only somebody who knows which images are meant can use them.
    frame_of_image: tells the frame of reference of an image by its SOP Instance UID, "" for one that it doesn't know:
        for objects that name images instead of frames.
    Raises DicomError when the file can't be read, is no registration, or relates nothing.
    """
    source = path if isinstance(path, Source) else Source(os.fspath(path))
    try:
        with damage_refused():
            return _registrations(source, within_frames, frame_of_image or (lambda _: ""))
    except DicomError as error:
        raise DicomError(f"{source.name} {error}") from error


def _registrations(source: Source, within_frames: bool, frame_of_image: FrameOfImage) -> list[Registration]:
    with source.opened() as opened:
        header = read_header(opened)
    sop_class = header.text(Tag.SOP_CLASS_UID)
    if sop_class not in (SOP_CLASS, DEFORMABLE_SOP_CLASS):
        raise DicomError("is no Spatial Registration")
    dataset = parse(source, header)
    bent = sop_class == DEFORMABLE_SOP_CLASS
    relations = list(_bent(dataset, header) if bent else _straight(dataset, header, frame_of_image))
    if within_frames:
        kept = [r for r in relations if r[0] != r[1] or not r[2].is_identity()]
    else:
        kept = [r for r in relations if r[0] != r[1]]
    if not kept and any(not r[2].is_identity() for r in relations):
        raise DicomError("moves images within one frame of reference, where they count as lying on each other already")
    if not kept:
        raise DicomError("relates no two different frames of reference")
    return [_registration(dataset, header, n, _judged(relation, dataset)) for n, relation in enumerate(kept)]


def _judged(relation: Relation, dataset: Any) -> Relation:
    """The relation with a warning where it is marked as rigid and scales or shears (PS3.3 C.20.2.1.1).

    Some systems write affine maps so. No patient is mirrored: that raises DicomError.
    """
    fixed_uid, moving_uid, whole, odd = relation
    if not isinstance(whole, Transform):
        return relation
    if np.linalg.det(whole.matrix[:3, :3]) < 0:
        raise DicomError("mirrors the patient: its matrix exchanges left and right, so it is not used")
    kinds = {
        str(step.get("FrameOfReferenceTransformationMatrixType", ""))
        for item in dataset.get("RegistrationSequence") or ()
        for registration in item.get("MatrixRegistrationSequence") or ()
        for step in registration.get("MatrixSequence") or ()
    }
    stretch = float(np.abs(np.linalg.svd(whole.matrix[:3, :3], compute_uv=False) - 1.0).max())
    if kinds != {"RIGID"} or stretch <= RIGID_TOLERANCE:
        return relation
    words = f"it is marked as rigid, but its matrix scales or shears by {100 * stretch:.1f} %"
    return fixed_uid, moving_uid, whole, {**odd, "verdict": "doubtful", "reasons": [words]}


def _registration(dataset: Any, header: Header, number: int, relation: Relation) -> Registration:
    fixed_uid, moving_uid, whole, odd = relation
    label = str(dataset.get("ContentDescription") or dataset.get("ContentLabel") or "")[:64]
    comments = list(dict.fromkeys(text for text in _comments(dataset) if text not in ("", FIXED_SIDE)))
    accepted_by, accepted_at = acceptance(dataset, comments)
    return Registration(
        header.text(Tag.SOP_INSTANCE_UID) + (f"#{number + 1}" if number else ""), fixed_uid, moving_uid, whole,
        f"from DICOM file: {label}" if label else "from DICOM file",
        {"rigid": whole.is_rigid(), **({"comments": comments} if comments else {}), **odd}, accepted_by, accepted_at,
    )  # fmt: skip


def _comments(dataset: Any) -> Iterator[str]:
    """Whatever the object says about its transformations, in its order."""
    for item in dataset.get("RegistrationSequence") or ():
        for registration in item.get("MatrixRegistrationSequence") or ():
            yield str(registration.get("FrameOfReferenceTransformationComment") or "").strip()
    for item in dataset.get("DeformableRegistrationSequence") or ():
        yield str(item.get("FrameOfReferenceTransformationComment") or "").strip()


def _bent(dataset: Any, header: Header) -> Iterator[Relation]:
    fixed_uid = header.text(Tag.FRAME_OF_REFERENCE_UID)
    for moving_uid, whole, odd in source_maps(dataset, header.little_endian):
        yield fixed_uid, moving_uid, whole, odd


def _straight(dataset: Any, header: Header, frame_of_image: FrameOfImage) -> Iterator[Relation]:
    listed = dataset.get("RegistrationSequence") or ()
    items = [(_frame_of(item, frame_of_image), _item_matrix(item)) for item in listed]
    fixed_uid, fixed_matrix = _fixed(header.text(Tag.FRAME_OF_REFERENCE_UID), items)
    for frame_uid, matrix in items:
        if frame_uid:
            yield fixed_uid, frame_uid, Transform(np.linalg.inv(matrix) @ fixed_matrix), {}


def _frame_of(item: Any, frame_of_image: FrameOfImage) -> str:
    """The item's frame of reference; where it names images only, theirs ("" where nobody knows them)."""
    stated = str(item.get("FrameOfReferenceUID", ""))
    images = (str(image.get("ReferencedSOPInstanceUID", "")) for image in item.get("ReferencedImageSequence") or ())
    return stated or next(filter(None, map(frame_of_image, filter(None, images))), "")


def _fixed(own_uid: str, items: list[tuple[str, Matrix]]) -> tuple[str, Matrix]:
    """The frame that counts as fixed, and the matrix from it into the registered frame."""
    if not items:
        raise DicomError("holds no registered frames")
    own = [matrix for frame_uid, matrix in items if frame_uid and frame_uid == own_uid]
    if own:
        return own_uid, next((matrix for matrix in own if np.allclose(matrix, np.eye(4), atol=1e-9)), own[0])
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
            total = matrix_of(step) @ total
    return total
