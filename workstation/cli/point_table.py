"""Points in a table (x,y,z or name,x,y,z a line) or in a list of another program, for the command line."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workstation.cli.output import UsageError
from workstation.cli.references import existing_path

if TYPE_CHECKING:
    from numpy.typing import NDArray

LISTS = (".fcsv", ".json")
MOST_BYTES = 64 << 20


def read_points(text: str) -> tuple[list[str], NDArray[np.float64]]:
    """Names and places (n, 3) in LPS mm; UsageError names the line that can't be read."""
    path = existing_path(text)
    if path.suffix.lower() in LISTS:
        return _from_list(path)
    if path.is_dir() or path.stat().st_size > MOST_BYTES:
        raise UsageError(f"{path}: is no table of points")
    try:
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is no table of points (it is no text)") from error
    names: list[str] = []
    places: list[list[float]] = []
    sample = content[:2000]
    delimiter = next((mark for mark in (",", ";", "\t") if mark in sample), ",")
    for number, row in enumerate(csv.reader(io.StringIO(content), delimiter=delimiter), start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells[0].startswith("#"):
            continue
        place = _place(cells[-3:])
        if place is None and number == 1 and len(cells) in (3, 4):
            continue  # a heading
        if place is None or len(cells) not in (3, 4):
            raise UsageError(f"{path}, line {number}: three coordinates are needed, x,y,z or name,x,y,z")
        names.append(cells[0] if len(cells) == 4 else str(len(names) + 1))
        places.append(place)
    if not places:
        raise UsageError(f"{path}: holds no points")
    return names, np.array(places)


def _place(cells: list[str]) -> list[float] | None:
    try:
        place = [float(cell) for cell in cells]
    except ValueError:
        return None
    return place if len(place) == 3 and np.isfinite(place).all() else None


def _from_list(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    from workstation.fusion.point_files import read_points as read_list

    placed = [(point.name, point.position_mm) for point in read_list(path) if point.position_mm is not None]
    if not placed:
        raise UsageError(f"{path}: holds no points")
    return [name for name, _ in placed], np.array([place for _, place in placed])


def write_points(path: Path, names: list[str], places: NDArray[np.float64]) -> None:
    """Write name,x,y,z a line, or a list of another program where the name's ending says so."""
    from workstation.images.whole_file import replacing

    if path.suffix.lower() in LISTS:
        from workstation.fusion.point_files import NamedPoint
        from workstation.fusion.point_files import write_points as write_list

        write_list(path, [NamedPoint(place, name) for name, place in zip(names, places, strict=True)])
        return
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("name", "x_mm", "y_mm", "z_mm"))
    table.writerows((name, *map(repr, place)) for name, place in zip(names, places.tolist(), strict=True))
    with replacing(path) as part:
        part.write_text(text.getvalue(), encoding="utf-8", newline="")
