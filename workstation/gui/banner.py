"""The top line that never goes away: who this is, what lies on what and how well, whether targets are current."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from workstation.gui.fields import ElidedButton, ElidedLabel, restyle
from workstation.gui.icons import icon

_ICONS = {"good": "check-circle", "caution": "warning", "danger": "warning-octagon", "quiet": "info"}


@dataclass(frozen=True)
class ChipText:
    """What a chip says. kind: good (tick), caution (triangle), danger (stop) or quiet; step: where the reason is."""

    text: str
    kind: str
    reason: str
    step: str
    icon: str = ""


class Chip(ElidedButton):
    """Text, colour and shape together; a click leads to the reason."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("chip")
        self.setIconSize(QSize(16, 16))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.step = ""

    def show_text(self, chip: ChipText) -> None:
        """Say something else."""
        self.step = chip.step
        self.setText(chip.text)
        self.setToolTip(f"{chip.text}: {chip.reason}")
        self.setAccessibleName(f"{chip.text}. {chip.reason}")
        self.setIcon(icon(chip.icon or _ICONS[chip.kind], "muted" if chip.kind == "quiet" else chip.kind))
        restyle(self, kind=chip.kind)


class Banner(QWidget):
    """Patient and chips. chip_clicked: the step where the reason is shown."""

    chip_clicked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.patient = ElidedLabel(shortest_px=96)
        self.patient.setObjectName("patientName")
        self.patient.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.details = ElidedLabel("muted")
        self.details.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._chips: dict[str, Chip] = {}
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(8, 2, 12, 2)
        self._layout.setSpacing(8)
        self._layout.addWidget(self.patient)
        self._layout.addWidget(self.details, 1)

    def show_patient(self, name: str, details: str) -> None:
        """Who this is: name; and number, birth date, sex in one line."""
        self.patient.setText(name)
        self.details.setText(details)

    def show_chips(self, chips: dict[str, ChipText]) -> None:
        """Show these chips, in this order; others go."""
        for name, chip in self._chips.items():
            chip.setVisible(name in chips)
        for name, text in chips.items():
            if name not in self._chips:
                self._chips[name] = self._new_chip()
            self._chips[name].show_text(text)
            self._chips[name].show()

    def chip(self, name: str) -> Chip:
        """A chip by name."""
        return self._chips[name]

    def _new_chip(self) -> Chip:
        chip = Chip()
        chip.clicked.connect(lambda: self.chip_clicked.emit(chip.step))
        self._layout.addWidget(chip)
        return chip
