"""Which values of a map its colours reach to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from workstation.enhancement.maps import EvidenceMap

SHARES = "share of tumour"
SPREAD = 98.0
"""Percentile of a map's values that its colours reach to."""
EVERY = 7
"""So many voxels tell the percentiles well enough."""


def centred(each: EvidenceMap) -> bool:
    """Whether zero lies in the middle of a map's colours: it has two ends, and is no time."""
    return each.diverging and each.unit != "s"


def window_of(each: EvidenceMap) -> tuple[float, float]:
    """Centre and width: around zero where the map has two ends, else from zero on, of times from the earliest on."""
    if each.name == SHARES:
        return 0.5, 1.0
    values = each.values.ravel()[::EVERY]
    known = values[np.isfinite(values)]
    if not known.size:
        return 0.0, 1.0
    if centred(each):
        return 0.0, max(2 * float(np.percentile(np.abs(known), SPREAD)), 1e-6)
    low, high = (float(np.percentile(known, p)) for p in (100.0 - SPREAD, SPREAD))
    low = low if each.unit == "s" else min(low, 0.0)
    return (low + high) / 2, max(high - low, 1e-6)
