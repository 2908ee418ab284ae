"""Traces the true structures of a modelled head on the CT's slices, from the same functions as the images."""

from __future__ import annotations

from dataclasses import dataclass, replace

import contourpy
import numpy as np
from numpy.typing import NDArray

from workstation.case.slices import empty_stack_on
from workstation.geometry.grid import Grid
from workstation.geometry.region import Region, ring_area_mm2
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, silent
from workstation.structures.structure import Color, ContourStack, PlanarContours, Structure
from workstation.teaching.anatomy import Head
from workstation.teaching.model_sampling import field

SMALLEST_RING_MM2 = 0.5
VESSELS = ("carotid L", "carotid R", "jugular L", "jugular R", "sigmoid L", "sigmoid R")
CANALS = ("ear canals", "middle ears", "thecal sac", "cavity", "orbits", "throat", "sinuses", "nasal cavity")


@dataclass(frozen=True)
class Truth:
    """A structure as a union of bodies without those that lie on top of it. step_mm: of the grid it is traced on."""

    name: str
    interpreted_type: str
    color: Color
    united: tuple[str, ...]
    removed: tuple[str, ...] = ()
    step_mm: float = 0.5


def truths(tumour_side: str) -> tuple[Truth, ...]:
    """All true structures, named after TG-263; the tumour is left of the vessels that it wraps."""
    organ = "ORGAN"
    beside = tuple(v for v in VESSELS if v.endswith(tumour_side))
    paired = []
    for s in "LR":
        vein, artery = f"jugular {s}", f"carotid {s}"
        in_front = ("mandible", "cranium", "ear canals", artery, vein)
        paired += [
            Truth(f"Cochlea_{s}", organ, (255, 214, 102), (f"cochlea {s}",), step_mm=0.3),
            Truth(f"Parotid_{s}", organ, (190, 140, 220) if s == "L" else (150, 110, 200), (f"parotid {s}",), in_front),
            Truth(f"A_Carotid_{s}", organ, (228, 110, 130) if s == "L" else (204, 102, 119), (artery,), step_mm=0.4),
            Truth(f"V_Jugular_Int_{s}", organ, (102, 153, 255) if s == "L" else (80, 120, 220), (vein,), (artery,)),
        ]
    return (
        Truth("GTV", "GTV", (255, 59, 48), ("tumour",), beside, step_mm=0.4),
        Truth("Brainstem", organ, (102, 204, 238), ("brainstem",)),
        Truth("SpinalCord", organ, (68, 187, 153), ("cord",)),
        *paired,
        Truth("Bone_Mandible", organ, (221, 204, 119), ("mandible",), step_mm=0.7),
        Truth("Bone", organ, (238, 221, 187), ("cranium", "mastoids", "face", "spine", "mandible"),
              (*CANALS, "tumour", *VESSELS), step_mm=0.8),
        Truth("External", "EXTERNAL", (160, 190, 160), ("outline", "ears"), step_mm=1.2),
    )  # fmt: skip


def trace(head: Head, ct: Volume, ct_to_model: Transform, progress: Progress = silent) -> tuple[Structure, ...]:
    """The true structures as smooth rings on the CT's planes, numbered from 1."""
    wanted = truths(head.tumour_side)
    found = []
    for n, truth in enumerate(wanted):
        progress(n / len(wanted), f"Tracing {truth.name}")
        found.append(
            Structure(
                identifier=truth.name,
                number=n + 1,
                name=truth.name,
                stack=_stack(truth, head, ct, ct_to_model),
                color=truth.color,
                interpreted_type=truth.interpreted_type,
                frame_of_reference_uid=ct.frame_of_reference_uid,
                generation_algorithm="AUTOMATIC",
            )
        )
    return tuple(found)


def _stack(truth: Truth, head: Head, ct: Volume, ct_to_model: Transform) -> ContourStack:
    grid = _tracing_grid(truth, head, ct, ct_to_model)
    values = field(head.model, grid, ct_to_model, truth.united, truth.removed)
    stack = empty_stack_on(ct)
    u = grid.origin_mm[0] + grid.spacing_mm[0] * np.arange(grid.size[0])
    v = grid.origin_mm[1] + grid.spacing_mm[1] * np.arange(grid.size[1])
    slices = []
    for k in range(grid.size[2]):
        rings = _rings(u, v, values[k])
        if rings:
            slices.append(PlanarContours(float(grid.origin_mm[2] + grid.spacing_mm[2] * k), Region(rings)))
    return replace(stack, slices=tuple(slices))


def _tracing_grid(truth: Truth, head: Head, ct: Volume, ct_to_model: Transform) -> Grid:
    """The structure's box at its own step in the plane, on the CT's slices (the CT's grid is axial)."""
    model = head.model
    rows = np.concatenate([np.arange(*model.ranges[model.index[name]][[0, 1]]) for name in truth.united])
    low, high = model.part_boxes[rows, :3].min(0), model.part_boxes[rows, 3:].max(0)
    corners = np.array([[(low, high)[b >> a & 1][a] for a in range(3)] for b in range(8)])
    inside = ct_to_model.inverse().apply(corners)
    low, high = inside.min(0), inside.max(0)
    z0, dz, count = ct.grid.origin_mm[2], ct.grid.spacing_mm[2], ct.grid.size[2]
    first = int(np.clip(np.floor((low[2] - z0) / dz), 0, count - 1))
    last = int(np.clip(np.ceil((high[2] - z0) / dz), first, count - 1))
    size = np.ceil((high[:2] - low[:2]) / truth.step_mm).astype(int) + 1
    return Grid(
        (low[0], low[1], z0 + first * dz), (truth.step_mm, truth.step_mm, dz), np.eye(3), (*size, last - first + 1)
    )


def _rings(u: NDArray[np.float64], v: NDArray[np.float64], values: NDArray[np.float32]) -> list[NDArray[np.float64]]:
    """Closed level-0 rings (n, 2) of one slice, first point not repeated, crumbs left out."""
    if not (values < 0).any():
        return []
    # Far outside the field is merely large: cut it, so that no edge of the lattice is interpolated towards it.
    clipped = np.clip(values, -3.0, 3.0).astype(np.float64)
    lines = contourpy.contour_generator(u, v, clipped).lines(0.0)
    rings = [np.asarray(line, dtype=np.float64)[:-1] for line in lines]
    return [ring for ring in rings if len(ring) >= 3 and abs(ring_area_mm2(ring)) >= SMALLEST_RING_MM2]
