"""Seconds from the contrast along a line, so that the arterial seconds and the delayed minutes can both be read.

Linear within the first ten seconds, logarithmic beyond (the inverse hyperbolic sine); what came before the contrast is
squeezed to half, since nothing happens there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

LINEAR_S = 10.0
BEFORE = 0.5
"""Room of the time before the contrast, as a share of what the same time after it gets."""
ROUND_S = (
    (0.0,),
    (60.0, 300.0),
    (10.0, -60.0, 900.0),
    (30.0, 3600.0, -600.0),
    (20.0, 120.0, 600.0, 1800.0, 7200.0),
)
"""Times worth a number, the most telling first."""


def place_of(time_s: ArrayLike) -> NDArray[np.float64]:
    """Where times (s from the contrast) lie along the line, without unit; same shape.

    >>> [round(float(place_of(t)), 2) for t in (-60, 0, 10, 16, 60, 300, 900)]
    [-1.25, 0.0, 0.88, 1.25, 2.49, 4.09, 5.19]
    """
    time = np.asarray(time_s, dtype=np.float64)
    return np.arcsinh(time / LINEAR_S) * np.where(time < 0, BEFORE, 1.0)


def numbers_between(first_s: float, last_s: float, gap: float) -> list[float]:
    """Round times from `first_s` to `last_s` whose places are at least `gap` apart, rising.

    >>> numbers_between(-60, 900, 0.8)
    [-60.0, 0.0, 10.0, 60.0, 300.0, 900.0]
    """
    kept: list[float] = []
    for time in (time for rank in ROUND_S for time in rank if first_s <= time <= last_s):
        if all(abs(float(place_of(time) - place_of(other))) >= gap for other in kept):
            kept.append(time)
    return sorted(kept)


def time_words(time_s: float) -> str:
    """A time as it is written beside a phase.

    >>> time_words(-60.0), time_words(8.25), time_words(4500.0)
    ('−60 s', '8.2 s', '75 min')
    """
    sign, time = ("−" if time_s < -0.05 else ""), abs(time_s)
    if time >= 1200:
        return f"{sign}{time / 60:.1f}".removesuffix(".0") + " min"
    return f"{sign}{time:.1f}".removesuffix(".0") + " s"


def places(times_s: Sequence[float | None]) -> tuple[NDArray[np.float64], bool]:
    """(n,) places of phases, and whether they are those of times: equal steps where any time is unknown.

    >>> places([None, 60.0])
    (array([0., 1.]), False)
    """
    known = [time for time in times_s if time is not None]
    if len(known) < len(times_s):
        return np.arange(len(times_s), dtype=np.float64), False
    return place_of(known), True
