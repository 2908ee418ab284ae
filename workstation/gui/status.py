"""The status bar: the tool in hand and its bindings, the value under the cursor, the running job, whether saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QLabel, QSizePolicy, QStatusBar

from workstation.gui.fields import ElidedLabel, label
from workstation.gui.job_indicator import JobIndicator
from workstation.gui.jobs.runner import JobRunner

if TYPE_CHECKING:
    from workstation.gui.viewport.readout import Readout

HEIGHT_PX = 24


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
        self.cursor.setToolTip("")

    def show_readout(self, readout: Readout | None) -> None:
        """What lies under the pointer, as much as there is room for; all of it as the tooltip."""
        self.show_cursor("" if readout is None else readout.short())
        self.cursor.setToolTip("" if readout is None else readout.lines())

    def show_saved(self, text: str) -> None:
        """Whether everything is on disk."""
        self.saved.setText(text)
