"""Outline of head and neck, fat, muscles and salivary glands of the schematic head.

Coordinates of all anatomy modules: millimetres in patient directions (x left, y posterior, z superior) from the
middle of the line between the two ear canals. Sizes are those of an average adult, rounded and simplified.
"""

from __future__ import annotations

from workstation.teaching.shapes import Body, Box, Cone, Ellipsoid, Layer, both_sides, tube
from workstation.teaching.tissues import Tissue

SKIN_MM = 1.8


def soft_bodies() -> list[Body]:
    """The outline, muscle groups, glands and throat wall."""
    return [_outline(), _ears(), *_muscles(), _tongue(), _parotid("L"), _parotid("R"), _submandibular()]


def soft_layers() -> list[Layer]:
    """From the skin inward; what comes later lies on top."""
    muscles = [Layer(name, Tissue.MUSCLE, 0.0, 6, Tissue.FAT, 0.05, 5.0) for name in MUSCLES]
    return [
        Layer("ears", Tissue.SKIN),
        Layer("outline", Tissue.SKIN),
        Layer("outline", Tissue.FAT, SKIN_MM),
        *muscles,
        Layer("tongue", Tissue.MUSCLE, 0.0, 6, Tissue.FAT, 0.10, 9.0),
        Layer("submandibular", Tissue.GLAND, 0.0, 6, Tissue.FAT, 0.08, 5.0),
        Layer("parotid L", Tissue.GLAND, 0.0, 6, Tissue.FAT, 0.28, 6.0),
        Layer("parotid R", Tissue.GLAND, 0.0, 6, Tissue.FAT, 0.28, 6.0),
    ]


def _outline() -> Body:
    cranium = (
        Ellipsoid((0, -2, 56), (79, 100, 66)),
        Ellipsoid((0, 18, 32), (78, 84, 58)),
        Ellipsoid((0, -22, 12), (76, 78, 46)),
        Ellipsoid((0, 40, -14), (70, 60, 50)),
        Ellipsoid((0, -84, 24), (46, 20, 20)),
    )
    face = (
        Ellipsoid((0, -52, -18), (63, 46, 58)),
        Ellipsoid((0, -14, -30), (70, 48, 46)),
        Ellipsoid((0, -40, -58), (56, 44, 32)),
        Ellipsoid((0, -76, -68), (28, 24, 18)),
        Ellipsoid((0, -88, -36), (26, 20, 16)),
        *both_sides((Ellipsoid((38, -70, -8), (24, 26, 24)),)),
    )
    neck = (Ellipsoid((0, 22, -112), (64, 66, 110)), Ellipsoid((0, -8, -105), (46, 40, 60)))
    nose = (Cone((0, -97, 18), (0, -115, -9), 7, 9), *both_sides((Ellipsoid((9, -105, -13), (7, 10, 7)),)))
    lips = (Ellipsoid((0, -103, -33), (22, 8, 5)), Ellipsoid((0, -101, -43), (20, 8, 5)))
    return Body("outline", (*cranium, *face, *neck, *nose, *lips), blend_mm=13, rough_mm=0.3, rough_wavelength_mm=45)


def _ears() -> Body:
    pinna = (
        Ellipsoid((80, 14, 6), (3.4, 15, 27), (0, 8, -24)),
        Ellipsoid((74, 8, 2), (6, 7, 16)),
        Cone((76, 2, -16), (79, 8, -24), 5, 3.5),
        Cone((73, -1, 2), (77, -2, -4), 4, 3),
    )
    hollow = (Ellipsoid((86, 9, 5), (6.5, 7, 15), (0, 8, -24)),)
    return Body("ears", both_sides(pinna), both_sides(hollow), blend_mm=5)


MUSCLES = (
    "temporalis",
    "masseter",
    "pterygoids",
    "sternocleidomastoid",
    "deep neck",
    "neck extensors",
    "trapezius",
    "prevertebral",
    "floor of mouth",
    "throat wall",
    "facial muscles",
)


