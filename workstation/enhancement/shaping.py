"""From voxels that hang together with a click to one body: necks cut, flow voids bridged, holes filled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.enhancement.regions import Mask, ball_around, closed, connected_to, opened, touched, without_holes
from workstation.geometry.grid import Grid

Index = NDArray[np.int64]

GAP_MM = 1.6
"""Flow voids and other gaps up to twice this wide are bridged."""
NECK_MM = 1.0
SEED_MM, CORE_MM = 2.5, 4.0
"""How far from the click growing may begin, and how far away the body may be that it lies in."""


def near_seeds(mask: Mask, place: Index, grid: Grid) -> Index:
    """(n, 3) where growing begins: voxels of a mask around a click, which may have met a flow void; else the click."""
    radius_mm = max(SEED_MM, 1.1 * float(grid.spacing_mm.max()))
    around = ball_around(place.astype(np.float64), radius_mm, grid.spacing_mm, grid.shape)
    found = np.argwhere(around & mask)
    return found if len(found) else np.clip(place, 0, np.array(grid.shape) - 1)[None]


def shaped(region: Mask, place: Index, grid: Grid) -> Mask:
    """A grown region (k, j, i) as one body.

    place: (3,) index (k, j, i) that it was grown from.
    """
    spacing = grid.spacing_mm
    core = opened(region, max(NECK_MM, 0.6 * float(spacing.max())), spacing)
    around = ball_around(place.astype(np.float64), CORE_MM, spacing, grid.shape)
    kept = connected_to(core, np.argwhere(core & around)) if (core & around).any() else region
    rim = region & touched(kept)
    return without_holes(closed(kept | rim, GAP_MM, spacing))
