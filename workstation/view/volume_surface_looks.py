"""How structures look in the 3D view: what is a target, what encloses it, what is only context."""

from __future__ import annotations

import numpy as np

from workstation.structures.structure import Structure
from workstation.view.contour_scene import TARGETS, kind_of
from workstation.view.volume_scene import SurfaceLook

BONE_COLOR = (128, 123, 113)
BONE_LOOK = SurfaceLook(BONE_COLOR, backdrop=True)


def look_of(structure: Structure, targets_whole: bool = True) -> SurfaceLook:
    """How a structure's surface is shown: the GTV solid, CTV and PTV as shells around it, the body hardly at all.

    targets_whole: cuts leave GTV, CTV and PTV alone.
    """
    kind = kind_of(structure)
    whole = targets_whole and kind in TARGETS
    if kind == "GTV":
        return SurfaceLook(structure.color, 1.0, 0, whole=whole)
    if kind == "CTV":
        return SurfaceLook(structure.color, 0.35, 2, whole=whole)
    if kind == "PTV":
        return SurfaceLook(structure.color, 0.22, 3, whole=whole)
    if is_body(structure):
        return SurfaceLook(structure.color, 0.07, 9)
    return SurfaceLook(structure.color, _organ_opacity(structure), 1)


def _organ_opacity(structure: Structure) -> float:
    """The larger an organ the clearer, so that lungs and bone do not bury what lies within."""
    bounds = structure.stack.bounds_mm()
    if bounds is None:
        return 0.5
    box_cc = float(np.prod(np.maximum(bounds[1] - bounds[0], 1.0))) / 1000.0
    return 0.5 if box_cc < 400 else 0.3 if box_cc < 1500 else 0.15


def is_body(structure: Structure) -> bool:
    """Whether it is the patient's outer contour, which encloses everything."""
    return structure.interpreted_type.upper() == "EXTERNAL" or structure.name.strip().upper() in ("BODY", "EXTERNAL")
