"""Lists of points of one image as other programs keep them: 3D Slicer's fiducials and markups, elastix's point files.

Points are given and written in DICOM's patient coordinates (LPS, mm), whatever the file uses. What is written can be
read again to the last bit.

- .fcsv, Slicer up to 5: "CoordinateSystem" is RAS or 0, LPS or 1; RAS where it is missing, as in the oldest versions.
- .mrk.json, .json, Slicer from 4.11 on: "coordinateSystem" is LPS where it is missing (markups schema 1.0).
- .txt, .pts, elastix and transformix: "point" or "index", the number of points, one point in a line. An index counts
  voxels of the image, so that it takes the image's grid to read it.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.fusion.registration import RegistrationError
from workstation.geometry.grid import Grid
from workstation.images.whole_file import replacing

Float = NDArray[np.float64]

MOST_BYTES = 16_000_000
SCHEMA = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/"
    "markups-schema-v1.0.0.json#"
)
FCSV_COLUMNS = "id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID"
_TO_LPS = {"LPS": (1.0, 1.0, 1.0), "1": (1.0, 1.0, 1.0), "RAS": (-1.0, -1.0, 1.0), "0": (-1.0, -1.0, 1.0)}
_NUMBERED = re.compile(r"pair (\d{1,9})")


@dataclass(frozen=True, eq=False)
class NamedPoint:
    """One point of a list.

    position_mm: (3,) patient point (LPS), None for one that was listed but not placed. name: its label. number: of the
    pair that it belongs to, 0 where the file says nothing.
    """

    position_mm: Float | None
    name: str = ""
    number: int = 0


def read_points(path: str | os.PathLike[str], grid: Grid | None = None) -> tuple[NamedPoint, ...]:
    """The points of a file. grid: of the image, for files that count voxels.

    Raises RegistrationError, in one sentence with the file and the line, for whatever can't be read.
    """
    name = os.fspath(path)
    text = text_of(name)
    lower = name.lower()
    if lower.endswith(".fcsv"):
        return _from_fcsv(text, name)
    if lower.endswith(".json"):
        return _from_markups(text, name)
    if lower.endswith((".txt", ".pts")):
        return _from_elastix(text, name, grid)
    raise RegistrationError(f"{name}: points are read from .fcsv, .mrk.json, and elastix's .txt and .pts files")


def write_points(path: str | os.PathLike[str], points: Iterable[NamedPoint]) -> None:
    """Write the placed points as the ending of the name says: .fcsv, .mrk.json or .json, .txt or .pts.

    Raises RegistrationError for another ending, and OSError.
    """
    name, placed = os.fspath(path), [point for point in points if point.position_mm is not None]
    makers: dict[str, Callable[[Sequence[NamedPoint]], str]] = {
        ".fcsv": _as_fcsv, ".json": _as_markups, ".txt": _as_elastix, ".pts": _as_elastix,
    }  # fmt: skip
    make = makers.get(Path(name).suffix.lower())
    if make is None:
        raise RegistrationError(f"{name}: points are written as .fcsv, .mrk.json, .txt or .pts")
    with replacing(path) as part:
        part.write_text(make(placed), encoding="utf-8", newline="")


def text_of(path: str) -> str:
    """A small text file, or RegistrationError."""
    try:
        with open(path, "rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "its name is not valid"
        raise RegistrationError(f"{path!s} can't be opened: {why}") from error
    if len(data) > MOST_BYTES:
        raise RegistrationError(f"{path}: it is too large for a list of landmarks")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise RegistrationError(f"{path}, line {line}: it is no text (UTF-8)") from error


def number_of(text: str, where: str) -> float:
    """A finite number, or RegistrationError that says where it should be."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise RegistrationError(f"{where}: {text.strip()[:40]!r} is no number")
    return value


# ---------------------------------------------------------------------------------------------------------- Slicer


def _from_fcsv(text: str, path: str) -> tuple[NamedPoint, ...]:
    columns, sides = FCSV_COLUMNS.split(","), _sides("RAS", path)
    found = []
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        for row in reader:
            where = f"{path}, line {reader.line_num}"
            if not any(cell.strip() for cell in row):
                continue
            if row[0].startswith("#"):
                key, _, value = ",".join(row).lstrip("# ").partition("=")
                if key.strip() == "CoordinateSystem":
                    sides = _sides(value.strip(), where)
                elif key.strip() == "columns":
                    columns = [cell.strip() for cell in value.split(",")]
                continue
            found.append(_fcsv_point(row, columns, sides, where))
    except csv.Error as error:
        raise RegistrationError(f"{path}, line {reader.line_num}: it is no table ({error})") from error
    return tuple(found)


def _fcsv_point(row: list[str], columns: list[str], sides: tuple[float, ...], where: str) -> NamedPoint:
    cells = dict(zip(columns, row, strict=False))
    missing = [axis for axis in "xyz" if axis not in cells]
    if missing:
        raise RegistrationError(f"{where}: it has no {', '.join(missing)}")
    position = np.array([number_of(cells[axis], where) for axis in "xyz"]) * sides
    return NamedPoint(position, cells.get("label", ""), _pair_number(cells.get("desc", "")))


