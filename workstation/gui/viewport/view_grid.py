"""The views of a case in one of the layouts; each can have the whole place to itself, or a window of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QSplitter, QVBoxLayout, QWidget
from shiboken6 import isValid

from workstation.gui.layout_model import COMPARE, PHASES, VOLUME
from workstation.gui.viewing import Viewing
from workstation.gui.viewport.arrangement import LEFT, RIGHT, Line, arrangement, phase_name
from workstation.gui.viewport.compared import FUSED, compared_keys, image_entries, phases_shown, told_apart
from workstation.gui.viewport.slice_view import SliceView
from workstation.gui.viewport.view_pane import ViewPane, ViewWindow
from workstation.gui.viewport.volume_view import VolumeView
from workstation.view.fusion_look import FLICKER
from workstation.view.outlines import Outlines
from workstation.view.slice_planes import ORIENTATIONS

if TYPE_CHECKING:
    from workstation.case.case import Case
    from workstation.editing.desk import Desk

__all__ = ["VOLUME", "ViewGrid"]

GAP = 2
_WHOLE = 1000


class ViewGrid(QWidget):
    """Views with movable borders. `panes` holds those of the present layout and the four that are always there.

    Their names: "axial", "sagittal", "coronal", "volume"; "left" and "right" where two images are compared;
    "phase 1" … where the phases of an examination are shown.
    """

    hovered = Signal(object)
    """A `Readout` of the view that the cursor is in, or None."""
    maximised_changed = Signal(str)
    """Name of the view that has the whole place, "" for all of them."""

    def __init__(self, case: Case, viewing: Viewing, desk: Desk | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.case, self.viewing, self.desk = case, viewing, desk
        self.volume_of: Callable[[str], float | None] = lambda _identifier: None
        """Volume in cc of a structure as it was measured last, for legends."""
        self._tool = viewing.tool
        self.outlines = Outlines(case)
        self.destroyed.connect(self.outlines.stop)
        self.panes: dict[str, ViewPane] = {}
        self.windows: dict[str, ViewWindow] = {}
        """Views in windows of their own, by name."""
        self._whole: QSplitter | None = None
        self._splitters: list[QSplitter] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        for name in ORIENTATIONS:
            self._add_slice(name, name)
        self._add(VOLUME, VolumeView(case, viewing, desk))
        self._flicker = QTimer(self)
        self._flicker.timeout.connect(viewing.flicker)
        self._arrange_soon = QTimer(self, singleShot=True, interval=0)
        self._arrange_soon.timeout.connect(self.arrange)
        self._listen()
        self.arrange()

    def _listen(self) -> None:
        case, viewing = self.case, self.viewing
        viewing.tool_changed.connect(self._tool_changed)
        viewing.display_changed.connect(self._display_changed)
        viewing.layout.changed.connect(self.arrange)
        for fact in (case.image_added, case.image_removed, case.planning_image_chosen):
            fact.connect(self._images_changed)

    # ------------------------------------------------------------------------------------------ what is there

    @property
    def views(self) -> dict[str, SliceView | VolumeView]:
        """The views by name."""
        return {name: pane.view for name, pane in self.panes.items()}

    @property
    def slices(self) -> dict[str, SliceView]:
        """The slice views by name."""
        return {name: view for name, view in self.views.items() if isinstance(view, SliceView)}

    def shown(self) -> list[str]:
        """Names of the views that the layout shows, those in windows of their own included."""
        names = [*self._arranged().names(), *self.windows]
        return list(dict.fromkeys(name for name in names if name in self.panes))

    def _add_slice(self, name: str, orientation: str, image_key: str = "") -> SliceView:
        view = SliceView(self.case, self.viewing, self.desk, orientation, self.outlines, image_key=image_key)
        view.setObjectName(f"{name.replace(' ', '_')}_view")
        view.setAccessibleName(f"{name} view")
        view.structures.volume_of = lambda identifier: self.volume_of(identifier)
        view.hovered.connect(self.hovered)
        view.look_moved.connect(lambda: self._look_moved(name))
        self._add(name, view)
        return view

    def _add(self, name: str, view: SliceView | VolumeView) -> None:
        pane = ViewPane(name, view, self)
        self.panes[name] = pane
        pane.title.maximise_requested.connect(lambda: self.maximise(name))
        view.maximise_requested.connect(lambda: self.maximise(name))
        pane.title.window_requested.connect(lambda: self.put_in_window(name))
        pane.title.image_chosen.connect(lambda key: self._choose_image(name, key))
        pane.title.orientation_chosen.connect(lambda orientation: self.viewing.layout.choose(orientation=orientation))

    # ------------------------------------------------------------------------------------------ the layout

    def arrange(self) -> None:
        """Lay the views out as the layout says."""
        if not isValid(self):
            return
        focused = QApplication.focusWidget()
        keys_to = focused if focused is not None and self.isAncestorOf(focused) else None
        self._fill_layout()
        if self.viewing.layout.maximised not in self.shown():
            self.viewing.layout.maximised = ""
        old = self._whole
        self._splitters = []
        self._whole = self._line(self._arranged())
        self._column.addWidget(self._whole)
        kept = set(self.shown())
        for name, pane in self.panes.items():
            if name not in kept:
                pane.setParent(self)
                pane.hide()
        if old is not None:
            old.hide()
            old.deleteLater()
        self._share_out()
        self._show_panes()
        if keys_to is not None and not keys_to.hasFocus():
            self._give_keys(keys_to)

    def _give_keys(self, to: QWidget) -> None:
        """What is laid out anew loses the keys, and space would press some button elsewhere instead."""
        wanted = self.maximised
        first = next((n for n in self.shown() if n not in self.windows and wanted in ("", n)), "")
        if to.isVisible() and to.window() is self.window():
            to.setFocus()
        elif first:
            self.panes[first].view.setFocus()

    def _arranged(self) -> Line:
        layout = self.viewing.layout
        return arrangement(layout.name, layout.main, len(phases_shown(self.case, self.viewing)))

    def _fill_layout(self) -> None:
        """Make the views that only this layout has, and tell all of them what they show."""
        layout, entries = self.viewing.layout, image_entries(self.case)
        if layout.name == COMPARE:
            keys = compared_keys(self.case, self.viewing)
            for name, key in zip((LEFT, RIGHT), keys, strict=True):
                pane = self._pane_for(name, "" if key == FUSED else key)
                pane.title.offer(entries, key, layout.orientation)
        elif layout.name == PHASES:
            phases = phases_shown(self.case, self.viewing)
            for number, (phase, words) in enumerate(zip(phases, told_apart(phases), strict=True), start=1):
                pane = self._pane_for(phase_name(number), phase.key)
                pane.caption = words
                pane.title.offer([], "", layout.orientation if number == 1 else "")
                pane.tell_title()
        group = self._group()
        for view in group:
            view.also_read = tuple(other.image_key for other in group if other is not view and other.image_key)

    def _pane_for(self, name: str, image_key: str) -> ViewPane:
        orientation = self.viewing.layout.orientation
        if name not in self.panes:
            self._add_slice(name, orientation, image_key)
        self.panes[name].view.show_image(image_key, orientation)
        return self.panes[name]

    def _line(self, line: Line) -> QSplitter:
        splitter = QSplitter(Qt.Orientation.Vertical if line.upright else Qt.Orientation.Horizontal)
        splitter.setHandleWidth(GAP)
        splitter.setChildrenCollapsible(False)
        self._splitters.append(splitter)
        for part in line.parts:
            if isinstance(part, Line):
                splitter.addWidget(self._line(part))
            elif part not in self.windows and part in self.panes:
                splitter.addWidget(self.panes[part])
        splitter.setProperty("shares", list(line.shares or (1,) * splitter.count()))
        splitter.splitterMoved.connect(lambda *_: self._keep_shares())
        return splitter

    def _share_out(self) -> None:
        """Borders where a person has put them in this layout, else where the layout wants them."""
        kept = self.viewing.layout.shares.get(self.viewing.layout.name, [])
        for number, splitter in enumerate(self._splitters):
            wanted = kept[number] if number < len(kept) else []
            if len(wanted) != splitter.count() or not any(wanted):
                wanted = [_WHOLE * int(share) for share in splitter.property("shares")]
            splitter.setSizes(wanted)

    def _keep_shares(self) -> None:
        layout = self.viewing.layout
        if not layout.maximised and not self.windows:
            layout.shares[layout.name] = [splitter.sizes() for splitter in self._splitters]

    def _images_changed(self, _key: str) -> None:
        if isValid(self) and self.viewing.layout.name in (COMPARE, PHASES):
            self._arrange_soon.start()

    def _choose_image(self, name: str, key: str) -> None:
        left, right = compared_keys(self.case, self.viewing)
        self.viewing.layout.choose(compared=(key, right) if name == LEFT else (left, key))

    # ------------------------------------------------------------------------------------------ one of them

    @property
    def maximised(self) -> str:
        """Name of the view that has the whole place, "" for all of them."""
        return self.viewing.layout.maximised

    def maximise(self, name: str) -> None:
        """Give one view the whole place; "", or the one that has it already, brings all of them back."""
        if name in self.windows:
            return
        wanted = "" if name == self.maximised else name
        if wanted and wanted not in self.shown():
            raise KeyError(f"There is no view called {name!r}")
        self.viewing.layout.maximised = wanted
        self._show_panes()
        self.maximised_changed.emit(wanted)

    def _show_panes(self) -> None:
        wanted, shown = self.maximised, self.shown()
        for name, pane in self.panes.items():
            if name not in self.windows:
                pane.setVisible(name in shown and wanted in ("", name))
        # One legend is enough: in the first slice that can be seen.
        first = next((name for name in shown if name in self.slices and wanted in ("", name)), "")
        for name, view in self.slices.items():
            view.lists_structures = name == first
        for splitter in reversed(self._splitters):
            parts = [splitter.widget(n) for n in range(splitter.count())]
            splitter.setVisible(splitter is self._whole or any(not part.isHidden() for part in parts))

    def put_in_window(self, name: str) -> None:
        """Give a view a window of its own, on another monitor where there is one; or bring it back."""
        if name in self.windows:
            self.windows[name].close()
            return
        if name == self.maximised:
            self.maximise("")
        window = ViewWindow(self.panes[name], self)
        window.closed.connect(self._window_closed)
        self.windows[name] = window
        self.arrange()
        self.panes[name].show()
        window.show()

    def _window_closed(self, name: str) -> None:
        window = self.windows.pop(name, None)
        if window is not None and isValid(self):
            window.deleteLater()
            self.arrange()

    def close_windows(self) -> None:
        """Bring all views back: the case is closed."""
        for window in list(self.windows.values()):
            window.close()

    # ------------------------------------------------------------------------------------------ together

    def fit(self) -> None:
        """Every view shows the whole image again."""
        for view in self.views.values():
            view.fit()

    def centre_on(self, point_mm: object) -> None:
        """Move the crosshair to a patient point (3,) and bring it to the middle of every view."""
        self.viewing.crosshair_mm = point_mm
        for view in self.slices.values():
            if view.linked:
                view.centre_on(point_mm)

    def _group(self) -> list[SliceView]:
        """The views of the layout that show the same plane beside each other."""
        if self.viewing.layout.name not in (COMPARE, PHASES):
            return []
        return [self.slices[name] for name in self._arranged().names() if name in self.slices]

    def _look_moved(self, name: str) -> None:
        """Views beside each other keep the same place and scale."""
        moved, group = self.slices[name], self._group()
        if moved in group and moved.linked:
            for view in group:
                if view is not moved and view.linked:
                    view.look_as(moved)

    def _display_changed(self) -> None:
        """Flickering has a clock while there is something to flicker."""
        if not isValid(self):
            return
        viewing = self.viewing
        if viewing.mode != FLICKER or not viewing.overlay_key or not viewing.overlay_shown:
            self._flicker.stop()
            return
        interval_ms = round(1000 / viewing.flicker_hz)
        if not self._flicker.isActive() or self._flicker.interval() != interval_ms:
            self._flicker.start(interval_ms)

    def _tool_changed(self) -> None:
        """What the tool that was put down had half done is dropped."""
        if self._tool is not None and self.desk is not None:
            self._tool.cancel(self.desk)
        self._tool = self.viewing.tool

    def under_cursor(self) -> Iterator[str]:
        """Names of the views that the cursor or the keyboard is in, the most likely first."""
        views = self.views
        yield from (name for name, view in views.items() if view.isVisible() and view.underMouse())
        yield from (name for name, view in views.items() if view.isVisible() and view.hasFocus())
