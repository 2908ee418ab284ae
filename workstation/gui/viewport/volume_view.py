"""The 3D view: the structures' surfaces, following every edit, in the bone or skin of the patient for context.

Everything of VTK happens on a thread of its own; what is painted here is the last picture that it has finished.
"""

from __future__ import annotations

import logging
import math
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from workstation.geometry.plane import Plane
from workstation.gui.deliverer import lasting_deliverer
from workstation.gui.structure_model import is_provisional
from workstation.gui.viewing import Viewing
from workstation.gui.viewport.annotations import PROVISIONAL, paint_caption, paint_note, paint_side_letters
from workstation.gui.viewport.keyboard import somebody_types
from workstation.gui.viewport.side_buttons import SideButtons
from workstation.gui.viewport.volume_hand import VolumeHand, is_side
from workstation.gui.viewport.volume_images import image_for, lies_provisionally, offered
from workstation.view.volume_camera import VolumeCamera
from workstation.view.volume_clip import clip_planes, facing

if TYPE_CHECKING:
    from workstation.case.case import Case
    from workstation.editing.desk import Desk
    from workstation.gui.viewport.volume_context import VolumeContext
    from workstation.gui.viewport.volume_proposal import VolumeProposal
    from workstation.gui.viewport.volume_surfaces import VolumeSurfaces
    from workstation.view.background import Answer, Background
    from workstation.view.volume_renderer import Frame, VolumeRenderer, Wish

EMPTY_NOTE = "Surfaces of the structures appear here as they are drawn."

BUTTONS_PX = 28  # the row of buttons at the bottom, which letters keep clear of
REST_MS = 140
"""After so long without a movement the picture is made at full quality; a new movement gives it up."""
ARRIVAL_MS = 120
"""Surfaces that come in are shown together."""
SMALLEST_EXTENT_MM = 140.0
CROSSHAIR_MM = 8.0

log = logging.getLogger(__name__)


