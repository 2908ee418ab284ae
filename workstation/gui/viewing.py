"""What is being looked at and how: the crosshair, the two images, their windows, what is visible, the tool in hand.

A small model without a toolkit. Views listen to its signals and only remember that they must repaint. Nothing in
here is undoable; `state` and `restore` carry it into the case file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from psygnal import Signal

from workstation.images.volume import Volume
from workstation.images.windows import automatic_window
from workstation.view.color_maps import GREY, HOT_IRON, NAMES

if TYPE_CHECKING:
    from workstation.case.case import Case
    from workstation.editing.tool import Tool

Float = NDArray[np.float64]

SMALLEST_WINDOW = 1e-3
FUNCTIONAL_MODALITIES = ("PT", "NM")


class Viewing:
    """How a case is looked at. Points are patient millimetres in the planning image's frame of reference."""

    crosshair_moved = Signal()
    """The crosshair points elsewhere."""
    display_changed = Signal()
    """Images, windows, colours or opacity changed."""
    tool_changed = Signal()
    """Another tool is in hand."""
    visibility_changed = Signal()
    """Structures were shown, hidden or filled."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._crosshair_mm: Float = np.zeros(3)
        self._crosshair_mm.setflags(write=False)
        self._base_key = ""
        self._overlay_key = ""
        self._opacity = 0.4
        self._overlay_shown = True
        self._overlay_colors = ""
        self._windows: dict[str, tuple[float, float]] = {}
        self._hidden: set[str] = set()
        self._hide_all = False
        self._filled = False
        self._tool: Tool | None = None
        self.drawing = False
        """Whether a stroke is being drawn right now: views that are not drawn in then follow at their leisure."""
        case.planning_image_chosen.connect(self._planning_chosen)
        case.image_removed.connect(self._image_removed)
        if case.planning is not None:
            self._planning_chosen(case.planning_key)

    # ------------------------------------------------------------------------------------------- the crosshair

    @property
    def crosshair_mm(self) -> Float:
        """(3,) the point that all views share; read-only, assign a new one to move it."""
        return self._crosshair_mm

    @crosshair_mm.setter
    def crosshair_mm(self, point_mm: ArrayLike) -> None:
        point = np.array(point_mm, dtype=np.float64).reshape(3)
        if not np.isfinite(point).all():
            raise ValueError("The crosshair needs three finite coordinates in mm")
        if np.array_equal(point, self._crosshair_mm):
            return
        point.setflags(write=False)
        self._crosshair_mm = point
        self.crosshair_moved.emit()

    # ---------------------------------------------------------------------------------------------- the images

    @property
    def base_key(self) -> str:
        """The image shown below, "" while there is none."""
        return self._base_key

    @base_key.setter
    def base_key(self, key: str) -> None:
        self._change("_base_key", key)

    @property
    def overlay_key(self) -> str:
        """The image laid over the base, "" for none."""
        return self._overlay_key

    @overlay_key.setter
    def overlay_key(self, key: str) -> None:
        self._change("_overlay_key", key)

    @property
    def opacity(self) -> float:
        """Of the overlay, 0 to 1."""
        return self._opacity

    @opacity.setter
    def opacity(self, value: float) -> None:
        self._change("_opacity", min(max(float(value), 0.0), 1.0))

    @property
    def overlay_shown(self) -> bool:
        """Whether the overlay is switched on."""
        return self._overlay_shown

    @overlay_shown.setter
    def overlay_shown(self, shown: bool) -> None:
        self._change("_overlay_shown", bool(shown))

    @property
    def overlay_colors(self) -> str:
        """The overlay's colour table, one of `workstation.view.color_maps.NAMES`.

        Until a person chooses one: grey for anatomy (bone of the CT and soft tissue of the MR read as one picture),
        hot iron for what shows function.
        """
        if self._overlay_colors:
            return self._overlay_colors
        overlay = self._case.images.get(self._overlay_key)
        return HOT_IRON if overlay is not None and overlay.modality in FUNCTIONAL_MODALITIES else GREY

    @overlay_colors.setter
    def overlay_colors(self, name: str) -> None:
        if name not in NAMES:
            raise ValueError(f"There are no colours called {name!r}; choose one of {', '.join(NAMES)}")
        self._change("_overlay_colors", name)

    def window(self, key: str) -> tuple[float, float]:
        """Centre and width of an image's window in its unit; an automatic one until somebody sets it."""
        if key not in self._windows:
            volume = self._case.images.get(key)
            if volume is None:
                return 40.0, 400.0
            automatic = automatic_window(volume)
            self._windows[key] = (float(automatic.centre), float(automatic.width))
        return self._windows[key]

    def set_window(self, key: str, centre: float, width: float) -> None:
        """Show an image with another window; widths below a thousandth are held there."""
        window = (float(centre), max(float(width), SMALLEST_WINDOW))
        if self._windows.get(key) != window:
            self._windows[key] = window
            self.display_changed.emit()

    # ------------------------------------------------------------------------------------------ the structures

    def visible(self, identifier: str) -> bool:
        """Whether a structure is switched on (holding `hide_all` does not change it)."""
        return identifier not in self._hidden

    def set_visible(self, identifier: str, visible: bool) -> None:
        """Switch a structure on or off."""
        if visible != self.visible(identifier):
            (self._hidden.discard if visible else self._hidden.add)(identifier)
            self.visibility_changed.emit()

    @property
    def hide_all(self) -> bool:
        """Whether all contours are hidden, as long as a key is held."""
        return self._hide_all

    @hide_all.setter
    def hide_all(self, hidden: bool) -> None:
        if hidden != self._hide_all:
            self._hide_all = bool(hidden)
            self.visibility_changed.emit()

    @property
    def filled(self) -> bool:
        """Whether contours are filled translucently."""
        return self._filled

    @filled.setter
    def filled(self, filled: bool) -> None:
        if filled != self._filled:
            self._filled = bool(filled)
            self.visibility_changed.emit()

    # ------------------------------------------------------------------------------------------------ the tool

    @property
    def tool(self) -> Tool | None:
        """The tool in hand; None is the crosshair."""
        return self._tool

    @tool.setter
    def tool(self, tool: Tool | None) -> None:
        if tool is not self._tool:
            self._tool = tool
            self.tool_changed.emit()

    # ----------------------------------------------------------------------------------------- keeping it all

    def state(self) -> dict[str, Any]:
        """Everything worth keeping, as JSON values."""
        return {
            "crosshair_mm": [float(x) for x in self._crosshair_mm],
            "base": self._base_key,
            "overlay": self._overlay_key,
            "opacity": self._opacity,
            "overlay_shown": self._overlay_shown,
            "overlay_colors": self._overlay_colors,
            "windows": {key: list(window) for key, window in self._windows.items()},
            "hidden": sorted(self._hidden),
            "filled": self._filled,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave; what is missing, or names an image that is not there, stays as it is."""
        images = self._case.images
        self._base_key = state["base"] if state.get("base") in images else self._base_key
        self._overlay_key = state["overlay"] if state.get("overlay") in images else self._overlay_key
        self._opacity = float(state.get("opacity", self._opacity))
        self._overlay_shown = bool(state.get("overlay_shown", self._overlay_shown))
        colors = state.get("overlay_colors", self._overlay_colors)
        self._overlay_colors = colors if colors in NAMES else self._overlay_colors
        self._windows.update({key: (float(c), float(w)) for key, (c, w) in state.get("windows", {}).items()})
        self._hidden = set(state.get("hidden", self._hidden))
        self._filled = bool(state.get("filled", self._filled))
        self.display_changed.emit()
        self.visibility_changed.emit()
        if "crosshair_mm" in state:
            self.crosshair_mm = state["crosshair_mm"]

    # ------------------------------------------------------------------------------------------------ privately

    def _change(self, name: str, value: Any) -> None:
        if getattr(self, name) != value:
            setattr(self, name, value)
            self.display_changed.emit()

    def _planning_chosen(self, key: str) -> None:
        volume: Volume | None = self._case.planning
        if volume is None:
            return
        self.base_key = key
        if self._overlay_key == key:
            self.overlay_key = ""
        self.crosshair_mm = volume.grid.centre_mm

    def _image_removed(self, key: str) -> None:
        self._windows.pop(key, None)
        if self._overlay_key == key:
            self.overlay_key = ""
        if self._base_key == key:
            self.base_key = self._case.planning_key or ""


