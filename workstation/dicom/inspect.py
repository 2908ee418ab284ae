"""What is in folders, files and archives, as plain values: the contract of `workstation inspect --json`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from workstation.dicom.entry import RegistrationEntry, SeriesEntry, Skipped, StructureSetEntry
from workstation.dicom.errors import DicomError
from workstation.dicom.index import Index, index_paths
from workstation.dicom.registration import read_registrations
from workstation.dicom.source import Source
from workstation.fusion.map_figures import affine_part, deformation_in_figures
from workstation.fusion.registration import Registration
from workstation.geometry.deformation import Deformation
from workstation.jobs.progress import Progress, part, silent


def inspect(paths: Iterable[str | os.PathLike[str]], progress: Progress = silent) -> dict[str, Any]:
    """Series, structure sets, registrations and what was left out, as JSON values.

    {"series": [{"uid", "key", "modality", "description", "slices", "size": [i, j, k], "spacing_mm": [x, y, z],
    "frame_of_reference_uid", "warnings": [...]}], "structure_sets": [{"uid", "label", "structures": [{"number",
    "name", "type", "contours", "volume_cc"}]}], "registrations": [{"uid", "label", "kind", "fixed_frame_uid",
    "moving_frame_uid", "matrix_moving_to_fixed": 4 x 4, "accepted_by", "accepted_at", "comments"}],
    "skipped": [{"path", "reason"}]}. A deformable registration's matrix is its affine part, and "deformation" says
    what bends (see `deformation_in_figures`). No pixels are read.
    Raises DicomError when a path does not exist.
    """
    index = index_paths(paths, part(progress, 0.0, 0.7))
    skipped = list(index.skipped)
    structure_sets = []
    for number, entry in enumerate(index.structure_sets):
        progress(0.7 + 0.3 * number / len(index.structure_sets), f"Reading structure set {entry.label}")
        try:
            structure_sets.append(_structure_set(entry))
        except DicomError as error:
            skipped.append(Skipped(entry.path, str(error)))
    registrations = []
    for registration in index.registrations:
        try:
            registrations += _registration(registration, index)
        except DicomError as error:
            skipped.append(Skipped(registration.path, str(error)))
    progress(1.0, "Everything is listed")
    return {
        "series": [_series(entry) for entry in index.series],
        "structure_sets": structure_sets,
        "registrations": registrations,
        "skipped": [{"path": s.path, "reason": s.reason} for s in skipped],
    }


def _series(entry: SeriesEntry) -> dict[str, Any]:
    return {
        "uid": entry.uid,
        "key": entry.key,
        "modality": entry.modality,
        "description": entry.description,
        "slices": entry.slices,
        "size": list(entry.size),
        "spacing_mm": [round(s, 6) for s in entry.spacing_mm],
        "frame_of_reference_uid": entry.frame_of_reference_uid,
        "warnings": list(entry.warnings),
    }


def _structure_set(entry: StructureSetEntry) -> dict[str, Any]:
    from workstation.dicom.structure_set import read_structure_set
    from workstation.structures.volume import volume_cc

    with (entry.source or Source(entry.path)).as_file() as path:
        found = read_structure_set(path)
    return {
        "uid": found.uid,
        "label": found.label,
        "structures": [
            {
                "number": s.number,
                "name": s.name,
                "type": s.interpreted_type,
                "contours": s.stack.contour_count + len(s.loose),
                "volume_cc": round(volume_cc(s.stack), 3),
            }
            for s in found.structures
        ],
    }


def _registration(entry: RegistrationEntry, index: Index) -> list[dict[str, Any]]:
    source = entry.source or Source(entry.path)
    found = read_registrations(source, within_frames=True, frame_of_image=index.frame_of_image)
    return [_relation(entry, registration) for registration in found]


def _relation(entry: RegistrationEntry, registration: Registration) -> dict[str, Any]:
    whole = registration.fixed_to_moving
    found: dict[str, Any] = {
        "uid": registration.identifier,
        "label": entry.label,
        "kind": registration.kind,
        "fixed_frame_uid": registration.fixed_frame_uid,
        "moving_frame_uid": registration.moving_frame_uid,
        "matrix_moving_to_fixed": affine_part(whole).inverse().matrix.tolist(),
        "accepted_by": registration.accepted_by,
        "accepted_at": registration.accepted_at,
        "comments": registration.quality.get("comments", []),
    }
    if isinstance(whole, Deformation):
        found["deformation"] = deformation_in_figures(whole)
    return found
