"""Colour tables for images: grey for anatomy, colours with named ends for what is laid over it.

Hot iron follows the palette of DICOM PS3.6 Annex B.1.1 (Hot Iron); the diverging one is Moreland's smooth
cool-warm (Diverging Color Maps for Scientific Visualization, 2009) made from its three published anchors.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.uint32]

GREY = "grey"
HOT_IRON = "hot iron"
COOL = "cool"
DIVERGING = "cool to warm"


def _table(red: NDArray[np.float64], green: NDArray[np.float64], blue: NDArray[np.float64]) -> Table:
    channels = [np.clip(np.rint(c), 0, 255).astype(np.uint32) for c in (red, green, blue)]
    table: Table = np.uint32(0xFF000000) | channels[0] << np.uint32(16) | channels[1] << np.uint32(8) | channels[2]
    return table


def _between(*anchors: tuple[float, float, float, float]) -> Table:
    """Linear between anchors (position 0..1, red, green, blue)."""
    points = np.array(anchors)
    x = np.linspace(0.0, 1.0, 256)
    return _table(*(np.interp(x, points[:, 0], points[:, c]) for c in (1, 2, 3)))


def _tables() -> dict[str, Table]:
    ramp = np.arange(256, dtype=np.float64)
    return {
        GREY: _table(ramp, ramp, ramp),
        HOT_IRON: _table(ramp * 2, (ramp - 128) * 2, (ramp - 192) * 4),
        COOL: _between((0, 0, 0, 0), (0.35, 10, 40, 120), (0.7, 40, 160, 220), (1, 225, 250, 255)),
        DIVERGING: _between((0, 59, 76, 192), (0.5, 221, 221, 221), (1, 180, 4, 38)),
    }


_TABLES = _tables()

NAMES = tuple(_TABLES)
"""The names of all tables, grey first."""


def color_table(name: str) -> Table:
    """(256,) uint32 0xAARRGGBB of a named table, low values first; raises KeyError for an unknown name."""
    return _TABLES[name]
