"""Pairs of landmarks in files: one CSV table, or two lists of points of other programs (`fusion.point_files`).

The table's columns are number, name, fixed_x_mm, fixed_y_mm, fixed_z_mm, moving_x_mm, moving_y_mm, moving_z_mm: patient
points (LPS) in mm, of the fixed image (that stays) and of the moving one (that is brought onto it). A side that has not
been placed is empty. What is written can be read again to the last bit.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from workstation.fusion.landmarks import LandmarkPair
from workstation.fusion.point_files import NamedPoint, number_of, read_points, text_of, write_points
from workstation.fusion.registration import RegistrationError
from workstation.geometry.grid import Grid
from workstation.images.whole_file import replacing

Float = NDArray[np.float64]
Path = str | os.PathLike[str]

SIDES = ("fixed", "moving")
COLUMNS = ("number", "name", *(f"{side}_{axis}_mm" for side in SIDES for axis in "xyz"))
TABLE = ".csv"


def read_landmarks(
    path: Path,
    moving_path: Path | None = None,
    *,
    fixed_frame_uid: str = "",
    moving_frame_uid: str = "",
    fixed_grid: Grid | None = None,
    moving_grid: Grid | None = None,
) -> tuple[LandmarkPair, ...]:
    """Pairs from a CSV table, or from two lists of points (.fcsv, .mrk.json, elastix's .txt): fixed and moving.

    Points of two lists belong together by the pair's number where the files tell it, else by label, else by order. One
    list alone gives pairs whose moving side is not placed. The frames of reference and, for elastix's voxel counts, the
    grids are those of the two images. Raises RegistrationError, in one sentence with the line.
    """
    frames = fixed_frame_uid, moving_frame_uid
    if os.fspath(path).lower().endswith(TABLE):
        if moving_path is not None:
            raise RegistrationError(f"{os.fspath(path)}: a table holds both sides, so no second file belongs to it")
        return _from_table(os.fspath(path), *frames)
    fixed = read_points(path, fixed_grid)
    moving = () if moving_path is None else read_points(moving_path, moving_grid)
    names = os.fspath(path), os.fspath(moving_path or "")
    rows = paired(fixed, moving, names) if moving_path is not None else [(point, None) for point in fixed]
    return _numbered(rows, *frames)


def write_landmarks(path: Path, pairs: Iterable[LandmarkPair], moving_path: Path | None = None) -> None:
    """Write pairs as a CSV table, or as two lists of points as the endings say: fixed points, moving points.

    elastix's lists (.txt) keep complete pairs only, as they know points by their order. Raises RegistrationError for an
    ending that is not known, and OSError; every file is written whole or not at all.
    """
    pairs = tuple(pairs)
    name = os.fspath(path).lower()
    if name.endswith(TABLE):
        if moving_path is not None:
            raise RegistrationError(f"{os.fspath(path)}: a table holds both sides; name no second file")
        with replacing(path) as part:
            part.write_text(table_text(pairs), encoding="utf-8", newline="")
        return
    if moving_path is None:
        raise RegistrationError(f"{os.fspath(path)}: lists of points need two files, for fixed and for moving points")
    if any(os.fspath(each).lower().endswith((".txt", ".pts")) for each in (path, moving_path)):
        pairs = tuple(pair for pair in pairs if pair.complete)
    write_points(path, [NamedPoint(pair.fixed_mm, _label(pair), pair.number) for pair in pairs])
    write_points(moving_path, [NamedPoint(pair.moving_mm, _label(pair), pair.number) for pair in pairs])


def paired(
    fixed: Sequence[NamedPoint], moving: Sequence[NamedPoint], names: tuple[str, str]
) -> list[tuple[NamedPoint | None, NamedPoint | None]]:
    """Points of two lists that belong together: by number, else by label, else by order.

    names: of the files, for the sentence of the RegistrationError where the lists are of different length and nothing
    else says what belongs together.
    """
    keys: tuple[Callable[[NamedPoint], object], ...] = (lambda point: point.number, lambda point: point.name.strip())
    for key in keys:
        one, other = {key(point): point for point in fixed}, {key(point): point for point in moving}
        told = all([*one, *other]) and len(one) == len(fixed) and len(other) == len(moving)
        if told and one.keys() & other.keys():
            return [(one.get(each), other.get(each)) for each in {**one, **other}]
    if len(fixed) != len(moving):
        raise RegistrationError(
            f"{names[0]} holds {len(fixed)} points, {names[1]} {len(moving)}, and no labels say which belong together"
        )
    return list(zip(fixed, moving, strict=True))


def side_of(path: Path, fixed_grid: Grid, moving_grid: Grid) -> str:
    """ "fixed" or "moving": whose points a list holds.

    Told by its name where that holds one of the two words, else by the image that more of the points lie in; "fixed"
    where both hold as many. Raises RegistrationError when it has to be read for that and can't be.
    """
    name = os.path.basename(os.fspath(path)).lower()
    told = [side for side in SIDES if side in name]
    if len(told) == 1:
        return told[0]
    inside = []
    for grid in (fixed_grid, moving_grid):
        points = [point.position_mm for point in read_points(path, grid) if point.position_mm is not None]
        inside.append(int(grid.contains(np.array(points).reshape(-1, 3)).sum()))
    return SIDES[1] if inside[1] > inside[0] else SIDES[0]


def table_text(pairs: Iterable[LandmarkPair]) -> str:
    """The CSV table with its header."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for pair in pairs:
        table.writerow([pair.number, pair.name, *_cells(pair.fixed_mm), *_cells(pair.moving_mm)])
    return out.getvalue()


def _cells(point: Float | None) -> list[str]:
    return [""] * 3 if point is None else [repr(float(value)) for value in point]


def _label(pair: LandmarkPair) -> str:
    return pair.name or str(pair.number)


def _numbered(
    rows: Iterable[tuple[NamedPoint | None, NamedPoint | None]], fixed_frame_uid: str, moving_frame_uid: str
) -> tuple[LandmarkPair, ...]:
    """Pairs with the numbers that the files tell; from 1 on in their order where they don't."""
    rows = list(rows)
    told = [max(point.number for point in row if point is not None) for row in rows]
    numbers = told if all(told) and len(set(told)) == len(told) else range(1, len(rows) + 1)
    pairs = []
    for number, (fixed, moving) in zip(numbers, rows, strict=True):
        name = next((point.name for point in (fixed, moving) if point is not None and point.name), "")
        pairs.append(
            LandmarkPair.new(
                number,
                fixed_frame_uid,
                moving_frame_uid,
                None if fixed is None else fixed.position_mm,
                None if moving is None else moving.position_mm,
                "" if name == str(number) else name,
            )
        )
    return tuple(pairs)


# ------------------------------------------------------------------------------------------------------- the table


def _from_table(path: str, fixed_frame_uid: str, moving_frame_uid: str) -> tuple[LandmarkPair, ...]:
    text = text_of(path)
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    pairs: list[LandmarkPair] = []
    places: list[int] | None = None
    try:
        for row in reader:
            where = f"{path}, line {reader.line_num}"
            if not any(cell.strip() for cell in row):
                continue
            if places is None:
                places = _places(row, where)
                continue
            if len(row) <= max(places):
                raise RegistrationError(f"{where}: it has {len(row)} columns of {max(places) + 1}")
            pair = _pair([row[n] for n in places], where, delimiter, fixed_frame_uid, moving_frame_uid)
            if any(pair.number == other.number for other in pairs):
                raise RegistrationError(f"{where}: there are two landmarks with the number {pair.number}")
            pairs.append(pair)
    except csv.Error as error:
        raise RegistrationError(f"{path}, line {reader.line_num}: it is no table ({error})") from error
    if places is None:
        raise RegistrationError(f"{path}: it is empty; the first line names the columns {', '.join(COLUMNS)}")
    return tuple(pairs)


def _delimiter(text: str) -> str:
    """Of the header: a comma, or what spreadsheets write where the comma is the decimal mark."""
    head = text.lstrip().partition("\n")[0]
    return max(",;\t", key=head.count)


def _places(header: list[str], where: str) -> list[int]:
    found = [cell.strip().lower() for cell in header]
    missing = [column for column in COLUMNS if column not in found]
    if missing:
        raise RegistrationError(f"{where}: the columns {', '.join(missing)} are missing")
    return [found.index(column) for column in COLUMNS]


def _pair(cells: list[str], where: str, delimiter: str, fixed_frame_uid: str, moving_frame_uid: str) -> LandmarkPair:
    number = cells[0].strip()
    if not (number.isascii() and number.isdecimal() and 0 < len(number) <= 9 and int(number) > 0):
        raise RegistrationError(f"{where}: {number[:40]!r} is no number of a landmark (1, 2, 3 …)")
    fixed, moving = (
        _point(cells[n : n + 3], f"{where}, {side} point", delimiter) for n, side in zip((2, 5), SIDES, strict=True)
    )
    return LandmarkPair.new(int(number), fixed_frame_uid, moving_frame_uid, fixed, moving, cells[1])


def _point(cells: list[str], where: str, delimiter: str) -> Float | None:
    given = [cell.strip() for cell in cells if cell.strip()]
    if not given:
        return None
    if len(given) < 3:
        raise RegistrationError(f"{where}: it has {len(given)} of three coordinates")
    return np.array([number_of(cell if delimiter == "," else cell.replace(",", "."), where) for cell in cells])
