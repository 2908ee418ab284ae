"""Smooth bodies that anatomy is modelled from: ellipsoids, tapered tubes and rounded boxes, blended into one field.

Every body is an implicit function of a point in patient millimetres, negative inside and close to the signed
distance near its surface, so that a CT, an MR and the true contours are all sampled from one continuous model.
Smooth unions and ellipsoid distances after I. Quilez, "Distance functions" (iquilezles.org).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.transform import Transform

Point = tuple[float, float, float]
Float = NDArray[np.float64]

ELLIPSOID, CONE, BOX = 0, 1, 2
PART_WIDTH = 20
MARGIN_COLUMN = 17


@dataclass(frozen=True)
class Ellipsoid:
    """Centre and half axes in mm, turned about its centre (pitch, roll, yaw in degrees)."""

    centre: Point
    radii: Point
    rotation_deg: Point = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Cone:
    """A stretch of tube from `start` to `end` with round ends; its radius changes evenly in between."""

    start: Point
    end: Point
    start_radius: float
    end_radius: float


@dataclass(frozen=True)
class Box:
    """A box with rounded edges, turned about its centre (pitch, roll, yaw in degrees)."""

    centre: Point
    half_sizes: Point
    rounding: float = 1.0
    rotation_deg: Point = (0.0, 0.0, 0.0)


Part = Ellipsoid | Cone | Box


@dataclass(frozen=True)
class Body:
    """A union of parts without the carved ones.

    blend_mm: how far apart parts still melt together. grown_mm: shifts the surface outward.
    rough_mm: amplitude of a smooth random unevenness of the surface, with its wavelength. within: another body
    that this one is clipped to, at least `within_depth_mm` deep in it.
    """

    name: str
    parts: tuple[Part, ...]
    carved: tuple[Part, ...] = ()
    blend_mm: float = 0.0
    grown_mm: float = 0.0
    rough_mm: float = 0.0
    rough_wavelength_mm: float = 12.0
    within: str = ""
    within_depth_mm: float = 0.0

    def grown(self, by_mm: float) -> Body:
        """The same body with its surface `by_mm` further out."""
        return replace(self, grown_mm=self.grown_mm + by_mm)


@dataclass(frozen=True)
class Layer:
    """One coat of paint: a tissue wherever a body is at least `depth_mm` deep (negative: beyond its surface).

    pattern and its two numbers: see `shape_kernels`. second_tissue: what a pattern mixes in.
    """

    body: str
    tissue: int
    depth_mm: float = 0.0
    pattern: int = 0
    second_tissue: int = 0
    first: float = 0.0
    second: float = 0.0


def tube(points: Iterable[Point], radii: Sequence[float], per_span: int = 4) -> tuple[Cone, ...]:
    """A smooth vessel through `points` with a radius at each: Catmull-Rom curve cut into tapered stretches."""
    p = np.array(list(points), dtype=np.float64)
    r = np.array(radii, dtype=np.float64)
    path = _catmull_rom(np.column_stack([p, r]), per_span)
    return tuple(
        Cone(_point(a), _point(b), float(a[3]), float(b[3])) for a, b in pairwise(path)
    )


def _catmull_rom(knots: Float, per_span: int) -> Float:
    padded = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    t = np.linspace(0, 1, per_span, endpoint=False)[:, None]
    spans = []
    for a, b, c, d in zip(padded[:-3], padded[1:-2], padded[2:-1], padded[3:], strict=True):
        spans.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.vstack([*spans, knots[-1:]])


def _point(row: Float) -> Point:
    return float(row[0]), float(row[1]), float(row[2])


def mirrored(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts on the patient's other side (x changes sign)."""
    return tuple(_mirror(p) for p in parts)


def _mirror(part: Part) -> Part:
    def flip(p: Point) -> Point:
        return -p[0], p[1], p[2]

    if isinstance(part, Cone):
        return replace(part, start=flip(part.start), end=flip(part.end))
    pitch, roll, yaw = part.rotation_deg
    return replace(part, centre=flip(part.centre), rotation_deg=(pitch, -roll, -yaw))


