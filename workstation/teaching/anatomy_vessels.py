"""Carotid and vertebral arteries, sinuses, jugular bulbs and veins; the glomus tumour at one bulb."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.teaching.shapes import Body, Cone, Ellipsoid, Layer, Part, both_sides, mirrored, tube
from workstation.teaching.tissues import Tissue

TUMOUR_BLEND_MM = 5.0


@dataclass(frozen=True)
class Variation:
    """What differs between cases. side: +1 for a tumour on the patient's left, -1 on the right."""

    side: int
    bulb_mm: float
    tumour_shift_mm: tuple[float, float, float]
    tumour_stretch: tuple[float, float, float]


def vessel_bodies(variation: Variation) -> list[Body]:
    """Both sides' great vessels (L and R apart) and the smaller ones."""
    bodies = []
    for letter, side in (("L", 1), ("R", -1)):
        bulb_mm = variation.bulb_mm if side == variation.side else 0.82 * variation.bulb_mm
        bodies.append(Body(f"carotid {letter}", _on_side(_internal_carotid(), side), blend_mm=1))
        bodies.append(Body(f"jugular {letter}", _on_side(_jugular(bulb_mm), side), blend_mm=4, rough_mm=0.15))
        bodies.append(Body(f"sigmoid {letter}", _on_side(_sigmoid(bulb_mm), side), blend_mm=3, rough_mm=0.15))
    bodies.append(Body("small arteries", (*both_sides(_paired_arteries()), *_basilar()), blend_mm=0.5))
    bodies.append(Body("midline sinuses", _midline_sinuses(), blend_mm=2))
    return bodies


def vessel_layers() -> list[Layer]:
    """Vessels lie on top of everything: thin walls, then blood."""
    walls = [Layer(f"carotid {s}", Tissue.MUSCLE, -0.7) for s in "LR"]
    veins = [Layer(f"{name} {s}", Tissue.VEIN) for name in ("sigmoid", "jugular") for s in "LR"]
    arteries = [Layer(f"carotid {s}", Tissue.ARTERY) for s in "LR"]
    return [
        Layer("midline sinuses", Tissue.VEIN),
        Layer("small arteries", Tissue.ARTERY),
        *walls,
        *veins,
        *arteries,
    ]


def tumour_body(variation: Variation) -> Body:
    """The tumour before its size is set: at the jugular foramen, partly around the bulb, down along the vein."""
    dx, dy, dz = variation.tumour_shift_mm
    sx, sy, sz = variation.tumour_stretch
    lobes: tuple[Part, ...] = (
        Ellipsoid((32 + dx, 1 + dy, -11 + dz), (9 * sx, 8 * sy, 9 * sz), (0, 20, -20)),
        Ellipsoid((35 + dx, 2 + dy, -24), (6.5 * sx, 6.5, 9.5 * sz)),
        Ellipsoid((42, 1 + dy, -6 + dz), (5.5, 5.5 * sy, 6)),
        Ellipsoid((21, 5, -12 + dz), (6 * sx, 6, 6)),
        Ellipsoid((36 + dx, 9, -13), (6, 6.5, 7 * sz)),
    )
    return Body(
        "tumour",
        _on_side(lobes, variation.side),
        blend_mm=TUMOUR_BLEND_MM,
        rough_mm=1.1,
        rough_wavelength_mm=11,
    )


def tumour_layers() -> list[Layer]:
    """Moth-eaten bone around it, then the tumour itself with its flow voids."""
    return [
        Layer("tumour", Tissue.INFILTRATED, -4.0, 4, 0, -0.55, 0.7),
        Layer("tumour", Tissue.TUMOUR, 0.0, 5, Tissue.FLOW_VOID, 2.0, 4.5),
    ]


def _on_side(parts: tuple[Part, ...], side: int) -> tuple[Part, ...]:
    return parts if side > 0 else mirrored(parts)


def _internal_carotid() -> tuple[Cone, ...]:
    """From the neck through the petrous canal to the siphon."""
    knots = (
        (26, 0, -130), (27, 2, -90), (27, 1, -60), (25, -3, -32), (25, -6, -16), (24, -8, -8),
        (17, -14, -5), (11, -19, -2), (9, -20, 7), (8.5, -28, 13), (8.5, -27, 19), (9, -20, 22), (10, -16, 28),
    )  # fmt: skip
    return tube(knots, (3.2, 3.0, 2.8, 2.6, 2.6, 2.5, 2.4, 2.3, 2.3, 2.2, 2.0, 1.9, 1.8))


def _jugular(bulb_mm: float) -> tuple[Part, ...]:
    vein = tube(
        ((37, -2, -130), (36, 5, -90), (34, 8, -60), (31, 9, -36), (28, 9, -20)), (6.4, 5.8, 5.2, 4.8, 0.78 * bulb_mm)
    )
    return (*vein, Ellipsoid((27, 9, -11), (bulb_mm, bulb_mm, 1.12 * bulb_mm)))


def _sigmoid(bulb_mm: float) -> tuple[Part, ...]:
    knots = (
        (30, 14, -13), (37, 21, -17), (45, 29, -11), (50, 36, 2),
        (52, 46, 12), (45, 63, 18), (26, 78, 19), (2, 84, 20),
    )  # fmt: skip
    size = 0.58 * bulb_mm
    return tube(knots, (1.1 * size, size, size, size, size, 0.95 * size, 0.9 * size, 0.9 * size))


def _midline_sinuses() -> tuple[Part, ...]:
    knots = ((0, -76, 78), (0, -50, 101), (0, 0, 107), (0, 50, 93), (0, 79, 58), (0, 85, 22))
    superior = tube(knots, (2, 3, 3.5, 4, 4.5, 5))
    straight = tube(((0, 36, 34), (0, 60, 30), (0, 82, 22)), (1.8, 2.0, 2.4))
    return (*superior, *straight)


def _paired_arteries() -> tuple[Cone, ...]:
    """Vertebral, external carotid with the maxillary, middle and anterior cerebral."""
    return (
        *tube(((20, 20, -130), (21, 19, -66), (27, 22, -50), (22, 36, -44), (9, 26, -32), (1, 14, -14)), (1.9,) * 6),
        *tube(((30, -4, -90), (38, -8, -60), (44, -4, -36), (46, -6, -16), (32, -18, -12)), (2.4, 2.2, 2.0, 1.7, 1.3)),
        *tube(((10, -16, 28), (22, -20, 29), (34, -18, 32), (44, -8, 40)), (1.6, 1.5, 1.4, 1.1)),
        *tube(((10, -16, 28), (2, -24, 32), (1.5, -42, 48), (1.5, -24, 68)), (1.4, 1.2, 1.1, 1.0)),
        *tube(((0, 0, 20), (10, 4, 21), (18, 14, 24), (14, 34, 30)), (1.4, 1.3, 1.2, 1.0)),
    )


def _basilar() -> tuple[Cone, ...]:
    return tube(((0, 14, -14), (0, 5, -4), (0, 1.5, 8), (0, 0, 20)), (1.8, 1.8, 1.7, 1.6))
