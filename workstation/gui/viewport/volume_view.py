"""The 3D view: the structures' surfaces, following every edit, with the bone of the planning CT for context."""

from __future__ import annotations

import math
import time
import weakref
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
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
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from workstation.geometry.plane import Plane
from workstation.gui.viewing import Viewing
from workstation.gui.viewport.annotations import paint_note, paint_side_letters
from workstation.gui.viewport.keyboard import somebody_types
from workstation.gui.viewport.side_buttons import add_side_buttons
from workstation.structures.structure import Structure
from workstation.view.errors import ViewError
from workstation.view.volume_camera import SIDES, VolumeCamera

if TYPE_CHECKING:
    from workstation.case.case import Case
    from workstation.view.background import Answer, Background
    from workstation.view.surface_mesh import SurfaceMesh
    from workstation.view.volume_scene import VolumeScene

BONE = "bone of the planning image"
EMPTY_NOTE = "Surfaces of the structures appear here as they are drawn."

# How fast surfaces follow a stroke at best, and the share of the window's time that asking for them may take.
FOLLOW_MS = 200
FOLLOW_SHARE = 0.12
BUTTONS_PX = 28  # the row of buttons at the bottom, which letters keep clear of
REST_MS = 350
# While many surfaces come in, rendering takes at most this share of the window's time.
ARRIVAL_SHARE = 0.3
LONGEST_ARRIVAL_PAUSE_MS = 400
MOVING_BUDGET_S = 0.040
SMALLEST_EXTENT_MM = 140.0
CROSSHAIR_MM = 8.0


