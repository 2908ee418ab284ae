"""How hands move the 3D view: drags, wheel, keys, and clicks that point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from workstation.view.volume_camera import SIDES, VolumeCamera

if TYPE_CHECKING:
    from workstation.gui.viewport.volume_view import VolumeView

NOT_LETTERS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier


class VolumeHand:
    """Left drag turns, middle drag pans, right drag and wheel zoom; a click without a drag points."""

    def __init__(self, view: VolumeView) -> None:
        self._view = view
        self._button = Qt.MouseButton.NoButton
        self._pressed_at = self._last = QPointF()
        self._dragged = False

    @property
    def holds(self) -> bool:
        """Whether a button is down."""
        return self._button != Qt.MouseButton.NoButton

    def press(self, event: QMouseEvent) -> None:
        """Take hold."""
        if not self.holds:
            self._button, self._dragged = event.button(), False
            self._pressed_at = self._last = event.position()

    def move(self, event: QMouseEvent) -> None:
        """Turn, pan or zoom while a button is down; a tremble of a few pixels is no drag yet."""
        if not self.holds:
            return
        away = (event.position() - self._pressed_at).manhattanLength()
        if not self._dragged and away < min(QApplication.startDragDistance(), 4):
            return
        self._dragged = True
        delta = event.position() - self._last
        self._last = event.position()
        camera = moved(self._view.camera, self._button, delta)
        if camera is not None:
            self._view.move_camera(camera)

    def release(self, event: QMouseEvent) -> None:
        """Let go; without a drag it was a click."""
        if event.button() != self._button:
            return
        clicked = self._button == Qt.MouseButton.LeftButton and not self._dragged
        self._button = Qt.MouseButton.NoButton
        if clicked:
            self._view.point_at(event.position(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom about the middle."""
        self._view.move_camera(self._view.camera.zoomed(1.15 ** (event.angleDelta().y() / 120)))
        event.accept()

    def key(self, event: QKeyEvent) -> None:
        """Letters look from a side, Home fits, space gives the view the whole place."""
        if is_side(event):
            self._view.look_from(event.text().upper())
        elif event.modifiers() & NOT_LETTERS:
            event.ignore()
        elif event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._view.maximise_requested.emit()
        elif event.key() == Qt.Key.Key_Home:
            self._view.fit()
        else:
            event.ignore()


def moved(camera: VolumeCamera, button: Qt.MouseButton, delta: QPointF) -> VolumeCamera | None:
    """The camera after a drag of a button, or None where that button does nothing."""
    if button == Qt.MouseButton.LeftButton:
        return camera.turned(delta.x(), delta.y())
    if button == Qt.MouseButton.MiddleButton:
        return camera.panned(delta.x(), delta.y())
    if button == Qt.MouseButton.RightButton:
        return camera.zoomed(1.01 ** -delta.y())
    return None


def is_side(event: QEvent) -> bool:
    """Whether a key is the letter of a side: in this view it looks from there, whatever it does elsewhere."""
    return isinstance(event, QKeyEvent) and event.text().upper() in SIDES and not event.modifiers() & NOT_LETTERS
