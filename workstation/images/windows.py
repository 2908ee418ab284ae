"""Grey-scale windows: the presets of the field for CT, and an automatic one for everything else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.images.volume import Volume

SAMPLES = 200_000
LOW_PERCENT, HIGH_PERCENT = 1.0, 99.0


@dataclass(frozen=True, slots=True)
class WindowPreset:
    """A named window: values from centre - width/2 (black) to centre + width/2 (white), in the volume's unit."""

    name: str
    centre: float
    width: float

    @property
    def low(self) -> float:
        """The value shown black."""
        return self.centre - self.width / 2

    @property
    def high(self) -> float:
        """The value shown white."""
        return self.centre + self.width / 2


CT_PRESETS = (
    WindowPreset("Soft tissue", 40, 400),
    WindowPreset("Bone", 400, 1800),
    WindowPreset("Brain", 40, 80),
    WindowPreset("Lung", -600, 1500),
    WindowPreset("Head and neck", 60, 350),
    WindowPreset("Temporal bone", 700, 4000),
)
"""In the order of the keys 1 to 6."""


def presets_for(volume: Volume) -> tuple[WindowPreset, ...]:
    """The windows that the number keys choose, in their order. CT: the field's; others: shares of their own range."""
    if is_ct(volume):
        return CT_PRESETS
    automatic = automatic_window(volume)
    values = _samples(volume)
    whole = _preset("Whole range", float(values.min(initial=0.0)), float(values.max(initial=0.0)))
    return (
        automatic,
        whole,
        _preset("Bright", automatic.low, automatic.low + 0.5 * automatic.width),
        _preset("High values", automatic.low + 0.5 * automatic.width, automatic.high),
    )


def automatic_window(volume: Volume, *phases: Volume) -> WindowPreset:
    """The first window shown: soft tissue for CT, else from the 1st to the 99th percentile (PET: from 0).

    phases: further volumes that must be shown alike (phases of one MR examination share one window).
    Percentiles are taken from about 200,000 voxels spread evenly; padding and what is not finite are left out.
    """
    if is_ct(volume):
        return CT_PRESETS[0]
    values = np.concatenate([_samples(v) for v in (volume, *phases)])
    if not len(values):
        return _preset("Automatic", 0.0, 1.0)
    low, high = (float(v) for v in np.percentile(values, (LOW_PERCENT, HIGH_PERCENT)))
    if volume.modality == "PT":
        low, high = 0.0, float(np.percentile(values, 99.9))
    if high <= low:
        low, high = float(values.min()), float(values.max())
    return _preset("Automatic", low, high)


def is_ct(volume: Volume) -> bool:
    """Whether the values are Hounsfield units: a CT, or an image without modality that has air and more than water."""
    if volume.modality:
        return volume.modality == "CT" and volume.unit in ("", "HU")
    values = _samples(volume)
    return bool(len(values) and values.min() <= -900 and values.max() > 150 and values.min() >= -4096)


def _preset(name: str, low: float, high: float) -> WindowPreset:
    width = high - low if high > low else 1.0
    return WindowPreset(name, low + width / 2, width)


def _samples(volume: Volume) -> NDArray[Any]:
    """At most about 200,000 finite voxels without padding, spread over the whole volume."""
    step = max(1, round((volume.voxels.size / SAMPLES) ** (1 / 3)))
    k, j, i = (slice(_start(n, step), None, step) for n in volume.voxels.shape)
    values = volume.voxels[k, j, i].ravel()
    if values.dtype != np.int16:
        values = values[np.isfinite(values)]
    return _without_padding(values, _numbers(volume.acquisition.get("PaddingValue", "")))


def _start(count: int, step: int) -> int:
    return min(count - 1, step // 2)


def _numbers(text: str) -> Iterable[float]:
    try:
        return [float(text)] if text else []
    except ValueError:
        return []


def _without_padding(values: NDArray[Any], padding: Iterable[float]) -> NDArray[Any]:
    for value in padding:
        kept = values[values != value]
        values = kept if len(kept) else values
    return values