def _sides(value: str, where: str) -> tuple[float, ...]:
    if value.upper() not in _TO_LPS:
        raise RegistrationError(f"{where}: the coordinate system {value[:40]!r} is not known; LPS and RAS are")
    return _TO_LPS[value.upper()]


def _pair_number(description: object) -> int:
    told = _NUMBERED.fullmatch(description.strip()) if isinstance(description, str) else None
    return int(told[1]) if told else 0


def _as_fcsv(points: Sequence[NamedPoint]) -> str:
    out = io.StringIO()
    out.write(f"# Markups fiducial file version = 4.13\n# CoordinateSystem = LPS\n# columns = {FCSV_COLUMNS}\n")
    table = csv.writer(out, lineterminator="\n")
    for n, point in enumerate(points):
        table.writerow([n, *_written(point), 0, 0, 0, 1, 1, 1, 0, point.name, _description(point), ""])
    return out.getvalue()


def _written(point: NamedPoint) -> list[float]:
    assert point.position_mm is not None
    return [float(value) for value in point.position_mm]


def _description(point: NamedPoint) -> str:
    return f"pair {point.number}" if point.number else ""


def _from_markups(text: str, path: str) -> tuple[NamedPoint, ...]:
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        raise RegistrationError(f"{path}, line {error.lineno}: it is no JSON ({error.msg})") from error
    except (ValueError, RecursionError) as error:
        raise RegistrationError(f"{path}: it is no JSON that can be read") from error
    listed = whole.get("markups") if isinstance(whole, dict) else None
    markups = listed if isinstance(listed, list) else []
    lists = [one for one in markups if isinstance(one, dict) and one.get("type") == "Fiducial"]
    if len(lists) != 1:
        raise RegistrationError(f"{path}: it holds {len(lists)} lists of points (markups of the type Fiducial), not 1")
    system, units = lists[0].get("coordinateSystem", "LPS"), lists[0].get("coordinateUnits", "mm")
    if "mm" not in (units if isinstance(units, list) else [units]):
        raise RegistrationError(f"{path}: its points are not in mm")
    sides = _sides(str(system), path)
    points = lists[0].get("controlPoints", [])
    if not isinstance(points, list):
        raise RegistrationError(f"{path}: controlPoints is no list")
    return tuple(_markups_point(point, sides, f"{path}, point {n}") for n, point in enumerate(points, start=1))


def _markups_point(point: Any, sides: tuple[float, ...], where: str) -> NamedPoint:
    if not isinstance(point, dict):
        raise RegistrationError(f"{where}: it is no control point")
    name = point.get("label", "")
    name, number = name if isinstance(name, str) else "", _pair_number(point.get("description", ""))
    position = point.get("position")
    if point.get("positionStatus", "defined") != "defined" or position is None:
        return NamedPoint(None, name, number)
    if not isinstance(position, list) or len(position) != 3 or any(type(v) not in (int, float) for v in position):
        raise RegistrationError(f"{where}: its position is not three numbers")
    return NamedPoint(np.array([number_of(str(v), where) for v in position]) * sides, name, number)


def _as_markups(points: Sequence[NamedPoint]) -> str:
    controls = [
        {
            "id": str(n),
            "label": point.name,
            "description": _description(point),
            "position": _written(point),
            "positionStatus": "defined",
        }
        for n, point in enumerate(points, start=1)
    ]
    markup = {"type": "Fiducial", "coordinateSystem": "LPS", "coordinateUnits": "mm", "controlPoints": controls}
    return json.dumps({"@schema": SCHEMA, "markups": [markup]}, indent=1, ensure_ascii=False) + "\n"


# --------------------------------------------------------------------------------------------------------- elastix


def _from_elastix(text: str, path: str, grid: Grid | None) -> tuple[NamedPoint, ...]:
    lines = [(n, line.split()) for n, line in enumerate(text.split("\n"), start=1) if line.strip()]
    first, kind = lines[0] if lines else (1, [])
    second, count = lines[1] if len(lines) > 1 else (2, [])
    if kind not in (["point"], ["index"]):
        raise RegistrationError(f'{path}, line {first}: it must say "point" or "index"')
    if kind == ["index"] and grid is None:
        raise RegistrationError(f"{path}: its points count voxels, so the image that they belong to has to be named")
    if len(count) != 1 or not re.fullmatch("[0-9]{1,9}", count[0]):
        raise RegistrationError(f"{path}, line {second}: it must say how many points follow")
    rows = lines[2:]
    if len(rows) != int(count[0]):
        raise RegistrationError(f"{path}, line {second}: it announces {int(count[0])} points, and {len(rows)} follow")
    found = []
    for n, cells in rows:
        if len(cells) != 3:
            raise RegistrationError(f"{path}, line {n}: a point has three numbers, not {len(cells)}")
        found.append(np.array([number_of(cell, f"{path}, line {n}") for cell in cells]))
    if kind == ["index"] and grid is not None:
        found = [grid.to_patient(index) for index in found]
    return tuple(NamedPoint(position) for position in found)


def _as_elastix(points: Sequence[NamedPoint]) -> str:
    rows = (" ".join(repr(value) for value in _written(point)) for point in points)
    return "\n".join(["point", str(len(points)), *rows]) + "\n"
