"""Brings the plotting library in when a plot is first wanted, by a job: importing it takes a third of a second."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject

from workstation.gui.jobs.runner import JobRunner
from workstation.jobs.progress import Progress, silent

LIBRARY = "pyqtgraph"
PLOTS = tuple(f"workstation.gui.{name}" for name in ("threshold_plot", "course_plot", "roc_plot"))
"""Read with it, so that the window need not wait for them either."""
_imported = threading.Event()
"""Set at the end of the import: `sys.modules` names the library from its beginning on, and who asks for it meanwhile
waits for the thread that imports it."""


def plots_are_there() -> bool:
    """Whether plots can be made at once."""
    return _imported.is_set()


def when_plots_are_there(runner: JobRunner, then: Callable[[], object]) -> None:
    """Call `then` on the window's thread as soon as plots can be made: at once where the library is there already."""
    if plots_are_there():
        then()
    else:
        runner.start("Preparing plots", _import, then=lambda _result: then())


def _import(progress: Progress = silent) -> None:
    progress(0.0, "Preparing plots")
    for name in (LIBRARY, *PLOTS):
        importlib.import_module(name)
    _imported.set()


def runner_of(session: QObject) -> JobRunner:
    """The runner of the window that a session belongs to; an own one for a session without a window."""
    found = getattr(session.parent(), "runner", None)
    return found if isinstance(found, JobRunner) else JobRunner(session)
