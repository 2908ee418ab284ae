"""The structures' surfaces for the 3D view: follow every edit, coarse at once and fine when it rests."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from workstation.geometry.deformation import Deformation
from workstation.geometry.transform import Transform
from workstation.gui.viewing import Viewing
from workstation.structures.structure import ContourStack, Structure
from workstation.view.structure_sources import StructureSources
from workstation.view.surface_mesh import SurfaceMesh, step_for, structure_mesh
from workstation.view.volume_surface_looks import is_body, look_of

if TYPE_CHECKING:
    from workstation.case.case import Case
    from workstation.view.background import Answer, Background
    from workstation.view.volume_renderer import VolumeRenderer

Float = NDArray[np.float64]
Box = tuple[Float, Float]

# How fast surfaces follow a stroke at best, and the share of the window's time that asking for them may take.
FOLLOW_MS = 200
FOLLOW_SHARE = 0.12
SOON_MS = 30
REST_MS = 350
MOST_ASKING_S = 0.008
"""Asking looks at contours; after so long the rest is asked for when the window has drawn breath."""


class VolumeSurfaces(QObject):
    """Keeps a renderer's surfaces like the case's structures. changed: there is something new to be shown."""

    changed = Signal()

    def __init__(self, case: Case, viewing: Viewing, renderer: VolumeRenderer, maker: Background, parent: QObject):
        super().__init__(parent)
        self.case, self.viewing = case, viewing
        self._renderer, self._maker = renderer, maker
        self._sources = StructureSources()
        self._dirty: dict[str, None] = {}
        self._rough: dict[str, None] = {}
        self._asked: dict[str, ContourStack] = {}
        self._boxes: dict[str, Box] = {}
        self._failures: dict[str, str] = {}
        self._waiting: set[tuple[str, bool]] = set()
        self._ask_seconds = 0.0
        self._follow = QTimer(self, singleShot=True)
        self._follow.timeout.connect(self._ask_for_dirty)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._come_to_rest)
        case.structure_added.connect(self._structure_changed)
        case.structure_changed.connect(self._structure_changed)
        case.structure_removed.connect(self._structure_removed)
        case.planning_image_chosen.connect(self.everything_changed)
        case.registration_changed.connect(self._link_changed)
        viewing.visibility_changed.connect(self.show_visible)
        self.everything_changed()

    # ---------------------------------------------------------------------------------------------- what there is

    @property
    def names(self) -> tuple[str, ...]:
        """Identifiers of the structures that have a surface."""
        return tuple(self._boxes)

    @property
    def note(self) -> str:
        """What is wrong, in a sentence; "" when nothing is."""
        return next(iter(self._failures.values()), "")

    @property
    def busy(self) -> bool:
        """Whether surfaces are still to be asked for (those under way not counted)."""
        return bool(self._dirty or self._rough) or self._follow.isActive() or self._rest.isActive()

    @property
    def waiting(self) -> bool:
        """Whether surfaces are under way."""
        return bool(self._waiting)

    def box_mm(self) -> Box | None:
        """Lower and upper patient corner of the structures that are shown, the body's outline only if it is alone."""
        shown = {name: box for name, box in self._boxes.items() if self.viewing.visible(name)}
        inner = [b for n, b in shown.items() if n in self.case.structures and not is_body(self.case.structures[n])]
        boxes = inner or list(shown.values())
        if not boxes:
            return None
        return np.min([low for low, _ in boxes], axis=0), np.max([high for _, high in boxes], axis=0)

    # ---------------------------------------------------------------------------------- what makes it out of date

    def everything_changed(self, _key: str = "") -> None:
        """All surfaces lie elsewhere now."""
        self._asked.clear()
        for identifier in self.case.structures:
            self._structure_changed(identifier)

    def _link_changed(self, _key: str) -> None:
        """What lies in the planning image's own frame lies where it lay."""
        here = self.case.planning.frame_of_reference_uid if self.case.planning else ""
        for identifier, structure in self.case.structures.items():
            if structure.frame_of_reference_uid != here:
                self._asked.pop(identifier, None)
                self._structure_changed(identifier)

    def show_visible(self) -> None:
        """Show what is switched on."""
        if not isValid(self):
            return
        shown = {name: self.viewing.visible(name) for name in self.case.structures}

        def show(scene: Any) -> None:
            for name, visible in shown.items():
                scene.set_visible(name, visible)

        self._renderer.change(show, "visible")
        self.changed.emit()

    def show_looks(self) -> None:
        """Colours, and what cuts leave whole."""
        for identifier in self._boxes:
            self._set_look(identifier)
        self.changed.emit()

    def _structure_changed(self, identifier: str) -> None:
        if not isValid(self):
            return
        self._dirty[identifier] = None
        if not self._follow.isActive():
            pause = max(FOLLOW_MS, 1000 * self._ask_seconds / FOLLOW_SHARE) if self.viewing.drawing else SOON_MS
            self._follow.start(round(pause))

    def _structure_removed(self, identifier: str) -> None:
        if not isValid(self):
            return
        for kept in (self._dirty, self._rough):
            kept.pop(identifier, None)
        self._forget(identifier)
        self.changed.emit()

    def _forget(self, identifier: str) -> None:
        self._failures.pop(identifier, None)
        self._boxes.pop(identifier, None)
        self._asked.pop(identifier, None)
        for fine in (False, True):
            self._drop((identifier, fine))
        self._renderer.change(lambda scene: scene.remove(identifier))

    # ---------------------------------------------------------------------------------------- made elsewhere

    def _ask_for_dirty(self) -> None:
        """Coarse surfaces of what has changed; fine ones follow when it rests."""
        started = time.perf_counter()
        while self._dirty and time.perf_counter() - started < MOST_ASKING_S:
            identifier = next(iter(self._dirty))
            del self._dirty[identifier]
            if self._ask(identifier, False):
                self._rough[identifier] = None
        self._ask_seconds = time.perf_counter() - started
        self._rest.start()
        if self._dirty:
            self._follow.start(0)

    def _ask(self, identifier: str, fine: bool) -> bool:
        """Whether a surface is under way."""
        structure = self.case.structures.get(identifier)
        if structure is None:
            return False
        placed = self._to_planning(structure)
        stack = self.case.stack(identifier)
        if placed is None or not stack.slices:
            self._forget(identifier)
            self.changed.emit()
            return False
        self._set_look(identifier)
        if not fine and self._asked.get(identifier) is stack:
            self.changed.emit()
            return False  # another name or colour; the same contours
        self._asked[identifier] = stack
        if not fine:
            self._drop((identifier, True))
        detail = (fine, len(self.case.structures))
        make = surface_maker(self._sources, identifier, stack, detail, self.case.surface_model, placed)
        self._waiting.add((identifier, fine))
        self._maker.ask((identifier, fine), make, later=int(fine))
        return True

    def _drop(self, key: tuple[str, bool]) -> None:
        """This surface is not wanted any more."""
        self._waiting.discard(key)
        self._maker.forget(key)

    def _set_look(self, identifier: str) -> None:
        structure = self.case.structures.get(identifier)
        if structure is not None:
            look = look_of(structure, self.viewing.volume_look.targets_whole)
            self._renderer.change(lambda scene: scene.set_look(identifier, look))

    def _to_planning(self, structure: Structure) -> Float | Deformation | None:
        """From the structure's frame of reference to the planning image's; None when nothing links them."""
        here = self.case.planning.frame_of_reference_uid if self.case.planning is not None else ""
        there = structure.frame_of_reference_uid
        if not here or not there or here == there:
            return np.eye(4)
        link = self.case.transform(there, here)
        return link.matrix if isinstance(link, Transform) else link

    def take(self, answer: Answer) -> None:
        """On the window's thread: put a surface into the scene, unless something newer is under way."""
        identifier, fine = answer.key
        self._waiting.discard(answer.key)
        if identifier not in self.case.structures:
            return
        self._failures.pop(identifier, None)
        if answer.error is not None:
            name = self.case.structures[identifier].name
            self._failures[identifier] = f"The surface of {name} could not be made: {answer.error}"
        if answer.value is None:
            self._boxes.pop(identifier, None)
            self._asked.pop(identifier, None)
            self._renderer.change(lambda scene: scene.remove(identifier))
            return
        mesh, box = answer.value
        visible = self.viewing.visible(identifier)
        self._boxes[identifier] = box

        def show(scene: Any) -> None:
            scene.set_mesh(identifier, mesh, fine)
            scene.set_visible(identifier, visible)

        self._renderer.change(show)

    def _come_to_rest(self) -> None:
        """Nothing has changed for a while: fine surfaces."""
        if self.viewing.drawing:
            self._rest.start()
            return
        rough, self._rough = self._rough, {}
        for identifier in rough:
            self._ask(identifier, True)


def surface_maker(
    sources: StructureSources,
    identifier: str,
    stack: ContourStack,
    detail: tuple[bool, int],
    surface_model: str,
    placed: Float,
) -> Callable[[], tuple[SurfaceMesh, Box] | None]:
    """What makes a structure's surface and its box in the background; detail: fine, one of how many."""

    def make() -> tuple[SurfaceMesh, Box] | None:
        source = sources.of(identifier, stack)
        mesh = structure_mesh(stack, step_for(stack, *detail), surface_model, placed, source)
        return None if mesh is None or not mesh.triangle_count else (mesh, mesh.bounds_mm())

    return make
