"""Structures as lines in a picture: which line says what.

Line styles tell the type as well as colours do: GTV thick, CTV solid, PTV dashed, PRV dotted; what is proposed or
stale looks unfinished.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.region import Region
from workstation.structures.structure import Color, State, Structure
from workstation.view.contour_kernels import fill_rings, stroke_rings, tint
from workstation.view.picture_frame import PictureFrame

Float = NDArray[np.float64]


TARGETS = ("GTV", "CTV", "PTV")

# As TG-263 lets names of targets begin: z for optimisation structures, i for those of all breathing phases.
_TARGET_NAME = re.compile(r"[z_]*i?(GTV|CTV|PTV)", re.IGNORECASE)

WIDEST = 5.0
"""Largest factor of a line's width."""


@dataclass(frozen=True)
class LineStyle:
    """width and pattern (dash, gap, dash, gap …) in logical pixels; opacity of the line and of a fill, 0 to 1."""

    width: float = 1.6
    pattern: tuple[float, ...] = ()
    opacity: float = 1.0
    fill: float = 0.0


@dataclass(frozen=True)
class ContourLook:
    """How all contours are drawn; raises ValueError for what can't be.

    width: factor of every line's width. fill: opacity of the areas, 0 to 1. selected_only: the active one alone.
    """

    width: float = 1.0
    fill: float = 0.0
    selected_only: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.width <= WIDEST:
            raise ValueError(f"Lines are drawn more than 0 and at most {WIDEST:g} times as wide, not {self.width:g}")
        if not 0 <= self.fill <= 1:
            raise ValueError(f"The opacity of a fill is a number from 0 to 1, not {self.fill:g}")


PLAIN = ContourLook()


def kind_of(structure: Structure) -> str:
    """"GTV", "CTV" or "PTV" where the type or else the name says so (systems export targets as ORGAN), or the type."""
    kind = structure.interpreted_type.upper()
    named = _TARGET_NAME.match(structure.name.strip())
    return named.group(1).upper() if named and kind not in TARGETS else kind


def style_of(structure: Structure, active: bool = False, look: ContourLook = PLAIN) -> LineStyle:
    """How a structure's outline is drawn; the active one is half a pixel wider. Dashes grow with wider lines."""
    name = structure.name.upper()
    kind = kind_of(structure)
    width, pattern = 1.6, ()  # type: tuple[float, tuple[float, ...]]
    if kind == "GTV":
        width = 2.6
    elif kind == "CTV":
        width = 2.0
    elif kind == "PTV":
        width, pattern = 2.0, (7.0, 4.0)
    elif name.startswith("PRV") or name.endswith(("PRV", "_PRV")):
        width, pattern = 1.8, (2.0, 3.0)
    if structure.state is State.PROPOSAL:
        pattern = (8.0, 3.0, 2.0, 3.0)
    elif structure.state is State.STALE:
        pattern = (3.0, 5.0)
    return LineStyle(
        (width + (0.5 if active else 0.0)) * look.width,
        tuple(length * max(1.0, look.width) for length in pattern),
        0.55 if structure.state is State.STALE else 1.0,
        look.fill,
    )


@dataclass(frozen=True, eq=False)
class Contour:
    """The rings of one structure on one plane, ready to be drawn.

    points: (n, 2) float64 (u, v) in mm of all rings; starts: (m + 1,) int64 bounds of the rings in `points`.
    """

    points: Float
    starts: NDArray[np.int64]

    @staticmethod
    def of(region: Region) -> Contour:
        """The contour of a region; rings of one point are kept, they show as dots."""
        rings = [ring for ring in region.rings if len(ring)]
        starts = np.cumsum([0, *(len(ring) for ring in rings)], dtype=np.int64)
        return Contour(np.concatenate(rings) if rings else np.empty((0, 2)), starts)

    def __bool__(self) -> bool:
        return len(self.points) > 0


class ContourPainter:
    """Paints contours into pictures; keeps the scratch plane that this takes."""

    def __init__(self) -> None:
        self._coverage = np.zeros((0, 0), np.uint8)

    def paint(
        self,
        picture: NDArray[np.uint32],
        frame: PictureFrame,
        contour: Contour,
        color: Color,
        style: LineStyle,
        pixel_ratio: float = 1.0,
    ) -> None:
        """Draw one contour over a picture (height, width) uint32 of a frame.

        pixel_ratio: picture pixels per logical pixel, which the style's lengths are given in.
        """
        if not contour:
            return
        if self._coverage.shape != picture.shape:
            self._coverage = np.zeros(picture.shape, np.uint8)
        points = frame.to_pixels(contour.points)
        half = 0.5 * style.width * pixel_ratio
        box = _box_of(points, half + 1.0, picture.shape[0], picture.shape[1])
        if box[0] >= box[2] or box[1] >= box[3]:
            return
        word = np.uint32(color[0] << 16 | color[1] << 8 | color[2])
        if style.fill > 0:
            fill_rings(points, contour.starts, self._coverage)
            tint(picture, self._coverage, box, word, round(256 * style.fill))
        pattern = np.array(style.pattern, dtype=np.float64) * pixel_ratio
        stroke_rings(points, contour.starts, half, pattern, self._coverage)
        tint(picture, self._coverage, box, word, round(256 * style.opacity))


def _box_of(points: Float, reach: float, height: int, width: int) -> NDArray[np.int64]:
    """First row and column, and those after the last, that a line through points with some reach can touch."""
    limit = np.array([width, height])
    low = np.clip(np.floor(points.min(0) - reach), 0, limit).astype(np.int64)
    high = np.clip(np.ceil(points.max(0) + reach) + 1, 0, limit).astype(np.int64)
    return np.array([low[1], low[0], high[1], high[0]])
