"""`workstation apply`: an image, structures or points carried through registrations, once and without a screen."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workstation.cli.output import UsageError, note, print_json, progress_on_terminal
from workstation.cli.references import file_to_write
from workstation.cli.registrations import (
    Way,
    far_end,
    goes_backwards,
    in_json,
    load_linked,
    read_all,
    way_between,
)

if TYPE_CHECKING:
    from workstation.fusion.registration import Registration
    from workstation.images.volume import Volume

DETAILS = """\
An image is resampled once, linearly, also through several registrations; the frames of reference say which way to go.
JSON of all: {"applied": "image" | "structures" | "points", "registrations": [{"uid", "method", "kind",
"fixed_frame_uid", "moving_frame_uid", "accepted_by", "accepted_at"}], "from_frame_uid", "to_frame_uid", "provisional",
"out", "seconds"}; of an image also "size" [i, j, k], "spacing_mm", "covered" (share of its voxels that the source
reaches), "frame_of_reference_uid"; of structures "structures": [{"name", "volume_cc_before", "volume_cc"}];
of points "points": [{"name", "from_mm", "to_mm"}]. Coordinates are LPS mm.
"""


def add_to(subparsers: Any) -> None:
    """Declare the command's arguments."""
    parser = subparsers.add_parser(
        "apply", help="carry an image, structures or points through registrations", epilog=DETAILS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--registration", required=True, action="append", metavar="REG.dcm",
                        help="rigid or deformable; give several for a chain")  # fmt: skip
    parser.add_argument("--image", metavar="DIR", help="the image to bring over; with --structures or --points: "
                        "the image that they are brought onto")  # fmt: skip
    parser.add_argument("--on", metavar="DIR", help="onto the voxels of this image")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--structures", metavar="RS.dcm", help="structures to carry onto --image")
    what.add_argument("--points", metavar="CSV", help="points to carry: x,y,z or name,x,y,z a line (LPS mm)")
    parser.add_argument("--structure", action="append", metavar="NAME", help="only this structure (repeatable)")
    parser.add_argument("--inverse", action="store_true", help="from the moving image to the fixed one, where the "
                        "frames of reference don't tell: points, and phases within one frame")  # fmt: skip
    parser.add_argument("--out", required=True, metavar="OUT", help="folder for DICOM, .nii.gz, .nrrd or .mha for an "
                        "image; RTSTRUCT for structures; CSV for points")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry, write, print."""
    if options.structure and not options.structures:
        raise UsageError("--structure chooses among structures: give them with --structures")
    if options.on and (options.structures or options.points):
        raise UsageError("--on is for images; what structures or points are brought onto is --image")
    if not (options.image or options.points):
        raise UsageError("nothing to carry: give --image DIR, --structures RS.dcm with --image DIR, or --points CSV")
    begin = time.perf_counter()
    registrations = read_all(options.registration)
    carry = _structures if options.structures else _points if options.points else _image
    result = carry(options, registrations)
    result["seconds"] = round(time.perf_counter() - begin, 3)
    if result["provisional"]:
        note("warning: provisional, because not every registration on the way was accepted by a person")
    if options.json:
        print_json(result)
    else:
        print(_sentence(result))
    return 0


def _result(applied: str, way: Way, out: Path) -> dict[str, Any]:
    return {
        "applied": applied,
        "registrations": [in_json(registration) for registration in way.registrations],
        "from_frame_uid": way.begin_uid,
        "to_frame_uid": way.end_uid,
        "provisional": way.provisional,
        "out": str(out.resolve()),
    }


def _sentence(result: dict[str, Any]) -> str:
    if result["applied"] == "image":
        size = " x ".join(map(str, result["size"]))
        return f"image of {size} voxels, {result['covered']:.0%} of them covered, written to {result['out']}"
    count = len(result[result["applied"]])
    return (
        f"{count} {result['applied']} carried through {len(result['registrations'])} registration(s): {result['out']}"
    )


# ------------------------------------------------------------------------------------------------------- images


def _image(options: argparse.Namespace, registrations: tuple[Registration, ...]) -> dict[str, Any]:
    from workstation.cli.resampling import ImageOutput, brought_onto, image_in_json, lattice_around

    out, progress = ImageOutput.of(options.out, "--out"), progress_on_terminal()
    source = load_linked(options.image, registrations, progress)
    out.require_kind(source)
    if options.on:
        on = load_linked(options.on, registrations, progress)
        back = _towards(registrations, on, source, options)
    else:
        uid = far_end(registrations, source.frame_of_reference_uid)
        within = uid == source.frame_of_reference_uid
        backwards = within and goes_backwards(options.registration, source, None, options.inverse)
        back = way_between(registrations, uid, source.frame_of_reference_uid, backwards)
        on = lattice_around(source, back.map.inverse(), uid)
    made, covered = brought_onto(source, on, back.map)
    way = back.turned()
    out.write(made, source, on, way.registrations, progress)
    return _result("image", way, out.path) | image_in_json(made, covered)


def _towards(registrations: tuple[Registration, ...], on: Volume, source: Volume, options: argparse.Namespace) -> Way:
    """From the points of the image brought onto to those of the source; --inverse must not contradict the frames."""
    here, there = on.frame_of_reference_uid, source.frame_of_reference_uid
    if here == there:
        backwards = goes_backwards(options.registration, source, on, options.inverse)
        return way_between(registrations, here, there, backwards)
    way = way_between(registrations, here, there)
    if options.inverse and way.forward:
        raise UsageError(
            "--inverse: the image lies in the moving frame of reference already, so it goes to the fixed one without it"
        )
    return way


# --------------------------------------------------------------------------------------------------- structures


def _structures(options: argparse.Namespace, registrations: tuple[Registration, ...]) -> dict[str, Any]:
    from workstation.cli.carrying import carry_structures

    if not options.image:
        raise UsageError("--structures need --image DIR: the image that they are brought onto")
    out, progress = file_to_write(options.out), progress_on_terminal()
    target = load_linked(options.image, registrations, progress)
    way, rows = carry_structures(
        options.structures, options.structure or (), registrations, target, out,
        backwards=lambda: goes_backwards(options.registration, None, target, options.inverse), progress=progress,
    )  # fmt: skip
    return _result("structures", way, out) | {"structures": rows}


# ------------------------------------------------------------------------------------------------------- points


def _points(options: argparse.Namespace, registrations: tuple[Registration, ...]) -> dict[str, Any]:
    from workstation.cli.point_table import read_points, write_points

    out = file_to_write(options.out)
    names, points = read_points(options.points)
    way = _way_of_points(options, registrations)
    carried = way.map.apply(points)
    write_points(out, names, carried)
    rows = [
        {"name": name, "from_mm": before.tolist(), "to_mm": after.tolist()}
        for name, before, after in zip(names, points, carried, strict=True)
    ]
    return _result("points", way, out) | {"points": rows}


def _way_of_points(options: argparse.Namespace, registrations: tuple[Registration, ...]) -> Way:
    """From the fixed side to the moving one, all registrations in their order; to --image where one is given."""
    first, last = registrations[0], registrations[-1]
    if options.image:
        target = load_linked(options.image, registrations, progress_on_terminal())
        begin = far_end(registrations, target.frame_of_reference_uid)
        return way_between(registrations, begin, target.frame_of_reference_uid, options.inverse)
    begin = first.fixed_frame_uid
    if len(registrations) == 1:
        way = way_between(registrations, begin, last.moving_frame_uid)
    else:
        way = way_between(registrations, begin, far_end(registrations, begin))
    return way.turned() if options.inverse else way
