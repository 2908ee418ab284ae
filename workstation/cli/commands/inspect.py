"""`workstation inspect PATH…`: what is in these folders, files or archives, and what can't be used."""

from __future__ import annotations

import argparse
from typing import Any

from workstation.cli.output import print_json, print_table, progress_on_terminal
from workstation.cli.references import existing_path


def add_to(subparsers: Any) -> None:
    """Declare the command's arguments."""
    parser = subparsers.add_parser("inspect", help="list series, structure sets and registrations of folders or files")
    parser.add_argument("paths", nargs="+", metavar="PATH", help="folder, DICOM file, zip, NIfTI, NRRD or MHA")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what was found."""
    from workstation.dicom.inspect import inspect

    found = inspect([existing_path(p) for p in options.paths], progress=progress_on_terminal())
    if options.json:
        print_json(found)
    else:
        _print(found)
    return 0


def _print(found: dict[str, Any]) -> None:
    rows = [
        (s["modality"], s["description"], " x ".join(map(str, s["size"])), _spacing(s["spacing_mm"]))
        for s in found["series"]
    ]
    print_table(("modality", "series", "size", "spacing mm"), rows)
    for series in found["series"]:
        for warning in series["warnings"]:
            print(f"! {series['description'] or series['uid']}: {warning}")
    for structure_set in found["structure_sets"]:
        print(f"\nstructure set {structure_set['label']}")
        rows = [
            (s["name"], s["type"], str(s["contours"]), f"{s['volume_cc']:.1f}") for s in structure_set["structures"]
        ]
        print_table(("structure", "type", "contours", "cc"), rows)
    print(f"\n{len(found['registrations'])} registration(s), {len(found['skipped'])} file(s) left out")
    for item in found["skipped"]:
        print(f"- {item['path']}: {item['reason']}")


def _spacing(values_mm: list[float]) -> str:
    return " x ".join(f"{v:.3g}" for v in values_mm)
