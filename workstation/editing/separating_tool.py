"""The tool that says what is what: a click in the tumour, strokes in vein, artery, muscle; hovering reads curves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.editing.desk import Desk
from workstation.editing.pointer import Pointer
from workstation.editing.separating import SAMPLE_MM, TUMOUR, VEIN, Sample
from workstation.editing.tool import Outline
from workstation.geometry.plane import Plane

Float = NDArray[np.float64]

COLORS = {"tumour": (255, 99, 88), "vein": (64, 156, 255), "artery": (255, 214, 10), "muscle": (150, 220, 150)}
CIRCLE = np.column_stack([np.cos(np.linspace(0, 2 * np.pi, 33)[:-1]), np.sin(np.linspace(0, 2 * np.pi, 33)[:-1])])
NEAREST_STEP_MM = 1.0
REACH_PIXELS = 8.0


class SeparatingTool:
    """Sets samples of tumour and vessels."""

    key = "separate"
    label = "Separate"
    draws = False
    """It puts nothing into a structure."""

    def __init__(self) -> None:
        self._stroke: list[Float] = []
        self._kind = TUMOUR

    def hint(self) -> str:
        """The bindings, for the status bar."""
        return (
            "click in the tumour · Alt+click in the vein · drag samples a stroke · Shift+click takes a sample back · "
            "hover reads the curve · Esc cancels"
        )

    def press(self, desk: Desk, pointer: Pointer) -> bool:
        """Begin a sample, or take one back."""
        self._stroke = []
        if not desk.separating.examination:
            desk.refused.emit(desk.separating.why_not())
            return True
        if pointer.shift:
            near = self._near(desk, pointer)
            if near is not None:
                desk.separating.remove_sample(near)
            return True
        self._kind = VEIN if pointer.erase else desk.separating.kind
        self._stroke = [pointer.position_mm]
        return True

    def move(self, desk: Desk, pointer: Pointer) -> bool:
        """A stroke goes on; without a button the curve under the cursor is read."""
        desk.separating.hover(pointer.position_mm)
        if self._stroke and pointer.pressed:
            if np.linalg.norm(pointer.position_mm - self._stroke[-1]) >= NEAREST_STEP_MM:
                self._stroke.append(pointer.position_mm)
            return True
        return False

    def release(self, desk: Desk, pointer: Pointer) -> bool:
        """The sample is there."""
        stroke, self._stroke = self._stroke, []
        if stroke:
            desk.separating.add_sample(self._kind, np.array(stroke))
        return True

    def double_click(self, desk: Desk, pointer: Pointer) -> bool:
        """The second click of two says nothing new."""
        self._stroke = []
        return True

    def key_pressed(self, desk: Desk, name: str) -> bool:
        """Esc drops a stroke, Delete takes the last sample back."""
        if name == "Escape" and self._stroke:
            self._stroke = []
            return True
        if name in ("Delete", "Backspace") and desk.separating.samples:
            desk.separating.remove_sample(desk.separating.samples[-1])
            return True
        return False

    def cancel(self, desk: Desk) -> None:
        """Drop what is half done."""
        self._stroke = []
        desk.separating.hover(None)

    def outlines(self, desk: Desk, plane: Plane) -> list[Outline]:
        """The samples near a shown plane, and the stroke being drawn."""
        found = [
            outline for sample in desk.separating.samples for outline in _rings(sample, plane, COLORS[sample.kind])
        ]
        if self._stroke:
            found += _rings(Sample(0, self._kind, np.array(self._stroke)), plane, COLORS[self._kind])
        return found

    def _near(self, desk: Desk, pointer: Pointer) -> Sample | None:
        reach_mm = SAMPLE_MM + REACH_PIXELS * pointer.pixel_mm
        best: tuple[float, Sample] | None = None
        for sample in desk.separating.samples:
            far = float(np.linalg.norm(sample.points_mm - pointer.position_mm, axis=1).min())
            if far <= reach_mm and (best is None or far < best[0]):
                best = far, sample
        return best[1] if best is not None else None


def _rings(sample: Sample, plane: Plane, color: tuple[int, int, int]) -> list[Outline]:
    """Circles where the plane cuts the sample's balls; a word at the first."""
    placed = plane.to_plane(sample.points_mm)
    found = []
    for n, (u, v, w) in enumerate(placed.tolist()):
        square = sample.radius_mm**2 - w**2
        if square > 0:
            ring = CIRCLE * np.sqrt(square) + np.array([u, v])
            words = sample.name if n == 0 and sample.number else ""
            found.append(Outline(ring, True, "measure", label=words, color=color))
    return found
