"""`workstation header PATH`: the DICOM header of a file, or of one slice of a series, to be searched."""

from __future__ import annotations

import argparse
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workstation.cli.output import UsageError, note, print_json, progress_on_terminal
from workstation.cli.references import choose_series, existing_path, numbered, series_in

if TYPE_CHECKING:
    from workstation.dicom.entry import SeriesEntry
    from workstation.dicom.header_listing import HeaderRow
    from workstation.dicom.source import Source


def add_to(subparsers: Any) -> None:
    """Declare the command's arguments."""
    parser = subparsers.add_parser("header", help="list the DICOM header of a file or of a slice of a series")
    parser.add_argument("path", metavar="PATH", help="a DICOM file, or a folder or archive with one series")
    parser.add_argument("--search", metavar="TEXT", default="", help="only rows whose tag, name or value holds this")
    parser.add_argument("--file", metavar="N", type=int, help="which slice of the series, from 1, in their order")
    parser.add_argument("--differing", action="store_true", help="only what differs between the slices of the series")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the rows that are wanted."""
    from workstation.dicom.header_listing import differing_attributes, list_header
    from workstation.dicom.source import Source

    plain, chosen = numbered(options.path)
    path = existing_path(plain)
    if path.is_file() and _is_image_file(path):
        return _run_image_file(options)
    slices: list[tuple[Source, int | None]] = [(Source(str(path)), None)]
    if path.is_dir() or chosen or options.file is not None or options.differing or zipfile.is_zipfile(path):
        slices = _slices(options.path)
    number = 1 if options.file is None else options.file
    if not 1 <= number <= len(slices):
        raise UsageError(f"--file {number}: the series has {len(slices)} slices; choose one from 1 to {len(slices)}")
    source, frame_number = slices[number - 1]
    listing = list_header(source, frame_number)
    differing = differing_attributes([s for s, _ in slices], progress_on_terminal()) if len(slices) > 1 else frozenset()
    rows = [row for row in listing.rows if not options.differing or row.path in differing]
    if options.search:
        rows = [row for row in rows if row.matches(options.search)]
    _show(options.json, rows, listing.note, source.name, (number, len(slices)), differing)
    return 0


def _is_image_file(path: Path) -> bool:
    from workstation.images.file_kind import image_file_kind

    with open(path, "rb") as stream:
        return bool(image_file_kind(stream.read(512)))


def _run_image_file(options: argparse.Namespace) -> int:
    """NIfTI, NRRD and MetaImage have no DICOM header: what is known of the image, in the same rows."""
    from workstation.dicom.image_header import find_headers
    from workstation.images.files import read_image_file

    found = find_headers(read_image_file(options.path), progress_on_terminal())
    rows = [row for row in found.known if not options.search or row.matches(options.search)]
    _show(options.json, rows, found.note, options.path, (1, 1), frozenset())
    return 0


def _show(
    as_json: bool, rows: list[HeaderRow], remark: str, name: str, place: tuple[int, int], differing: frozenset[str]
) -> None:
    """place: which slice of how many."""
    if not as_json:
        _print(rows, remark, f"{name}, slice {place[0]} of {place[1]}", differing)
        return
    print_json(
        {
            "file": name,
            "slice": place[0],
            "slices": place[1],
            "rows": [{**asdict(row), "differs": row.path in differing} for row in rows],
            "note": remark,
        }
    )


def _slices(path: str) -> list[tuple[Source, int | None]]:
    """The slices of the one series below a path, with their frames in a multi-frame file."""
    entries = [e for e in series_in(path, progress_on_terminal()) if not e.image_file]
    entry: SeriesEntry = choose_series(entries, path, None)
    return [(frame.source, frame.number) for frame in entry.frames]


def _print(rows: list[HeaderRow], remark: str, title: str, differing: frozenset[str]) -> None:
    print(title)
    for row in rows:
        mark = "≠" if row.path in differing else " "
        head = f"{mark} {'  ' * row.depth}{row.tag or '-'} {row.vr:2} {row.name}"
        print(f"{head:56}  {row.value}".rstrip())
    if remark:
        note(remark)
