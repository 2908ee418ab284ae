"""Writes a relation between two frames of reference as a (Deformable) Spatial Registration object (PS3.3 A.39).

The fixed image's frame is the registered one. An affine relation gives it the identity, and the moving frame the
matrix from the moving frame into the fixed one (C.20.2); one that bends space says for a point of the fixed frame
where to look in the moving one (C.20.3).
"""

from __future__ import annotations

import io
import os
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from workstation.dicom.atomic_file import write_whole
from workstation.dicom.deformable_registration_write import DEFORMABLE_SOP_CLASS, deformable_items
from workstation.dicom.errors import DicomError
from workstation.dicom.registration_object import image_references, matrix_step, object_for, type_codes
from workstation.dicom.registration_words import FIXED_SIDE, state_in_words
from workstation.fusion.registration import Registration
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume

SOP_CLASS = "1.2.840.10008.5.1.4.1.1.66.1"


def write_registration(
    path: str | os.PathLike[str],
    registration: Registration,
    fixed: Volume,
    moving: Volume,
    *,
    now: datetime | None = None,
) -> str:
    """Write `registration` to `path` and return its SOP Instance UID.

    fixed, moving: the images that were registered; patient and study are taken from the fixed one, and the slices
        of both are referenced where they are known. The UID follows from the registration, so that writing the
        same one twice names the same object.
    A field with affine maps before and after it is written as it is; another chain of bending steps is sampled once
    over the fixed image, and the object says so, with the largest error that this costs.
    Raises DicomError when the images do not lie in the registration's frames, and when the file can't be written.
    """
    for role, volume, uid in (
        ("fixed", fixed, registration.fixed_frame_uid), ("moving", moving, registration.moving_frame_uid),
    ):  # fmt: skip
        if not uid or volume.frame_of_reference_uid != uid:
            raise DicomError(f"The {role} image does not lie in the registration's {role} frame of reference")
    dataset = _object(registration, fixed, moving, (now or datetime.now()).replace(microsecond=0))
    encoded = io.BytesIO()
    dataset.save_as(encoded, enforce_file_format=True)
    write_whole(Path(path), encoded.getvalue())
    return str(dataset.SOPInstanceUID)


def _object(registration: Registration, fixed: Volume, moving: Volume, moment: datetime) -> Dataset:
    whole = registration.fixed_to_moving
    if not isinstance(whole, Transform):
        ds = object_for(registration, fixed, moving, DEFORMABLE_SOP_CLASS, moment)
        ds.DeformableRegistrationSequence = deformable_items(registration, whole, fixed, moving)
        return ds
    ds = object_for(registration, fixed, moving, SOP_CLASS, moment)
    own, into_fixed = np.eye(4), whole.inverse().matrix
    ds.RegistrationSequence = [
        _item(registration, fixed, registration.fixed_frame_uid, own, FIXED_SIDE),
        _item(registration, moving, registration.moving_frame_uid, into_fixed, state_in_words(registration)),
    ]
    return ds


def _item(
    registration: Registration, volume: Volume, frame_uid: str, matrix: NDArray[np.float64], comment: str
) -> Dataset:
    """One registered frame: which images lie in it, and the matrix into the registered frame."""
    step = Dataset()
    step.FrameOfReferenceTransformationComment = comment
    step.RegistrationTypeCodeSequence = type_codes(registration) if comment != FIXED_SIDE else []
    step.MatrixSequence = [matrix_step(matrix)]
    item = Dataset()
    item.FrameOfReferenceUID = frame_uid
    references = image_references(volume)
    if references:
        item.ReferencedImageSequence = references
    item.MatrixRegistrationSequence = [step]
    return item