class VolumeView(QWidget):
    """Surfaces and context in the frame of the planning image.

    Without OpenGL it says so, and the rest of the program works.
    """

    title_changed = Signal(str)
    maximise_requested = Signal()
    picked = Signal(object)
    """The `Pick` that a click has found, or None."""
    _answered = Signal(object)
    _rendered = Signal(object)
    _called = Signal(object)

    def __init__(
        self, case: Case, viewing: Viewing, desk: Desk | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.case, self.viewing, self.desk = case, viewing, desk
        self.camera = VolumeCamera.from_side("A")
        self.note = ""
        """Why there is no 3D at all, in a sentence; "" when there is."""
        self.renderer: VolumeRenderer | None = None
        self.surfaces: VolumeSurfaces | None = None
        self.context: VolumeContext | None = None
        self.proposal: VolumeProposal | None = None
        self._maker: Background | None = None
        self._frame: Frame | None = None
        self._image = QImage()
        self._asked = 0
        self._starting = False
        self._moving = False
        self._fitted = True
        self._awaits_context = False
        self._crosshair_place = (0.0, 0.0)
        self._hand = VolumeHand(self)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._ask)
        self._arrival = QTimer(self, singleShot=True, interval=ARRIVAL_MS)
        self._arrival.timeout.connect(self._show_arrived)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._come_to_rest)
        self._answered.connect(self._take)
        self._rendered.connect(self._show)
        self._called.connect(lambda call: call())
        self.setObjectName("volume_view")
        self.setAccessibleName("3D view")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.WheelFocus)
        self.setMinimumSize(120, 90)
        self.buttons = SideButtons(self, viewing.volume_look, self.look_from, self.toggle_cut, self._offered)
        viewing.crosshair_moved.connect(self._crosshair_moved)
        viewing.planes_turned.connect(self._crosshair_moved)
        viewing.volume_look.changed.connect(self._look_changed)

    # ------------------------------------------------------------------------------------------------ commands

    def title(self) -> str:
        """As it stands above the view."""
        return "3D"

    def look_from(self, side: str) -> None:
        """Look straight from one of `SIDES`: A P L R S I."""
        self.move_camera(VolumeCamera.from_side(side, self.camera.focus_mm, self.camera.pixel_mm))

    def move_camera(self, camera: VolumeCamera) -> None:
        """Look otherwise: coarsely at once, at full quality when it rests."""
        self.camera, self._fitted = camera, False
        self._move()

    def fit(self) -> None:
        """Bring all structures into view, and the whole patient where it is ray-cast; at least a hand's breadth."""
        self._fitted = True
        if self.surfaces is None or self.context is None or self.width() < 2 or self.height() < 2:
            return
        boxes = [box for box in (self.surfaces.box_mm(), self.context.box_mm()) if box is not None]
        if not boxes:
            return
        low = np.min([box[0] for box in boxes], axis=0)
        high = np.max([box[1] for box in boxes], axis=0)
        room = max(2, self.height() - BUTTONS_PX)
        self.camera = self.camera.fitted(low, high, self.width(), room, SMALLEST_EXTENT_MM)
        self.refresh()

    def toggle_cut(self, plane: str) -> None:
        """Cut by a plane of `CUTS` through the crosshair, what is nearer to the viewer goes; or no longer."""
        look = self.viewing.volume_look
        if look.cut(plane) is None:
            look.set_cut(facing(plane, self.camera.axes[2]))
        else:
            look.drop_cut(plane)

    def take_picture(self, then: Callable[[QImage], None]) -> bool:
        """Make the picture that is shown at full quality, and hand it over here; whether there will be one."""
        if self.renderer is None:
            return False
        ground = None if self.viewing.volume_look.clear_ground else (0, 0, 0)
        deliver = self._calling(lambda pixels: then(self._captioned(_image_of(pixels).copy())))
        self.renderer.picture(self._wish(False, ground), deliver)
        return True

    def _captioned(self, image: QImage) -> QImage:
        """What leaves the window says by itself that it is provisional."""
        if self._is_provisional():
            painter = QPainter(image)
            painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
            ratio = self.devicePixelRatioF()
            painter.scale(ratio, ratio)
            area = QRectF(0, 0, image.width() / ratio, image.height() / ratio)
            paint_caption(painter, area, PROVISIONAL, self.font())
            painter.end()
        return image

    def point_at(self, place: QPointF, activate: bool = False) -> None:
        """Move the crosshair to what is seen at a place; activate: make the structure there the active one instead."""
        if self.renderer is None:
            return
        deliver = self._calling(lambda pick: self._found(pick, activate))
        ratio = self.devicePixelRatioF()
        self.renderer.pick(self._wish(False), place.x() * ratio, place.y() * ratio, deliver)

    @property
    def busy(self) -> bool:
        """Whether surfaces are still to be asked for (those under way not counted), or a picture is in work."""
        timers = (self._soon, self._rest, self._arrival)
        pending = any(each is not None and each.busy for each in (self.surfaces, self.proposal))
        return self.surfaces is not None and (pending or any(timer.isActive() for timer in timers))

    @property
    def complete(self) -> bool:
        """Whether all is made and shown at full quality (True, too, where there can be none)."""
        if self.renderer is None or self._maker is None:
            return bool(self.note)
        shown = self._frame is not None and self._frame.number == self._asked and not self._frame.wish.moving
        waiting = self.busy or self._maker.busy or self.surfaces.waiting or self.context.busy
        return shown and not waiting

    # ------------------------------------------------------------------------------------------------ following

    def refresh(self) -> None:
        """Have a new picture made, soon."""
        if isValid(self) and self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def _move(self) -> None:
        """Something moves: pictures may be coarse until it rests."""
        self._moving = True
        self._rest.start()
        self._ask()

    def _come_to_rest(self) -> None:
        if self.viewing.drawing:
            self._rest.start()
            return
        self._moving = False
        self._ask()

    def _crosshair_moved(self) -> None:
        """What is cut at the crosshair is cut elsewhere; the small cross moves in any case."""
        if not isValid(self):
            return
        if self.viewing.volume_look.cuts and self.renderer is not None:
            self._cut()
            if self.isVisible():
                self._move()
        camera = self._shown_camera()
        x, y = camera.to_screen(self.viewing.crosshair_mm, self.width(), self.height())
        reach = math.ceil(CROSSHAIR_MM / camera.pixel_mm) + 3
        for left, top in (self._crosshair_place, (float(x), float(y))):
            self.update(QRect(math.floor(left) - reach, math.floor(top) - reach, 2 * reach, 2 * reach))

    def _look_changed(self) -> None:
        if not isValid(self):
            return
        self.buttons.show_look(self._awaits_context)
        if self.renderer is None or self.surfaces is None or self.context is None:
            return
        keeps_depth = not self.viewing.volume_look.shines_through
        self.renderer.change(lambda scene: scene.set_keeps_depth(keeps_depth), "depth")
        self._cut()
        self.surfaces.show_looks()
        self.context.follow()
        self.refresh()

    def _cut(self) -> None:
        viewing = self.viewing
        planes = clip_planes(viewing.volume_look.cuts, viewing.crosshair_mm, viewing.turns)
        self.renderer.change(lambda scene: scene.set_clips(planes), "clips")

    def _offered(self) -> dict[str, bool]:
        return offered(self.case, self.viewing)

    def _found(self, pick: Any, activate: bool) -> None:
        if pick is not None and not activate:
            self.viewing.crosshair_mm = pick.point_mm
        elif pick is not None and self.desk is not None and pick.name in self.case.structures:
            self.desk.active = pick.name
        self.picked.emit(pick)

    # ------------------------------------------------------------------------------------- what other threads do

    def _start(self) -> None:
        """Begin when it is first looked at: importing VTK and starting OpenGL takes a moment."""
        try:
            from workstation.gui.viewport.volume_context import VolumeContext
            from workstation.gui.viewport.volume_proposal import VolumeProposal
            from workstation.gui.viewport.volume_surfaces import VolumeSurfaces
            from workstation.view.background import Background
            from workstation.view.volume_renderer import VolumeRenderer
        except ImportError as error:
            self.note = str(error)
            self.update()
            return
        # Neither the threads nor what they wait for may keep a closed window alive.
        self.renderer = VolumeRenderer(_to_window(self, "_rendered"))
        self._maker = Background("surfaces", _to_window(self, "_answered"))
        self.destroyed.connect(self.renderer.close)
        self.destroyed.connect(self._maker.stop)
        self.surfaces = VolumeSurfaces(self.case, self.viewing, self.renderer, self._maker, self)
        self.context = VolumeContext(self.case, self.viewing, self.renderer, self._maker, self)
        self.surfaces.changed.connect(self.refresh)
        self.context.changed.connect(self._context_changed)
        if self.desk is not None:
            made = VolumeProposal(self.desk, self.viewing, self.renderer, self._maker, self)
            made.changed.connect(self.refresh)
            self.proposal = made
        self._look_changed()

    def _calling(self, call: Callable[[Any], None]) -> Callable[[Any], None]:
        """What another thread may call so that `call` happens on the window's."""
        emit = _to_window(self, "_called")
        return lambda value: emit(lambda: call(value))

    def _take(self, answer: Answer) -> None:
        if self._maker is None or self.surfaces is None or self.context is None or not self._maker.current(answer):
            return
        whose = {"context": self.context, "proposal": self.proposal}.get(answer.key[0], self.surfaces)
        if whose is not None:
            whose.take(answer)
        self._arrived()

    def _context_changed(self) -> None:
        if self.context.busy:
            self._awaits_context = True
            self.buttons.show_look(True)
        self._arrived()

    def _arrived(self) -> None:
        if not self._arrival.isActive():
            self._arrival.start()

    def _show_arrived(self) -> None:
        """Show what has come in since the last time, coarsely while more is to come."""
        if self._fitted:
            self.fit()
        if self._maker is not None and self._maker.busy and not self.viewing.drawing:
            self._move()
        else:
            self.refresh()

    def _wish(self, moving: bool, ground: tuple[int, int, int] | None = (0, 0, 0)) -> Wish:
        from workstation.view.volume_renderer import Wish

        ratio = self.devicePixelRatioF()
        width, height = max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))
        camera = VolumeCamera(self.camera.axes, self.camera.focus_mm, self.camera.pixel_mm / ratio)
        return Wish(camera, width, height, moving, ground)

    def _ask(self) -> None:
        self._soon.stop()
        if self.renderer is not None and self.isVisible():
            self._asked = self.renderer.ask(self._wish(self._moving or self.viewing.drawing))
            if self.viewing.drawing:
                self._rest.start()

    def _show(self, frame: Frame | Exception) -> None:
        if isinstance(frame, Exception):
            self.note = str(frame)
            if self._frame is None:
                self._give_up()
            self.update()
            return
        self.note = ""
        # The array of the picture before must outlive that picture.
        self._image, self._frame = _image_of(frame.pixels), frame
        if self._awaits_context and not self.context.busy and frame.number == self._asked:
            self._awaits_context = False
            self.buttons.show_look()
        self.update()

    def _give_up(self) -> None:
        """There is no 3D here."""
        self.renderer.close()
        self._maker.stop()
        for follower in (self.surfaces, self.context, self.proposal):
            if follower is not None:
                follower.deleteLater()
        self.renderer = self.surfaces = self.context = self.proposal = self._maker = None

    # ------------------------------------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = QRectF(self.rect())
        if self.renderer is None and not self.note and not self._starting:
            # After this frame: the slices shall not wait for OpenGL.
            self._starting = True
            QTimer.singleShot(0, self, self._start)
        if self._frame is None:
            painter.fillRect(area, QColor(0, 0, 0))
            paint_note(painter, area, self.note, self.font())
            return
        # Coarse pictures are enlarged.
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._image.width() < self.width())
        painter.drawImage(area, self._image)
        if self._is_provisional():
            room = area.adjusted(0, 0, 0, -BUTTONS_PX)
            paint_caption(painter, room, PROVISIONAL, self.font())
        note = self._sentence()
        if note:
            paint_note(painter, area, note, self.font())
        if self.case.planning is not None:
            camera = self._shown_camera()
            self._paint_crosshair(painter, camera)
            above_buttons = area.adjusted(0, 0, 0, -BUTTONS_PX)
            paint_side_letters(painter, above_buttons, Plane((0, 0, 0), camera.axes[0], -camera.axes[1]), self.font())

    def _sentence(self) -> str:
        if self.surfaces is None or self.context is None:
            return self.note
        empty = not self.surfaces.names and not self.context.there and not self.context.busy
        proposed = self.proposal.note if self.proposal is not None else ""
        return self.note or self.surfaces.note or self.context.note or proposed or (EMPTY_NOTE if empty else "")

    def _is_provisional(self) -> bool:
        """Whether something in the picture lies where a registration puts it that nobody has accepted."""
        image = image_for(self.case, self.viewing, self.viewing.volume_look.context)
        if image is not None and lies_provisionally(self.case, image):
            return True
        found, planning = self.proposal.found if self.proposal is not None else None, self.case.planning
        if found is not None and planning is not None:
            frames = planning.frame_of_reference_uid, found.reference.frame_of_reference_uid
            if frames[0] != frames[1] and self.case.is_provisional(*frames):
                return True
        structures = self.case.structures
        names = self.surfaces.names if self.surfaces is not None else ()
        return any(
            self.viewing.visible(name) and is_provisional(self.case, structures[name])
            for name in names if name in structures
        )  # fmt: skip

    def _shown_camera(self) -> VolumeCamera:
        """The camera of the picture on screen, in this widget's pixels: what is painted over it must not run ahead."""
        if self._frame is None:
            return self.camera
        camera, ratio = self._frame.wish.camera, self._frame.wish.height / max(1, self.height())
        return VolumeCamera(camera.axes, camera.focus_mm, camera.pixel_mm * ratio)

    def _paint_crosshair(self, painter: QPainter, camera: VolumeCamera) -> None:
        """Three short lines along the patient's axes, always in front, so that they are never lost in a surface."""
        centre = self.viewing.crosshair_mm
        ends = np.concatenate([centre + CROSSHAIR_MM * np.eye(3), centre - CROSSHAIR_MM * np.eye(3)])
        points = camera.to_screen(ends, self.width(), self.height())
        x, y = camera.to_screen(centre, self.width(), self.height())
        self._crosshair_place = (float(x), float(y))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for color, width in ((QColor(0, 0, 0, 160), 3.0), (QColor("#ffffff"), 1.2)):
            painter.setPen(QPen(color, width))
            painter.drawLines([QLineF(*points[a], *points[a + 3]) for a in range(3)])

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.buttons.make_room(self.width())
        if self._fitted:
            self.fit()
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def sizeHint(self) -> QSize:
        return QSize(480, 360)

    # --------------------------------------------------------------------------------------------------- hands

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and is_side(event):
            event.accept()
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._hand.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hand.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._hand.release(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._hand.wheel(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._hand.key(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        if not somebody_types():
            self.setFocus(Qt.FocusReason.MouseFocusReason)


def _to_window(view: VolumeView, signal: str) -> Callable[[Any], None]:
    """A function for other threads that has one of the view's signals emitted as long as the view is there.

    Only the window's thread looks at the view: between a look and the signal another one could see it destroyed.
    """
    there, deliver = weakref.ref(view), lasting_deliverer()

    def emit(value: Any) -> None:
        alive = there()
        if alive is not None and isValid(alive):
            getattr(alive, signal).emit(value)

    return lambda value: deliver(lambda: emit(value))


def _image_of(pixels: np.ndarray) -> QImage:
    """A picture over the array's own memory, which must live as long as it does."""
    height, width = pixels.shape[:2]
    return QImage(pixels, width, height, 4 * width, QImage.Format.Format_RGBA8888_Premultiplied)
