"""What runs now, in words and a fraction, with the button that stops it; several jobs are a list that opens."""

from __future__ import annotations

import time

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QToolButton, QVBoxLayout, QWidget

from workstation.gui.fields import label
from workstation.gui.icons import icon
from workstation.gui.jobs.runner import Job, JobRunner

SHOWN_AFTER_S = 0.3
"""Shorter work is not worth a flicker."""
LONGEST_WORDS = 70
BAR_PX = 112


class JobLine(QWidget):
    """One job: what it does, how far it is, and the button that stops it."""

    def __init__(self, runner: JobRunner) -> None:
        super().__init__()
        self._runner = runner
        self.job: Job | None = None
        self.text = label()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(BAR_PX)
        self.percent = label("", "muted")
        self.percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.percent.setMinimumWidth(self.fontMetrics().horizontalAdvance("100 %"))
        self.cancel = QToolButton()
        self.cancel.setIcon(icon("x"))
        self.cancel.setAccessibleName("Stop the running job")
        self.cancel.clicked.connect(self._cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.text, 1)
        for widget in (self.bar, self.percent, self.cancel):
            layout.addWidget(widget)

    def show_job(self, job: Job) -> None:
        """Show a job as it is now; one that has not said how far it is shows only that it runs."""
        self.job = job
        words = job.sentence or job.title
        self.text.setText(words if len(words) <= LONGEST_WORDS else words[: LONGEST_WORDS - 2] + "…")
        self.text.setToolTip(job.title)
        known = job.fraction > 0
        self.bar.setRange(0, 100 if known else 0)
        self.bar.setValue(round(job.fraction * 100))
        self.percent.setText(f"{job.fraction * 100:.0f} %" if known else "")
        self.cancel.setToolTip(f"Stop: {job.title}")
        self.cancel.setAccessibleName(f"Stop {job.title}")

    def _cancel(self) -> None:
        if self.job is not None:
            self._runner.cancel(self.job)


class JobList(QFrame):
    """All jobs, each with its button; it opens over the status bar and goes with the last job."""

    def __init__(self, runner: JobRunner, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("jobList")
        self._runner = runner
        self._above = QPoint()
        self.lines: list[JobLine] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(8, 8, 8, 8)
        self._column.setSpacing(4)

    def open(self, above: QPoint) -> None:
        """Show the list with its lower right corner at a place on screen."""
        self._above = above
        self.refresh()
        self.show()

    def refresh(self) -> None:
        """The jobs as they are now."""
        jobs = self._runner.jobs
        if not jobs:
            self.hide()
            return
        while len(self.lines) > len(jobs):
            line = self.lines.pop()
            self._column.removeWidget(line)
            line.deleteLater()
        while len(self.lines) < len(jobs):
            self.lines.append(JobLine(self._runner))
            self._column.addWidget(self.lines[-1])
        for line, job in zip(self.lines, jobs, strict=True):
            line.show_job(job)
        self.adjustSize()
        self.move(self._above - QPoint(self.width(), self.height()))


class JobIndicator(QWidget):
    """The newest job, and a button for the others."""

    def __init__(self, runner: JobRunner) -> None:
        super().__init__()
        self._runner = runner
        self.line = JobLine(runner)
        self.more = QToolButton()
        self.more.setObjectName("moreJobs")
        self.more.setAccessibleName("More running jobs")
        self.more.clicked.connect(self._open)
        self.list = JobList(runner, self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.line)
        layout.addWidget(self.more)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.refresh)
        runner.changed.connect(self.refresh)
        self.hide()

    def refresh(self) -> None:
        """Show the newest job that has run for a moment."""
        now = time.monotonic()
        jobs = self._runner.jobs
        shown = [job for job in jobs if now - job.started_s >= SHOWN_AFTER_S]
        if len(shown) < len(jobs):
            youngest = min(now - job.started_s for job in jobs if job not in shown)
            self._later.start(int((SHOWN_AFTER_S - youngest) * 1000) + 1)
        if self.list.isVisible():
            self.list.refresh()
        self.setVisible(bool(shown))
        if not shown:
            return
        self.line.show_job(shown[-1])
        others = len(shown) - 1
        self.more.setVisible(others > 0)
        self.more.setText(f"+{others}")
        words = "1 more job runs" if others == 1 else f"{others} more jobs run"
        self.more.setToolTip(f"{words}: show all of them")
        self.more.setAccessibleName(words)

    def _open(self) -> None:
        self.list.open(self.mapToGlobal(QPoint(self.width(), 0)))
