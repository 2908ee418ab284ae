"""The cavity of the skull, brain, cerebellum, brainstem, cord and the fluid around them."""

from __future__ import annotations

from dataclasses import replace

from workstation.teaching.shapes import Body, Box, Cone, Ellipsoid, Layer, Part, both_sides, tube
from workstation.teaching.tissues import Tissue

CORD_TOP_MM = -38.0
"""Height of the foramen magnum's plane, where brainstem becomes spinal cord."""


def cavity_parts(grown_mm: float = 0.0) -> tuple[Ellipsoid, ...]:
    """The ellipsoids whose smooth union is the inside of the skull, optionally grown."""
    parts = (
        Ellipsoid((0, -3, 58), (66, 85, 50)),
        Ellipsoid((0, 22, 40), (66, 63, 44)),
        Ellipsoid((0, -42, 40), (50, 44, 26)),
        Ellipsoid((38, -14, 17), (26, 31, 20), (0, 0, -14)),
        Ellipsoid((-38, -14, 17), (26, 31, 20), (0, 0, 14)),
        Ellipsoid((0, 43, -4), (55, 42, 32)),
    )
    return tuple(replace(p, radii=(p.radii[0] + grown_mm, p.radii[1] + grown_mm, p.radii[2] + grown_mm)) for p in parts)


def brain_bodies(standing: tuple[Part, ...]) -> list[Body]:
    """`standing`: bone that rises from the floor of the skull and is left out of the cavity."""
    ventricles: tuple[Part, ...] = (
        *tube(((7, -34, 45), (8, -14, 51), (12, 14, 52), (18, 32, 44), (25, 40, 30)), (4.5, 4.0, 4.2, 5.5, 3)),
        *tube(((24, 36, 34), (32, 18, 20), (34, -2, 12)), (4.0, 2.4, 1.8)),
    )
    middle: tuple[Part, ...] = (
        Box((0, -2, 34), (1.6, 13, 9), 1.4),
        Ellipsoid((0, 30, 2), (6, 5, 9), (-15, 0, 0)),
        Cone((0, 18, 24), (0, 26, 10), 1.3, 1.3),
    )
    cisterns: tuple[Part, ...] = (
        Ellipsoid((0, -12, 25), (13, 12, 6)),
        Box((0, 33, 28), (9, 7, 5), 4),
        Ellipsoid((0, 48, -31), (12, 12, 6)),
        Box((0, 8, -6), (15, 6.5, 26), 5, (27, 0, 0)),
        *both_sides((Ellipsoid((22, 12, 2), (8, 7, 8)),)),
        Ellipsoid((0, -6, 88), (0.5, 76, 24)),
        Ellipsoid((0, -60, 52), (0.5, 22, 26)),
        *both_sides(tube(((10, -24, 27), (24, -20, 29), (40, -12, 34), (56, -2, 38)), (2.5, 3, 3, 2.5))),
    )
    return [
        Body("cavity", cavity_parts(), standing, blend_mm=5),
        Body("cisterns", cisterns, blend_mm=3),
        Body("callosum", _callosum(), blend_mm=2),
        Body("deep nuclei", both_sides(_deep_nuclei()), blend_mm=1),
        Body("cerebellum", _cerebellum(), blend_mm=5, rough_mm=0.5, within="cavity", within_depth_mm=2.2),
        Body("brainstem", _brainstem(), (Box((0, 30, CORD_TOP_MM - 40), (40, 40, 40), 0.5),), blend_mm=5),
        Body("cord", _cord(), (Box((0, 30, CORD_TOP_MM + 40), (40, 40, 40), 0.5),)),
        Body("epidural fat", _epidural_fat(), blend_mm=2),
        Body("thecal sac", _thecal_sac(), blend_mm=3),
        Body("ventricles", (*both_sides(ventricles), *middle), blend_mm=2),
        Body("pituitary", (Ellipsoid((0, -15, 17), (6.5, 5, 4)), Cone((0, -14, 19), (0, -11, 27), 1.2, 1.0))),
        Body("nerves", _nerves()),
    ]


