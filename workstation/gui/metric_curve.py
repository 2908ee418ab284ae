"""The agreement of two images while they are registered: one curve for each level of the pyramid."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from workstation.fusion.watching import Step
from workstation.gui.fields import label
from workstation.gui.profile_plot import CURVES
from workstation.gui.theme import current_theme

HEIGHT_PX = 130


class MetricCurve(QWidget):
    """The plot, and the last value in words."""

    def __init__(self) -> None:
        super().__init__()
        self._steps: Sequence[Step] = ()
        self._items: dict[str, pg.PlotDataItem] = {}
        self.widget = pg.PlotWidget()
        self.widget.setMenuEnabled(False)
        self.widget.setMouseEnabled(x=False, y=False)
        self.widget.setFixedHeight(HEIGHT_PX)
        self.widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.widget.setAccessibleName("Agreement of the images at each step")
        self.plot = self.widget.getPlotItem()
        self.plot.hideButtons()
        self.stages = label("", "muted", wrap=True)
        """The levels in the colours of their curves, from left to right: a legend would lie on the curves."""
        self.stages.setTextFormat(Qt.TextFormat.RichText)
        self.words = label("", "muted", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.widget)
        column.addWidget(self.stages)
        column.addWidget(self.words)
        self._dress()

    def show_steps(self, steps: Sequence[Step]) -> None:
        """Draw what has been told so far; another run begins anew."""
        if not steps or not self._steps or steps[0] is not self._steps[0]:
            self._clear()
        self._steps = steps
        for stage, (numbers, values) in curves_of(steps).items():
            if stage not in self._items:
                self._items[stage] = self.plot.plot()
                self._colour()
            self._items[stage].setData(numbers, values)
        self.words.setText(words_of(steps))

    def _clear(self) -> None:
        self._items.clear()
        for item in list(self.plot.listDataItems()):
            self.plot.removeItem(item)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange) and hasattr(self, "words"):
            self._dress()

    def _dress(self) -> None:
        theme = current_theme()
        self.widget.setBackground(QColor(theme.field))
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(QColor(theme.border))
            axis.setTextPen(QColor(theme.muted))
            axis.setStyle(tickFont=self.font())
            axis.enableAutoSIPrefix(False)
        self.plot.showGrid(x=True, y=True, alpha=0.15)
        self._colour()

    def _colour(self) -> None:
        colors = CURVES[current_theme().name]
        names = []
        for number, (stage, item) in enumerate(self._items.items()):
            color = colors[number % len(colors)]
            item.setPen(pg.mkPen(color, width=2))
            names.append(f'<span style="color: {color}">●</span>&nbsp;{escape(stage).replace(" ", "&nbsp;")}')
        self.stages.setText(" &nbsp; ".join(names))


def curves_of(steps: Sequence[Step]) -> dict[str, tuple[list[int], list[float]]]:
    """Step numbers, counted through, and agreement of each stage."""
    found: dict[str, tuple[list[int], list[float]]] = {}
    for number, step in enumerate(steps, start=1):
        numbers, values = found.setdefault(step.stage, ([], []))
        numbers.append(number)
        values.append(step.metric)
    return found


def words_of(steps: Sequence[Step]) -> str:
    """Where it stands: "2 mm, step 14: agreement 0.512"."""
    if not steps:
        return ""
    last = steps[-1]
    return f"{last.stage}, step {last.number}: agreement {last.metric:.3f}"
