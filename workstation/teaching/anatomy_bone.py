"""Skull, jaw, teeth and upper spine of the schematic head (coordinates: see `anatomy_soft`)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from workstation.teaching.anatomy_brain import cavity_parts
from workstation.teaching.shapes import Body, Box, Cone, Ellipsoid, Layer, Part, both_sides, tube
from workstation.teaching.tissues import Tissue

CORTEX_MM = 1.9
VERTEBRA_HEIGHT_MM = 18.5


def bone_bodies() -> list[Body]:
    """Everything bony but the parts of the inner ear."""
    return [_mandible(), _teeth(), _cranium(), _mastoids(), _face(), _spine(), _discs()]


def bone_layers() -> list[Layer]:
    """Cortex outside, marrow inside; mastoids honeycombed with air cells."""
    return [
        Layer("face", Tissue.CORTICAL_BONE),
        Layer("face", Tissue.MARROW, 1.8),
        Layer("mandible", Tissue.CORTICAL_BONE),
        Layer("mandible", Tissue.MARROW, 2.6),
        Layer("teeth", Tissue.TOOTH),
        Layer("discs", Tissue.DISC),
        Layer("spine", Tissue.CORTICAL_BONE),
        Layer("spine", Tissue.MARROW, 1.4),
        Layer("cranium", Tissue.CORTICAL_BONE),
        Layer("cranium", Tissue.MARROW, CORTEX_MM),
        Layer("mastoids", Tissue.CORTICAL_BONE, 0.0, 1, Tissue.AIR, 5.2, 0.9),
        Layer("cavity", Tissue.CORTICAL_BONE, -1.7),
    ]


def petrous_parts() -> tuple[Part, ...]:
    """Both petrous pyramids, the clivus and the sella: what stands up from the floor of the skull."""
    pyramid: tuple[Part, ...] = (
        Cone((58, 14, -2), (40, 3, 1), 13, 10.5),
        Cone((40, 3, 1), (14, -14, 2), 10.5, 5.5),
        Cone((34, 2, -8), (20, -6, -10), 9, 7),
    )
    clivus: tuple[Part, ...] = (
        Cone((0, -12, 8), (0, 3, -12), 9, 6.5),
        Cone((0, 3, -12), (0, 13, -31), 6.5, 4.5),
        Ellipsoid((0, -20, 4), (17, 17, 12)),
        Box((0, -7, 20), (9, 1.8, 4), 1.5, (-14, 0, 0)),
    )
    flanks: tuple[Part, ...] = (Cone((7, 0, -14), (12, 13, -30), 6, 5),)
    return (*both_sides(pyramid), *clivus, *both_sides(flanks))


def _cranium() -> Body:
    """The vault as the cavity grown by the thickness of bone, and the base."""
    base: tuple[Part, ...] = (
        Ellipsoid((57, 18, -10), (12.5, 17, 19), (10, 0, 0)),
        Cone((57, 16, -20), (55, 12, -32), 9, 5),
        Ellipsoid((19, 24, -37), (7, 11, 6), (0, 0, -25)),
        Cone((38, -2, -12), (32, 0, -30), 2.6, 1.2),
        Box((20, -31, -16), (1.2, 7, 14), 1.0, (0, -6, 20)),
        Box((14, -31, -14), (1.0, 5, 12), 1.0, (0, 4, -8)),
        Cone((62, -6, -2), (66, -28, -6), 4, 2.6),
        Cone((66, -28, -6), (60, -50, -9), 2.6, 4.5),
        Ellipsoid((51, -60, -10), (10, 9, 9), (0, 0, 35)),
        Cone((55, -58, -6), (50, -62, 22), 4.2, 3.2),
        Ellipsoid((38, -8, -5), (20, 14, 5), (0, -12, 0)),
        Box((30, -52, 33), (22, 20, 1.6), 1.4, (6, 14, 0)),
        Cone((10, -92, 34), (40, -84, 34), 4.5, 4.0),
        Cone((40, -84, 34), (52, -66, 26), 4.0, 3.4),
        Box((24, -36, 8), (16, 2.2, 14), 2.0, (0, 0, 28)),
    )
    occiput: tuple[Part, ...] = (Ellipsoid((0, 86, 4), (12, 7, 12)), Cone((0, 87, 0), (0, 62, -35), 4, 3))
    parts = (*cavity_parts(6.3), *petrous_parts(), *both_sides(base), *occiput)
    return Body("cranium", parts, blend_mm=3.5, rough_mm=0.5, rough_wavelength_mm=22)


def _mastoids() -> Body:
    cells: tuple[Part, ...] = (
        Ellipsoid((57, 19, -9), (10, 14.5, 16.5), (10, 0, 0)),
        Cone((57, 16, -18), (55.5, 13, -28), 7, 3.5),
        Ellipsoid((50, 6, 4), (7, 7, 6)),
    )
    return Body("mastoids", both_sides(cells), blend_mm=3, rough_mm=0.8)


def _face() -> Body:
    """Upper jaw with the hard palate, cheek bones, bridge of the nose."""
    arch = _arch(((2, -88), (14, -85), (23, -74), (27, -58), (28, -44)), -29, 4.5, 7)
    parts: tuple[Part, ...] = (
        *arch,
        Box((11, -62, -24), (13, 24, 1.2), 1.0),
        Cone((44, -68, -8), (30, -80, -20), 5, 4),
        Cone((4, -94, 22), (3, -103, 7), 2.4, 1.5),
        Cone((11, -88, 16), (15, -86, -16), 2.6, 3.2),
        Cone((16, -88, 2), (40, -76, 0), 2.4, 3.0),
    )
    return Body("face", both_sides(parts), blend_mm=3)


def _arch(points: tuple[tuple[float, float], ...], z: float, half_width: float, half_height: float) -> tuple[Box, ...]:
    """Upright slabs along a dental arch, given from the middle backward on one side."""
    slabs = []
    for (x0, y0), (x1, y1) in pairwise(points):
        yaw = float(np.degrees(np.arctan2(y1 - y0, x1 - x0)))
        half = float(np.hypot(x1 - x0, y1 - y0)) / 2 + half_width * 0.6
        slabs.append(
            Box(((x0 + x1) / 2, (y0 + y1) / 2, z), (half, half_width, half_height), half_width * 0.8, (0, 0, yaw))
        )
    return tuple(slabs)


def _mandible() -> Body:
    arch = _arch(((0, -86), (12, -84), (24, -73), (34, -54), (42, -34), (46, -18)), -63, 5.2, 11)
    ramus: tuple[Part, ...] = (
        Box((47.5, -15, -42), (3.8, 14, 21), 3.5, (8, 3, -6)),
        Cone((48.5, -9, -23), (50, -9, -16), 3.6, 4.0),
        Ellipsoid((50, -9, -14), (9, 4.5, 4.0), (0, 0, -15)),
        Cone((47, -24, -22), (46, -28, -11), 4.0, 1.8),
    )
    return Body("mandible", both_sides((*arch, *ramus)), blend_mm=5, rough_mm=0.3)


def _teeth() -> Body:
    upper = ((4, -88), (11, -86.5), (17, -82), (21.5, -75), (24.5, -67), (26.5, -57), (28, -47))
    lower = ((3, -86), (9, -85), (15, -81), (20, -74.5), (24.5, -67), (29, -57), (33, -47))
    crowns: list[Part] = []
    for n, (x, y) in enumerate(upper):
        size = 3.0 if n < 4 else 4.2
        crowns += [Ellipsoid((x, y, -38.5), (size, size, 5.0)), Cone((x, y, -36), (x, y, -27), 2.4, 1.2)]
    for n, (x, y) in enumerate(lower):
        size = 2.6 if n < 4 else 4.2
        crowns += [Ellipsoid((x, y, -48.0), (size, size, 4.8)), Cone((x, y, -50), (x, y, -60), 2.3, 1.2)]
    return Body("teeth", both_sides(crowns), blend_mm=0.5)


def _vertebra(z: float) -> tuple[Part, ...]:
    """A typical vertebra of the neck, on one side of the middle, its body at height z."""
    return (
        Box((4.5, 17, z), (9, 8.5, 7.2), 3),
        Cone((8, 22, z + 1), (16, 27, z), 3.2, 3.5),
        Ellipsoid((19, 31, z), (6, 6.5, 8.5)),
        Cone((18, 33, z - 1), (2, 47, z - 4), 3.6, 3.2),
        Cone((0, 46, z - 4), (2, 62, z - 10), 3.2, 3.6),
        Cone((15, 18, z), (25, 19, z - 2), 2.6, 2.6),
    )


def _spine() -> Body:
    atlas: tuple[Part, ...] = (
        *tube(((0, 6, -46), (9, 8, -46), (16, 14, -46)), (3.8, 3.8, 4.5)),
        Ellipsoid((19, 23, -47), (8, 10, 7), (0, 0, -20)),
        *tube(((20, 30, -47), (15, 43, -48), (0, 50, -48)), (4.5, 3.5, 3.8)),
        Cone((24, 22, -47), (37, 23, -48), 4, 3.6),
    )
    axis: tuple[Part, ...] = (Cone((0, 14, -40), (0, 17, -60), 4.6, 6), *_vertebra(-66))
    lower = [part for n in (1, 2) for part in _vertebra(-66 - n * VERTEBRA_HEIGHT_MM)]
    return Body("spine", both_sides((*atlas, *axis, *lower)), blend_mm=1.2, rough_mm=0.4)


def _discs() -> Body:
    heights = [-66 - (n + 0.5) * VERTEBRA_HEIGHT_MM for n in range(3)]
    return Body("discs", tuple(Ellipsoid((0, 17, z), (12.5, 8.5, 3.5)) for z in heights))
