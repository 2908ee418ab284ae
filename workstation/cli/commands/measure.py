"""`workstation measure`: lengths, angles, regions, line profiles and whole structures, as the window measures them."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from workstation.cli.output import UsageError, note, print_json, print_table, progress_on_terminal
from workstation.cli.references import existing_path, file_to_write, find_structure, load_image_for

if TYPE_CHECKING:
    from workstation.fusion.registration import Registration
    from workstation.geometry.deformation import SpatialMap
    from workstation.images.volume import Volume
    from workstation.measurements.profile import Profile
    from workstation.measurements.statistics import Statistics

Point = tuple[float, float, float]
SURFACE_MODELS = ("linear-tapered", "flat", "slab")
SAME_SLICE_MM = 0.05


def add_to(subparsers: Any) -> None:
    """Declare the command's arguments."""
    parser = subparsers.add_parser(
        "measure",
        help="distances, angles, regions, line profiles and figures of structures",
        description="Points are patient millimetres x,y,z (LPS) in the first image's frame of reference.",
    )
    # a coordinate may begin with a minus sign, and no option with a digit
    parser._negative_number_matcher = re.compile(r"^-[\d.]")
    parser.add_argument("--image", action="append", default=[], metavar="DIR", help="a series; may be given repeatedly")
    parser.add_argument(
        "--registration", action="append", default=[], metavar="REG.dcm", help="how the images lie on each other"
    )
    for name, count, words in (
        ("distance", 2, "millimetres between two points"),
        ("angle", 3, "degrees between two arms, the corner in the middle"),
        ("ellipse", 2, "figures in an ellipse, from opposite corners of its box on a slice of the first image"),
        ("rectangle", 2, "figures in a rectangle, from opposite corners on a slice of the first image"),
        ("profile", 2, "values along a line"),
    ):
        parser.add_argument(
            f"--{name}", nargs=count, action="append", default=[], type=_point, metavar="X,Y,Z", help=words
        )
    parser.add_argument("--structures", metavar="RS.dcm", help="an RTSTRUCT whose structures are measured")
    parser.add_argument("--structure", action="append", default=[], metavar="NAME", help="one of them (default: all)")
    parser.add_argument(
        "--surface-model",
        choices=SURFACE_MODELS,
        default=SURFACE_MODELS[0],
        help="what lies between two drawn slices and beyond the last one (default: %(default)s)",
    )
    parser.add_argument("--csv", metavar="FILE", help="write the values of the one --profile there")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure and print."""
    _refuse_nonsense(options)
    out = file_to_write(options.csv) if options.csv else None
    images = _Images(options)
    result: dict[str, Any] = {
        "distances": [_distance(*points) for points in options.distance],
        "angles": [_angle(*points) for points in options.angle],
        "regions": [_region(images, kind, *points) for kind in _REGIONS for points in getattr(options, kind)],
        "profiles": [],
        "structures": _structures(images, options) if options.structures else [],
        "images": [_described(image) for image in images.volumes],
    }
    profiles = [images.profile(*points) for points in options.profile]
    result["profiles"] = [_profile_json(images, profile) for profile in profiles]
    if out is not None:
        from workstation.measurements.export import profile_rows, write_csv

        frame_uid = images.volumes[0].frame_of_reference_uid
        write_csv(out, profile_rows(profiles[0], images.names_from(frame_uid)))
    if _is_provisional(result):
        note("warning: provisional, because not every registration that was used was accepted by a person")
    if options.json:
        print_json(result)
    else:
        _print(result)
        if out is not None:
            print(f"written to {out.resolve()}")
    return 0


_REGIONS = ("ellipse", "rectangle")
_FIGURES = ("mean", "sd", "min", "max", "median", "p5", "p95", "count")


def _point(text: str) -> Point:
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no point; write x,y,z in mm, such as 12.5,-3,40") from None
    if not all(abs(value) < 1e6 for value in (x, y, z)):
        raise argparse.ArgumentTypeError(f"{text!r} lies nowhere in a patient")
    return x, y, z


def _refuse_nonsense(options: argparse.Namespace) -> None:
    needs_image = [f"--{name}" for name in (*_REGIONS, "profile", "structures") if getattr(options, name)]
    if not (needs_image or options.distance or options.angle):
        raise UsageError("nothing to measure: give a --distance, --angle, --ellipse, --rectangle, --profile…")
    if needs_image and not options.image:
        raise UsageError(f"{needs_image[0]} needs an --image to measure in")
    if options.csv and len(options.profile) != 1:
        raise UsageError("--csv writes one profile: give exactly one --profile")
    if options.structure and not options.structures:
        raise UsageError("--structure needs the RTSTRUCT that it is in: --structures RS.dcm")


class _Images:
    """The images that are measured in, and how they lie on the first one."""

    def __init__(self, options: argparse.Namespace) -> None:
        from workstation.dicom.registration import read_registrations
        from workstation.images.naming import distinct_names

        progress = progress_on_terminal()
        self.registrations: list[Registration] = [
            found for path in options.registration for found in read_registrations(existing_path(path))
        ]
        self.volumes: list[Volume] = []
        for folder in options.image:
            image = load_image_for(folder, progress=progress)
            if any(image.key == other.key for other in self.volumes):
                raise UsageError(f"{folder}: this series was given already")
            self.volumes.append(image)
        self.names = distinct_names({image.key: image for image in self.volumes})
        for image in self.volumes[1:]:
            self.link(self.volumes[0].frame_of_reference_uid, image)

    def link(self, frame_uid: str, image: Volume) -> SpatialMap:
        """The map from a frame of reference to an image's; UsageError where no registration gives one."""
        from workstation.fusion.registration import transform_between
        from workstation.geometry.transform import Transform

        if image is self.volumes[0] and frame_uid == image.frame_of_reference_uid:
            return Transform.identity()
        there = image.frame_of_reference_uid
        found = transform_between(self.registrations, frame_uid, there) if frame_uid and there else None
        if found is None:
            raise UsageError(
                f"no registration says how {self.names[image.key]!r} lies on the first image or the structures; "
                "give it with --registration"
            )
        return found

    def provisional(self, frame_uid: str, image: Volume) -> bool:
        """Whether the map from a frame of reference to an image's hangs on something that nobody has accepted."""
        from workstation.fusion.registration import chain_between

        there = image.frame_of_reference_uid
        chain = chain_between(self.registrations, frame_uid, there) if frame_uid != there else None
        return any(link.registration.provisional for link in chain or ())

    def names_from(self, frame_uid: str) -> dict[str, str]:
        """The images' names by key, with a mark where the map from a frame of reference is provisional."""
        marks = {image.key: " (provisional)" if self.provisional(frame_uid, image) else "" for image in self.volumes}
        return {key: name + marks[key] for key, name in self.names.items()}

    def links(self) -> dict[str, SpatialMap]:
        """From the first image's frame to each one's, by key."""
        return {image.key: self.link(self.volumes[0].frame_of_reference_uid, image) for image in self.volumes}

    def profile(self, start: Point, end: Point) -> Profile:
        """Values of all images along a line."""
        from workstation.measurements.profile import line_profile

        return line_profile(start, end, {image.key: image for image in self.volumes}, self.links())


