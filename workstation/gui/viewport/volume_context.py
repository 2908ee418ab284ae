"""What lies around the structures in the 3D view: the bone's surface or a ray-cast image, made in the background."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from workstation.gui.viewing import Viewing
from workstation.gui.viewport.volume_images import image_for, to_planning
from workstation.images.volume import Volume
from workstation.view.surface_mesh import COARSE_BONE_TRIANGLES, SurfaceMesh, bone_mesh
from workstation.view.volume_couch import reduced_for_casting
from workstation.view.volume_presets import BONE_SURFACE, CONTEXTS, NONE, RENDERED, preset_of, voxel_mm_of
from workstation.view.volume_reduction import ReducedVolume
from workstation.view.volume_surface_looks import BONE_LOOK

if TYPE_CHECKING:
    from workstation.case.case import Case
    from workstation.view.background import Answer, Background
    from workstation.view.volume_renderer import VolumeRenderer
    from workstation.view.volume_scene import VolumeScene

Float = NDArray[np.float64]
Box = tuple[Float, Float]

BONE = "bone of the planning image"
CONTEXT = "context"
"""First part of the keys under which this is made."""


class VolumeContext(QObject):
    """Keeps a renderer's context like `viewing.volume_look` says. changed: there is something new to be shown."""

    changed = Signal()

    def __init__(self, case: Case, viewing: Viewing, renderer: VolumeRenderer, maker: Background, parent: QObject):
        super().__init__(parent)
        self.case, self.viewing = case, viewing
        self._renderer, self._maker = renderer, maker
        self._shown: tuple[str, str] = (NONE, "")
        self._reduced: tuple[object, ReducedVolume] | None = None
        self._box: Box | None = None
        self._dressed: object = None
        self._waiting = False
        self.note = ""
        viewing.display_changed.connect(self.follow)
        case.planning_image_chosen.connect(self.follow)
        case.registration_changed.connect(self.follow)
        case.image_removed.connect(self.follow)
        self.follow()

    @property
    def busy(self) -> bool:
        """Whether the context is still being made."""
        return self._waiting

    @property
    def there(self) -> bool:
        """Whether a context is shown."""
        return self._box is not None

    def box_mm(self) -> Box | None:
        """Lower and upper patient corner of what is ray-cast; None for anything else."""
        return self._box if self._shown[0] in RENDERED else None

    def follow(self, _what: str = "") -> None:
        """Show what is chosen, from the image that suits it."""
        if not isValid(self):
            return
        context = self.viewing.volume_look.context
        image = image_for(self.case, self.viewing, context)
        wanted = (context, image.key) if image is not None else (NONE, "")
        if wanted == self._shown:
            self._dress(image)
            return
        if image is not None and self._reduced is not None and self._source(image, context) == self._reduced[0]:
            # The same image in other colours.
            self._maker.forget((CONTEXT, self._shown[0]))
            self._shown, self._waiting, self.note = wanted, False, ""
            self._renderer.change(lambda scene: scene.remove(BONE))
            self._dress(image)
            return
        self._clear(wanted)
        if image is not None:
            self._waiting = True
            make = partial(_surface, image) if context == BONE_SURFACE else self._casting(image, context)
            self._maker.ask((CONTEXT, context), make, later=2)
        self.changed.emit()

    def take(self, answer: Answer) -> None:
        """On the window's thread: show what was made."""
        self._waiting = False
        if answer.error is not None:
            self.note = f"{CONTEXTS[self._shown[0]]} could not be shown in 3D: {answer.error}"
            self.changed.emit()
            return
        made, self._box = answer.value
        if isinstance(made, ReducedVolume):
            image = image_for(self.case, self.viewing, self._shown[0])
            self._reduced = (self._source(image, self._shown[0]), made)
            self._dress(image)
        else:
            self._renderer.change(partial(_show_bone, made))
        self.changed.emit()

    # ------------------------------------------------------------------------------------------------ privately

    def _clear(self, wanted: tuple[str, str]) -> None:
        self._maker.forget((CONTEXT, self._shown[0]))
        self._shown, self._waiting, self._box, self.note = wanted, False, None, ""
        self._dressed = self._reduced = None
        self._renderer.change(lambda scene: (scene.remove(BONE), scene.set_image(None))[0], "image")

    def _casting(self, image: Volume, context: str) -> partial[tuple[ReducedVolume, Box]]:
        return partial(_reduced, image, context, to_planning(self.case, image))

    def _source(self, image: Volume | None, context: str) -> object:
        """What a reduced image was made from and how finely: equal when it can be used again."""
        return (image.key, voxel_mm_of(context)) if image is not None and context in RENDERED else None

    def _dress(self, image: Volume | None) -> None:
        """Preset, window and place of the image that is cast."""
        context = self._shown[0]
        if image is None or self._reduced is None or context not in RENDERED:
            return
        reduced, placed = self._reduced[1], to_planning(self.case, image)
        preset = preset_of(context, self.viewing.window(image.key))
        look = (preset, None if placed is None else placed.tobytes())
        if look != self._dressed:
            self._dressed = look
            self._renderer.change(lambda scene: scene.set_image(reduced, preset, placed), "image")
            self.changed.emit()


def _surface(image: Volume) -> tuple[tuple[SurfaceMesh, SurfaceMesh], Box]:
    """The bone while it moves and when it rests, and its box."""
    coarse, fine = bone_mesh(image, triangles=COARSE_BONE_TRIANGLES), bone_mesh(image)
    return (coarse, fine), fine.bounds_mm()


def _show_bone(meshes: tuple[SurfaceMesh, SurfaceMesh], scene: VolumeScene) -> None:
    scene.set_look(BONE, BONE_LOOK)
    for fine, mesh in enumerate(meshes):
        scene.set_mesh(BONE, mesh, bool(fine))


def _reduced(image: Volume, context: str, to_shown: Float | None) -> tuple[ReducedVolume, Box]:
    reduced = reduced_for_casting(image, context)
    return reduced, reduced.tissue_box_mm(to_shown)
