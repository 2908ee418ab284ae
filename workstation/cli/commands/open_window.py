"""`workstation open PATH…`: the window, on folders, files, archives or a saved case."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from workstation.cli.output import UsageError
from workstation.cli.references import existing_path


def add_to(subparsers: Any) -> None:
    """Declare the command's arguments."""
    parser = subparsers.add_parser("open", help="open the window on folders, files, archives or a saved case")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="folder, file, zip or saved case")
    parser.add_argument("--theme", choices=("dark", "light"), default=None, help="colours of the window")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Show the window until it is closed."""
    paths = [str(existing_path(p)) for p in options.paths]
    require_display()
    from workstation.gui.application import run as run_window

    code: int = run_window(paths, theme=options.theme)
    return code


def require_display() -> None:
    """Refuse in words where no window can appear, instead of Qt's abort."""
    import os

    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    if sys.platform.startswith("linux") and not chosen:
        if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            raise UsageError("there is no display here; use the other commands, or 'workstation demo --headless OUT'")
