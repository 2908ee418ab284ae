"""Grey-scale windows: the presets of the field for CT and PET, and automatic ones for everything else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from workstation.images.volume import Volume

SAMPLES = 200_000
LOW_PERCENT, HIGH_PERCENT = 1.0, 99.0
HIGHEST_PERCENT = 99.9
"""What is white in a PET: its few hot spots are what it is about."""


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


def rounded_to_see(value: float, width: float) -> float:
    """A value of a window as precise as the eye can tell: whole where the window is wide, else a hundredth of it.

    >>> rounded_to_see(40.4, 400.0), rounded_to_see(2.5, 5.0)
    (40.0, 2.5)
    """
    digits = 0 if width >= 100 else 1 if width >= 10 else 2 if width >= 1 else 4
    return round(value, digits) + 0.0


def window_number(value: float, width: float) -> str:
    """`rounded_to_see` in words, without zeros that say nothing.

    >>> window_number(40.0, 80.0), window_number(2.5, 5.0), window_number(1234567.0, 2e6)
    ('40', '2.5', '1234567')
    """
    text = f"{rounded_to_see(value, width):.4f}"
    return text.rstrip("0").rstrip(".")


def window_words(centre: float, width: float) -> str:
    """
    >>> window_words(2.5, 5.0)
    'C 2.5 W 5'
    """
    return f"C {window_number(centre, width)} W {window_number(width, width)}"


CT_PRESETS = (
    WindowPreset("Soft tissue", 40, 400),
    WindowPreset("Bone", 400, 1800),
    WindowPreset("Brain", 40, 80),
    WindowPreset("Lung", -600, 1500),
    WindowPreset("Head and neck", 60, 350),
    WindowPreset("Temporal bone", 700, 4000),
    WindowPreset("Vessels (CTA)", 200, 700),
    WindowPreset("Liver", 60, 160),
    WindowPreset("Mediastinum", 50, 350),
    WindowPreset("Stroke", 35, 30),
)
"""In the order of the keys 1 to 9; what follows has no key."""

MR_NAMES = ("Automatic", "Whole range", "Bright", "High values", "Low values")

STANDARD_UPTAKE_UNITS = ("GML", "SUV", "SUVBW", "G/ML")
"""Units of PET (PS3.3 C.8.9.1.1.3) in which a value is a standard uptake value."""
UPTAKE_TOPS = (5.0, 10.0, 2.5, 15.0)
PERCENTS_OF_MAXIMUM = (20, 40, 60, 100)
AIR_HU = -900.0


_presets: WeakKeyDictionary[Volume, tuple[WindowPreset, ...]] = WeakKeyDictionary()
"""As long as an image lives: its voxels never change, and views ask for its presets at every change."""


def presets_for(volume: Volume) -> tuple[WindowPreset, ...]:
    """The windows that the number keys choose, in their order.

    CT: the field's. PET: standard uptake values from 0 where the unit says so, else percents of the maximum. Others:
    shares of their own range.
    """
    if volume not in _presets:
        _presets[volume] = CT_PRESETS if is_ct(volume) else _presets_of_its_own(volume)
    return _presets[volume]


def _presets_of_its_own(volume: Volume) -> tuple[WindowPreset, ...]:
    if volume.modality == "PT":
        return _uptake_presets(volume)
    automatic = automatic_window(volume)
    values = _samples(volume)
    whole = (float(values.min(initial=0.0)), float(values.max(initial=0.0)))
    low, middle, high = automatic.low, automatic.centre, automatic.high
    ranges = ((low, high), whole, (low, middle), (middle, high), (low, low + automatic.width / 4))
    return tuple(_preset(name, *ends) for name, ends in zip(MR_NAMES, ranges, strict=True))


def _uptake_presets(volume: Volume) -> tuple[WindowPreset, ...]:
    if volume.unit.upper() in STANDARD_UPTAKE_UNITS:
        return (automatic_window(volume), *(_preset(f"SUV 0–{top:g}", 0.0, top) for top in UPTAKE_TOPS))
    highest = float(_samples(volume).max(initial=0.0))
    shares = (_preset(f"0–{percent} %", 0.0, highest * percent / 100) for percent in PERCENTS_OF_MAXIMUM)
    return (automatic_window(volume), *shares)


def window_of_values(values: NDArray[Any], modality: str = "", hounsfield: bool = False) -> WindowPreset | None:
    """A window that shows these values well: from their 1st to their 99th percentile; None where nothing is to see.

    values: of any shape, such as what is visible of a slice; what is not finite is left out. modality: "PT" begins at
    zero. hounsfield: air around the patient is left out as long as anything else is there.
    """
    seen = np.asarray(values).ravel()
    seen = seen[np.isfinite(seen)]
    if hounsfield and (seen > AIR_HU).any():
        seen = seen[seen > AIR_HU]
    if not len(seen):
        return None
    low, high = (float(v) for v in np.percentile(seen, (LOW_PERCENT, HIGH_PERCENT)))
    if modality == "PT":
        low, high = 0.0, float(np.percentile(seen, HIGHEST_PERCENT))
    if high <= low:
        low, high = float(seen.min()), float(seen.max())
    return _preset("Automatic", low, high)


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
        low, high = 0.0, float(np.percentile(values, HIGHEST_PERCENT))
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
    return _without_padding(values, padding_values(volume))


def _start(count: int, step: int) -> int:
    return min(count - 1, step // 2)


def padding_values(volume: Volume) -> list[float]:
    """Values that only fill the picture's corners, and mean nothing."""
    text = volume.acquisition.get("PaddingValue", "")
    try:
        return [float(text)] if text else []
    except ValueError:
        return []


def _without_padding(values: NDArray[Any], padding: Iterable[float]) -> NDArray[Any]:
    for value in padding:
        kept = values[values != value]
        values = kept if len(kept) else values
    return values
