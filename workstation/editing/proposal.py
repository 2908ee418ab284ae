"""What is proposed as a tumour and as a vein, cut by the planes that are looked at, while thresholds move."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workstation.editing.tool import Outline
from workstation.geometry.plane import Plane

if TYPE_CHECKING:
    from workstation.editing.separating import Separating
    from workstation.enhancement.growing import Grown
    from workstation.geometry.deformation import SpatialMap
    from workstation.geometry.grid import Grid

Float = NDArray[np.float64]

TUMOUR_COLOR, VEIN_COLOR = (255, 255, 255), (90, 200, 255)
MOST_KEPT = 24
ROOM_MM = 3.0


class Proposal:
    """The outlines of one piece of work on any plane, in the planning image's frame. Kept as long as they hold."""

    def __init__(self, separating: Separating) -> None:
        self._separating = separating
        self._kept: OrderedDict[tuple[object, ...], list[Outline]] = OrderedDict()

    def outlines(self, plane: Plane) -> list[Outline]:
        """Closed, dashed outlines (u, v) in mm of a shown plane, whose origin lies on the slice."""
        found = self._separating.proposed
        if found is None:
            return []
        made: list[Outline] = []
        flow = found.flow
        if flow is not None:
            made += self._cut(flow, found.link, plane, VEIN_COLOR)
        grown = self._separating.grown
        if grown is not None:
            made += self._cut(grown, found.link, plane, TUMOUR_COLOR)
        return made

    def _cut(self, grown: Grown, link: SpatialMap, plane: Plane, color: tuple[int, int, int]) -> list[Outline]:
        # The object itself is part of the key, so that it lives as long as what was made of it.
        key = (grown, link, plane.origin_mm.tobytes(), plane.axes.tobytes())
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = [
                Outline(ring, True, "proposal", color=color) for ring in _rings(grown, link, plane)
            ]
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return kept


def _rings(grown: Grown, link: SpatialMap, plane: Plane) -> tuple[Float, ...]:
    from workstation.enhancement.candidate import section

    box = grown.box_kji
    if box is None:
        return ()
    window = _window(box, grown.grid, link, plane)
    if window is None:
        return ()
    return section(grown.field, grown.grid, plane, link, 0.0, window).rings


def _window(box: tuple[Float, Float], grid: Grid, link: SpatialMap, plane: Plane) -> tuple[Float, Float] | None:
    """The part of a plane that a box of voxels can meet; None where it passes by."""
    low, high = box
    index = np.array([[(low, high)[n >> a & 1][2 - a] for a in range(3)] for n in range(8)], dtype=np.float64)
    placed = plane.to_plane(link.inverse().apply(grid.to_patient(index)))
    if placed[:, 2].min() > ROOM_MM or placed[:, 2].max() < -ROOM_MM:
        return None
    return placed[:, :2].min(0) - ROOM_MM, placed[:, :2].max(0) + ROOM_MM
