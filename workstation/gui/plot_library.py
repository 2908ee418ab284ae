"""Brings the plotting library in when a plot is first wanted, by a job: importing it takes a third of a second."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable

from PySide6.QtCore import QObject

from workstation.gui.jobs.runner import JobRunner
from workstation.jobs.progress import Progress, silent

LIBRARY = "pyqtgraph"


def plots_are_there() -> bool:
    """Whether plots can be made at once."""
    return LIBRARY in sys.modules


def when_plots_are_there(runner: JobRunner, then: Callable[[], object]) -> None:
    """Call `then` on the window's thread as soon as plots can be made: at once where the library is there already."""
    if plots_are_there():
        then()
    else:
        runner.start("Preparing plots", _import, then=lambda _result: then())


def _import(progress: Progress = silent) -> None:
    progress(0.0, "Preparing plots")
    importlib.import_module(LIBRARY)


def runner_of(session: QObject) -> JobRunner:
    """The runner of the window that a session belongs to; an own one for a session without a window."""
    found = getattr(session.parent(), "runner", None)
    return found if isinstance(found, JobRunner) else JobRunner(session)