def both_sides(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts and their mirror images."""
    return (*parts, *mirrored(parts))


@dataclass(frozen=True, eq=False)
class PackedModel:
    """Bodies and layers as the plain arrays that the kernels read.

    parts (n, 20), part_boxes (n, 6) low and high corner, as far as a part can have an effect; ranges (b, 3) first,
    first carved and end part; shapes (b, 7) blend, growth, roughness, wavelength, offset of its noise; clips (b, 2)
    number of the body that each is clipped to (-1: none) and the depth in it; layer_numbers (m, 4) body, tissue,
    pattern, second tissue; layer_sizes (m, 3) depth, first, second; noise: see `noise_lattice`.
    """

    names: tuple[str, ...]
    parts: Float
    part_boxes: Float
    ranges: NDArray[np.int64]
    shapes: Float
    clips: Float
    layer_numbers: NDArray[np.int64]
    layer_sizes: Float
    noise: NDArray[np.float32]
    index: dict[str, int] = field(default_factory=dict)


SOFTNESS_MM = 2.0


def pack(bodies: Sequence[Body], layers: Sequence[Layer], noise: NDArray[np.float32]) -> PackedModel:
    """Arrays of a model; a layer that names an unknown body raises KeyError."""
    index = {body.name: n for n, body in enumerate(bodies)}
    reach = [0.0] * len(bodies)
    for layer in layers:
        reach[index[layer.body]] = max(reach[index[layer.body]], -layer.depth_mm)
    parts: list[Float] = []
    boxes: list[Float] = []
    ranges: list[tuple[int, int, int]] = []
    shapes: list[tuple[float, ...]] = []
    clips: list[tuple[float, float]] = []
    for n, body in enumerate(bodies):
        margin = reach[n] + body.blend_mm + body.grown_mm + 3 * body.rough_mm + SOFTNESS_MM
        ranges.append((len(parts), len(parts) + len(body.parts), len(parts) + len(body.parts) + len(body.carved)))
        for part in (*body.parts, *body.carved):
            row, box = _row(part)
            row[MARGIN_COLUMN] = margin
            parts.append(row)
            boxes.append(np.concatenate([box[:3] - margin, box[3:] + margin]))
        offset = (17.3 * n + 3.1, 7.7 * n + 5.9, 29.9 * n + 1.3)
        shapes.append((body.blend_mm, body.grown_mm, body.rough_mm, body.rough_wavelength_mm, *offset))
        clips.append((index.get(body.within, -1), body.within_depth_mm))
    return PackedModel(
        tuple(index),
        np.array(parts, dtype=np.float64),
        np.array(boxes, dtype=np.float64),
        np.array(ranges, dtype=np.int64),
        np.array(shapes, dtype=np.float64),
        np.array(clips, dtype=np.float64),
        np.array([(index[a.body], a.tissue, a.pattern, a.second_tissue) for a in layers], dtype=np.int64),
        np.array([(a.depth_mm, a.first, a.second) for a in layers], dtype=np.float64),
        noise,
        index,
    )


def _row(part: Part) -> tuple[Float, Float]:
    row = np.zeros(PART_WIDTH)
    if isinstance(part, Cone):
        row[0], row[1:4], row[4:7], row[7], row[8] = CONE, part.start, part.end, part.start_radius, part.end_radius
        ends = np.array([part.start, part.end])
        radius = max(part.start_radius, part.end_radius)
        return row, np.concatenate([ends.min(0) - radius, ends.max(0) + radius])
    turn = Transform.from_rigid(rotation_deg=part.rotation_deg).matrix[:3, :3]
    half = np.array(part.radii if isinstance(part, Ellipsoid) else part.half_sizes, dtype=np.float64)
    row[0] = ELLIPSOID if isinstance(part, Ellipsoid) else BOX
    row[1:4], row[4:7], row[7:16] = part.centre, half, turn.T.ravel()
    if isinstance(part, Box):
        row[16] = min(part.rounding, *half)
    extent = np.abs(turn) @ half
    return row, np.concatenate([np.array(part.centre) - extent, np.array(part.centre) + extent])
