"""A hand that works the real window with real mouse and key events: for the headless demonstration and for pictures.

Nothing in here takes a short cut: what it draws goes through the widgets, the tool in hand and the case, exactly as
if a person had drawn it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from workstation.gui.main_window import MainWindow
from workstation.gui.viewport.slice_view import SliceView
from workstation.gui.viewport.volume_view import VolumeView
from workstation.gui.workspace import Workspace

Float = NDArray[np.float64]
LEFT = Qt.MouseButton.LeftButton
NO_KEYS = Qt.KeyboardModifier(0)
STEP_MS = 15
REST_MS = 250


class SimulatedHand:
    """Mouse and keys on one window. Points are patient millimetres in the planning image's frame."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window

    @property
    def workspace(self) -> Workspace:
        """The workspace of the open case; raises RuntimeError while there is none."""
        if self.window.workspace is None:
            raise RuntimeError("the window shows no case yet")
        return self.window.workspace

    def wait_until(self, reached: Callable[[], bool], seconds: float, what: str) -> None:
        """Let the window live until something is true; raises TimeoutError that says what was waited for."""
        deadline = time.monotonic() + seconds
        while not reached():
            if time.monotonic() > deadline:
                raise TimeoutError(f"The window has not finished after {seconds:.0f} s: {what}")
            QTest.qWait(STEP_MS)
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def wait_for_work(self, seconds: float = 180.0) -> None:
        """Let the window live until it is prepared, no job runs, and every view shows all that it will show."""
        window = self.window

        def idle() -> bool:
            error = window.preparation.error
            if error is not None:
                raise error
            return window.preparation.warm.is_set() and not window.runner.jobs and self._views_complete()

        for _ in range(2):  # what has arrived may ask for more: an outline once more, exactly, when all is at rest
            self.wait_until(idle, seconds, "preparing, reading, or building outlines and surfaces")
            QTest.qWait(REST_MS)

    def _views_complete(self) -> bool:
        if self.window.workspace is None:
            return True
        shown = [view for view in self.workspace.views.views.values() if view.isVisible()]
        return all(v.complete if isinstance(v, VolumeView) else not v.outlines.busy for v in shown)

    def view(self, name: str) -> SliceView:
        """One of the three slice views: "axial", "sagittal" or "coronal"."""
        view = self.workspace.views.views[name]
        if not isinstance(view, SliceView):
            raise KeyError(f"{name} is no slice view")
        return view

    def look_at(self, point_mm: ArrayLike, pixel_mm: float | None = None) -> None:
        """Bring a patient point into the middle of every slice view, optionally at a scale."""
        self.workspace.session.viewing.crosshair_mm = np.asarray(point_mm, dtype=np.float64)
        for name in ("axial", "sagittal", "coronal"):
            view = self.view(name)
            if pixel_mm is not None:
                view.aim.pixel_mm = pixel_mm
            view.centre_on(point_mm)

    def take(self, tool: str) -> None:
        """Trigger the action that takes a tool in hand: "crosshair", "brush" or "polygon"."""
        self.window.action(f"tool_{tool}").trigger()

    def click(self, view: SliceView, point_mm: ArrayLike) -> None:
        """Press and release the left button on a patient point."""
        QTest.mouseClick(view, LEFT, NO_KEYS, self._place(view, point_mm))

    def drag(self, view: SliceView, points_mm: Iterable[ArrayLike]) -> None:
        """Press on the first of patient points (n, 3), move over all of them, release on the last."""
        places = [self._place(view, p) for p in points_mm]
        QTest.mousePress(view, LEFT, NO_KEYS, places[0])
        for place in places[1:]:
            QTest.mouseMove(view, place)
            QTest.qWait(1)
        QTest.mouseRelease(view, LEFT, NO_KEYS, places[-1])

    def close_polygon(self, view: SliceView) -> None:
        """Press Enter in a view."""
        QTest.keyClick(view, Qt.Key.Key_Return)

    def _place(self, view: SliceView, point_mm: ArrayLike) -> QPoint:
        frame = view.frame()
        if frame is None:
            raise RuntimeError("the view shows no image yet")
        x, y = frame.to_pixels(frame.plane.to_plane(point_mm)[..., :2])
        # events carry whole pixels, and a pixel's centre lies half a pixel further
        return QPoint(int(np.floor(x)), int(np.floor(y)))
