"""How the volume of a candidate depends on the threshold, and where the threshold decides over much of it.

Import it only when the plotting library is there (`workstation.gui.plot_library`).
"""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent

from workstation.gui.fields import ElidedLabel, label
from workstation.gui.small_plot import PlotArea, SmallPlot, faint
from workstation.gui.theme import Theme, current_theme
from workstation.measurements.words import volume_words

NOTHING = "No volumes yet: click in the tumour."
WITHIN, UNSURE_SHARE = 0.1, 0.2
"""The threshold decides where moving it by `WITHIN` to both sides changes more than this share of the volume. Of
thresholds that are no shares of 0 to 1, it is this part of their range."""
REACH_PX = 10.0
STEP, LARGE_STEP = 0.01, 0.1
"""Of the arrow keys and of page up and page down, as parts of the range."""
HEADROOM = 1.25
"""So that the volume can be written above the curve."""
SHADE = "Shaded: here ±{} of the threshold decides over more than 20 % of the volume."


class ThresholdArea(PlotArea):
    """A plot with a line that is taken hold of anywhere near it; a click elsewhere fetches it, as with a slider.

    asked: the threshold that the hand is at. let_go: the hand has left.
    """

    asked = Signal(float)
    stepped = Signal(float)
    let_go = Signal()

    def __init__(self) -> None:
        super().__init__("Volume against threshold")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.line_at = 0.5
        self.held = False
        self._offset = 0.0

    def value_at(self, x_px: float) -> float:
        """The threshold at a place of the viewport."""
        return float(self.getPlotItem().vb.mapSceneToView(self.mapToScene(round(x_px), 0)).x())

    def place_of(self, value: float) -> float:
        """Where a threshold lies in the viewport."""
        scene = self.getPlotItem().vb.mapViewToScene(QPointF(value, 0.0))
        return float(self.viewportTransform().map(scene).x())

    def _near(self, event: QMouseEvent) -> bool:
        return abs(event.position().x() - self.place_of(self.line_at)) <= REACH_PX

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.held = True
        self._offset = self.place_of(self.line_at) - event.position().x() if self._near(event) else 0.0
        if not self._offset:
            self.asked.emit(self.value_at(event.position().x()))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.held:
            self.asked.emit(self.value_at(event.position().x() + self._offset))
        self.viewport().setCursor(
            Qt.CursorShape.SplitHCursor if self.held or self._near(event) else Qt.CursorShape.ArrowCursor
        )

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.held and event.button() == Qt.MouseButton.LeftButton:
            self.held = False
            self.let_go.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: -STEP, Qt.Key.Key_Right: STEP, Qt.Key.Key_PageDown: -LARGE_STEP,
            Qt.Key.Key_PageUp: LARGE_STEP,
        }  # fmt: skip
        if event.key() in steps:
            self.stepped.emit(steps[Qt.Key(event.key())])
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.let_go.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.let_go.emit()


