#!/usr/bin/env python3
"""Sets the program up in this checkout and starts it: `python3 packaging/run.py [arguments of workstation]`.

Without arguments the window opens on the built-in glomus case; where there is no display the same case runs headless.
Needs Python 3.11 or newer and nothing else; run it as often as you like.
"""

import os
import subprocess
import sys

if sys.version_info < (3, 11):
    sys.exit(
        "set-up: Python 3.11 or newer is needed, this is %d.%d; please run: python3.11 packaging/run.py"
        % sys.version_info[:2]
    )

from pathlib import Path

import set_up


def program_arguments(given, display, folder):
    """What to hand to the program, and where its results will lie if it runs headless by default."""
    if given:
        return list(given), None
    if display:
        return ["demo", "glomus"], None
    results = Path(folder).resolve() / "out"
    return ["demo", "glomus", "--headless", str(results)], results


def start(python, arguments):
    """Runs the program and returns its exit code; where the system can, the program takes this process over."""
    # -P keeps the folder that somebody happens to stand in out of the search for modules.
    command = [str(python), "-P", "-m", "workstation", *arguments]
    if sys.platform != "win32":
        os.execv(command[0], command)
    return subprocess.run(command, check=False).returncode


def main():
    """Set-up, then the program."""
    display = set_up.has_display()
    arguments, results = program_arguments(sys.argv[1:], display, Path.cwd())
    set_up.set_up(set_up.RUNTIME, window_wanted=display)
    python = set_up.ENVIRONMENT.python
    if results is None:
        return start(python, arguments)
    print(f"set-up: no display here; running the glomus case headless into {results}", file=sys.stderr, flush=True)
    status = subprocess.run([str(python), "-P", "-m", "workstation", *arguments], check=False).returncode
    if status == 0:
        print(f"The results lie in {results}", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(set_up.in_one_sentence(main))
