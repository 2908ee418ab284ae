"""Measurements and profiles as tables for other programs: CSV files, or text with tabs for the clipboard.

One line for each measurement, and for regions one for each image that they were measured in. Numbers have a decimal
point and full precision; what does not apply is empty.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from workstation.images.whole_file import replacing
from workstation.measurements.measurement import ANGLE, Measurement
from workstation.measurements.profile import Profile
from workstation.measurements.shapes import region_of_measurement
from workstation.measurements.statistics import Statistics
from workstation.structures.planar import area_mm2

Row = list[str]

HEADER = [
    "number", "name", "kind", "length_mm", "angle_deg", "area_mm2", "image", "unit", "mean", "sd", "min", "max",
    "median", "p5", "p95", "pixels", "covered", "rule", "middle_x_mm", "middle_y_mm", "middle_z_mm", "provisional",
]  # fmt: skip


def measurement_rows(
    measured: Iterable[tuple[Measurement, Mapping[str, Statistics]]],
    is_provisional: Callable[[Measurement, str], bool],
) -> list[Row]:
    """The table with its header. measured: each measurement with its figures by the images' names.

    is_provisional: tells of a measurement and an image's name whether the figures hang on a registration that nobody
        has accepted; the last column says "yes" or "no", and nothing where there is no image.
    """
    rows = [list(HEADER)]
    for measurement, figures in measured:
        start = [str(measurement.number), measurement.name, measurement.kind, *_sizes(measurement)]
        middle = [_number(v) for v in middle_mm(measurement)]
        for name, found in figures.items() or [("", None)]:
            provisional = "" if found is None else "yes" if is_provisional(measurement, name) else "no"
            rows.append([*start, name, *_figures(found), *middle, provisional])
    return rows


def middle_mm(measurement: Measurement) -> tuple[float, float, float]:
    """The patient point in the middle of a measurement's box; of an angle, its corner."""
    points = measurement.points_mm
    middle = points[1] if measurement.kind == ANGLE else (points.min(axis=0) + points.max(axis=0)) / 2
    return float(middle[0]), float(middle[1]), float(middle[2])


def profile_rows(profile: Profile, names: Mapping[str, str]) -> list[Row]:
    """Position and patient point, and the value in every image, by the images' names; with a header."""
    units = {key: f" [{unit}]" if unit else "" for key, unit in profile.units.items()}
    rows = [["position_mm", "x_mm", "y_mm", "z_mm", *(f"{names.get(key, key)}{units[key]}" for key in profile.values)]]
    for number, position in enumerate(profile.positions_mm):
        values = [float(of[number]) for of in profile.values.values()]
        rows.append([_number(v) for v in (float(position), *map(float, profile.points_mm[number]), *values)])
    return rows


def csv_text(rows: Iterable[Sequence[str]], delimiter: str = ",") -> str:
    """A table as text."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


def write_csv(path: str | os.PathLike[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table as CSV (UTF-8), whole or not at all. Raises OSError."""
    with replacing(path) as part:
        part.write_text(csv_text(rows), encoding="utf-8")


def _sizes(measurement: Measurement) -> Row:
    if measurement.kind == ANGLE:
        return ["", _number(measurement.angle_deg), ""]
    if measurement.is_region:
        return ["", "", _number(area_mm2(region_of_measurement(measurement)))]
    return [_number(measurement.length_mm), "", ""]


def _figures(found: Statistics | None) -> Row:
    if found is None:
        return [""] * 11
    values = (found.mean, found.sd, found.minimum, found.maximum, found.median, found.p5, found.p95, found.count)
    return [found.unit, *(_number(v) for v in (*values, found.covered)), found.rule]


def _number(value: float | None) -> str:
    """Nine digits: more than anything was measured with, and no noise of the last bits.

    >>> _number(1 / 3), _number(None), _number(float("nan"))
    ('0.333333333', '', '')
    """
    return "" if value is None or not np.isfinite(value) else f"{value + 0.0:.9g}"
