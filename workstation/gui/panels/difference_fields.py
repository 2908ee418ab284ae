"""One phase minus a share of another, chosen and weighted by hand; the vein can be made to vanish."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workstation.gui.fields import SliderField, label
from workstation.gui.panels.panel import choice, fill_choice, named, plain

MOST, SLIDER_MOST, STEP = 5.0, 2.0, 0.01
"""The least and the most weight are those of `enhancement.weighting`, which is not read for a panel alone."""
NUMBER_PX = 68
"""A weight that cancels something has four decimals."""
TIP = "How often the phase that is taken away counts"
CANCEL_TIP = "The weight at which flow leaves nothing: what stays bright holds more contrast than the vein"


class DifferenceFields(QWidget):
    """The fields. asked: late phase, early phase and weight (None: the one at which the vein vanishes)."""

    asked = Signal(str, str, object)

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.late, self.early = choice(), choice()
        self.late.setAccessibleName("Phase that is looked at")
        self.early.setAccessibleName("Phase that is taken away")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.late, 1)
        row.addWidget(label("minus", "muted"))
        row.addWidget(self.early, 1)
        column.addLayout(row)
        self.weight = SliderField("×", STEP, MOST, "The weight", STEP)
        self.weight.slider.setRange(1, round(SLIDER_MOST / STEP))  # more can be typed
        self.weight.slider.setToolTip(TIP)
        self.weight.number.line.setFixedWidth(NUMBER_PX)
        self.weight.set_value(1.0)
        column.addLayout(named("Weight", self.weight))
        self.cancel = plain("Weight that cancels the vein", lambda: self._ask(None), "drop-half", CANCEL_TIP)
        column.addWidget(self.cancel)
        self.reason = label("Choose two different phases.", "reason", wrap=True)
        self.reason.hide()
        column.addWidget(self.reason)
        self.late.activated.connect(lambda _n: self._ask(self.weight.value()))
        self.early.activated.connect(lambda _n: self._ask(self.weight.value()))
        self.weight.changed.connect(self._ask)

    def show_phases(self, names: Sequence[str], late: str, early: str, weight: float) -> None:
        """The phases that there are, in the order of time, and what is chosen; nobody is told."""
        entries = [(name, name) for name in names]
        fill_choice(self.late, entries, late)
        fill_choice(self.early, entries, early)
        self.show_weight(weight)
        self._show_same(late == early)

    def show_weight(self, weight: float) -> None:
        """The weight that a difference has, while no hand is at the slider."""
        if not self.weight.slider.isSliderDown():
            self.weight.set_value(weight)

    def _show_same(self, same: bool) -> None:
        self.cancel.setEnabled(not same)
        self.weight.setEnabled(not same)
        self.reason.setVisible(same)

    def _ask(self, weight: float | None) -> None:
        late, early = str(self.late.currentData() or ""), str(self.early.currentData() or "")
        same = late == early
        self._show_same(same)
        if late and early and not same:
            self.asked.emit(late, early, weight)
