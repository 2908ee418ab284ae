"""A Python environment made from a hash-pinned list, with a stamp that tells a later run that nothing is left to do.

A stamp holds what went into the environment; it is written last and in one step, and a mark lies in the folder while
packages change, so a set-up that was killed half-way is recognised and begun again.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console import Progress, SetUpError, say

OLDEST_PYTHON = (3, 11)
STAMP_FORMAT = 1
# Settings of the calling shell that would lead Python or pip away from the environment.
MISLEADING_VARIABLES = (
    "PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_REQUIRE_VIRTUALENV", "PIP_REQUIRE_HASHES",
    "PIP_NO_BINARY", "PIP_ONLY_BINARY", "PIP_CONSTRAINT", "PIP_REQUIREMENT",
)  # fmt: skip

# What pip's output says when the index is out of reach.
NO_NETWORK = (
    r"name resolution|Name or service not known|getaddrinfo|NewConnectionError|Max retries|ConnectTimeout"
    r"|Connection refused|ConnectionResetError|Network is unreachable|ReadTimeoutError|ProxyError"
)

# What pip's output says, and what it means to the person who waits.
PIP_FAILURES = (
    (r"No space left on device|Disk quota exceeded", "the disk is full; free about 3 GB and run again"),
    (r"DO NOT MATCH THE HASHES", "the package index sent another package than the locked one; check its address"),
    (r"Permission denied|Read-only file system", "no permission to write into the environment's folder"),
    (NO_NETWORK, "the package index cannot be reached; check the network (or the proxy) and run again"),
    (r"No matching distribution found for (\S+)", "no ready-made package for this system and Python"),
)


@dataclass(frozen=True)
class Recipe:
    """What goes into an environment: a hash-pinned list, and perhaps the program itself from its checkout."""

    name: str
    lock_file: Path
    program: Path | None = None
    # Whoever has this recipe's packages has those of these recipes, too.
    includes: tuple[Recipe, ...] = ()

    def fingerprint(self, python_version: str) -> str:
        """A hash that changes when the environment has to."""
        digest = hashlib.sha256(f"{STAMP_FORMAT} {python_version} {sys.platform} {platform.machine()}".encode())
        digest.update(self.lock_file.read_bytes())
        if self.program is not None:
            digest.update(str(self.program).encode())
            digest.update((self.program / "pyproject.toml").read_bytes())
        return digest.hexdigest()


def plain_variables(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment variables for a child process, without those that would lead it astray."""
    variables = {name: value for name, value in os.environ.items() if name not in MISLEADING_VARIABLES}
    variables.update(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1", PYTHONUTF8="1")
    variables.update(extra or {})
    return variables


class Environment:
    """A folder with Python and packages, and the stamp of what was put there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stamp_file = folder / "set-up.json"
        self.unfinished_mark = folder / "set-up-unfinished"

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    def command(self, name: str) -> Path:
        """A command that a package brought."""
        return self.folder / (f"Scripts/{name}.exe" if sys.platform == "win32" else f"bin/{name}")

    def python_version(self) -> str:
        """The version that the environment was made with, read without starting it; empty where there is none."""
        try:
            text = (self.folder / "pyvenv.cfg").read_text(encoding="utf-8")
        except OSError:
            return ""
        found = re.search(r"^version(?:_info)?\s*=\s*([\d.]+)", text, re.MULTILINE)
        return found.group(1) if found else ""

    def stamp(self) -> dict[str, Any]:
        """What earlier runs noted; empty when there is nothing or nothing readable."""
        try:
            content = json.loads(self.stamp_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def note(self, **entries: Any) -> None:
        """Adds entries to the stamp, in one step that a kill cannot halve."""
        content = {**self.stamp(), **entries}
        partial = self.stamp_file.with_suffix(f".{os.getpid()}.partial")
        partial.write_text(json.dumps(content, indent=1, sort_keys=True), encoding="utf-8")
        os.replace(partial, self.stamp_file)

    def holds(self, recipe: Recipe) -> bool:
        """Whether the environment is what the recipe asks for."""
        noted = self.stamp().get("recipes", {})
        return (
            not self.unfinished_mark.exists()
            and self.python.exists()
            and isinstance(noted, dict)
            and noted.get(recipe.name) == recipe.fingerprint(self.python_version())
        )

    def make(self, recipe: Recipe) -> None:
        """Brings the environment to what the recipe asks for; the caller holds the lock."""
        self._clear_what_cannot_be_used()
        if not self.python.exists():
            self._create()
        self._install(recipe)
        version = self.python_version()
        made = {held.name: held.fingerprint(version) for held in (recipe, *recipe.includes)}
        self.note(recipes={**self.stamp().get("recipes", {}), **made})

    def _clear_what_cannot_be_used(self) -> None:
        """Removes the folder when a set-up died in it or its Python has gone away."""
        if not self.folder.exists():
            return
        ours = self.unfinished_mark.exists() or self.stamp_file.exists()
        version = tuple(int(part) for part in self.python_version().split(".")[:2] if part)
        if self.unfinished_mark.exists():
            say(f"an earlier set-up of {self.folder.name} was interrupted; beginning again")
        elif self.python.exists() and version >= OLDEST_PYTHON:
            return
        elif not ours and any(self.folder.iterdir()):
            raise SetUpError(f"{self.folder} holds no usable Python 3.11 or newer; please remove it and run again")
        shutil.rmtree(self.folder)

    def _create(self) -> None:
        """Makes the empty environment."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.unfinished_mark.touch()
        # Started from inside an environment, the interpreter behind it is the one that lasts.
        python = getattr(sys, "_base_executable", None) or sys.executable
        finished = subprocess.run(
            [python, "-m", "venv", str(self.folder)],
            env=plain_variables(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            close_fds=False, check=False,
        )  # fmt: skip
        if finished.returncode != 0:
            raise SetUpError(f"the environment {self.folder} could not be made: {explain(finished.stdout)}")

    def _install(self, recipe: Recipe) -> None:
        """Installs the locked packages, then the program itself as an editable package."""
        self.unfinished_mark.touch()
        self._have_pip()
        # Every package is listed with its hash, so nothing is resolved, built or taken on trust.
        self._pip(["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(recipe.lock_file)])
        if recipe.program is not None:
            self._pip(["--no-deps", "--no-build-isolation", "--no-index", "-e", str(recipe.program)])
        self.unfinished_mark.unlink(missing_ok=True)

    def _have_pip(self) -> None:
        """Environments that other tools made may lack pip."""
        if any(self.folder.glob("[Ll]ib/**/site-packages/pip")):
            return
        output, status = run_with_progress([str(self.python), "-m", "ensurepip"])
        if status != 0:
            raise SetUpError(f"{self.folder} has no pip, and it could not be added: {explain(output)}")

    def _pip(self, arguments: Sequence[str]) -> None:
        """Runs `pip install` and turns its failure into one sentence."""
        command = [str(self.python), "-m", "pip", "install", "--no-input", "--retries", "2", *arguments]
        output, status = run_with_progress(command)
        if status == 0:
            return
        if "Installing collected packages" not in output and "Running command" not in output:
            # pip gave up before it changed anything: the environment is as good as it was.
            self.unfinished_mark.unlink(missing_ok=True)
        raise SetUpError(f"the packages could not be installed: {explain(output)}{self._keep_log(output)}")

    def _keep_log(self, output: str) -> str:
        """Keeps what pip said and tells where; a full disk is no reason to lose the sentence about it."""
        log = self.folder / "set-up.log"
        try:
            log.write_text(output, encoding="utf-8")
        except OSError:
            return ""
        return f" (all that pip said: {log})"


def run_with_progress(command: Sequence[str]) -> tuple[str, int]:
    """Runs a command, shows what it is at in one changing line, and returns its output and status.

    The child inherits the set-up's lock: should this process be killed, the next set-up waits for the child to end.
    """
    progress = Progress()
    lines: list[str] = []
    with subprocess.Popen(
        command, env=plain_variables(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", close_fds=False,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if line.lstrip().startswith(("Downloading", "Installing", "Using cached", "Preparing")):
                progress.show(line.strip())
    progress.clear()
    return "".join(lines), process.returncode


def explain(output: str) -> str:
    """What a failed pip or venv means, in words."""
    for pattern, meaning in PIP_FAILURES:
        found = re.search(pattern, output)
        if found:
            return f"{meaning} ({found.group(1)})" if found.groups() else meaning
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR:").strip() for line in lines if re.match(r"ERROR:|\w+Error: ", line)]
    return (errors or lines or ["no reason given"])[-1]
