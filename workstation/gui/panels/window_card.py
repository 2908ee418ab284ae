"""How one image is windowed: its histogram, centre and width, presets, and what else may take the same window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from workstation.gui.fields import NumberField, label, restyle
from workstation.gui.panels.panel import Card, clear_layout, heading, plain
from workstation.gui.session import Session
from workstation.gui.viewport.visible_values import ViewInUse, visible_values
from workstation.images.histogram import Histogram, histogram_of_values
from workstation.images.phases import phases_of
from workstation.images.volume import Volume
from workstation.images.windows import (
    WindowPreset,
    automatic_window,
    is_ct,
    presets_for,
    rounded_to_see,
    window_of_values,
)

if TYPE_CHECKING:
    from workstation.gui.panels.histogram_plot import HistogramPlot

FOLLOW_MS = 120
"""The histogram of what is visible follows the views at this pace."""
LARGEST_VALUE = 1e7
NARROWEST = 1e-3
PRESET_COLUMNS = 2


class WindowCard(Card):
    """For the image below, or for the one on top of it. counts: gives the histogram of a whole image, or asks for it.
    numbered: the presets are those of the number keys.

    The card shows whatever `Viewing` says, and tells it what a person changes; it keeps nothing itself.
    """

    def __init__(
        self,
        session: Session,
        title: str,
        in_use: ViewInUse,
        counts: Callable[[Volume], Histogram | None],
        numbered: bool,
    ) -> None:
        super().__init__(8)
        self._session, self._in_use, self._counts = session, in_use, counts
        self._volume: Volume | None = None
        self._preset_buttons: list[tuple[WindowPreset, QToolButton]] = []
        self.title, self._numbered = title, numbered
        self.plot: HistogramPlot | None = None
        self.name = heading("")
        self.role = label(title, "muted")
        self.column.addWidget(self.role)
        self.column.addWidget(self.name)
        self._plot_place = QVBoxLayout()
        self.waiting = label("Preparing the histogram…", "muted")
        self._plot_place.addWidget(self.waiting)
        self.column.addLayout(self._plot_place)
        self.column.addLayout(self._counted_of())
        self.column.addLayout(self._numbers())
        self._presets = QGridLayout()
        self._presets.setSpacing(4)
        self.column.addLayout(self._presets)
        self.column.addLayout(self._buttons())
        self._later = QTimer(self, singleShot=True, interval=FOLLOW_MS)
        self._later.timeout.connect(self._count)

    # ---------------------------------------------------------------------------------------------------- making

    def _counted_of(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(0)
        self.whole, self.visible = (self._segment(text) for text in ("Whole image", "What is visible"))
        self.whole.clicked.connect(lambda: self._count_visible(False))
        self.visible.clicked.connect(lambda: self._count_visible(True))
        self.whole.setChecked(True)
        row.addWidget(self.whole)
        row.addWidget(self.visible)
        row.addStretch(1)
        return row

    def _segment(self, text: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setCheckable(True)
        button.setToolTip(f"Histogram of: {text.lower()}")
        restyle(button, kind="segment")
        return button

    def _numbers(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        self.fields = {}
        for place, name in enumerate(("Centre", "Width", "Low", "High")):
            lowest = NARROWEST if name == "Width" else -LARGEST_VALUE
            field = NumberField("", lowest, LARGEST_VALUE, 10.0, 0, name, 72)
            field.changed.connect(lambda _value, name=name: self._typed(name))
            self.fields[name] = field
            row, column = divmod(place, 2)
            words = label(name, "muted")
            words.setBuddy(field)
            grid.addWidget(words, row, 2 * column)
            grid.addWidget(field, row, 2 * column + 1)
        return grid

    def _buttons(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(4)
        self.automatic = plain("Automatic", self.show_visible, "magic-wand", "The window that suits what is visible")
        self.reset = plain("Reset", self._reset, "arrow-counter-clockwise", "The window that the image began with")
        row.addWidget(self.automatic)
        row.addWidget(self.reset)
        column.addLayout(row)
        self.phases = plain("", lambda: self._share(self._phases()), "copy")
        self.others = plain("", lambda: self._share(self._same_kind()), "copy")
        column.addWidget(self.phases)
        column.addWidget(self.others)
        return column

    def put_plot(self, plot: HistogramPlot) -> None:
        """The plotting library is there now."""
        self.waiting.hide()
        self.plot = plot
        plot.window_dragged.connect(self._dragged)
        self._plot_place.addWidget(plot)
        self.refresh()
        self._count()

    # --------------------------------------------------------------------------------------------------- showing

    @property
    def image(self) -> Volume | None:
        """What the card is about."""
        return self._volume

    def show_image(self, volume: Volume | None) -> None:
        """Turn to an image, among whatever other images there are now; without one the card is away."""
        self._volume, before = volume, self._volume
        self.setVisible(volume is not None)
        if volume is not None:
            self.name.setText(self._session.image_name(volume.key))
            self.role.setText(f"{self.title}, values in {volume.unit}" if volume.unit else self.title)
            self._show_sharing(volume)
        if volume is not before:
            self._list_presets()
            self._count()
        self.refresh()

    def refresh(self) -> None:
        """The window as it is now."""
        volume = self._volume
        if volume is None:
            return
        centre, width = self._session.viewing.window(volume.key)
        low, high = centre - width / 2, centre + width / 2
        for name, value in (("Centre", centre), ("Width", width), ("Low", low), ("High", high)):
            self.fields[name].set_value(rounded_to_see(value, width))
        if self.plot is not None:
            self.plot.show_window(low, high)
        for preset, button in self._preset_buttons:
            button.setChecked(abs(preset.centre - centre) + abs(preset.width - width) < 1e-6 * max(1.0, width))
        if self.visible.isChecked():
            self._later.start()

    def _show_sharing(self, volume: Volume) -> None:
        phases, alike = self._phases(), self._same_kind()
        self.phases.setVisible(bool(phases))
        self.phases.setText(f"Use for all {len(phases) + 1} phases")
        self.others.setVisible(len(alike) > len(phases))
        self.others.setText(f"Use for all {len(alike) + 1} {volume.modality or 'such'} images")

    def _list_presets(self) -> None:
        clear_layout(self._presets)
        self._preset_buttons = []
        for place, preset in enumerate(presets_for(self._volume) if self._volume is not None else ()):
            button = self._segment(preset.name)
            key = f" (key {place + 1})" if self._numbered and place < 9 else ""
            if key:
                button.setText(f"{place + 1}  {preset.name}")
            button.setToolTip(f"{preset.name}: centre {preset.centre:g}, width {preset.width:g}{key}")
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _checked=False, preset=preset: self._set(preset.centre, preset.width))
            self._preset_buttons.append((preset, button))
            self._presets.addWidget(button, *divmod(place, PRESET_COLUMNS))

    # -------------------------------------------------------------------------------------------------- counting

    def _count_visible(self, visible: bool) -> None:
        self.whole.setChecked(not visible)
        self.visible.setChecked(visible)
        self._count()

    def follow_views(self) -> None:
        """Something else is visible: count it soon, where that is what is counted."""
        if self.visible.isChecked() and self._volume is not None:
            self._later.start()

    def _count(self) -> None:
        if self._volume is None or self.plot is None or not self.isVisibleTo(self.parentWidget()):
            return
        if self.visible.isChecked():
            values = self._visible_values()
            self.plot.show_histogram(None if values is None else histogram_of_values(values))
        else:
            self.plot.show_histogram(self._counts(self._volume))

    def counted(self, volume: Volume) -> None:
        """The whole image's histogram has been made."""
        if volume is self._volume and self.whole.isChecked():
            self._count()

    def _visible_values(self) -> object | None:
        view = self._in_use.view()
        return None if view is None or self._volume is None else visible_values(view, self._volume.key)

    # --------------------------------------------------------------------------------------------------- changing

    def show_visible(self) -> None:
        """The window that suits what the view in use shows of this image; says why there is none."""
        view = self._in_use.view()
        if view is not None and self._volume is not None:
            window_what_is_visible(self._session, view, self._volume.key)

    def _set(self, centre: float, width: float) -> None:
        if self._volume is not None:
            self._session.viewing.set_window(self._volume.key, centre, width)
            self.refresh()

    def _dragged(self, low: float, high: float) -> None:
        self._set((low + high) / 2, max(high - low, NARROWEST))

    def _typed(self, name: str) -> None:
        """One number was entered; the others stay exactly what they are."""
        if self._volume is None:
            return
        centre, width = self._session.viewing.window(self._volume.key)
        value = self.fields[name].value()
        ends = (("Low", -width / 2), ("High", width / 2))
        low, high = (value if name == end else centre + half for end, half in ends)
        if name == "Centre":
            self._set(value, width)
        elif name == "Width":
            self._set(centre, value)
        elif low < high:
            self._dragged(low, high)
        else:
            self._session.refused.emit(f"Low must be below High: {low:g} is not below {high:g}, so nothing changed")
            self.refresh()

    def _reset(self) -> None:
        if self._volume is not None:
            first = automatic_window(self._volume)
            self._set(first.centre, first.width)

    def _phases(self) -> list[Volume]:
        """The other phases of the same examination."""
        if self._volume is None:
            return []
        return [v for v in phases_of(self._session.case.images, self._volume.key) if v is not self._volume]

    def _same_kind(self) -> list[Volume]:
        """All other images of the same modality and unit."""
        this = self._volume
        images = self._session.case.images.values()
        return [v for v in images if this is not None and v is not this and _kind(v) == _kind(this)]

    def _share(self, volumes: list[Volume]) -> None:
        if self._volume is None:
            return
        window = self._session.viewing.window(self._volume.key)
        for volume in volumes:
            self._session.viewing.set_window(volume.key, *window)


def window_what_is_visible(session: Session, view: QWidget, key: str) -> None:
    """Give an image the window that suits what a view shows of it; what can't be done is refused in words."""
    volume = session.case.images.get(key)
    values = visible_values(view, key) if volume is not None else None
    window = None
    if volume is not None and values is not None:
        window = window_of_values(values, volume.modality, is_ct(volume))
    if window is None:
        session.refused.emit("Nothing of this image is visible in the view: there is no window to find")
        return
    session.viewing.set_window(key, window.centre, window.width)


def _kind(volume: Volume) -> tuple[str, str]:
    return volume.modality, volume.unit
