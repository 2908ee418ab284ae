"""`workstation expand`: a structure plus a margin, cropped, as a new structure in a new RTSTRUCT."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workstation.cli.output import UsageError, note, print_json, progress_on_terminal
from workstation.cli.references import existing_path, file_to_write, find_structure, load_image_for

if TYPE_CHECKING:
    from workstation.dicom.structure_set import StructureSet
    from workstation.images.volume import Volume
    from workstation.structures.structure import ContourStack, Structure

DEFAULT_COLORS = {"GTV": (255, 59, 48), "CTV": (255, 159, 10), "PTV": (50, 212, 255)}


def add_to(subparsers: Any) -> None:
    """Declare the command's arguments."""
    parser = subparsers.add_parser("expand", help="derive a structure from another by a margin (CTV, PTV, PRV)")
    parser.add_argument("--structures", required=True, metavar="RS.dcm", help="the RTSTRUCT file")
    parser.add_argument("--image", metavar="DIR", help="the images it was drawn on (their slices carry the result)")
    parser.add_argument("--from", required=True, dest="source", metavar="NAME", help="the structure to start from")
    parser.add_argument(
        "--margin", required=True, metavar="MM", help="5, or R=7,L=5,A=4,P=8,S=10,I=6; negative shrinks"
    )
    parser.add_argument("--to", required=True, dest="target", metavar="NAME", help="name of the new structure")
    parser.add_argument(
        "--type", default=None, metavar="TYPE", help="interpreted type: GTV, CTV, PTV, ORGAN, AVOIDANCE …"
    )
    parser.add_argument(
        "--crop-to",
        action="append",
        default=[],
        metavar="NAME[:-3]",
        help="keep inside this one, grown or shrunk first",
    )
    parser.add_argument(
        "--avoid", action="append", default=[], metavar="NAME[:2]", help="keep out of this one, grown or shrunk first"
    )
    parser.add_argument("--out", required=True, metavar="NEW.dcm", help="the RTSTRUCT to write")
    parser.add_argument("--holes", choices=("nested", "keyhole"), default="nested", help="how holes are written")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Derive, write, print both volumes."""
    from workstation.dicom.structure_set import read_structure_set, write_structure_set
    from workstation.structures.volume import volume_cc

    path, out = existing_path(options.structures), file_to_write(options.out)
    structure_set = read_structure_set(path)
    image = None
    if options.image:
        image = load_image_for(options.image, structure_set, progress_on_terminal())
        require_same_frame(structure_set, image, options.image)
        structure_set = read_structure_set(path, image)
    for warning in structure_set.warnings:
        note(f"warning: {warning}")
    start = time.perf_counter()
    source = find_structure(structure_set.structures, options.source)
    derived = derived_structure(structure_set, source, options, image)
    seconds = time.perf_counter() - start
    write_structure_set(
        out, (*structure_set.structures, derived), image=image, base=structure_set, holes=options.holes
    )
    result = {
        "from": {"name": source.name, "volume_cc": round(volume_cc(source.stack), 4)},
        "to": {"name": derived.name, "volume_cc": round(volume_cc(derived.stack), 4)},
        "seconds": round(seconds, 4),
    }
    if options.json:
        print_json(result)
    else:
        print(
            f"{source.name} {result['from']['volume_cc']:.2f} cc -> {derived.name} {result['to']['volume_cc']:.2f} cc, "  # type: ignore[index]
            f"written to {out.resolve()}"
        )
    return 0


def require_same_frame(structure_set: StructureSet, image: Volume, folder: str) -> None:
    """UsageError for images elsewhere: the new rings would refer to slices that nobody drew on."""
    from workstation.images.own_frame import is_own_frame

    frames = {structure_set.frame_of_reference_uid, image.frame_of_reference_uid}
    if "" not in frames and len(frames) > 1 and not is_own_frame(image.frame_of_reference_uid):
        raise UsageError(
            f"{folder}: these images lie in another frame of reference than the structures; "
            "give those that they were drawn on, or none"
        )


def derived_structure(
    structure_set: StructureSet, source: Structure, options: argparse.Namespace, image: Volume | None
) -> Structure:
    """The new structure, with its recipe, on the image's slices where they are known."""
    from workstation.structures.recipe import Margin, Recipe
    from workstation.structures.structure import State
    from workstation.targets.derive import derive
    from workstation.targets.margin import own_positions_mm

    name = options.target.strip()
    if not name or len(name) > 64:
        raise UsageError("the new structure needs a name of 1 to 64 characters")
    if any(s.name == name for s in structure_set.structures):
        raise UsageError(f"there is already a structure called {name!r}; choose another name")
    if not source.stack.slices:
        raise UsageError(f"{source.name!r} has no contours to expand")
    kind = interpreted_type(options.type) if options.type is not None else guessed_type(name)
    others = structure_set.structures
    recipe = Recipe(
        source.identifier,
        Margin.parse(options.margin),
        crop_to=tuple(parse_limit(others, text) for text in options.crop_to),
        avoid=tuple(parse_limit(others, text) for text in options.avoid),
    )
    positions = positions_on(source, image)
    if positions is None:
        positions = own_positions_mm(source.stack, recipe.margin)
    stack = derive(recipe, {s.identifier: s.stack for s in others}, positions)
    if image is not None:
        note_ends(source, stack, positions, own_positions_mm(source.stack, recipe.margin), name)
    if not stack.slices:
        raise UsageError(f"nothing is left of {source.name!r} with the margin {recipe.margin.text()} and these limits")
    return replace(
        source,
        identifier=name,
        number=max((s.number for s in others), default=0) + 1,
        name=name,
        stack=stack,
        color=DEFAULT_COLORS.get(kind, (191, 90, 242)),
        interpreted_type=kind,
        recipe=recipe,
        state=State.CURRENT,
        loose=(),
        generation_algorithm="SEMIAUTOMATIC",
        warnings=(),
    )


