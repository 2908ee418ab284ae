"""From voxels that hang together with a click to one body: necks cut, flow voids bridged, holes filled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.enhancement.regions import (
    Mask,
    ball_around,
    box_of,
    closed,
    connected_to,
    opened,
    touched,
    without_holes,
)
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
    neck_mm = max(NECK_MM, 0.6 * float(spacing.max()))
    # Opening looks as far as the neck is wide; nothing else leaves the region's own box.
    box = box_of(region, int(np.ceil(neck_mm / float(spacing.min()))) + 1)
    if box is None:
        return region
    inside = np.ascontiguousarray(region[box])
    core = opened(inside, neck_mm, spacing)
    around = ball_around(place.astype(np.float64), CORE_MM, spacing, grid.shape)[box]
    kept = connected_to(core, np.argwhere(core & around)) if (core & around).any() else inside
    rim = inside & touched(kept)
    found = np.zeros_like(region)
    found[box] = without_holes(closed(kept | rim, GAP_MM, spacing))
    return found
