"""Air and what lines it: nose, sinuses, throat and ears; the inner ear; the eyes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from workstation.teaching.shapes import Body, Box, Cone, Ellipsoid, Layer, Part, Point, both_sides, tube
from workstation.teaching.tissues import Tissue

COCHLEA_CENTRE_MM = (39.0, -5.0, 2.0)


def airway_bodies() -> list[Body]:
    """Sinuses, nose, throat, ear canals, inner ear and orbits."""
    return [*_sinuses(), *_nose(), _throat(), *_ears(), *_orbits()]


def airway_layers() -> list[Layer]:
    """Thin walls of bone and mucosa first, then what fills them."""
    return [
        Layer("orbits", Tissue.CORTICAL_BONE, -1.6),
        Layer("orbits", Tissue.FAT),
        Layer("optic nerves", Tissue.CSF, -0.8),
        Layer("optic nerves", Tissue.BRAINSTEM),
        Layer("eye straps", Tissue.MUSCLE),
        Layer("eyes", Tissue.SKIN),
        Layer("eyes", Tissue.FLUID, 1.2),
        Layer("lenses", Tissue.LENS),
        Layer("sinuses", Tissue.CORTICAL_BONE, -1.5),
        Layer("sinuses", Tissue.MUCOSA),
        Layer("sinuses", Tissue.AIR, 0.9),
        Layer("ethmoids", Tissue.CORTICAL_BONE, -0.9),
        Layer("ethmoids", Tissue.MUCOSA, 0.0, 1, Tissue.AIR, 8.0, 1.3),
        Layer("nasal cavity", Tissue.CORTICAL_BONE, -0.9),
        Layer("nasal cavity", Tissue.MUCOSA),
        Layer("nasal cavity", Tissue.AIR, 1.4),
        Layer("turbinates", Tissue.MUCOSA),
        Layer("septum", Tissue.MUCOSA, -0.6),
        Layer("throat", Tissue.MUCOSA, -2.2),
        Layer("throat", Tissue.AIR),
        Layer("ear canals", Tissue.SKIN, -0.9),
        Layer("ear canals", Tissue.AIR),
        Layer("middle ears", Tissue.CORTICAL_BONE, -0.8),
        Layer("middle ears", Tissue.AIR),
        Layer("eardrums", Tissue.SKIN),
        Layer("ossicles", Tissue.DENSE_BONE),
        Layer("otic capsules", Tissue.DENSE_BONE, 0.0),
        Layer("internal canals", Tissue.CSF),
        Layer("inner ears", Tissue.FLUID),
    ]


def _sinuses() -> list[Body]:
    maxillary: tuple[Part, ...] = (
        Ellipsoid((28, -66, -6), (12, 15, 14), (0, -10, 14)),
        Ellipsoid((28, -58, -3), (12, 12, 9)),
        Ellipsoid((32, -70, -1), (11, 9, 7), (0, 0, 30)),
    )
    sphenoid: tuple[Part, ...] = (Ellipsoid((7.5, -28, 5), (7.5, 10, 9)),)
    frontal: tuple[Part, ...] = (Ellipsoid((10, -90, 33), (8, 3.5, 9), (-14, 0, 12)),)
    ethmoid = Box((7, -62, 14), (6, 22, 10), 5)
    return [
        Body("sinuses", both_sides((*maxillary, *frontal, *sphenoid)), blend_mm=1.5, rough_mm=0.7,
             rough_wavelength_mm=16),
        Body("ethmoids", both_sides((ethmoid,)), blend_mm=1),
    ]


def _nose() -> list[Body]:
    cavity: tuple[Part, ...] = (
        Box((6, -62, -9), (6.5, 28, 13), 5),
        Box((6, -66, 2), (4, 22, 12), 3),
        Cone((6, -88, -12), (7, -106, -15), 5.0, 4.5),
    )
    turbinates: tuple[Part, ...] = (
        Cone((8.5, -84, -15), (8.5, -42, -16), 3.6, 3.8),
        Cone((8.0, -78, -4), (8.0, -44, -5), 2.8, 3.0),
        Cone((6.5, -70, 5), (6.5, -48, 5), 1.8, 2.0),
    )
    septum: tuple[Part, ...] = (Box((0, -64, -5), (0.9, 34, 18), 0.7),)
    return [
        Body("nasal cavity", both_sides(cavity), blend_mm=3),
        Body("turbinates", both_sides(turbinates), rough_mm=0.7),
        Body("septum", septum, rough_mm=0.4, rough_wavelength_mm=30),
    ]


def _throat() -> Body:
    parts: tuple[Part, ...] = (
        Ellipsoid((0, -19, -14), (12, 9, 10)),
        Cone((0, -34, -12), (0, -22, -14), 9, 9),
        Ellipsoid((0, -10, -28), (11, 5, 13)),
        Ellipsoid((0, -11, -48), (12, 6, 18)),
        Ellipsoid((0, -10, -75), (14, 8, 16)),
        Ellipsoid((0, -14, -105), (9, 9, 24)),
    )
    return Body("throat", parts, blend_mm=6, rough_mm=0.6)


def _ears() -> list[Body]:
    canal = tube(((77, 6, -1), (72, 4, -1), (63, 2, 1), (54, 0, 0)), (4.2, 3.6, 3.1, 3.6))
    cavity: tuple[Part, ...] = (Ellipsoid((50, -1, 2), (2.6, 6, 7.5)), Ellipsoid((50, 4, 9), (4, 6, 4)))
    ossicles: tuple[Part, ...] = (
        Cone((51.5, -1, 2), (50.5, -2, 8), 0.6, 1.2),
        Cone((50.5, 1, 8.5), (49, 0, 3), 1.2, 0.5),
    )
    x, y, z = COCHLEA_CENTRE_MM
    capsule: tuple[Part, ...] = (
        Ellipsoid((x, y, z), (5.2, 5.0, 4.8)),
        Ellipsoid((x + 1, y + 7, z + 3), (6, 6, 6)),
        Ellipsoid((x + 1, y + 13, z + 4), (5, 5, 5.5)),
    )
    internal: tuple[Part, ...] = (Cone((35.5, 1, 4), (22, 7, 3), 2.3, 3.4),)
    vestibule = Ellipsoid((x + 1, y + 6.5, z + 3), (1.8, 2.4, 2.2))
    fluid: tuple[Part, ...] = (*_cochlear_turns(), vestibule, *_semicircular_canals())
    return [
        Body("ear canals", both_sides(canal), blend_mm=1),
        Body("middle ears", both_sides(cavity), blend_mm=2),
        Body("eardrums", both_sides((Ellipsoid((53, 0, 1), (0.5, 4.2, 4.5), (0, -30, 0)),))),
        Body("ossicles", both_sides(ossicles)),
        Body("otic capsules", both_sides(capsule), blend_mm=2),
        Body("internal canals", both_sides(internal)),
        Body("inner ears", both_sides(fluid)),
        Body("cochlea L", (_cochlea(1),)),
        Body("cochlea R", (_cochlea(-1),)),
    ]


def _cochlea(side: int) -> Ellipsoid:
    """The cochlea as it is contoured: one smooth body around its turns."""
    x, y, z = COCHLEA_CENTRE_MM
    return Ellipsoid((side * x, y, z), (3.8, 4.0, 3.6))


def _cochlear_turns() -> tuple[Cone, ...]:
    """Two and a half turns that narrow towards a tip that points forward, outward and down."""
    axis = np.array([0.62, -0.68, -0.39])
    first = np.cross(axis, (0.0, 0.0, 1.0))
    first /= np.linalg.norm(first)
    second = np.cross(axis, first)
    turn = np.linspace(0, 2.5 * 2 * np.pi, 26)
    radius = np.linspace(2.9, 0.7, 26)[:, None]
    centre = np.array(COCHLEA_CENTRE_MM) + np.linspace(-1.6, 2.2, 26)[:, None] * axis
    points = centre + radius * (np.cos(turn)[:, None] * first + np.sin(turn)[:, None] * second)
    thickness = np.linspace(0.95, 0.6, 26)
    return tuple(
        Cone(_point(a), _point(b), float(r), float(s))
        for (a, b), (r, s) in zip(pairwise(points), pairwise(thickness), strict=True)
    )


def _point(row: NDArray[np.float64]) -> Point:
    return float(row[0]), float(row[1]), float(row[2])


def _semicircular_canals() -> tuple[Cone, ...]:
    """Three rings, nearly at right angles, about 6 mm across."""
    x, y, z = COCHLEA_CENTRE_MM
    frames = (
        ((0.7, 0.7, 0.0), (0.0, 0.0, 1.0), (x + 1, y + 9, z + 6)),
        ((-0.7, 0.7, 0.0), (0.0, 0.0, 1.0), (x + 2, y + 12, z + 3)),
        ((1.0, 0.0, 0.0), (0.0, 0.94, -0.34), (x + 4, y + 10, z + 3)),
    )
    angle = np.linspace(0, 2 * np.pi, 13)
    rings: list[Cone] = []
    for u, v, c in frames:
        points = np.array(c) + 3.1 * (np.cos(angle)[:, None] * np.array(u) + np.sin(angle)[:, None] * np.array(v))
        rings += [Cone(_point(a), _point(b), 0.65, 0.65) for a, b in pairwise(points)]
    return tuple(rings)


def _orbits() -> list[Body]:
    cone: tuple[Part, ...] = (
        Ellipsoid((30, -70, 18), (18, 20, 16), (0, 0, 14)),
        Cone((27, -58, 18), (16, -33, 20), 13, 4),
    )
    straps: list[Part] = [
        Cone((18, -37, 20), (31 + dx, -68, 18 + dz), 1.1, 1.7) for dx, dz in ((0, 12), (0, -12), (12, 0), (-11, 0))
    ]
    nerve = tube(((31, -66, 18), (27, -52, 19), (17, -34, 21), (9, -24, 25)), (1.7, 1.8, 1.8, 1.8))
    return [
        Body("orbits", both_sides(cone), blend_mm=5),
        Body("eye straps", both_sides(straps)),
        Body("optic nerves", both_sides(nerve)),
        Body("eyes", both_sides((Ellipsoid((31.5, -78, 18), (12, 12, 12)),))),
        Body("lenses", both_sides((Ellipsoid((31.8, -86.5, 18), (4.4, 2.0, 4.4)),))),
    ]
