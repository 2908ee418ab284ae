"""Thick slices."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Slab:
    """thickness_mm: 0 for a thin slice. mode: "mean", "maximum" or "minimum"."""

    thickness_mm: float = 0.0
    mode: str = "mean"
