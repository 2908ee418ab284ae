"""Structures that bound a derived one: rows of a structure and how far inside or clear of it to stay."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from workstation.gui.fields import NumberField, label
from workstation.gui.panels.panel import choice, clear_layout, fill_choice, plain, small
from workstation.structures.recipe import LARGEST_MARGIN_MM, Limit

WORD_WIDTH_PX = 64
SHORTEST_BOX_PX = 96


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
        self._limits: list[Limit | None] = []
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
        """What stands in the rows; one whose structure is not chosen yet does not count."""
        return tuple(limit for limit in self._limits if limit is not None)

    def drop_unfinished(self) -> None:
        """Take rows away whose structure was never chosen."""
        self._show(self._entries, list(self.limits()))

    def show_limits(self, entries: list[tuple[str, str]], limits: tuple[Limit, ...]) -> None:
        """Show limits, and which structures can be chosen as (name, identifier)."""
        if entries != self._entries or limits != self.limits():
            self._show(entries, list(limits))

    def _show(self, entries: list[tuple[str, str]], limits: list[Limit | None]) -> None:
        self._entries, self._limits = entries, limits
        clear_layout(self._rows)
        self.rows = []
        for number, limit in enumerate(self._limits):
            self._rows.addWidget(self._row(number, limit))
        self.add_button.setEnabled(bool(entries))

    def _row(self, number: int, limit: Limit | None) -> QWidget:
        box = choice()
        box.setPlaceholderText("Choose a structure")
        box.setMinimumWidth(SHORTEST_BOX_PX)  # a list asks for the whole of its placeholder otherwise
        fill_choice(box, self._entries, limit.structure_identifier if limit else "")
        box.activated.connect(lambda _i: self._change(number))
        distance = NumberField("mm", -LARGEST_MARGIN_MM, LARGEST_MARGIN_MM, 0.5, 1, "The distance", 52)
        distance.line.setToolTip(self._tooltip)
        distance.set_value(limit.margin_mm if limit else 0.0)
        distance.changed.connect(lambda _value: self._change(number))
        row = QWidget()
        # names of structures need the whole width of the panel: the distance stands below
        layout = QVBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        remove = small("x", "Remove this limit", lambda: self._remove(number))
        for word, widgets in ((self._word, (box, remove)), ("by", (distance,))):
            line = QHBoxLayout()
            line.setSpacing(8)
            words = label(word, "muted")
            words.setFixedWidth(WORD_WIDTH_PX)
            line.addWidget(words)
            line.addWidget(widgets[0], 1)
            for widget in widgets[1:]:
                line.addWidget(widget)
            layout.addLayout(line)
        self.rows.append((box, distance))
        return row

    def _change(self, number: int) -> None:
        box, distance = self.rows[number]
        if not box.currentData():
            return
        self._limits[number] = Limit(str(box.currentData()), distance.value())
        self.changed.emit()

    def _add(self) -> None:
        """A row to choose a structure in: nothing is cut before a person has said by what."""
        self._show(self._entries, [*self._limits, None])
        self.rows[-1][0].setFocus()

    def _remove(self, number: int) -> None:
        before = self.limits()
        self._show(self._entries, [limit for i, limit in enumerate(self._limits) if i != number])
        if self.limits() != before:
            self.changed.emit()
