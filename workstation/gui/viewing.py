"""What is being looked at and how: the crosshair, the two images, their windows, what is visible, the tool in hand.

A small model without a toolkit. Views listen to its signals and only remember that they must repaint. Nothing in
here is undoable; `state` and `restore` carry it into the case file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from psygnal import Signal

from workstation.gui.kept_values import alike, mapping_in, number_in, numbers_of, word_in, words_in
from workstation.gui.layout_model import PHASES, ViewLayout
from workstation.gui.viewport.volume_looks import VolumeLook
from workstation.images.phases import phases_of
from workstation.images.volume import Volume
from workstation.images.windows import automatic_window
from workstation.view.color_maps import GREY, HOT_IRON, NAMES
from workstation.view.contour_scene import ContourLook
from workstation.view.fusion_look import (
    BLEND,
    CHECKERBOARD,
    COLOUR,
    CURTAIN,
    DIFFERENCE,
    EDGES,
    FLICKER,
    SPYGLASS,
    FusionLook,
    shows_function,
)
from workstation.view.oblique_planes import STRAIGHT, is_straight, turned_about
from workstation.view.slab import Slab
from workstation.view.slice_planes import ORIENTATIONS, acquired_orientation

if TYPE_CHECKING:
    from workstation.case.case import Case
    from workstation.editing.placing import Placing
    from workstation.editing.tool import Tool
    from workstation.geometry.deformation import SpatialMap

Float = NDArray[np.float64]

SMALLEST_WINDOW = 1e-3
FLICKER_HZ = (0.5, 10.0)
"""Slowest and fastest change of images."""
TILE_MM = (2.0, 100.0)
SPYGLASS_MM = (3.0, 100.0)
"""Least and largest sizes on the patient."""


@dataclass(frozen=True, eq=False)
class MapShown:
    """A map that lies over the images in place of the fused one.

    volume: its values, in the frame of reference of the image that it was made from. window: centre and width.
    ends: what small and large values mean, in words.
    """

    volume: Volume
    window: tuple[float, float]
    colors: str
    ends: tuple[str, str] = ("", "")
    opacity: float = 0.7


class Viewing:
    """How a case is looked at. Points are patient millimetres in the planning image's frame of reference."""

    crosshair_moved = Signal()
    """The crosshair points elsewhere."""
    display_changed = Signal()
    """Images, windows, colours or opacity changed."""
    tool_changed = Signal()
    """Another tool is in hand."""
    visibility_changed = Signal()
    """Structures were shown, hidden, or are drawn otherwise."""
    planes_turned = Signal()
    """The planes lie in other directions."""
    trial_changed = Signal()
    """The fused image is shown at another place than the case's, or at its own again."""
    flickered = Signal()
    """It is the other image's turn."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._crosshair_mm: Float = np.zeros(3)
        self._crosshair_mm.setflags(write=False)
        self._placing: Placing | None = None
        self._base_key = ""
        self._overlay_key = ""
        self._map_shown: MapShown | None = None
        self._look = FusionLook()
        self._mode = ""
        self._flicker_hz = 2.0
        self._slab = Slab()
        self._contour_look = ContourLook()
        self._names_shown = True
        self._legend_shown = False
        self._turns: Mapping[str, Float] = STRAIGHT
        self.volume_look = VolumeLook()
        self.layout = ViewLayout()
        self._overlay_shown = True
        self._overlay_colors = ""
        self._windows: dict[str, tuple[float, float]] = {}
        self._automatic: set[str] = set()
        """Images whose window nobody has set."""
        self._hidden: set[str] = set()
        self._hide_all = False
        self._tool: Tool | None = None
        self.drawing = False
        """Whether a stroke is being drawn right now: views that are not drawn in then follow at their leisure."""
        case.planning_image_chosen.connect(self._planning_chosen)
        case.image_added.connect(self._image_added)
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

    def follow(self, placing: Placing) -> None:
        """Show what is tried by hand in place of the case's own link."""
        self._placing = placing
        placing.changed.connect(self.trial_changed.emit)

    def transform(self, source_frame_uid: str, target_frame_uid: str) -> SpatialMap | None:
        """The map between two frames of reference as it is to be shown: the one that is tried, or the case's."""
        trial = self._placing.trial if self._placing is not None else None
        tried = trial.between(source_frame_uid, target_frame_uid) if trial is not None else None
        return tried if tried is not None else self._case.transform(source_frame_uid, target_frame_uid)

    @property
    def tried_frame_uid(self) -> str:
        """The frame of reference that is shown at another place than the case's, "" for none."""
        trial = self._placing.trial if self._placing is not None else None
        return trial.moving_frame_uid if trial is not None else ""

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
    def map_shown(self) -> MapShown | None:
        """The map that lies over the base in place of the fused image, None for none. It is not kept with the case."""
        return self._map_shown

    @map_shown.setter
    def map_shown(self, shown: MapShown | None) -> None:
        self._change("_map_shown", shown)

    @property
    def look(self) -> FusionLook:
        """How the overlay lies on the base, with its mode and colours as they are now."""
        return replace(self._look, mode=self.mode, colors=self.overlay_colors)

    def change_look(self, **changes: Any) -> None:
        """Change some of the look's fields, such as `tile_mm`; raises ValueError for what can't be."""
        before, look = self.look, replace(self._look, **{"mode": self.mode, **changes})
        self._mode, self._look = changes.get("mode", self._mode), look
        # What is shown counts: until now another mode may have been shown than the kept one.
        if self.look != before:
            self.display_changed.emit()

    @property
    def mode(self) -> str:
        """The fusion mode, one of `workstation.view.fusion_look.MODES`.

        Until a person chooses one: blended for anatomy, colours over the base for what shows function.
        """
        return self._mode or (COLOUR if self._overlay_is_functional() else BLEND)

    @property
    def opacity(self) -> float:
        """Of the overlay, 0 to 1."""
        return self._look.opacity

    @opacity.setter
    def opacity(self, value: float) -> None:
        self._change("_look", replace(self._look, opacity=min(max(float(value), 0.0), 1.0)))

    def change_amount(self, steps: int) -> None:
        """A step more or less of whatever the fusion mode can be set to: opacity, tiles, line, radius or rate."""
        look, mode = self._look, self.mode
        if mode == CHECKERBOARD:
            self.change_look(tile_mm=_within(look.tile_mm * 1.15**steps, TILE_MM))
        elif mode == CURTAIN:
            self.change_look(curtain=_within(look.curtain + 0.05 * steps, (0.0, 1.0)))
        elif mode == SPYGLASS:
            self.change_look(spyglass_radius_mm=_within(look.spyglass_radius_mm * 1.15**steps, SPYGLASS_MM))
        elif mode == FLICKER:
            self.flicker_hz = self._flicker_hz * 1.25**steps
        elif mode == EDGES:
            self.change_look(edges=_within(look.edges + 0.05 * steps, (0.0, 1.0)))
        elif mode != DIFFERENCE:
            self.opacity = look.opacity + 0.05 * steps

    @property
    def flicker_hz(self) -> float:
        """How often a second the image changes while flickering."""
        return self._flicker_hz

    @flicker_hz.setter
    def flicker_hz(self, rate_hz: float) -> None:
        self._change("_flicker_hz", _within(float(rate_hz), FLICKER_HZ))

    def flicker(self) -> None:
        """The other image's turn."""
        self._look = replace(self._look, flicker_overlay=not self._look.flicker_overlay)
        self.flickered.emit()

    @property
    def slab(self) -> Slab:
        """How thick the slices are that are shown."""
        return self._slab

    @slab.setter
    def slab(self, slab: Slab) -> None:
        self._change("_slab", slab)

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
        return HOT_IRON if self._overlay_is_functional() else GREY

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
            # Phases of one examination are compared: they are shown alike.
            phases = phases_of(self._case.images, key)
            automatic = automatic_window(*phases)
            for phase in phases:
                if phase.key not in self._windows:
                    self._windows[phase.key] = float(automatic.centre), float(automatic.width)
                    self._automatic.add(phase.key)
        return self._windows[key]

    def set_window(self, key: str, centre: float, width: float) -> None:
        """Show an image with another window; widths below a thousandth are held there.

        Where all phases of an examination are looked at, all of them change.
        """
        window = (float(centre), max(float(width), SMALLEST_WINDOW))
        together = phases_of(self._case.images, key) if self.layout.name == PHASES else []
        keys = {key, *(phase.key for phase in together)}
        self._automatic -= keys
        if any(self._windows.get(each) != window for each in keys):
            self._windows.update(dict.fromkeys(keys, window))
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
    def contour_look(self) -> ContourLook:
        """How wide lines are, how strongly structures are filled, and whether only the active one is drawn."""
        return self._contour_look

    def change_contours(self, **changes: Any) -> None:
        """Change some of the contours' look, such as `width`."""
        self._show_otherwise("_contour_look", replace(self._contour_look, **changes))

    @property
    def names_shown(self) -> bool:
        """Whether the structure under the cursor is named."""
        return self._names_shown

    @names_shown.setter
    def names_shown(self, shown: bool) -> None:
        self._show_otherwise("_names_shown", bool(shown))

    @property
    def legend_shown(self) -> bool:
        """Whether slices list the structures on them, with colours and volumes."""
        return self._legend_shown

    @legend_shown.setter
    def legend_shown(self, shown: bool) -> None:
        self._show_otherwise("_legend_shown", bool(shown))

    # ---------------------------------------------------------------------------------------------- the planes

    @property
    def turns(self) -> Mapping[str, Float]:
        """Rotation (3, 3) of each row of planes from where the image has it."""
        return self._turns

    @property
    def oblique(self) -> bool:
        """Whether any plane is turned."""
        return not all(is_straight(turn) for turn in self._turns.values())

    def turn_planes(self, orientation: str, normal: ArrayLike, angle_deg: float) -> None:
        """Turn the other two rows about the normal of one of them: its lines turn, its picture stays."""
        self._set_turns(turned_about(self._turns, orientation, normal, angle_deg))

    def straighten(self) -> None:
        """The planes of the image again."""
        if self.oblique:
            self._set_turns(STRAIGHT)

    def _set_turns(self, turns: Mapping[str, Float]) -> None:
        self._turns = MappingProxyType(dict(turns))
        self.planes_turned.emit()

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
            "opacity": self._look.opacity,
            "overlay_shown": self._overlay_shown,
            "overlay_colors": self._overlay_colors,
            "windows": {key: list(window) for key, window in self._windows.items()},
            "hidden": sorted(self._hidden),
            "fusion": {**_kept_look(self._look), "mode": self._mode, "flicker_hz": self._flicker_hz},
            "slab": asdict(self._slab),
            "contours": asdict(self._contour_look),
            "names": self._names_shown,
            "legend": self._legend_shown,
            "turns": {name: turn.tolist() for name, turn in self._turns.items()},
            "layout": self.layout.state(),
            "volume": self.volume_look.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave; what is missing, or names an image that is not there, stays as it is."""
        images = self._case.images
        self._base_key = word_in(state, "base", images, self._base_key)
        self._overlay_key = word_in(state, "overlay", images, self._overlay_key)
        self._restore_look(state)
        self._overlay_shown = bool(state.get("overlay_shown", self._overlay_shown))
        colors = state.get("overlay_colors", self._overlay_colors)
        self._overlay_colors = colors if colors in NAMES else self._overlay_colors
        pairs = {key: numbers_of(window, 2) for key, window in mapping_in(state, "windows").items()}
        windows = {key: (pair[0], max(pair[1], SMALLEST_WINDOW)) for key, pair in pairs.items() if pair}
        self._windows.update(windows)
        self._automatic -= set(windows)
        self._hidden = words_in(state, "hidden", self._hidden)
        self._names_shown = bool(state.get("names", self._names_shown))
        self._legend_shown = bool(state.get("legend", self._legend_shown))
        self._turns = _turns_of(state.get("turns")) or self._turns
        self.layout.restore(mapping_in(state, "layout"))
        self.volume_look.restore(mapping_in(state, "volume"))
        self.planes_turned.emit()
        self.display_changed.emit()
        self.visibility_changed.emit()
        self.crosshair_mm = numbers_of(state.get("crosshair_mm"), 3) or self._crosshair_mm

    # ------------------------------------------------------------------------------------------------ privately

    def _restore_look(self, state: Mapping[str, Any]) -> None:
        fusion = {"opacity": state.get("opacity", self._look.opacity), **mapping_in(state, "fusion")}
        self._flicker_hz = _within(number_in(fusion, "flicker_hz", self._flicker_hz), FLICKER_HZ)
        fusion.pop("flicker_hz", None)
        mode = fusion.pop("mode", self._mode)
        self._look = _changed(self._look, {**fusion, "mode": mode or BLEND})
        self._mode = mode if mode == self._look.mode else ""
        self._slab = _changed(self._slab, state.get("slab", {}))
        self._contour_look = _changed(self._contour_look, state.get("contours", {}))

    def _overlay_is_functional(self) -> bool:
        return shows_function(self._case.images.get(self._overlay_key))

    def _show_otherwise(self, name: str, value: Any) -> None:
        if getattr(self, name) != value:
            setattr(self, name, value)
            self.visibility_changed.emit()

    def _change(self, name: str, value: Any) -> None:
        if getattr(self, name) != value:
            setattr(self, name, value)
            self.display_changed.emit()

    def _planning_chosen(self, key: str) -> None:
        volume: Volume | None = self._case.planning
        if volume is None:
            return
        self.base_key = key
        self.straighten()  # turns are those of the planes of an image
        self.layout.suggest(acquired_orientation(volume))
        if self._overlay_key == key:
            self.overlay_key = ""
        self.crosshair_mm = volume.grid.centre_mm

    def _image_added(self, key: str) -> None:
        """Phases arrive one after the other: their common automatic window is found anew with each."""
        outdated = self._automatic & {phase.key for phase in phases_of(self._case.images, key)}
        self._automatic -= outdated
        for each in outdated:
            del self._windows[each]
        if outdated:
            self.display_changed.emit()

    def _image_removed(self, key: str) -> None:
        self._windows.pop(key, None)
        self._automatic.discard(key)
        if self._overlay_key == key:
            self.overlay_key = ""
        if self._base_key == key:
            self.base_key = self._case.planning_key or ""


_MOMENTARY = ("opacity", "colors", "mode", "spyglass_mm", "flicker_overlay")


def _within(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])


def _kept_look(look: FusionLook) -> dict[str, Any]:
    """Those fields of a look that are worth keeping and are not kept elsewhere."""
    return {name: value for name, value in asdict(look).items() if name not in _MOMENTARY}


def _changed(look: Any, fields: Any) -> Any:
    """A look with the fields that were kept; as it is where they make no sense (of another version, say)."""
    try:
        return replace(look, **{n: v for n, v in dict(fields).items() if alike(v, getattr(look, n, None))})
    except (TypeError, ValueError):
        return look


def _turns_of(kept: object) -> Mapping[str, Float] | None:
    """Rotations that were kept, or None where they are not there or are none."""
    if not isinstance(kept, Mapping) or set(kept) != set(ORIENTATIONS):
        return None
    try:
        turns = {name: np.array(kept[name], dtype=np.float64).reshape(3, 3) for name in ORIENTATIONS}
    except (TypeError, ValueError, OverflowError):
        return None
    whole = all(np.allclose(turn @ turn.T, np.eye(3), atol=1e-6) and np.linalg.det(turn) > 0 for turn in turns.values())
    return MappingProxyType(turns) if whole else None
