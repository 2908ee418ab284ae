"""The phases of an examination, one row each: whether it counts, its name, its time, and how it was aligned."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLineEdit, QToolButton, QWidget

from workstation.editing.separating import Separating
from workstation.gui.fields import label, restyle
from workstation.gui.panels.panel import clear_layout
from workstation.images.phase_times import FARTHEST_S, Phase

USED, NAME, TIME, REFERENCE = range(4)
HEADS = ("", "Name", "s from contrast", "Onto")
LONGEST_NAME = 40


class PhaseTable(QWidget):
    """The rows. What is typed is taken when the field is left, or with Enter."""

    def __init__(self, separating: Separating) -> None:
        super().__init__()
        self._separating = separating
        self._shown: tuple[object, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(NAME, 3)
        self._grid.setColumnStretch(TIME, 2)
        self.used: list[QCheckBox] = []
        self.names: list[QLineEdit] = []
        self.times: list[QLineEdit] = []
        self.references: list[QToolButton] = []

    def refresh(self) -> None:
        """Show the phases as they are now; fields that are being typed in are left alone."""
        separating = self._separating
        phases, reference = separating.phases, separating.reference
        moved = {id(each.phase.volume): each for each in separating.aligned}
        state = (
            tuple((p.volume.key, p.name, p.time_s, separating.used(p.volume.key)) for p in phases),
            reference.volume.key if reference is not None else "", tuple(sorted(moved)),
        )  # fmt: skip
        if state == self._shown:
            return
        self._shown = state
        clear_layout(self._grid)
        self.used, self.names, self.times, self.references = [], [], [], []
        for column, words in enumerate(HEADS):
            self._grid.addWidget(label(words, "muted"), 0, column)
        for row, phase in enumerate(phases):
            is_reference = reference is not None and phase.volume is reference.volume
            self._add_row(2 * row + 1, phase, is_reference)
            found = moved.get(id(phase.volume))
            if found is not None and not is_reference:
                words = found.doubt or motion_words(found.to_phase, phase, found.residual_mm)
                text = label(words, "reason" if found.doubt else "muted", wrap=True)
                self._grid.addWidget(text, 2 * row + 2, NAME, 1, 3)

    def _add_row(self, row: int, phase: Phase, is_reference: bool) -> None:
        key = phase.volume.key
        used = QCheckBox()
        used.setChecked(self._separating.used(key))
        used.setToolTip(f"Whether {phase.name} counts")
        used.setAccessibleName(f"Use {phase.name}")
        used.toggled.connect(lambda on: self._separating.edit_phase(key, used=on))
        name = QLineEdit(phase.name)
        name.setAccessibleName(f"Name of {phase.name}")
        name.setToolTip(f"{phase.volume.description}: {phase.told_by}")
        name.setMinimumWidth(60)
        name.setMaxLength(LONGEST_NAME)
        name.editingFinished.connect(partial(self._rename, name, phase))
        time = QLineEdit("" if phase.time_s is None else f"{phase.time_s:.0f}")
        time.setAlignment(Qt.AlignmentFlag.AlignRight)
        time.setPlaceholderText("unknown")
        time.setAccessibleName(f"Time of {phase.name} in seconds from the contrast")
        time.setMinimumWidth(48)
        counted = f", counted from {phase.zero}" if phase.zero else ""
        time.setToolTip(f"Known by {phase.told_by}{counted}; type another one")
        time.editingFinished.connect(partial(self._retime, time, phase))
        onto = QToolButton()
        onto.setText("✓" if is_reference else "·")
        onto.setCheckable(True)
        onto.setChecked(is_reference)
        onto.setToolTip(f"Align the other phases with {phase.name}")
        onto.setAccessibleName(f"Align with {phase.name}")
        onto.clicked.connect(lambda _checked=False: self._choose_reference(key))
        for column, widget in ((USED, used), (NAME, name), (TIME, time), (REFERENCE, onto)):
            self._grid.addWidget(widget, row, column)
        self.used.append(used)
        self.names.append(name)
        self.times.append(time)
        self.references.append(onto)

    def _choose_reference(self, key: str) -> None:
        self._shown = ()
        self._separating.choose_reference(key)
        self.refresh()

    def _rename(self, field: QLineEdit, phase: Phase) -> None:
        text = field.text().strip()
        if field.isModified() and text != phase.name:
            field.setModified(False)
            self._separating.edit_phase(phase.volume.key, name=text)
            if not text:  # as it was recognised, which it may be called already
                field.setText(next(p.name for p in self._separating.phases if p.volume is phase.volume))

    def _retime(self, field: QLineEdit, phase: Phase) -> None:
        if not field.isModified():
            return
        field.setModified(False)
        text = field.text().strip().replace(",", ".").removesuffix("s").strip()
        try:
            time_s = float(text) if text else None
        except ValueError:
            time_s = float("nan")
        if time_s is not None and not abs(time_s) <= FARTHEST_S:
            restyle(field, invalid=True)
            field.setToolTip("Seconds from the contrast are wanted, such as -60, 12 or 300")
            return
        restyle(field, invalid=False)
        self._separating.edit_phase(phase.volume.key, time_s=time_s)


def motion_words(to_phase: object, phase: Phase, residual_mm: float) -> str:
    """How the patient had moved, at the middle of the image."""
    centre = phase.volume.grid.centre_mm
    shift = float(np.linalg.norm(to_phase.translation_mm(centre)))  # type: ignore[attr-defined]
    turn = float(np.abs(to_phase.rotation_deg()).max())  # type: ignore[attr-defined]
    return f"moved {shift:.1f} mm, {turn:.1f}°, left {residual_mm:.2f} mm"
