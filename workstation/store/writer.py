"""The one thread that touches a case file's database: it writes in the order of asking, and checkpoints."""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from workstation.store.errors import StoreError

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], Any]


class Writer:
    """Runs functions on the connection, one after the other, off the calling thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._closing = False
        self._jobs: queue.SimpleQueue[tuple[Job, Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="case file writer", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Run a function later; its result or exception comes with the future. StoreError once it is closed."""
        if self._closing:
            raise StoreError("The case file is closed")
        future: Future[T] = Future()
        self._jobs.put((job, future))
        return future

    def call(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Run a function and wait for its result; its exception is raised here."""
        return self.submit(job).result()

    def close(self) -> None:
        """Finish what was asked for, close the connection, end the thread."""
        self._closing = True
        self._jobs.put(None)
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        while (item := self._jobs.get()) is not None:
            job, future = item
            try:
                future.set_result(job(self._connection))
            except BaseException as error:  # noqa: BLE001  (handed over to whoever asked)
                future.set_exception(error)
