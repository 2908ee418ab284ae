"""`workstation register`: the registration of two series, as a DICOM (Deformable) Spatial Registration."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

from workstation.cli.output import UsageError, note, print_json, progress_on_terminal
from workstation.cli.references import file_to_write, load_image_for
from workstation.cli.registering import METHODS, STARTS, Request

if TYPE_CHECKING:
    from pathlib import Path

    from workstation.cli.resampling import ImageOutput
    from workstation.fusion.registration import Registration
    from workstation.images.volume import Volume
    from workstation.jobs.progress import Progress

MAPS = "points of the fixed frame of reference (mm, LPS) to the moving one; row by row"

DETAILS = """\
JSON: {"matrix": [16], "maps": which way the matrix goes, "translation_mm", "rotation_deg", "centre_mm", "metric",
"quality": {...}, "verdict": "good" | "doubtful" | "failed", "seconds", "method", "kind", "out", "uid", "resampled",
"transform"}. The matrix maps points of the fixed frame of reference to the moving one, row by row; of a deformable
registration it is the rigid part, and "deformation" describes the field that comes before it. translation_mm is the
shift of centre_mm, rotation_deg pitch, roll and yaw. A failed registration ends with exit code 2 and the reason in one
line, and nothing is written: "out" is null then.

A table of landmarks is a CSV with the columns number, name, fixed_x_mm, fixed_y_mm, fixed_z_mm, moving_x_mm,
moving_y_mm, moving_z_mm: patient points (LPS) in mm of both images.
"""


def add_to(subparsers: Any) -> None:
    """Declare the command's arguments."""
    parser = subparsers.add_parser(
        "register", help="register two series and write a DICOM registration", epilog=DETAILS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--fixed", required=True, metavar="DIR", help="the image that stays, such as the planning CT "
                        "(DIR#2: the second series of a folder)")  # fmt: skip
    parser.add_argument("--moving", required=True, metavar="DIR", help="the image brought onto it, such as an MR")
    parser.add_argument("--method", choices=METHODS, default=METHODS[0], help="default: %(default)s")
    parser.add_argument("--start", choices=STARTS, help="where to begin: as the frames of reference lie, centre on "
                        "centre, or a search over positions and rotations (default: what fits)")  # fmt: skip
    parser.add_argument("--region", metavar="NAME|BOX", help='compare only inside a structure of --structures, or in '
                        'a box of the fixed frame: "box x0,y0,z0,x1,y1,z1" (LPS mm)')  # fmt: skip
    parser.add_argument("--bone", action="store_true", help="compare bone and its surroundings only")
    parser.add_argument("--metric", help="how images are compared: mutual-information, correlation, local-"
                        "correlation (rigid), squares (deformable); default: what fits")  # fmt: skip
    parser.add_argument("--structures", metavar="RS.dcm", help="structures of the fixed image: for names, and to be "
                        "compared with those of the moving one")  # fmt: skip
    parser.add_argument("--moving-structures", metavar="RS.dcm", help="structures of the moving image, compared with "
                        "those of the same name")  # fmt: skip
    parser.add_argument("--landmarks", metavar="CSV", nargs="+", help="pairs of points to register by, or to check "
                        "with: one table, or two lists (.fcsv, .mrk.json; fixed, then moving)")  # fmt: skip
    parser.add_argument("--target", metavar="X,Y,Z", help="a point of the fixed image (LPS mm): also the spread there "
                        "when the registration is repeated from perturbed starts")  # fmt: skip
    parser.add_argument("--inside", metavar="NAME", help="deform only inside this structure")
    parser.add_argument("--diffeomorphic", action=argparse.BooleanOptionalAction, help="a deformation that can't fold "
                        "(the default)")  # fmt: skip
    parser.add_argument("--out", required=True, metavar="REG.dcm", help="the registration to write")
    parser.add_argument("--resampled", metavar="DIR", help="also the moving image on the fixed one's voxels: a folder "
                        "for derived DICOM, or a name that ends in .nii.gz, .nrrd or .mha")  # fmt: skip
    parser.add_argument("--transform", metavar="FILE.tfm", help="also the map for ITK's programs (.tfm, .h5; .mha, "
                        ".nii.gz: its displacements)")  # fmt: skip
    parser.add_argument("--even-failed", action="store_true", help="write a registration that failed, too")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Register, write, print. The matrix maps points of the fixed frame to the moving one, row by row."""
    request, outputs = Request(options), _Outputs(options)
    progress = progress_on_terminal()
    fixed = load_image_for(options.fixed, progress=progress)
    moving = load_image_for(options.moving, progress=progress)
    _require_frames(options, fixed, moving)
    outputs.require_kind(moving)
    start = time.perf_counter()
    registration = request.register(fixed, moving, progress)
    seconds = time.perf_counter() - start
    if registration.quality.get("verdict") == "failed" and not options.even_failed:
        if options.json:
            print_json(_result(registration, fixed, seconds) | {"out": None, "uid": None} | UNWRITTEN)
        raise UsageError(_why(registration))
    result = _result(registration, fixed, seconds) | outputs.write(registration, fixed, moving, progress)
    if options.json:
        print_json(result)
    else:
        _print(result, outputs.path)
    return 0


def _require_frames(options: argparse.Namespace, fixed: Volume, moving: Volume) -> None:
    from workstation.images.volume import other_patient

    for given, volume in ((options.fixed, fixed), (options.moving, moving)):
        if not volume.frame_of_reference_uid:
            raise UsageError(f"{given}: the series names no frame of reference, so a registration can't refer to it")
    if other_patient(fixed.patient, moving.patient):
        raise UsageError(
            "the two images belong to different patients by their names and numbers: what registered would mean nothing"
        )
    if fixed.frame_of_reference_uid == moving.frame_of_reference_uid:
        note("warning: both images are in one frame of reference; they lie on each other already, without this result")


def _why(registration: Registration) -> str:
    """The reason of a failure in one line."""
    reasons = [str(reason).rstrip(".") for reason in registration.quality.get("reasons") or ()]
    told = "; ".join(reasons) or "the result can't be trusted"
    return f"the registration failed and nothing was written: {told}"


UNWRITTEN: dict[str, Any] = {"resampled": None, "transform": None}


class _Outputs:
    """What is to be written, checked before any work is done."""

    def __init__(self, options: argparse.Namespace) -> None:
        from workstation.cli.resampling import ImageOutput
        from workstation.fusion.itk_transform import require_transform_ending

        self.path: Path = file_to_write(options.out)
        self._resampled: ImageOutput | None = None
        self._transform: Path | None = None
        if options.resampled is not None:
            self._resampled = ImageOutput.of(options.resampled, "--resampled")
        if options.transform is not None:
            self._transform = file_to_write(options.transform)
            require_transform_ending(self._transform)

    def require_kind(self, moving: Volume) -> None:
        if self._resampled is not None:
            self._resampled.require_kind(moving)

    def write(self, registration: Registration, fixed: Volume, moving: Volume, progress: Progress) -> dict[str, Any]:
        """Write everything; what of it belongs into the result."""
        from workstation.cli.resampling import brought_onto
        from workstation.dicom.registration import write_registration
        from workstation.fusion.itk_transform import write_itk_transform

        uid = write_registration(self.path, registration, fixed, moving)
        found: dict[str, Any] = {"out": str(self.path.resolve()), "uid": uid, "resampled": None, "transform": None}
        if self._resampled is not None:
            made, _ = brought_onto(moving, fixed, registration.fixed_to_moving)
            self._resampled.write(made, moving, fixed, (registration,), progress)
            found["resampled"] = str(self._resampled.path.resolve())
        if self._transform is not None:
            write_itk_transform(self._transform, registration.fixed_to_moving, fixed.grid)
            found["transform"] = str(self._transform.resolve())
        return found


def _result(registration: Registration, fixed: Volume, seconds: float) -> dict[str, Any]:
    from workstation.fusion.map_figures import affine_part, deformation_in_figures
    from workstation.geometry.deformation import Deformation

    whole, centre = registration.fixed_to_moving, fixed.grid.centre_mm
    straight = affine_part(whole)
    quality = dict(registration.quality)
    result: dict[str, Any] = {
        "matrix": [float(v) for v in straight.matrix.ravel()],
        "maps": MAPS,
        "translation_mm": straight.translation_mm(centre).tolist(),
        "rotation_deg": straight.rotation_deg().tolist(),
        "centre_mm": centre.tolist(),
        "metric": quality.get("metric"),
        "quality": quality,
        "verdict": quality.get("verdict", ""),
        "seconds": round(seconds, 3),
        "method": registration.method,
        "kind": registration.kind,
    }
    if isinstance(whole, Deformation):
        result["deformation"] = deformation_in_figures(whole)
    return result


def _print(result: dict[str, Any], path: Path) -> None:
    shift = ", ".join(f"{v:+.2f}" for v in result["translation_mm"])
    turn = ", ".join(f"{v:+.2f}" for v in result["rotation_deg"])
    print(f"fixed to moving: shift {shift} mm at the image centre, rotation {turn} degrees; {result['verdict']}")
    for step in result.get("deformation", {}).get("steps", ()):
        size, moved = " x ".join(map(str, step["size"])), step["displacement_mm"]
        print(f"deformed by up to {moved['max']:.1f} mm, {moved['mean']:.1f} mm in the mean, on {size} nodes")
    for reason in result["quality"].get("reasons") or ():
        print(f"look at it: {reason}")
    print(f"written to {path.resolve()}: check it by eye before trusting it")
