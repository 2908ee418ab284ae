"""A window beside the work: displaces the fused image by known transforms and tells what a registration recovers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QProgressBar,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from workstation.fusion.known_transform import (
    MOST_TRIALS,
    SEED,
    Trial,
    known_transform_test,
    rigid_then_deformable,
    summary,
)
from workstation.gui.fields import NumberField, breakable, label, restyle
from workstation.gui.jobs.runner import Job, JobRunner
from workstation.gui.measurement_figures import save_rows
from workstation.gui.panels.panel import choice, fill_choice, plain, primary
from workstation.gui.quality_measuring import ShownLink, moving_image, shown_link
from workstation.gui.sentences import sentence_of
from workstation.gui.session import Session
from workstation.gui.theme import current_theme, follow_theme
from workstation.measurements.export import csv_text

LANE = "known-transform test"
SIZE_PX = (760, 620)
RANDOM, TYPED = "random", "typed"
RIGID, DEFORMABLE = "rigid", "deformable"
HEAD = ("Trial", "Shift x, y, z", "Turn x, y, z", "Error, mean", "Error, largest", "Time", "Verdict", "Called itself")
HINTS = {
    "Shift x, y, z": "x to the patient's left, y to the back, z to the head",
    "Turn x, y, z": "Pitch about x, roll about y, yaw about z, about the middle of the fused image",
    "Error, mean": "Over the body: how far points end from where the displacement has taken them",
    "Verdict": "Good within half of the largest voxel side (at least 1 mm), failed above the whole (at least 2 mm)",
    "Called itself": "What the registration said of itself: a failed one that called itself good went unnoticed",
}
MARKS = {"good": "✓ good", "doubtful": "▲ doubtful", "failed": "✕ failed"}
COLOURS = {"good": "good", "doubtful": "caution", "failed": "danger"}
VERDICT_COLUMN = HEAD.index("Verdict")
PURPOSE = (
    "Displaces {moving} by transforms that are known and registers it onto {fixed} again. Nothing of the case changes."
)
DISPLACED = "Nothing is resampled: only where the series says it lies is another."
BENT = "It is bent, too, by a smooth random field, for which it is resampled once."


class KnownTransformWindow(QDialog):
    """Does not block anything. It tests the pair of images that is shown when it is started."""

    def __init__(self, session: Session, runner: JobRunner, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._runner = session, runner
        self._job: Job | None = None
        self.trials: list[Trial] = []
        self.setWindowTitle("Test on known transforms")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*SIZE_PX)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        self.purpose = label("", "muted", wrap=True)
        column.addWidget(self.purpose)
        column.addLayout(self._options())
        column.addLayout(self._running())
        column.addWidget(self._table(), 1)
        self.summary = label("", "heading", wrap=True)
        self.note = label("", "muted", wrap=True)
        column.addWidget(self.summary)
        column.addWidget(self.note)
        column.addLayout(self._bottom())
        session.registering.changed.connect(self._tell_purpose)
        runner.changed.connect(self._show_progress)
        self.finished.connect(lambda _result: self.stop())
        follow_theme(self.table, lambda _theme: self._colour())
        self._choose_how()
        self._tell_purpose()
        self._show_progress()

    # ------------------------------------------------------------------ making

    def _options(self) -> QGridLayout:
        lines = QGridLayout()
        lines.setHorizontalSpacing(8)
        lines.setVerticalSpacing(8)
        self.how = choice()
        self.how.setAccessibleName("Transforms")
        fill_choice(self.how, [("Random", RANDOM), ("Typed", TYPED)], RANDOM)
        self.how.currentIndexChanged.connect(lambda _index: self._choose_how())
        self.count = _whole("The number of trials", 1, MOST_TRIALS, 5)
        self.shift = NumberField("mm", 0.0, 200.0, 1.0, name="The range of shifts")
        self.shift.set_value(15.0)
        self.turn = NumberField("°", 0.0, 180.0, 1.0, name="The range of turns")
        self.turn.set_value(8.0)
        self.seed = _whole("The seed", 0, 99999, SEED)
        lines.addWidget(label("Transforms", "muted"), 0, 0)
        lines.addWidget(self.how, 0, 1)
        self._random = []
        for place, (words, field) in enumerate((
            ("Trials", self.count), ("Shifts, ±", self.shift), ("Turns, ±", self.turn), ("Seed", self.seed),
        )):  # fmt: skip
            name = label(words, "muted")
            name.setBuddy(field)
            lines.addWidget(name, 0 if place == 0 else 1, 2 if place == 0 else 2 * (place - 1))
            lines.addWidget(field, 0 if place == 0 else 1, 3 if place == 0 else 2 * (place - 1) + 1)
            self._random += [name, field]
        self.typed = QPlainTextEdit()
        self.typed.setAccessibleName("Typed transforms")
        self.typed.setPlaceholderText("One a line: shift x y z in mm, turn x y z in degrees, such as 5 -3 2  0 0 4")
        self.typed.setTabChangesFocus(True)
        self.typed.setFixedHeight(4 * self.fontMetrics().height() + 16)
        self.typed.textChanged.connect(lambda: self._show_reason(""))
        self.reason = label("", "reason", wrap=True)
        self._add_engine(lines, 2)
        lines.addWidget(self.typed, 3, 0, 1, 6)
        lines.addWidget(self.reason, 4, 0, 1, 6)
        for column in (1, 3, 5):
            lines.setColumnStretch(column, 1)
        return lines

    def _add_engine(self, lines: QGridLayout, row: int) -> None:
        self.engine = choice()
        self.engine.setAccessibleName("Registration that is tested")
        fill_choice(self.engine, [("Rigid", RIGID), ("Deformable", DEFORMABLE)], RIGID)
        self.engine.currentIndexChanged.connect(lambda _index: self._choose_how())
        self.bend = NumberField("mm", 0.0, 50.0, 1.0, name="The bend")
        self.bend.set_value(8.0)
        self.bend_name = label("Bent, up to", "muted")
        self.bend_name.setBuddy(self.bend)
        for column, widget in enumerate((label("Register", "muted"), self.engine, self.bend_name, self.bend)):
            lines.addWidget(widget, row, column)

    def _running(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.start_button = primary("Test", self.start, "play")
        self.cancel = plain("Cancel", self.stop, "x")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.doing = label("", "muted", wrap=True)
        row.addWidget(self.start_button)
        row.addWidget(self.cancel)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.bar)
        words.addWidget(self.doing)
        row.addLayout(words, 1)
        return row

    def _table(self) -> QTableWidget:
        self.table = QTableWidget(0, len(HEAD))
        self.table.setHorizontalHeaderLabels(list(HEAD))
        self.table.setAccessibleName("Trials")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        for column in range(len(HEAD)):
            head = self.table.horizontalHeaderItem(column)
            side = Qt.AlignmentFlag.AlignRight if column < VERDICT_COLUMN else Qt.AlignmentFlag.AlignLeft
            head.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            head.setToolTip(HINTS.get(HEAD[column], ""))
        return self.table

    def _bottom(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.copy_button = plain("Copy", self.copy, "copy", "The table onto the clipboard")
        self.save_button = plain("Save as CSV…", self.save, "download-simple", "The table into a file")
        row.addWidget(self.copy_button)
        row.addWidget(self.save_button)
        row.addStretch(1)
        row.addWidget(plain("Close", self.close))
        return row

    # ------------------------------------------------------------------ what is tested

    def _choose_how(self) -> None:
        typed = self.how.currentData() == TYPED
        self.typed.setVisible(typed)
        for widget in self._random:
            widget.setVisible(not typed)
        for widget in (self.bend, self.bend_name):
            widget.setVisible(self._bends)
        self._show_reason("")
        self._tell_purpose()

    @property
    def _bends(self) -> bool:
        return self.engine.currentData() == DEFORMABLE

    def _tell_purpose(self) -> None:
        planning, moving = self._session.case.planning, moving_image(self._session)
        if planning is None or moving is None or self._job is not None:
            return
        link = shown_link(self._session)
        fixed, moving = (planning, moving) if link is None else (link.fixed, link.moving)
        names = {"fixed": self._session.image_name(fixed.key), "moving": self._session.image_name(moving.key)}
        against = "Errors are counted against the registration of the case."
        if link is None:
            against = "They are not registered yet: errors are counted against what the test itself finds first."
        how = BENT if self._bends else DISPLACED
        self.purpose.setText(breakable(f"{PURPOSE.format(**names)} {how} {against}"))

    def transforms(self) -> list[np.ndarray]:
        """What was typed, (6,) each; ValueError with the line that can't be read."""
        found = []
        for number, line in enumerate(self.typed.toPlainText().splitlines(), start=1):
            cells = [cell for cell in re.split(r"[\s;]+", line.strip()) if cell]
            if not cells:
                continue
            try:
                values = np.array([float(cell.rstrip(",").replace(",", ".")) for cell in cells])
            except ValueError as error:
                raise ValueError(f"Line {number} holds something that is no number") from error
            if values.shape != (6,) or not np.isfinite(values).all():
                raise ValueError(f"Line {number} needs six numbers: shift x y z in mm, turn x y z in degrees")
            found.append(values)
        if not found:
            raise ValueError("Type at least one line of six numbers: shift x y z in mm, turn x y z in degrees")
        if len(found) > MOST_TRIALS:
            raise ValueError(f"A test has at most {MOST_TRIALS} trials")
        return found

    def _asked(self) -> dict[str, Any] | None:
        """Arguments of the test; None where something can't be taken, which is said in place."""
        bent: dict[str, Any] = {}
        if self._bends:
            if not self.bend.is_valid():
                return None
            bent = {"bend_mm": self.bend.value(), "register": rigid_then_deformable}
        if self.how.currentData() == TYPED:
            try:
                return {"transforms": self.transforms(), **bent}
            except ValueError as error:
                self._show_reason(str(error))
                return None
        if not all(field.is_valid() for field in (self.count, self.shift, self.turn, self.seed)):
            return None
        return {
            "count": round(self.count.value()), "shift_mm": self.shift.value(), "rotation_deg": self.turn.value(),
            "seed": round(self.seed.value()), **bent,
        }  # fmt: skip

    def _show_reason(self, reason: str) -> None:
        restyle(self.typed, invalid=bool(reason))
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))

    # ------------------------------------------------------------------ running

    def start(self) -> None:
        """Test the pair that is shown now."""
        planning, moving = self._session.case.planning, moving_image(self._session)
        asked = self._asked()
        if asked is None or planning is None or moving is None:
            return
        link: ShownLink | None = shown_link(self._session)
        fixed, moving = (planning, moving) if link is None else (link.fixed, link.moving)
        self._tell_purpose()
        self.trials = []
        self.table.setRowCount(0)
        self.summary.setText("")
        self.note.setText("")
        self._job = self._runner.start(
            "Testing on known transforms", _tested, fixed, moving, link.registration if link else None,
            then=self._ended, failed=self._failed, arrived=self._heard, lane=LANE, **asked,
        )  # fmt: skip
        self._show_progress()

    def stop(self) -> None:
        """Cancel a running test; the trials that are done stay."""
        if self._job is not None:
            job, self._job = self._job, None
            self._runner.cancel(job)
            self._summarise("Stopped. ")

    def _heard(self, trial: Trial) -> None:
        if isValid(self):
            self.trials.append(trial)
            self._add_row(trial)

    def _ended(self, _trials: list[Trial]) -> None:
        if isValid(self):
            self._job = None
            self._summarise("")

    def _failed(self, error: Exception) -> None:
        if isValid(self):
            self._job = None
            self._summarise("")
            self.summary.setText(sentence_of(error))
            restyle(self.summary, kind="reason")

    def _show_progress(self) -> None:
        if not isValid(self):
            return
        job = self._job
        for widget in (self.bar, self.doing, self.cancel):
            widget.setVisible(job is not None)
        self.start_button.setEnabled(job is None)
        for button in (self.copy_button, self.save_button):
            button.setEnabled(bool(self.trials))
        if job is not None:
            self.bar.setValue(round(100 * job.fraction))
            self.doing.setText(job.sentence)

    # ------------------------------------------------------------------ telling

    def _add_row(self, trial: Trial) -> None:
        row = self.table.rowCount()
        self.table.insertRow(row)
        for column, text in enumerate(_cells(trial)):
            item = QTableWidgetItem(text)
            right = column < VERDICT_COLUMN
            side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            item.setToolTip(trial.sentence)
            self.table.setItem(row, column, item)
        self._colour()
        self.table.scrollToBottom()

    def _colour(self) -> None:
        theme = current_theme()
        for row, trial in enumerate(self.trials[: self.table.rowCount()]):
            item = self.table.item(row, VERDICT_COLUMN)
            if item is not None:
                item.setForeground(QColor(getattr(theme, COLOURS[trial.verdict])))

    def _summarise(self, before: str) -> None:
        if self.trials:
            found = summary(self.trials)
            self.summary.setText(before + found["sentence"])
            worst = "failed" if found["failed"] else "doubtful" if found["doubtful"] else "good"
            restyle(self.summary, kind={"good": "good", "doubtful": "caution", "failed": "reason"}[worst])
            told = [f"Trial {t.number}: {t.sentence}" for t in self.trials if t.sentence]
            self.note.setText("\n".join(told[:3]))
        else:
            self.summary.setText(before.strip())
            restyle(self.summary, kind="heading")
        self.note.setVisible(bool(self.note.text()))
        self._show_progress()

    def rows(self) -> list[list[str]]:
        """The table as text, with the sentences behind it."""
        return [[*HEAD, "Reasons"], *([*_plain_cells(trial), trial.sentence] for trial in self.trials)]

    def copy(self) -> None:
        """Onto the clipboard, with tabs."""
        QApplication.clipboard().setText(csv_text(self.rows(), "\t"))

    def save(self) -> None:
        """Ask where, and write CSV."""
        chosen, _ = QFileDialog.getSaveFileName(self, "Write as CSV", "known transforms.csv", "Tables (*.csv)")
        if chosen:
            save_rows(self._session, chosen, self.rows())


def _tested(fixed, moving, registration, *, progress, deliver, **asked) -> list[Trial]:
    """The test as a job that tells each trial as it ends."""
    return known_transform_test(fixed, moving, registration, progress=progress, heard=deliver, **asked)


def _cells(trial: Trial) -> list[str]:
    error = trial.error_mm
    return [
        str(trial.number),
        ", ".join(f"{v:+.1f}" for v in trial.shift_mm) + " mm",
        ", ".join(f"{v:+.1f}" for v in trial.rotation_deg) + "°",
        f"{error['mean']:.2f} mm" if error else "no answer",
        f"{error['max']:.2f} mm" if error else "",
        f"{trial.seconds:.1f} s",
        MARKS[trial.verdict],
        trial.told or "nothing",
    ]


def _plain_cells(trial: Trial) -> list[str]:
    """Without marks, for other programs."""
    cells = _cells(trial)
    cells[VERDICT_COLUMN] = trial.verdict
    return cells


def _whole(name: str, lowest: int, highest: int, value: int) -> NumberField:
    made = NumberField("", lowest, highest, 1.0, decimals=0, name=name)
    made.set_value(value)
    return made
