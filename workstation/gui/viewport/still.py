"""The finished picture of a slice, contours included, kept so that what moves over it costs a copy.

A picture that would take too long while something moves is made of fewer pixels.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from workstation.structures.structure import Color
from workstation.view.contour_scene import Contour, ContourPainter, LineStyle
from workstation.view.picture_frame import PictureFrame
from workstation.view.slice_scene import SliceScene

MOVING_BUDGET_S = 0.010
"""Three views that move are painted by one event, in less than 50 ms together with their contours."""
RESTING_BUDGET_S = 0.032
HICCUP_S = 0.003
"""A picture that takes a third and this longer than expected was underestimated: processor time knows no hiccups."""

Drawn = tuple[Contour, Color, LineStyle]


class Still:
    """Makes the picture of a `SliceScene`. image: the finished one, empty before the first."""

    def __init__(self) -> None:
        self.scene = SliceScene()
        self.image = QImage()
        self.pixels: NDArray[np.uint32] = np.zeros((1, 1), np.uint32)
        self.seconds_per_pixel = 1e-8
        """Of a thin straight slice of one image, learnt from what was made."""
        self.contour_seconds = 0.0
        self._painter = ContourPainter()
        self._rested: tuple[tuple[object, ...], PictureFrame] | None = None

    def make(self, frame: PictureFrame, ratio: float, moving: bool, contours: Iterable[Drawn]) -> None:
        """Picture and contours of a frame of logical pixels.

        ratio: screen pixels in a logical one. moving: another picture follows in a moment.
        """
        whole = frame.scaled(1.0 / ratio)
        chosen = self._affordable(whole, moving)
        self._compose(chosen)
        started = time.perf_counter()
        for contour, color, style in contours:
            self._painter.paint(self.pixels, chosen, contour, color, style, ratio * chosen.width / whole.width)
        self.contour_seconds = time.perf_counter() - started

    def _affordable(self, whole: PictureFrame, moving: bool) -> PictureFrame:
        """The same rectangle with as many pixels as there is time for."""
        effort = self.scene.effort(whole)
        wanted = (whole.key, self.scene.slab.key, effort)
        if not moving and self._rested is not None and self._rested[0] == wanted:
            # Contours that arrive later must not have the same picture sampled a little finer.
            return self._rested[1]
        seconds = whole.width * whole.height * effort * self.seconds_per_pixel
        coarseness = max(1.0, math.sqrt(seconds / (MOVING_BUDGET_S if moving else RESTING_BUDGET_S)))
        chosen = whole if coarseness < 1.15 else whole.scaled(coarseness)
        self._rested = None if moving else (wanted, chosen)
        return chosen

    def _compose(self, frame: PictureFrame) -> None:
        started = time.thread_time()
        picture = self.scene.picture(frame)
        taken = time.thread_time() - started
        if self.scene.sampled and taken > 5e-4:
            units = frame.width * frame.height * self.scene.effort(frame)
            # Slowly, so that one hiccup does not blur the next picture; at once where it was far off.
            share = 0.7 if taken > 1.33 * self.seconds_per_pixel * units + HICCUP_S else 0.2
            self.seconds_per_pixel += share * (taken / units - self.seconds_per_pixel)
        if self.pixels.shape != picture.shape:
            self.pixels = np.empty_like(picture)
            height, width = picture.shape
            self.image = QImage(self.pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        np.copyto(self.pixels, picture)
