"""`workstation picture`: a slice, or the patient in 3D, as the window shows it, written as a PNG."""

from __future__ import annotations

import argparse
import math
import re
import time
from typing import TYPE_CHECKING, Any

from workstation.cli.output import UsageError, note, print_json, progress_on_terminal
from workstation.cli.references import (
    existing_path,
    file_to_write,
    find_structure,
    load_image_for,
    takes_negative_points,
)

if TYPE_CHECKING:
    from pathlib import Path

    from workstation.fusion.registration import Registration
    from workstation.geometry.plane import Plane
    from workstation.images.volume import Volume
    from workstation.structures.structure import Structure
    from workstation.view.fusion_look import FusionLook
    from workstation.view.slice_scene import Layer

PLANES = ("axial", "sagittal", "coronal")
VOLUME = "3d"
STILL_MODES = ("blend", "colour", "checkerboard", "curtain", "spyglass", "difference", "edges")
SLAB_MODES = ("mean", "maximum", "minimum")


def add_to(subparsers: Any) -> None:
    """Declare the command's arguments."""
    parser = subparsers.add_parser("picture", help="write a slice, fused and with structures, or a 3D view as a PNG")
    add = parser.add_argument
    add("--image", required=True, metavar="DIR", help="the image below, such as the planning CT")
    add("--overlay", metavar="DIR", help="the image laid over it, such as an MR")
    add("--registration", metavar="REG.dcm", help="a DICOM registration that links the two")
    add("--structures", metavar="RS.dcm", help="structures to draw")
    add("--only", nargs="+", default=[], metavar="NAME", help="draw these structures alone")
    add("--plane", choices=(*PLANES, VOLUME), default=PLANES[0], help="which slices, or 3d (default: %(default)s)")
    add("--at", metavar="X,Y,Z", help="patient point on the slice in mm (default: middle of --only or of the image)")
    add("--mode", choices=STILL_MODES, help="how the overlay lies on the image (default: blend; colour for PET)")
    add("--opacity", type=float, metavar="SHARE", help="of the overlay, 0 to 1 (default: 0.4)")
    add("--colours", metavar="NAME", help="the overlay's colours, such as 'hot iron' or 'green/magenta'")
    add("--window", metavar="C,W", help="the image's window: centre,width in its unit (default: automatic)")
    add("--overlay-window", metavar="C,W", help="the overlay's window")
    add("--tile", type=float, metavar="MM", help="side of the checkerboard's tiles (default: 20)")
    add("--curtain", type=float, metavar="SHARE", help="part of the width that shows the image (default: 0.5)")
    add("--radius", type=float, metavar="MM", help="radius of the spyglass around the point (default: 25)")
    add("--edges", type=float, metavar="SHARE", help="how many edges, 0 (the sharpest) to 1 (default: 0.6)")
    add("--slab", type=float, metavar="MM", help="thickness of the slice (default: a thin one)")
    add("--slab-mode", choices=SLAB_MODES, help="of a thick slice (default: mean)")
    add("--fill", type=float, metavar="SHARE", help="opacity of the structures' areas, 0 to 1 (default: 0)")
    add("--line-width", type=float, metavar="FACTOR", help="how much wider lines are drawn (default: 1)")
    add("--side", metavar="A|P|L|R|S|I", help="3d: where to look from (default: A)")
    add("--context", metavar="NAME", help="3d: bone_surface, bone, skin, vessels, mr or none (default: bone_surface)")
    add("--cut", nargs="+", choices=PLANES, default=[], help="3d: open the patient at the slices through the point")
    add("--size", default="800x800", metavar="WxH", help="of the picture in pixels (default: %(default)s)")
    add("--pixel", type=float, metavar="MM", help="side of a pixel, with the point in the middle (default: all fits)")
    add("--out", required=True, metavar="PICTURE.png", help="the file to write")
    add("--json", action="store_true", help="one JSON object on standard output")
    takes_negative_points(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make the picture, write it, and print what it shows."""
    from workstation.images.picture_file import require_png

    out = file_to_write(options.out)
    require_png(out)
    _refuse_lone_options(options)
    result = _volume_picture(options, out) if options.plane == VOLUME else _slice_picture(options, out)
    if result["provisional"]:
        note("warning: provisional, because not every registration that was used was accepted by a person")
    if options.json:
        print_json(result)
    else:
        print(f"{_told(result)} -> {result['picture']}")
    return 0


def _told(result: dict[str, Any]) -> str:
    if result["plane"] == VOLUME:
        return f"3D, seen from {result['side']}"
    place = ", ".join(f"{x:+.1f}" for x in result["position_mm"])
    return f"{result['plane']} slice at {place} mm, {result['pixel_mm']:.2f} mm a pixel"


def _slice_picture(options: argparse.Namespace, out: Path) -> dict[str, Any]:
    from workstation.images.picture_file import write_png
    from workstation.view.contour_scene import ContourLook
    from workstation.view.slab import MEAN, Slab
    from workstation.view.still_picture import (
        frame_through,
        in_frame_of,
        is_provisional,
        layer_of,
        link_of,
        still_picture,
    )

    size, at_mm, pixel_mm = _size(options.size), _numbers("--at", options.at, 3), _pixel(options.pixel)
    windows = _window("--window", options.window), _window("--overlay-window", options.overlay_window)
    try:
        slab = Slab(options.slab or 0.0, options.slab_mode or MEAN)
        contours = ContourLook(1.0 if options.line_width is None else options.line_width, options.fill or 0.0)
    except ValueError as error:
        raise UsageError(str(error)) from error
    base, overlay, structures = _read(options)
    registrations = _registrations(options.registration)
    start = time.perf_counter()
    below = layer_of(base, windows[0])
    above = None
    if overlay is not None:
        provisional = is_provisional(base, overlay.frame_of_reference_uid, registrations)
        above = layer_of(overlay, windows[1], link_of(base, overlay, registrations), provisional)
    drawn = [in_frame_of(base, structure, registrations) for structure in structures]
    point = at_mm if at_mm is not None else _middle(drawn if options.only else [], base)
    frame = frame_through(base, options.plane, point, size, pixel_mm)
    look = _look(options, overlay, frame.plane, point)
    write_png(out, still_picture(frame, below, above, look, slab, drawn, contours))
    u, v, _ = frame.plane.to_plane(point)
    return {
        "picture": str(out.resolve()),
        "plane": options.plane,
        "position_mm": [round(float(x), 4) for x in frame.plane.to_patient((u, v))],
        "pixel_mm": round(frame.pixel_mm, 6),
        "images": [_about(role, layer) for role, layer in (("base", below), ("overlay", above)) if layer is not None],
        "mode": look.mode if above is not None else None,
        "color_bar": _color_bar(look, below, above),
        "structures": [structure.name for structure in drawn],
        "provisional": (above is not None and above.provisional) or _any_provisional(drawn),
        "seconds": round(time.perf_counter() - start, 3),
    }


def _volume_picture(options: argparse.Namespace, out: Path) -> dict[str, Any]:
    from workstation.images.picture_file import write_png
    from workstation.view.still_picture import in_frame_of, layer_of, volume_picture

    size, at_mm, window = _size(options.size), _numbers("--at", options.at, 3), _window("--window", options.window)
    base, _, structures = _read(options)
    registrations = _registrations(options.registration)
    start = time.perf_counter()
    drawn = [in_frame_of(base, structure, registrations) for structure in structures]
    point = at_mm if at_mm is not None else _middle(drawn if options.only else [], base)
    side, context = options.side or "A", options.context or "bone_surface"
    made = volume_picture(
        base, drawn, side=side, context=context, cuts=options.cut, at_mm=point, size=size, window=window,
        progress=progress_on_terminal(),
    )  # fmt: skip
    write_png(out, made)
    return {
        "picture": str(out.resolve()),
        "plane": VOLUME,
        "position_mm": [round(float(x), 4) for x in point],
        "pixel_mm": None,
        "images": [_about("base", layer_of(base, window))],
        "mode": None,
        "side": side,
        "context": context,
        "structures": [structure.name for structure in drawn],
        "provisional": _any_provisional(drawn),
        "seconds": round(time.perf_counter() - start, 3),
    }


_OF_SLICES = ("overlay", "slab", "slab_mode", "fill", "line_width", "pixel")
_OF_OVERLAYS = (
    "registration", "mode", "opacity", "colours", "overlay_window", "tile", "curtain", "radius", "edges",
)  # fmt: skip
_OF_VOLUMES = ("side", "context", "cut")


def _refuse_lone_options(options: argparse.Namespace) -> None:
    """Options that would change nothing are mistakes."""
    for name in _OF_SLICES if options.plane == VOLUME else _OF_VOLUMES:
        if getattr(options, name) not in (None, []):
            what = "slices, not about the 3D view" if options.plane == VOLUME else "the 3D view; give --plane 3d, too"
            raise UsageError(f"--{name.replace('_', '-')} says something about {what}")
    if not options.overlay:
        for name in _OF_OVERLAYS:
            if getattr(options, name) is not None and not (name == "registration" and options.structures):
                raise UsageError(f"--{name.replace('_', '-')} says something about an overlay; give --overlay, too")
    if options.only and not options.structures:
        raise UsageError("--only names structures; give --structures, too")


def _read(options: argparse.Namespace) -> tuple[Volume, Volume | None, list[Structure]]:
    from workstation.dicom.structure_set import read_structure_set

    progress = progress_on_terminal()
    path = existing_path(options.structures) if options.structures else None
    given = read_structure_set(path) if path else None
    base = load_image_for(options.image, given, progress)
    overlay = load_image_for(options.overlay, None, progress) if options.overlay else None
    if path is None:
        return base, overlay, []
    structure_set = read_structure_set(path, base)
    for warning in structure_set.warnings:
        note(f"warning: {warning}")
    known = list(structure_set.structures)
    return base, overlay, [find_structure(known, name) for name in options.only] or known


def _registrations(path: str | None) -> list[Registration]:
    if path is None:
        return []
    from workstation.dicom.registration import read_registrations

    return read_registrations(existing_path(path))


def _look(options: argparse.Namespace, overlay: Volume | None, plane: Plane, point: Any) -> FusionLook:
    from workstation.view.fusion_look import BLEND, COLOUR, SPYGLASS, FusionLook, shows_function

    mode = options.mode or (COLOUR if shows_function(overlay) else BLEND)
    wanted = {
        "opacity": options.opacity,
        "overlay_colors" if mode == COLOUR else "colors": options.colours,
        "tile_mm": options.tile,
        "curtain": options.curtain,
        "spyglass_radius_mm": options.radius,
        "edges": options.edges,
    }
    if mode == SPYGLASS:
        u, v, _ = plane.to_plane(point)
        wanted["spyglass_mm"] = (float(u), float(v))
    try:
        return FusionLook(mode, **{name: value for name, value in wanted.items() if value is not None})
    except ValueError as error:
        raise UsageError(str(error)) from error


def _middle(structures: list[Structure], base: Volume) -> Any:
    """The middle of the first structure with contours, else of the image, as a patient point."""
    for structure in structures:
        bounds = structure.stack.bounds_mm()
        if bounds is not None:
            u, v, w = (bounds[0] + bounds[1]) / 2
            return structure.stack.plane.to_patient((u, v), float(w))
    return base.grid.centre_mm


def _about(role: str, layer: Layer) -> dict[str, Any]:
    volume = layer.volume
    return {
        "role": role,
        "uid": volume.series_uid,
        "modality": volume.modality,
        "description": volume.description,
        "window": [float(x) for x in layer.window],
        "unit": volume.unit,
        "provisional": layer.provisional,
    }


def _any_provisional(structures: list[Structure]) -> bool:
    from workstation.view.still_picture import PROVISIONAL_WARNING

    return any(PROVISIONAL_WARNING in structure.warnings for structure in structures)


def _color_bar(look: FusionLook, base: Layer, overlay: Layer | None) -> dict[str, Any] | None:
    from workstation.view.fusion_look import color_bar_of

    bar = color_bar_of(look, base, overlay)
    return None if bar is None else {"lower": bar.lower, "upper": bar.upper, "unit": bar.unit, "ends": list(bar.ends)}


def _numbers(option: str, text: str | None, count: int) -> list[float] | None:
    """Numbers with commas between them."""
    if text is None:
        return None
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = []
    if len(found) != count or not all(math.isfinite(x) for x in found):
        raise UsageError(f"{option} {text}: {count} numbers with commas between are needed, such as {_EXAMPLES[count]}")
    return found


_EXAMPLES = {2: "40,400", 3: "12.5,-40,-110"}


def _window(option: str, text: str | None) -> tuple[float, float] | None:
    numbers = _numbers(option, text, 2)
    if numbers is None:
        return None
    if not numbers[1] > 0:
        raise UsageError(f"{option} {text}: a window needs a width above 0")
    return numbers[0], numbers[1]


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
    if found is None or "0" in (found.group(1), found.group(2)):
        raise UsageError(f"--size {text}: width and height in pixels are needed, such as 800x600")
    return int(found.group(1)), int(found.group(2))


def _pixel(pixel_mm: float | None) -> float | None:
    if pixel_mm is not None and not 0 < pixel_mm < math.inf:
        raise UsageError(f"--pixel {pixel_mm:g}: a pixel needs a size above 0 mm")
    return pixel_mm
