"""What run.py and test.py do before they start anything: system libraries, packages, compiled kernels.

Standard library only, for Linux, macOS and Windows. A run that finds nothing to do takes a few hundredths of a second.
"""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import system_libraries
from console import SetUpError, say
from environment import Environment, Recipe, plain_variables
from exclusive import exclusive

ROOT = Path(__file__).resolve().parent.parent
PACKAGING = ROOT / "packaging"
LOCK = ROOT / ".venv.lock"

ENVIRONMENT = Environment(ROOT / ".venv")
RUNTIME = Recipe("runtime", PACKAGING / "requirements.lock", program=ROOT)
TESTS = Recipe("tests", PACKAGING / "requirements-test.lock", program=ROOT, includes=(RUNTIME,))

RT_UTILS_ENVIRONMENT = Environment(ROOT / ".venv-rtutils")
RT_UTILS = Recipe("rt-utils", PACKAGING / "requirements-rt-utils.lock")

WARM_UP_SECONDS = 300


def has_display() -> bool:
    """Whether a window could be seen."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def system_is_known_good(environment: Environment) -> bool:
    """Whether the files that an earlier run found are all still there."""
    if not sys.platform.startswith("linux"):
        return True
    files = environment.stamp().get("system_files")
    return isinstance(files, list) and bool(files) and all(os.path.exists(file) for file in files)


def kernel_fingerprint(source: Path) -> str:
    """A hash of the files that numba compiles; its cache looks at the time of a file, too."""
    digest = hashlib.sha256()
    for path in sorted(source.rglob("*.py")):
        content = path.read_bytes()
        if b"numba" in content:
            digest.update(f"{path.relative_to(source)} {path.stat().st_mtime_ns} ".encode())
            digest.update(content)
    return digest.hexdigest()


def warm_up_fingerprint() -> str:
    """A hash of everything that a compiled kernel depends on."""
    packages = RUNTIME.fingerprint(ENVIRONMENT.python_version())
    return hashlib.sha256((kernel_fingerprint(ROOT / "workstation") + packages).encode()).hexdigest()


def warm_up() -> None:
    """Fills numba's cache. The program can do without: it compiles in the background at its start what is missing."""
    fingerprint = warm_up_fingerprint()
    if ENVIRONMENT.stamp().get("warm_up") == fingerprint:
        return
    say("compiling the kernels, once")
    # -P keeps the folder that somebody happens to stand in out of the search for modules.
    command = [str(ENVIRONMENT.python), "-P", "-m", "workstation", "warm-up"]
    try:
        finished = subprocess.run(
            command, env=plain_variables(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", timeout=WARM_UP_SECONDS, check=False,
        )  # fmt: skip
        failed, output = finished.returncode != 0, finished.stdout
    except subprocess.TimeoutExpired:
        failed, output = True, f"stopped after {WARM_UP_SECONDS} s"
    if failed:
        reason = (output.strip().splitlines() or ["no reason given"])[-1]
        say(f"the kernels will be compiled when they are first used ({reason})")
    ENVIRONMENT.note(warm_up=fingerprint)


def check_drawing() -> None:
    """Draws one picture without a screen: the only proof that Qt, VTK and the system's drivers work together."""
    command = [str(ENVIRONMENT.python), "-P", str(PACKAGING / "check_drawing.py")]
    finished = subprocess.run(
        command, env=plain_variables({"QT_QPA_PLATFORM": "offscreen"}), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
    )  # fmt: skip
    if finished.returncode != 0:
        reason = (finished.stdout.strip().splitlines() or [f"it ended with {finished.returncode}"])[-1]
        say(f"this system cannot draw without a screen, so pictures may be missing: {reason}")


def is_complete(recipe: Recipe) -> bool:
    """Whether nothing is left to do before the program starts."""
    return (
        ENVIRONMENT.holds(recipe)
        and system_is_known_good(ENVIRONMENT)
        and ENVIRONMENT.stamp().get("warm_up") == warm_up_fingerprint()
    )


def check_system(*, window_wanted: bool) -> list[str]:
    """Looks at the system, puts right what it may, and returns the files that a later run has to find again."""
    system_libraries.ensure(environment_wanted=not ENVIRONMENT.python.exists(), window_wanted=window_wanted)
    if not sys.platform.startswith("linux") or system_libraries.missing_needs():
        # What is missing now may be there next time: look again then.
        return []
    return system_libraries.files_relied_on()


def set_up(recipe: Recipe, *, window_wanted: bool) -> None:
    """Brings the checkout to where the program, or its tests, can start."""
    if is_complete(recipe):
        return
    if not os.access(ROOT, os.W_OK):
        raise SetUpError(f"no permission to write into {ROOT}, where the environment has to be made")
    with exclusive(LOCK):
        system_files = [] if system_is_known_good(ENVIRONMENT) else check_system(window_wanted=window_wanted)
        if not ENVIRONMENT.holds(recipe):
            say(f"installing the locked packages into {ENVIRONMENT.folder} (about 1.5 GB on disk; some minutes once)")
            ENVIRONMENT.make(recipe)
            check_drawing()
        if system_files:
            ENVIRONMENT.note(system_files=system_files)
        warm_up()


def set_up_rt_utils() -> None:
    """Makes the environment of the independent RTSTRUCT reader; the tests that want it are skipped where it fails."""
    if RT_UTILS_ENVIRONMENT.holds(RT_UTILS):
        return
    with exclusive(LOCK):
        if RT_UTILS_ENVIRONMENT.holds(RT_UTILS):
            return
        say("making the environment of rt-utils, against which exported structures are checked")
        try:
            RT_UTILS_ENVIRONMENT.make(RT_UTILS)
        except SetUpError as error:
            say(f"tests against rt-utils will be skipped: {error}")


def in_one_sentence(main: Callable[[], int]) -> int:
    """Runs a main function; a failure of set-up ends in one line, not in a traceback."""
    try:
        return main()
    except SetUpError as error:
        say(str(error))
    except KeyboardInterrupt:
        say("stopped; run it again to go on")
        return 130
    except OSError as error:
        if error.errno == errno.ENOSPC:
            say("the disk is full; free about 3 GB and run again")
        else:
            say(f"{error.strerror or error}: {error.filename or ROOT}")
    return 1
