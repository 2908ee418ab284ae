"""The values along a line as curves: position across, every image's values up, a second axis for a second unit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from workstation.gui.fields import label
from workstation.gui.theme import current_theme
from workstation.images.units import bare_unit
from workstation.measurements.profile import Profile
from workstation.measurements.words import length_words, value_words

CURVES = {"dark": ("#4aa3ff", "#ff9f0a", "#7ee787", "#ff9ff3"), "light": ("#0b67c8", "#a15c00", "#0b7537", "#9b2393")}
STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
TEACH = "Point at the plot to read values; the place is marked on the slice."


class ProfilePlot(QWidget):
    """The plot and the values under the cursor. pointed: patient point (3,) under the cursor, None away from it."""

    pointed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._profile: Profile | None = None
        self._names: Mapping[str, str] = {}
        self.widget = pg.PlotWidget()
        self.widget.setMenuEnabled(False)
        self.widget.setMinimumHeight(150)
        self.widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)  # its own wish is 640 x 480
        self.widget.setAccessibleName("Line profile")
        self.plot = self.widget.getPlotItem()
        self.plot.hideButtons()
        self.legend = self.plot.addLegend(offset=(-8, 4))
        self.right = pg.ViewBox(enableMenu=False)
        self.plot.scene().addItem(self.right)
        self.plot.getAxis("right").linkToView(self.right)
        self.right.setXLink(self.plot)
        self.plot.vb.sigResized.connect(self._resized)
        self.line = pg.InfiniteLine(angle=90, movable=False)
        self.line.hide()
        self.plot.addItem(self.line, ignoreBounds=True)
        self.widget.scene().sigMouseMoved.connect(self._moved)
        self.words = label(TEACH, "muted", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.widget, 1)
        column.addWidget(self.words)
        self._dress()

    def show_profile(self, profile: Profile, names: Mapping[str, str]) -> None:
        """Draw a profile. names: what each image is called, by key."""
        self._profile, self._names = profile, names
        self._draw()
        self._point_away()

    def _draw(self) -> None:
        profile = self._profile
        self._clear()
        if profile is None:
            return
        units = list(dict.fromkeys(bare_unit(unit) for unit in profile.units.values()))
        colors = CURVES[current_theme().name]
        for number, (key, values) in enumerate(profile.values.items()):
            second = len(units) > 1 and bare_unit(profile.units[key]) != units[0]
            pen = pg.mkPen(colors[number % len(colors)], width=2, style=STYLES[number % len(STYLES)])
            curve = pg.PlotDataItem(profile.positions_mm, values, pen=pen, connect="finite")
            name = self._names.get(key, key)
            self.legend.addItem(curve, f"{name} (right)" if second else name)
            (self.right if second else self.plot).addItem(curve)
        quiet = current_theme().muted
        self.plot.setLabel("bottom", "Distance in mm", color=quiet)
        self.plot.setLabel("left", units[0] if units and units[0] else "Value", color=quiet)
        self.plot.showAxis("right", len(units) > 1)
        if len(units) > 1:
            self.plot.setLabel("right", ", ".join(unit or "signal" for unit in units[1:]), color=quiet)
        self.plot.setXRange(0.0, float(profile.positions_mm[-1]), padding=0.0)
        self.plot.vb.enableAutoRange(axis="y")
        self.right.enableAutoRange(axis="y")
        self._resized()

    def _clear(self) -> None:
        self.legend.clear()
        for item in list(self.plot.listDataItems()):
            self.plot.removeItem(item)
        for item in list(self.right.addedItems):
            self.right.removeItem(item)

    def _resized(self) -> None:
        self.right.setGeometry(self.plot.vb.sceneBoundingRect())
        self.right.linkedViewChanged(self.plot.vb, self.right.XAxis)

    # ------------------------------------------------------------------ the cursor

    def _moved(self, place: QPointF) -> None:
        profile = self._profile
        if profile is None or not self.plot.vb.sceneBoundingRect().contains(place):
            self._point_away()
            return
        at_mm = float(self.plot.vb.mapSceneToView(place).x())
        self.point_at(int(np.argmin(np.abs(profile.positions_mm - at_mm))))

    def point_at(self, number: int) -> None:
        """Mark one sample and say its values."""
        profile = self._profile
        if profile is None:
            return
        self.line.setPos(float(profile.positions_mm[number]))
        self.line.show()
        values = []
        for key, of in profile.values.items():
            value = float(of[number]) if np.isfinite(of[number]) else None
            values.append(f"{self._names.get(key, key)} {value_words(value, profile.units[key])}")
        self.words.setText(" · ".join([length_words(float(profile.positions_mm[number])), *values]))
        self.pointed.emit(profile.points_mm[number])

    def _point_away(self) -> None:
        if not self.line.isVisible() and self.words.text() == TEACH:
            return
        self.line.hide()
        self.words.setText(TEACH)
        self.pointed.emit(None)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point_away()

    # ------------------------------------------------------------------ the theme

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange) and hasattr(self, "words"):
            self._dress()
            self._draw()

    def _dress(self) -> None:
        theme = current_theme()
        self.widget.setBackground(QColor(theme.field))
        for side in ("left", "right", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(QColor(theme.border))
            axis.setTextPen(QColor(theme.muted))
            axis.setStyle(tickFont=self.font())
            axis.label.setFont(self.font())
            axis.enableAutoSIPrefix(False)
        self.legend.setLabelTextColor(QColor(theme.text))
        ground = QColor(theme.field)
        ground.setAlpha(190)
        self.legend.setBrush(pg.mkBrush(ground))
        self.line.setPen(pg.mkPen(QColor(theme.muted), width=1))
        self.plot.showGrid(x=True, y=True, alpha=0.15)
