"""How well pieces of evidence tell tumour from flow: their ROC curves in a square.

Import it only when the plotting library is there (`workstation.gui.plot_library`).
"""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QWidget

from workstation.gui.evidence_lines import RocLine
from workstation.gui.plot_legend import Entry, PlotLegend
from workstation.gui.profile_plot import CURVES, STYLES
from workstation.gui.small_plot import PlotArea, SmallPlot
from workstation.gui.theme import Theme, current_theme, text_scale

NOTHING = "No ROC curves yet: they need voxels of the tumour and of flow."
MOST_LINES = 4
WIDE_PX = 400
SMALLEST_PX, LARGEST_PX = 130, 260
AXIS_PX = 42
FALSE, TRUE = "flow included", "tumour found"


class SquareFrame(QWidget):
    """Keeps a widget square, in its middle."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        self._inside = inside
        inside.setParent(self)
        self.setMinimumHeight(SMALLEST_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        side = min(self.width(), self.height(), LARGEST_PX)
        self._inside.setGeometry((self.width() - side) // 2, (self.height() - side) // 2, side, side)


class RocPlot(SmallPlot):
    """Up to four ROC curves, the diagonal of mere chance, and a legend with the areas under the curves."""

    def __init__(self) -> None:
        super().__init__("ROC curves", NOTHING, PlotArea("ROC curves"))
        self._lines: tuple[RocLine, ...] = ()
        self._curves = [pg.PlotDataItem() for _ in range(MOST_LINES)]
        self.diagonal = pg.PlotDataItem([0.0, 1.0], [0.0, 1.0])
        for item in (self.diagonal, *self._curves):
            self.plot.addItem(item, ignoreBounds=True)
        for side, words in (("left", TRUE), ("bottom", FALSE)):
            axis = self.plot.getAxis(side)
            axis.setTicks([[(v, f"{v:g}") for v in (0.0, 0.5, 1.0)]])
            self.name_axis(side, words)
        room = round(AXIS_PX * text_scale())  # the same at both, so that a square widget has a square plot
        self.plot.getAxis("left").setWidth(room)
        self.plot.getAxis("bottom").setHeight(room)
        self.plot.setContentsMargins(0, 8, 8, 0)
        self.plot.vb.setRange(QRectF(-0.02, -0.02, 1.04, 1.04), padding=0.0, disableAutoRange=True)
        self._sides = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._sides.setSpacing(6)
        self.column.removeWidget(self.widget)
        self._frame = SquareFrame(self.widget)
        self.legend = PlotLegend()
        self._sides.addWidget(self._frame, 1)
        self._sides.addWidget(self.legend)
        self.column.addLayout(self._sides, 1)
        self.follow()

    def show_rocs(self, lines: Sequence[RocLine]) -> None:
        """Draw the first four of other curves, the best first."""
        self._lines = tuple(lines[:MOST_LINES])
        if not self._lines:
            self.say_nothing()
            return
        self.show_content()
        for curve, line in zip(self._curves, self._lines, strict=False):
            curve.setData(line.false_positive, line.true_positive)
        for number, curve in enumerate(self._curves):
            curve.setVisible(number < len(self._lines))
        self._name()

    def _name(self) -> None:
        colors = CURVES[current_theme().name]
        entries = [
            Entry(line.name, QColor(colors[n]), STYLES[n], 2.0, f"AUC {line.auc:.3f}")
            for n, line in enumerate(self._lines)
        ]
        self.legend.show_entries(entries)
        self.setAccessibleDescription("; ".join(f"{line.name}, AUC {line.auc:.3f}" for line in self._lines))

    def dress(self, theme: Theme) -> None:
        super().dress(theme)
        for number, curve in enumerate(self._curves):
            curve.setPen(pg.mkPen(CURVES[theme.name][number], width=2, style=STYLES[number]))
        self.diagonal.setPen(pg.mkPen(theme.disabled, width=1, style=Qt.PenStyle.DashLine))
        if self._lines:
            self._name()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The legend below, or beside the square where there is room."""
        super().resizeEvent(event)
        wide = self.width() >= WIDE_PX
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if direction != self._sides.direction():
            self._sides.setDirection(direction)
            self._sides.setStretch(0, 4)
            self._sides.setStretch(1, 5 if wide else 0)
