"""Painters by the dozen: a process with everything imported forks one for each line `CASE<tab>ACKNOWLEDGED<tab>SEED`.

It answers with the process number of the painter. The start of Python, which is not tested, is paid for once.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]


class Painters:
    """The process that forks them; ends with the block."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.store.painters"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip

    def __enter__(self) -> Painters:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def start(self, path: Path, acknowledged: Path, seed: int) -> int:
        """A painter at work; its process number."""
        assert self._process.stdin is not None and self._process.stdout is not None
        print(path, acknowledged, seed, sep="\t", file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())


def runs(pid: int) -> bool:
    """Whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def kill(pid: int) -> None:
    """End a process without any warning to it, and wait until it is gone."""
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while runs(pid):
        assert time.monotonic() < deadline, "the painter could not be killed"
        time.sleep(0.001)


def serve() -> None:
    """Fork a painter for every line until the input ends."""
    from tests.case.bodies import add_derived, case_with_gtv
    from tests.store.painter import main

    case, gtv = case_with_gtv()
    add_derived(case, "CTV", gtv, 3)  # loads the kernels
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever was killed leaves nothing behind
    for line in sys.stdin:
        path, acknowledged, seed = line.rstrip("\n").split("\t")
        pid = os.fork()
        if pid == 0:
            main(Path(path), Path(acknowledged), int(seed))
        print(pid, flush=True)


if __name__ == "__main__":
    serve()
