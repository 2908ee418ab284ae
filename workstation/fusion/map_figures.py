"""What a map between frames consists of, in plain figures: for commands and lists."""

from __future__ import annotations

from typing import Any

import numpy as np

from workstation.geometry.deformation import Deformation, FieldStep, SpatialMap, chained
from workstation.geometry.transform import Transform


def affine_part(whole: SpatialMap) -> Transform:
    """The affine steps of a map one after the other: of a deformable registration, its rigid part."""
    steps = (whole,) if isinstance(whole, Transform) else whole.steps
    found = chained(step for step in steps if isinstance(step, Transform))
    return found if isinstance(found, Transform) else Transform.identity()


def deformation_in_figures(whole: Deformation) -> dict[str, Any]:
    """Its bending steps in their order: {"steps": [{"size", "spacing_mm", "inverted", "displacement_mm"}]}.

    size: nodes (i, j, k). displacement_mm: mean and max length of the vectors.
    """
    return {"steps": [_field(step) for step in whole.steps if isinstance(step, FieldStep)]}


def _field(step: FieldStep) -> dict[str, Any]:
    field = step.field
    lengths = np.sqrt(np.square(field.displacement_mm, dtype=np.float64).sum(-1))
    return {
        "size": list(field.grid.size),
        "spacing_mm": [round(float(s), 6) for s in field.grid.spacing_mm],
        "inverted": step.inverted,
        "displacement_mm": {"mean": round(float(lengths.mean()), 4), "max": round(float(lengths.max()), 4)},
    }
