"""Air and what lines it: nose, sinuses, throat and ears; the inner ear; the eyes."""

from __future__ import annotations

import numpy as np

from workstation.teaching.shapes import Body, Box, Cone, Ellipsoid, Layer, Part, both_sides, tube
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
        Layer("septum", Tissue.MUCOSA, -0.9),
        Layer("septum", Tissue.CORTICAL_BONE),
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
    maxillary: tuple[Part, ...] = (Ellipsoid((28, -66, 1), (13, 15, 17), (0, -8, 12)), Ellipsoid((27, -58, 6), (11, 11, 10)))
    sphenoid: tuple[Part, ...] = (Ellipsoid((7.5, -29, 6), (8, 11, 10)),)
    frontal: tuple[Part, ...] = (Ellipsoid((9, -94, 36), (9, 4, 10), (-16, 0, 10)),)
    ethmoid = Box((7, -62, 18), (6, 21, 10), 5)
    return [
        Body("sinuses", both_sides((*maxillary, *frontal, *sphenoid)), blend_mm=0, rough_mm=0.7, rough_wavelength_mm=16),
        Body("ethmoids", both_sides((ethmoid,)), blend_mm=1),
    ]


def _nose() -> list[Body]:
    cavity: tuple[Part, ...] = (
        Box((6, -62, -6), (7, 30, 14), 5),
        Cone((6, -88, -10), (7, -106, -14), 5.5, 4.5),
    )
    turbinates: tuple[Part, ...] = (
        Cone((9, -82, -13), (9, -42, -14), 3.6, 4.0),
        Cone((8.5, -76, 0), (8.5, -44, -1), 2.8, 3.0),
    )
    septum: tuple[Part, ...] = (Box((0, -64, -4), (0.9, 34, 18), 0.7),)
    return [
        Body("nasal cavity", both_sides(cavity), blend_mm=3),
        Body("turbinates", both_sides(turbinates), rough_mm=0.7),
        Body("septum", septum, rough_mm=0.4, rough_wavelength_mm=30),
    ]


def _throat() -> Body:
    parts: tuple[Part, ...] = (
        Ellipsoid((0, -20, -12), (12, 10, 11)),
        Cone((0, -30, -12), (0, -20, -14), 10, 10),
        Ellipsoid((0, -9, -26), (11, 5, 14)),
        Ellipsoid((0, -11, -48), (12, 6, 18)),
        Ellipsoid((0, -10, -75), (14, 8, 16)),
        Ellipsoid((0, -14, -105), (9, 9, 24)),
    )
    return Body("throat", parts, blend_mm=6, rough_mm=0.6)


def _ears() -> list[Body]:
    canal = tube(((86, 7, -2), (74, 4, -1), (64, 2, 1), (54, 0, 0)), (4.5, 3.8, 3.3, 3.8))
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
    fluid = (*_cochlear_turns(), Ellipsoid((x + 1, y + 6.5, z + 3), (1.8, 2.4, 2.2)), *_semicircular_canals())
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
        Cone(tuple(a), tuple(b), float(r), float(s))
        for a, b, r, s in zip(points[:-1].tolist(), points[1:].tolist(), thickness[:-1], thickness[1:], strict=True)
    )


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
        rings += [Cone(tuple(a), tuple(b), 0.65, 0.65) for a, b in zip(points[:-1].tolist(), points[1:].tolist(), strict=True)]
    return tuple(rings)


def _orbits() -> list[Body]:
    cone: tuple[Part, ...] = (
        Ellipsoid((29, -70, 25), (18.5, 20, 17.5), (0, 0, 14)),
        Cone((26, -56, 24), (16, -32, 22), 14, 4),
    )
    straps: list[Part] = [
        Cone((18, -36, 22), (31 + dx, -68, 25 + dz), 1.1, 1.7) for dx, dz in ((0, 12), (0, -12), (12, 0), (-11, 0))
    ]
    nerve = tube(((31, -66, 25), (27, -52, 24), (17, -34, 22), (9, -24, 24)), (1.7, 1.8, 1.8, 1.8))
    return [
        Body("orbits", both_sides(cone), blend_mm=5),
        Body("eye straps", both_sides(straps)),
        Body("optic nerves", both_sides(nerve)),
        Body("eyes", both_sides((Ellipsoid((31.5, -78, 25), (12, 12, 12)),))),
        Body("lenses", both_sides((Ellipsoid((31.8, -87, 25), (4.4, 2.0, 4.4)),))),
    ]
