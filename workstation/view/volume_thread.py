"""The one thread that all OpenGL of the program runs on.

A context of OpenGL belongs to the thread that made it, and not every driver takes two threads that make or close
contexts at the same moment: so there is one thread, for all windows and for pictures made without one.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")

LONGEST_END_S = 10.0


class VolumeThread:
    """Does pieces of work one after the other, in the order in which they came."""

    def __init__(self) -> None:
        self._work: deque[Callable[[], Any]] = deque()
        self._changed = threading.Condition()
        self._ending = False
        self._thread: threading.Thread | None = None

    def do(self, work: Callable[[], Any]) -> None:
        """Do something soon; an error that it lets through goes to the log, and the next piece is done."""
        with self._changed:
            if self._ending:
                return
            self._work.append(work)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="3D view", daemon=True)
                self._thread.start()
            self._changed.notify()

    def call(self, work: Callable[[], T]) -> T:
        """Do something and wait for what comes of it, its error too; not for the window's thread."""
        if threading.current_thread() is self._thread:
            return work()
        done = threading.Event()
        result: list[T] = []
        errors: list[Exception] = []

        def keep() -> None:
            try:
                result.append(work())
            except Exception as error:  # noqa: BLE001  (raised again where it was asked for)
                errors.append(error)
            finally:
                done.set()

        self.do(keep)
        if self._ending:
            raise RuntimeError("The program is ending: no more pictures are made")
        done.wait()
        if errors:
            raise errors[0]
        return result[0]

    def end(self) -> None:
        """Finish what has been asked for (scenes close among it) and end; waits, for the process is about to."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(LONGEST_END_S)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._work and not self._ending:
                    self._changed.wait()
                if not self._work:
                    return
                work = self._work.popleft()
            try:
                work()
            except Exception:
                log.exception("work for the 3D view failed")
            # An object of VTK that only this frame still held must not outlive its turn.
            del work


VOLUME_THREAD = VolumeThread()
"""The thread; it starts with the first piece of work."""

ending: list[Callable[[], None]] = []
"""Called before the thread ends with the process: scenes that are still open close themselves."""


def _end() -> None:
    for close in list(ending):
        close()
    VOLUME_THREAD.end()


# Before the interpreter takes modules and VTK's libraries down.
atexit.register(_end)
