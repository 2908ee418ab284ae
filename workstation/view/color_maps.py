"""Colour tables for images: grey for anatomy, colours with named ends for what is laid over it.

Sources: grey is linear in the display's own values, as DICOM's windows are; inverse grey is how PET is read (uptake
dark on white). Hot iron follows the palette of DICOM PS3.6 Annex B.1.1. Cool is made here: black over blue to white.
Green and magenta are complements that add up to grey, the classic pair for checking a registration. Inferno is ten
anchors of the table by van der Walt and Smith (matplotlib, CC0), even to the eye and safe for colour-blind people:
for perfusion and other values that are compared by their size. The diverging one is Moreland's smooth cool-warm
(Diverging Color Maps for Scientific Visualization, 2009) made from its three published anchors. The dark diverging one
is made here for differences: none is nearly black, as the ground of a view is, and the ends are the brightest, blue
and red, which colour-blind people tell apart.

There is no rainbow: it draws edges where the values have none, and its brightness does not follow the value.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.uint32]

GREY = "grey"
INVERSE_GREY = "inverse grey"
HOT_IRON = "hot iron"
COOL = "cool"
INFERNO = "inferno"
GREEN = "green"
MAGENTA = "magenta"
DIVERGING = "cool to warm"
DARK_DIVERGING = "cool to warm, dark middle"

ENDS: dict[str, tuple[str, str]] = dict.fromkeys((DIVERGING, DARK_DIVERGING), ("overlay darker", "overlay brighter"))
"""What the lower and the upper end of a diverging table mean when it shows a difference."""

_INFERNO = (
    0x000004, 0x1B0C41, 0x4A0C6B, 0x781C6D, 0xA52C60, 0xCF4446, 0xED6925, 0xFB9B06, 0xF7D13D, 0xFCFFA4,
)  # fmt: skip


def _table(red: NDArray[np.float64], green: NDArray[np.float64], blue: NDArray[np.float64]) -> Table:
    channels = [np.clip(np.rint(c), 0, 255).astype(np.uint32) for c in (red, green, blue)]
    table: Table = np.uint32(0xFF000000) | channels[0] << np.uint32(16) | channels[1] << np.uint32(8) | channels[2]
    table.setflags(write=False)
    return table


def _between(*anchors: tuple[float, float, float, float]) -> Table:
    """Linear between anchors (position 0..1, red, green, blue)."""
    points = np.array(anchors)
    x = np.linspace(0.0, 1.0, 256)
    return _table(*(np.interp(x, points[:, 0], points[:, c]) for c in (1, 2, 3)))


def _evenly(*words: int) -> Table:
    """Linear between colours 0xRRGGBB at equal distances."""
    last = len(words) - 1
    return _between(*((n / last, w >> 16, w >> 8 & 255, w & 255) for n, w in enumerate(words)))


def _tables() -> dict[str, Table]:
    ramp, nought = np.arange(256, dtype=np.float64), np.zeros(256)
    return {
        GREY: _table(ramp, ramp, ramp),
        HOT_IRON: _table(ramp * 2, (ramp - 128) * 2, (ramp - 192) * 4),
        COOL: _between((0, 0, 0, 0), (0.35, 10, 40, 120), (0.7, 40, 160, 220), (1, 225, 250, 255)),
        INFERNO: _evenly(*_INFERNO),
        GREEN: _table(nought, ramp, nought),
        MAGENTA: _table(ramp, nought, ramp),
        INVERSE_GREY: _table(255 - ramp, 255 - ramp, 255 - ramp),
        DIVERGING: _between((0, 59, 76, 192), (0.5, 221, 221, 221), (1, 180, 4, 38)),
        DARK_DIVERGING: _between(
            (0, 165, 200, 255), (0.25, 40, 110, 235), (0.5, 20, 20, 22), (0.75, 210, 60, 30), (1, 255, 190, 150)
        ),
    }


def _alphas(name: str) -> NDArray[np.uint32]:
    """Opacity 0..255 of each entry: rising to full in the middle of the window, from the middle of a diverging one."""
    ramp = np.arange(256, dtype=np.float64)
    signal = np.abs(ramp - 127.5) * 2 if name in ENDS else ramp
    return np.clip(np.rint(2 * signal), 0, 255).astype(np.uint32)


def _translucent(name: str, table: Table) -> Table:
    made: Table = table & np.uint32(0x00FFFFFF) | _alphas(name) << np.uint32(24)
    made.setflags(write=False)
    return made


_TABLES = _tables()
_TRANSLUCENT = {name: _translucent(name, table) for name, table in _TABLES.items()}

NAMES = tuple(_TABLES)
"""The names of all tables, grey first."""


def color_table(name: str) -> Table:
    """(256,) uint32 0xAARRGGBB of a named table, low values first, read-only; raises KeyError for an unknown name."""
    return _TABLES[name]


def translucent_table(name: str) -> Table:
    """As `color_table`, with an alpha that rises with the signal.

    What is weak lets the anatomy below through; from the middle of the window on it hides it. Signal is the distance
    from the lower end, in a diverging table the distance from the middle.
    """
    return _TRANSLUCENT[name]
