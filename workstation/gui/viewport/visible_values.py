"""The values of an image that a slice view shows right now, sampled coarsely: for windows and histograms."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from workstation.gui.viewing import Viewing
from workstation.gui.viewport.slice_view import SliceView
from workstation.view.sampling_kernels import read_only_line
from workstation.view.slice_scene import sample_on

MOST_PIXELS = 60_000


def visible_values(view: SliceView, key: str) -> NDArray[np.float32] | None:
    """(height, width) values of an image on the plane and within the frame of a view; NaN outside of the image.

    At most about 60,000 pixels, whatever the size of the view: 1 to 2 ms. None where the view shows nothing of it:
    there is no plane, no such image, or it is not registered to the planning image.
    """
    frame, layer = view.frame(), view.layer(key)
    if frame is None or layer is None:
        return None
    coarse = frame.scaled(max(1.0, math.sqrt(frame.width * frame.height / MOST_PIXELS)))
    values = np.empty((coarse.height, coarse.width), np.float32)
    sample_on(layer, coarse, read_only_line(layer.volume.voxels), values)
    return values


class ViewInUse(QObject):
    """Which slice view of a case was used last: the one under the cursor, else the last that had the keyboard."""

    def __init__(self, viewing: Viewing, parent: QObject) -> None:
        super().__init__(parent)
        self._viewing = viewing
        self._last: SliceView | None = None
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._focus_changed)

    def view(self) -> SliceView | None:
        """That view, else the largest one that can be seen, in whichever window; None without any."""
        shown = [w for w in QApplication.allWidgets() if self._is_ours(w) and w.isVisible()]
        under = [view for view in shown if view.underMouse()]
        if under or self._last in shown:
            return under[0] if under else self._last
        return max(shown, key=lambda view: view.width() * view.height(), default=None)

    def _is_ours(self, widget: object) -> bool:
        return isinstance(widget, SliceView) and isValid(widget) and widget.viewing is self._viewing

    def _focus_changed(self, _before: object, now: object) -> None:
        if self._is_ours(now):
            self._last = now
