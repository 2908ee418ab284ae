"""`workstation demo`: the built-in glomus case, in the window or, without a display, as the whole job headless."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from workstation.cli.commands.open_window import require_display
from workstation.cli.output import UsageError, checked_seed, print_json, progress_on_terminal


def add_to(subparsers: Any) -> None:
    """Declare the command's arguments."""
    parser = subparsers.add_parser("demo", help="the built-in glomus case in the window, or the whole job headless")
    parser.add_argument("name", nargs="?", choices=("glomus",), default="glomus", help="which case")
    parser.add_argument("--headless", metavar="OUT", help="no window: do the whole job and write the results to OUT")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="which variant of the case")
    parser.add_argument("--theme", choices=("dark", "light"), default=None, help="colours of the window")
    parser.add_argument("--json", action="store_true", help="with --headless: the summary on standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Open the window on the case, or run it headless."""
    checked_seed(options.seed)
    if options.headless is None:
        if options.json:
            raise UsageError("--json goes with --headless OUT")
        require_display()
        from workstation.gui.application import run as run_window

        code: int = run_window(theme=options.theme, demo_seed=options.seed)
        return code
    from workstation.cli.demonstration import demonstrate

    folder = Path(options.headless)
    if not options.headless:
        raise UsageError("--headless: the name of a folder for the results is needed")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: is a file; a folder is needed for the results")
    summary = demonstrate(folder, seed=options.seed, theme=options.theme or "dark", progress=progress_on_terminal())
    if options.json:
        print_json(summary)
    else:
        print(f"The results lie in {folder.resolve()}:")
        for name in ("overview.png", "rtstruct.dcm", "registration.dcm", "summary.json"):
            print(f"  {name}")
        volumes = ", ".join(f"{name} {cc:.1f} cc" for name, cc in summary["volumes_cc"].items())
        print(
            f"{volumes}; registration error {summary['registration_error_mm']['mean']:.2f} mm; "
            f"drawn GTV against the truth: DSC {summary['gtv_dsc']:.3f}"
        )
    return 0
