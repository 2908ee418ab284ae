"""A small case to look at, and hands to look with: real events on real widgets."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from tests.view.scenes import ACQUISITIONS, centred_grid, marked_volume
from workstation.case.case import Case
from workstation.case.commands import AddImage, AddRegistration, AddStructure
from workstation.case.new_structure import new_structure
from workstation.editing.desk import Desk
from workstation.editing.pointer import Pointer
from workstation.editing.tool import Outline
from workstation.fusion.registration import Registration
from workstation.geometry.grid import Grid
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.geometry.transform import Transform
from workstation.gui.viewing import Viewing
from workstation.gui.viewport.slice_view import SliceView
from workstation.images.volume import Volume
from workstation.structures.structure import PlanarContours

NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
LEFT, MIDDLE, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton

MOVE = Transform.from_rigid((5, -3, 8), (4, 2, -6))


def ct(acquisition: str = "head-first axial") -> Volume:
    """Six marks, 2 x 2 x 3 mm."""
    return marked_volume(centred_grid(ACQUISITIONS[acquisition], (2, 2, 3), (64, 60, 40)), "ct")


def mr() -> Volume:
    """A ramp on its own grid and frame of reference, smaller than the CT."""
    voxels = np.tile(np.arange(30, dtype=np.int16) * 20, (20, 30, 1))
    return Volume(
        "mr",
        voxels,
        Grid((-45, -45, -30), (3, 3, 3), np.eye(3), (30, 30, 20)),
        "MR",
        "",
        "ramp",
        frame_of_reference_uid="F-MR",
    )


def ring(radius_mm: float, centre: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    t = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    return np.c_[centre[0] + radius_mm * np.cos(t), centre[1] + radius_mm * np.sin(t)]


def case_with(*volumes: Volume) -> Case:
    case = Case()
    for volume in volumes:
        case.do(AddImage(volume))
    return case


def fused_case() -> Case:
    case = case_with(ct(), mr())
    case.do(AddRegistration(Registration("r", "F", "F-MR", MOVE, "by hand")))
    return case


def add_cylinder(case: Case, name: str, radius_mm: float, centre: tuple[float, float] = (0.0, 0.0)) -> str:
    """A structure drawn on every acquired slice between -15 and 15 mm."""
    structure = new_structure(case, name)
    slices = [
        PlanarContours(float(position), Region([ring(radius_mm, centre)]))
        for position in case.slice_positions_mm
        if abs(position) <= 15.01
    ]
    case.do(AddStructure(structure.with_stack(structure.stack.replaced(slices))))
    return structure.identifier


class Recorder:
    """A tool that remembers what the view told it."""

    key, label = "recorder", "Recorder"

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []
        self.uses_keys = True

    def hint(self) -> str:
        return ""

    def press(self, desk: Desk, pointer: Pointer) -> bool:
        self.events.append(("press", pointer))
        return True

    def move(self, desk: Desk, pointer: Pointer) -> bool:
        self.events.append(("move", pointer))
        return True

    def release(self, desk: Desk, pointer: Pointer) -> bool:
        self.events.append(("release", pointer))
        return True

    def double_click(self, desk: Desk, pointer: Pointer) -> bool:
        self.events.append(("double_click", pointer))
        return True

    def key_pressed(self, desk: Desk, name: str) -> bool:
        self.events.append(("key", name))
        return self.uses_keys

    def cancel(self, desk: Desk) -> None:
        self.events.append(("cancel", None))

    def outlines(self, desk: Desk, plane: Plane) -> list[Outline]:
        return [Outline(ring(20.0), True, "rubber"), Outline(ring(8.0, (30, 30)), True, "brush", erasing=True)]

    def names(self) -> list[str]:
        return [name for name, _ in self.events]


def open_view(
    qtbot: Any, case: Case, orientation: str = "axial", size: tuple[int, int] = (400, 320)
) -> tuple[SliceView, Viewing, Desk]:
    viewing, desk = Viewing(case), Desk(case)
    view = SliceView(case, viewing, desk, orientation)
    qtbot.addWidget(view)
    view.resize(*size)
    view.show()
    qtbot.waitExposed(view)
    viewing.crosshair_mm = (0.0, 0.0, 0.0)
    QApplication.processEvents()
    return view, viewing, desk


def place_of(view: SliceView, point_mm: ArrayLike) -> QPointF:
    """Where a patient point is in the widget."""
    frame = view.frame()
    assert frame is not None
    return QPointF(*frame.to_pixels(frame.plane.to_plane(point_mm)[:2]))


def wheel(widget: QWidget, notches: float, place: QPointF | None = None, keys: Qt.KeyboardModifier = NONE) -> None:
    """Turn the wheel; with Alt, Qt turns it sideways as real ones do."""
    spot = place or QPointF(widget.rect().center())
    delta = QPoint(0, round(120 * notches))
    if keys & ALT:
        delta = QPoint(delta.y(), 0)
    event = QWheelEvent(
        spot,
        widget.mapToGlobal(spot),
        QPoint(),
        delta,
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def mouse(
    widget: QWidget,
    kind: QEvent.Type,
    place: QPointF,
    button: Qt.MouseButton = Qt.MouseButton.NoButton,
    keys: Qt.KeyboardModifier = NONE,
    held: Qt.MouseButton = Qt.MouseButton.NoButton,
) -> None:
    down = button if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick) else held
    QApplication.sendEvent(widget, QMouseEvent(kind, place, widget.mapToGlobal(place), button, down, keys))


def press(widget: QWidget, place: QPointF, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE) -> None:
    mouse(widget, QEvent.Type.MouseButtonPress, place, button, keys)


def move(
    widget: QWidget,
    place: QPointF,
    keys: Qt.KeyboardModifier = NONE,
    held: Qt.MouseButton = Qt.MouseButton.NoButton,
) -> None:
    mouse(widget, QEvent.Type.MouseMove, place, keys=keys, held=held)


def release(widget: QWidget, place: QPointF, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE) -> None:
    mouse(widget, QEvent.Type.MouseButtonRelease, place, button, keys)


def drag(
    widget: QWidget,
    start: QPointF,
    end: QPointF,
    button: Qt.MouseButton = LEFT,
    keys: Qt.KeyboardModifier = NONE,
    steps: int = 4,
) -> None:
    press(widget, start, button, keys)
    for n in range(1, steps + 1):
        move(widget, start + (end - start) * (n / steps), keys, button)
        QApplication.processEvents()
    release(widget, end, button, keys)
    QApplication.processEvents()


def pixels(widget: QWidget) -> np.ndarray:
    """(height, width, 3) as it is on screen."""
    QApplication.processEvents()
    image = widget.grab().toImage().convertToFormat(image_format())
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return rows[:, : image.width(), 2::-1].astype(int)


def image_format() -> Any:
    from PySide6.QtGui import QImage

    return QImage.Format.Format_RGB32


def near(image: np.ndarray, place: QPointF, reach: int = 2) -> np.ndarray:
    """The pixels around a place."""
    x, y = int(place.x()), int(place.y())
    return image[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1].reshape(-1, 3)
