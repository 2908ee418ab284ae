"""How one image lies on another: the fusion modes, what each of them can be set to, and what its colours mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workstation.images.units import bare_unit
from workstation.view.color_maps import DARK_DIVERGING, ENDS, GREY, HOT_IRON, MAGENTA, NAMES, Table, color_table

if TYPE_CHECKING:
    from workstation.images.volume import Volume
    from workstation.view.slice_scene import Layer

BLEND, COLOUR, CHECKERBOARD, CURTAIN = "blend", "colour", "checkerboard", "curtain"
SPYGLASS, FLICKER, DIFFERENCE, EDGES = "spyglass", "flicker", "difference", "edges"
MODES = (BLEND, COLOUR, CHECKERBOARD, CURTAIN, SPYGLASS, FLICKER, DIFFERENCE, EDGES)

FUNCTIONAL_MODALITIES = ("PT", "NM")
"""Images of these show function rather than anatomy."""

GREEN_MAGENTA = "green/magenta"
"""In colour mode: the base in green and the overlay in magenta, so that what is equally bright in both is grey."""

OVERLAY_COLORS = (HOT_IRON, *(name for name in NAMES if name not in (GREY, HOT_IRON)), GREEN_MAGENTA)
"""What an overlay can be coloured in over a grey base."""


@dataclass(frozen=True)
class FusionLook:
    """The look of a fused picture; raises ValueError for what can't be.

    mode: one of `MODES`. opacity: of the overlay in blend and colour, 0 to 1; 0 shows the base alone. In green and
    magenta both images have their full brightness at 0.5, and one of them fades away towards each end.
    colors: the overlay's table but in colour mode, a name from `color_maps`; a `Layer` with colours of its own keeps
    them. overlay_colors: its colours in colour mode, one of `OVERLAY_COLORS`; what is weak lets the base through.
    tile_mm: side of a checkerboard's tiles, which lie still on the patient.
    curtain: share of the picture's width that shows the base, left of an upright line; of its height above a level one.
    spyglass_mm: (u, v) on the plane of the middle of the circle that shows the overlay; None: it is nowhere.
    flicker_overlay: whose turn it is. edges: how many edges are drawn, 0 (the sharpest alone) to 1 (nearly all).
    """

    mode: str = BLEND
    opacity: float = 0.4
    colors: str = GREY
    overlay_colors: str = HOT_IRON
    tile_mm: float = 20.0
    curtain: float = 0.5
    curtain_upright: bool = True
    spyglass_mm: tuple[float, float] | None = None
    spyglass_radius_mm: float = 25.0
    flicker_overlay: bool = False
    edges: float = 0.6

    def __post_init__(self) -> None:
        _require_one(self.mode, MODES, "fusion mode")
        _require_one(self.colors, NAMES, "colour table")
        _require_one(self.overlay_colors, (GREY, *OVERLAY_COLORS), "colour table")
        _require_share(self.opacity, "The opacity of an overlay")
        _require_share(self.curtain, "The place of the curtain")
        _require_share(self.edges, "The share of the edges")
        _require_size(self.tile_mm, "A tile of the checkerboard")
        _require_size(self.spyglass_radius_mm, "The radius of the spyglass")
        if self.spyglass_mm is not None and not all(math.isfinite(x) for x in self.spyglass_mm):
            raise ValueError("The spyglass needs two finite coordinates in mm")


def shows_function(overlay: Volume | None) -> bool:
    """Whether an overlay is shown in colours over the base until a person chooses otherwise."""
    return overlay is not None and overlay.modality in FUNCTIONAL_MODALITIES


def _require_one(name: str, known: tuple[str, ...], what: str) -> None:
    if name not in known:
        raise ValueError(f"There is no {what} called {name!r}; choose one of {', '.join(known)}")


def _require_share(value: float, what: str) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{what} is a number from 0 to 1, not {value:g}")


def _require_size(value_mm: float, what: str) -> None:
    if not 0 < value_mm < math.inf:
        raise ValueError(f"{what} needs a size above 0 mm, not {value_mm:g}")


@dataclass(frozen=True)
class DifferenceScale:
    """What a difference picture's colours stand for: overlay - base from -half to +half.

    in_values: of the images' values in `unit`; else of their shown brightness, in percent of black to white.
    """

    half: float
    unit: str
    in_values: bool


def difference_scale(base: Layer, overlay: Layer) -> DifferenceScale:
    """Values are compared where both images measure the same in one unit, their brightness otherwise.

    The scale then reaches as far as the base's window is wide; a brightness differs by 100 % at most.
    """
    first, second = base.volume, overlay.volume
    if first.modality == second.modality and first.unit == second.unit:
        return DifferenceScale(shown_width(base), bare_unit(first.unit), True)
    return DifferenceScale(100.0, "%", False)


def shown_width(layer: Layer) -> float:
    """Width of a layer's window, never zero."""
    return max(layer.window[1], 1e-6)


@dataclass(frozen=True, eq=False)
class ColorBarLook:
    """What is needed to draw a colour bar.

    table: (256,) uint32 0xAARRGGBB, low values first. lower, upper: values in `unit` at its ends.
    ends: what the lower and the upper end mean, in words; empty where the numbers say it all.
    """

    table: Table
    lower: float
    upper: float
    unit: str
    ends: tuple[str, str] = ("", "")


def color_bar_of(look: FusionLook, base: Layer | None, overlay: Layer | None) -> ColorBarLook | None:
    """The colour bar that belongs to a picture; None where nothing in it is shown in colours.

    Colours are those of the overlay before it is mixed with what lies below.
    """
    if overlay is None:
        return None
    if look.mode == DIFFERENCE and base is not None:
        scale = difference_scale(base, overlay)
        return ColorBarLook(color_table(DARK_DIVERGING), -scale.half, scale.half, scale.unit, ENDS[DARK_DIVERGING])
    name = overlay_table_name(look, overlay)
    if name == GREY or (look.mode in (BLEND, COLOUR) and look.opacity <= 0):
        return None
    centre, half = overlay.window[0], shown_width(overlay) / 2
    unit = bare_unit(overlay.volume.unit)
    return ColorBarLook(color_table(name), centre - half, centre + half, unit, overlay.ends)


def overlay_table_name(look: FusionLook, overlay: Layer) -> str:
    """The colour table that the overlay is shown in."""
    if look.mode == COLOUR:
        return MAGENTA if look.overlay_colors == GREEN_MAGENTA else look.overlay_colors
    return overlay.colors if overlay.colors != GREY else look.colors
