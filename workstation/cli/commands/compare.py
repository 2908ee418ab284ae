"""`workstation compare FIRST SECOND`: what two series disagree about before they are fused."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from workstation.cli.output import UsageError, note, print_json, print_table, progress_on_terminal
from workstation.cli.references import existing_path, load_image_for

if TYPE_CHECKING:
    from workstation.geometry.deformation import SpatialMap
    from workstation.images.comparison import Difference
    from workstation.images.volume import Volume

_MARKS = {"same": "=", "note": "i", "caution": "!", "stop": "X"}


def add_to(subparsers: Any) -> None:
    """Declare the command's arguments."""
    parser = subparsers.add_parser("compare", help="say what two series disagree about before they are fused")
    parser.add_argument("first", metavar="FIRST", help="folder or file of the image below, such as the planning CT")
    parser.add_argument("second", metavar="SECOND", help="folder or file of the image to lie on it, such as an MR")
    parser.add_argument("--registration", metavar="REG.dcm", help="a DICOM registration that links the two")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare and print, the most serious first. The exit code is 0 whatever they disagree about."""
    from workstation.images.comparison import compare_volumes, summary_of, that_matter, worst_kind

    progress = progress_on_terminal()
    first = load_image_for(options.first, progress=progress)
    second = load_image_for(options.second, progress=progress)
    relation, provisional = _relation(options.registration, first, second)
    differences = compare_volumes(first, second, relation)
    if options.json:
        print_json(
            {
                "first": _about(first),
                "second": _about(second),
                "verdict": worst_kind(differences),
                "summary": summary_of(differences),
                "provisional": provisional,
                "differences": [asdict(d) for d in differences],
            }
        )
        return 0
    rest = [d for d in differences if d.kind == "same"]
    print_table(("", "what", "first", "second", ""), [_row(d) for d in [*that_matter(differences), *rest]])
    print(f"\n{summary_of(differences)}")
    if provisional:
        print("Provisional: not every registration that was used was accepted by a person.")
    return 0


def _about(volume: Volume) -> dict[str, Any]:
    return {
        "uid": volume.series_uid,
        "modality": volume.modality,
        "description": volume.description,
        "size": list(volume.grid.size),
        "spacing_mm": volume.grid.spacing_mm.tolist(),
    }


def _row(difference: Difference) -> tuple[str, ...]:
    d = difference
    return _MARKS[d.kind], d.what, _short(d.first), _short(d.second), d.sentence


def _short(text: str) -> str:
    return text if len(text) <= 28 else text[:27] + "…"


def _relation(path: str | None, first: Volume, second: Volume) -> tuple[SpatialMap | None, bool]:
    """The map between the two, and whether somebody has yet to accept it."""
    if path is None:
        return None, False
    from workstation.dicom.registration import read_registrations
    from workstation.fusion.registration import transform_between
    from workstation.view.still_picture import is_provisional

    found = read_registrations(existing_path(path))
    relation = transform_between(found, first.frame_of_reference_uid, second.frame_of_reference_uid)
    if relation is None:
        raise UsageError(f"{path}: this registration does not link the frames of reference of the two series")
    if first.frame_of_reference_uid == second.frame_of_reference_uid:
        note("warning: both images are in one frame of reference; the registration is not used")
    return relation, is_provisional(first, second.frame_of_reference_uid, found)
