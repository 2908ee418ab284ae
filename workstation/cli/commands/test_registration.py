"""`workstation test-registration`: what a registration recovers of known displacements, on the images of a patient."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from workstation.cli.output import UsageError, print_json, print_table, progress_on_terminal
from workstation.cli.references import load_image_for

if TYPE_CHECKING:
    from workstation.fusion.known_transform import Trial
    from workstation.fusion.registration import Registration
    from workstation.images.volume import Volume

METHODS = ("rigid", "deformable")

DETAILS = """\
The moving image is displaced by random shifts and turns (of each axis, between plus and minus the ranges given; patient
axes, about its middle) and registered again; no file is written. With --bend-mm it is bent, too, for which it is
resampled once. Errors are means over the patient's body, in mm, against --registration; without one, against what the
same method finds for the images as they are.
JSON: {"trials": [{"number", "shift_mm", "rotation_deg", "bend_mm", "error_mm": {"mean", "p95", "max"} or null,
"seconds", "verdict": "good" | "doubtful" | "failed", "told": what the registration said of itself, "sentence"}],
"good", "doubtful", "failed", "error_mm": {"mean", "max"} or null, "scatter_mm": mean distance of the answers from
their own middle, or null, "unnoticed": failed ones that called themselves good, "sentence", "against": "registration"
| "own answer", "method"}.
"""


def add_to(subparsers: Any) -> None:
    """Declare the command's arguments."""
    parser = subparsers.add_parser(
        "test-registration", help="displace an image by known transforms and see what a registration recovers",
        epilog=DETAILS, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--fixed", required=True, metavar="DIR", help="the image that stays, such as the planning CT")
    parser.add_argument("--moving", required=True, metavar="DIR", help="the image to displace, such as an MR")
    parser.add_argument("--registration", metavar="REG.dcm", help="where the images belong (default: registered first)")
    parser.add_argument("--method", choices=METHODS, default=METHODS[0], help="default: %(default)s")
    parser.add_argument("--count", type=int, default=5, help="number of trials (default: %(default)s)")
    parser.add_argument("--shift-mm", type=float, default=15.0, metavar="MM", help="range of shifts (default: 15)")
    parser.add_argument("--rotation-deg", type=float, default=8.0, metavar="DEG", help="range of turns (default: 8)")
    parser.add_argument("--bend-mm", type=float, default=0.0, metavar="MM", help="also bend, by up to so much")
    parser.add_argument("--seed", type=int, default=7, help="another one gives other displacements")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Test and print. Displacements that are not recovered are a finding, not an error: the exit code stays 0."""
    from workstation.fusion.known_transform import (
        known_transform_test,
        random_transforms,
        rigid_then_deformable,
        summary,
    )
    from workstation.fusion.rigid import register_rigid


    random_transforms(options.count, options.shift_mm, options.rotation_deg)  # refuses before anything is loaded
    if options.seed < 0:
        raise UsageError(f"--seed {options.seed}: the seed is a whole number from 0 on")
    if options.bend_mm and options.method == "rigid":
        raise UsageError("--bend-mm needs --method deformable: a rigid registration can't follow a bend")
    progress = progress_on_terminal()
    fixed = load_image_for(options.fixed, progress=progress)
    moving = load_image_for(options.moving, progress=progress)
    known = _known(options.registration, fixed, moving) if options.registration else None
    engines = {"rigid": register_rigid, "deformable": rigid_then_deformable}
    trials = known_transform_test(
        fixed, moving, known, count=options.count, shift_mm=options.shift_mm, rotation_deg=options.rotation_deg,
        bend_mm=options.bend_mm, seed=options.seed, register=engines[options.method], progress=progress,
    )  # fmt: skip
    found = summary(trials)
    against = "own answer" if known is None else "registration"
    if options.json:
        rows = [trial.as_dict() for trial in trials]
        print_json({**found, "trials": rows, "against": against, "method": options.method})
    else:
        _print(trials, found["sentence"])
    return 0


def _known(path: str, fixed: Volume, moving: Volume) -> Registration:
    """The map of a file between the two images, as a registration."""
    from workstation.cli.registrations import read_all, way_between
    from workstation.fusion.registration import Registration

    ends = fixed.frame_of_reference_uid, moving.frame_of_reference_uid
    return Registration("known", *ends, way_between(read_all([path]), *ends).map, "from file")


def _print(trials: list[Trial], sentence: str) -> None:
    rows = [
        [
            str(trial.number),
            " ".join(f"{v:+.1f}" for v in trial.shift_mm),
            " ".join(f"{v:+.1f}" for v in trial.rotation_deg),
            f"{trial.error_mm['mean']:.2f}" if trial.error_mm else "none",
            f"{trial.error_mm['max']:.2f}" if trial.error_mm else "none",
            f"{trial.seconds:.1f}",
            trial.verdict,
            trial.told,
        ]
        for trial in trials
    ]
    header = ["trial", "shift mm", "turn deg", "error mm", "largest mm", "seconds", "verdict", "called itself"]
    print_table(header, rows)
    for trial in trials:
        if trial.sentence:
            print(f"trial {trial.number}: {trial.sentence}")
    print(sentence)