class VolumeView(QWidget):
    """Surfaces in the frame of the planning image. Without OpenGL it says so, and the rest of the program works."""

    title_changed = Signal(str)
    maximise_requested = Signal()
    _answered = Signal(object)

    def __init__(self, case: Case, viewing: Viewing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.case, self.viewing = case, viewing
        self.camera = VolumeCamera.from_side("A")
        self.note = ""
        """What is wrong, in a sentence; "" when nothing is."""
        self._failures: dict[str, str] = {}
        self._scene: VolumeScene | None = None
        self._maker: Background | None = None
        self._image = QImage()
        self._stale = True
        self._starting = False
        self._moving = False
        self._fitted = True
        self._fine_seconds = 0.0
        self._ask_seconds = 0.0
        self._dirty: dict[str, None] = {}
        self._rough: dict[str, None] = {}
        self._bone_of = ""
        self._bone_wanted = True
        self._dragged = Qt.MouseButton.NoButton
        self._last = QPointF()
        self._crosshair_place = (0.0, 0.0)
        self._follow = QTimer(self, singleShot=True)
        self._follow.timeout.connect(self._ask_for_dirty)
        self._arrival = QTimer(self, singleShot=True)
        self._arrival.timeout.connect(self._show_arrived)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._come_to_rest)
        self._answered.connect(self._take)
        self.setObjectName("volume_view")
        self.setAccessibleName("3D view")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.WheelFocus)
        self.setMinimumSize(120, 90)
        self._bone_button = add_side_buttons(self, self.look_from, lambda on: setattr(self, "bone_shown", on))
        self._listen()

    # ------------------------------------------------------------------------------------------------ commands

    def title(self) -> str:
        """As it stands above the view."""
        return "3D"

    def look_from(self, side: str) -> None:
        """Look straight from one of `SIDES`: A P L R S I."""
        self.camera = VolumeCamera.from_side(side, self.camera.focus_mm, self.camera.pixel_mm)
        self._camera_moved()

    def fit(self) -> None:
        """Bring all structures into view, at least a hand's breadth."""
        self._fitted = True
        scene = self._scene
        if scene is None or self.width() < 2 or self.height() < 2:
            return
        from workstation.view.volume_surface_looks import is_body

        structures = [n for n in scene.names() if n in self.case.structures and not is_body(self.case.structures[n])]
        bounds = scene.bounds_mm(structures) or scene.bounds_mm()
        if bounds is None:
            return
        low, high = bounds
        extent = max(float(np.linalg.norm(high - low)), SMALLEST_EXTENT_MM)
        pixel_mm = 1.1 * extent / min(self.width(), self.height())
        self.camera = VolumeCamera(self.camera.axes, (low + high) / 2, pixel_mm)
        self.refresh()

    @property
    def bone_shown(self) -> bool:
        """Whether the planning CT's bone is shown for context."""
        return self._bone_wanted

    @bone_shown.setter
    def bone_shown(self, shown: bool) -> None:
        self._bone_wanted = bool(shown)
        self._bone_button.setChecked(self._bone_wanted)
        self._ask_for_bone()
        self.refresh()

    @property
    def busy(self) -> bool:
        """Whether surfaces are still to be asked for (those under way not counted)."""
        waiting = (self._follow, self._rest, self._arrival)
        return bool(self._dirty or self._rough) or any(timer.isActive() for timer in waiting)

    @property
    def complete(self) -> bool:
        """Whether every surface has been made and delivered (True, too, where there can be none)."""
        if self._maker is None:
            return bool(self.note)
        return not self.busy and not self._maker.busy

    # ---------------------------------------------------------------------------------- what makes it out of date

    def _listen(self) -> None:
        case, viewing = self.case, self.viewing
        case.structure_added.connect(self._structure_changed)
        case.structure_changed.connect(self._structure_changed)
        case.structure_removed.connect(self._structure_removed)
        case.planning_image_chosen.connect(self._planning_chosen)
        case.registration_changed.connect(self._everything_changed)
        viewing.visibility_changed.connect(self.refresh)
        viewing.crosshair_moved.connect(self._crosshair_moved)

    def refresh(self) -> None:
        """Render anew at the next repaint."""
        if isValid(self):
            self._stale = True
            self.update()

    def _crosshair_moved(self) -> None:
        """Only the small cross has moved: where it was and where it goes is all there is to repaint."""
        if not isValid(self):
            return
        x, y = self.camera.to_screen(self.viewing.crosshair_mm, self.width(), self.height())
        reach = math.ceil(CROSSHAIR_MM / self.camera.pixel_mm) + 3
        for left, top in (self._crosshair_place, (float(x), float(y))):
            self.update(QRect(math.floor(left) - reach, math.floor(top) - reach, 2 * reach, 2 * reach))

    def _structure_changed(self, identifier: str) -> None:
        if not isValid(self):
            return
        self._dirty[identifier] = None
        if self._scene is not None and not self._follow.isActive():
            pause = max(FOLLOW_MS, 1000 * self._ask_seconds / FOLLOW_SHARE) if self.viewing.drawing else 30
            self._follow.start(round(pause))

    def _structure_removed(self, identifier: str) -> None:
        if not isValid(self):
            return
        for kept in (self._dirty, self._rough):
            kept.pop(identifier, None)
        if self._maker is not None and self._scene is not None:
            self._forget(identifier)
        self.refresh()

    def _forget(self, identifier: str) -> None:
        if self._failures.pop(identifier, None) is not None:
            self.note = next(iter(self._failures.values()), "")
        for fine in (False, True):
            self._maker.forget((identifier, fine))
        self._scene.remove(identifier)

    def _everything_changed(self, _key: str) -> None:
        for identifier in self.case.structures:
            self._structure_changed(identifier)

    def _planning_chosen(self, _key: str) -> None:
        self._everything_changed(_key)
        if isValid(self) and self._scene is not None:
            self._ask_for_bone()
        self.refresh()

    # ------------------------------------------------------------------------------------ surfaces, made elsewhere

    def _start(self) -> None:
        """Make the scene when it is first looked at: importing VTK and starting OpenGL takes a moment."""
        try:
            from workstation.view.background import Background
            from workstation.view.structure_sources import StructureSources
            from workstation.view.volume_scene import VolumeScene

            self._scene = VolumeScene()
        except (ViewError, ImportError) as error:
            self.note = str(error)
            self.update()
            return
        self._sources = StructureSources()
        # The worker must not keep a closed window alive.
        deliver = weakref.WeakMethod(self._deliver)
        self._maker = Background("surfaces", lambda answer: (method := deliver()) and method(answer))
        self.destroyed.connect(self._maker.stop)
        self._everything_changed("")
        self._ask_for_bone()
        self.refresh()

    def _deliver(self, answer: Answer) -> None:
        """On the worker's thread: a Qt signal carries the answer over."""
        if isValid(self):
            self._answered.emit(answer)

    def _ask_for_dirty(self) -> None:
        """Coarse surfaces of what has changed; fine ones follow when it rests."""
        if self._maker is None:
            return
        started = time.perf_counter()
        dirty, self._dirty = self._dirty, {}
        for identifier in dirty:
            self._ask(identifier, False)
            self._rough[identifier] = None
        self._ask_seconds = time.perf_counter() - started
        self._rest.start()

    def _ask(self, identifier: str, fine: bool) -> None:
        from workstation.view.surface_mesh import COARSE_TRIANGLES, FINE_TRIANGLES, step_for, structure_mesh
        from workstation.view.volume_surface_looks import look_of

        def make() -> SurfaceMesh | None:
            source = sources.of(identifier, stack) if stack.slices else None
            return structure_mesh(stack, step_mm, surface_model, placed, source)

        structure = self.case.structures.get(identifier)
        if structure is None or self._maker is None or self._scene is None:
            return
        placed = self._to_planning(structure)
        stack = self.case.stack(identifier)
        if placed is None or not stack.slices:
            self._forget(identifier)
            self.refresh()
            return
        self._scene.set_look(identifier, look_of(structure))
        share = (FINE_TRIANGLES if fine else COARSE_TRIANGLES) / len(self.case.structures)
        step_mm = step_for(stack, share)
        if not fine:
            self._maker.forget((identifier, True))
        sources, surface_model = self._sources, self.case.surface_model
        self._maker.ask((identifier, fine), make, later=int(fine))

    def _to_planning(self, structure: Structure) -> NDArray[np.float64] | None:
        """(4, 4) from the structure's frame of reference to the planning image's; None when nothing links them."""
        here = self.case.planning.frame_of_reference_uid if self.case.planning is not None else ""
        there = structure.frame_of_reference_uid
        if not here or not there or here == there:
            return np.eye(4)
        link = self.case.transform(there, here)
        return None if link is None else link.matrix

    def _ask_for_bone(self) -> None:
        planning = self.case.planning
        if self._maker is None or self._scene is None:
            return
        wanted = planning.key if planning is not None and planning.modality == "CT" and self._bone_wanted else ""
        self._bone_button.setVisible(planning is not None and planning.modality == "CT")
        if wanted == self._bone_of:
            return
        self._forget(BONE)
        self._bone_of = wanted
        if wanted:
            from workstation.view.surface_mesh import bone_mesh
            from workstation.view.volume_surface_looks import BONE_LOOK

            self._scene.set_look(BONE, BONE_LOOK)
            self._maker.ask((BONE, True), partial(bone_mesh, planning), later=2)

    def _take(self, answer: Answer) -> None:
        """On the window's thread: put a surface into the scene, unless something newer is under way."""
        if self._scene is None or self._maker is None or not self._maker.current(answer):
            return
        identifier, fine = answer.key
        mesh: SurfaceMesh | None = answer.value
        self._failures.pop(identifier, None)
        if answer.error is not None:
            self._failures[identifier] = self._sentence(identifier, answer.error)
        self.note = next(iter(self._failures.values()), "")
        if mesh is None or not mesh.triangle_count:
            self._scene.remove(identifier)
        else:
            self._scene.set_mesh(identifier, mesh, fine)
        if not self._maker.busy:
            self._arrival.start(0)
        elif not self._arrival.isActive():
            pause_ms = 1000 * self._fine_seconds / ARRIVAL_SHARE
            self._arrival.start(min(LONGEST_ARRIVAL_PAUSE_MS, round(pause_ms)))

    def _show_arrived(self) -> None:
        """Show the surfaces that have come in since the last time, coarsely while more are to come."""
        if self._maker is not None and self._maker.busy:
            self._moving = True
            self._rest.start()
        if self._fitted:
            self.fit()
        self.refresh()

    def _sentence(self, identifier: str, error: Exception) -> str:
        structure = self.case.structures.get(identifier)
        what = structure.name if structure is not None else "the bone"
        return f"The surface of {what} could not be made: {error}"

    def _come_to_rest(self) -> None:
        """Nothing has moved for a while: fine surfaces, and the picture at full detail."""
        if self.viewing.drawing:
            self._rest.start()
            return
        rough, self._rough = self._rough, {}
        for identifier in rough:
            self._ask(identifier, True)
        self._moving = False
        self.refresh()

    # ------------------------------------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = QRectF(self.rect())
        if self._scene is None:
            if not self.note and not self._starting:
                # After this frame: the slices shall not wait for OpenGL.
                self._starting = True
                QTimer.singleShot(0, self, self._start)
            painter.fillRect(area, QColor(0, 0, 0))
            paint_note(painter, area, self.note, self.font())
            return
        if self._stale:
            self._render(self._scene)
        painter.drawImage(area, self._image)
        note = self.note or ("" if self._scene.names() else EMPTY_NOTE)
        if note:
            paint_note(painter, area, note, self.font())
        if self.case.planning is not None:
            self._paint_crosshair(painter)
            axes = self.camera.axes
            above_buttons = area.adjusted(0, 0, 0, -BUTTONS_PX)
            paint_side_letters(painter, above_buttons, Plane((0, 0, 0), axes[0], -axes[1]), self.font())

    def _render(self, scene: VolumeScene) -> None:
        for identifier in scene.names():
            shown = self.viewing.visible(identifier) if identifier != BONE else self._bone_wanted
            scene.set_visible(identifier, shown)
        ratio = self.devicePixelRatioF()
        fine = not self._moving or self._fine_seconds < MOVING_BUDGET_S
        # Where even coarse surfaces are slow to fill a large view, fewer pixels do while it turns.
        if self._moving and self.width() * self.height() * ratio * ratio > 1.2e6:
            ratio *= 0.5
        width, height = max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))
        camera = VolumeCamera(self.camera.axes, self.camera.focus_mm, self.camera.pixel_mm / ratio)
        started = time.perf_counter()
        from workstation.view.volume_scene import Detail

        picture = scene.picture(camera, width, height, Detail(fine))
        if fine:
            self._fine_seconds += 0.4 * (time.perf_counter() - started - self._fine_seconds)
        # A copy, for the array does not outlive this call.
        self._image = QImage(picture.data, width, height, 4 * width, QImage.Format.Format_RGBX8888).copy()
        self._stale = False

    def _paint_crosshair(self, painter: QPainter) -> None:
        """Three short lines along the patient's axes, always in front, so that they are never lost in a surface."""
        centre = self.viewing.crosshair_mm
        ends = np.concatenate([centre + CROSSHAIR_MM * np.eye(3), centre - CROSSHAIR_MM * np.eye(3)])
        points = self.camera.to_screen(ends, self.width(), self.height())
        x, y = self.camera.to_screen(centre, self.width(), self.height())
        self._crosshair_place = (float(x), float(y))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for color, width in ((QColor(0, 0, 0, 160), 3.0), (QColor("#ffffff"), 1.2)):
            painter.setPen(QPen(color, width))
            painter.drawLines([QLineF(*points[a], *points[a + 3]) for a in range(3)])

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fitted:
            self.fit()
        self.refresh()

    def sizeHint(self) -> QSize:
        return QSize(480, 360)

    # --------------------------------------------------------------------------------------------------- hands

    def _camera_moved(self) -> None:
        self._fitted = False
        self._moving = True
        self._rest.start()
        self.refresh()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._dragged == Qt.MouseButton.NoButton:
            self._dragged, self._last = event.button(), event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        delta = event.position() - self._last
        self._last = event.position()
        if self._dragged == Qt.MouseButton.LeftButton:
            self.camera = self.camera.turned(delta.x(), delta.y())
        elif self._dragged == Qt.MouseButton.MiddleButton:
            self.camera = self.camera.panned(delta.x(), delta.y())
        elif self._dragged == Qt.MouseButton.RightButton:
            self.camera = self.camera.zoomed(1.01 ** -delta.y())
        else:
            return
        self._camera_moved()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == self._dragged:
            self._dragged = Qt.MouseButton.NoButton

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.camera = self.camera.zoomed(1.15 ** (event.angleDelta().y() / 120))
        self._camera_moved()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        name = event.text().upper()
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            event.ignore()
        elif name in SIDES:
            self.look_from(name)
        elif event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.maximise_requested.emit()
        elif event.key() == Qt.Key.Key_Home:
            self.fit()
        else:
            event.ignore()

    def enterEvent(self, event: QEnterEvent) -> None:
        if not somebody_types():
            self.setFocus(Qt.FocusReason.MouseFocusReason)