def _muscles() -> list[Body]:
    """Muscle groups, each its own body so that fat planes stay between them."""
    groups: dict[str, tuple[Ellipsoid | Cone | Box, ...]] = {
        "temporalis": (Ellipsoid((66, -26, 24), (7, 34, 34)), Cone((60, -30, 4), (48, -29, -14), 9, 4)),
        "masseter": (Ellipsoid((57, -26, -37), (6.5, 14, 24), (10, 5, 0)),),
        "pterygoids": (
            Ellipsoid((37, -22, -34), (6.5, 11, 18), (10, -10, 0)),
            Ellipsoid((33, -26, -10), (16, 7, 8), (0, 10, 25)),
        ),
        "sternocleidomastoid": tube(((58, 20, -26), (55, 13, -52), (47, -2, -86), (38, -14, -120)), (7, 9, 9, 9)),
        "deep neck": (
            *tube(((44, 26, -40), (44, 30, -70), (46, 34, -110)), (6, 8, 10)),
            *tube(((33, 20, -55), (34, 18, -85), (36, 18, -115)), (5, 6.5, 8)),
            *tube(((47, 10, -24), (42, -6, -42), (38, -26, -58)), (4.5, 3.5, 3)),
        ),
        "neck extensors": (
            *tube(((16, 62, -32), (17, 60, -60), (18, 58, -110)), (11, 13, 14)),
            *tube(((34, 50, -30), (36, 52, -60), (36, 52, -110)), (9, 11, 11)),
            *tube(((12, 50, -44), (13, 48, -70), (13, 46, -110)), (7, 6, 7)),
        ),
        "trapezius": (Ellipsoid((24, 72, -88), (26, 4.5, 56), (0, 0, -26)),),
        "prevertebral": tube(((8, 6, -34), (9, 7, -60), (10, 8, -110)), (5, 5.5, 6.5)),
        "floor of mouth": (
            Ellipsoid((8, -46, -62), (7, 30, 7)),
            Ellipsoid((22, -42, -58), (4, 26, 9), (0, 0, 22)),
            Cone((5, -70, -60), (7, -34, -66), 5, 5),
            *tube(((9, -44, -74), (10, -36, -90), (11, -32, -130)), (4.5, 5.5, 6)),
            Cone((13, -22, -76), (13, -22, -120), 3.5, 4.5),
        ),
        "throat wall": (
            *tube(((14, -10, -16), (14, -6, -40), (15, -4, -70), (13, -8, -110)), (4, 4.5, 5, 6)),
            *tube(((6, -2, -20), (6, 0, -50), (6, -1, -110)), (4, 4, 4.5)),
        ),
        "facial muscles": (
            Ellipsoid((40, -74, -32), (3, 14, 14), (0, 0, 30)),
            Cone((64, -44, -2), (40, -84, -28), 2.2, 2.2),
            Ellipsoid((18, -96, -36), (16, 4, 9), (0, 0, 14)),
        ),
    }
    return [
        Body(
            name,
            both_sides(parts),
            blend_mm=0.5 if name == "neck extensors" else 3,
            rough_mm=0.7,
            within="outline",
            within_depth_mm=SKIN_MM + 2.0,
        )
        for name, parts in groups.items()
    ]


def _tongue() -> Body:
    parts = (
        Ellipsoid((0, -50, -44), (23, 31, 17), (8, 0, 0)),
        Ellipsoid((0, -31, -52), (19, 14, 19)),
        Ellipsoid((0, -28, -24), (9, 13, 4), (-25, 0, 0)),
    )
    return Body("tongue", parts, blend_mm=8, rough_mm=0.5)


def _parotid(side: str) -> Body:
    parts: tuple[Ellipsoid | Cone | Box, ...] = (
        Ellipsoid((59, -2, -28), (9, 14, 22), (0, 6, 0)),
        Ellipsoid((49, 4, -32), (10, 8, 13)),
        Ellipsoid((64, -22, -26), (4, 14, 11), (0, 0, 8)),
    )
    both = both_sides(parts)
    own = both[: len(parts)] if side == "L" else both[len(parts) :]
    return Body(f"parotid {side}", own, blend_mm=6, rough_mm=1.0, rough_wavelength_mm=14, within="outline",
                within_depth_mm=SKIN_MM + 1.5)  # fmt: skip


def _submandibular() -> Body:
    return Body("submandibular", both_sides((Ellipsoid((33, -32, -70), (8, 14, 10)),)), rough_mm=0.8)
