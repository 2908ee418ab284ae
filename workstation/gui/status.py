"""The status bar: the tool in hand and its bindings, the value under the cursor, the running job, whether saved."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QStatusBar, QToolButton, QWidget

from workstation.gui.fields import ElidedLabel, label
from workstation.gui.icons import icon
from workstation.gui.jobs.runner import JobRunner

SHOWN_AFTER_S = 0.3
"""Shorter work is not worth a flicker."""


HEIGHT_PX = 24


class JobIndicator(QWidget):
    """What runs now, in words and a fraction, with the button that stops it."""

    def __init__(self, runner: JobRunner) -> None:
        super().__init__()
        self._runner = runner
        self.text = label()
        self.bar = QProgressBar()
        self.bar.setRange(0, 100)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(112)
        self.percent = label("", "muted")
        self.cancel = QToolButton()
        self.cancel.setIcon(icon("x"))
        self.cancel.setToolTip("Stop this")
        self.cancel.setAccessibleName("Stop the running job")
        self.cancel.clicked.connect(self._cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self.text, self.bar, self.percent, self.cancel):
            layout.addWidget(widget)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.refresh)
        runner.changed.connect(self.refresh)
        self.hide()

    def refresh(self) -> None:
        """Show the newest job once it has run for a moment."""
        jobs = self._runner.jobs
        if not jobs:
            self.hide()
            return
        job = jobs[-1]
        age_s = time.monotonic() - job.started_s
        if age_s < SHOWN_AFTER_S:
            self._later.start(int((SHOWN_AFTER_S - age_s) * 1000) + 1)
            return
        words = job.sentence or job.title
        self.text.setText(words if len(words) <= 70 else words[:68] + "…")
        self.text.setToolTip(job.title)
        self.bar.setValue(round(job.fraction * 100))
        self.percent.setText(f"{job.fraction * 100:.0f} %")
        self.show()

    def _cancel(self) -> None:
        jobs = self._runner.jobs
        if jobs:
            self._runner.cancel(jobs[-1])


class StatusBar(QStatusBar):
    """The bottom line of the window."""

    def __init__(self, runner: JobRunner) -> None:
        super().__init__()
        self.setSizeGripEnabled(False)
        self.setFixedHeight(max(HEIGHT_PX, self.fontMetrics().height() + 6))
        self.hint = ElidedLabel("muted")
        self.hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.hint.setContentsMargins(8, 0, 8, 0)
        self.cursor = QLabel()
        digits = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        digits.setPointSizeF(self.font().pointSizeF())
        self.cursor.setFont(digits)
        self.job = JobIndicator(runner)
        self.saved = label("", "muted")
        self.saved.setContentsMargins(8, 0, 8, 0)
        self.addWidget(self.hint, 1)
        for widget in (self.cursor, self.job, self.saved):
            self.addPermanentWidget(widget)

    def show_hint(self, text: str) -> None:
        """The bindings of the tool in hand."""
        self.hint.setText(text)

    def show_cursor(self, text: str) -> None:
        """Where the pointer is, and what the images say there."""
        self.cursor.setText(text)

    def show_saved(self, text: str) -> None:
        """Whether everything is on disk."""
        self.saved.setText(text)
