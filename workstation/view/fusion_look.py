"""How one image lies on another: the fusion modes and what each of them can be set to."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.view.color_maps import GREY, HOT_IRON

BLEND, COLOUR, CHECKERBOARD, CURTAIN = "blend", "colour", "checkerboard", "curtain"
SPYGLASS, FLICKER, DIFFERENCE = "spyglass", "flicker", "difference"
MODES = (BLEND, COLOUR, CHECKERBOARD, CURTAIN, SPYGLASS, FLICKER, DIFFERENCE)


@dataclass(frozen=True)
class FusionLook:
    """The look of a fused picture."""

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
