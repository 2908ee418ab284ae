"""Refreshes uv.lock and the hash-pinned files that pip installs from: `python packaging/refresh_lock.py [--upgrade]`.

It needs uv (https://docs.astral.sh/uv/). Without `--upgrade` only what pyproject.toml asks for changes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGING = ROOT / "packaging"
INDEX = "https://pypi.org/simple"
EXPORT = ("export", "--frozen", "--quiet", "--no-emit-project", "--no-dev", "--group", "build")


def find_uv() -> str:
    """The uv command: from the search path, else from the checkout's own environment."""
    found = shutil.which("uv") or shutil.which("uv", path=str(ROOT / ".venv" / "bin"))
    if found is None:
        raise SystemExit("refresh-lock: uv is missing; install it with: python -m pip install uv")
    return found


def run_uv(*arguments: str) -> None:
    """Runs uv without this machine's own package addresses, which must not get into a lock file."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "PIP_"))}
    environment["UV_CUSTOM_COMPILE_COMMAND"] = "python packaging/refresh_lock.py"
    subprocess.run([find_uv(), *arguments], cwd=ROOT, env=environment, check=True)


def refuse_foreign_addresses(path: Path) -> None:
    """Stops when a lock file names a package address other than PyPI's."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        addressed = "registry = " in line or "index-url" in line or "find-links" in line
        if "file:" in line or (addressed and INDEX not in line):
            raise SystemExit(f"refresh-lock: {path.name}, line {number}, names a foreign address: {line.strip()}")


def main() -> int:
    """Locks, exports and checks."""
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
    runtime = PACKAGING / "requirements.lock"
    test = PACKAGING / "requirements-test.lock"
    rt_utils = PACKAGING / "requirements-rt-utils.lock"
    run_uv("lock", *upgrade)
    run_uv(*EXPORT, "--output-file", str(runtime.relative_to(ROOT)))
    run_uv(*EXPORT, "--extra", "test", "--output-file", str(test.relative_to(ROOT)))
    run_uv(*EXPORT, "--format", "pylock.toml", "--extra", "test", "--output-file", "packaging/pylock.toml")
    run_uv(
        "pip", "compile", "--quiet", "--no-config", "--universal", "--python-version", "3.11",
        "--fork-strategy", "fewest", "--generate-hashes", "--default-index", INDEX, *upgrade,
        "--override", "packaging/requirements-rt-utils-overrides.in",
        "packaging/requirements-rt-utils.in", "--output-file", str(rt_utils.relative_to(ROOT)),
    )  # fmt: skip
    for path in (ROOT / "uv.lock", runtime, test, rt_utils, PACKAGING / "pylock.toml"):
        refuse_foreign_addresses(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
