"""One slice on screen: the fused picture, the structures on it, the crosshair, the tool in hand and the words.

Events only mark what is out of date; everything is made in `paintEvent`, once a frame. What is slow (the picture
and the contours) is kept as a finished image, so that moving a crosshair or a brush over it costs a copy.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
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
from workstation.gui.viewing import Viewing
from workstation.gui.viewport.annotations import Annotations, annotations_of, paint_annotations
from workstation.gui.viewport.crosshair import Crosshair, paint_crosshair, paint_handles
from workstation.gui.viewport.fusion_marks import paint_fusion_marks
from workstation.gui.viewport.keyboard import somebody_types
from workstation.gui.viewport.landmark_painting import paint_landmarks
from workstation.gui.viewport.legend import paint_legend, paint_name
from workstation.gui.viewport.measurement_painting import paint_measurements
from workstation.gui.viewport.readout import Readout, readout_at
from workstation.gui.viewport.separation_painting import lay_map, paint_proposal
from workstation.gui.viewport.slice_aim import SliceAim
from workstation.gui.viewport.slice_contours import SliceContours
from workstation.gui.viewport.slice_hand import SliceHand
from workstation.gui.viewport.still import Still
from workstation.gui.viewport.tool_painting import paint_outline
from workstation.images.naming import name_of_volume
from workstation.images.volume import Volume
from workstation.view.color_maps import GREY
from workstation.view.contour_scene import Contour
from workstation.view.fusion_look import SPYGLASS, FusionLook
from workstation.view.oblique_planes import ObliquePlanes
from workstation.view.outlines import Outlines
from workstation.view.picture_frame import PictureFrame
from workstation.view.slice_planes import SlicePlanes
from workstation.view.slice_scene import Layer, SliceScene

if TYPE_CHECKING:
    from workstation.case.case import Case
    from workstation.editing.desk import Desk

log = logging.getLogger(__name__)

Float = NDArray[np.float64]

REST_MS = {"axial": 140, "coronal": 190, "sagittal": 240}
"""When a view that rests is drawn with all pixels: one after the other, so that no event draws all of them."""

EMPTY_NOTE = "No image yet. Open a folder of images or drop it here."


class SliceView(QWidget):
    """A viewport on one of the three rows of planes.

    desk: None for no tools. outlines: shared by the views of a case; None for an own one.
    image_key: shows this image alone; "" shows the fused picture. An image that nothing links to the planning image
    is shown on planes of its own, with a crosshair of its own.
    """

    hovered = Signal(object)
    """A `Readout` under the cursor, or None when it has left."""
    title_changed = Signal(str)
    """Name and position of the plane shown."""
    maximise_requested = Signal()
    """The person wants this view alone, or all of them back."""
    look_moved = Signal()
    """A hand zoomed, panned or fitted: views beside it that show the same plane follow."""

    _outlines_arrived = Signal()

    def __init__(
        self,
        case: Case,
        viewing: Viewing,
        desk: Desk | None,
        orientation: str,
        outlines: Outlines | None = None,
        parent: QWidget | None = None,
        image_key: str = "",
    ) -> None:
        super().__init__(parent)
        self.case, self.viewing, self.desk = case, viewing, desk
        self.aim = SliceAim(case, viewing, orientation, image_key)
        self.also_read: tuple[str, ...] = ()
        """Keys of images in other views, whose values are wanted under the cursor, too."""
        self.lists_structures = True
        """Whether the legend, where it is wanted, is shown in this view."""
        self.spyglass_mm: tuple[float, float] | None = None
        """(u, v) of the spyglass's middle in this view, None while the cursor is elsewhere."""
        self.pointed: tuple[str, QPointF] | None = None
        """The structure under the cursor and the cursor's place."""
        self.turning = False
        """Whether a handle of the crosshair's lines is held."""
        self.structures = SliceContours(case, viewing, desk, outlines or Outlines(case))
        if outlines is None:
            self.destroyed.connect(self.structures.outlines.stop)
        self._still = Still()
        self._stale = True
        self._moving = False
        self._note = ""
        self._was_linked = True
        self._title = ""
        self._shown_position: tuple[float, ...] = ()
        self._crosshair = Crosshair(0.0, 0.0)
        self._hand = SliceHand(self)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS[orientation])
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

    @property
    def scene(self) -> SliceScene:
        """The images and how they lie on each other."""
        return self._still.scene

    @property
    def orientation(self) -> str:
        """One of the three rows of planes."""
        return self.aim.orientation

    @property
    def image_key(self) -> str:
        """The image that is shown alone, "" for the fused picture."""
        return self.aim.image_key

    @property
    def planes(self) -> SlicePlanes | ObliquePlanes | None:
        """The row of planes, None without an image."""
        return self.aim.planes

    @property
    def centre_mm(self) -> tuple[float, float]:
        """(u, v) in the middle of the view."""
        return self.aim.centre_mm

    @property
    def pixel_mm(self) -> float:
        """Side of a logical pixel."""
        return self.aim.pixel_mm

    @property
    def linked(self) -> bool:
        """Whether this view shares the crosshair."""
        return self.aim.linked

    def reference(self) -> Volume | None:
        """The image whose planes are shown and whose frame the crosshair is given in."""
        return self.aim.reference()

    def point_at(self, point_mm: ArrayLike) -> None:
        """Move the crosshair of this view: the shared one, or its own."""
        self.aim.point_at(point_mm)
        if not self.linked:
            self._crosshair_moved()

    def show_image(self, key: str, orientation: str) -> None:
        """Show another image alone ("" for the fused picture), or another row of planes."""
        if (key, orientation) != (self.image_key, self.orientation):
            self.aim.show(key, orientation)
            self._after_new_planes()

    def plane(self) -> Plane | None:
        """The plane on screen, its origin on the slice, or None without an image."""
        return self.aim.plane()

    def frame(self) -> PictureFrame | None:
        """The rectangle on screen in logical pixels, or None without an image."""
        return self.aim.frame(self.width(), self.height())

    def title(self) -> str:
        """Name and position of the plane, such as "axial  z +41.5 mm"; the name alone without an image."""
        return self.aim.title()

    def layer(self, key: str, colors: str = GREY) -> Layer | None:
        """An image as it is to be shown here; None when it is not there or nothing links it to what is shown."""
        volume = self.case.images.get(key)
        to_image = self.aim.to_image(volume) if volume is not None and self.reference() is not None else None
        if volume is None or to_image is None:
            return None
        return Layer(volume, to_image, self.viewing.window(key), colors, self.aim.is_provisional(volume))

    def look(self) -> FusionLook:
        """How the images lie on each other here: the spyglass follows the cursor of this view."""
        look = self.viewing.look
        return replace(look, spyglass_mm=self.spyglass_mm) if look.mode == SPYGLASS else look

    def crosshair(self) -> Crosshair | None:
        """The lines of the other planes in this view, or None without an image."""
        frame = self.frame()
        if frame is None:
            return None
        x, y = frame.to_pixels(frame.plane.to_plane(self.aim.point_mm)[:2])
        return Crosshair(float(x), float(y), self.aim.directions)

    @property
    def outlines(self) -> Outlines:
        """The structures' outlines on any plane."""
        return self.structures.outlines

    def contours(self, plane: Plane) -> Iterator[tuple[str, Contour]]:
        """Identifier and contour of every structure visible on a plane, the uppermost last."""
        return self.structures.on(plane, self.objectName(), self._moving) if self.linked else iter(())

    def readout(self, place: QPointF) -> Readout | None:
        """What lies under a place in the widget."""
        frame = self.frame()
        if frame is None:
            return None
        point = frame.plane.to_patient(frame.to_plane((place.x(), place.y())))
        shown = [layer for layer in (self.scene.base, self.scene.overlay) if layer is not None]
        known = {layer.volume.key for layer in shown}
        others = (self.layer(key) for key in self.also_read if key not in known)
        layers = [*shown, *(layer for layer in others if layer is not None)]
        return readout_at(point, layers)

    # ------------------------------------------------------------------------------------------------- moving

    def step(self, steps: int) -> None:
        """Go `steps` slices away from the viewer (negative: towards), within the image."""
        if self.planes is not None:
            self._moving = True
            self.point_at(self.planes.stepped(self.aim.point_mm, steps))

    def fit(self) -> None:
        """Show the whole patient: the image without the air around."""
        if self.aim.fit(self.width(), self.height()):
            self.refresh()

    def fit_by_hand(self) -> None:
        """As `fit`, and views beside it follow."""
        self.fit()
        self.look_moved.emit()

    def zoom(self, factor: float, place: QPointF) -> None:
        """Enlarge `factor` times; the patient under `place` stays where it is."""
        if self.aim.zoom(factor, (place.x(), place.y()), self.width(), self.height()):
            self._look_moved()

    def pan(self, dx: float, dy: float) -> None:
        """Move the picture by logical pixels."""
        self.aim.pan(dx, dy)
        self._look_moved()

    def centre_on(self, point_mm: ArrayLike) -> None:
        """Bring a patient point to the middle, at the same scale."""
        if self.aim.centre_on(point_mm):
            self._look_moved()

    def look_as(self, other: SliceView) -> None:
        """Take over another view's place and scale."""
        if self.aim.take(other.aim):
            self._moving = True
            self.refresh()

    def _look_moved(self) -> None:
        self._moving = True
        self.refresh()
        self.look_moved.emit()

    # ---------------------------------------------------------------------------------- what makes it out of date

    def _listen(self) -> None:
        case, viewing = self.case, self.viewing
        case.planning_image_chosen.connect(self._planes_changed)
        case.image_added.connect(self.refresh)
        case.image_removed.connect(self._planes_changed)
        case.registration_changed.connect(self._link_changed)
        case.structure_added.connect(self.refresh)
        case.structures_reordered.connect(self.refresh)
        case.structure_changed.connect(self._structure_changed)
        case.structure_removed.connect(self._structure_changed)
        viewing.crosshair_moved.connect(self._shared_crosshair_moved)
        viewing.display_changed.connect(self._display_changed)
        viewing.flickered.connect(self.refresh)
        viewing.trial_changed.connect(self._trial_changed)
        viewing.visibility_changed.connect(self.refresh)
        viewing.planes_turned.connect(self._planes_turned)
        viewing.tool_changed.connect(self._tool_changed)
        self.outlines.arrived.connect(self._outlines_came)
        self._outlines_arrived.connect(self.refresh)
        if self.desk is not None:
            self.desk.active_changed.connect(self.refresh)
            self.desk.settings_changed.connect(self._tool_changed)
            self.desk.measuring.changed.connect(self._tool_changed)
            self.desk.landmarking.changed.connect(self._tool_changed)
            self.desk.separating.changed.connect(self._tool_changed)
            self.desk.separating.grown_changed.connect(self._tool_changed)

    def refresh(self, *_: object) -> None:
        """Make the slice anew at the next repaint."""
        if isValid(self):
            self._stale = True
            self.update()

    def _outlines_came(self) -> None:
        """On the background thread: a Qt signal carries it over."""
        try:
            if isValid(self):
                self._outlines_arrived.emit()
        except RuntimeError:
            log.debug("the view went while its outlines came")

    def _tool_changed(self, *_: object) -> None:
        if isValid(self):
            self.update()

    def _display_changed(self) -> None:
        if not isValid(self):
            return
        if self.planes is None:
            self._new_planes()
        self._moving = True
        self.refresh()

    def _planes_changed(self, _key: str) -> None:
        if isValid(self):
            self._new_planes()

    def _link_changed(self, _key: str) -> None:
        if isValid(self) and self.image_key:
            self._new_planes()
        self.refresh()

    def _trial_changed(self) -> None:
        """The fused image is moved by hand: only it is sampled anew."""
        if not isValid(self):
            return
        if self.image_key and self.aim.linked != self._was_linked:
            self._was_linked = self.aim.linked
            self._new_planes()
        self._moving = True
        self.refresh()

    def _structure_changed(self, _identifier: str) -> None:
        """While somebody draws in another view, this one follows no faster than it can afford."""
        if not isValid(self):
            return
        if self.viewing.drawing and not self._hand.drawing:
            if not self._follow.isActive():
                self._follow.start(min(400, round(3000 * self._still.contour_seconds)))
        else:
            self.refresh()

    def _shared_crosshair_moved(self) -> None:
        if isValid(self) and self.linked:
            self._crosshair_moved()

    def _crosshair_moved(self) -> None:
        plane = self.plane()
        if plane is None:
            return
        if tuple(plane.origin_mm) != self._shown_position:
            self._moving = True
            self._stale = True
            self._tell_title()
            self.update()
        else:
            self._tell_title()
            self._update_crosshair()

    def _update_crosshair(self) -> None:
        """Only the crosshair has moved: the strips where it was and where it goes are all there is to repaint."""
        now = self.crosshair()
        if now is None:
            return
        if not now.is_level or self._hand.shows_handles:
            self.update()
            return
        for lines in (self._crosshair, now):
            self.update(QRect(math.floor(lines.x) - 2, 0, 5, self.height()))
            self.update(QRect(0, math.floor(lines.y) - 2, self.width(), 5))

    def _new_planes(self) -> None:
        self._was_linked = self.aim.linked
        self.aim.renew()
        self._after_new_planes()

    def _after_new_planes(self) -> None:
        self._tell_title()
        self.fit()
        self.refresh()

    def _planes_turned(self) -> None:
        if isValid(self):
            self.aim.turn()
            self._moving = True
            self._tell_title()
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
        painter.drawImage(area, self._still.image)
        crosshair = self.crosshair()
        assert crosshair is not None
        self._crosshair = crosshair
        paint_crosshair(painter, area, crosshair)
        if self._hand.shows_handles:
            paint_handles(painter, crosshair, self.width(), self.height(), self.turning)
        if self.scene.overlay is not None:
            paint_fusion_marks(painter, area, frame, self.look())
        paint_annotations(painter, area, annotations_of(self.scene, frame, self._note), self.font())
        paint_measurements(painter, self, frame)
        paint_landmarks(painter, self, frame, self._still.image if self._hand.inside else None)
        paint_proposal(painter, self, frame)
        self._paint_tool(painter, frame)
        self._paint_names(painter, area)

    def _make_still(self, frame: PictureFrame) -> None:
        """Picture and contours, at the screen's own resolution unless that is too slow for something that moves."""
        self._choose_layers()
        drawn = self.structures.drawn(frame.plane, self.objectName(), self._moving) if self.linked else ()
        self._still.make(frame, self.devicePixelRatioF(), self._moving, drawn)
        self._shown_position = tuple(frame.plane.origin_mm)
        self._stale = False
        if self._moving:
            # Once more when it rests: with all pixels, and with exact outlines.
            self._moving = False
            self._rest.start()

    def _choose_layers(self) -> None:
        viewing, scene = self.viewing, self.scene
        base = self.image_key or viewing.base_key
        wanted = viewing.overlay_key if viewing.overlay_shown and not self.image_key else ""
        scene.look, scene.slab = self.look(), viewing.slab
        scene.base = self.layer(base)
        scene.overlay = self.layer(wanted, viewing.overlay_colors) if wanted else None
        if viewing.map_shown is not None and viewing.overlay_shown and not self.image_key:
            wanted = ""
            lay_map(self, viewing.map_shown)
        self._note = "" if self.linked else "Not registered: shown by itself, with a crosshair of its own."
        for key, layer in ((base, scene.base), (wanted, scene.overlay)):
            if key in self.case.images and layer is None:
                self._note = f"{name_of_volume(self.case.images[key])} is not registered to the planning image."

    def _paint_tool(self, painter: QPainter, frame: PictureFrame) -> None:
        tool = self.viewing.tool
        if tool is None or self.desk is None or not self.linked:
            return
        active = self.case.structures.get(self.desk.active or "")
        color = QColor(*active.color) if active is not None else QColor("#4aa3ff")
        at_scale = getattr(tool, "outlines_at", None)
        plane = frame.plane
        outlines = tool.outlines(self.desk, plane) if at_scale is None else at_scale(self.desk, plane, frame.pixel_mm)
        for outline in outlines:
            # The cursor's own circle belongs to the view that the cursor is in.
            if outline.style != "brush" or self._hand.inside:
                paint_outline(painter, outline, frame.to_pixels(outline.points), color)

    def _paint_names(self, painter: QPainter, area: QRectF) -> None:
        wanted = self.viewing.legend_shown and self.lists_structures
        if wanted and self.linked and not self.viewing.hide_all:
            paint_legend(painter, area, self.structures.legend(), self.font())
        entry = self.structures.entry(self.pointed[0]) if self.pointed is not None else None
        if entry is not None:
            paint_name(painter, area, self.pointed[1], entry, self.font())

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self.aim.fitted:
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
