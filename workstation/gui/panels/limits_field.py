"""Structures that bound a derived one: rows of a structure and how far inside or clear of it to stay."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from workstation.gui.fields import NumberField, label
from workstation.gui.panels.panel import choice, clear_layout, fill_choice, plain, small
from workstation.structures.recipe import LARGEST_MARGIN_MM, Limit

WORD_WIDTH_PX = 68


class LimitsField(QWidget):
    """A list of limits. `word` stands before each: "inside" or "clear of".

    changed: another structure, another distance, one more or one less.
    """

    changed = Signal()

    def __init__(self, word: str, add_text: str, tooltip: str) -> None:
        super().__init__()
        self._word = word
        self._tooltip = tooltip
        self._entries: list[tuple[str, str]] = []
        self._limits: list[Limit] = []
        self.rows: list[tuple[QComboBox, NumberField]] = []
        self._rows = QVBoxLayout()
        self._rows.setSpacing(4)
        self.add_button = plain(add_text, self._add, "plus", tooltip)
        """For its owner to place: the buttons of several such lists may stand side by side."""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._rows)

    def limits(self) -> tuple[Limit, ...]:
        """What stands in the rows."""
        return tuple(self._limits)

    def show_limits(self, entries: list[tuple[str, str]], limits: tuple[Limit, ...]) -> None:
        """Show limits, and which structures can be chosen as (name, identifier)."""
        if entries == self._entries and list(limits) == self._limits and len(self.rows) == len(limits):
            return
        self._entries, self._limits = entries, list(limits)
        clear_layout(self._rows)
        self.rows = []
        for number, limit in enumerate(self._limits):
            self._rows.addWidget(self._row(number, limit))
        self.add_button.setEnabled(bool(entries))

    def _row(self, number: int, limit: Limit) -> QWidget:
        box = choice()
        fill_choice(box, self._entries, limit.structure_identifier)
        box.activated.connect(lambda _i: self._change(number))
        distance = NumberField("mm", -LARGEST_MARGIN_MM, LARGEST_MARGIN_MM, 0.5, 1, "The distance", 52)
        distance.line.setToolTip(self._tooltip)
        distance.set_value(limit.margin_mm)
        distance.changed.connect(lambda _value: self._change(number))
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        words = label(self._word, "muted")
        words.setFixedWidth(WORD_WIDTH_PX)
        layout.addWidget(words)
        layout.addWidget(box, 1)
        layout.addWidget(distance)
        layout.addWidget(small("x", "Remove this limit", lambda: self._remove(number)))
        self.rows.append((box, distance))
        return row

    def _change(self, number: int) -> None:
        box, distance = self.rows[number]
        self._limits[number] = Limit(str(box.currentData()), distance.value())
        self.changed.emit()

    def _add(self) -> None:
        taken = {limit.structure_identifier for limit in self._limits}
        free = [key for _, key in self._entries if key not in taken] or [key for _, key in self._entries]
        self.show_limits(self._entries, (*self._limits, Limit(free[0])))
        self.changed.emit()

    def _remove(self, number: int) -> None:
        kept = tuple(limit for i, limit in enumerate(self._limits) if i != number)
        self.show_limits(self._entries, kept)
        self.changed.emit()