def brain_layers() -> list[Layer]:
    """From the dura inward."""
    return [
        Layer("cavity", Tissue.CSF),
        Layer("cavity", Tissue.GREY, 0.4, 2),
        Layer("deep nuclei", Tissue.GREY),
        Layer("cisterns", Tissue.CSF),
        Layer("callosum", Tissue.WHITE),
        Layer("cerebellum", Tissue.CSF, -1.6),
        Layer("cerebellum", Tissue.GREY, 0.0, 3),
        Layer("epidural fat", Tissue.FAT),
        Layer("thecal sac", Tissue.CSF),
        Layer("brainstem", Tissue.BRAINSTEM),
        Layer("cord", Tissue.BRAINSTEM),
        Layer("ventricles", Tissue.CSF),
        Layer("pituitary", Tissue.PITUITARY),
        Layer("nerves", Tissue.BRAINSTEM),
    ]


def _callosum() -> tuple[Part, ...]:
    arch = ((0, -28, 42), (0, -34, 50), (0, -26, 58), (0, 0, 62), (0, 24, 58), (0, 34, 48), (0, 30, 43))
    sizes = (2.0, 3.6, 3.4, 2.8, 3.0, 4.2, 3.0)
    return tuple(Cone((x, c.start[1], c.start[2]), (x, c.end[1], c.end[2]), c.start_radius, c.end_radius)
                 for x in (-3.0, 3.0) for c in tube(arch, sizes))  # fmt: skip


def _deep_nuclei() -> tuple[Part, ...]:
    """Thalamus, lentiform nucleus and head of the caudate."""
    return (
        Ellipsoid((10, 6, 36), (8, 14, 8), (0, 0, -20)),
        Ellipsoid((25, -8, 36), (6.5, 15, 9), (0, 0, -14)),
        Ellipsoid((13, -24, 43), (5, 9, 8)),
    )


def _epidural_fat() -> tuple[Cone, ...]:
    knots = ((0, 33, -56), (0, 33, -68), (0, 32.5, -90), (0, 32.5, -130))
    return tube(knots, (11.0, 11.2, 11.2, 11.4))


def _cerebellum() -> tuple[Part, ...]:
    hemisphere = Ellipsoid((25, 49, -6), (25, 29, 22), (0, 10, 0))
    peduncle = Cone((9, 28, 0), (16, 36, -2), 8, 9)
    return (*both_sides((hemisphere, peduncle)), Ellipsoid((0, 52, -2), (12, 22, 20)))


def _brainstem() -> tuple[Part, ...]:
    return (
        Ellipsoid((0, 17, 2), (17, 11.5, 13), (-8, 0, 0)),
        Ellipsoid((0, 16, 19), (15, 10, 9)),
        *both_sides((Ellipsoid((11, 4, 24), (6, 9, 7), (0, 0, 25)),)),
        Cone((0, 22, -10), (0, 32, -38), 8.5, 6.6),
        Cone((0, 32, -38), (0, 32, -46), 6.6, 6),
    )


def _cord() -> tuple[Cone, ...]:
    return tube(((0, 30, -30), (0, 32, -46), (0, 31, -66), (0, 30, -90), (0, 30, -130)), (6.6, 6.0, 5.4, 5.6, 5.8))


def _thecal_sac() -> tuple[Cone, ...]:
    knots = ((0, 32, -26), (0, 33, -40), (0, 32.5, -52), (0, 31.5, -68), (0, 31, -90), (0, 31, -130))
    return tube(knots, (14, 13, 10.5, 9.2, 9.0, 9.2))


def _nerves() -> tuple[Part, ...]:
    """Facial and vestibulocochlear, trigeminal, and optic chiasm with tracts."""
    return both_sides(
        (
            Cone((15, 14, -2), (35, 3, 4), 1.1, 0.9),
            Cone((14, 10, 6), (13, -6, 8), 1.9, 1.9),
            Cone((0, -12, 27), (9, -24, 25), 2.2, 2.0),
            Cone((0, -11, 27), (11, 2, 28), 2.2, 1.8),
        )
    )
