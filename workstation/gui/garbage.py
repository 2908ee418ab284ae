"""Python's garbage is collected on the window's thread only.

Widgets that are part of a cycle are destroyed by whichever thread happens to collect it, and Qt's widgets must only be
destroyed by the thread that they live on: a job that allocated much could so bring the program down.
"""

from __future__ import annotations

import gc
import time

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 200
FULL_S = 20.0
"""Least time between two collections of everything, which take the longest."""


class GarbageCollector(QObject):
    """Collects in the pauses of the event loop, as often as Python itself would."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._full = time.monotonic()
        self._timer = QTimer(self, interval=INTERVAL_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """Collect the youngest generations that have grown beyond Python's own limits."""
        counts, limits = gc.get_count(), gc.get_threshold()
        if counts[0] <= limits[0]:
            return
        now = time.monotonic()
        if counts[2] > limits[2] and now - self._full > FULL_S:
            self._full = now
            gc.collect(2)
        else:
            gc.collect(1 if counts[1] > limits[1] else 0)


def collect_here_only(application: QObject) -> None:
    """From now on no other thread collects; once for an application, harmless again."""
    gc.disable()
    if application.findChild(GarbageCollector) is None:
        GarbageCollector(application)
