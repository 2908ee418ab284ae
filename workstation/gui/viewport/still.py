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

MOVING_BUDGET_S = 0.024
RESTING_BUDGET_S = 0.045

Drawn = tuple[Contour, Color, LineStyle]


class Still:
    """Makes the picture of a `SliceScene`. image: the finished one, empty before the first."""

    def __init__(self) -> None:
        self.scene = SliceScene()
        self.image = QImage()
        self.pixels: NDArray[np.uint32] = np.zeros((1, 1), np.uint32)
        self.seconds_per_pixel = 1e-8
        """Learnt from what was made."""
        self.contour_seconds = 0.0
        self._painter = ContourPainter()

    def make(self, frame: PictureFrame, ratio: float, moving: bool, contours: Iterable[Drawn]) -> None:
        """Picture and contours of a frame of logical pixels.

        ratio: screen pixels in a logical one. moving: another picture follows in a moment.
        """
        whole = frame.scaled(1.0 / ratio)
        pixels = whole.width * whole.height
        budget = MOVING_BUDGET_S if moving else RESTING_BUDGET_S
        coarseness = max(1.0, math.sqrt(pixels * self.seconds_per_pixel / budget))
        chosen = whole if coarseness < 1.15 else whole.scaled(coarseness)
        self._compose(chosen)
        started = time.perf_counter()
        for contour, color, style in contours:
            self._painter.paint(self.pixels, chosen, contour, color, style, ratio * chosen.width / whole.width)
        self.contour_seconds = time.perf_counter() - started

    def _compose(self, frame: PictureFrame) -> None:
        started = time.perf_counter()
        picture = self.scene.picture(frame)
        taken = time.perf_counter() - started
        if taken > 5e-4:
            # Slowly, so that one hiccup of the machine does not blur the next picture.
            self.seconds_per_pixel += 0.2 * (taken / (frame.width * frame.height) - self.seconds_per_pixel)
        if self.pixels.shape != picture.shape:
            self.pixels = np.empty_like(picture)
            height, width = picture.shape
            self.image = QImage(self.pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        np.copyto(self.pixels, picture)
