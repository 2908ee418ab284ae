"""Images stay where they are; a case file knows them by UID, by files, and by a digest of their voxels."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from workstation.images.volume import PatientIdentity, Volume
from workstation.store.errors import StoreError


@dataclass(frozen=True)
class StoredImage:
    """Enough to find an image again, and to tell whether it is still the same.

    key: as in the case. files: in slice order, as they were when the image was added. digest: of voxels and grid.
    size: voxels along i, j, k. patient: whom it shows (kept inside the case file only).
    """

    key: str
    series_uid: str
    study_uid: str
    frame_of_reference_uid: str
    modality: str
    description: str
    files: tuple[str, ...]
    digest: str
    size: tuple[int, int, int]
    patient: PatientIdentity

    def to_json(self) -> str:
        """As stored."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> StoredImage:
        """As read; raises StoreError when it is malformed."""
        try:
            record: dict[str, Any] = json.loads(text)
            plain = {
                name: str(record[name])
                for name in (
                    "key", "series_uid", "study_uid", "frame_of_reference_uid", "modality", "description", "digest",
                )
            }
            i, j, k = (int(n) for n in record["size"])
            files = tuple(str(path) for path in record["files"])
            patient = PatientIdentity(**{str(name): str(value) for name, value in record["patient"].items()})
            return StoredImage(**plain, files=files, size=(i, j, k), patient=patient)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise StoreError(f"The case file's list of images can't be read: {error!r}") from error


def reference_to(image: Volume) -> StoredImage:
    """What a case file keeps of an image."""
    return StoredImage(
        key=image.key,
        series_uid=image.series_uid,
        study_uid=image.study_uid,
        frame_of_reference_uid=image.frame_of_reference_uid,
        modality=image.modality,
        description=image.description,
        files=image.files,
        digest=digest_of(image),
        size=image.grid.size,
        patient=image.patient,
    )


def digest_of(image: Volume) -> str:
    """Hexadecimal BLAKE2b digest of the voxels, their type and the grid (to a micrometre)."""
    state = hashlib.blake2b(digest_size=16)
    lattice = np.round(image.grid.matrix, 3) + 0.0
    state.update(f"{image.voxels.dtype} {image.grid.size} {lattice.tolist()}".encode())
    for plane in image.voxels:
        state.update(np.ascontiguousarray(plane).data)
    return state.hexdigest()
