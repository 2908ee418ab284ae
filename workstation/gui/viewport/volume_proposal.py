"""What is proposed as tumour and as the flow beside it, translucent in the 3D view, while thresholds move."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from workstation.editing.proposal import TUMOUR_COLOR, VEIN_COLOR
from workstation.geometry.deformation import SpatialMap
from workstation.geometry.transform import Transform
from workstation.gui.viewing import Viewing
from workstation.view.surface_mesh import field_mesh
from workstation.view.volume_scene import SurfaceLook

if TYPE_CHECKING:
    from workstation.editing.desk import Desk
    from workstation.editing.separating import Found
    from workstation.enhancement.growing import Grown
    from workstation.view.background import Answer, Background
    from workstation.view.surface_mesh import SurfaceMesh
    from workstation.view.volume_renderer import VolumeRenderer

PROPOSAL = "proposal"
"""First part of the keys under which this is made."""
LOOKS = {"proposed tumour": SurfaceLook(TUMOUR_COLOR, 0.7, 1), "proposed flow": SurfaceLook(VEIN_COLOR, 0.35, 2)}
TUMOUR, FLOW = LOOKS
FOLLOW_MS = 80
"""The slices follow every step of a threshold; this view no faster, so that they are not held up."""


class VolumeProposal(QObject):
    """Keeps a renderer's proposal like the work on an examination. changed: there is something new to be shown."""

    changed = Signal()

    def __init__(self, desk: Desk, viewing: Viewing, renderer: VolumeRenderer, maker: Background, parent: QObject):
        super().__init__(parent)
        self._case, self._separating, self._viewing = desk.case, desk.separating, viewing
        separating = self._separating
        self._renderer, self._maker = renderer, maker
        self._asked: dict[str, Grown | None] = {}
        self._there: set[str] = set()
        self._follow = QTimer(self, singleShot=True, interval=FOLLOW_MS)
        self._follow.timeout.connect(self._ask)
        self.note = ""
        separating.found_changed.connect(self._changed)
        separating.grown_changed.connect(self._changed)
        for fact in (desk.case.structure_added, desk.case.structure_removed):
            fact.connect(self._changed)
        viewing.visibility_changed.connect(self._show_visible)
        self._changed()

    @property
    def busy(self) -> bool:
        """Whether surfaces are still to be asked for."""
        return self._follow.isActive()

    @property
    def found(self) -> Found | None:
        """The result that is shown; None where nothing is."""
        return self._separating.proposed if self._there and not self._viewing.hide_all else None

    def _changed(self, *_: object) -> None:
        if isValid(self) and not self._follow.isActive():
            self._follow.start()

    def _ask(self) -> None:
        """Surfaces of what is another one now."""
        found, grown = self._separating.proposed, self._separating.grown
        if found is not None and self._is_shown_accepted(found):
            grown = None
        flow = found.flow if found is not None else None
        for name, piece in ((TUMOUR, grown), (FLOW, flow)):
            piece = piece if piece is not None and piece.region.any() else None
            if piece is self._asked.get(name):
                continue
            self._asked[name] = piece
            if piece is None or found is None:
                self._maker.forget((PROPOSAL, name))
                self._remove(name)
            else:
                self._maker.ask((PROPOSAL, name), partial(mesh_of, piece, found.link))

    def _is_shown_accepted(self, found: Found) -> bool:
        """Whether what is proposed is a structure by now that is shown: two surfaces at one place are speckled."""
        grower, threshold = self._separating.grower, self._separating.threshold
        return grower is not None and any(
            each.evidence is not None and each.evidence.evidence == grower.evidence.name
            and each.evidence.threshold == threshold and np.allclose(each.evidence.seed_mm, found.seed_mm)
            and self._viewing.visible(each.identifier)
            for each in self._case.structures.values()
        )  # fmt: skip

    def _remove(self, name: str) -> None:
        self._there.discard(name)
        self._renderer.change(lambda scene: scene.remove(name))
        self.changed.emit()

    def take(self, answer: Answer) -> None:
        """On the window's thread: put a surface into the scene."""
        name = answer.key[1]  # type: ignore[index]
        self.note = "" if answer.error is None else f"The proposal's surface could not be made: {answer.error}"
        if answer.value is None or self._asked.get(name) is None:
            self._remove(name)
            return
        self._there.add(name)
        visible = not self._viewing.hide_all

        def show(scene: Any) -> None:
            scene.set_mesh(name, answer.value)
            scene.set_look(name, LOOKS[name])
            scene.set_visible(name, visible)

        self._renderer.change(show)
        self.changed.emit()

    def _show_visible(self) -> None:
        self._changed()
        if not isValid(self) or not self._there:
            return
        names, visible = tuple(self._there), not self._viewing.hide_all

        def show(scene: Any) -> None:
            for name in names:
                scene.set_visible(name, visible)

        self._renderer.change(show, "proposal visible")
        self.changed.emit()


def mesh_of(grown: Grown, link: SpatialMap) -> SurfaceMesh:
    """The surface of a region in the planning image's frame. link: from that to the region's."""
    back = link.inverse()
    return field_mesh(grown.field, grown.grid, back.matrix if isinstance(back, Transform) else back)
