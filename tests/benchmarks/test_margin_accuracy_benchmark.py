"""The whole table of margin accuracy: bodies, slice spacings, margins and phases of the slice lattice."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.ndimage

from tests.targets.bodies import (
    convex_errors,
    directions,
    ellipsoid_contours,
    ellipsoid_support,
    margin_support,
)
from workstation.structures.recipe import Margin
from workstation.targets.margin import expand

BODIES = {
    "ball 8": (8.0,) * 3, "ball 15": (15.0,) * 3, "ball 22": (22.0,) * 3,
    "14 x 21 x 31": (14.0, 21.0, 31.0), "31 x 14 x 21": (31.0, 14.0, 21.0), "21 x 31 x 14": (21.0, 31.0, 14.0),
}  # fmt: skip
MARGINS = {f"{m:+d} mm": Margin.uniform(m) for m in (3, 5, 8, -3, -5)}
MARGINS["six directions"] = Margin(7, 5, 4, 8, 10, 6)
PHASES = (0.02, 0.22, 0.42, 0.62, 0.82)


def edt_offset_mm(radius: float, margin_mm: float, spacing_mm: float, phase: float) -> float:
    """Mean surface offset, by volume, of a thresholded voxel distance around the same ball (0.977 mm pixels)."""
    sampling = (spacing_mm, 0.977, 0.977)
    half = [int((radius + margin_mm + 4) / s) + 1 for s in sampling]
    z, y, x = (
        np.arange(-n, n + 1).reshape([-1 if axis == k else 1 for axis in range(3)]) * s - phase * s
        for k, (n, s) in enumerate(zip(half, sampling, strict=True))
    )
    outside = z * z + y * y + x * x > radius**2
    grown = scipy.ndimage.distance_transform_edt(outside, sampling=sampling) <= margin_mm
    return float((3 / 4 / np.pi * grown.sum() * np.prod(sampling)) ** (1 / 3) - radius - margin_mm)


@pytest.mark.parametrize("spacing_mm", [1.0, 1.5, 2.0, 2.5, 3.0])
def test_accuracy(spacing_mm):
    along = directions(8000)
    print(f"\nslices of {spacing_mm} mm: mean and largest local error in mm over {len(PHASES)} phases")
    print(f"{'':16s}" + "".join(f"{name:>18s}" for name in MARGINS))
    for body, axes in BODIES.items():
        cells = []
        for margin in MARGINS.values():
            sign = -1.0 if margin.shrinks else 1.0
            support = ellipsoid_support(axes, along) + sign * margin_support(margin, along)
            found = []
            for phase in PHASES:
                centre = (0.13 + 0.6 * phase, 0.4 - 0.5 * phase, spacing_mm * phase)
                grown = expand(ellipsoid_contours(axes, centre, spacing_mm), margin)
                if grown.slices:
                    found.append(convex_errors(grown, centre, along, support, spacing_mm))
            mean, largest = max((m for m, _ in found), key=abs), max(e for _, e in found)
            cells.append(f"{mean:+9.3f} {largest:8.2f}")
            assert abs(mean) <= (0.15 if margin.shrinks else 0.06)
            assert largest <= (0.5 if spacing_mm <= 2.5 else 1.0)
        print(f"{body:16s}" + "".join(cells))
    peers = [edt_offset_mm(22.0, 5.0, spacing_mm, phase) for phase in PHASES]
    print(f"SciPy, ball 22 +5 mm, threshold of a voxel distance: mean offset {np.mean(peers):+.3f} mm")
