"""A plot that fits into a dock: quiet axes in the theme's colours, and a sentence where there is nothing to show.

Import it only when the plotting library is there (`workstation.gui.plot_library`).
"""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from workstation.gui.fields import label
from workstation.gui.theme import Theme, current_theme, follow_theme, text_scale

SHORTEST_PX = 110
SMALL_PX = 11
BEYOND_PX = 16


class EdgeAxis(pg.AxisItem):
    """An axis whose first and last numbers are written, too, where they reach beyond its ends."""

    def boundingRect(self) -> QRectF:
        return super().boundingRect().adjusted(-BEYOND_PX, -BEYOND_PX, BEYOND_PX, BEYOND_PX)


class PlotArea(pg.PlotWidget):
    """The plot itself: neither the wheel nor a drag moves it, since scrolling belongs to the panel."""

    def __init__(self, name: str, axes: dict[str, pg.AxisItem] | None = None) -> None:
        own = {side: EdgeAxis(side) for side in ("left", "bottom")}
        super().__init__(axisItems={**own, **(axes or {})}, enableMenu=False)
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.setMouseEnabled(False, False)
        item.vb.disableAutoRange()
        item.setContentsMargins(0, 4, 12, 0)
        self.setAccessibleName(name)
        self.setMinimumSize(120, SHORTEST_PX)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, SHORTEST_PX)

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()  # the library wishes for 640 x 480

    def wheelEvent(self, event: object) -> None:
        """Scrolling belongs to the panel."""
        event.ignore()  # type: ignore[attr-defined]


class SmallPlot(QWidget):
    """A plot, or the sentence `nothing` in its place.

    widget: the plot. content: what is shown when there is something; parts of the plot are added to its `column`.
    """

    def __init__(self, name: str, nothing: str, area: PlotArea) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.nothing, self.widget, self.plot = nothing, area, area.getPlotItem()
        self.content = QWidget()
        self.column = QVBoxLayout(self.content)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(2)
        self.column.addWidget(area, 1)
        self.empty = label(nothing, "muted", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        # Not a stacked layout: that one gives wrapped words below the plot the height of one line.
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.empty, 1)
        layout.addWidget(self.content, 1)
        self.content.hide()

    def say_nothing(self, why: str = "") -> None:
        """Show a sentence in place of the plot: `why`, or the usual one."""
        self.empty.setText(why or self.nothing)
        self.setAccessibleDescription(self.empty.text())
        self.content.hide()
        self.empty.show()

    def show_content(self) -> None:
        """Show the plot."""
        self.empty.hide()
        self.content.show()

    def follow(self) -> None:
        """Dress in the present theme, and in every later one. To be called when all parts are made."""
        follow_theme(self, self.dress)

    def dress(self, theme: Theme) -> None:
        """Colours and letters of a theme."""
        self.widget.setBackground(QColor(theme.field))
        font = self.font()
        font.setPixelSize(round(SMALL_PX * text_scale()))
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(QColor(theme.border))
            axis.setTextPen(QColor(theme.muted))
            axis.setStyle(tickFont=font, tickLength=4, hideOverlappingLabels=False)
            axis.label.setFont(font)
            axis.enableAutoSIPrefix(False)
            # the library has set the size of its label in the style already, which beats the font
            axis.setLabel(axis.labelText, color=theme.muted, **{"font-size": f"{font.pixelSize()}px"})
        self.plot.showGrid(x=True, y=True, alpha=0.15)

    def name_axis(self, side: str, words: str) -> None:
        """Write beside an axis what it shows."""
        axis = self.plot.getAxis(side)
        if axis.labelText != words:
            axis.setLabel(words, color=current_theme().muted, **{"font-size": f"{round(SMALL_PX * text_scale())}px"})


def faint(color: QColor, alpha: int) -> QColor:
    """A colour through which others are seen."""
    made = QColor(color)
    made.setAlpha(alpha)
    return made
