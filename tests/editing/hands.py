"""A hand that drives tools as the window does: press, moves, release, in plane millimetres."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from tests.case.bodies import case_with_gtv
from workstation.case.case import Case
from workstation.editing.desk import Desk
from workstation.editing.pointer import Pointer
from workstation.editing.tool import Tool
from workstation.geometry.plane import Plane


def desk_with_gtv(radius_mm: float = 10.0) -> tuple[Desk, Case, str, list[str]]:
    """A desk on a ball called GTV that is active; the list collects refusals."""
    case, gtv = case_with_gtv(radius_mm)
    desk = Desk(case)
    desk.active = gtv
    refusals: list[str] = []
    desk.refused.connect(refusals.append)
    return desk, case, gtv, refusals


def drag(tool: Tool, desk: Desk, plane: Plane, points: ArrayLike, release: bool = True, **keys: bool) -> None:
    """Press at the first point, move along the others, release at the last."""
    path = np.asarray(points, dtype=float).reshape(-1, 2)
    tool.press(desk, Pointer(plane, *map(float, path[0]), pressed=True, **keys))
    for u, v in path[1:]:
        tool.move(desk, Pointer(plane, float(u), float(v), pressed=True, **keys))
    if release:
        tool.release(desk, Pointer(plane, *map(float, path[-1]), **keys))


def click(tool: Tool, desk: Desk, plane: Plane, points: Iterable[tuple[float, float]], **keys: bool) -> None:
    """Click at each point."""
    for point in points:
        drag(tool, desk, plane, [point], **keys)


def line(start: tuple[float, float], end: tuple[float, float], step_mm: float = 0.5) -> np.ndarray:
    """Points from start to end as a mouse delivers them."""
    count = max(2, int(np.ceil(np.hypot(end[0] - start[0], end[1] - start[1]) / step_mm)) + 1)
    return np.linspace(start, end, count)
