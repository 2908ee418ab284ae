"""Which views stand where in a layout: a tree of rows and columns, without a toolkit."""

from __future__ import annotations

import math
from dataclasses import dataclass

from workstation.gui.layout_model import COMPARE, FOUR, LARGE, PHASES, PLANES_AND_VOLUME, ROW, VOLUME

LEFT, RIGHT = "left", "right"
LONGEST_ROW = 4
LARGE_SHARE = (2, 1)


@dataclass(frozen=True)
class Line:
    """Views, or further lines, side by side (upright False) or one below the other. shares: of the place at first."""

    parts: tuple[Line | str, ...]
    upright: bool = False
    shares: tuple[int, ...] = ()

    def names(self) -> list[str]:
        """All views in it."""
        return [name for part in self.parts for name in (part.names() if isinstance(part, Line) else [part])]


def phase_name(number: int) -> str:
    """The view of a phase, counted from 1."""
    return f"phase {number}"


def arrangement(layout: str, main: str, phases: int) -> Line:
    """The tree of one of `LAYOUTS`. main: the large view of `LARGE`. phases: how many there are, at least one."""
    if layout == LARGE:
        small = tuple(name for name in PLANES_AND_VOLUME if name != main)
        return Line((main, Line(small, upright=True)), shares=LARGE_SHARE)
    if layout == ROW:
        return Line(tuple(name for name in PLANES_AND_VOLUME if name != VOLUME))
    if layout == COMPARE:
        return Line((LEFT, RIGHT))
    if layout == PHASES:
        return _rows([phase_name(number) for number in range(1, max(phases, 1) + 1)])
    assert layout == FOUR
    return Line((Line(("axial", "sagittal")), Line(("coronal", VOLUME))), upright=True)


def _rows(names: list[str]) -> Line:
    """One row, or as many as keep rows short."""
    rows = math.ceil(len(names) / LONGEST_ROW)
    long = math.ceil(len(names) / rows)
    if rows == 1:
        return Line(tuple(names))
    return Line(tuple(Line(tuple(names[n : n + long])) for n in range(0, len(names), long)), upright=True)
