"""`workstation volumes`: every structure's volume, with the surface model that it was computed by."""

from __future__ import annotations

import argparse
from typing import Any

from workstation.cli.output import note, print_json, print_table, progress_on_terminal
from workstation.cli.references import existing_path, load_image_for

SURFACE_MODELS = ("linear-tapered", "flat", "slab")


def add_to(subparsers: Any) -> None:
    """Declare the command's arguments."""
    parser = subparsers.add_parser("volumes", help="volumes of the structures of an RTSTRUCT")
    parser.add_argument("--structures", required=True, metavar="RS.dcm", help="the RTSTRUCT file")
    parser.add_argument("--image", metavar="DIR", help="the images it was drawn on (for the slice spacing)")
    parser.add_argument(
        "--surface-model",
        choices=SURFACE_MODELS,
        default=SURFACE_MODELS[0],
        help="what lies between two drawn slices and beyond the last one (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the volumes."""
    from workstation.dicom.structure_set import read_structure_set
    from workstation.structures.volume import volume_cc

    path = existing_path(options.structures)
    structure_set = read_structure_set(path)
    if options.image:
        image = load_image_for(options.image, structure_set, progress_on_terminal())
        structure_set = read_structure_set(path, image)
    for warning in structure_set.warnings:
        note(f"warning: {warning}")
    rows = [
        {
            "name": s.name,
            "type": s.interpreted_type,
            "volume_cc": round(volume_cc(s.stack, options.surface_model), 4),
            "contours": s.stack.contour_count + len(s.loose),
        }
        for s in structure_set.structures
    ]
    if options.json:
        print_json({"structures": rows, "surface_model": options.surface_model})
    else:
        print_table(
            ("structure", "type", "cc", "contours"),
            [(str(r["name"]), str(r["type"]), f"{r['volume_cc']:.2f}", str(r["contours"])) for r in rows],
        )
        print(f"surface model: {options.surface_model}")
    return 0
