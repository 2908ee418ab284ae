"""What lies under the cursor, for the status bar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.images.volume import Volume


@dataclass(frozen=True)
class Reading:
    """The value of one image at a point; None where the image has nothing."""

    label: str
    value: float | None
    unit: str

    def text(self) -> str:
        """Such as "CT -43 HU" or "MR 812"; "CT –" outside of the image."""
        if self.value is None:
            return f"{self.label} –"
        whole = abs(self.value) >= 100 or self.value == round(self.value)
        return f"{self.label} {self.value:.{0 if whole else 2}f} {self.unit}".rstrip()


@dataclass(frozen=True, eq=False)
class Readout:
    """A point (3,) in patient millimetres of the planning frame, and the shown images' values there."""

    position_mm: NDArray[np.float64]
    readings: tuple[Reading, ...] = ()

    def text(self) -> str:
        """As the status bar shows it."""
        x, y, z = (value + 0.0 for value in np.round(self.position_mm, 1))
        return " · ".join([f"x {x:+.1f}  y {y:+.1f}  z {z:+.1f} mm", *(r.text() for r in self.readings)])


def reading_of(volume: Volume, value: float | None) -> Reading:
    """A reading with the image's modality and unit; signal, which has no unit, stays bare."""
    bare = volume.unit.lower() in ("us", "unspecified", "a.u.") or "signal" in volume.unit.lower()
    unit = "" if bare else volume.unit
    return Reading(volume.modality or "Image", value, unit)
