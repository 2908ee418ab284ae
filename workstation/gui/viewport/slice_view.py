"""One slice on screen: the fused picture, the structures on it, the crosshair, the tool in hand and the words.

Events only mark what is out of date; everything is made in `paintEvent`, once a frame. What is slow (the picture
and the contours) is kept as a finished image, so that moving a crosshair or a brush over it costs a copy.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform
from workstation.gui.viewing import Viewing
from workstation.gui.viewport.annotations import Annotations, annotations_of, name_of, paint_annotations
from workstation.gui.viewport.keyboard import somebody_types
from workstation.gui.viewport.readout import Readout, reading_of
from workstation.gui.viewport.slice_hand import SliceHand
from workstation.gui.viewport.tool_painting import paint_crosshair, paint_outline
from workstation.images.volume import Volume
from workstation.view.color_maps import GREY
from workstation.view.contour_scene import TARGETS, Contour, ContourPainter, kind_of, style_of
from workstation.view.outlines import Outlines
from workstation.view.picture_frame import PictureFrame
from workstation.view.slice_planes import SlicePlanes, content_extent_mm, slice_planes
from workstation.view.slice_scene import Layer, SliceScene

if TYPE_CHECKING:
    from workstation.case.case import Case
    from workstation.editing.desk import Desk

Float = NDArray[np.float64]

SMALLEST_PIXEL_MM = 0.02
LARGEST_PIXEL_MM = 20.0
FIT_MARGIN = 1.04

# A picture that would take longer than this while something moves is made coarser, and made again when it rests.
MOVING_BUDGET_S = 0.024
RESTING_BUDGET_S = 0.045
REST_MS = 140

EMPTY_NOTE = "No image yet. Open a folder of images or drop it here."


class SliceView(QWidget):
    """A viewport on one of the three rows of planes.

    desk: None for no tools. outlines: shared by the views of a case; None for an own one.
    """

    hovered = Signal(object)
    """A `Readout` under the cursor, or None when it has left."""
    title_changed = Signal(str)
    """Name and position of the plane shown."""
    maximise_requested = Signal()
    """The person wants this view alone, or all of them back."""

    _outlines_arrived = Signal()

    def __init__(
        self,
        case: Case,
        viewing: Viewing,
        desk: Desk | None,
        orientation: str,
        outlines: Outlines | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.case, self.viewing, self.desk, self.orientation = case, viewing, desk, orientation
        self.scene = SliceScene()
        self.planes: SlicePlanes | None = None
        self.centre_mm = (0.0, 0.0)
        self.pixel_mm = 1.0
        self._content_mm = (0.0, 0.0, 1.0, 1.0)
        self._fitted = True
        self.outlines = outlines or Outlines(case)
        if outlines is None:
            self.destroyed.connect(self.outlines.stop)
        self._painter = ContourPainter()
        self._still: NDArray[np.uint32] = np.zeros((1, 1), np.uint32)
        self._still_image = QImage()
        self._stale = True
        self._moving = False
        self._seconds_per_pixel = 1e-8
        self._contour_seconds = 0.0
        self._note = ""
        self._title = ""
        self._shown_position: tuple[float, ...] = ()
        self._crosshair_place = (0.0, 0.0)
        self._hand = SliceHand(self)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.refresh)
        self._follow = QTimer(self, singleShot=True)
        self._follow.timeout.connect(self.refresh)
        self.setObjectName(f"{orientation}_view")
        self.setAccessibleName(f"{orientation} view")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setTabletTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.WheelFocus)
        self.setMinimumSize(120, 90)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._listen()
        self._new_planes()

    # ------------------------------------------------------------------------------------------ what is shown

    def reference(self) -> Volume | None:
        """The image whose planes are shown and whose frame the crosshair is given in."""
        return self.case.planning or self.case.images.get(self.viewing.base_key)

    def plane(self) -> Plane | None:
        """The plane on screen, its origin on the slice, or None without an image."""
        return None if self.planes is None else self.planes.through(self.viewing.crosshair_mm)

    def frame(self) -> PictureFrame | None:
        """The rectangle on screen in logical pixels, or None without an image."""
        plane = self.plane()
        if plane is None or self.width() < 1 or self.height() < 1:
            return None
        return PictureFrame(plane, self.centre_mm, self.pixel_mm, self.width(), self.height())

    def title(self) -> str:
        """Name and position of the plane, such as "axial  z +41.5 mm"; the name alone without an image."""
        return self.orientation if self.planes is None else self.planes.title(self.viewing.crosshair_mm)

    def layer(self, key: str, colors: str = GREY) -> Layer | None:
        """An image as it is to be shown here; None when it is not there or not registered to the planning image."""
        volume, reference = self.case.images.get(key), self.reference()
        if volume is None or reference is None:
            return None
        to_image: Transform | None = Transform.identity()
        if volume is not reference:
            to_image = self.case.transform(reference.frame_of_reference_uid, volume.frame_of_reference_uid)
        return None if to_image is None else Layer(volume, to_image, self.viewing.window(key), colors)

    def contours(self, plane: Plane) -> Iterator[tuple[str, Contour]]:
        """Identifier and contour of every structure visible on a plane: targets over organs, the active one on top."""
        if self.viewing.hide_all:
            return
        active = self.desk.active if self.desk is not None else None
        names = [name for name in self.case.structures if self.viewing.visible(name)]

        def weight(name: str) -> tuple[bool, bool]:
            return name == active, kind_of(self.case.structures[name]) in TARGETS

        names.sort(key=weight)
        self.outlines.begin_frame()
        drawing, found = self.viewing.drawing, {}
        # What matters most is asked for first and painted last.
        for name in reversed(names):
            found[name] = self.outlines.contour(name, plane, self.orientation, self._moving, drawing)
        for name in names:
            if found[name]:
                yield name, found[name]

    def readout(self, place: QPointF) -> Readout | None:
        """What lies under a place in the widget."""
        frame = self.frame()
        if frame is None:
            return None
        point = frame.plane.to_patient(frame.to_plane((place.x(), place.y())))
        layers = [layer for layer in (self.scene.base, self.scene.overlay) if layer is not None]
        return Readout(point, tuple(reading_of(layer.volume, layer.value_at(point)) for layer in layers))

    # ------------------------------------------------------------------------------------------------- moving

    def step(self, steps: int) -> None:
        """Go `steps` slices away from the viewer (negative: towards), within the image."""
        if self.planes is not None:
            self._moving = True
            self.viewing.crosshair_mm = self.planes.stepped(self.viewing.crosshair_mm, steps)

    def fit(self) -> None:
        """Show the whole patient: the image without the air around."""
        if self.planes is None or self.width() < 2 or self.height() < 2:
            return
        u0, v0, u1, v1 = self._content_mm
        self.centre_mm = ((u0 + u1) / 2, (v0 + v1) / 2)
        self.pixel_mm = FIT_MARGIN * max((u1 - u0) / self.width(), (v1 - v0) / self.height())
        self._fitted = True
        self.refresh()

    def zoom(self, factor: float, place: QPointF) -> None:
        """Enlarge `factor` times; the patient under `place` stays where it is."""
        frame = self.frame()
        if frame is None:
            return
        held = frame.to_plane((place.x(), place.y()))
        self.pixel_mm = min(max(self.pixel_mm / factor, SMALLEST_PIXEL_MM), LARGEST_PIXEL_MM)
        offset = np.array([place.x() - self.width() / 2, place.y() - self.height() / 2]) * self.pixel_mm
        self.centre_mm = (float(held[0] - offset[0]), float(held[1] - offset[1]))
        self._look_moved()

    def pan(self, dx: float, dy: float) -> None:
        """Move the picture by logical pixels."""
        self.centre_mm = (self.centre_mm[0] - dx * self.pixel_mm, self.centre_mm[1] - dy * self.pixel_mm)
        self._look_moved()

    def centre_on(self, point_mm: ArrayLike) -> None:
        """Bring a patient point to the middle, at the same scale."""
        if self.planes is not None:
            u, v, _ = self.planes.plane.to_plane(point_mm)
            self.centre_mm = (float(u), float(v))
            self._look_moved()

    def _look_moved(self) -> None:
        self._fitted = False
        self._moving = True
        self.refresh()

    # ---------------------------------------------------------------------------------- what makes it out of date

    def _listen(self) -> None:
        case, viewing = self.case, self.viewing
        case.planning_image_chosen.connect(self._planes_changed)
        case.image_added.connect(self.refresh)
        case.image_removed.connect(self._planes_changed)
        case.registration_changed.connect(self.refresh)
        case.structure_added.connect(self.refresh)
        case.structures_reordered.connect(self.refresh)
        case.structure_changed.connect(self._structure_changed)
        case.structure_removed.connect(self._structure_changed)
        viewing.crosshair_moved.connect(self._crosshair_moved)
        viewing.display_changed.connect(self._display_changed)
        viewing.visibility_changed.connect(self.refresh)
        viewing.tool_changed.connect(self._tool_changed)
        self.outlines.arrived.connect(self._outlines_came)
        self._outlines_arrived.connect(self.refresh)
        if self.desk is not None:
            self.desk.active_changed.connect(self.refresh)
            self.desk.settings_changed.connect(self._tool_changed)

    def refresh(self, *_: object) -> None:
        """Make the slice anew at the next repaint."""
        if isValid(self):
            self._stale = True
            self.update()

    def _outlines_came(self) -> None:
        """On the background thread: a Qt signal carries it over."""
        if isValid(self):
            self._outlines_arrived.emit()

    def _tool_changed(self, *_: object) -> None:
        if isValid(self):
            self.update()

    def _display_changed(self) -> None:
        if self.planes is None:
            self._new_planes()
        self._moving = True
        self.refresh()

    def _planes_changed(self, _key: str) -> None:
        if isValid(self):
            self._new_planes()

    def _structure_changed(self, _identifier: str) -> None:
        """While somebody draws in another view, this one follows no faster than it can afford."""
        if not isValid(self):
            return
        if self.viewing.drawing and not self._hand.drawing:
            if not self._follow.isActive():
                self._follow.start(min(400, round(3000 * self._contour_seconds)))
        else:
            self.refresh()

    def _crosshair_moved(self) -> None:
        if not isValid(self):
            return
        plane = self.plane()
        if plane is not None and tuple(plane.origin_mm) != self._shown_position:
            self._moving = True
            self._stale = True
            self._tell_title()
            self.update()
        elif plane is not None:
            self._update_crosshair()

    def _update_crosshair(self) -> None:
        """Only the crosshair has moved: the strips where it was and where it goes are all there is to repaint."""
        frame = self.frame()
        if frame is None:
            return
        x, y = frame.to_pixels(frame.plane.to_plane(self.viewing.crosshair_mm)[:2])
        for left, top in (self._crosshair_place, (float(x), float(y))):
            self.update(QRect(math.floor(left) - 2, 0, 5, self.height()))
            self.update(QRect(0, math.floor(top) - 2, self.width(), 5))

    def _new_planes(self) -> None:
        reference = self.reference()
        self.planes = None
        if reference is not None:
            self.planes = slice_planes(reference, self.orientation)
            self._content_mm = content_extent_mm(reference, self.planes)
        self._tell_title()
        self.fit()
        self.refresh()

    def _tell_title(self) -> None:
        title = self.title()
        if title != self._title:
            self._title = title
            self.title_changed.emit(title)

    # ------------------------------------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        frame = self.frame()
        area = QRectF(self.rect())
        if frame is None:
            painter.fillRect(area, QColor(0, 0, 0))
            paint_annotations(painter, area, Annotations(Plane.axial(), 1.0, note=EMPTY_NOTE), self.font())
            return
        if self._stale:
            self._make_still(frame)
        painter.drawImage(area, self._still_image)
        x, y = frame.to_pixels(frame.plane.to_plane(self.viewing.crosshair_mm)[:2])
        self._crosshair_place = (float(x), float(y))
        paint_crosshair(painter, area, *self._crosshair_place)
        words = annotations_of(self.scene, frame, self.viewing.opacity, self._note)
        paint_annotations(painter, area, words, self.font())
        self._paint_tool(painter, frame)

    def _make_still(self, frame: PictureFrame) -> None:
        """Picture and contours, at the screen's own resolution unless that is too slow for something that moves."""
        self._choose_layers()
        ratio = self.devicePixelRatioF()
        whole = frame.scaled(1.0 / ratio)
        pixels = whole.width * whole.height
        budget = MOVING_BUDGET_S if self._moving else RESTING_BUDGET_S
        coarseness = max(1.0, math.sqrt(pixels * self._seconds_per_pixel / budget))
        chosen = whole if coarseness < 1.15 else whole.scaled(coarseness)
        started = time.perf_counter()
        picture = self.scene.picture(chosen)
        taken = time.perf_counter() - started
        if taken > 5e-4:
            # Slowly, so that one hiccup of the machine does not blur the next picture.
            self._seconds_per_pixel += 0.2 * (taken / (chosen.width * chosen.height) - self._seconds_per_pixel)
        if self._still.shape != picture.shape:
            self._still = np.empty_like(picture)
            height, width = picture.shape
            self._still_image = QImage(self._still.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        np.copyto(self._still, picture)
        started = time.perf_counter()
        self._paint_contours(chosen, ratio * chosen.width / whole.width)
        self._contour_seconds = time.perf_counter() - started
        self._shown_position = tuple(frame.plane.origin_mm)
        self._stale = False
        if self._moving:
            # Once more when it rests: with all pixels, and with exact outlines.
            self._moving = False
            self._rest.start()

    def _choose_layers(self) -> None:
        viewing = self.viewing
        self.scene.opacity = viewing.opacity
        self.scene.base = self.layer(viewing.base_key)
        wanted = viewing.overlay_key if viewing.overlay_shown else ""
        self.scene.overlay = self.layer(wanted, viewing.overlay_colors) if wanted else None
        self._note = ""
        for key, layer in ((viewing.base_key, self.scene.base), (wanted, self.scene.overlay)):
            if key in self.case.images and layer is None:
                self._note = f"{name_of(self.case.images[key])} is not registered to the planning image."

    def _paint_contours(self, frame: PictureFrame, pixel_ratio: float) -> None:
        active = self.desk.active if self.desk is not None else None
        for name, contour in self.contours(frame.plane):
            structure = self.case.structures[name]
            style = style_of(structure, name == active, self.viewing.filled)
            self._painter.paint(self._still, frame, contour, structure.color, style, pixel_ratio)

    def _paint_tool(self, painter: QPainter, frame: PictureFrame) -> None:
        tool = self.viewing.tool
        if tool is None or self.desk is None:
            return
        active = self.case.structures.get(self.desk.active or "")
        color = QColor(*active.color) if active is not None else QColor("#4aa3ff")
        for outline in tool.outlines(self.desk, frame.plane):
            # The cursor's own circle belongs to the view that the cursor is in.
            if outline.style != "brush" or self._hand.inside:
                paint_outline(painter, outline, frame.to_pixels(outline.points), color)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fitted:
            self.fit()
        self.refresh()

    def sizeHint(self) -> QSize:
        return QSize(480, 360)

    # ------------------------------------------------------------------------------------- events, to the hand

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.setAccepted(self._hand.wheel(event))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.setAccepted(self._hand.press(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.setAccepted(self._hand.move(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.setAccepted(self._hand.release(event))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.setAccepted(self._hand.double_click(event))

    def tabletEvent(self, event: QTabletEvent) -> None:
        event.setAccepted(self._hand.tablet(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.setAccepted(self._hand.key_press(event))

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        event.setAccepted(self._hand.key_release(event))

    def enterEvent(self, event: QEnterEvent) -> None:
        """Keys belong to the view under the cursor, unless somebody is typing."""
        self._hand.enter()
        if not somebody_types():
            self.setFocus(Qt.FocusReason.MouseFocusReason)

    def leaveEvent(self, event: QEvent) -> None:
        self._hand.leave()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._hand.focus_lost()
