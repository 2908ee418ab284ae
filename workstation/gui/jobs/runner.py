"""Runs long functions in threads and brings their answers to the window's thread, numbered, late ones dropped.

A job is a plain function `f(..., progress)`. Whatever it reports crosses threads in ONE place: the signal
`_arrived`. A job that was cancelled, or replaced by a newer one of its lane, has no number any more: what it
still sends is ignored.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QEventLoop, QObject, QTimer, Signal, Slot

from workstation.jobs.progress import Cancelled

log = logging.getLogger(__name__)

REPORT_INTERVAL_MS = 50
"""Progress is shown at most this often; a loop may report a thousand times a second."""

POLL_MS = 5

Handler = Callable[[Any], None]


def live(milliseconds: int) -> None:
    """Run the application's event loop for a while: for scripts, which have no other loop."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


@dataclass
class Job:
    """One running function. fraction, sentence: as shown; report: as the function said last, on its own thread."""

    number: int
    title: str
    lane: str
    then: Handler | None
    failed: Callable[[Exception], None] | None
    arrived: Handler | None
    fraction: float = 0.0
    sentence: str = ""
    report: tuple[float, str] = (0.0, "")
    report_waits: bool = False
    started_s: float = field(default_factory=time.monotonic)
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None


class JobRunner(QObject):
    """Starts jobs and delivers what they say on the thread that it lives in.

    changed: something about the running jobs is different (started, progress, ended).
    failed: a job without a handler of its own ended in an exception: (title, exception).
    """

    changed = Signal()
    failed = Signal(str, object)
    _arrived = Signal(int, str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._number = 0
        self._jobs: dict[int, Job] = {}
        self._threads: list[threading.Thread] = []
        self._arrived.connect(self._receive)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The running jobs, oldest first."""
        return tuple(self._jobs.values())

    def start(
        self,
        title: str,
        function: Callable[..., Any],
        *arguments: Any,
        then: Handler | None = None,
        failed: Callable[[Exception], None] | None = None,
        arrived: Handler | None = None,
        lane: str = "",
        **named: Any,
    ) -> Job:
        """Run `function(*arguments, progress=..., **named)` in a thread.

        then: receives the result. failed: receives the exception (not called for a cancelled job).
        arrived: asks for answers before the end: the function then also gets `deliver=`, a callable of one value.
        lane: a new job of the same lane replaces the older one, which is asked to stop and no longer heard.
        """
        if lane:
            for other in self.jobs:
                if other.lane == lane:
                    self.cancel(other)
        self._number += 1
        job = Job(self._number, title, lane, then, failed, arrived)
        if arrived is not None:
            named["deliver"] = lambda value: self._send(job, "value", value)
        work = threading.Thread(
            target=self._work, args=(job, function, arguments, named), name=f"job {job.number}", daemon=True
        )
        job.thread = work
        self._jobs[job.number] = job
        self._threads = [t for t in self._threads if t.is_alive()] + [work]
        work.start()
        self.changed.emit()
        return job

    def cancel(self, job: Job) -> None:
        """Ask a job to stop; nothing that it says from now on is heard."""
        job.stop.set()
        if self._jobs.pop(job.number, None) is not None:
            self.changed.emit()

    def stop_all(self, wait_s: float = 5.0) -> bool:
        """Cancel everything and wait for the threads to end; whether they did in time."""
        for job in self.jobs:
            self.cancel(job)
        deadline = time.monotonic() + wait_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def wait(self, seconds: float = 60.0) -> bool:
        """Let the application live until nothing runs any more (scripts and tests); whether that was in time."""
        deadline = time.monotonic() + seconds
        while self._jobs and time.monotonic() < deadline:
            live(POLL_MS)
        return not self._jobs

    def _work(self, job: Job, function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        try:
            result = function(*arguments, progress=self._progress_of(job), **named)
        except Cancelled:
            self._send(job, "stopped", None)
        except Exception as error:  # noqa: BLE001  (delivered to the window, which decides what a person is told)
            self._send(job, "error", error)
        else:
            self._send(job, "result", result)

    def _progress_of(self, job: Job) -> Callable[[float, str], None]:
        def progress(fraction: float, sentence: str) -> None:
            if job.stop.is_set():
                raise Cancelled
            job.report = (min(1.0, max(0.0, float(fraction))), str(sentence))
            if not job.report_waits:
                job.report_waits = True
                self._send(job, "progress", None)

        return progress

    def _send(self, job: Job, kind: str, value: Any) -> None:
        if job.stop.is_set():
            return
        try:
            self._arrived.emit(job.number, kind, value)
        except RuntimeError:
            log.debug("a job ended after its window was gone")

    @Slot(int, str, object)
    def _receive(self, number: int, kind: str, value: Any) -> None:
        job = self._jobs.get(number)
        if job is None:
            return
        if kind == "progress":
            self._show_report(job)
        elif kind == "value":
            if job.arrived is not None:
                job.arrived(value)
        else:
            del self._jobs[number]
            self.changed.emit()
            self._finish(job, kind, value)

    def _show_report(self, job: Job) -> None:
        """Show the newest report, and look again after a while: the last sentence before a long step counts."""
        job.fraction, job.sentence = job.report
        self.changed.emit()
        QTimer.singleShot(REPORT_INTERVAL_MS, self, lambda: self._look_again(job))

    def _look_again(self, job: Job) -> None:
        job.report_waits = False  # before comparing: whatever is reported from now on sends itself
        if job.number in self._jobs and job.report != (job.fraction, job.sentence):
            job.report_waits = True
            self._show_report(job)

    def _finish(self, job: Job, kind: str, value: Any) -> None:
        if kind == "result" and job.then is not None:
            job.then(value)
        elif kind == "error":
            if job.failed is not None:
                job.failed(value)
            else:
                self.failed.emit(job.title, value)