def positions_on(source: Structure, image: Volume | None) -> Any:
    """The image's slice positions in the frame of the source's stack, or None when they are not parallel."""
    if image is None:
        return None
    normal = source.stack.plane.normal
    if abs(float(normal @ image.grid.normal)) < 0.999998:
        return None
    direction = 1.0 if float(normal @ image.grid.normal) > 0 else -1.0
    positions = direction * image.slice_positions_mm - float(source.stack.plane.origin_mm @ normal)
    return sorted(positions)


def note_ends(source: Structure, derived: ContourStack, image_mm: Any, wanted_mm: Any, name: str) -> None:
    """Tell where the images end before the new structure does; UsageError where they don't even reach the source."""
    drawn, slack_mm = source.stack.positions_mm, source.stack.slice_spacing_mm / 2
    if drawn[-1] < image_mm[0] - slack_mm or drawn[0] > image_mm[-1] + slack_mm:
        raise UsageError(f"{source.name!r} lies outside of the images; give the folder of those it was drawn on")
    made = derived.positions_mm
    below = len(made) and made[0] <= image_mm[0] + 1e-3 and wanted_mm[0] < image_mm[0] - slack_mm
    above = len(made) and made[-1] >= image_mm[-1] - 1e-3 and wanted_mm[-1] > image_mm[-1] + slack_mm
    if below or above:
        note(f"warning: {name!r} is cut at the end of the images; the margin would reach further")


def interpreted_type(text: str) -> str:
    """RT ROI Interpreted Type as DICOM can hold it (a CS, PS3.5 section 6.2); UsageError for what it can't."""
    kind = text.strip().upper()
    if len(kind) > 16 or not all(c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ " for c in kind):
        raise UsageError(f"--type {text!r}: a type is up to 16 letters, digits and underscores, such as CTV or ORGAN")
    return kind


def guessed_type(name: str) -> str:
    """GTV, CTV or PTV from the beginning of a name such as CTV_5mm, else nothing."""
    return next((kind for kind in ("GTV", "CTV", "PTV") if name.upper().startswith(kind)), "")


def parse_limit(structures: tuple[Structure, ...], text: str) -> Any:
    """NAME or NAME:MM; a name that itself contains a colon works as it is."""
    from workstation.structures.recipe import Limit

    if any(s.name == text for s in structures) or ":" not in text:
        return Limit(find_structure(structures, text).identifier)
    name, _, number = text.rpartition(":")
    try:
        margin_mm = float(number)
    except ValueError:
        raise UsageError(f"{text!r}: after the colon a distance in mm is expected, such as {name}:2") from None
    return Limit(find_structure(structures, name).identifier, margin_mm)
