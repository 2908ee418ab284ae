"""A lock between processes that the operating system lets go of when its holder dies."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from console import say

if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[bytes]) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Holds the lock file for the length of the block; waits while another process holds it.

    Children that are started with `close_fds=False` hold it with their parent, and after it.
    """
    with path.open("ab") as file:
        os.set_inheritable(file.fileno(), True)
        if not _try_lock(file):
            say("another set-up of this checkout is at work; waiting for it")
            while not _try_lock(file):
                time.sleep(0.2)
        # Closing the file gives the lock back.
        yield
