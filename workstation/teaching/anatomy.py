"""The whole schematic head: every body, and the order in which its layers cover each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.teaching.anatomy_airways import airway_bodies, airway_layers
from workstation.teaching.anatomy_bone import bone_bodies, bone_layers, petrous_parts
from workstation.teaching.anatomy_brain import brain_bodies, brain_layers
from workstation.teaching.anatomy_soft import soft_bodies, soft_layers
from workstation.teaching.anatomy_vessels import (
    Variation,
    tumour_body,
    tumour_layers,
    vessel_bodies,
    vessel_layers,
)
from workstation.teaching.noise_lattice import noise_lattice
from workstation.teaching.shape_kernels import body_field
from workstation.teaching.shapes import Body, Layer, PackedModel, pack

Float = NDArray[np.float64]

TUMOUR_STEP_MM = 0.8


@dataclass(frozen=True, eq=False)
class Head:
    """A packed head and the side of its tumour ("L" or "R")."""

    model: PackedModel
    tumour_side: str
    tumour_volume_cc: float

    def field(self, body: str, points_mm: ArrayLike) -> Float:
        """(n,) field in mm (negative inside, about the distance near the surface) of a body at model points (n, 3)."""
        return field_of(self.model, body, points_mm)


def field_of(model: PackedModel, body: str, points_mm: ArrayLike) -> Float:
    """Field of a packed body at model points (n, 3), in mm."""
    points = np.ascontiguousarray(np.asarray(points_mm, dtype=np.float64).reshape(-1, 3))
    out = np.empty(len(points), dtype=np.float64)
    body_field(out, points, model.index[body], model.parts, model.ranges, model.shapes, model.clips, model.noise)
    return out


def head(rng: np.random.Generator, size_cc: float = 8.0) -> Head:
    """A head drawn from `rng`: the same generator state gives the same head. size_cc: of the tumour, within 6 %."""
    variation = _variation(rng)
    volume_cc = size_cc * (1 + float(rng.uniform(-0.0625, 0.0625)))
    noise = noise_lattice(rng)
    layers = head_layers()
    others = _bodies_without_tumour(variation)
    tumour = _sized(tumour_body(variation), others, layers, noise, volume_cc)
    return Head(pack([*others, tumour], layers, noise), "L" if variation.side > 0 else "R", volume_cc)


def head_layers() -> list[Layer]:
    """All layers, undermost first."""
    return [
        *soft_layers(),
        *bone_layers(),
        *brain_layers(),
        *airway_layers(),
        *tumour_layers(),
        *vessel_layers(),
    ]


def _variation(rng: np.random.Generator) -> Variation:
    shift, stretch = rng.uniform(-1.2, 1.2, 3), rng.uniform(0.9, 1.15, 3)
    return Variation(
        side=1 if rng.random() < 0.5 else -1,
        bulb_mm=float(rng.uniform(6.6, 7.6)),
        tumour_shift_mm=(float(shift[0]), float(shift[1]), float(shift[2])),
        tumour_stretch=(float(stretch[0]), float(stretch[1]), float(stretch[2])),
    )


def _bodies_without_tumour(variation: Variation) -> list[Body]:
    return [
        *soft_bodies(),
        *bone_bodies(),
        *brain_bodies(petrous_parts()),
        *airway_bodies(),
        *vessel_bodies(variation),
    ]


def _sized(tumour: Body, others: list[Body], layers: list[Layer], noise: NDArray[np.float32], volume_cc: float) -> Body:
    """The tumour grown or shrunk until what is seen of it, vessels left out, has the wanted volume."""
    model = pack([*others, tumour], layers, noise)
    first, _, last = model.ranges[model.index["tumour"]]
    boxes = model.part_boxes[first:last]
    axes = [np.arange(a, b, TUMOUR_STEP_MM) for a, b in zip(boxes[:, :3].min(0), boxes[:, 3:].max(0), strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    side = "L" if boxes[:, 0].min() > 0 else "R"
    seen = np.ones(len(points), dtype=bool)
    for vessel in (f"carotid {side}", f"jugular {side}", f"sigmoid {side}"):
        seen &= field_of(model, vessel, points) > 0
    levels = np.sort(field_of(model, "tumour", points)[seen])
    wanted = round(volume_cc * 1000.0 / TUMOUR_STEP_MM**3)
    return tumour.grown(float(levels[wanted]))
