"""Work that takes long says what it does and how far it is, and every job can be stopped by its own button."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtTest import QTest

from tests.gui.hands import click, let_live
from workstation.gui.job_indicator import SHOWN_AFTER_S
from workstation.gui.jobs.runner import JobRunner
from workstation.gui.status import StatusBar
from workstation.jobs.progress import Progress


class Work:
    """Functions that go on until they are told to end, or are cancelled."""

    def __init__(self) -> None:
        self.end = threading.Event()
        self.stopped: list[str] = []

    def __call__(self, name: str, fraction: float, progress: Progress) -> None:
        try:
            while not self.end.wait(0.01):
                progress(fraction, f"{name} goes on")
        except Exception:
            self.stopped.append(name)
            raise


@pytest.fixture
def work() -> Iterator[Work]:
    made = Work()
    yield made
    made.end.set()


@pytest.fixture
def bar(qtbot: object) -> StatusBar:
    runner = JobRunner()
    made = StatusBar(runner)
    runner.setParent(made)
    qtbot.addWidget(made)  # type: ignore[attr-defined]
    made.resize(900, 24)
    made.show()
    return made


def wait(there: Callable[[], bool]) -> None:
    """Let the window live until something is so."""
    end = time.monotonic() + 5.0
    while not there():
        assert time.monotonic() < end, "it never was so"
        QTest.qWait(20)


def runner_of(bar: StatusBar) -> JobRunner:
    runner = bar.findChild(JobRunner)
    assert runner is not None
    return runner


def test_work_that_is_quick_shows_nothing(bar: StatusBar) -> None:
    runner_of(bar).start("Quick", lambda progress: None)
    let_live(SHOWN_AFTER_S + 0.1)
    assert not bar.job.isVisible()


def test_a_job_is_shown_in_words_and_a_fraction_and_stopped(bar: StatusBar, work: Work) -> None:
    runner_of(bar).start("Registering", work, "The registration", 0.42)
    line = bar.job.line
    wait(lambda: bar.job.isVisible() and line.text.text() == "The registration goes on")
    assert not bar.job.more.isVisible()
    assert line.percent.text() == "42 %" and line.bar.value() == 42
    click(line.cancel)
    wait(lambda: work.stopped == ["The registration"])
    assert not bar.job.isVisible()


def test_a_job_that_does_not_know_how_far_it_is_only_shows_that_it_runs(bar: StatusBar, work: Work) -> None:
    runner_of(bar).start("Saving", work, "Saving", 0.0)
    wait(bar.job.isVisible)
    assert bar.job.line.bar.maximum() == 0 and bar.job.line.percent.text() == ""


def test_several_jobs_are_seen_and_stopped_one_by_one(bar: StatusBar, work: Work) -> None:
    for name in ("One", "Two", "Three"):
        runner_of(bar).start(name, work, name, 0.5)
    wait(lambda: bar.job.line.text.text() == "Three goes on" and bar.job.more.text() == "+2")
    assert "2 more jobs" in bar.job.more.toolTip()
    click(bar.job.more)
    shown = bar.job.list
    wait(lambda: [line.text.text() for line in shown.lines] == ["One goes on", "Two goes on", "Three goes on"])
    assert shown.isVisible()
    click(shown.lines[1].cancel)
    wait(lambda: work.stopped == ["Two"])
    assert [line.job.title for line in shown.lines if line.job] == ["One", "Three"]
    work.end.set()
    wait(lambda: not shown.isVisible() and not bar.job.isVisible())