class ThresholdPlot(SmallPlot):
    """Volume against threshold, with the threshold in use as a line.

    threshold_moved: the person has moved the line there; sent at every step of a drag. Arrow keys move it by a
    hundredth of the range, page up and page down by a tenth.
    """

    threshold_moved = Signal(float)

    def __init__(self) -> None:
        area = ThresholdArea()
        super().__init__("Volume against threshold", NOTHING, area)
        self.area = area
        self._thresholds: NDArray[np.float64] = np.zeros(0)
        self._volumes: NDArray[np.float64] = np.zeros(0)
        self._value = 0.5
        self._shades: list[pg.LinearRegionItem] = []
        self.curve = pg.PlotDataItem()
        self.line = pg.InfiniteLine(angle=90, movable=False)
        self.dot = pg.ScatterPlotItem(size=8, pen=None)
        self.said = pg.TextItem()
        for depth, item in ((5, self.curve), (8, self.line), (9, self.dot), (10, self.said)):
            item.setZValue(depth)
            self.plot.addItem(item, ignoreBounds=True)
        self.words = label("", "muted", wrap=True)
        self.caption = ElidedLabel("muted")
        self.caption.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.column.addWidget(self.caption)
        self.column.addWidget(self.words)
        self.area.setToolTip("Drag the line to another threshold (arrow keys: a hundredth, page up and down: a tenth)")
        self.area.asked.connect(self._ask)
        self.area.stepped.connect(lambda step: self._ask(self._value + step * self._span()))
        self.area.let_go.connect(self._colour)
        self.name_axis("left", "cc")
        self.setFocusProxy(self.area)
        self.follow()

    def show_volumes(self, thresholds: ArrayLike, volumes_cc: ArrayLike, words: str = "") -> None:
        """Draw another curve. thresholds: (m,) rising. volumes_cc: (m,).

        words: what the threshold is of, and its unit, below the axis. Without thresholds, "No volumes yet" is said;
        `say_nothing` gives another reason.
        """
        self._thresholds = np.asarray(thresholds, dtype=np.float64)
        self._volumes = np.asarray(volumes_cc, dtype=np.float64)
        if self._thresholds.shape != self._volumes.shape or (np.diff(self._thresholds) <= 0).any():
            raise ValueError("Every threshold needs one volume, and thresholds must rise")
        if len(self._thresholds) < 2:
            self.say_nothing()
            return
        self.show_content()
        self.curve.setData(self._thresholds, self._volumes)
        first, last = float(self._thresholds[0]), float(self._thresholds[-1])
        top = HEADROOM * max(float(np.nanmax(self._volumes)), 1e-3)
        self.plot.vb.setRange(QRectF(first, 0.0, last - first, top), padding=0.0, disableAutoRange=True)
        self._shade()
        self.caption.setText(words or "threshold")
        self.words.setText(SHADE.format(f"{self._within():.2g}"))
        self.words.setVisible(bool(self._shades))
        self._show_value()

    def set_threshold(self, value: float) -> None:
        """Put the line there without telling anybody; not while a hand holds it."""
        if not self.area.held and value != self._value:
            self._value = float(value)
            self._show_value()

    def threshold(self) -> float:
        """Where the line is."""
        return self._value

    def _span(self) -> float:
        return float(self._thresholds[-1] - self._thresholds[0]) if len(self._thresholds) else 1.0

    def _within(self) -> float:
        shares = len(self._thresholds) and self._thresholds[0] >= 0 and self._thresholds[-1] <= 1 and self._span() > 0.5
        return WITHIN if shares else WITHIN * self._span()

    def _ask(self, value: float) -> None:
        if len(self._thresholds) < 2:
            return
        held = float(np.clip(value, self._thresholds[0], self._thresholds[-1]))
        if held != self._value:
            self._value = held
            self._show_value()
            self.threshold_moved.emit(held)

    def _show_value(self) -> None:
        if len(self._thresholds) < 2:
            return
        first, last = float(self._thresholds[0]), float(self._thresholds[-1])
        at = min(max(self._value, first), last)
        volume = float(np.interp(at, self._thresholds, self._volumes))
        self.area.line_at = at
        self.line.setPos(at)
        self.dot.setData([at], [volume])
        text = f"{volume_words(volume)} at {self._written()}"
        self.said.setText(text, color=current_theme().text)
        top = float(self.plot.vb.viewRange()[1][1])
        self.said.setAnchor((1.0, 0.0) if at > (first + last) / 2 else (0.0, 0.0))
        self.said.setPos(at, top)
        self.setAccessibleDescription(text)
        self.area.setAccessibleDescription(text)

    def _written(self) -> str:
        return f"{self._value:.2f}" if self._span() <= 2 else f"{self._value:.3g}"

    def _shade(self) -> None:
        """Mark the stretches on which the threshold decides."""
        for item in self._shades:
            self.plot.removeItem(item)
        brush = faint(QColor(current_theme().caution), 60)
        self._shades = []
        for stretch in deciding(self._thresholds, self._volumes, self._within()):
            item = pg.LinearRegionItem(stretch, movable=False, brush=brush, pen=pg.mkPen(None))
            item.setZValue(0)
            self.plot.addItem(item, ignoreBounds=True)
            self._shades.append(item)

    def shaded(self) -> list[tuple[float, float]]:
        """The stretches of thresholds that are shaded."""
        return [(float(low), float(high)) for low, high in (item.getRegion() for item in self._shades)]

    def dress(self, theme: Theme) -> None:
        super().dress(theme)
        self.curve.setPen(pg.mkPen(theme.text, width=2))
        self.said.setFont(self.plot.getAxis("left").style["tickFont"])
        self._colour()
        self._shade()
        self._show_value()

    def _colour(self) -> None:
        """The line is thicker while the keys move it."""
        accent = QColor(current_theme().accent)
        self.line.setPen(pg.mkPen(accent, width=3 if self.area.hasFocus() else 2))
        self.dot.setBrush(accent)


def deciding(
    thresholds: NDArray[np.float64], volumes_cc: NDArray[np.float64], within: float = WITHIN
) -> list[tuple[float, float]]:
    """Stretches of thresholds on which the threshold decides: ± `within` changes over a fifth of the volume.

    thresholds, volumes_cc: (m,), thresholds rising.

    >>> deciding(np.array([0.0, 0.4, 0.6, 1.0]), np.array([9.0, 9.0, 3.0, 3.0]))[0][0] < 0.4
    True
    """
    if len(thresholds) < 2:
        return []
    at = np.linspace(thresholds[0], thresholds[-1], 201)
    here, lower, higher = (np.interp(at + step, thresholds, volumes_cc) for step in (0.0, -within, within))
    steep = (np.abs(lower - higher) > UNSURE_SHARE * here) & (here > 0)
    ends = np.flatnonzero(np.diff(np.concatenate([[False], steep, [False]]).astype(np.int8)))
    return [(float(at[a]), float(at[b - 1])) for a, b in zip(ends[::2], ends[1::2], strict=True)]
