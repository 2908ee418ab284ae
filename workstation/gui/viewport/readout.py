"""What lies under the cursor in every shown series, for the status bar."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workstation.images.units import bare_unit
from workstation.images.volume import Volume

if TYPE_CHECKING:
    from workstation.view.slice_scene import Layer

MOST_SHORT = 3
"""Values that the status bar has room for."""
LONGEST_LABEL = 14


@dataclass(frozen=True)
class Reading:
    """The value of one image at a point; None where the image has nothing."""

    label: str
    value: float | None
    unit: str

    def text(self) -> str:
        """Such as "CT -43 HU" or "MR 812"; "CT –" outside of the image and where its file has no number."""
        if self.value is None or not math.isfinite(self.value):
            return f"{self.label} –"
        whole = abs(self.value) >= 100 or self.value == round(self.value)
        return f"{self.label} {self.value:.{0 if whole else 2}f} {self.unit}".rstrip()


@dataclass(frozen=True, eq=False)
class Readout:
    """A point (3,) in patient millimetres of the planning frame, and the shown images' values there."""

    position_mm: NDArray[np.float64]
    readings: tuple[Reading, ...] = ()

    def text(self) -> str:
        """All of it, on one line."""
        return " · ".join([self._place(), *(r.text() for r in self.readings)])

    def short(self) -> str:
        """As the status bar shows it: the first values; the rest is counted."""
        shown = [reading.text() for reading in self.readings[:MOST_SHORT]]
        more = len(self.readings) - len(shown)
        return " · ".join([self._place(), *shown, *([f"+{more}"] if more else [])])

    def lines(self) -> str:
        """All of it, one line each, for a tooltip."""
        return "\n".join([self._place(), *(r.text() for r in self.readings)])

    def _place(self) -> str:
        x, y, z = (value + 0.0 for value in np.round(self.position_mm, 1))
        return f"x {x:+.1f}  y {y:+.1f}  z {z:+.1f} mm"


def readout_at(point_mm: NDArray[np.float64], layers: Iterable[Layer]) -> Readout:
    """What lies at a point (3,) in several shown images, each named once."""
    known = list({layer.volume.key: layer for layer in layers}.values())
    labels = image_labels([layer.volume for layer in known])
    return Readout(
        point_mm,
        tuple(
            reading_of(layer.volume, layer.value_at(point_mm), label)
            for layer, label in zip(known, labels, strict=True)
        ),
    )


def image_labels(volumes: Sequence[Volume]) -> list[str]:
    """A short name for each of several images: its modality; where several share that, its description; else numbers.

    >>> image_labels([])
    []
    """
    modalities = [volume.modality or "Image" for volume in volumes]
    labels = [
        modality if modalities.count(modality) == 1 else _shortened(volume.description.strip() or modality)
        for modality, volume in zip(modalities, volumes, strict=True)
    ]
    return [
        label if labels.count(label) == 1 else f"{label} {labels[:number].count(label) + 1}"
        for number, label in enumerate(labels)
    ]


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1].rstrip() + "…"


def reading_of(volume: Volume, value: float | None, label: str = "") -> Reading:
    """A reading with the image's modality (or `label`) and unit; signal, which has no unit, stays bare."""
    return Reading(label or volume.modality or "Image", value, bare_unit(volume.unit))
