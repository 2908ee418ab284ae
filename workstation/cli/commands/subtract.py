"""`workstation subtract DIR`: a vascular tumour told from flowing blood by the phases of an MR."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workstation.cli.output import UsageError, note, print_json, progress_on_terminal
from workstation.cli.references import existing_path, find_structure, load_image_for, takes_negative_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workstation.enhancement.subtraction import Subtraction
    from workstation.enhancement.weighting import Difference
    from workstation.geometry.deformation import SpatialMap
    from workstation.images.phase_times import Phase
    from workstation.images.volume import Volume
    from workstation.jobs.progress import Progress
    from workstation.structures.structure import ContourStack, Structure

CANDIDATE, VEIN = "GTV_candidate", "Vein"
COLORS = {CANDIDATE: (255, 159, 10), VEIN: (64, 156, 255)}

DETAILS = """\
Points, and everything that is written, are in the frame of the planning image where one is given, else of the
reference phase (mm, LPS). Written into OUT: gtv.dcm with GTV_candidate and Vein, and every map as NIfTI and as a
derived DICOM series. Where nothing separates tumour from flow no candidate is written, "separable" is false, and the
exit code is 0.

JSON: {"phases": [{"name", "time_s"}], "motion": [{"phase", "translation_mm", "rotation_deg", "residual_mm"}], "noise",
"separability": [{"evidence", "d_prime", "auc"}], "chosen", "separable", "gtv": {"volume_cc"}, "vein": {"volume_cc"},
"warnings": [...], "seconds", "sentence", "gains", "maps": [{"name", "formula", "unit"}], "out"}. noise and gains have
one number for each phase; gtv and vein are null where nothing is written. Seconds count from the folder to the
candidate, without writing. --early and --delayed name the phases that decide; "chosen" is then their difference, with
--weight W the delayed phase minus W times the early one (vein: the W at which the vein vanishes), which is then among
the maps and the evidence. The candidate itself is told by the shares of both courses in these phases, with any weight.
"""


def add_to(subparsers: Any) -> None:
    """Declare the command's arguments."""
    parser = subparsers.add_parser(
        "subtract", help="separate a vascular tumour from flowing blood by the phases of an MR", epilog=DETAILS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    takes_negative_points(parser)
    parser.add_argument("folder", metavar="DIR", help="the examination, or a whole study: its multiphase MR is found")
    parser.add_argument("--tumour", required=True, metavar="X,Y,Z", help="a point in the tumour (LPS mm)")
    parser.add_argument("--vein", metavar="X,Y,Z|NAME", help="a point in the vein, or a structure of --structures")
    parser.add_argument("--planning", metavar="CT_DIR", help="the image to draw on")
    parser.add_argument("--registration", metavar="REG.dcm", action="append", default=[], help="links the two")
    parser.add_argument("--structures", metavar="RS.dcm", help="structures of the image that is drawn on, for names")
    parser.add_argument(
        "--bone", metavar="NAME", action="append", default=[],
        help="a structure that the tumour can't be, such as Bone; may be given several times",
    )  # fmt: skip
    parser.add_argument("--reference", metavar="PHASE", help="the phase that the others are aligned with")
    parser.add_argument("--early", metavar="PHASE", help="with --delayed: these two phases decide")
    parser.add_argument("--delayed", metavar="PHASE", help="see --early")
    parser.add_argument(
        "--weight", metavar="W|vein",
        help="with --early and --delayed: also the map in which the early phase counts W times (0.01 to 5), or as often"
        " as cancels the vein, judged like all evidence",
    )  # fmt: skip
    parser.add_argument("--best", action="store_true", help="all phases decide (the default)")
    parser.add_argument(
        "--normalise", default="robust", metavar="robust|NAME",
        help="what brings the phases to one scale: tissue that does not enhance, found by itself (robust, the default),"
        " or a structure of --structures such as muscle; never the vein",
    )  # fmt: skip
    parser.add_argument(
        "--shading", choices=("ratio", "n4"), default="ratio",
        help="what is done about the coil's shading: ratio leaves it to ratios of phases, which do not depend on it"
        " (the default); n4 takes it out of the signals first",
    )  # fmt: skip
    parser.add_argument("--times-s", metavar="S,S,…", help="seconds of the phases from the contrast")
    parser.add_argument("--threshold", type=float, default=0.5, metavar="SHARE", help="share of tumour, 0.2 to 0.8")
    parser.add_argument("--out", required=True, metavar="OUT", help="a folder that is made or empty")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Find the phases, separate, write, print."""
    from workstation.cli.phase_study import phase_called, phases_in, retimed
    from workstation.enhancement.subtraction import reference_of, subtract
    from workstation.jobs.progress import part

    tumour_mm, chosen, out = _point(options.tumour, "--tumour"), _chosen(options), _empty_folder(options.out)
    if not 0.2 <= options.threshold <= 0.8:
        raise UsageError(f"--threshold {options.threshold:g}: a share from 0.2 to 0.8 is wanted")
    progress = progress_on_terminal()
    began = time.perf_counter()
    phases = phases_in(options.folder, part(progress, 0.0, 0.15))
    if options.times_s:
        phases = retimed(phases, options.times_s)
    chosen = tuple(phase_called(phases, name).name for name in chosen)
    weighted = _weighted(options.weight, chosen)
    reference = phase_called(phases, options.reference) if options.reference else reference_of(phases)
    planning = load_image_for(options.planning) if options.planning else None
    _check(phases, chosen, planning, reference)
    drawn = _Drawn(options.structures, planning or reference.volume)
    vein, vein_mm = _vein(options, drawn)
    found = subtract(
        phases, tumour_mm, vein=vein, vein_mm=vein_mm, reference=reference, planning=planning,
        to_reference=_link(options, planning, reference.volume),
        barriers=[drawn.stack(name, "--bone") for name in options.bone],
        normalise=None if options.normalise == "robust" else drawn.stack(options.normalise, "--normalise"),
        shading=options.shading, chosen=chosen, differences=weighted, threshold=options.threshold,
        progress=part(progress, 0.15, 0.8),
    )  # fmt: skip
    seconds = time.perf_counter() - began
    if planning is None:
        note(f"points were read in the frame of the phase {reference.name!r}; with --planning they are the CT's")
    out.mkdir(parents=True, exist_ok=True)
    result = _written(found, out, chosen, part(progress, 0.8, 1.0)) | {"seconds": round(seconds, 2)}
    if options.json:
        print_json(result)
    else:
        _print(result)
    return 0


def _chosen(options: argparse.Namespace) -> tuple[str, ...]:
    if bool(options.early) != bool(options.delayed):
        raise UsageError("--early and --delayed belong together: name both phases, or neither")
    if options.early and options.best:
        raise UsageError("--best takes all phases; leave --early and --delayed out")
    return (options.early, options.delayed) if options.early else ()


def _weighted(text: str | None, chosen: tuple[str, ...]) -> tuple[Difference, ...]:
    """The difference that was asked for, none without --weight."""
    from workstation.enhancement.weighting import LEAST_WEIGHT, MOST_WEIGHT, Difference

    if text is None:
        return ()
    if not chosen:
        raise UsageError("--weight belongs to two phases: name them with --early and --delayed")
    try:
        weight = None if text == "vein" else float(text)
    except ValueError as error:
        raise UsageError(f"--weight {text!r}: a number, or the word vein, is wanted") from error
    if weight is not None and not LEAST_WEIGHT <= weight <= MOST_WEIGHT:
        raise UsageError(f"--weight {text}: a number from {LEAST_WEIGHT:g} to {MOST_WEIGHT:g} is wanted")
    return (Difference(chosen[1], chosen[0], weight),)


def _check(phases: Sequence[Phase], chosen: Sequence[str], planning: Volume | None, reference: Phase) -> None:
    """UsageError for two patients, and for phases in the wrong order."""
    from workstation.cli.phase_study import phase_called
    from workstation.images.volume import other_patient

    if planning is not None and other_patient(planning.patient, reference.volume.patient):
        raise UsageError("the planning image and the phases belong to different patients by their names and numbers")
    if chosen:
        early, delayed = (phase_called(phases, name) for name in chosen)
        if early.volume is delayed.volume:
            raise UsageError(f"--early and --delayed both name {early.name!r}: name two phases")
        if early.time_s is not None and delayed.time_s is not None and early.time_s > delayed.time_s:
            raise UsageError(f"--early {early.name!r} was taken after --delayed {delayed.name!r}: change them over")


class _Drawn:
    """The structures of --structures, read when the first of them is asked for."""

    def __init__(self, path: str | None, target: Volume) -> None:
        self._path, self._target = path, target
        self._structures: tuple[Structure, ...] | None = None

    def stack(self, name: str, option: str) -> ContourStack:
        """The contours of one; UsageError where it is not there, or was drawn in another frame of reference."""
        from workstation.dicom.structure_set import read_structure_set

        if not self._path:
            raise UsageError(f"{option} {name!r} is a name: give the file that holds it with --structures")
        if self._structures is None:
            self._structures = read_structure_set(existing_path(self._path), self._target).structures
        found = find_structure(self._structures, name)
        frame, own = found.frame_of_reference_uid, self._target.frame_of_reference_uid
        if frame and own and frame != own:
            what = self._target.description or self._target.key
            raise UsageError(f"{option} {name!r} was drawn in another frame of reference than that of {what!r}")
        return found.stack


def _vein(options: argparse.Namespace, drawn: _Drawn) -> tuple[ContourStack | None, NDArray[np.float64] | None]:
    if not options.vein:
        return None, None
    if "," in options.vein:
        return None, _point(options.vein, "--vein")
    return drawn.stack(options.vein, "--vein"), None


def _link(options: argparse.Namespace, planning: Volume | None, reference: Volume) -> SpatialMap | None:
    from workstation.cli.registrations import read_all
    from workstation.fusion.registration import transform_between

    if planning is None:
        if options.registration:
            raise UsageError("--registration links a planning image with the phases: give that with --planning")
        return None
    own, other = planning.frame_of_reference_uid, reference.frame_of_reference_uid
    link = transform_between(read_all(options.registration), own, other)
    if link is None and options.registration:
        raise UsageError(f"the registration does not link the planning image ({own}) with the phases ({other})")
    return link


def _written(found: Subtraction, out: Path, chosen: tuple[str, ...], progress: Progress) -> dict[str, Any]:
    from workstation.dicom.write_maps import write_maps
    from workstation.structures.volume import volume_cc

    separation, stack = found.separation, found.stack
    write_maps(out, found, progress)
    written = {}
    if separation.separable:
        written = {CANDIDATE: found.tumour, VEIN: found.vein}
        _write_contours(found, out / "gtv.dcm")
    warnings = [*separation.warnings]
    if any(each.weight is None for each in found.differences) and not separation.flows:
        warnings.insert(-1, "There is no vein whose signal could be cancelled: no weighted map was made.")
    for warning in warnings[:-1]:
        note(f"warning: {warning}")
    volumes = {name: {"volume_cc": round(volume_cc(drawn), 3)} for name, drawn in written.items() if drawn.slices}
    return {
        "phases": [{"name": a.phase.name, "time_s": a.phase.time_s} for a in found.aligned],
        "motion": [a.motion(stack.grid.centre_mm) for a in found.aligned],
        "noise": [round(float(v), 2) for v in stack.noise],
        "separability": [each.as_dict() for each in separation.evidence],
        "chosen": _evidence(found, chosen),
        "separable": separation.separable,
        "gtv": volumes.get(CANDIDATE),
        "vein": volumes.get(VEIN),
        "warnings": warnings,
        "sentence": separation.sentence,
        "gains": [round(float(v), 4) for v in stack.gains],
        "maps": [{"name": each.name, "formula": each.formula, "unit": each.unit} for each in found.maps()],
        "out": str(out.resolve()),
    }


def _evidence(found: Subtraction, chosen: tuple[str, ...]) -> str | None:
    """What tells tumour from flow: the best evidence, or the difference of the two phases that were named."""
    from workstation.enhancement.separation import weighted_maps

    separation = found.separation
    if not separation.separable:
        return None
    if found.differences:
        weighted = weighted_maps(found.stack, found.differences, separation.flows)
        # A weight of one is the difference that there is anyway.
        return weighted[0].name if weighted else f"{chosen[1]} minus {chosen[0]}"
    return f"{chosen[1]} minus {chosen[0]}" if chosen else separation.evidence[0].evidence


def _write_contours(found: Subtraction, path: Path) -> None:
    from workstation.dicom.structure_set import write_structure_set
    from workstation.structures.structure import Structure

    made = [
        Structure(
            identifier=name, number=number, name=name, stack=stack, color=COLORS[name],
            interpreted_type="GTV" if name == CANDIDATE else "ORGAN",
            frame_of_reference_uid=found.target.frame_of_reference_uid, generation_algorithm="SEMIAUTOMATIC",
        )
        for number, (name, stack) in enumerate(((CANDIDATE, found.tumour), (VEIN, found.vein)), start=1)
        if stack.slices
    ]  # fmt: skip
    write_structure_set(path, made, image=found.target, label="CANDIDATE", series_description="Candidate, not accepted")


def _print(result: dict[str, Any]) -> None:
    times = ", ".join(
        f"{p['name']} {'?' if p['time_s'] is None else format(p['time_s'], '+.0f')} s" for p in result["phases"]
    )
    print(f"phases: {times}")
    for moved in result["motion"]:
        if any(moved["translation_mm"]) or any(moved["rotation_deg"]):
            far_mm = float(np.linalg.norm(moved["translation_mm"]))
            print(f"  {moved['phase']} had moved by {far_mm:.1f} mm; aligned to {moved['residual_mm']:.2f} mm")
    print(result["sentence"])
    for row in result["separability"][: 5 if result["separable"] else 0]:
        print(f"  {row['evidence']:<46} d' {row['d_prime']:6.2f}   AUC {row['auc']:.3f}")
    if result["gtv"]:
        print(f"candidate: {result['gtv']['volume_cc']:.2f} cc; look at it before it becomes a GTV")
    print(f"found in {result['seconds']} s; written to {result['out']}")
    print(result["warnings"][-1])


def _point(text: str, option: str) -> NDArray[np.float64]:
    try:
        point = np.array([float(cell) for cell in text.split(",")])
    except ValueError as error:
        raise UsageError(f"{option} {text!r}: a point is three numbers, x,y,z in mm") from error
    if point.shape != (3,) or not np.isfinite(point).all():
        raise UsageError(f"{option} {text!r}: a point is three numbers, x,y,z in mm")
    return point


def _empty_folder(text: str) -> Path:
    folder = Path(text)
    if not text or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise UsageError(f"{text or '--out'}: an empty folder, or the name of a new one, is needed")
    return folder
