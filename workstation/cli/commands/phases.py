"""`workstation phases DIR`: which phases an MR has, when they were acquired, and how that is known."""

from __future__ import annotations

import argparse
from typing import Any

from workstation.cli.output import print_json, progress_on_terminal
from workstation.cli.references import takes_negative_points

DETAILS = """\
JSON: {"phases": [{"name", "time_s", "told_by", "enhanced", "description", "series_uid"}], "zero"}, in the order of
time. time_s are seconds from the contrast, null where only the order is known; told_by says how: "acquisition time",
"trigger time", "order only", "typed". enhanced is null where the files do not say whether there is contrast. zero is
what the seconds count from: "the start of the contrast" where the files tell it, else "the first phase with contrast"
or "the second phase"; "" where times are typed or unknown.
"""


def add_to(subparsers: Any) -> None:
    """Declare the command's arguments."""
    parser = subparsers.add_parser(
        "phases", help="list the phases of a multiphase MR", epilog=DETAILS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    takes_negative_points(parser)
    parser.add_argument("folder", metavar="DIR", help="the examination, or a whole study")
    parser.add_argument("--times-s", metavar="S,S,…", help="their seconds from the contrast, where the files are wrong")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Find them, list them."""
    from workstation.cli.phase_study import phases_in, retimed
    from workstation.images.phase_times import CONTRAST

    phases = phases_in(options.folder, progress_on_terminal())
    if options.times_s:
        phases = retimed(phases, options.times_s)
    rows = [
        {
            "name": phase.name,
            "time_s": phase.time_s,
            "told_by": phase.told_by,
            "enhanced": phase.enhanced,
            "description": phase.volume.description,
            "series_uid": phase.volume.series_uid,
        }
        for phase in phases
    ]
    if options.json:
        print_json({"phases": rows, "zero": phases[0].zero})
        return 0
    for row in rows:
        time = "time unknown" if row["time_s"] is None else f"{row['time_s']:+.0f} s"
        print(f"{row['name']:<12} {time:>12}  ({row['told_by']})  {row['description']}")
    if phases[0].zero not in ("", CONTRAST):
        print(f"Nothing tells when the contrast came: seconds count from {phases[0].zero} (--times-s types others)")
    return 0
