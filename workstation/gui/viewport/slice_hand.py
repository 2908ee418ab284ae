"""What hands do on a slice: wheel, mouse, keys and pen, turned into steps, windows, crosshair moves and tool events.

The wheel and the middle and right buttons mean the same whatever tool is in hand; the left button and the pen
belong to the tool. See the quick reference for the whole table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPointingDevice, QTabletEvent, QWheelEvent

from workstation.editing.pointer import Pointer
from workstation.gui.viewport.fusion_marks import curtain_at, on_curtain
from workstation.gui.viewport.keyboard import STEPS, TOOL_KEYS
from workstation.gui.viewport.nudging import NUDGES, end_nudge, nudge
from workstation.gui.viewport.picking import structure_at
from workstation.images.windows import presets_for
from workstation.view.fusion_look import SPYGLASS

if TYPE_CHECKING:
    from workstation.gui.viewport.slice_view import SliceView

NOTCH = 120
PICK_REACH_PX = 4.0
ZOOM_PER_NOTCH = 1.15
FADE_PER_NOTCH = 0.05
# A drag over this many pixels doubles the window's width, or moves its centre by its width.
WINDOW_DRAG_PIXELS = 300.0

_MODIFIERS = Qt.KeyboardModifier


class SliceHand:
    """Handles the input events of one `SliceView`. Every method returns True when it used the event."""

    def __init__(self, view: SliceView) -> None:
        self._view = view
        self.inside = False
        """Whether the cursor is over the view."""
        self.drawing = False
        """Whether the drawing button or the pen is down on a tool."""
        self._dragged = ""
        self._last = QPointF()
        self._turned_from_deg = 0.0
        self._notches: dict[str, float] = {}
        self._pending: Pointer | None = None
        # A pen reports faster than targets follow: what waits in the queue is passed over for the newest.
        self._tick = QTimer(view, singleShot=True, interval=0)
        self._tick.timeout.connect(self._flush)

    @property
    def shows_handles(self) -> bool:
        """Whether the handles that turn the other planes are offered: with the crosshair, in the view of the cursor."""
        idle = self._dragged in ("", "turn")
        return self.inside and idle and self._crosshair_in_hand() and self._view.linked

    # --------------------------------------------------------------------------------------------------- wheel

    def wheel(self, event: QWheelEvent) -> bool:
        # Qt turns the wheel sideways while Alt is held.
        delta = event.angleDelta().y() or event.angleDelta().x()
        keys = event.modifiers()
        ctrl, shift = bool(keys & _MODIFIERS.ControlModifier), bool(keys & _MODIFIERS.ShiftModifier)
        alt = bool(keys & _MODIFIERS.AltModifier)
        if ctrl and not alt and not shift:
            self._view.zoom(ZOOM_PER_NOTCH ** (delta / NOTCH), event.position())
            return True
        use = "amount" if ctrl and shift else "fade" if ctrl else "brush" if shift else "slice"
        notches = self._whole_notches(use, delta)
        if not notches:
            return True
        if use == "amount":
            self._view.viewing.change_amount(notches)
        elif use == "fade":
            self._view.viewing.opacity += FADE_PER_NOTCH * notches
        elif use == "brush":
            if self._view.desk is not None:
                self._view.desk.step_brush(notches)
        else:
            self._view.step(notches)
            self._hover(event.position())
        return True

    def _whole_notches(self, use: str, delta: int) -> int:
        """Touch pads send parts of a notch: they add up, and a change of direction starts anew."""
        held = self._notches.get(use, 0.0)
        if held * delta < 0:
            held = 0.0
        held += delta / NOTCH
        whole = int(held)
        self._notches = {use: held - whole}
        return whole

    # --------------------------------------------------------------------------------------------------- mouse

    def press(self, event: QMouseEvent) -> bool:
        self._last = event.position()
        if self._dragged:
            return True
        button = event.button()
        if button == Qt.MouseButton.MiddleButton:
            self._dragged = "pan"
        elif button == Qt.MouseButton.RightButton:
            self._dragged = "window"
        elif button == Qt.MouseButton.LeftButton and not self._take_mark(event.position()):
            self._press_left(self._pointer(event.position(), event.modifiers(), True), event.position())
        return True

    def _take_mark(self, place: QPointF) -> bool:
        """Take hold of the curtain, or of a handle of the crosshair's lines."""
        view = self._view
        if view.scene.overlay is not None and on_curtain(view.look(), place, view.width(), view.height()):
            self._dragged = "curtain"
            return True
        crosshair = view.crosshair()
        if not self.shows_handles or crosshair is None:
            return False
        if not crosshair.handle_near(place, view.width(), view.height()):
            return False
        self._dragged, view.turning = "turn", True
        self._turned_from_deg = crosshair.angle_deg(place)
        return True

    def _drag_mark(self, place: QPointF) -> bool:
        """Move the curtain, or turn by a handle; False when neither is held."""
        view = self._view
        if self._dragged == "curtain":
            view.viewing.change_look(curtain=curtain_at(view.look(), place, view.width(), view.height()))
        elif self._dragged == "turn":
            self._turn_to(place)
        else:
            return False
        return True

    def _turn_to(self, place: QPointF) -> None:
        view = self._view
        crosshair, planes = view.crosshair(), view.planes
        if crosshair is None or planes is None:
            return
        angle_deg = crosshair.angle_deg(place)
        view.viewing.turn_planes(view.orientation, planes.plane.normal, angle_deg - self._turned_from_deg)
        self._turned_from_deg = angle_deg

    def _press_left(self, pointer: Pointer | None, place: QPointF) -> None:
        view = self._view
        if pointer is None:
            return
        if pointer.ctrl:
            self._pick(pointer)
        elif self._crosshair_in_hand():
            self._dragged = "crosshair"
            self._crosshair_to(place)
        else:
            self._dragged = "tool"
            # What draws nothing changes no structure: nothing has to hurry after it.
            self.drawing = view.viewing.drawing = bool(getattr(view.viewing.tool, "draws", True))
            if view.desk is not None and self.drawing:
                view.viewing.set_visible(view.desk.active, True)  # nobody draws what can't be seen
            view.viewing.tool.press(view.desk, pointer)
            view.update()

    def move(self, event: QMouseEvent) -> bool:
        place, delta = event.position(), event.position() - self._last
        self._last = place
        self.inside = True
        if self._dragged == "pan":
            self._view.pan(delta.x(), delta.y())
        elif self._dragged == "window":
            self._drag_window(delta, bool(event.modifiers() & _MODIFIERS.ControlModifier))
        elif self._dragged == "crosshair":
            self._crosshair_to(place)
        elif not self._drag_mark(place):
            shift = bool(event.modifiers() & _MODIFIERS.ShiftModifier)
            if shift and not self._dragged:
                self._crosshair_to(place)
            self._move_tool(self._pointer(place, event.modifiers(), self._dragged == "tool"))
            self._show_under(place)
        self._hover(place)
        return True

    def _show_under(self, place: QPointF) -> None:
        """What the cursor is over: the spyglass moves with it, lines say their names, and what can be held shows."""
        view = self._view
        self._move_spyglass(place)
        if self._dragged:
            return
        self._name_line(place)
        look, crosshair = view.look(), view.crosshair()
        held = view.scene.overlay is not None and on_curtain(look, place, view.width(), view.height())
        turns = self.shows_handles and crosshair is not None
        if held:
            view.setCursor(Qt.CursorShape.SplitHCursor if look.curtain_upright else Qt.CursorShape.SplitVCursor)
        elif turns and crosshair.handle_near(place, view.width(), view.height()):
            view.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            view.setCursor(Qt.CursorShape.CrossCursor)

    def _move_spyglass(self, place: QPointF) -> None:
        view = self._view
        frame = view.frame() if view.viewing.mode == SPYGLASS and view.scene.overlay is not None else None
        wanted = None
        if frame is not None:
            u, v = frame.to_plane((place.x(), place.y()))
            wanted = float(u), float(v)
        if wanted != view.spyglass_mm:
            view.spyglass_mm = wanted
            view.refresh()

    def _name_line(self, place: QPointF) -> None:
        view = self._view
        pointer = self._pointer(place, _MODIFIERS.NoModifier, False) if view.viewing.names_shown else None
        found = ""
        if pointer is not None:
            reach_mm = PICK_REACH_PX * pointer.pixel_mm
            contours = dict(view.contours(pointer.plane))
            found = structure_at(contours, (pointer.u_mm, pointer.v_mm), reach_mm, inside=False)
        pointed = (found, place) if found else None
        if pointed is not None or view.pointed is not None:
            view.pointed = pointed
            view.update()

    def _move_tool(self, pointer: Pointer | None) -> None:
        if pointer is None or self._crosshair_in_hand():
            return
        self._pending = pointer
        if not self._tick.isActive():
            self._tick.start()

    def _flush(self) -> None:
        pointer, self._pending = self._pending, None
        view = self._view
        if pointer is None or view.desk is None or view.viewing.tool is None:
            return
        if view.viewing.tool.move(view.desk, pointer):
            view.update()

    def release(self, event: QMouseEvent) -> bool:
        wanted = {
            Qt.MouseButton.MiddleButton: ("pan",),
            Qt.MouseButton.RightButton: ("window",),
            Qt.MouseButton.LeftButton: ("crosshair", "tool", "curtain", "turn"),
        }.get(event.button(), ())
        if self._dragged in wanted:
            self._let_go(self._pointer(event.position(), event.modifiers(), False))
        return True

    def _let_go(self, pointer: Pointer | None) -> None:
        """The button or the pen that dragged is up."""
        was, self._dragged = self._dragged, ""
        if was == "tool":
            self._release_tool(pointer)
        elif was == "turn":
            self._view.turning = False
            self._view.refresh()

    def _release_tool(self, pointer: Pointer | None) -> None:
        view = self._view
        self._flush()
        self.drawing = view.viewing.drawing = False
        if pointer is not None and view.viewing.tool is not None and view.desk is not None:
            view.viewing.tool.release(view.desk, pointer)
        view.refresh()

    def double_click(self, event: QMouseEvent) -> bool:
        view = self._view
        if event.button() != Qt.MouseButton.LeftButton:
            return self.press(event)
        pointer = self._pointer(event.position(), event.modifiers(), True)
        if pointer is None:
            return True
        if self._crosshair_in_hand() or not view.viewing.tool.double_click(view.desk, pointer):
            # Two quick strokes are two strokes.
            return self.press(event)
        view.refresh()
        return True

    def enter(self) -> None:
        self.inside = True
        self._view.update()

    def leave(self) -> None:
        self.inside = False
        self._view.pointed = None
        if self._view.spyglass_mm is not None:
            self._view.spyglass_mm = None
            self._view.refresh()
        self._view.hovered.emit(None)
        self._view.update()

    # ----------------------------------------------------------------------------------------------------- pen

    def tablet(self, event: QTabletEvent) -> bool:
        """Pen events are taken as they are, with pressure; Qt then makes no mouse events of them."""
        place = event.position()
        rubber = event.pointerType() == QPointingDevice.PointerType.Eraser
        kind = event.type()
        pressed = kind == QEvent.Type.TabletPress or (kind == QEvent.Type.TabletMove and bool(self._dragged))
        pointer = self._pointer(place, event.modifiers(), pressed, rubber, event.pressure() if pressed else 1.0)
        self.inside = True
        if kind == QEvent.Type.TabletPress:
            if event.button() != Qt.MouseButton.LeftButton:
                return False
            if not self._take_mark(place):
                self._press_left(pointer, place)
        elif kind == QEvent.Type.TabletMove:
            if self._dragged == "crosshair":
                self._crosshair_to(place)
            elif not self._drag_mark(place):
                self._move_tool(pointer)
                self._show_under(place)
        elif kind == QEvent.Type.TabletRelease:
            self._let_go(pointer)
        self._hover(place)
        return True

    # ---------------------------------------------------------------------------------------------------- keys

    def key_press(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if not self._crosshair_in_hand() and nudge(self._view, key, event.modifiers()):
            return True
        plain = not event.modifiers() & (_MODIFIERS.ControlModifier | _MODIFIERS.AltModifier | _MODIFIERS.MetaModifier)
        if not plain:
            return False
        return self._tool_key(key) or self._view_key(key, event)

    def _tool_key(self, key: Qt.Key) -> bool:
        name, view = TOOL_KEYS.get(key), self._view
        if name is None or self._crosshair_in_hand():
            return False
        tool, desk = view.viewing.tool, view.desk
        used = bool(tool.key_pressed(desk, name))
        if name == "Escape":
            if not used:
                tool.cancel(desk)
            self._end_drag()
            used = True
        elif not used and name in "[]":
            desk.step_brush(1 if name == "]" else -1)
            used = True
        if used:
            view.refresh()
        return used

    def _view_key(self, key: Qt.Key, event: QKeyEvent) -> bool:
        view, viewing = self._view, self._view.viewing
        if key in STEPS:
            view.step(STEPS[key])
        elif key == Qt.Key.Key_H:
            viewing.hide_all = True
        elif key == Qt.Key.Key_T:
            if not event.isAutoRepeat():
                viewing.overlay_shown = not viewing.overlay_shown
        elif key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                view.maximise_requested.emit()
        elif key == Qt.Key.Key_Home:
            view.fit_by_hand()
        elif Qt.Key.Key_1 <= key <= Qt.Key.Key_9:
            return self._preset(int(key) - int(Qt.Key.Key_1))
        else:
            return False
        return True

    def key_release(self, event: QKeyEvent) -> bool:
        if event.isAutoRepeat():
            return False
        if event.key() == Qt.Key.Key_H:
            self._view.viewing.hide_all = False
            return True
        return Qt.Key(event.key()) in NUDGES and end_nudge(self._view)

    def focus_lost(self) -> None:
        self._view.viewing.hide_all = False
        end_nudge(self._view)

    def _preset(self, number: int) -> bool:
        viewing, key = self._view.viewing, self._view.image_key or self._view.viewing.base_key
        volume = self._view.case.images.get(key)
        presets = presets_for(volume) if volume is not None else []
        if number >= len(presets):
            return False
        viewing.set_window(key, presets[number].centre, presets[number].width)
        return True

    # -------------------------------------------------------------------------------------------------- pieces

    def _crosshair_in_hand(self) -> bool:
        tool = self._view.viewing.tool
        if tool is None or self._view.desk is None or tool.key == "crosshair":
            return True
        return not self._view.linked and not getattr(tool, "works_unlinked", False)

    def _pointer(
        self, place: QPointF, keys: Qt.KeyboardModifier, pressed: bool, rubber: bool = False, pressure: float = 1.0
    ) -> Pointer | None:
        frame = self._view.frame()
        if frame is None:
            return None
        u, v = frame.to_plane((place.x(), place.y()))
        return Pointer(
            frame.plane,
            float(u),
            float(v),
            pressed=pressed,
            erase=rubber or bool(keys & _MODIFIERS.AltModifier),
            shift=bool(keys & _MODIFIERS.ShiftModifier),
            ctrl=bool(keys & _MODIFIERS.ControlModifier),
            pressure=pressure,
            pixel_mm=frame.pixel_mm,
            image_key=self._view.image_key,
            linked=self._view.linked,
        )

    def _crosshair_to(self, place: QPointF) -> None:
        pointer = self._pointer(place, _MODIFIERS.NoModifier, False)
        if pointer is not None:
            self._view.point_at(pointer.position_mm)

    def _pick(self, pointer: Pointer) -> None:
        view = self._view
        reach_mm = PICK_REACH_PX * pointer.pixel_mm
        found = structure_at(dict(view.contours(pointer.plane)), (pointer.u_mm, pointer.v_mm), reach_mm)
        if found and view.desk is not None:
            view.desk.active = found

    def _drag_window(self, delta: QPointF, overlay: bool) -> None:
        viewing = self._view.viewing
        key = viewing.overlay_key if overlay and viewing.overlay_key else viewing.base_key
        key = self._view.image_key or key
        if not key:
            return
        centre, width = viewing.window(key)
        # In proportion to the width, so that a narrow window is as easy to set as a wide one.
        factor = 2.0 ** (delta.x() / WINDOW_DRAG_PIXELS)
        viewing.set_window(key, centre - delta.y() * width / WINDOW_DRAG_PIXELS, max(width * factor, 1e-2))

    def _end_drag(self) -> None:
        if self._dragged == "tool":
            self._dragged = ""
            self._pending = None
            self.drawing = self._view.viewing.drawing = False

    def _hover(self, place: QPointF) -> None:
        self._view.hovered.emit(self._view.readout(place))