def _distance(start: Point, end: Point) -> dict[str, Any]:
    import math

    return {"points_mm": [list(start), list(end)], "length_mm": math.dist(start, end)}


def _angle(first: Point, corner: Point, second: Point) -> dict[str, Any]:
    from workstation.measurements.measurement import angle_deg

    if corner in (first, second):
        raise UsageError("--angle: an arm of the angle has no length")
    return {"points_mm": [list(first), list(corner), list(second)], "angle_deg": angle_deg(first, corner, second)}


def _region(images: _Images, kind: str, first: Point, second: Point) -> dict[str, Any]:
    """Figures of every image in an ellipse or rectangle on a slice of the first one."""
    from workstation.case.slices import drawing_plane
    from workstation.measurements.measurement import new_measurement
    from workstation.measurements.shapes import region_of_measurement
    from workstation.measurements.statistics import measurement_statistics
    from workstation.structures.planar import area_mm2

    base = images.volumes[0]
    plane = drawing_plane(base).through(first)
    corners = plane.to_plane([first, second])
    if abs(corners[1, 2]) > SAME_SLICE_MM:
        raise UsageError(f"--{kind}: its corners don't lie on one slice of the first image")
    if abs(corners[1, :2] - corners[0, :2]).min() < 1e-6:
        raise UsageError(f"--{kind}: its corners enclose nothing")
    region = new_measurement(kind, plane.to_patient(corners[:, :2]), plane, base.frame_of_reference_uid)
    links, frame_uid = images.links(), base.frame_of_reference_uid
    return {
        "kind": kind,
        "points_mm": [list(first), list(second)],
        "area_mm2": area_mm2(region_of_measurement(region)),
        "images": [
            _figures(v, measurement_statistics(region, v, links[v.key]), images.provisional(frame_uid, v))
            for v in images.volumes
        ],
    }


