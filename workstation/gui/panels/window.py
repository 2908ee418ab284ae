"""Window and level: histogram, numbers and presets of the planning image and of the one fused on it."""

from __future__ import annotations

from functools import partial
from weakref import WeakKeyDictionary

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from shiboken6 import isValid

from workstation.gui.fields import label
from workstation.gui.jobs.runner import Job
from workstation.gui.panels.panel import Panel
from workstation.gui.panels.window_card import WindowCard
from workstation.gui.plot_library import runner_of, when_plots_are_there
from workstation.gui.session import Session
from workstation.gui.viewport.visible_values import ViewInUse
from workstation.images.histogram import Histogram, histogram_of_volume
from workstation.images.volume import Volume


class WindowPanel(Panel):
    """A panel beside the views. Histograms are counted in the background, once for each image."""

    title = "Window and level"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.heading.hide()  # the panel's own title bar says it
        self._runner = runner_of(session)
        self._histograms: WeakKeyDictionary[Volume, Histogram | Job] = WeakKeyDictionary()
        in_use = ViewInUse(session.viewing, self)
        self.empty = label("Open an image: its histogram and its window appear here.", "muted", wrap=True)
        self.base = WindowCard(session, "Image below", in_use, self._histogram, numbered=True)
        self.overlay = WindowCard(session, "Fused on top", in_use, self._histogram, numbered=False)
        self._asked_for_plots = False
        for widget in (self.empty, self.base, self.overlay):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        session.images_changed.connect(self.refresh)
        session.display_changed.connect(self._display_changed)
        session.crosshair_moved.connect(self._views_moved)

    def refresh(self) -> None:
        """Which images there are, and their windows; a panel that nobody sees waits until it is shown."""
        if not self.isVisible():
            return
        base, overlay = self._images()
        self.empty.setVisible(base is None)
        self.base.show_image(base)
        self.overlay.show_image(overlay)

    def _images(self) -> tuple[Volume | None, Volume | None]:
        """The image below and the one on top of it."""
        viewing, images = self.session.viewing, self.session.case.images
        base, overlay = images.get(viewing.base_key), images.get(viewing.overlay_key)
        return base, None if overlay is base else overlay

    def _display_changed(self) -> None:
        """At every step of a drag: only what can have changed."""
        if not self.isVisible():
            return
        if (self.base.image, self.overlay.image) != self._images():
            self.refresh()
            return
        for card in (self.base, self.overlay):
            card.refresh()

    def _views_moved(self) -> None:
        for card in (self.base, self.overlay):
            card.follow_views()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
        if not self._asked_for_plots:
            self._asked_for_plots = True
            when_plots_are_there(self._runner, self._make_plots)

    def _make_plots(self) -> None:
        """One after the other: each takes 30 ms, and the views go on between them."""
        if isValid(self):
            for card in (self.base, self.overlay):
                QTimer.singleShot(0, card, partial(self._make_plot, card))

    def _make_plot(self, card: WindowCard) -> None:
        from workstation.gui.panels.histogram_plot import HistogramPlot

        card.put_plot(HistogramPlot(f"Histogram, {card.title.lower()}"))

    def _histogram(self, volume: Volume) -> Histogram | None:
        """The counts of a whole image, None while they are made; asked for again where somebody stopped it."""
        found = self._histograms.get(volume)
        if isinstance(found, Histogram) or (found is not None and found in self._runner.jobs):
            return found if isinstance(found, Histogram) else None
        self._histograms[volume] = self._runner.start(
            "Counting values", histogram_of_volume, volume, then=lambda counted: self._counted(volume, counted)
        )
        return None

    def _counted(self, volume: Volume, histogram: Histogram) -> None:
        if not isValid(self):
            return
        self._histograms[volume] = histogram
        for card in (self.base, self.overlay):
            card.counted(volume)
