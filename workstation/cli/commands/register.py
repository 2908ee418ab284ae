"""`workstation register`: the automatic rigid registration of two series, as a DICOM Spatial Registration."""

from __future__ import annotations

import argparse
import time
from typing import Any

from workstation.cli.output import UsageError, note, print_json, progress_on_terminal
from workstation.cli.references import file_to_write, load_image_for


def add_to(subparsers: Any) -> None:
    """Declare the command's arguments."""
    parser = subparsers.add_parser("register", help="register two series rigidly and write a DICOM registration")
    parser.add_argument("--fixed", required=True, metavar="DIR", help="the image that stays, such as the planning CT")
    parser.add_argument("--moving", required=True, metavar="DIR", help="the image brought onto it, such as an MR")
    parser.add_argument("--out", required=True, metavar="REG.dcm", help="the registration to write")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Register, write, print. The matrix maps points of the fixed frame to the moving one, row by row."""
    from workstation.dicom.registration import write_registration
    from workstation.fusion.rigid import register_rigid

    out, progress = file_to_write(options.out), progress_on_terminal()
    fixed = load_image_for(options.fixed, progress=progress)
    moving = load_image_for(options.moving, progress=progress)
    if not (fixed.frame_of_reference_uid and moving.frame_of_reference_uid):
        lacking = options.moving if fixed.frame_of_reference_uid else options.fixed
        raise UsageError(f"{lacking}: the series names no frame of reference, so a registration can't refer to it")
    if fixed.frame_of_reference_uid == moving.frame_of_reference_uid:
        note("warning: both images are in one frame of reference; they lie on each other already, without this result")
    start = time.perf_counter()
    registration = register_rigid(fixed, moving, progress=progress)
    seconds = time.perf_counter() - start
    write_registration(out, registration, fixed, moving)
    transform, centre = registration.fixed_to_moving, fixed.grid.centre_mm
    quality = dict(registration.quality)
    result = {
        "matrix": [float(v) for v in transform.matrix.ravel()],
        "maps": "points of the fixed frame of reference (mm, LPS) to the moving one; row by row",
        "translation_mm": transform.translation_mm(centre).tolist(),
        "rotation_deg": transform.rotation_deg().tolist(),
        "centre_mm": centre.tolist(),
        "metric": quality.get("metric"),
        "quality": quality,
        "verdict": quality.get("verdict", ""),
        "seconds": round(seconds, 3),
    }
    if options.json:
        print_json(result)
    else:
        shift = ", ".join(f"{v:+.2f}" for v in result["translation_mm"])
        turn = ", ".join(f"{v:+.2f}" for v in result["rotation_deg"])
        print(f"fixed to moving: shift {shift} mm at the image centre, rotation {turn} degrees; {result['verdict']}")
        print(f"written to {out.resolve()}: check it by eye before trusting it")
    return 0