def _structures(images: _Images, options: argparse.Namespace) -> list[dict[str, Any]]:
    from workstation.dicom.structure_set import read_structure_set
    from workstation.measurements.statistics import structure_statistics
    from workstation.structures.volume import volume_cc

    structure_set = read_structure_set(existing_path(options.structures), images.volumes[0])
    for warning in structure_set.warnings:
        note(f"warning: {warning}")
    wanted = [find_structure(structure_set.structures, name) for name in options.structure]
    found, progress = [], progress_on_terminal()
    for structure in wanted or structure_set.structures:
        cubic_cm = volume_cc(structure.stack, options.surface_model)
        figures = []
        for image in images.volumes:
            frame = structure.frame_of_reference_uid or images.volumes[0].frame_of_reference_uid
            link = images.link(frame, image)
            made = structure_statistics(
                structure.stack,
                image,
                None if link.is_identity() else link,
                surface_model=options.surface_model,
                whole_cc=cubic_cm,
                progress=progress,
            )
            figures.append(_figures(image, made, images.provisional(frame, image)))
        found.append(
            {"name": structure.name, "volume_cc": cubic_cm, "surface_model": options.surface_model, "images": figures}
        )
    return found


def _is_provisional(result: dict[str, Any]) -> bool:
    measured = (*result["regions"], *result["profiles"], *result["structures"])
    return any(image["provisional"] for one in measured for image in one["images"])


def _described(image: Volume) -> dict[str, Any]:
    return {
        "uid": image.series_uid,
        "modality": image.modality,
        "description": image.description,
        "unit": image.unit,
        "frame_of_reference_uid": image.frame_of_reference_uid,
    }


def _figures(image: Volume, found: Statistics, provisional: bool) -> dict[str, Any]:
    values = found.to_json()
    kept = {name: values[name] for name in (*_FIGURES, "covered", "rule", "unit")}
    about = {"uid": image.series_uid, "modality": image.modality, "description": image.description}
    return {**about, **kept, "provisional": provisional}


def _profile_json(images: _Images, profile: Profile) -> dict[str, Any]:
    """Values outside of an image are null."""
    ends = [profile.points_mm[0].tolist(), profile.points_mm[-1].tolist()]
    of_images = []
    for image in images.volumes:
        values = [None if value != value else value for value in profile.values[image.key].tolist()]
        about = {"uid": image.series_uid, "modality": image.modality, "unit": image.unit}
        provisional = images.provisional(images.volumes[0].frame_of_reference_uid, image)
        of_images.append({**about, "values": values, "provisional": provisional})
    return {
        "points_mm": ends,
        "length_mm": float(profile.positions_mm[-1]),
        "positions_mm": profile.positions_mm.tolist(),
        "images": of_images,
    }


def _print(result: dict[str, Any]) -> None:
    for distance in result["distances"]:
        print(f"distance {distance['length_mm']:.1f} mm")
    for angle in result["angles"]:
        print(f"angle {angle['angle_deg']:.1f} degrees")
    measured = [(r["kind"], f"{r['area_mm2'] / 100:.2f} cm2", r["images"]) for r in result["regions"]]
    measured += [(s["name"], f"{s['volume_cc']:.2f} cc", s["images"]) for s in result["structures"]]
    if measured:
        head = ("what", "size", "image", *_FIGURES, "inside")
        print_table(head, [_row(what, size, figures) for what, size, several in measured for figures in several])
    for profile in result["profiles"]:
        values = [value for image in profile["images"] for value in image["values"] if value is not None]
        extent = f", values {min(values):.1f} to {max(values):.1f}" if values else ", outside of every image"
        print(f"profile of {profile['length_mm']:.1f} mm in {len(profile['positions_mm'])} steps{extent}")


def _row(what: str, size: str, figures: dict[str, Any]) -> tuple[str, ...]:
    digits = 1 if figures["unit"] == "HU" else 2
    values = ("-" if figures[name] is None else f"{figures[name]:.{digits}f}" for name in _FIGURES)
    return (what, size, figures["modality"] or "image", *values, f"{100 * figures['covered']:.0f}%")
