"""The signal of tissues over the phases of an examination, each with its noise, and of the place under the cursor.

Import it only when the plotting library is there (`workstation.gui.plot_library`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QIODevice, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainterPath, QPolygonF, QRegion, QResizeEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QGraphicsPathItem, QHBoxLayout, QWidget

from workstation.gui.evidence_lines import CourseLine, course_rows
from workstation.gui.fields import ElidedButton, label
from workstation.gui.plot_legend import Entry, PlotLegend
from workstation.gui.small_plot import EdgeAxis, PlotArea, SmallPlot, faint
from workstation.gui.theme import Theme, current_theme, text_scale
from workstation.gui.time_scale import numbers_between, places
from workstation.gui.time_scale import place_of as place_of_time
from workstation.images.whole_file import reason, replacing
from workstation.measurements.export import csv_text, write_csv

NOTHING = "No curves yet: click in the tumour, or point at the images."
UNDER_CURSOR = "under the cursor"
SECONDS, ORDER = "s from contrast", "phases in order, times unknown"
NUMBER_GAP_PX = 26.0
ROOM = 0.06
FAINT = 110
PICTURE_SCALE, MARGIN_PX = 2, 6
CSV_FILES, PICTURE_FILES = "Tables (*.csv)", "PNG pictures (*.png)"


class PhaseTicks(EdgeAxis):
    """Numbers of seconds on the scale of `time_scale`, or the names of phases."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self.names: tuple[str, ...] = ()

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:
        if self.names:
            return [(1.0, [float(n) for n in range(len(self.names))])]
        gap = NUMBER_GAP_PX * text_scale() * (maxVal - minVal) / max(size, 1.0)
        first, last = (float(np.sinh(v * (2 if v < 0 else 1)) * 10.0) for v in (minVal, maxVal))
        return [(1.0, [float(place_of_time(t)) for t in numbers_between(first, last, gap)])]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        if not self.names:
            seconds = [np.sinh(v * (2 if v < 0 else 1)) * 10.0 for v in values]
            return [f"{second:.0f}".replace("-", "−") for second in seconds]
        metrics = pg.Qt.QtGui.QFontMetrics(self.style["tickFont"] or self.font())
        room = self.size().width() / max(len(self.names), 1)
        alternate = any(metrics.horizontalAdvance(name) > room - 4 for name in self.names)
        elided = [
            metrics.elidedText(name, Qt.TextElideMode.ElideRight, int((1.8 if alternate else 1.0) * room) - 2)
            for name in self.names
        ]
        return [f"\n{name}" if alternate and n % 2 else name for n, name in enumerate(elided)]


