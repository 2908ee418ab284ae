"""The structures on a slice: which of them are drawn, in what order and style, and what they are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from workstation.geometry.plane import Plane
from workstation.gui.structure_model import is_provisional, volume_text
from workstation.gui.viewing import Viewing
from workstation.gui.viewport.legend import LegendEntry
from workstation.gui.viewport.still import Drawn
from workstation.view.contour_scene import TARGETS, Contour, LineStyle, kind_of, style_of
from workstation.view.outlines import Outlines

if TYPE_CHECKING:
    from workstation.case.case import Case
    from workstation.editing.desk import Desk


def _unknown(_identifier: str) -> float | None:
    return None


class SliceContours:
    """The structures of one view. volume_of: a structure's volume in cc as it was measured last, None before that.

    listed: identifiers of the structures in the picture that was made last, the uppermost first.
    """

    def __init__(self, case: Case, viewing: Viewing, desk: Desk | None, outlines: Outlines) -> None:
        self._case, self._viewing, self._desk = case, viewing, desk
        self.outlines = outlines
        self.volume_of: Callable[[str], float | None] = _unknown
        self.listed: list[str] = []

    @property
    def active(self) -> str:
        """Identifier of the structure that tools draw on, "" for none."""
        return (self._desk.active if self._desk is not None else "") or ""

    def on(self, plane: Plane, view: str, moving: bool) -> Iterator[tuple[str, Contour]]:
        """Identifier and contour of every structure visible on a plane: targets over organs, the active one on top.

        view: a name for who asks. moving: the plane will be another one in a moment.
        """
        if self._viewing.hide_all:
            return
        active, structures = self.active, self._case.structures
        names = [name for name in structures if self._viewing.visible(name)]
        tried = self._viewing.tried_frame_uid
        if tried:  # what was drawn on an image that is being moved would be left behind
            names = [name for name in names if structures[name].frame_of_reference_uid != tried]
        if self._viewing.contour_look.selected_only:
            names = [name for name in names if name == active]
        names.sort(key=lambda name: (name == active, kind_of(structures[name]) in TARGETS))
        self.outlines.begin_frame(moving)
        drawing, found = self._viewing.drawing, {}
        # What matters most is asked for first and painted last.
        for name in reversed(names):
            found[name] = self.outlines.contour(name, plane, view, moving, drawing)
        for name in names:
            if found[name]:
                yield name, found[name]

    def drawn(self, plane: Plane, view: str, moving: bool) -> Iterator[Drawn]:
        """Contours with colours and styles, the lowest first; they are listed on the way."""
        self.listed = []
        for name, contour in self.on(plane, view, moving):
            self.listed.insert(0, name)
            yield contour, self._case.structures[name].color, self._style(name)

    def entry(self, identifier: str) -> LegendEntry | None:
        """How a structure is listed; None when it is gone."""
        structure = self._case.structures.get(identifier)
        if structure is None:
            return None
        style, volume_cc = self._style(identifier), self.volume_of(identifier)
        words = "" if volume_cc is None else volume_text(volume_cc)
        name = f"{structure.name} (provisional)" if is_provisional(self._case, structure) else structure.name
        return LegendEntry(structure.color, style.width, style.pattern, name, words)

    def legend(self) -> list[LegendEntry]:
        """Entries of the structures in the picture, the uppermost first."""
        entries = (self.entry(name) for name in self.listed)
        return [entry for entry in entries if entry is not None]

    def _style(self, identifier: str) -> LineStyle:
        structure = self._case.structures[identifier]
        return style_of(structure, identifier == self.active, self._viewing.contour_look)
