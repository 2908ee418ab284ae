"""A histogram with the window drawn over it: its edges and its middle can be dragged.

Import it only when the plotting library is there (`workstation.gui.plot_library`).
"""

from __future__ import annotations

import numpy as np
import pyqtgraph
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor

from workstation.gui.theme import Theme, follow_theme
from workstation.images.histogram import Histogram

HEIGHT_PX = 112
ROOM = 0.06
"""Share of the range that is left free on both sides, so that an edge can be taken hold of and moved outwards."""
NARROWEST = 1e-3


class HistogramPlot(pyqtgraph.PlotWidget):
    """How often each value occurs, on a logarithmic scale, and the window as a band.

    window_dragged: lower and upper value while the band or one of its edges is dragged.
    """

    window_dragged = Signal(float, float)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFixedHeight(HEIGHT_PX)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setToolTip("Drag the edges for black and white, the middle for the centre; the counts are logarithmic")
        item = self.getPlotItem()
        item.hideAxis("left")
        item.hideButtons()
        item.setMenuEnabled(False)
        item.setMouseEnabled(False, False)
        item.setContentsMargins(0, 4, 0, 0)
        self._curve = pyqtgraph.PlotCurveItem([0.0, 1.0], [0.0], stepMode="center", fillLevel=0.0)
        self.band = pyqtgraph.LinearRegionItem((0.0, 1.0))
        item.addItem(self._curve)
        item.addItem(self.band)
        self._histogram: Histogram | None = None
        self._dragging = False
        self.band.sigRegionChanged.connect(self._dragged)
        self.band.sigRegionChangeFinished.connect(self._let_go)
        follow_theme(self, self._show_theme)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, HEIGHT_PX)

    def wheelEvent(self, event: object) -> None:
        """Scrolling belongs to the panel."""
        event.ignore()  # type: ignore[attr-defined]

    def show_histogram(self, histogram: Histogram | None) -> None:
        """Draw other counts, or (None) none."""
        self._histogram = histogram
        if histogram is None:
            self._curve.setData([0.0, 1.0], [0.0])
        else:
            self._curve.setData(histogram.edges, np.log10(1.0 + histogram.counts))
        self._fit()

    def show_window(self, low: float, high: float) -> None:
        """Put the band where the window is, without telling anybody."""
        if self._dragging or tuple(self.band.getRegion()) == (low, high):
            return
        self.band.blockSignals(True)
        self.band.setRegion((low, high))
        self.band.blockSignals(False)
        self._fit()

    def _fit(self) -> None:
        """The range that holds the values and the window, with room on both sides."""
        low, high = self.band.getRegion()
        top = 1.0
        if self._histogram is not None:
            low, high = min(low, self._histogram.shown[0]), max(high, self._histogram.shown[1])
            top = max(top, float(np.log10(1.0 + self._histogram.counts.max(initial=0))))
        room = ROOM * max(high - low, NARROWEST)
        self.getPlotItem().vb.setRange(
            QRectF(low - room, 0.0, high - low + 2 * room, top), padding=0.0, disableAutoRange=True
        )

    def _dragged(self) -> None:
        self._dragging = True
        low, high = self.band.getRegion()
        self.window_dragged.emit(float(low), float(high))

    def _let_go(self) -> None:
        """The last place counts, too: on the way there, movements that follow each other closely are passed over."""
        self._dragged()
        self._dragging = False
        self._fit()

    def _show_theme(self, theme: Theme) -> None:
        self.setBackground(QColor(theme.field))
        bottom = self.getPlotItem().getAxis("bottom")
        bottom.setPen(pyqtgraph.mkPen(theme.border))
        bottom.setTextPen(pyqtgraph.mkPen(theme.muted))
        self._curve.setPen(pyqtgraph.mkPen(theme.muted))
        self._curve.setBrush(pyqtgraph.mkBrush(_faint(theme.muted, 90)))
        self.band.setBrush(pyqtgraph.mkBrush(_faint(theme.accent, 45)))
        self.band.setHoverBrush(pyqtgraph.mkBrush(_faint(theme.accent, 70)))
        for edge in self.band.lines:
            edge.setPen(pyqtgraph.mkPen(theme.accent, width=2))
            edge.setHoverPen(pyqtgraph.mkPen(theme.text, width=3))


def _faint(colour: str, alpha: int) -> QColor:
    made = QColor(colour)
    made.setAlpha(alpha)
    return made
