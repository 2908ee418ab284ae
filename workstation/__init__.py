"""The radiotherapy workstation, for use from Python.

The names below are the whole public surface; each is loaded when it is first used, so that
``import workstation`` costs nothing.

>>> from workstation import Margin
>>> Margin.uniform(5).text()
'5 mm'
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.4.0"

_HOMES = {
    # patient space
    "Grid": "geometry.grid",
    "Plane": "geometry.plane",
    "Region": "geometry.region",
    "Mask": "geometry.mask",
    "Transform": "geometry.transform",
    "Deformation": "geometry.deformation",
    "DisplacementField": "geometry.deformation",
    # images
    "Volume": "images.volume",
    "read_image_file": "images.files",
    "write_mask": "images.files",
    "write_volume": "images.files",
    "resample": "images.resample",
    "compare_volumes": "images.comparison",
    # DICOM
    "index_paths": "dicom.index",
    "load_series": "dicom.load",
    "inspect": "dicom.inspect",
    "list_header": "dicom.header_listing",
    "read_structure_set": "dicom.structure_set",
    "write_structure_set": "dicom.structure_set",
    "read_registrations": "dicom.registration",
    "write_registration": "dicom.registration",
    "write_series": "dicom.write_series",
    "write_derived_series": "dicom.derived_series",
    "write_glomus": "dicom.write_phantom",
    # structures and targets
    "Structure": "structures.structure",
    "ContourStack": "structures.structure",
    "Margin": "structures.recipe",
    "Limit": "structures.recipe",
    "Recipe": "structures.recipe",
    "volume_cc": "structures.volume",
    "section": "structures.section",
    "carried": "structures.carried",
    "mask_of": "structures.rasterise",
    # measurements
    "line_profile": "measurements.profile",
    "region_statistics": "measurements.statistics",
    "structure_statistics": "measurements.statistics",
    "expand": "targets.margin",
    "derive": "targets.derive",
    "LiveTargets": "targets.live",
    # fusion
    "Registration": "fusion.registration",
    "transform_between": "fusion.registration",
    "register_rigid": "fusion.rigid",
    "register_deformable": "fusion.deformable",
    "register_landmarks": "fusion.landmark_registration",
    "read_landmarks": "fusion.landmark_files",
    "write_landmarks": "fusion.landmark_files",
    "assess_registration": "measurements.registration_quality",
    "known_transform_test": "fusion.known_transform",
    # phases of an examination
    "Phase": "images.phase_times",
    "timed_phases": "images.phase_times",
    "align_phases": "enhancement.alignment",
    "stack_phases": "enhancement.phase_stack",
    "evidence_maps": "enhancement.maps",
    "Difference": "enhancement.weighting",
    "subtract": "enhancement.subtraction",
    "write_maps": "dicom.write_maps",
    # pictures
    "picture": "view.still_picture",
    "render_volume_picture": "view.volume_picture",
    "FusionLook": "view.fusion_look",
    "Slab": "view.slab",
    "ContourLook": "view.contour_scene",
    # the open document
    "Case": "case.case",
    "CaseFile": "store.case_file",
    # teaching
    "glomus_case": "teaching.glomus",
}

__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'workstation' has no attribute {name!r}")
    value = getattr(import_module(f"workstation.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
