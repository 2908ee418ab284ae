"""Landmarks from files into the case and back: tables, and the lists of points of other programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from workstation.case.commands import Together
from workstation.case.registration_commands import PutLandmark
from workstation.editing.landmarking import FIXED, with_point
from workstation.fusion.landmark_files import paired, read_landmarks, side_of, write_landmarks
from workstation.fusion.landmarks import LandmarkPair
from workstation.fusion.point_files import NamedPoint, read_points
from workstation.fusion.registration import RegistrationError
from workstation.gui.session import Session
from workstation.images.volume import Volume
from workstation.images.whole_file import reason

READ = "Landmarks (*.csv *.fcsv *.json *.txt *.pts);;All files (*)"
WRITE = {
    "Table (*.csv)": ".csv",
    "3D Slicer markups, two files (*.mrk.json)": ".mrk.json",
    "3D Slicer fiducials, two files (*.fcsv)": ".fcsv",
    "elastix points, two files (*.txt)": ".txt",
}
"""The kinds of files to choose from, and how their names end."""


def read_files(session: Session, paths: Sequence[str]) -> None:
    """Add the landmarks of one table, of two lists of points, or of one list, as one step.

    Which list is whose is told by "fixed" or "moving" in its name, else by the image that its points lie in. One list
    alone fills the side that pairs lack. What can't be read is refused in a sentence.
    """
    placing = session.desk.placing
    fixed, moving = placing.fixed, placing.moving
    if fixed is None or moving is None:
        return
    try:
        pairs = _pairs_of(list(paths), fixed, moving, session.desk.landmarking.pairs)
    except RegistrationError as error:
        session.refused.emit(str(error))
        return
    if not pairs:
        session.refused.emit(f"{Path(paths[0]).name} holds no landmarks")
        return
    session.do(Together("Read landmarks", tuple(PutLandmark(pair) for pair in pairs)))


def write_files(session: Session, chosen: str, kind: str) -> list[Path]:
    """Write all pairs of the two images; what was written, nothing when that was refused in a sentence.

    kind: one of `WRITE`, for a name without an ending. Lists of points go into two files, NAME_fixed and NAME_moving.
    """
    ending = next((end for end in WRITE.values() if chosen.lower().endswith(end)), "")
    stem = Path(chosen[: len(chosen) - len(ending)] if ending else chosen)
    ending = ending or WRITE.get(kind, ".csv")
    sides = ("",) if ending == ".csv" else ("_fixed", "_moving")
    paths = [stem.with_name(f"{stem.name}{side}{ending}") for side in sides]
    # the dialog has asked about the name that was chosen, not about these
    there = [path.name for path in paths if len(paths) > 1 and path.exists()]
    if there:
        session.refused.emit(f"{' and '.join(there)} exist already: choose another name")
        return []
    try:
        write_landmarks(paths[0], session.desk.landmarking.pairs, *paths[1:])
    except OSError as error:
        session.refused.emit(f"{paths[0].name} can't be written: {reason(error)}")
        return []
    return paths


def _pairs_of(
    paths: list[str], fixed: Volume, moving: Volume, known: tuple[LandmarkPair, ...]
) -> list[LandmarkPair]:
    if len(paths) > 2:
        raise RegistrationError("Choose one table, or two lists: the fixed points and the moving ones")
    lists = [path for path in paths if not path.lower().endswith(".csv")]
    if len(lists) == 1 and len(paths) == 1:
        return _filled(lists[0], fixed, moving, known)
    if len(lists) == 2 and side_of(paths[0], fixed.grid, moving.grid) != FIXED:
        paths = paths[::-1]
    found = read_landmarks(
        *paths, fixed_frame_uid=fixed.frame_of_reference_uid, moving_frame_uid=moving.frame_of_reference_uid,
        fixed_grid=fixed.grid, moving_grid=moving.grid,
    )  # fmt: skip
    return numbered(found, known)


def _filled(path: str, fixed: Volume, moving: Volume, known: tuple[LandmarkPair, ...]) -> list[LandmarkPair]:
    """One list of points: on the pairs that lack its side where they belong together, else as new pairs."""
    side = side_of(path, fixed.grid, moving.grid)
    points = [p for p in read_points(path, (fixed if side == FIXED else moving).grid) if p.position_mm is not None]
    lacking = [pair for pair in known if (pair.fixed_mm if side == FIXED else pair.moving_mm) is None]
    named = [NamedPoint(None, pair.name or str(pair.number), pair.number) for pair in lacking]
    try:
        rows = paired(named, points, ("", "")) if lacking else [(None, point) for point in points]
    except RegistrationError:  # nothing says which belong together
        rows = [(None, point) for point in points]
    pairs = {pair.number: pair for pair in lacking}
    frames = fixed.frame_of_reference_uid, moving.frame_of_reference_uid
    old, new = [], []
    for place, point in rows:
        if point is None or point.position_mm is None:
            continue
        if place is not None:
            old.append(with_point(pairs[place.number], side, point.position_mm))
        else:
            made = LandmarkPair.new(point.number or 1, *frames, name="" if point.name.isdecimal() else point.name)
            new.append(with_point(made, side, point.position_mm))
    return old + numbered(new, known)


def numbered(new: Sequence[LandmarkPair], known: Sequence[LandmarkPair]) -> list[LandmarkPair]:
    """Pairs from a file with numbers that are free."""
    taken = {pair.number for pair in known}
    found = []
    for pair in new:
        number = pair.number
        while number in taken:
            number += 1
        taken.add(number)
        found.append(replace(pair, number=number))
    return found
