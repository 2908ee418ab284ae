"""What two images disagree about, for the panel that fuses them: what matters at once, everything on demand."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from workstation.geometry.deformation import SpatialMap
from workstation.gui.fields import breakable, label, restyle
from workstation.gui.icons import pixmap
from workstation.gui.panels.panel import clear_layout
from workstation.gui.session import Session
from workstation.gui.theme import follow_theme
from workstation.images.comparison import (
    Difference,
    Kind,
    compare_volumes,
    summary_of,
    that_matter,
    worst_kind,
)
from workstation.images.volume import Volume

ICON_PX = 16
LOOKS: dict[Kind, tuple[str, str, str]] = {
    "same": ("check-circle", "good", "Same"),
    "note": ("info", "muted", "To know"),
    "caution": ("warning", "caution", "Check"),
    "stop": ("x-circle", "danger", "Stop"),
}
"""Shape, colour and word of each kind."""


class ComparisonTable(QWidget):
    """Say `show_pair` which two images it is about; registrations between them are looked up in the case."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._shown: tuple[object, ...] = ()
        self.differences: list[Difference] = []
        self.rows: list[ComparisonRow] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.summary = label("", wrap=True)
        self._lines = QGridLayout()
        self._lines.setHorizontalSpacing(8)
        self._lines.setVerticalSpacing(2)
        self._lines.setColumnStretch(1, 1)
        self.all_shown = False
        self.all = QPushButton()
        restyle(self.all, kind="link")
        self.all.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.all.clicked.connect(self._toggle)
        column.addWidget(self.summary)
        column.addLayout(self._lines)
        column.addWidget(self.all)
        self.hide()
        follow_theme(self, lambda _theme: self._list())  # the marks are painted once

    def show_pair(self, first: Volume | None, second: Volume | None) -> None:
        """Compare the image below with the one on top of it; nothing is shown unless there are two."""
        relation = self._relation(first, second)
        shown = (first, second, relation)  # the case gives the same map as long as its registrations are the same
        if shown == self._shown:
            return
        self._shown = shown
        if first is None or second is None or first is second:
            self.differences = []
            self.hide()
            return
        self.differences = compare_volumes(first, second, relation)
        self._list()
        self.show()

    def _relation(self, first: Volume | None, second: Volume | None) -> SpatialMap | None:
        if first is None or second is None:
            return None
        return self._session.case.transform(first.frame_of_reference_uid, second.frame_of_reference_uid)

    def _toggle(self) -> None:
        self.all_shown = not self.all_shown
        self._list()

    def _list(self) -> None:
        serious = [d for d in that_matter(self.differences) if d.kind in ("stop", "caution")]
        rest = [d for d in that_matter(self.differences) if d not in serious]
        same = [d for d in self.differences if d.kind == "same"]
        wanted = [*serious, *rest, *same] if self.all_shown else serious
        clear_layout(self._lines)
        self.rows = [ComparisonRow.of(difference) for difference in wanted]
        for place, row in enumerate(self.rows):
            row.put_into(self._lines, 2 * place)
        # What is listed below need not be said twice.
        self.summary.setText("" if serious else summary_of(self.differences))
        self.summary.setVisible(not serious)
        self.setAccessibleDescription(f"{LOOKS[worst_kind(self.differences)][2]}: {summary_of(self.differences)}")
        self.all.setText("Only what matters" if self.all_shown else f"All {len(self.differences)} that were compared")


@dataclass(frozen=True)
class ComparisonRow:
    """One line: a mark of its kind, what it means, and below that the two values."""

    difference: Difference
    mark: QLabel
    sentence: QLabel
    values: QLabel

    @staticmethod
    def of(difference: Difference) -> ComparisonRow:
        """The widgets of a line."""
        shape, colour, word = LOOKS[difference.kind]
        mark = QLabel()
        mark.setPixmap(pixmap(shape, ICON_PX, colour))
        mark.setToolTip(word)
        mark.setAccessibleName(f"{word}: {difference.what}")
        sentence = label(difference.sentence, wrap=True)
        restyle(sentence, kind={"stop": "reason", "caution": "caution", "same": "muted"}.get(difference.kind, ""))
        return ComparisonRow(difference, mark, sentence, label(breakable(_values(difference)), "muted", wrap=True))

    def put_into(self, grid: QGridLayout, row: int) -> None:
        """Take two rows of a grid."""
        grid.addWidget(self.mark, row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.sentence, row, 1)
        grid.addWidget(self.values, row + 1, 1)


def _values(difference: Difference) -> str:
    name = difference.what[:1].upper() + difference.what[1:]
    first, second = (text or "not stored" for text in (difference.first, difference.second))
    if first == second:
        return f"{name}: {first}"
    return f"{name}: {first} | {second}"
