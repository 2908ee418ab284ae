#!/usr/bin/env python3
"""Sets up like run.py and runs every check: `python3 packaging/test.py [--quick | --benchmarks] [arguments of pytest]`.

Style, types and layers are checked first; their failures are listed again in pytest's summary and in the exit code.
"""

import argparse
import os
import subprocess
import sys
import time

if sys.version_info < (3, 11):
    sys.exit(
        "set-up: Python 3.11 or newer is needed, this is %d.%d; please run: python3.11 packaging/test.py"
        % sys.version_info[:2]
    )

import set_up
from console import say


def read_arguments(given):
    """This script's own options, and the rest for pytest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="leave out slow tests, the type check and rt-utils")
    parser.add_argument("--benchmarks", action="store_true", help="only measure, one after the other, and print tables")
    return parser.parse_known_args(given)


def checks(quick):
    """The commands that look at the source without running it, by name."""
    environment = set_up.ENVIRONMENT
    commands = {"ruff": [environment.python, "-m", "ruff", "check", "."]}
    if not quick:
        commands["mypy"] = [environment.python, "-m", "mypy"]
    commands["lint-imports"] = [environment.command("lint-imports")]
    return commands


def failed_checks(quick):
    """Runs the checks and returns the names of those that failed."""
    failed = []
    for name, command in checks(quick).items():
        begun = time.perf_counter()
        finished = subprocess.run(
            [str(part) for part in command], cwd=set_up.ROOT, env=set_up.plain_variables(), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", check=False,
        )  # fmt: skip
        seconds = time.perf_counter() - begun
        if finished.returncode != 0:
            failed.append(name)
            print(finished.stdout, flush=True)
        print(f"{name}: {'FAILED' if finished.returncode else 'passed'} in {seconds:.1f} s", flush=True)
    return failed


def pytest_command(options, extra):
    """The pytest call: two workers for tests, none for measurements."""
    command = [str(set_up.ENVIRONMENT.python), "-m", "pytest"]
    if options.benchmarks:
        return [*command, "-p", "no:xdist", "--benchmarks", "-m", "benchmark", "-s", "--timeout", "900", *extra]
    # A worker that has nothing left takes over from the other: the longest tests are not all of one folder.
    command += ["-n", "2", "--dist", "worksteal", "-m", "not benchmark"]
    if options.quick:
        command[-1] += " and not slow"
    return [*command, *extra]


def main():
    """Set-up, checks, tests."""
    options, extra = read_arguments(sys.argv[1:])
    begun = time.perf_counter()
    set_up.set_up(set_up.TESTS, window_wanted=False)
    if not options.quick:
        set_up.set_up_rt_utils()
    say(f"ready after {time.perf_counter() - begun:.1f} s")
    failed = [] if options.benchmarks else failed_checks(options.quick)
    variables = set_up.plain_variables({"WORKSTATION_FAILED_CHECKS": " ".join(failed)})
    variables.setdefault("QT_QPA_PLATFORM", "offscreen")
    status = subprocess.run(pytest_command(options, extra), cwd=set_up.ROOT, env=variables, check=False).returncode
    return status or int(bool(failed))


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(set_up.in_one_sentence(main))
