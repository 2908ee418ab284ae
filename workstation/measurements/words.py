"""Measured numbers as they are written for people: one precision for each kind, always with its unit."""

from __future__ import annotations

import math
from functools import lru_cache

from workstation.images.units import bare_unit
from workstation.measurements.measurement import ANGLE, ELLIPSE, RECTANGLE, Measurement
from workstation.measurements.shapes import corners_uv, region_of_measurement
from workstation.structures.planar import area_mm2


def length_words(length_mm: float) -> str:
    """
    >>> length_words(23.449)
    '23.4 mm'
    """
    return f"{length_mm:.1f} mm"


def angle_words(angle_deg: float) -> str:
    """
    >>> angle_words(90)
    '90.0°'
    """
    return f"{angle_deg:.1f}°"


def area_words(area: float) -> str:
    """Of mm²; shown in cm², so that a hundredth is a square millimetre.

    >>> area_words(123.4)
    '1.23 cm²'
    """
    return f"{area / 100.0:.2f} cm²"


def volume_words(cubic_cm: float) -> str:
    """A tenth of a cc; small organs, such as a cochlea, to a hundredth.

    >>> volume_words(8.06), volume_words(0.234), volume_words(0.0)
    ('8.1 cc', '0.23 cc', '0.0 cc')
    """
    return f"{cubic_cm:.2f} cc" if 0 < cubic_cm < 0.995 else f"{cubic_cm:.1f} cc"


def value_words(value: float | None, unit: str, *, with_unit: bool = True) -> str:
    """A grey value: HU and large values to a tenth, whole ones whole, small ones (such as SUV) to a hundredth.

    >>> value_words(43.21, "HU"), value_words(-1000.0, "HU"), value_words(3.456, "SUV"), value_words(None, "HU")
    ('43.2 HU', '-1000 HU', '3.46 SUV', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    digits = 1 if unit == "HU" or abs(value) >= 100 else 2
    if value == round(value) and (unit == "HU" or abs(value) >= 10):
        digits = 0
    text = f"{value + 0.0:.{digits}f}"
    word = bare_unit(unit) if with_unit else ""
    return f"{text} {word}".rstrip()


def computed_words(value: float | None, unit: str) -> str:
    """A mean or a spread: to a tenth, small ones of other units than HU to a hundredth, whole ones too.

    >>> computed_words(40.0, "HU"), computed_words(3.456, "SUV"), computed_words(812.0, "MR signal")
    ('40.0 HU', '3.46 SUV', '812.0')
    """
    if value is None or not math.isfinite(value):
        return "–"
    digits = 1 if unit == "HU" or abs(value) >= 100 else 2
    return f"{value + 0.0:.{digits}f} {bare_unit(unit)}".rstrip()


def spread_words(mean: float | None, sd: float | None, unit: str) -> str:
    """
    >>> spread_words(43.21, 12.04, "HU")
    '43.2 ± 12.0 HU'
    """
    if mean is None or sd is None:
        return "not in this image"
    digits = 1 if unit == "HU" or abs(mean) >= 100 else 2
    return f"{mean + 0.0:.{digits}f} ± {sd:.{digits}f} {bare_unit(unit)}".rstrip()


@lru_cache(maxsize=256)
def size_words(measurement: Measurement) -> str:
    """What a measurement says without any image: a length, an angle or an area."""
    if measurement.kind == ANGLE:
        return angle_words(measurement.angle_deg)
    if measurement.is_region:
        return area_words(area_mm2(region_of_measurement(measurement)))
    return length_words(measurement.length_mm)


def sides_words(measurement: Measurement) -> str:
    """Width and height of a rectangle or ellipse, "" for all others."""
    if measurement.kind not in (RECTANGLE, ELLIPSE):
        return ""
    first, second = corners_uv(measurement)
    width, height = abs(second - first)
    return f"{width:.1f} × {height:.1f} mm"
