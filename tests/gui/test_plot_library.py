"""Plots wait for their library by a job, also while another thread is in the middle of importing it."""

from __future__ import annotations

import sys
import threading

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from workstation.gui import plot_library
from workstation.gui.jobs.runner import JobRunner


def test_a_library_that_is_still_being_imported_is_waited_for_without_blocking(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyqtgraph

    assert sys.modules["pyqtgraph"] is pyqtgraph
    monkeypatch.setattr(plot_library, "_imported", threading.Event())
    assert not plot_library.plots_are_there(), "named among the modules is not yet imported"
    parent = QObject()
    runner, told = JobRunner(parent), []
    plot_library.when_plots_are_there(runner, lambda: told.append("first"))
    assert told == []
    qtbot.waitUntil(lambda: told == ["first"], timeout=5000)
    plot_library.when_plots_are_there(runner, lambda: told.append("at once"))
    assert told == ["first", "at once"]
