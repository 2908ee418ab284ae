"""How thick slices are shown, and what of the thickness: the mean, the largest or the smallest value."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QHBoxLayout, QWidget

from workstation.gui.fields import NumberField
from workstation.gui.panels.panel import choice, fill_choice
from workstation.gui.session import Session

THICKEST_MM = 100.0
MODES = (("Mean", "mean"), ("Maximum", "maximum"), ("Minimum", "minimum"))


class SlabField(QWidget):
    """Thickness in mm, 0 for slices as they are, and the mode beside it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.thickness = NumberField("mm", 0.0, THICKEST_MM, 1.0, 1, "Thickness of the slab, 0 for thin slices", 52)
        self.mode = choice()
        self.mode.setAccessibleName("What is shown of the slab")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.thickness)
        row.addWidget(self.mode, 1)
        self.thickness.changed.connect(self._set_thickness)
        self.mode.activated.connect(lambda _n: self._set_mode(self.mode.currentData()))
        session.display_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what is set."""
        slab = self._session.viewing.slab
        self.thickness.set_value(slab.thickness_mm)
        fill_choice(self.mode, list(MODES), slab.mode)
        self.mode.setEnabled(slab.thickness_mm > 0)

    def _set_thickness(self, thickness_mm: float) -> None:
        self._session.viewing.slab = replace(self._session.viewing.slab, thickness_mm=thickness_mm)

    def _set_mode(self, mode: str) -> None:
        self._session.viewing.slab = replace(self._session.viewing.slab, mode=mode)
