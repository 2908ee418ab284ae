"""Decimal strings of at most 16 bytes (PS3.5 section 6.2, DS), each as short as its own precision allows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LONGEST_DECIMAL = 16
DECIMALS_OF_A_MILLIMETRE = 5
"""Coordinates are written to 0.00001 mm: far below what any system resolves, and short enough to stay quick."""


def decimal_text(value: float, decimals: int = DECIMALS_OF_A_MILLIMETRE) -> str:
    """The number with at most `decimals` places and 16 bytes: fewer places where it would not fit, none wasted.

    >>> decimal_text(-486.5), decimal_text(1 / 3), decimal_text(-1234567890.123456)
    ('-486.5', '0.33333', '-1234567890.1235')
    """
    for places in range(decimals, 0, -1):
        text = f"{value:.{places}f}".rstrip("0").rstrip(".")
        if len(text) <= LONGEST_DECIMAL:
            return "0" if text == "-0" else text
    text = f"{value:.0f}"
    return text if len(text) <= LONGEST_DECIMAL else f"{value:.8e}"


def contour_data(points_mm: NDArray[np.float64]) -> str:
    """Contour Data (3006,0050) of patient points (n, 3)."""
    return "\\".join([decimal_text(value) for value in points_mm.ravel().tolist()])