class CoursePlot(SmallPlot):
    """Lines with marks at the phases in translucent bands of ± the noise. refused: why something was not written."""

    refused = Signal(str)

    def __init__(self, unit: str = "signal") -> None:
        ticks = PhaseTicks()
        super().__init__("Signal over time", NOTHING, PlotArea("Signal over time", {"bottom": ticks}))
        self._ticks = ticks
        self._unit = unit
        self._lines: tuple[CourseLine, ...] = ()
        self._times: tuple[float | None, ...] = ()
        self._names: tuple[str, ...] = ()
        self._place: NDArray[np.float64] = np.zeros(0)
        self._order: NDArray[np.int64] = np.zeros(0, np.int64)
        self._range = (0.0, 1.0)
        self._drawn: list[tuple[QGraphicsPathItem, pg.PlotDataItem]] = []
        self.hover = pg.PlotDataItem(connect="finite", symbolSize=4, symbol="o")
        self.hover.setZValue(20)
        self.plot.addItem(self.hover, ignoreBounds=True)
        self.widget.setToolTip("The bands are ± the noise (one standard deviation)")
        self.caption = label(unit, "muted")  # above the axis: a plot in a dock is too low for it to stand upright
        self.column.insertWidget(0, self.caption)
        self.legend = PlotLegend()
        self.column.addWidget(self.legend)
        self.column.addLayout(self._buttons())
        self.follow()

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2)
        self.copy_button = _link("Copy CSV", "The curves onto the clipboard as CSV, for a spreadsheet", self.copy)
        self.csv_button = _link("Save CSV…", "Write the curves as a table", self.save_csv)
        self.picture_button = _link("Save picture…", "Write the plot as a PNG picture", self.save_picture)
        for button in (self.copy_button, self.csv_button, self.picture_button):
            row.addWidget(button)
        row.addStretch(1)
        return row

    # ------------------------------------------------------------------ showing

    @property
    def unit(self) -> str:
        """What the values are: "signal", "relative enhancement", "SNR"."""
        return self._unit

    @unit.setter
    def unit(self, unit: str) -> None:
        self._unit = unit
        self._name_axes()

    def show_courses(self, lines: Sequence[CourseLine], times_s: Sequence[float | None], names: Sequence[str]) -> None:
        """Draw other courses. times_s: (n,) s since the contrast, None where unknown. names: (n,) of the phases.

        Where the time of any phase is unknown, phases stand in equal steps under their names.
        """
        if any(len(of) != len(names) for of in (times_s, *(v for line in lines for v in (line.values, line.noise)))):
            raise ValueError("Every course needs one value, one noise and one time for each phase")
        self._lines, self._times, self._names = tuple(lines), tuple(times_s), tuple(names)
        self._draw()

    def show_hover(self, values: Sequence[float] | NDArray[np.float64] | None) -> None:
        """The thin line of the place under the cursor: (n,) values, one for each phase; None away from the images."""
        if values is None or len(values) != len(self._place):
            self.hover.setVisible(False)
            return
        found = np.asarray(values, dtype=np.float64)
        self.hover.setData(self._place[self._order], found[self._order])
        self.hover.setVisible(True)
        finite = found[np.isfinite(found)]
        # the scale only ever grows under the cursor, so that the curves don't jump about
        if len(finite) and (finite.min() < self._range[0] or finite.max() > self._range[1]):
            self._fit(min(self._range[0], float(finite.min())), max(self._range[1], float(finite.max())))

    def _draw(self) -> None:
        if not self._names:
            self._place = np.zeros(0)
            self.say_nothing()
            return
        self.show_content()
        self._place, timed = places(self._times)
        self._order = np.argsort(self._place, kind="stable")
        self._ticks.names = () if timed else self._names
        self._ticks.picture = None  # the library draws an axis anew only when its range changes
        self.hover.setVisible(False)
        while len(self._drawn) < len(self._lines):
            self._drawn.append(self._new_items())
        for line, (band, curve) in zip(self._lines, self._drawn, strict=False):
            self._draw_line(line, band, curve)
        for number, items in enumerate(self._drawn):
            for item in items:
                item.setVisible(number < len(self._lines))
        self._name_axes()
        self._show_legend()
        self._fit(*self._reach())

    def _new_items(self) -> tuple[QGraphicsPathItem, pg.PlotDataItem]:
        """A band and a curve; they are used again for other courses, since making them takes milliseconds."""
        band, curve = QGraphicsPathItem(), pg.PlotDataItem(connect="finite", symbol="o", symbolPen=None)
        band.setPen(pg.mkPen(None))
        for item in (band, curve):
            self.plot.addItem(item, ignoreBounds=True)
        return band, curve

    def _draw_line(self, line: CourseLine, band: QGraphicsPathItem, curve: pg.PlotDataItem) -> None:
        colour = faint(QColor(*line.color), FAINT if line.faint else 255)
        style = Qt.PenStyle.DashLine if line.dashed else Qt.PenStyle.SolidLine
        x, values, noise = (of[self._order] for of in (self._place, line.values, line.noise))
        band.setPath(band_path(x, values, noise))
        band.setBrush(faint(colour, 22 if line.faint else 48))
        curve.setData(
            x, values, connect="finite", pen=pg.mkPen(colour, width=1.2 if line.faint else 2, style=style),
            symbol="o", symbolSize=4 if line.faint else 6, symbolBrush=colour, symbolPen=None,
        )  # fmt: skip
        curve.setZValue(5 if line.faint else 10)

    def _reach(self) -> tuple[float, float]:
        """Lowest and highest value, noise included."""
        edges = [line.values + side * np.nan_to_num(line.noise) for line in self._lines for side in (-1.0, 1.0)]
        finite = [of[np.isfinite(of)] for of in edges]
        found = np.concatenate(finite) if finite else np.zeros(0)
        return (float(found.min()), float(found.max())) if len(found) else (0.0, 1.0)

    def _fit(self, low: float, high: float) -> None:
        self._range = (low, high)
        room = ROOM * max(high - low, 1e-6)
        first, last = (float(self._place.min()), float(self._place.max()))
        side = 0.04 * max(last - first, 1.0) if not self._ticks.names else 0.5
        self.plot.vb.setRange(
            QRectF(first - side, low - room, last - first + 2 * side, high - low + 2 * room),
            padding=0.0, disableAutoRange=True,
        )  # fmt: skip

    def _name_axes(self) -> None:
        self.caption.setText(self._unit)
        self.name_axis("bottom", ORDER if self._ticks.names else SECONDS)

    def _show_legend(self) -> None:
        text = QColor(current_theme().text)
        entries = [
            Entry(
                line.name, faint(QColor(*line.color), FAINT if line.faint else 255),
                Qt.PenStyle.DashLine if line.dashed else Qt.PenStyle.SolidLine, 1.2 if line.faint else 2.0,
            )
            for line in self._lines
        ]  # fmt: skip
        self.legend.show_entries([*entries, Entry(UNDER_CURSOR, text, Qt.PenStyle.DotLine, 1.2)])
        self.setAccessibleDescription(f"{', '.join(line.name for line in self._lines)} at {', '.join(self._names)}")

    def dress(self, theme: Theme) -> None:
        super().dress(theme)
        text = QColor(theme.text)
        self.hover.setPen(pg.mkPen(text, width=1, style=Qt.PenStyle.DotLine))
        self.hover.setSymbolBrush(text)
        self.hover.setSymbolPen(None)
        if self._names:
            self._show_legend()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._ticks.picture = None  # the names' room is another one

    # ------------------------------------------------------------------ for other programs

    def rows(self) -> list[list[str]]:
        """The table of the courses, with its header."""
        return course_rows(self._lines, self._times, self._names, "" if self._unit == "signal" else self._unit)

    def csv(self) -> str:
        """The courses as a table with commas: one row for each phase, value and noise of each course."""
        return csv_text(self.rows())

    def copy(self) -> None:
        """To the clipboard."""
        QApplication.clipboard().setText(self.csv())

    def save_csv(self) -> None:
        """Ask where, and write the table."""
        chosen, _ = QFileDialog.getSaveFileName(self, "Write as CSV", "curves.csv", CSV_FILES)
        if chosen:
            self.write_csv(chosen)

    def write_csv(self, path: str) -> bool:
        """Write the table; `refused` says why where that fails."""
        target = Path(path) if Path(path).suffix else Path(path).with_suffix(".csv")
        try:
            write_csv(target, self.rows())
        except OSError as error:
            self.refused.emit(f"{target.name} can't be written: {reason(error)}")
            return False
        return True

    def save_picture(self) -> None:
        """Ask where, and write the plot with its legend."""
        chosen, _ = QFileDialog.getSaveFileName(self, "Save the curves as a picture", "curves.png", PICTURE_FILES)
        if chosen:
            self.write_picture(chosen)

    def write_picture(self, path: str) -> bool:
        """Write a PNG twice as fine as the screen; `refused` says why where that fails."""
        target = Path(path) if path.lower().endswith(".png") else Path(f"{path}.png")
        held = QBuffer()
        held.open(QIODevice.OpenModeFlag.WriteOnly)
        self.picture().save(held, "PNG")
        try:
            with replacing(target, ".png") as part:
                part.write_bytes(bytes(held.data()))
        except OSError as error:
            self.refused.emit(f"{target.name} can't be written: {reason(error)}")
            return False
        return True

    def picture(self) -> QImage:
        """What is shown, without the buttons."""
        edge = MARGIN_PX
        size = QSize(self.content.width() + 2 * edge, self.legend.geometry().bottom() + 1 + 2 * edge)
        made = QImage(size * PICTURE_SCALE, QImage.Format.Format_ARGB32)
        made.setDevicePixelRatio(PICTURE_SCALE)
        made.fill(QColor(current_theme().field))
        for each in (self.caption, self.widget, self.legend):
            # a graphics view's own `render` draws its scene alone
            QWidget.render(each, made, each.pos() + QPoint(edge, edge), QRegion(), QWidget.RenderFlag.DrawChildren)
        return made


def band_path(x: NDArray[np.float64], values: NDArray[np.float64], noise: NDArray[np.float64]) -> QPainterPath:
    """The outline of values ± noise, (n,) each; interrupted where either is unknown."""
    path = QPainterPath()
    known = np.isfinite(values) & np.isfinite(noise)
    for run in np.split(np.arange(len(x)), np.flatnonzero(np.diff(known.astype(np.int8))) + 1):
        if len(run) < 2 or not known[run[0]]:
            continue
        upper = [QPointF(x[n], values[n] + noise[n]) for n in run]
        lower = [QPointF(x[n], values[n] - noise[n]) for n in run[::-1]]
        path.addPolygon(QPolygonF([*upper, *lower, upper[0]]))
    return path


def _link(text: str, tooltip: str, action: Callable[[], object]) -> ElidedButton:
    made = ElidedButton(text)
    made.setProperty("kind", "link")
    made.setToolTip(tooltip)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    made.clicked.connect(lambda _checked: action())
    return made
